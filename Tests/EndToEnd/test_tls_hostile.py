"""TLS from those who mean no good: whatever comes at whatever phase, the broker refuses it, serves
the others, and has its memory back."""

import random
import socket
import ssl
import subprocess

import packets
import pytest
import tls
from authority import Authority
from broker import Broker, free_port, let_in
from raw_client import PATIENCE, RawClient
from tls import CutStream, TLSClient, context

pytestmark = pytest.mark.swiftlet_only("the words of the log, and memory, are Swiftlet's")
HELLO = tls.hello_bytes()
ALERT, CHANGE, HANDSHAKE, DATA = 21, 20, 22, 23


def record(kind, body, version=b"\x03\x03"):
    return bytes([kind]) + version + len(body).to_bytes(2, "big") + body


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority")
    let_in(folder)
    return Authority(folder)


@pytest.fixture(scope="module")
def broker(tmp_path_factory, authority):
    """It knows clients' certificates, keys and a plain port too."""
    plain, shared = free_port(), free_port()
    folder = tmp_path_factory.mktemp("broker")
    (folder / "keys").write_text("sensor:00112233\n")
    broker = Broker(folder, (
        f"connect_timeout 2\n{authority.server().settings}cafile {authority.cafile}\n"
        f"listener {plain} 127.0.0.1\n"
        f"listener {shared} 127.0.0.1\npsk_hint x\npsk_file {folder}/keys\n"))
    broker.plain_port, broker.shared_port = plain, shared
    broker.base = tls.memory(broker)
    yield broker
    assert broker.stop() == 0, broker.log()


@pytest.fixture(autouse=True)
def still_serves(broker, authority):
    yield
    for open_one in (lambda: RawClient(broker.plain_port, packets.V311),
                     lambda: TLSClient(broker.port, context(authority), packets.V311)):
        witness = open_one()
        witness.connect("witness")
        witness.disconnect()
        witness.close()
    tls.wait_for_memory(broker, broker.base)


def throw(port, *pieces):
    """Sends pieces one after the other, and takes what comes until the broker closes."""
    wire = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    try:
        for piece in pieces:
            wire.sendall(piece)
    except (BrokenPipeError, ConnectionResetError):
        pass
    got = tls.wait_until_closed(wire)
    wire.close()
    return got


def hello_with(**fields):
    """A hello of our own making, to be wrong in one thing."""
    parts = {"version": b"\x03\x03", "random": bytes(32), "session": b"\x00",
             "ciphers": b"\x00\x02\xc0\x2b", "compression": b"\x01\x00",
             "extensions": b"\x00\x10\x00\x0a\x00\x04\x00\x02\x00\x17\x00\x0d\x00\x04\x00\x02\x04\x03"}
    parts.update(fields)
    body = b"".join(parts.values())
    return record(HANDSHAKE, b"\x01" + len(body).to_bytes(3, "big") + body)


def test_our_own_hello_is_good(broker):
    """Or the ones that are wrong in one thing would prove nothing."""
    wire = socket.create_connection(("127.0.0.1", broker.port), timeout=PATIENCE)
    wire.sendall(hello_with())
    assert wire.recv(100)[:1] == bytes([HANDSHAKE])
    wire.close()


WRONG = {
    "empty session beyond the end": {"session": b"\xff"},
    "session of 33": {"session": b"\x21" + bytes(33)},
    "ciphers of odd length": {"ciphers": b"\x00\x03\xc0\x2b\x00"},
    "ciphers beyond the end": {"ciphers": b"\xff\xfe\xc0\x2b"},
    "no ciphers": {"ciphers": b"\x00\x00"},
    "no compression": {"compression": b"\x00"},
    "version 0": {"version": b"\x00\x00"},
    "extensions beyond the end": {"extensions": b"\xff\xff\x00\x0a"},
    "extension beyond its list": {"extensions": b"\x00\x04\x00\x0a\x00\xff"},
    "curves of odd length": {"extensions": b"\x00\x07\x00\x0a\x00\x03\x00\x01\x17"},
    "empty signatures": {"extensions": b"\x00\x04\x00\x0d\x00\x00"},
    "empty protocols": {"extensions": b"\x00\x06\x00\x10\x00\x02\x00\x00"},
    "protocol beyond its list": {"extensions": b"\x00\x08\x00\x10\x00\x04\x00\x02\xffm"},
    "name beyond its list": {"extensions": b"\x00\x09\x00\x00\x00\x05\x00\x03\x00\xff\xff"},
    "ticket of rubbish": {"extensions": b"\x00\x14\x00\x23\x00\x10" + bytes(16)},
    "cut": {"extensions": b""},
}


