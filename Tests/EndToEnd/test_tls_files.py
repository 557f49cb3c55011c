"""TLS as people set it up: certificates, chains and keys as guides and tools write them, and what is told of those
that cannot be used."""

import os
import shutil
import socket
import ssl
import subprocess

import pytest
from authority import DAY, Authority, now, pem, pem_of_key, subject
from broker import Broker, let_in, free_port, program
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from raw_client import PATIENCE
from tls import TLSClient, context

pytestmark = pytest.mark.swiftlet_only("the words of the log are Swiftlet's")
ALONE = "who has signed it is in neither certfile nor cafile"


@pytest.fixture
def folder(tmp_path):
    let_in(tmp_path)
    return tmp_path


@pytest.fixture
def root(folder):
    return Authority(folder, "Root")


@pytest.fixture
def below(folder, root):
    return Authority(folder, "Middle", above=root)


@pytest.fixture
def lowest(folder, below):
    return Authority(folder, "Lowest", above=below)


@pytest.fixture
def start(folder):
    running = []

    def started(settings):
        running.append(Broker(folder, settings))
        return running[-1]

    yield started
    for broker in running:
        assert broker.stop() == 0, broker.log()


def write(folder, name, *parts):
    path = folder / name
    path.write_bytes(b"".join(part if isinstance(part, bytes) else pem(part) for part in parts))
    return path


def said_at_start(folder, settings, *arguments):
    path = folder / "refused.conf"
    path.write_text(f"listener {free_port()} 127.0.0.1\n{settings}")
    done = subprocess.run([program(), "-c", path, *arguments], capture_output=True, text=True,
                          timeout=PATIENCE)
    return done.returncode, done.stdout + done.stderr


def shown(broker, root):
    """How many certificates a client of the root alone is shown; its handshake succeeds."""
    asked = ["openssl", "s_client", "-connect", f"localhost:{broker.port}", "-CAfile", str(root.cafile),
             "-verify_return_error", "-showcerts", "-tls1_2"]
    said = subprocess.run(asked, input="", capture_output=True, text=True, timeout=PATIENCE).stdout
    assert "Verify return code: 0 (ok)" in said, said
    return said.count("-----BEGIN CERTIFICATE-----")


def join(broker, made):
    client = TLSClient(broker.port, made)
    client.connect("joined")
    client.ping()
    client.close()


# MARK: Chains

def test_a_chain_is_completed_from_cafile(folder, root, below, start):
    """Let's Encrypt's cert.pem and chain.pem, as its guides name them."""
    leaf = below.server()
    certificate = write(folder, "cert.pem", leaf.certificate)
    broker = start(f"certfile {certificate}\nkeyfile {leaf.keyfile}\ncafile {below.cafile}\n")
    assert shown(broker, root) == 2
    assert ALONE not in broker.log()


@pytest.mark.parametrize("cafile", ["in order", "reversed", "with the root", "with others"])
def test_all_that_is_between_is_found(folder, root, below, lowest, start, cafile):
    leaf = lowest.server()
    between = {"in order": [lowest, below], "reversed": [below, lowest],
               "with the root": [root, below, lowest],
               "with others": [Authority(folder, "Middle"), below, Authority(folder, "X"), lowest]}[cafile]
    certificate = write(folder, "cert.pem", leaf.certificate)
    chain = write(folder, "chain.pem", *(one.certificate for one in between))
    broker = start(f"certfile {certificate}\nkeyfile {leaf.keyfile}\ncafile {chain}\n")
    assert shown(broker, root) == 3


def test_a_chain_is_completed_from_capath(folder, root, below, start):
    leaf = below.server()
    capath = folder / "ca"
    capath.mkdir()
    let_in(capath)
    write(capath, "one.pem", below.certificate)
    certificate = write(folder, "cert.pem", leaf.certificate)
    assert shown(start(f"certfile {certificate}\nkeyfile {leaf.keyfile}\ncapath {capath}\n"), root) == 2


def test_issuers_in_the_wrong_order(folder, root, below, lowest, start):
    leaf = lowest.server()
    chain = write(folder, "chain.pem", leaf.certificate, below.certificate, lowest.certificate)
    assert shown(start(f"certfile {chain}\nkeyfile {leaf.keyfile}\n"), root) == 3


def test_a_lone_certificate_is_warned_of(folder, below, start):
    leaf = below.server()
    certificate = write(folder, "cert.pem", leaf.certificate)
    broker = start(f"certfile {certificate}\nkeyfile {leaf.keyfile}\n")
    assert f'certfile "{certificate}": {ALONE}' in broker.log()


