"""TLS: what the broker is given (certificates, keys, lists, ciphers), and whom it lets in with it."""

import copy
import datetime
import re
import shutil
import signal
import ssl
import subprocess
import time

import packets
import pytest
import tls
from authority import DAY, Authority, make_key, pem_of_key
from broker import Broker, free_port, let_in, program
from cryptography import x509
from cryptography.hazmat.primitives.serialization import PrivateFormat
from cryptography.x509.oid import NameOID
from raw_client import PATIENCE, Closed
from tls import TLSClient, context

pytestmark = pytest.mark.swiftlet_only("the words of the log, and memory, are Swiftlet's")
HOUR = datetime.timedelta(hours=1)
KEY = "00112233445566778899aabbccddeeff"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("authority")
    let_in(made)
    return made


@pytest.fixture(scope="module")
def authority(folder):
    return Authority(folder)


@pytest.fixture(scope="module")
def server(authority):
    return authority.server()


def join(broker, made, client_id="joined"):
    client = TLSClient(broker.port, made)
    client.connect(client_id)
    client.ping()
    return client


def refused(broker, made, *words):
    """The broker ends the handshake and says why."""
    before = len(broker.log())
    with pytest.raises((ssl.SSLError, ConnectionResetError, Closed)):
        join(broker, made)
    deadline = time.monotonic() + PATIENCE
    while not all(word in broker.log()[before:] for word in words):
        assert time.monotonic() < deadline, broker.log()[before:]
        time.sleep(0.01)


# MARK: Clients' certificates

@pytest.fixture(scope="module")
def strict(authority, server, tmp_path_factory, revoked):
    settings = (f"{server.settings}cafile {authority.cafile}\nrequire_certificate true\n"
                f"crlfile {authority.revoke(revoked)}\n")
    broker = Broker(tmp_path_factory.mktemp("strict"), settings)
    broker.base = tls.memory(broker)
    yield broker
    try:
        tls.wait_for_memory(broker, broker.base)
    finally:
        assert broker.stop() == 0, broker.log()


@pytest.fixture(scope="module")
def revoked(authority):
    return authority.issue("revoked")


@pytest.mark.parametrize("kind", ["ecdsa", "rsa", "p384"])
def test_a_good_certificate_comes_in(strict, authority, kind):
    join(strict, context(authority, authority.issue("good", kind))).close()


def test_a_certificate_of_an_authority_below_ours_comes_in(strict, folder, authority):
    below = Authority(folder, "Below", above=authority)
    join(strict, context(authority, below.issue("good"))).close()


def test_an_expired_certificate(strict, authority):
    client = authority.issue("expired", starts=-2 * DAY, ends=-HOUR)
    refused(strict, context(authority, client), "its certificate has expired")


def test_a_certificate_that_is_not_valid_yet(strict, authority):
    client = authority.issue("early", starts=HOUR)
    refused(strict, context(authority, client), "its certificate is not valid yet")


def test_a_revoked_certificate(strict, authority, revoked):
    refused(strict, context(authority, revoked), "its certificate was revoked")


def test_a_certificate_of_another_authority(strict, folder, authority):
    other = Authority(folder, "Other")
    refused(strict, context(authority, other.issue("stranger")), "of no authority we know")


def test_a_certificate_of_another_authority_of_the_same_name(strict, folder, authority):
    other = Authority(folder)
    refused(strict, context(authority, other.issue("stranger")), "of no authority we know")


def test_a_certificate_for_servers_only(strict, authority):
    refused(strict, context(authority, authority.issue("server", usage="server")),
            "its certificate is not fit for this")


def test_a_certificate_signed_by_one_that_may_not_sign(strict, folder, authority):
    client = authority.issue("client")
    forger = Authority(folder, "Forger")
    forger.key, forger.name, forger.above = client.key, client.certificate.subject, client
    forger.certificate = client.certificate
    refused(strict, context(authority, forger.issue("forged")), "of no authority we know")


def test_no_certificate(strict, authority):
    refused(strict, context(authority), "it has shown no certificate")


def test_a_certificate_without_its_key(strict, authority, tmp_path):
    """The client signs with a key that is not the one it shows a certificate of."""
    client = authority.issue("thief")
    made = context(authority)
    with pytest.raises(ssl.SSLError):
        made.load_cert_chain(client.certfile, authority.issue("other").keyfile)
    refused(strict, made)


