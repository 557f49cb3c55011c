"""What has brought brokers down, or let people in, below MQTT: TLS and WebSocket, by cause.

The plain cases are in test_tls*.py and test_websocket.py. After each test nothing of any pool is in use.
"""

import random
import socket
import ssl
import time

import packets
import pytest
import tls
from authority import Authority
from broker import Broker, free_port, let_in
from packets import CONNACK, V311
from raw_client import PATIENCE, RawClient
from tls import TLSClient, context
from usage import pools, processor_time, wait_until_unused
from websocket_client import BINARY, FrameReader, accept_of, frame, open_websocket, read_answer, request

pytestmark = pytest.mark.swiftlet_only("pools and their figures are Swiftlet's")
HEAP = "TLS heap bytes"
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority")
    let_in(folder)
    return Authority(folder)


@pytest.fixture(scope="module")
def broker(tmp_path_factory, authority):
    """Listeners with TLS and WebSocket, with both, and with neither (`port`)."""
    ports = {name: free_port() for name in ("tls", "web", "both")}
    demands = f"{authority.server().settings}cafile {authority.cafile}\nrequire_certificate true\n"
    broker = Broker(tmp_path_factory.mktemp("broker"), (
        "connect_timeout 60\n"
        f"listener {ports['tls']} 127.0.0.1\n{demands}"
        f"listener {ports['web']} 127.0.0.1\nprotocol websockets\n"
        f"listener {ports['both']} 127.0.0.1\nprotocol websockets\n{demands}"))
    # What it always has; the connection that only looked whether it listens may still be there.
    broker.ports, broker.base = ports, {HEAP: pools(broker)[HEAP][0]}
    yield broker
    assert broker.stop() == 0, broker.log()


@pytest.fixture(scope="module")
def showing(authority):
    """What a client that has a certificate asks and shows."""
    return context(authority, client=authority.issue("client"))


@pytest.fixture(autouse=True)
def nothing_is_left(broker):
    yield
    wait_until_unused(broker, broker.base)


def first_bytes(kind):
    return request(key=KEY) if kind == "web" else tls.hello_bytes()


@pytest.mark.parametrize("kind", ["tls", "web", "both"])
def test_end_within_a_handshake_takes_no_time(broker, kind):
    """thin-edge#2692: after the end of a connection within its handshake the loop turned for ever."""
    chance, whole = random.Random(1), first_bytes(kind)
    crowd = [socket.create_connection(("127.0.0.1", broker.ports[kind])) for _ in range(100)]
    for number, one in enumerate(crowd):
        one.sendall(whole[:chance.randrange(len(whole))])
        if number % 2:
            one.shutdown(socket.SHUT_WR)
    is_idle(broker)
    for one in crowd:
        one.close()


def is_idle(broker):
    """Within a second there is one in which it does nothing to speak of."""
    deadline = time.monotonic() + PATIENCE
    while True:
        before = processor_time(broker)
        time.sleep(0.5)
        took = processor_time(broker) - before
        if took <= 2:
            return
        assert time.monotonic() < deadline, f"it spins: {took} hundredths of half a second"


@pytest.mark.parametrize("kind", ["tls", "web", "both"])
def test_stampede_of_half_handshakes(broker, kind):
    """mosquitto#2095, CVE-2017-7651: hundreds that begin and go no further; others are served meanwhile."""
    witness = RawClient(broker.port, V311)
    witness.connect("witness")
    chance, whole = random.Random(2), first_bytes(kind)
    for _ in range(10):
        crowd = []
        for _ in range(30):
            crowd.append(RawClient(broker.ports[kind]))
            crowd[-1].send(whole[:chance.randrange(1, len(whole))])
        began = time.monotonic()
        witness.ping()
        assert time.monotonic() - began < 1
        for one in crowd:
            chance.choice([one.close, one.reset])()
    witness.disconnect()


def test_certificates_are_demanded_of_websocket_too(broker, authority, showing):
    """Mosquitto 1.5.4: `require_certificate` held for MQTT and not for WebSocket."""
    for kind in ("tls", "both"):
        with pytest.raises((ssl.SSLError, ConnectionResetError, AssertionError)):
            speak(broker.ports[kind], kind, context(authority))
        speak(broker.ports[kind], kind, showing)
    with pytest.raises((ssl.SSLError, ConnectionResetError, AssertionError)):
        other = Authority(authority.folder, "Others")
        speak(broker.ports["both"], "both", context(authority, client=other.issue("client")))


def speak(port, kind, made):
    """To the CONNACK."""
    client = TLSClient(port, made, V311)
    raw = packets.connect(V311, "speaker")
    if kind == "both":
        client.socket.sendall(request(key=KEY))
        status, fields, rest = read_answer(client.socket)
        assert status == 101 and fields["sec-websocket-accept"].encode() == accept_of(KEY)
        client.socket.sendall(frame(BINARY, raw))
        _, got = FrameReader(client.socket, rest).read()
    else:
        client.socket.sendall(raw)
        got = client.socket.recv(16)
    assert packets.decode(got, V311).kind == CONNACK
    client.close()


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_frames_that_cut_packets_anywhere(broker, name, size):
    """nanomq, CVE-2026-25627: a packet ends where it says, and not where its frame does."""
    stream = packets.connect(V311, name) + packets.subscribe(1, [(name, 0)])
    for number in range(2, 40):
        stream += packets.publish(name, b"x" * (number * 7), 1, number)
    wire, reader = open_websocket(broker.ports["web"])
    wire.sendall(b"".join(frame(BINARY, stream[start:start + size]) for start in range(0, len(stream), size)))
    got, sizes = b"", []
    while len(sizes) < 38:
        while not (header := packets.header_of(got)) or len(got) < sum(header):
            got += reader.read()[1]
        packet, got = packets.decode(got[:sum(header)], V311), got[sum(header):]
        if packet.kind == packets.PUBLISH:
            sizes.append(len(packet.payload))
    assert sizes == [number * 7 for number in range(2, 40)]
    wire.close()


@pytest.mark.parametrize("claim", [0, 1, 125, 126, 65535, 65536, 1 << 20, (64 << 20), (1 << 63) - 1])
@pytest.mark.parametrize("remaining", [b"\0", b"\x05", b"\x7f", b"\xff\x7f", b"\xff\xff\xff\x7f"], ids=bytes.hex)
def test_lengths_of_frame_and_packet_that_differ(broker, name, claim, remaining):
    """CVE-2026-25627: both say how much follows, and neither is true; nothing is read that did not come."""
    wire, _ = open_websocket(broker.ports["web"])
    wire.sendall(frame(BINARY, packets.connect(V311, name)) + frame(BINARY, b"\x30" + remaining + b"\0\1ab", length=claim))
    wire.shutdown(socket.SHUT_WR)
    try:
        while wire.recv(65536):
            pass
    except ConnectionResetError:
        pass
    wire.close()