def test_who_signs_itself_is_not_warned_of(folder, root, start):
    key = write(folder, "ca.key", pem_of_key(root.key))
    assert ALONE not in start(f"certfile {root.cafile}\nkeyfile {key}\n").log()


# MARK: Forms

def parameters(path):
    """`openssl ecparam -genkey` writes them before the key."""
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-out", path], check=True)


def signed_for(root, keyfile, folder):
    key = serialization.load_pem_private_key(keyfile.read_bytes(), None)
    builder = (x509.CertificateBuilder().subject_name(subject("localhost")).issuer_name(root.name)
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(now() - DAY).not_valid_after(now() + DAY)
               .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False))
    return write(folder, "own.crt", builder.sign(root.key, hashes.SHA256()))


def test_parameters_before_the_key(folder, root, start):
    key = folder / "ec.key"
    parameters(key)
    key.chmod(0o644)
    certificate = signed_for(root, key, folder)
    join(start(f"certfile {certificate}\nkeyfile {key}\n"), context(root))


FORMS = {
    "CRLF": lambda text, key: (text.replace(b"\n", b"\r\n"), key.replace(b"\n", b"\r\n")),
    "a byte order mark": lambda text, key: (b"\xef\xbb\xbf" + text, b"\xef\xbb\xbf" + key),
    "text before": lambda text, key: (b"Certificate:\n    Data:\n        Version: 3\n" + text,
                                      b"Private-Key: (256 bit)\n" + key),
    "attributes of PKCS 12": lambda text, key: (
        b"Bag Attributes\n    localKeyID: 01 02\nsubject=CN = x\n\nissuer=CN = y\n\n" + text,
        b"Bag Attributes\n    localKeyID: 01 02\nKey Attributes: <No Attributes>\n" + key),
    "both in one, key first": lambda text, key: (key + text, key + text),
    "both in one, certificate first": lambda text, key: (text + key, text + key),
    "no line end": lambda text, key: (text.rstrip(), key.rstrip()),
    "blank lines": lambda text, key: (b"\n\n" + text + b"\n\n", b"\n\n" + key + b"\n \n"),
    "X509 CERTIFICATE": lambda text, key: (text.replace(b" CERTIFICATE-", b" X509 CERTIFICATE-"), key),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_forms_of_files(folder, root, start, form, kind):
    leaf = root.server(kind)
    style = PrivateFormat.TraditionalOpenSSL if form == "text before" else PrivateFormat.PKCS8
    text, key = FORMS[form](leaf.certfile.read_bytes(), pem_of_key(leaf.key, format=style))
    certfile, keyfile, cafile = (write(folder, name, part) for name, part in (
        ("its.crt", text), ("its.key", key), ("its.ca", FORMS[form](root.cafile.read_bytes(), b"")[0])))
    client = root.issue("sensor")
    broker = start(f"certfile {certfile}\nkeyfile {keyfile}\ncafile {cafile}\nrequire_certificate true\n"
                   "use_subject_as_username true\n")
    join(broker, context(root, client=client))
    broker.wait_for_log("sensor")


def test_a_trusted_certificate_of_openssl(folder, root, start):
    leaf = root.server()
    certificate = folder / "trusted.pem"
    subprocess.run(["openssl", "x509", "-in", leaf.certfile, "-trustout", "-setalias", "broker", "-out",
                    certificate], check=True)
    join(start(f"certfile {certificate}\nkeyfile {leaf.keyfile}\n"), context(root))


# MARK: What is not known here

def ed25519_certificate(folder, root=None):
    key = ed25519.Ed25519PrivateKey.generate()
    name = subject("localhost")
    builder = (x509.CertificateBuilder().subject_name(name).issuer_name(root.name if root else name)
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(now() - DAY).not_valid_after(now() + DAY)
               .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True))
    certificate = builder.sign(root.key if root else key, hashes.SHA256() if root else None)
    return (certificate, write(folder, "ed.crt", certificate),
            write(folder, "ed.key", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8,
                                                      serialization.NoEncryption())))


def test_ed25519_is_named(folder, root):
    for issuer in (None, root):
        _, certfile, keyfile = ed25519_certificate(folder, issuer)
        status, said = said_at_start(folder, f"certfile {certfile}\nkeyfile {keyfile}\n")
        assert status != 0 and "certificate 1 of it" in said and "Ed25519" in said, said


def test_a_key_of_ed25519_is_named(folder, root):
    _, _, keyfile = ed25519_certificate(folder)
    status, said = said_at_start(folder, f"certfile {root.server().certfile}\nkeyfile {keyfile}\n")
    assert status != 0 and "keyfile" in said and "Ed25519" in said, said