def test_a_certificate_nobody_asks_for(start_broker, authority, server):
    broker = start_broker(f"{server.settings}cafile {authority.cafile}\n")
    join(broker, context(authority, authority.issue("kind"))).close()
    join(broker, context(authority)).close()


def test_resumption_with_a_certificate(strict, authority):
    made = context(authority, authority.issue("returns"))
    first = join(strict, made)
    session = first.socket.session
    first.close()
    again = TLSClient(strict.port, made, session=session)
    assert again.socket.session_reused
    again.connect("again")
    again.close()


def test_a_certificate_that_expires_does_not_resume(strict, authority):
    made = context(authority, authority.issue("brief", ends=datetime.timedelta(seconds=2)))
    first = join(strict, made)
    session = first.socket.session
    first.close()
    time.sleep(3.1)  # The last second counts in full.
    with pytest.raises((ssl.SSLError, ConnectionResetError, Closed)):
        again = TLSClient(strict.port, made, session=session)
        again.connect("too late")
    strict.wait_for_log("its certificate has expired")


@pytest.mark.skipif(not shutil.which("mosquitto_pub"), reason="needs mosquitto_pub")
def test_mosquitto_pub_with_a_certificate(strict, authority):
    client = authority.issue("mosquitto")
    subprocess.run(["mosquitto_pub", "-h", "localhost", "-p", str(strict.port), "-t", "t", "-m", "x",
                    "--cafile", authority.cafile, "--cert", client.certfile, "--key", client.keyfile],
                   check=True, timeout=PATIENCE)


def test_capath(start_broker, folder, authority, server, tmp_path):
    for number, one in enumerate((Authority(folder, "First"), authority, Authority(folder, "Last"))):
        (tmp_path / f"{number}.crt").write_bytes(one.cafile.read_bytes())
    (tmp_path / "README").write_text("no certificate")
    broker = start_broker(f"{server.settings}capath {tmp_path}\nrequire_certificate true\n")
    join(broker, context(authority, authority.issue("good"))).close()
    refused(broker, context(authority, Authority(folder, "Other").issue("stranger")),
            "of no authority we know")


# MARK: What the broker is given

