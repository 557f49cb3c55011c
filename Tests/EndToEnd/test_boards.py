"""The programs of boards of other processors, under qemu: messages, TLS, WebSocket, a restart, and
every packet of Tests/Vectors answered as the program of this machine answers it.

`SWIFTLET_BOARDS` has a line for each: the board, a colon, and the command that runs its program.
"""

import base64
import hashlib
import os
import re
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor

import packets
import pytest
from authority import Authority
from broker import IS_SWIFTLET, Broker, free_port, let_in
from limits import limits
from packets import CONNACK, CONNECT, PUBLISH, V5, V31, V311
from raw_client import PATIENCE, RawClient
from test_services import keys
from test_vectors import FOLDER, vectors
from tls import TLSClient, context
from websocket_client import BINARY, WebSocketClient, frame, read_to_end

COMMANDS = dict(line.strip().split(":", 1) for line in os.environ.get("SWIFTLET_BOARDS", "").split("\n")
                if ":" in line)
pytestmark = pytest.mark.skipif(
    not IS_SWIFTLET or not COMMANDS, reason="`make emulated` builds them and names them here")


class Emulated(Broker):
    """A broker with a plain listener, one with TLS, and one for WebSocket."""

    def __init__(self, directory, board, authority, holder="ecdsa", port=None):
        self.tls_port, self.web_port = free_port(), free_port()
        emulator, *arguments = COMMANDS[board].split()
        super().__init__(
            directory, f"log_type all\nlistener {self.web_port} 127.0.0.1\nprotocol websockets\n"
            f"listener {self.tls_port} 127.0.0.1\n{authority.server(holder).settings}",
            arguments, emulator, port=port)
        self.wait_for_log("running")  # the other listeners open after the first

    def client(self, name, version=V5, kind=RawClient, **settings):
        made = kind(self.port, version)
        made.connect(name, **settings)
        return made


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority")
    let_in(folder)
    return Authority(folder)


@pytest.fixture(scope="module", params=sorted(COMMANDS))
def board(request):
    return request.param


@pytest.fixture(scope="module")
def emulated(tmp_path_factory, board, authority):
    broker = Emulated(tmp_path_factory.mktemp(board), board, authority)
    yield broker
    assert broker.stop() == 0, broker.log()


@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("version", [V31, V311, V5])
def test_messages_both_ways(emulated, version, qos):
    subscriber, publisher = emulated.client("s", version), emulated.client("p", version)
    subscriber.subscribe(("room/+", qos))
    for number in range(30):
        publisher.publish("room/lamp", f"{number}", qos)
        subscriber.take_publish(topic="room/lamp", payload=f"{number}", qos=qos)


def largest_payload(board):
    """Bytes of a payload that leaves room for a short topic and some properties in the largest packet."""
    return min(60_000, limits(re.sub("-(dynamic|static)$", "", board))["packetBytes"] - 512)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, "largest"])
def test_payloads_at_every_alignment(emulated, board, size):
    """Odd places in the buffers, where some processors cannot load a word."""
    size = largest_payload(board) if size == "largest" else size
    subscriber, publisher = emulated.client("s"), emulated.client("p")
    subscriber.subscribe(("#", 1))
    for length in range(1, 9):
        payload = os.urandom(size)
        publisher.publish("t" * length, payload, 1, properties=[("user_property", ("k" * length, "v"))])
        subscriber.take_publish(topic="t" * length, payload=payload, qos=1)


