"""MQTT over WebSocket, and what comes before it: HTTP, Origins, PROXY headers."""

import asyncio
import queue
import re
import signal
import socket
import struct
import time

import packets
import pytest
import tls
import websockets
from authority import Authority
from broker import IS_SWIFTLET, Broker, free_port, let_in
from packets import CONNACK, PUBLISH, V5, V311
from raw_client import PATIENCE, RawClient
from websocket_client import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, FrameReader,
                              WebSocketClient, close, frame, open_socket, open_websocket,
                              read_answer, read_to_end, request)

paho = pytest.importorskip("paho.mqtt.client")
pytestmark = pytest.mark.skipif(not IS_SWIFTLET, reason="of our own answers")


class Web:
    """A broker with a plain listener and one for WebSocket, with TLS if an authority is given."""

    def __init__(self, directory, settings="", connect_timeout=10, authority=None):
        self.port = free_port()
        self.context = authority and tls.context(authority)
        if authority:
            settings += authority.server().settings
        self.broker = Broker(
            directory, f"connect_timeout {connect_timeout}\nlog_type all\n"
            f"listener {self.port} 127.0.0.1\nprotocol websockets\n{settings}\n")
        self.broker.wait_for_log("running")  # all its ports are open

    def stop(self):
        status = self.broker.stop()
        assert status == 0, f"exit status {status}:\n{self.broker.log()}"


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    running = Web(tmp_path_factory.mktemp("web"))
    yield running
    running.stop()


@pytest.fixture(scope="module", params=["plain", "TLS"])
def any_web(request, web, tmp_path_factory):
    """The same with TLS too."""
    if request.param == "plain":
        yield web
        return
    folder = tmp_path_factory.mktemp("tls")
    let_in(folder)
    running = Web(folder, authority=Authority(folder))
    yield running
    running.stop()


@pytest.fixture
def start_web(tmp_path):
    running = []

    def start(*arguments, **settings):
        running.append(Web(tmp_path, *arguments, **settings))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture(autouse=True)
def serves_the_next(request):
    """Whatever the test did, the next Client of WebSocket is served."""
    yield
    if "web" in request.fixturenames:
        witness = WebSocketClient(request.getfixturevalue("web").port, V311)
        witness.connect("witness")
        witness.ping()
        witness.close()


@pytest.fixture
def plain(request):
    """Opens a connected Client of the plain listener."""
    opened = []

    def connected(client_id, version=V5, **settings):
        web = request.getfixturevalue("any_web" if "any_web" in request.fixturenames else "web")
        opened.append(RawClient(web.broker.port, version))
        opened[-1].connect(client_id, **settings)
        return opened[-1]

    yield connected
    for one in opened:
        one.close()


# Real clients.


# [MQTT-6.0.0-1] [MQTT-6.0.0-3] [MQTT-6.0.0-4]
@pytest.mark.parametrize("protocol", [paho.MQTTv311, paho.MQTTv5], ids=["v3.1.1", "v5"])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_paho(any_web, name, protocol, qos):
    """Payloads around every form of a frame's length, there and back."""
    sizes = [0, 1, 100, 121, 125, 126, 127, 65_520, 65_535, 65_536, 70_000, 1_900_000]
    received, subscribed = queue.Queue(), queue.Queue()
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, f"paho-{name}", protocol=protocol,
                         transport="websockets")
    client.on_message = lambda _client, _data, message: received.put(message)
    client.on_subscribe = lambda *_: subscribed.put(True)
    client.on_connect = lambda *_: client.subscribe(f"{name}/#", qos)
    if any_web.context:
        client.tls_set_context(any_web.context)
    client.connect("localhost", any_web.port)
    client.loop_start()
    try:
        subscribed.get(timeout=PATIENCE)
        for size in sizes:
            client.publish(f"{name}/{size}", bytes(size % 251 for _ in range(size)), qos)
        for size in sizes:
            message = received.get(timeout=PATIENCE + 20)
            assert message.topic == f"{name}/{size}"
            assert message.payload == bytes(size % 251 for _ in range(size))
    finally:
        client.disconnect()
        client.loop_stop()