def complaint(tmp_path, settings):
    """What the broker says as it refuses a configuration."""
    let_in(tmp_path)
    path = tmp_path / "refused.conf"
    path.write_text(f"listener {free_port()} 127.0.0.1\n{settings}\n")
    done = subprocess.run([program(), "-c", path], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 3, done
    return done.stderr


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_an_encrypted_key(tmp_path, authority, form, kind):
    server = authority.server(kind)
    server.keyfile.write_bytes(pem_of_key(server.key, b"secret", getattr(PrivateFormat, form)))
    said = complaint(tmp_path, server.settings)
    assert f'keyfile "{server.keyfile}": the key is encrypted: store it without a password' in said


@pytest.mark.parametrize("kind", ["ecdsa", "rsa", "p384"])
def test_the_key_of_another_certificate(tmp_path, authority, kind):
    server = authority.server("ecdsa")
    server.keyfile.write_bytes(pem_of_key(make_key(kind)))
    said = complaint(tmp_path, server.settings)
    assert f'keyfile "{server.keyfile}": the key is not that of the certificate' in said


@pytest.mark.parametrize("key", ["certfile", "keyfile", "cafile", "crlfile", "capath"])
def test_a_missing_file(tmp_path, authority, server, key):
    settings = server.settings + f"cafile {authority.cafile}\nrequire_certificate true\n"
    lines = [line for line in settings.splitlines() if not line.startswith(key)]
    said = complaint(tmp_path, "\n".join([*lines, f"{key} {tmp_path}/none"]))
    assert f'{key} "{tmp_path}/none": no such file or directory' in said


MALFORMED = {
    "empty": b"", "text": b"hello\n", "binary": bytes(range(256)), "zeros": bytes(5000),
    "no end": b"-----BEGIN CERTIFICATE-----\nMIIB\n", "no base64": b"-----BEGIN CERTIFICATE-----\n"
    b"****\n-----END CERTIFICATE-----\n", "cut": None, "trailing": None, "der length": b"\x30\x84\xff\xff\xff\xff",
}


@pytest.mark.parametrize("what", MALFORMED)
@pytest.mark.parametrize("key", ["certfile", "keyfile", "cafile", "crlfile"])
def test_a_malformed_file(tmp_path, authority, server, key, what):
    files = {"certfile": server.certfile, "keyfile": server.keyfile, "cafile": authority.cafile,
             "crlfile": authority.revoke()}
    good = files[key].read_bytes()
    bad = MALFORMED[what]
    if what == "cut":
        bad = good[:len(good) // 2]
    elif what == "trailing":
        bad = good.replace(b"\nM", b"\nA", 1)
    files[key] = tmp_path / "bad"
    files[key].write_bytes(bad)
    said = complaint(tmp_path, "".join(f"{key} {path}\n" for key, path in files.items()))
    assert f'Unable to use {key} "{files[key]}": ' in said and len(said.splitlines()) == 1, said


def test_a_file_that_is_too_large(tmp_path, server):
    large = tmp_path / "large"
    large.write_bytes(bytes(1 << 22))
    said = complaint(tmp_path, f"{server.settings}cafile {large}\n")
    assert f'cafile "{large}": ' in said and "configurationBytes" in said


def test_der_is_read_too(start_broker, authority, folder):
    server = authority.server()
    for path, command in ((server.certfile, "x509"), (server.keyfile, "pkey")):
        der = subprocess.run(["openssl", command, "-in", path, "-outform", "DER"], check=True,
                             capture_output=True).stdout
        path.write_bytes(der)
    join(start_broker(server.settings), context(authority)).close()


def test_a_chain_is_shown_whole(start_broker, folder, authority):
    below = Authority(folder, "Below", above=authority)
    join(start_broker(below.server().settings), context(authority)).close()


@pytest.mark.parametrize("words", ["NO-SUCH-CIPHER", "NO-SUCH:NEITHER-THIS", ":", "!MD5", "x" * 200])
def test_an_unknown_cipher(tmp_path, server, words):
    said = complaint(tmp_path, f"{server.settings}ciphers {words}\n")
    assert f'ciphers "{words[:100]}' in said and "there is no cipher suite" in said


@pytest.mark.parametrize("words, negotiated", [
    ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    ("TLS-ECDHE-ECDSA-WITH-AES-256-GCM-SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
    ("ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
    ("ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES128-SHA256"),
    ("TLS_AES_256_GCM_SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:NO-SUCH:", "ECDHE-ECDSA-AES256-GCM-SHA384"),
    ("EDH-RSA-DES-CBC3-SHA, ECDHE-ECDSA-AES128-SHA256 !MD5", "ECDHE-ECDSA-AES128-SHA256"),
    (":".join(f"OLD-CIPHER-{number}" for number in range(60)) + ":ECDHE-ECDSA-AES128-SHA256",
     "ECDHE-ECDSA-AES128-SHA256"),
])
def test_ciphers(start_broker, authority, server, words, negotiated):
    broker = start_broker(f"{server.settings}ciphers {words}\n")
    client = join(broker, context(authority))
    assert client.socket.cipher()[0] == negotiated
    client.close()
    for name in ("TLS_AES_256_GCM_SHA384", "NO-SUCH", "EDH-RSA-DES-CBC3-SHA", "OLD-CIPHER-59"):
        warning = f'Warning: Of ciphers "{name}": it is no cipher suite'
        assert (warning in broker.log()) == (name in re.split("[:, ]", words)), broker.log()


@pytest.mark.parametrize("words", ["HIGH:!aNULL:!MD5", "DEFAULT:!aNULL:!eNULL:!LOW:!EXPORT:!SSLv2:@STRENGTH",
                                   "ECDHE+AESGCM:ECDHE+CHACHA20", "ALL"])
def test_words_for_many_ciphers(start_broker, authority, server, words):
    broker = start_broker(f"{server.settings}ciphers {words}\n")
    join(broker, context(authority)).close()
    assert "ciphers" not in broker.log()


def test_no_cipher_in_common(start_broker, authority, server):
    broker = start_broker(f"{server.settings}ciphers ECDHE-ECDSA-AES128-GCM-SHA256\n")
    made = context(authority)
    made.set_ciphers("ECDHE-ECDSA-AES256-GCM-SHA384")
    refused(broker, made, "there is no cipher suite in common")


def test_versions_of_the_configuration(tmp_path, start_broker, authority, server):
    said = complaint(tmp_path, f"{server.settings}tls_version tlsv1.3\n")
    assert "tls_version" in said and "1.3" in said
    assert "tls_version" in complaint(tmp_path, f"{server.settings}tls_version sslv3\n")
    join(start_broker(f"{server.settings}tls_version tlsv1.2\n"), context(authority)).close()
    for old in ("tlsv1", "tlsv1.1"):
        broker = start_broker(f"{server.settings}tls_version {old}\n")
        join(broker, context(authority)).close()
        assert "nothing older than tlsv1.2 is spoken" in broker.log()


# MARK: Names that are proved

@pytest.fixture
def named(start_broker, authority, tmp_path):
    """Starts a broker whose rules let the named user, and nobody else, read and write."""
    def start(user, settings):
        rules = tmp_path / "rules"
        rules.write_text(f"user {user}\ntopic #\n")
        rules.chmod(0o600)
        return start_broker(f"acl_file {rules}\n{settings}")
    return start


def may_write(broker, made, client_id, **credentials):
    client = TLSClient(broker.port, made)
    client.connect(client_id, **credentials)
    return client.publish(f"own/{client_id}", "x", qos=1).reason < 0x80


def certificates(authority, key):
    return (f"{authority.server().settings}cafile {authority.cafile}\n"
            f"require_certificate true\n{key} true\n")


@pytest.mark.parametrize("key, user", [
    ("use_identity_as_username", "sensor"),
    ("use_subject_as_username", r"CN=sensor,O=Swiftlet\, tests,C=AT")])
def test_the_name_of_a_certificate_is_the_user(named, authority, key, user):
    broker = named(user, certificates(authority, key))
    assert may_write(broker, context(authority, authority.issue("sensor")), "one")
    assert not may_write(broker, context(authority, authority.issue("other")), "two")
    # What CONNECT says counts for nothing.
    assert not may_write(broker, context(authority, authority.issue("other")), "three",
                         username=user, password=b"x")
    broker.wait_for_log(f"u'{user}'" if "'" not in user else user)


def test_a_certificate_without_a_name_is_nobody(named, authority):
    broker = named("sensor", certificates(authority, "use_identity_as_username"))
    nameless = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "sensor")])
    client = TLSClient(broker.port, context(authority, authority.issue("", name=nameless)))
    client.send(packets.connect(packets.V5, "nobody"))
    assert client.receive().reason in (0x86, 0x87)


def test_the_identity_of_a_shared_key_is_the_user(named, tmp_path):
    path = tmp_path / "keys"
    path.write_text(f"sensor:{KEY}\nother:{KEY}\n")
    path.chmod(0o600)
    broker = named("sensor", f"psk_hint hint\npsk_file {path}\nuse_identity_as_username true\n")
    for who in ("other", "sensor"):
        pub(broker, who, KEY, "-t", f"own/{who}", "-m", who, "-r", "-q", "1")
    got = subprocess.run(["mosquitto_sub", "-p", str(broker.port), "--psk", KEY, "--psk-identity",
                          "sensor", "-t", "own/#", "-W", "1"], capture_output=True, text=True)
    assert got.stdout == "sensor\n", broker.log()


# MARK: Shared keys

@pytest.fixture
def shared(start_broker, tmp_path):
    path = tmp_path / "keys"
    path.write_text(f"# who: key\nsensor:{KEY}\nother:{'ab' * 32}\n")
    broker = start_broker(f"psk_hint hint\npsk_file {path}\n")
    broker.path = path
    broker.base = tls.memory(broker)
    return broker


def pub(broker, identity, key, *message):
    return subprocess.run(["mosquitto_pub", "-p", str(broker.port), "--psk", key, "--psk-identity",
                           identity, *message], timeout=PATIENCE)


def with_key(broker, identity, key):
    return pub(broker, identity, key, "-t", "t", "-m", "x").returncode == 0


def test_shared_keys(shared):
    assert with_key(shared, "sensor", KEY)
    assert with_key(shared, "sensor", KEY.upper())
    assert with_key(shared, "other", "ab" * 32)
    assert not with_key(shared, "other", KEY)
    assert not with_key(shared, "nobody", KEY)
    assert not with_key(shared, "# who", KEY)
    assert not with_key(shared, "sensor:", KEY)
    shared.wait_for_log("its identity is not known, or its key is wrong")
    tls.wait_for_memory(shared, shared.base)


def test_openssl_with_a_shared_key(shared):
    """The hint is not told: mbedTLS has none."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"localhost:{shared.port}", "-psk", KEY,
                           "-psk_identity", "sensor", "-tls1_2"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=PATIENCE)
    assert "PSK identity: sensor" in done.stdout and "PSK identity hint: None" in done.stdout
    assert "ECDHE-PSK" in done.stdout


def test_shared_keys_are_reloaded(shared):
    shared.path.write_text(f"new:{KEY}\n")
    shared.signal(signal.SIGHUP)
    shared.wait_for_log("Reloading config.")
    assert with_key(shared, "new", KEY) and not with_key(shared, "sensor", KEY)


# MARK: Reload

def reload(broker, *words):
    before = len(broker.log())
    broker.signal(signal.SIGHUP)
    deadline = time.monotonic() + PATIENCE
    while not all(word in broker.log()[before:] for word in ("Reloading config.", *words)):
        assert time.monotonic() < deadline, broker.log()
        time.sleep(0.01)
    tls.memory(broker)  # Answered in a later turn.


@pytest.fixture
def changing(start_broker, authority):
    """A broker whose files a test may replace."""
    server = authority.server()
    broker = start_broker(f"{server.settings}cafile {authority.cafile}\n")
    broker.holder = server
    return broker


def replace(old, new):
    old.certfile.write_bytes(new.certfile.read_bytes())
    old.keyfile.write_bytes(new.keyfile.read_bytes())


class Bytes(bytes):
    def read_bytes(self):
        return self


def shown(client):
    return client.socket.getpeercert()["serialNumber"]


def test_a_reload_shows_the_new_certificate(changing, authority):
    before = tls.memory(changing)
    first = copy.copy(changing.holder)
    first.certfile, first.keyfile = (Bytes(path.read_bytes()) for path in (first.certfile, first.keyfile))
    old = join(changing, context(authority), "old")
    replace(changing.holder, authority.server("rsa"))
    reload(changing)
    new = join(changing, context(authority), "new")
    assert shown(old) != shown(new) and "RSA" in new.socket.cipher()[0]
    old.ping()
    old.publish("t", bytes(50_000), qos=1)
    old.close()
    new.close()
    replace(changing.holder, first)
    reload(changing)
    tls.wait_for_memory(changing, before)


def test_many_reloads_leave_nothing(changing, authority):
    reload(changing)
    base = tls.memory(changing)
    for _ in range(20):
        reload(changing)
    tls.wait_for_memory(changing, base)


@pytest.mark.parametrize("harm", ["key", "certificate", "gone"])
def test_a_reload_that_fails_keeps_the_old(changing, authority, harm):
    base = tls.memory(changing)
    if harm == "gone":
        changing.holder.keyfile.unlink()
    else:
        (changing.holder.keyfile if harm == "key" else changing.holder.certfile).write_text("broken")
    reload(changing, "Unable to use", "the configuration was not reloaded; the old one stays")
    join(changing, context(authority)).close()
    tls.wait_for_memory(changing, base)


def test_a_reload_that_fails_for_another_reason_keeps_the_old(changing, authority):
    base = tls.memory(changing)
    replace(changing.holder, authority.server("rsa"))
    with open(changing.configuration_path, "a") as file:
        file.write("no_such_key 1\n")
    reload(changing, "the configuration was not reloaded")
    client = join(changing, context(authority))
    assert "ECDSA" in client.socket.cipher()[0]
    client.close()
    tls.wait_for_memory(changing, base)


def test_one_listener_that_fails_keeps_all(start_broker, authority):
    first, second = authority.server(), authority.server()
    port = free_port()
    broker = start_broker(f"{first.settings}listener {port} 127.0.0.1\n{second.settings}")
    before = join(broker, context(authority))
    serial = shown(before)
    before.close()
    replace(first, authority.server())
    second.keyfile.write_text("broken")
    reload(broker, "Unable to use", "the old one stays")
    after = join(broker, context(authority))
    assert shown(after) == serial
    after.close()


def test_a_reload_revokes(start_broker, authority, server):
    client = authority.issue("to be revoked")
    lists = authority.revoke()
    broker = start_broker(f"{server.settings}cafile {authority.cafile}\nrequire_certificate true\n"
                          f"crlfile {lists}\n")
    made = context(authority, client)
    before = join(broker, made)
    session = before.socket.session
    lists.write_bytes(authority.revoke(client).read_bytes())
    reload(broker)
    refused(broker, made, "its certificate was revoked")
    # A ticket of the time before is worth nothing.
    with pytest.raises((ssl.SSLError, ConnectionResetError, Closed)):
        TLSClient(broker.port, made, session=session).connect("again")
    before.close()


def test_a_reload_turns_tls_on_and_off(start_broker, authority, server):
    broker = start_broker("")
    text = broker.configuration_path.read_text()
    broker.configuration_path.write_text(text + server.settings)
    reload(broker)
    encrypted = join(broker, context(authority))
    broker.configuration_path.write_text(text)
    reload(broker)
    encrypted.ping()
    encrypted.close()
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        join(broker, context(authority))