def test_with_every_place_taken_the_largest_messages_pass(tmp_path, board, authority):
    """Blocks are promised to every connection; what is left beside those must hold a whole packet: in when
    it arrives piece by piece, and out when it is all properties, which must have room at once."""
    limit = limits(re.sub("-(dynamic|static)$", "", board))
    if limit["connections"] > 500:
        pytest.skip("too many for one process of the tests")
    broker = Emulated(tmp_path, board, authority)
    try:
        everybody = [broker.client(f"c{number}", keep_alive=0) for number in range(limit["connections"])]
        subscriber, publisher = everybody[0], everybody[-1]
        subscriber.subscribe(("t", 1))
        room = limit["defaultPacketBytes"] - 64
        payload = os.urandom(room)
        publisher.publish("t", payload, 1)
        subscriber.take_publish(payload=payload)
        count = 1 + room // 16_384
        properties = [("user_property", ("k", "v" * (room // count - 8)))] * count
        publisher.publish("t", "x", 1, properties=properties)
        assert len(subscriber.take_publish(payload="x").properties) == count
    finally:
        assert broker.stop() == 0, broker.log()


def test_a_session_and_what_is_retained_wait(emulated):
    first = emulated.client("waits", V311, clean=False)
    first.subscribe(("queue/#", 2))
    first.close()
    publisher = emulated.client("p")
    for number in range(20):
        publisher.publish("queue/a", f"{number}", number % 3, retain=number == 19)
    again = emulated.client("waits", V311, clean=False)
    assert [packet.payload for packet in again.drain() if packet.kind == PUBLISH] == [
        b"%d" % number for number in range(20) if number % 3]
    late = emulated.client("late")
    late.subscribe(("queue/#", 1))
    late.take_publish(payload="19", retain=True)
    publisher.publish("queue/a", b"", retain=True)


@pytest.mark.parametrize("holder", ["ecdsa", "rsa"])
def test_tls(tmp_path, board, authority, holder):
    broker = Emulated(tmp_path, board, authority, holder)
    try:
        made = context(authority)
        subscriber = TLSClient(broker.tls_port, made)
        subscriber.connect("s")
        subscriber.subscribe(("t", 2))
        publisher = TLSClient(broker.tls_port, made, V311)
        publisher.connect("p")
        for qos, size in [(0, 10), (1, 16_384), (2, largest_payload(board))]:
            payload = os.urandom(size)
            publisher.publish("t", payload, qos)
            subscriber.take_publish(payload=payload, qos=qos)
        assert subscriber.socket.version() == "TLSv1.2"
    finally:
        assert broker.stop() == 0, broker.log()


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_websocket(emulated, qos):
    subscriber = WebSocketClient(emulated.web_port, V311, fragment=7)
    subscriber.connect("s")
    subscriber.subscribe(("t", 2))
    publisher = WebSocketClient(emulated.web_port)
    publisher.connect("p")
    for size in (0, 3, 125, 126, 30_000):
        payload = os.urandom(size)
        publisher.publish("t", payload, qos)
        subscriber.take_publish(payload=payload, qos=qos)


# Numbers that do not fit into a word of 32 bits with a sign.
def test_the_largest_numbers_of_version_5(emulated):
    largest = [("maximum_packet_size", 0xFFFFFFFF), ("session_expiry", 0xFFFFFFFE)]
    subscriber = emulated.client("largest", properties=largest)
    subscriber.subscribe(("largest", 1), properties=[("subscription_identifier", 268_435_455)])
    emulated.client("p").publish("largest", "x", 1, properties=[("message_expiry", 0xFFFFFFFF)])
    got = dict(subscriber.take_publish(topic="largest").properties)
    assert got["message_expiry"] >= 0xFFFFFFFE and got["subscription_identifier"] == 268_435_455
    subscriber.disconnect(properties=[("session_expiry", 0)])


@pytest.mark.parametrize("length", [(1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, (1 << 64) - 1])
def test_a_websocket_frame_longer_than_any_memory(emulated, length):
    client = WebSocketClient(emulated.web_port)
    client.socket.sendall(frame(BINARY, length=length))
    read_to_end(client.socket)
    emulated.client("c").ping()


# A value is an error or a setting, and never the end of the program.
def test_large_numbers_in_a_configuration(tmp_path, board):
    def test_of(line):
        file = tmp_path / f"{abs(hash(line))}.conf"
        file.write_text(f"listener 1883\n{line}\n")
        told = subprocess.run([*COMMANDS[board].split(), "-c", file, "--test-config"], capture_output=True)
        return line, told.returncode

    lines = [f"{key} {number}" for key in sorted(set.union(*keys())) for number in (2147483648, 4294967296)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(test_of, lines))
    assert len(found) > 120 and not [one for one in found if one[1] not in (0, 3)]


def test_passwords_are_hashed_as_elsewhere(tmp_path, board):
    let_in(tmp_path)
    salt = bytes(range(12))
    digest = hashlib.pbkdf2_hmac("sha512", b"secret", salt, 101)
    passwords = tmp_path / "passwords"
    passwords.write_text("u:$7$101$" + "$".join(base64.b64encode(part).decode() for part in (salt, digest)))
    passwords.chmod(0o644)
    emulator, *arguments = COMMANDS[board].split()
    broker = Broker(tmp_path, f"allow_anonymous false\npassword_file {passwords}\n", arguments, emulator)
    right = RawClient(broker.port, V311)
    right.connect("c", username="u", password="secret")
    right.ping()
    wrong = RawClient(broker.port, V311)
    wrong.send(packets.connect(V311, "d", username="u", password="secreT"))
    assert wrong.receive().reason != 0
    assert broker.stop() == 0, broker.log()


def test_a_restart_in_the_same_place(tmp_path, board, authority):
    before = Emulated(tmp_path, board, authority)
    client = before.client("c")
    refused = subprocess.run([*COMMANDS[board].split(), "-p", str(before.port)],
                             capture_output=True, text=True, timeout=PATIENCE)
    assert refused.returncode == 1 and "address already in use" in refused.stderr.lower(), refused
    assert before.stop() == 0, before.log()
    assert client.expect_closed()[0].reason == 0x8B
    after = Emulated(tmp_path, board, authority, port=before.port)
    after.client("c").ping()
    assert after.stop() == 0, after.log()


def test_signals(emulated):
    """Their numbers differ between processors."""
    emulated.signal(signal.SIGUSR2)
    emulated.wait_for_log("sessions")
    emulated.signal(signal.SIGHUP)
    emulated.wait_for_log("reload")
    emulated.client("c").ping()


# MARK: The same answers everywhere

def answers(port, version, raw, number):
    """What comes until the answer to a PINGREQ or the end, without the limits in a CONNACK."""
    client = RawClient(port, version)
    if raw[0] >> 4 != CONNECT:
        client.connect(f"v{number}")
    client.send(raw, packets.pingreq())
    client.socket.shutdown(socket.SHUT_WR)
    got = bytes(client.inbox)
    try:
        while chunk := client.socket.recv(1 << 16):
            got += chunk
    except ConnectionResetError:
        pass
    client.close()
    if got[:1] == bytes([CONNACK << 4]):
        header, length = packets.header_of(got)
        got = got[header:header + 2] + got[header + length:]
    return got.hex()


def transcript(port):
    return {f"{number} {raw.hex()}": answers(port, version, raw, number)
            for number, (version, _, raw) in enumerate(one.values for one in vectors(FOLDER))
            if b"$SYS" not in raw}  # whose values tell of each broker alone


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """What the program of this machine answers."""
    broker = Broker(tmp_path_factory.mktemp("here"))
    yield transcript(broker.port)
    assert broker.stop() == 0, broker.log()


def test_every_vector_is_answered_as_here(emulated, expected):
    assert len(expected) > 500
    got = transcript(emulated.port)
    different = {raw: (expected[raw], got[raw]) for raw in expected if got[raw] != expected[raw]}
    assert not different, different