@pytest.mark.parametrize("what", WRONG)
def test_hellos_that_are_wrong(broker, what):
    throw(broker.port, hello_with(**WRONG[what]), record(ALERT, b"\x02\x28"))


@pytest.mark.parametrize("seed", range(4))
def test_random_bytes(broker, seed):
    noise = random.Random(seed)
    for _ in range(50):
        throw(broker.port, noise.randbytes(noise.choice((1, 5, 6, 100, 3000, 40000))),
              b"\x16\x03\x01\x40\x01")


@pytest.mark.parametrize("seed", range(8))
def test_hellos_with_bytes_turned(broker, seed):
    noise = random.Random(seed)
    for _ in range(40):
        hello = bytearray(HELLO)
        for _ in range(noise.choice((1, 1, 2, 8))):
            hello[noise.randrange(5, len(hello))] ^= noise.randrange(1, 256)
        throw(broker.port, bytes(hello), record(ALERT, b"\x02\x28"))


def test_hellos_cut_short(broker):
    """A hello that ends early, whatever its lengths say; then an alert, so that it ends at once."""
    for stop in range(5, len(HELLO), 7):
        body = HELLO[5:stop]
        throw(broker.port, record(HANDSHAKE, body), record(ALERT, b"\x02\x28"))
        whole = b"\x01" + max(0, len(body) - 4).to_bytes(3, "big") + body[4:]
        throw(broker.port, record(HANDSHAKE, whole), record(ALERT, b"\x02\x28"))


@pytest.mark.parametrize("first", [
    b"\x80\x2e\x01\x03\x01" + bytes(41),  # A hello of SSL 2.
    record(ALERT, b"\x02\x28"), record(ALERT, b"\x01\x00"), record(ALERT, b"\x01"), record(ALERT, b""),
    record(CHANGE, b"\x01"), record(DATA, b"GET / HTTP/1.1\r\n\r\n"), record(24, b"\x01\x40\x00"),
    record(HANDSHAKE, b""), record(HANDSHAKE, b"\x01\xff\xff\xff"), record(HANDSHAKE, bytes(16384)),
    b"\x16\x03\x01\xff\xff" + bytes(65535), b"\x16\x03\x01\x40\x01" + bytes(16385),
    b"GET / HTTP/1.1\r\nHost: broker\r\n\r\n", b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00",
], ids=lambda raw: raw[:8].hex())
def test_what_is_no_hello(broker, first):
    throw(broker.port, first, record(ALERT, b"\x02\x28"))


def test_a_flood_of_empty_records(broker):
    throw(broker.port, record(HANDSHAKE, b"") * 2000)
    throw(broker.port, HELLO, record(DATA, b"") * 2000)


def test_a_flood_of_warnings(broker):
    throw(broker.port, record(ALERT, b"\x01\x5a") * 5000, record(ALERT, b"\x02\x28"))


AFTER = [
    record(CHANGE, b"\x01"), record(DATA, b"early"), record(HANDSHAKE, b"\x14\x00\x00\x0c" + bytes(12)),
    record(HANDSHAKE, b"\x10\x00\x00\x42\x41\x04" + bytes(64)),  # A point that is not on the curve.
    record(HANDSHAKE, b"\x10\x00\x00\x02\x01\x00"), record(HANDSHAKE, b"\x10\x00\x00\x00"),
    record(HANDSHAKE, b"\x10\x00\x00\x01\xff"), record(HANDSHAKE, b"\x0b\x00\x00\x03\x00\x00\x00"),
    record(HANDSHAKE, b"\x0f\x00\x00\x04\x04\x03\x00\x00"), record(ALERT, b"\x02\x30"),
    record(ALERT, b"\x01\x00"), HELLO, record(HANDSHAKE, b"\x00\x00\x00\x00"), bytes(300),
    record(HANDSHAKE, b"\x10\x00\x00\x42\x41\x04" + b"\xff" * 64),
    record(HANDSHAKE, b"\x10\x00\x00\x42\x41\x04" + bytes(64)) + record(CHANGE, b"\x01") +
    record(HANDSHAKE, bytes(40)),
]


@pytest.mark.parametrize("next_message", AFTER, ids=lambda raw: raw[:12].hex())
def test_what_does_not_follow_a_hello(broker, next_message):
    assert throw(broker.port, HELLO, next_message, record(ALERT, b"\x02\x28"))[:1] == b"\x16"