def test_the_websockets_package(any_web, name):
    """Another implementation finds nothing wrong with ours: frames, pings, the closing handshake."""

    async def converse():
        async with websockets.connect(
                f"{'wss' if any_web.context else 'ws'}://localhost:{any_web.port}/",
                subprotocols=["mqtt"], max_size=None, compression="deflate",
                ssl=any_web.context) as connection:
            assert connection.subprotocol == "mqtt"
            await connection.send(packets.connect(V5, name))
            assert packets.decode(await connection.recv(), V5).kind == CONNACK
            await connection.send(packets.subscribe(1, [(name, 0)], V5))
            await connection.recv()
            big = packets.publish(name, b"x" * 1_000_000, version=V5)
            await connection.send([big[:10], big[10:5000], big[5000:]])  # three fragments
            got = b""
            while len(got) < len(big):
                got += await connection.recv()
            assert packets.decode(got, V5).payload == b"x" * 1_000_000
            pong = await connection.ping(b"are you there")
            await asyncio.wait_for(pong, PATIENCE)
            await connection.close(1000, "bye")
            assert (connection.close_code, connection.close_reason) == (1000, "")
    asyncio.run(converse())


# Frames and packets.


# [MQTT-6.0.0-2]
@pytest.mark.parametrize("fragment", [1, 2, 3, 7, 64])
def test_packets_lie_across_frames(web, version, name, fragment):
    client = WebSocketClient(web.port, version, fragment=fragment)
    client.connect(f"c-{name}")
    client.subscribe(name, qos=2)
    for qos in (0, 1, 2):
        client.publish(name, b"p" * 300 + bytes([qos]), qos)
        client.take_publish(topic=name, payload=b"p" * 300 + bytes([qos]), qos=qos)
    client.close()


def test_many_packets_in_one_frame(web, plain, name):
    listener = plain(f"l-{name}")
    listener.subscribe(name)
    raw, reader = open_websocket(web.port)
    everything = packets.connect(V5, f"c-{name}") + b"".join(
        packets.publish(name, str(number), version=V5) for number in range(500)
    ) + packets.disconnect()
    raw.sendall(frame(BINARY, everything))
    opcode, payload = reader.read()
    assert opcode == BINARY and packets.decode(payload, V5).kind == CONNACK
    for number in range(500):
        listener.expect_publish(name, str(number))
    reader.expect_close(1000)  # [MQTT-3.14.4-1]
    raw.close()


# CVE-2026-25627: NanoMQ believed the frame where it should have believed the packet.
def test_a_remaining_length_beyond_its_frame(web, name):
    connect = packets.connect(V5, name)
    raw, reader = open_websocket(web.port)
    raw.sendall(frame(BINARY, connect[:5]))
    raw.settimeout(0.2)
    with pytest.raises(TimeoutError):
        reader.read()
    raw.settimeout(PATIENCE)
    raw.sendall(frame(BINARY, connect[5:] + packets.pingreq()[:1]))
    assert packets.decode(reader.read()[1], V5).kind == CONNACK
    raw.sendall(frame(BINARY, b"") + frame(BINARY, packets.pingreq()[1:]))
    assert reader.read() == (BINARY, b"\xd0\x00")
    raw.close()