def test_one_authority_of_ed25519_among_others(folder, root, start):
    cafile = write(folder, "all.ca", Authority(folder, "X").certificate, ed25519_certificate(folder)[0],
                   root.certificate)
    broker = start(f"{root.server().settings}cafile {cafile}\nrequire_certificate true\n")
    join(broker, context(root, client=root.issue("sensor")))
    assert f'cafile "{cafile}": certificate 2 of it: ' in broker.log()


def test_which_certificate_is_damaged(folder, root, below):
    leaf = below.server()
    damaged = pem(below.certificate).replace(b"M", b"N", 3)
    chain = write(folder, "chain.pem", leaf.certificate, damaged)
    status, said = said_at_start(folder, f"certfile {chain}\nkeyfile {leaf.keyfile}\n")
    assert status != 0 and f'certfile "{chain}": certificate 2 of it: ' in said, said


# MARK: Dates

@pytest.mark.parametrize("starts, ends", [(-9 * DAY, -DAY), (DAY, 9 * DAY)])
@pytest.mark.parametrize("ignores", [True, False])
def test_dates_may_be_ignored(root, start, starts, ends, ignores):
    broker = start(f"{root.server().settings}cafile {root.cafile}\nrequire_certificate true\n"
                   f"disable_client_cert_date_checks {str(ignores).lower()}\n")
    made = context(root, client=root.issue("sensor", starts=starts, ends=ends))
    if ignores:
        return join(broker, made)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        join(broker, made)


def test_dates_do_not_open_the_door_to_strangers(folder, root, start):
    broker = start(f"{root.server().settings}cafile {root.cafile}\nrequire_certificate true\n"
                   "disable_client_cert_date_checks true\n")
    stranger = Authority(folder, "Root").issue("sensor")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        join(broker, context(root, client=stranger))


def test_an_old_list_of_revoked_certificates_is_named(folder, root, start):
    old = (x509.CertificateRevocationListBuilder().issuer_name(root.name).last_update(now() - 9 * DAY)
           .next_update(now() - DAY).sign(root.key, hashes.SHA256()).public_bytes(Encoding.PEM))
    broker = start(f"{root.server().settings}cafile {root.cafile}\nrequire_certificate true\n"
                   f"crlfile {write(folder, 'old.crl', old)}\n")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        join(broker, context(root, client=root.issue("sensor")))
    broker.wait_for_log("the list of revoked certificates in crlfile has expired")


@pytest.mark.parametrize("shown", ["by the client", "in cafile"])
def test_whose_certificate_has_expired(folder, root, start, shown):
    old = Authority(folder, "Old", above=root if shown == "by the client" else None, ends=-DAY)
    cafile = write(folder, "all.ca", root.certificate, *([] if old.above else [old.certificate]))
    settings = f"{root.server().settings}cafile {cafile}\nrequire_certificate true\n"
    broker = start(settings)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        join(broker, context(root, client=old.issue("sensor")))
    broker.wait_for_log("the certificate of its issuer has expired")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        join(broker, context(root, client=root.issue("sensor", starts=-9 * DAY, ends=-DAY)))
    broker.wait_for_log("its certificate has expired")


# MARK: Files that only root reads

@pytest.mark.skipif(os.getuid() != 0, reason="only root becomes another user")
def test_a_key_that_only_root_reads_is_warned_of(folder, root, start):
    leaf = root.server()
    leaf.keyfile.chmod(0o600)
    words = f"File {leaf.keyfile} cannot be read by the user that the broker becomes"
    broker = start(leaf.settings)
    join(broker, context(root))
    assert words in broker.log()
    status, said = said_at_start(folder, leaf.settings, "--test-config")
    assert status == 0 and words in said, said
    assert f"{leaf.certfile} cannot" not in said


# MARK: Short records

