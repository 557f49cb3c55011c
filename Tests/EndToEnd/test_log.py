"""The lines of the log that tell of clients: whose they are, in Mosquitto's words, and that nobody forges
or hides any.
"""

import itertools
import re
import signal
import socket
import time

import packets
import pytest
import tls
from authority import Authority
from broker import IS_SWIFTLET, free_port
from packets import CONNACK, V5, V311
from raw_client import PATIENCE, RawClient
from websocket_client import open_socket

swiftlet_only = pytest.mark.swiftlet_only("the words of Mosquitto 2.1, not of Debian's 2.0")


def address(client):
    """Where a client is, as lines tell it."""
    raw = client if isinstance(client, socket.socket) else client.socket
    return "{}:{}".format(*raw.getsockname()[:2])


def wait_until(broker, is_so):
    """Until something is so; a socket is closed before its line is written."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, broker.log()
        time.sleep(0.01)


def wait_for_line(broker, line):
    """Until the log has that line, whole, with nothing before it but the time."""
    wait_until(broker, lambda: re.search(rf"^(?:\d+: )?{re.escape(line)}$", broker.log(), re.M))


@pytest.fixture
def verbose(start_broker):
    return start_broker("log_type all")


numbers = itertools.count(1)


@pytest.fixture
def elsewhere():
    """Opens a Network Connection from an address that no other test has: its lines are not counted together
    with theirs.
    """
    opened, source = [], f"127.0.9.{next(numbers)}"

    def open_one(broker, version=V311):
        opened.append(RawClient(broker.port, version, source=source))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


# MARK: Who comes


def test_a_client_is_told_of_with_its_address(verbose, open_client, name):
    client = open_client(V311, verbose)
    client.connect(name, keep_alive=7, username="bob")
    wait_for_line(verbose, f"New connection from {address(client)} on port {verbose.port}.")
    # Mosquitto writes 2 for 3.1.1, as if versions had been counted.
    version = 4 if IS_SWIFTLET else 2
    wait_for_line(verbose, f"New client connected from {address(client)} as {name} (p{version}, c1, k7, u'bob').")


def test_an_address_of_the_sixth_version_stands_before_the_last_colon(start_broker, name):
    port = free_port()
    broker = start_broker(f"listener {port} ::1\nallow_anonymous true\nlog_type all")
    client = RawClient(port, V5, host="::1")
    client.connect(name)
    assert address(client).startswith("::1:")
    wait_for_line(broker, f"New connection from {address(client)} on port {port}.")
    wait_for_line(broker, f"New client connected from {address(client)} as {name} (p5, c1, k60).")
    client.close()


@swiftlet_only
def test_a_socket_of_the_file_system_has_no_address(start_broker, tmp_path, name):
    tmp_path.chmod(0o777)  # the broker opens it as another user
    broker = start_broker(f"log_type all\nlistener 0 {tmp_path}/socket")
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(PATIENCE)
        raw.connect(f"{tmp_path}/socket")
        raw.sendall(packets.connect(V311, name))
        assert packets.decode(raw.recv(100), V311).kind == CONNACK
    wait_for_line(broker, "New connection from local on port 0.")
    wait_for_line(broker, f"New client connected from local as {name} (p4, c1, k60).")
    wait_for_line(broker, f"Client {name} [local] disconnected: connection closed by client.")


@swiftlet_only
@pytest.mark.parametrize("family, who", [("TCP4", "192.0.2.1"), ("TCP6", "2001:db8::1")])
def test_behind_a_proxy_it_is_whom_that_names(start_broker, name, family, who):
    port = free_port()
    broker = start_broker(f"listener {port} 127.0.0.1\nenable_proxy_protocol 1\nallow_anonymous true")
    broker.wait_for_log("running")
    with open_socket(port) as raw:
        raw.sendall(b"PROXY %s %s %s 56324 1883\r\n" % (family.encode(), who.encode(), who.encode()))
        raw.sendall(packets.connect(V311, name))
        assert packets.decode(raw.recv(100), V311).kind == CONNACK
    wait_for_line(broker, f"New client connected from {who}:56324 as {name} (p4, c1, k60).")
    wait_for_line(broker, f"Client {name} [{who}:56324] disconnected: connection closed by client.")


# MARK: Who goes


def leave(client):
    client.disconnect()


def vanish(client):
    client.close()


def break_the_protocol(client):
    client.send(b"\xf3\0")


ENDINGS = {
    "DISCONNECT": (leave, "."),
    "closed": (vanish, ": connection closed by client."),
    "malformed": (break_the_protocol, ": malformed packet or protocol error: reserved flags in the fixed header."),
}


@swiftlet_only
@pytest.mark.parametrize("case", ENDINGS)
def test_how_a_client_has_ended_is_told_with_its_address(broker, elsewhere, name, case):
    end, words = ENDINGS[case]
    made = elsewhere(broker)
    made.connect(name)
    where = address(made)
    end(made)
    wait_for_line(broker, f"Client {name} [{where}] disconnected{words}")


@swiftlet_only
def test_a_session_that_is_taken_over_is_told_with_the_old_address(broker, elsewhere, name):
    old = elsewhere(broker)
    old.connect(name)
    elsewhere(broker).connect(name)
    wait_for_line(broker, f"Client {name} [{address(old)}] disconnected: session taken over.")


@swiftlet_only
@pytest.mark.slow
def test_a_client_that_is_silent_for_too_long(broker, elsewhere, name):
    silent = elsewhere(broker)
    silent.connect(name, keep_alive=1)
    wait_for_line(broker, f"Client {name} [{address(silent)}] disconnected: exceeded timeout.")


# MARK: Who does not come in


@swiftlet_only
@pytest.mark.slow
def test_who_sends_no_connect(start_broker, open_client):
    broker = start_broker("connect_timeout 1")
    silent = open_client(V311, broker)
    wait_for_line(broker, f"Client <unknown> [{address(silent)}] disconnected: exceeded timeout: it sent no CONNECT.")


@swiftlet_only
def test_what_is_no_mqtt(broker, elsewhere):
    stranger = elsewhere(broker)
    stranger.send(b"GET / HTTP/1.1\r\n\r\n")
    stranger.expect_closed()
    wait_for_line(broker, f"Client <unknown> [{address(stranger)}] disconnected: malformed packet or protocol error: "
                          "only its first packet may be a CONNECT.")


@swiftlet_only
def test_who_may_not_come_in_is_told_once_more_than_why(start_broker, open_client, name):
    broker = start_broker("allow_anonymous false\nconnection_messages false")
    stranger = open_client(V5, broker)
    stranger.send(packets.connect(V5, name))
    stranger.expect_closed()
    # Those who watch for them want them without those who only come and go.
    wait_for_line(broker, f"Client {name} [{address(stranger)}] disconnected: not authorised.")
    assert "New client" not in broker.log()


@swiftlet_only
def test_a_refusal_has_its_reason(start_broker, open_client):
    broker = start_broker("allow_zero_length_clientid false")
    nameless = open_client(V5, broker)
    nameless.send(packets.connect(V5, ""))
    nameless.expect_closed()
    wait_for_line(broker, f"Client <unknown> [{address(nameless)}] disconnected: Client Identifier not valid.")


@swiftlet_only
def test_one_more_than_may_be_connected(start_broker, client, open_client, name):
    broker = start_broker("max_connections 1")
    client(V311, f"{name}-a", broker=broker)
    more = open_client(V311, broker)
    more.send(packets.connect(V311, f"{name}-b"))
    more.expect_closed()
    wait_for_line(broker, "Client connection from 127.0.0.1 denied: max_connections exceeded.")


@swiftlet_only
def test_plain_bytes_to_a_port_with_tls(start_broker, tmp_path):
    authority, port = Authority(tmp_path), free_port()
    broker = start_broker(f"listener {port} 127.0.0.1\nallow_anonymous true\n{authority.server().settings}")
    broker.wait_for_log("running")
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as raw:
        raw.sendall(packets.connect(V311, "lost"))
        tls.wait_until_closed(raw)
    wait_for_line(broker, "Client connection from 127.0.0.1 denied: it does not speak TLS.")


# MARK: Names that lie


LIES = {
    "lines of Unicode": ("x\u2028y\u2029z", "x?y?z"),
    "turned round": ("x\u202etxt.exe\u2066y\u2069", "x?txt.exe?y?"),
    "unseen": ("\u200b\u200e\u061c\ufeffx", "????x"),
    "seen": ("häuschen-日本-😀", "häuschen-日本-😀"),
}


@swiftlet_only
@pytest.mark.parametrize("lie", LIES)
def test_a_name_is_only_a_name(broker, elsewhere, lie):
    """What moves the cursor or hides is not written."""
    text, shown = LIES[lie]
    liar = elsewhere(broker, V5)
    liar.send(packets.connect(V5, text, username=text))
    assert liar.expect(CONNACK).reason == 0
    where = address(liar)
    liar.close()
    wait_for_line_with(broker, f"New client connected from {where} as {shown}")
    wait_for_line_with(broker, f"Client {shown}")
    # Every line of the log begins with the time, and has nothing in it that is not seen.
    written = broker.log_path.read_bytes().decode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", written)
    assert all(re.match(r"\d+: ", line) for line in written.split("\n")[:-1])


@swiftlet_only
@pytest.mark.parametrize("text", ["x\n1: Client y", "x\x1b[2Jy", "x\x85y\x9b2Jz", "x\x7f"], ids=ascii)
def test_a_name_with_control_characters_is_refused(broker, elsewhere, text):
    for fields in ({"client_id": text}, {"client_id": "n", "username": text}):
        liar = elsewhere(broker, V5)
        liar.send(packets.connect(V5, **fields))
        liar.expect_unconnected(0x81)
        wait_for_line_with(broker, f"Client <unknown> [{address(liar)}] disconnected: malformed packet or protocol "
                                   "error: text with a control character.")


def wait_for_line_with(broker, text):
    wait_until(broker, lambda: re.search(rf"^\d+: {re.escape(text)}", broker.log(), re.M))


@swiftlet_only
def test_a_long_name_is_not_cut_within_a_character_of_a_block(broker, elsewhere):
    """Names lie in blocks of 32 bytes; é has two, and begins here wherever a block may end."""
    for before in range(24, 33):
        text = "x" * before + "é" * 40
        made = elsewhere(broker, V5)
        made.connect(text)
        wait_for_line(broker, f"New client connected from {address(made)} as {text} (p5, c1, k60).")


# MARK: Who makes many lines


def flood(port, count, source):
    for _ in range(count):
        client = RawClient(port, V311, source=source)
        client.send(b"GET / HTTP/1.1\r\n\r\n")
        client.expect_closed()


@swiftlet_only
def test_a_noisy_address_hides_nobody_else(start_broker, name):
    """300 connections of one address in a row, and between them, ten times, somebody else."""
    broker = start_broker()
    for _ in range(10):
        flood(broker.port, 30, "127.0.0.2")
        other = RawClient(broker.port, V311, source="127.0.0.3")
        # The same kind of line as those of the flood.
        other.send(b"GET / HTTP/1.1\r\n\r\n")
        other.expect_closed()
    wait_until(broker, lambda: told_of(broker, "127.0.0.3") >= 10)
    assert told_of(broker, "127.0.0.3") == 10
    # What was left out is told as soon as a new second has begun, and whose it was.
    deadline = time.monotonic() + PATIENCE
    def told():
        return told_of(broker, "127.0.0.2") + broker.log().count("New connection from 127.0.0.2:")

    # That it has come, and that it is gone.
    while lost(broker) + told() < 600:
        RawClient(broker.port, V311, source="127.0.0.3").close()
        assert time.monotonic() < deadline, broker.log()
        time.sleep(0.1)
    assert lost(broker) + told() == 600


def told_of(broker, who):
    return broker.log().count(f"Client <unknown> [{who}:")


def lost(broker):
    found = re.findall(
        r"^\d+: (\d+) more log lines were left out, (\d+) of them from 127\.0\.0\.2\.$", broker.log(), re.M)
    assert all(all_of_them == of_it for all_of_them, of_it in found)
    return sum(int(count) for count, _ in found)


@swiftlet_only
def test_many_noisy_addresses_leave_a_line_for_the_next(start_broker):
    """Eight addresses make more lines than there may be; each that comes for the first time has one."""
    broker = start_broker()
    for last in range(2, 10):
        flood(broker.port, 60, f"127.0.0.{last}")
    for last in range(2, 10):
        wait_until(broker, lambda who=f"127.0.0.{last}": told_of(broker, who))


@swiftlet_only
def test_lines_that_nobody_wants_are_not_missed(start_broker, open_client):
    """What `log_type` or `connection_messages` silences counts for no limit, and is told as left out never."""
    broker = start_broker("connection_messages false")
    for _ in range(100):
        RawClient(broker.port, V311).close()
    time.sleep(1.1)  # a new second, in which it would be told
    RawClient(broker.port, V311).close()
    broker.signal(signal.SIGUSR1)
    broker.wait_for_log("nothing to save")
    assert "left out" not in broker.log()