@pytest.mark.parametrize("claimed", [0x7F, 0xFF7F, 0xFFFFFF7F])
def test_a_remaining_length_that_no_frame_fulfils(web, name, claimed):
    raw, reader = open_websocket(web.port)
    length = claimed.to_bytes((claimed.bit_length() + 7) // 8, "big")
    raw.sendall(frame(BINARY, packets.connect(V311, name)))
    assert packets.decode(reader.read()[1], V311).kind == CONNACK
    raw.sendall(frame(BINARY, b"\x30" + length + b"\0\1ax"))
    raw.sendall(frame(PING, b"still there"))
    if claimed == 0xFFFFFF7F:  # larger than any packet may be: closed for that, perhaps behind the pong
        got = reader.read()
        if got == (PONG, b"still there"):
            got = reader.read()
        assert got == (CLOSE, b"\x03\xe8")
    else:
        assert reader.read() == (PONG, b"still there")
    raw.close()


def test_a_frame_beyond_its_packet(web, name):
    """What is behind a packet in its frame is the next packet, and nonsense there is its own."""
    raw, reader = open_websocket(web.port)
    raw.sendall(frame(BINARY, packets.connect(V5, name) + b"\xf0\xff\xff\xff\xff\xff"))
    opcode, payload = reader.read()
    assert opcode == BINARY and packets.header_of(payload)
    kinds = [payload[0] >> 4]
    rest = payload[sum(packets.header_of(payload)):]
    if not rest:
        rest = reader.read()[1]
    assert rest[0] >> 4 == packets.DISCONNECT and kinds == [CONNACK]
    reader.expect_close(1000)
    raw.close()


VIOLATIONS = {
    "not masked": (frame(BINARY, b"x", masked=False), 1002),
    "RSV1": (frame(BINARY, b"x", reserved=4), 1002),
    "RSV2 of a ping": (frame(PING, b"x", reserved=2), 1002),
    "RSV3 of a close": (frame(CLOSE, b"", reserved=1), 1002),
    "opcode 3": (frame(3, b"x"), 1002),
    "opcode 11": (frame(11), 1002),
    "text": (frame(TEXT, b"hello"), 1003),
    "fragmented text": (frame(TEXT, b"hello", final=False), 1003),
    "a continuation of nothing": (frame(CONTINUATION, b"x"), 1002),
    "binary between fragments": (frame(BINARY, b"", final=False) + frame(BINARY, b""), 1002),
    "a fragmented ping": (frame(PING, b"x", final=False), 1002),
    "a ping of 126 bytes": (frame(PING, b"x" * 126), 1002),
    "a frame over the limit": (frame(BINARY, b"", length=(64 << 20) + 1), 1009),
    "a frame of 63 bits": (frame(BINARY, b"", length=(1 << 63) - 1), 1009),
    "a frame of 64 bits": (frame(BINARY, b"", length=1 << 63), 1002),
    "half a close code": (frame(CLOSE, b"\x03"), 1002),
    "close code 1005": (close(1005), 1002),
    "close code 1006": (close(1006), 1002),
    "close code 2999": (close(2999), 1002),
    "a close reason of UTF-16": (close(1000, "bye".encode("utf-16")), 1007),
    "a close reason cut short": (close(1000, "grü".encode()[:-1]), 1007),
}


# [RFC 6455, 5 and 7]
@pytest.mark.parametrize("violation", VIOLATIONS)
@pytest.mark.parametrize("connected", [False, True], ids=["before CONNECT", "after"])
def test_what_breaks_the_rules_is_told_how(web, name, violation, connected):
    raw, reader = open_websocket(web.port)
    if connected:
        raw.sendall(frame(BINARY, packets.connect(V311, name)))
        assert packets.decode(reader.read()[1], V311).kind == CONNACK
    raw_bytes, code = VIOLATIONS[violation]
    raw.sendall(raw_bytes)
    reader.expect_close(code)
    raw.close()


def test_what_came_before_a_violation_counts(web, plain, name):
    listener = plain(f"l-{name}")
    listener.subscribe(f"{name}/#")
    raw, reader = open_websocket(web.port)
    raw.sendall(frame(BINARY, packets.connect(V311, name, will=packets.Will(f"{name}/will", b"gone")))
                + frame(BINARY, packets.publish(f"{name}/a", b"kept")) + frame(TEXT, b"no"))
    listener.expect_publish(f"{name}/a", b"kept")
    listener.expect_publish(f"{name}/will", b"gone")
    assert reader.read()[0] == BINARY
    reader.expect_close(1003)
    web.broker.wait_for_log("it sent WebSocket text")
    raw.close()


# Control frames.


@pytest.mark.parametrize("payload", [b"", b"a", bytes(range(125))], ids=len)
def test_a_ping_is_answered(web, payload):
    raw, reader = open_websocket(web.port)
    raw.sendall(frame(PING, payload))
    assert reader.read() == (PONG, payload)
    raw.sendall(frame(PONG, payload) + frame(PING, b"after a pong nobody asked for"))
    assert reader.read() == (PONG, b"after a pong nobody asked for")
    raw.close()


def test_a_ping_byte_by_byte_between_the_fragments_of_a_packet(web, name):
    raw, reader = open_websocket(web.port)
    connect = packets.connect(V311, name)
    stream = (frame(BINARY, connect[:4], final=False) + frame(PING, b"between")
              + frame(CONTINUATION, connect[4:9], final=False) + frame(PING, b"again")
              + frame(CONTINUATION, connect[9:]))
    for index in range(len(stream)):
        raw.sendall(stream[index:index + 1])
        time.sleep(0.0005)
    assert [reader.read() for _ in range(2)] == [(PONG, b"between"), (PONG, b"again")]
    assert packets.decode(reader.read()[1], V311).kind == CONNACK
    raw.close()


@pytest.mark.parametrize("code", [None, 1000, 1001, 1002, 1011, 1014, 3000, 4999])
def test_a_close_is_answered_with_its_code(web, code):
    raw, reader = open_websocket(web.port)
    raw.sendall(close(code) if code is None else close(code, "auf Wiedersehen, ü".encode()))
    reader.expect_close(code)
    raw.close()


def test_a_close_byte_by_byte(web):
    raw, reader = open_websocket(web.port)
    for byte in close(1001, b"x" * 123):
        raw.sendall(bytes([byte]))
        time.sleep(0.0005)
    reader.expect_close(1001)
    raw.close()


def test_packets_before_a_close_count_and_frames_behind_it_do_not(web, plain, name):
    listener = plain(f"l-{name}")
    listener.subscribe(f"{name}/#")
    raw, reader = open_websocket(web.port)
    raw.sendall(frame(BINARY, packets.connect(V311, name, will=packets.Will(f"{name}/will", b"gone"))
                      + packets.publish(f"{name}/a", b"before")) + close(1000)
                + frame(BINARY, packets.publish(f"{name}/a", b"behind")))
    listener.expect_publish(f"{name}/a", b"before")
    listener.expect_publish(f"{name}/will", b"gone")
    listener.expect_nothing()
    assert reader.read()[0] == BINARY
    reader.expect_close(1000)
    raw.close()


def test_a_disconnect_is_followed_by_a_close(web, name):
    client = WebSocketClient(web.port, V311)
    client.connect(name)
    client.disconnect()
    assert client.socket.controls == [(CLOSE, b"\x03\xe8")]


def flood(web, plain, name, count, size):
    """A subscriber with a small window that reads nothing yet, and a flood on its way to it."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.settimeout(PATIENCE)
    raw.connect(("127.0.0.1", web.port))
    if web.context:
        raw = web.context.wrap_socket(raw, server_hostname="localhost")
    raw.sendall(request())
    status, _, rest = read_answer(raw)
    assert status == 101
    reader = FrameReader(raw, rest)
    raw.sendall(frame(BINARY, packets.connect(V311, f"s-{name}")
                      + packets.subscribe(1, [(name, 1)], V311)))
    stream = b""
    while len(stream) < 9:
        stream += reader.read()[1]
    publisher = plain(f"p-{name}", V311)
    for number in range(count):
        publisher.publish(name, struct.pack(">I", number) + b"f" * size, qos=1)
    return raw, reader, stream[9:]


def collect(reader, stream, name, count, raw, controls):
    """All messages of the flood, acknowledged; control frames among them are put aside."""
    seen = []
    while len(seen) < count:
        while (header := packets.header_of(stream)) and len(stream) >= sum(header):
            got = packets.decode(stream[:sum(header)], V311)
            stream = stream[sum(header):]
            if got.kind == PUBLISH:
                assert got.topic == name
                seen.append(struct.unpack(">I", got.payload[:4])[0])
                raw.sendall(frame(BINARY, packets.puback(got.packet_id)))
        if len(seen) == count:
            break
        opcode, payload = reader.read()
        if opcode == BINARY:
            stream += payload
        else:
            controls.append((opcode, payload))
    return seen


def test_frames_that_leave_in_pieces(any_web, plain, name):
    """A slow reader: every frame is whole and every message there, in order."""
    count = 120
    raw, reader, stream = flood(any_web, plain, name, count, 30_000)
    assert collect(reader, stream, name, count, raw, []) == list(range(count))
    raw.sendall(frame(PING, b"done"))
    assert reader.read() == (PONG, b"done")
    raw.close()


def test_answers_wait_for_the_end_of_a_frame(any_web, plain, name):
    """Of the pings that come while the network is full at least the last is answered, after the
    frame that is on its way."""
    count = 120
    raw, reader, stream = flood(any_web, plain, name, count, 30_000)
    for number in range(200):
        raw.sendall(frame(PING, b"%d" % number * 20))
    controls = []
    assert collect(reader, stream, name, count, raw, controls) == list(range(count))
    while not controls or controls[-1] != (PONG, b"199" * 20):
        controls.append(reader.read())
    numbers = [payload for opcode, payload in controls if opcode == PONG]
    assert len(numbers) == len(controls) and len(set(numbers)) == len(numbers)
    raw.close()


def test_a_close_waits_for_the_end_of_a_frame(any_web, plain, name):
    raw, reader, stream = flood(any_web, plain, name, 120, 30_000)
    raw.sendall(close(1001))
    opcodes = []
    while True:
        opcode, payload = reader.read()
        opcodes.append(opcode)
        if opcode == CLOSE:
            break
    assert opcodes[:-1] == [BINARY] * (len(opcodes) - 1) and payload == b"\x03\xe9"
    with pytest.raises((EOFError, ConnectionResetError)):
        reader.read()
    raw.close()


# HTTP.


def send_until_refused(raw, stream):
    """Byte by byte, as long as the Server has not answered."""
    raw.setblocking(False)
    for index in range(len(stream)):
        try:
            if raw.recv(1, socket.MSG_PEEK):
                break
        except BlockingIOError:
            raw.send(stream[index:index + 1])
            time.sleep(0.0005)
    raw.settimeout(PATIENCE)


def answer_to(web, raw_request, slowly=False):
    """Status, fields and body of the answer, behind which the Server closes."""
    with open_socket(web.port) as raw:
        if slowly:
            send_until_refused(raw, raw_request)
        else:
            raw.sendall(raw_request)
        status, fields, rest = read_answer(raw)
        return status, fields, rest + read_to_end(raw)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_plain_get(web, version):
    status, fields, body = answer_to(web, f"GET / HTTP/{version}\r\nHost: here\r\n\r\n".encode())
    assert status == 426
    assert fields["upgrade"] == "websocket" and "close" in fields["connection"]
    assert int(fields["content-length"]) == len(body) and b"MQTT" in body


REFUSALS = {
    "another method": (request(line="POST / HTTP/1.1"), 405),
    "another version of HTTP": (request(line="GET / HTTP/3.0"), 505),
    "another version of WebSocket":
        (request("Sec-WebSocket-Version: 8", without=["Sec-WebSocket-Version"]), 426),
    "no host": (request(without=["Host"]), 400),
    "no key": (request(without=["Sec-WebSocket-Key"]), 400),
    "a short key": (request(key=b"c2hvcnQ="), 400),
    "no sub-protocol": (request(without=["Sec-WebSocket-Protocol"]), 400),
    "no upgrade in Connection":
        (request("Connection: close", without=["Connection"]), 400),
    "a body": (request("Content-Length: 9"), 400),
    "a control character": (request("X: \x01"), 400),
    "a header of 8 KiB": (request("X: " + "x" * 8192), 431),
    "MQTT": (packets.connect(V311, "lost"), 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00", 400),
}


@pytest.mark.parametrize("case", REFUSALS)
@pytest.mark.parametrize("slowly", [False, True], ids=["at once", "byte by byte"])
def test_requests_that_are_refused(web, case, slowly):
    raw_request, status = REFUSALS[case]
    got, fields, body = answer_to(web, raw_request, slowly and len(raw_request) < 1000)
    assert got == status
    assert "close" in fields["connection"] and int(fields["content-length"]) == len(body)
    assert ("sec-websocket-version" in fields) == (status == 426)
    web.broker.wait_for_log("Client connection from 127.0.0.1 denied: ")


def test_a_slow_handshake(web, name):
    """Byte by byte, with the first frame right behind."""
    with open_socket(web.port) as raw:
        stream = request() + frame(BINARY, packets.connect(V311, name))
        for index in range(len(stream)):
            raw.sendall(stream[index:index + 1])
        status, _, rest = read_answer(raw)
        assert status == 101
        assert packets.decode(FrameReader(raw, rest).read()[1], V311).kind == CONNACK


def test_the_request_and_frames_in_one_segment(web, name):
    with open_socket(web.port) as raw:
        raw.sendall(request() + frame(BINARY, packets.connect(V311, name)) + frame(PING, b"x"))
        status, _, rest = read_answer(raw)
        reader = FrameReader(raw, rest)
        got = [reader.read(), reader.read()]
        assert status == 101 and (PONG, b"x") in got and BINARY in [opcode for opcode, _ in got]


def test_half_a_handshake_ends_with_its_time(start_web):
    web = start_web(connect_timeout=1)
    with open_socket(web.port) as half, open_socket(web.port) as nothing:
        half.sendall(request()[:60])
        begun = time.monotonic()
        assert read_to_end(half) == b"" and read_to_end(nothing) == b""
        assert time.monotonic() - begun < PATIENCE
    raw, reader = open_websocket(web.port)  # the handshake alone is not enough
    reader.expect_close(1000)
    raw.close()


POOLS = ("WebSockets", "WebSocket handshakes", "WebSocket controls")


def usage(web):
    """What the broker tells of its pools now: how many of each are used."""
    before = len(web.broker.log())
    web.broker.signal(signal.SIGUSR2)
    web.broker.wait_for_log("WebSocket controls:")
    deadline = time.monotonic() + PATIENCE
    while True:
        found = dict(re.findall(r"(WebSocket[a-z ]*): (\d+) of", web.broker.log()[before:]))
        if set(POOLS) <= set(found):
            return [int(found[pool]) for pool in POOLS]
        assert time.monotonic() < deadline, web.broker.log()
        time.sleep(0.005)


def wait_for_usage(web, *wanted):
    deadline = time.monotonic() + PATIENCE
    while (now := usage(web)) != list(wanted):
        assert time.monotonic() < deadline, now
        time.sleep(0.02)


def test_a_thousand_handshakes(start_web):
    """Whole, half and refused, left in every way: each pool is back where it began."""
    web = start_web()
    for number in range(1000):
        raw, reader = open_websocket(web.port)
        if number % 4 == 0:
            raw.sendall(close(1000))
            reader.expect_close(1000)
        elif number % 4 == 1:
            raw.sendall(frame(PING, b"half", length=100))
        elif number % 4 == 2:
            raw.sendall(frame(TEXT, b"no"))
        raw.close()
    wait_for_usage(web, 0, 0, 0)
    for number in range(1000):
        with open_socket(web.port) as raw:
            raw.sendall(request()[:100])
    wait_for_usage(web, 0, 0, 0)
    raws = [open_socket(web.port) for _ in range(400)]
    for raw in raws:
        raw.sendall(request()[:100])
    wait_for_usage(web, 400, 400, 0)
    for raw in raws:
        raw.sendall(b"\x00")
        assert read_answer(raw)[0] == 400
        raw.close()
    wait_for_usage(web, 0, 0, 0)


def test_all_slots_of_half_handshakes_are_taken(start_web):
    """Those who come with a whole request are served nevertheless; another half is told 503."""
    web = start_web()
    # One address has not the last 64; of others each may have eight.
    raws = [open_socket(web.port) for _ in range(512 - 64)]
    raws += [open_socket(web.port, source=f"127.0.1.{number % 8}") for number in range(64)]
    try:
        for raw in raws:
            raw.sendall(request()[:100])
        wait_for_usage(web, 512, 512, 0)
        with open_socket(web.port) as late:
            late.sendall(request()[:100])
            status, fields, _ = read_answer(late)
            assert status == 503 and fields["connection"] == "close"
        raw, _ = open_websocket(web.port)
        raw.close()
    finally:
        for raw in raws:
            raw.close()
    with open_socket(web.port) as again:
        again.sendall(request()[:100])
        time.sleep(0.1)
        again.sendall(b"\0")
        assert read_answer(again)[0] == 400


@pytest.mark.parametrize("origin, status", [
    ("http://home.example", 101), ("HTTP://HOME.example", 101), ("https://other.example:8443", 101),
    ("http://evil.example", 403), ("http://home.example:81", 403), ("null", 403), (None, 101),
])
def test_origins(start_web, origin, status):
    web = start_web("websockets_origin http://home.example\n"
                    "websockets_origin https://other.example:8443")
    fields = [] if origin is None else [f"Origin: {origin}"]
    with open_socket(web.port) as raw:
        raw.sendall(request(*fields))
        got, answer, _ = read_answer(raw)
        assert got == status
        assert status == 101 or answer["connection"] == "close"


def test_a_reload_brings_other_origins(start_web):
    web = start_web("websockets_origin http://old.example")
    path = web.broker.configuration_path
    path.write_text(path.read_text().replace("http://old.example", "http://new.example"))
    before = web.broker.log().count("Reloading config")
    web.broker.signal(signal.SIGHUP)
    web.broker.wait_for_log("Reloading config")
    deadline = time.monotonic() + PATIENCE
    while True:
        with open_socket(web.port) as raw:
            raw.sendall(request("Origin: http://new.example"))
            status, _, _ = read_answer(raw)
        if status == 101:
            break
        assert time.monotonic() < deadline and before == 0, web.broker.log()
    with open_socket(web.port) as raw:
        raw.sendall(request("Origin: http://old.example"))
        assert read_answer(raw)[0] == 403


def test_websockets_headers_size(start_web):
    web = start_web("websockets_headers_size 400")
    raw, _ = open_websocket(web.port, "X: " + "x" * 100)
    raw.close()
    status, _, _ = answer_to(web, request("X: " + "x" * 400))
    assert status == 431


# PROXY headers.

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
FOUR = bytes([192, 0, 2, 1, 198, 51, 100, 1]) + struct.pack(">HH", 56324, 1883)
SIX = bytes(15) + b"\1" + bytes(15) + b"\2" + struct.pack(">HH", 56324, 1883)


def second(command, family, rest):
    return SIGNATURE + bytes([command, family]) + struct.pack(">H", len(rest)) + rest


HEADERS = {
    "TCP4": (1, b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 1883\r\n"),
    "TCP6": (1, b"PROXY TCP6 2001:db8::1 ::1 56324 1883\r\n"),
    "UNKNOWN": (1, b"PROXY UNKNOWN\r\n"),
    "the longest line": (1, b"PROXY UNKNOWN " + b"x" * 91 + b"\r\n"),
    "binary TCP4": (2, second(0x21, 0x11, FOUR)),
    "binary TCP6": (2, second(0x21, 0x21, SIX)),
    "binary with more": (2, second(0x21, 0x11, FOUR + b"\4" + struct.pack(">H", 3000) + bytes(3000))),
    "binary UNSPEC": (2, second(0x21, 0x00, b"")),
    "binary LOCAL": (2, second(0x20, 0x00, b"")),
    "binary LOCAL with anything": (2, second(0x20, 0x11, FOUR + b"\4\0\7x")),
    "binary with two more": (2, second(0x21, 0x21, SIX + b"\1\0\4mqtt\5\0\0")),
}


@pytest.mark.parametrize("case", HEADERS)
@pytest.mark.parametrize("slowly", [False, True], ids=["at once", "in pieces"])
def test_proxy_headers(start_web, name, case, slowly):
    number, header = HEADERS[case]
    port = free_port()
    web = start_web(f"enable_proxy_protocol {number}\n"
                    f"listener {port} 127.0.0.1\nenable_proxy_protocol {number}")
    connect = packets.connect(V311, name)
    with open_socket(port) as raw:
        send(raw, header + connect, slowly)
        assert packets.decode(raw.recv(100), V311).kind == CONNACK
        raw.sendall(packets.pingreq())
        assert raw.recv(100) == b"\xd0\0"
    with open_socket(web.port) as raw:
        send(raw, header + request() + frame(BINARY, connect), slowly)
        status, _, rest = read_answer(raw)
        assert status == 101
        assert packets.decode(FrameReader(raw, rest).read()[1], V311).kind == CONNACK


def send(raw, stream, slowly):
    size = 1 if slowly and len(stream) < 600 else 37 if slowly else len(stream)
    for start in range(0, len(stream), size):
        raw.sendall(stream[start:start + size])


@pytest.mark.parametrize("number, header", [
    (1, packets.connect(V311, "direct")), (1, b"PROXY TCP4 1.1.1.1\r\n"), (1, second(0x20, 0, b"")),
    (1, b"PROXY UNKNOWN " + b"x" * 100), (2, b"PROXY UNKNOWN\r\n"), (2, second(0x31, 0x11, FOUR)),
    (2, second(0x21, 0x11, FOUR[:4])), (2, packets.connect(V311, "direct")),
    *((2, second(0x21, 0x11, FOUR + more) + packets.connect(V311, "more"))
      for more in (b"\3", b"\3\0", b"\3\0\1", b"\3\0\2x", b"\3\0\1xx", b"\3\xff\xff" + bytes(100))),
])
def test_wrong_proxy_headers_are_not_answered(start_web, number, header):
    web = start_web(f"enable_proxy_protocol {number}")
    with open_socket(web.port) as raw:
        raw.sendall(header)
        assert read_to_end(raw) == b""
    web.broker.wait_for_log("it sent no valid PROXY header")


# The board without it.


def test_tiny_says_what_it_has_not(tmp_path):
    import os
    import subprocess
    path = os.environ.get("SWIFTLET_TINY", ".build/bin/tiny/swiftlet")
    for lines, word in (("protocol websockets", "protocol websockets"),
                        ("enable_proxy_protocol 2", "enable_proxy_protocol")):
        configuration = tmp_path / "tiny.conf"
        configuration.write_text(f"listener {free_port()} 127.0.0.1\n{lines}\n")
        done = subprocess.run([path, "-c", configuration], capture_output=True, text=True,
                              timeout=PATIENCE)
        assert done.returncode == 3 and word in done.stderr, done.stderr