@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
@pytest.mark.parametrize("size", [512, 1024, 2048, 4096])
@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_devices_that_take_short_records(folder, root, below, start, size, kind):
    """No record is longer than was agreed, that of the certificate neither. [RFC 6066, 4]"""
    broker = start(f"{below.server(kind).settings}cafile {below.cafile}\nrequire_certificate true\n")
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as relay:
        asked = ["openssl", "s_client", "-connect", f"127.0.0.1:{relay.getsockname()[1]}", "-CAfile",
                 str(root.cafile), "-verify_return_error", "-tls1_2", "-maxfraglen", str(size), "-quiet"]
        process = subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        inner, _ = relay.accept()
    with inner, socket.create_connection(("127.0.0.1", broker.port), timeout=PATIENCE) as outer:
        outer.settimeout(0.5)
        outer.sendall(inner.recv(1 << 16))
        stream = b""
        try:
            while piece := outer.recv(1 << 16):
                stream += piece
        except TimeoutError:
            pass
        while stream:
            assert stream[0] in (21, 22), stream[:5]
            length = int.from_bytes(stream[3:5], "big")
            seen.append(length)
            stream = stream[5 + length:]
    process.kill()
    process.communicate()
    assert max(seen) <= size and sum(seen) > 512, seen


def in_pieces(raw, size, heads):
    """The same records, those of the handshake in plain text made ones of so many bytes."""
    done = b""
    while len(raw) >= 5 and len(raw) >= 5 + int.from_bytes(raw[3:5], "big"):
        length = int.from_bytes(raw[3:5], "big")
        kind, version, body, raw = raw[:1], raw[1:3], raw[5:5 + length], raw[5 + length:]
        heads.append(kind)
        if kind != b"\x16" or b"\x14" in heads:
            done += kind + version + len(body).to_bytes(2, "big") + body
            continue
        for start in range(0, len(body), size):
            piece = body[start:start + size]
            done += kind + version + len(piece).to_bytes(2, "big") + piece
    return done, raw


def joins_in_pieces(broker, made, size, together=True):
    """A whole session of a client whose handshake leaves in pieces: the CONNACK."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = made.wrap_bio(incoming, outgoing, server_hostname="localhost")
    heads, rest = [], b""
    with socket.create_connection(("127.0.0.1", broker.port), timeout=PATIENCE) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def flush():
            nonlocal rest
            done, rest = in_pieces(rest + outgoing.read(), size, heads)
            step = len(done) if together else 1
            for start in range(0, len(done), step or 1):
                wire.sendall(done[start:start + step])

        def retried(call, *arguments):
            while True:
                try:
                    result = call(*arguments)
                    flush()
                    return result
                except ssl.SSLWantReadError:
                    flush()
                    received = wire.recv(1 << 16)
                    if not received:
                        raise ConnectionError from None
                    incoming.write(received)

        retried(client.do_handshake)
        retried(client.write, b"\x10\x0d\0\4MQTT\4\2\0\0\0\1c")
        return retried(client.read, 100)


@pytest.mark.parametrize("size", [64, 300, 512, 1024, 16_384])
@pytest.mark.parametrize("together", [True, False], ids=["together", "byte by byte"])
def test_who_shows_a_certificate_in_pieces(folder, root, below, start, size, together):
    """An ESP8266 sends records of 512 bytes, a certificate of RSA is longer."""
    broker = start(f"{root.server().settings}cafile {root.cafile}\nrequire_certificate true\n"
                   "use_identity_as_username true\n")
    made = context(root, client=below.issue("sensor", kind="rsa"))
    for _ in range(2):
        assert joins_in_pieces(broker, made, size, together) == b"\x20\2\0\0"


def test_pieces_without_end(root, below, start):
    broker = start(f"{root.server().settings}cafile {root.cafile}\nrequire_certificate true\n")
    made = context(root, client=below.issue("sensor", kind="rsa"))
    with pytest.raises((ssl.SSLError, ConnectionError)):
        joins_in_pieces(broker, made, 3)
    broker.wait_for_log("without end")


@pytest.mark.parametrize("size", [512, 4096])
def test_all_of_it_over_short_records(root, below, start, size):
    """A whole session of OpenSSL's client, which checks each record."""
    broker = start(below.server("rsa").settings)
    asked = ["openssl", "s_client", "-connect", f"localhost:{broker.port}", "-CAfile", str(root.cafile),
             "-verify_return_error", "-tls1_2", "-maxfraglen", str(size), "-quiet"]
    process = subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    topic, text = b"t", b"x" * 3000
    publish = topic_and(topic, text)
    process.stdin.write(b"\x10\x0d\0\4MQTT\4\2\0\0\0\1c" + b"\x82\6\0\1\0\1t\0" + publish)
    process.stdin.flush()
    got = process.stdout.read(4 + 5 + len(publish))
    assert got == b"\x20\2\0\0" + b"\x90\3\0\1\0" + publish, got[:40]
    process.kill()
    process.communicate()


def topic_and(topic, text):
    body = len(topic).to_bytes(2, "big") + topic + text
    return b"\x30" + bytes([len(body) % 128 | 128, len(body) // 128]) + body