@pytest.mark.parametrize("seed", range(4))
def test_noise_after_a_hello(broker, seed):
    noise = random.Random(seed)
    for _ in range(20):
        kind = noise.choice((HANDSHAKE, CHANGE, ALERT, DATA))
        throw(broker.port, HELLO, record(kind, noise.randbytes(noise.randrange(1, 200))),
              record(ALERT, b"\x02\x28"))


def established(broker, authority):
    stream = CutStream(broker.port, context(authority), (16384,))
    stream.sendall(packets.connect(packets.V311, "victim"))
    assert stream.recv(100)[:1] == b"\x20"
    return stream


@pytest.mark.parametrize("seed", range(4))
def test_noise_after_the_handshake(broker, authority, seed):
    noise = random.Random(seed)
    for _ in range(10):
        stream = established(broker, authority)
        kind = noise.choice((HANDSHAKE, CHANGE, ALERT, DATA, 24, 0, 255))
        stream.wire.sendall(record(kind, noise.randbytes(noise.randrange(0, 100))))
        tls.wait_until_closed(stream.wire)
        stream.close()


def test_a_record_with_a_byte_turned(broker, authority):
    stream = established(broker, authority)
    stream.tls.write(packets.pingreq())
    raw = bytearray(stream.outgoing.read())
    raw[-1] ^= 1
    stream.wire.sendall(raw)
    got = tls.wait_until_closed(stream.wire)
    assert got[:1] == bytes([ALERT])
    stream.close()


def test_a_record_that_comes_twice(broker, authority):
    stream = established(broker, authority)
    stream.tls.write(packets.pingreq())
    raw = stream.outgoing.read()
    stream.wire.sendall(raw)
    assert stream.recv(2) == packets.packet(0xD0)
    stream.wire.sendall(raw)
    with pytest.raises(ssl.SSLError, match="(?i)bad.record.mac"):
        stream.recv(2)
    stream.close()


def test_a_client_that_asks_for_renegotiation(broker, authority):
    """It is not answered with a handshake: what follows is the end."""
    client = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"localhost:{broker.port}", "-CAfile", authority.cafile,
         "-tls1_2", "-msg"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = b""
    while b"Extended master secret" not in said:
        said += client.stdout.read1()
    client.stdin.write(b"R\n")  # A command of its own: to renegotiate.
    client.stdin.flush()
    said += client.communicate(timeout=PATIENCE)[0]
    assert b"RENEGOTIATING" in said
    assert said.count(b"ServerHello\n") == 1, said.decode(errors="replace")


@pytest.mark.parametrize("identity", [b"", b"x" * 129, b"x" * 5000, b"sensor\x00", b"\xff" * 16])
def test_identities_of_shared_keys(broker, identity):
    hello = hello_with(ciphers=b"\x00\x02\x00\xa8", extensions=b"")
    body = len(identity).to_bytes(2, "big") + identity
    message = record(HANDSHAKE, b"\x10" + len(body).to_bytes(3, "big") + body)
    got = throw(broker.shared_port, hello, message, record(ALERT, b"\x02\x28"))
    assert got[:1] == b"\x16"
    assert bytes([ALERT, 3, 3]) in got or not identity


def test_many_that_stop_at_every_byte_of_a_handshake(broker, authority):
    """The bytes of a whole client, cut off after so many."""
    stream = CutStream(broker.port, context(authority), (16384,))
    stream.close()
    script = HELLO + record(HANDSHAKE, b"\x10\x00\x00\x42\x41\x04" + bytes(64))
    for stop in range(0, len(script), 11):
        with socket.create_connection(("127.0.0.1", broker.port), timeout=PATIENCE) as wire:
            wire.sendall(script[:stop])


def test_a_bad_packet_within_tls(broker, authority):
    client = TLSClient(broker.port, context(authority), packets.V5)
    client.connect("bad")
    client.send(b"\xf0\xff\xff\xff\xff\xff")
    client.expect_refused()
    client.close()


def test_who_never_reads_is_let_go(broker, authority):
    """Requests without end and nobody who takes the answers: others are served, memory stays."""
    client = TLSClient(broker.port, context(authority), packets.V311)
    client.connect("greedy")
    client.socket.settimeout(1)
    try:
        for _ in range(400):
            client.socket.sendall(packets.pingreq() * 2000)
    except (TimeoutError, ssl.SSLError, OSError):
        pass
    witness = TLSClient(broker.port, context(authority), packets.V311)
    witness.connect("other")
    witness.ping()
    witness.close()
    client.close()


