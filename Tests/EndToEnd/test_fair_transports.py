"""What one peer does below MQTT, in TCP, TLS and WebSocket, costs the others nothing."""

import contextlib
import ctypes
import functools
import os
import resource
import secrets
import signal
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import der
import packets
import pytest
import tls
from authority import Authority, make_key, pem_of_key
from broker import ROOT, Broker, free_port, let_in
from cryptography.hazmat.primitives import serialization
from packets import V311
from raw_client import PATIENCE, RawClient
from tls import TLSClient
from usage import pools, processor_time
from websocket_client import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, FrameReader, frame,
                              open_socket, open_websocket, read_answer, request)

pytestmark = pytest.mark.swiftlet_only("the words of the log, and limits, are Swiftlet's")


# Sockets.

PIDFD_GETFD = 438


def other_end(broker, client):
    """The broker's own descriptor of a connection, borrowed from it."""
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(broker.process.pid)
    try:
        for number in map(int, os.listdir(f"/proc/{broker.process.pid}/fd")):
            descriptor = libc.syscall(PIDFD_GETFD, process, number, 0)
            if descriptor < 0:
                if ctypes.get_errno() in (1, 38):  # EPERM, ENOSYS
                    pytest.skip("the system lends no descriptors")
                continue
            if is_other_end(descriptor, client):
                return socket.socket(fileno=descriptor)
            os.close(descriptor)
    finally:
        os.close(process)
    raise AssertionError("the broker has no such connection")


def is_other_end(descriptor, client):
    try:
        with socket.socket(fileno=os.dup(descriptor)) as one:
            if client.socket.family == socket.AF_UNIX:
                return one.getsockopt(socket.SOL_SOCKET, 17, 12)[:4] == os.getpid().to_bytes(4, "little")
            return one.getpeername() == client.socket.getsockname()
    except OSError:
        return False


def options_of(one):
    """SO_KEEPALIVE, what TCP_KEEP… say, TCP_USER_TIMEOUT and TCP_NODELAY."""
    tcp = [one.getsockopt(socket.IPPROTO_TCP, option) for option in (
        socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT,
        socket.TCP_NODELAY)]
    return [one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), *tcp]


def test_dead_peers_are_found_out(start_broker):
    """Each connection inherits it of its listener; a reload is for those that come then."""
    broker = start_broker("user root\n" if os.getuid() == 0 else "")
    first = RawClient(broker.port, V311)
    first.connect("first")
    with other_end(broker, first) as one:
        assert options_of(one) == [1, 120, 30, 4, 240_000, 1]
    text = broker.configuration_path.read_text()
    broker.configuration_path.write_text(text + "set_tcp_nodelay false\n")
    broker.signal(signal.SIGHUP)
    broker.wait_for_log("Reloading")
    # A connection is as its listener was when the kernel took it: this answer comes behind the reload.
    first.ping()
    second = RawClient(broker.port, V311)
    second.connect("second")
    with other_end(broker, second) as one:
        assert options_of(one) == [1, 120, 30, 4, 240_000, 0]
    with other_end(broker, first) as one:
        assert options_of(one)[5] == 1
    first.close()
    second.close()


def test_sockets_of_the_file_system_have_none_of_it(start_broker, tmp_path):
    path = tmp_path / "socket"
    broker = start_broker(f"listener 0 {path}\nsocket_mode 666\n"
                          + ("user root\n" if os.getuid() == 0 else ""))
    client = RawClient(broker.port, V311)
    client.socket.close()
    client.socket = socket.socket(socket.AF_UNIX)
    client.socket.connect(str(path))
    client.connect("local")
    with other_end(broker, client) as one:
        assert one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
    client.ping()
    client.close()


# TLS.

HELLO = tls.hello_bytes()
WARNING = b"\x15\x03\x03\x00\x02\x01\x5a"  # user_canceled, which means nothing on its own


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority")
    let_in(folder)
    return Authority(folder)


@pytest.fixture(scope="module")
def broker(tmp_path_factory, authority):
    """A plain listener, one with TLS, and one that wants certificates too."""
    secure, strict = free_port(), free_port()
    server = authority.server().settings
    broker = Broker(tmp_path_factory.mktemp("broker"), (
        f"connect_timeout 60\nlistener {secure} 127.0.0.1\n{server}"
        f"listener {strict} 127.0.0.1\n{server}cafile {authority.cafile}\nrequire_certificate true\n"))
    broker.wait_for_log("running")  # all its ports are open
    broker.secure, broker.strict = secure, strict
    broker.base = tls.memory(broker)
    yield broker
    assert broker.stop() == 0, broker.log()


class Load:
    """What somebody does over and over in a thread, until he is closed or it is enough."""

    def __init__(self, act):
        self.is_over, self.rounds = threading.Event(), 0
        self.thread = threading.Thread(target=self.run, args=(act,))
        self.thread.start()

    def run(self, act):
        try:
            while not self.is_over.is_set():
                act()
                self.rounds += 1
        except OSError:
            pass
        self.is_over.set()

    def stop(self):
        self.is_over.set()
        self.thread.join()


def make_rounds(broker, count=100):
    """A witness on the plain listener: so many round trips while a load goes on."""
    witness = RawClient(broker.port, V311)
    witness.connect("witness")
    for _ in range(count):
        witness.ping()
    witness.close()


def test_warnings_without_end_during_a_handshake(broker):
    wire = socket.create_connection(("127.0.0.1", broker.secure), timeout=PATIENCE)
    wire.sendall(HELLO)
    assert wire.recv(1) == b"\x16"
    load = Load(lambda: wire.sendall(WARNING * 1000))
    make_rounds(broker)
    assert load.is_over.wait(PATIENCE), "it is not closed"
    load.stop()
    broker.wait_for_log("it sends warnings, or records of a handshake, without end")
    wire.close()


def test_a_few_warnings_are_borne(broker, authority):
    """A handshake that goes on is not taken for a flood."""
    stream = tls.context(authority).wrap_bio(
        incoming := ssl.MemoryBIO(), outgoing := ssl.MemoryBIO(), server_hostname="localhost")
    wire = socket.create_connection(("127.0.0.1", broker.secure), timeout=PATIENCE)
    is_first = True
    while True:
        with contextlib.suppress(ssl.SSLWantReadError):
            stream.do_handshake()
            break
        wire.sendall(outgoing.read() + (WARNING * 5 if is_first else b""))
        is_first = False
        incoming.write(wire.recv(1 << 16))
    wire.sendall(outgoing.read())
    stream.write(packets.connect(V311, "borne"))
    wire.sendall(outgoing.read())
    got = b""
    while not got:
        incoming.write(wire.recv(1 << 16))
        with contextlib.suppress(ssl.SSLWantReadError):
            got = stream.read(100)
    assert got[:1] == b"\x20"
    wire.close()


@pytest.fixture(scope="module")
def intruder(tmp_path_factory):
    """A client that says what no other can be made to say: `intruder(port, how)` starts it."""
    path = tmp_path_factory.mktemp("intruder") / "tls_intruder"
    built = subprocess.run(
        [f"{os.environ['TOOLS']}/clang", "-O1", "-fuse-ld=lld", ROOT / "Tests/EndToEnd/tls_intruder.c",
         "-o", path, "-lmbedtls", "-lmbedx509", "-lmbedcrypto"], stderr=subprocess.PIPE, text=True)
    if "ssl_internal.h" in built.stderr:
        pytest.skip("it is written for mbedTLS 2.28")
    assert built.returncode == 0, built.stderr
    return lambda port, how, *pair: subprocess.Popen([path, str(port), how, *pair],
                                                     stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("how, most, words", [
    ("warnings", 2, "it sends warnings, or records of a handshake, without end"),
    ("between", 2, "it sends warnings, or records of a handshake, without end"),
    ("hellos", 2, "it wants another handshake"),
    ("finished", 5, "it wants another handshake"),
])
def test_what_comes_encrypted_ends_it_too(broker, authority, intruder, how, most, words):
    """Warnings, or hellos of which a record holds thousands, each of which was answered once."""
    start = len(broker.log())
    process = intruder(broker.strict, how, *authority.issue("sensor").pair)
    make_rounds(broker)
    said = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 0 and int(said.split()[0]) <= most, said
    deadline = time.monotonic() + PATIENCE
    while words not in broker.log()[start:]:
        assert time.monotonic() < deadline, broker.log()[start:]
        time.sleep(0.01)


def chain(folder, leaf_key, bits, exponent, count):
    """Files of a chain that no authority has signed, whose issuers have RSA keys, and of its key."""
    modulus = secrets.randbits(bits) | 1 | 1 << bits - 1
    signature = secrets.randbelow(modulus).to_bytes(bits // 8, "big")
    spki = leaf_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    issuer = der.rsa_key(modulus, exponent or modulus - 2)
    certificates = [der.certificate("leaf", "issuer", spki, signature, False)]
    certificates += [der.certificate("issuer", "issuer", issuer, signature, True)
                     for _ in range(count - 1)]
    (folder / "chain.crt").write_bytes(b"".join(certificates))
    (folder / "leaf.crt").write_bytes(certificates[0])
    (folder / "leaf.key").write_bytes(pem_of_key(leaf_key))
    (folder / "issuers.crt").write_bytes(b"".join(certificates[1:]))
    return ["-cert", folder / "leaf.crt", "-key", folder / "leaf.key",
            "-cert_chain", folder / "issuers.crt"]


@pytest.mark.parametrize("bits, exponent, count, words", [
    (8192, None, 4, "its certificates take too long to verify"),
    (4096, (1 << 40) + 15, 2, "its certificates take too long to verify"),
    (2048, 65_537, 5, "its certificates take too long to verify"),
    (4096, 65_537, 4, "its certificate has expired"),
], ids=["exponents as long as their keys", "an exponent beyond 32 bits", "five", "four that are borne"])
def test_certificates_that_take_long_to_verify(broker, tmp_path, bits, exponent, count, words):
    """Nobody has signed them: to make them costs nothing, to verify the first took five seconds."""
    shown = chain(tmp_path, make_key(), bits, exponent, count)
    start = len(broker.log())
    client = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{broker.strict}", "-tls1_2", *shown],
        input=b"", capture_output=True, timeout=PATIENCE * 3)
    assert client.returncode == 1, client.stderr
    deadline = time.monotonic() + PATIENCE
    while words not in broker.log()[start:]:
        assert time.monotonic() < deadline, (broker.log()[start:], client.stderr)
        time.sleep(0.01)
    make_rounds(broker)


def test_hellos_of_one_address_keep_nobody_else_out(broker, authority):
    """More handshakes than may go on have begun at one address, and do not go on."""
    made = tls.context(authority)
    half = []
    for _ in range(600):
        half.append(socket.create_connection(
            ("127.0.0.1", broker.secure), timeout=PATIENCE, source_address=("127.0.0.3", 0)))
        half[-1].sendall(HELLO)
    capacity = tls.memory(broker)["TLS handshakes"][1]
    assert capacity < 600
    for number in range(20):
        for source in ("127.0.0.1", "127.0.0.2"):
            client = TLSClient(broker.secure, made, V311, source=source)
            client.connect(f"newcomer{number}")
            client.close()
    status = tls.memory(broker)["TLS handshakes"]
    assert status[0] == capacity - 64 and status[3] > 0, status
    # Of those that wait some break; it is seen, and nothing spins.
    for wire in half[-100:]:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        wire.close()
    time.sleep(0.2)
    began = processor_time(broker)
    time.sleep(1)
    assert processor_time(broker) - began <= 10
    for wire in half:
        wire.close()
    tls.wait_for_memory(broker, broker.base)


# WebSocket.


@pytest.fixture
def web(start_broker):
    """A broker with a plain listener and one for WebSocket: its `web_port`."""
    port = free_port()
    broker = start_broker(f"connect_timeout 60\nlistener {port} 127.0.0.1\nprotocol websockets\n")
    broker.web_port = port
    broker.wait_for_log("running")  # all its ports are open
    return broker


def test_pings_before_connect(web):
    """100,000 from twenty connections: the last of each is answered, and a witness is served meanwhile."""
    opened = [open_websocket(web.web_port) for _ in range(20)]
    loads = [Load(functools.partial(raw.sendall, frame(PING, b"ping", key=b"1234") * 1000))
             for raw, _ in opened]
    make_rounds(web)
    deadline = time.monotonic() + PATIENCE
    while any(load.rounds < 5 for load in loads):
        assert time.monotonic() < deadline and not any(load.is_over.is_set() for load in loads)
        time.sleep(0.01)
    for load in loads:
        load.stop()
    for raw, reader in opened:
        raw.sendall(frame(PING, b"the last"))
        while (got := reader.read()) != (PONG, b"the last"):
            assert got == (PONG, b"ping")
        raw.close()


def test_pings_that_come_together_are_answered_together(web):
    """All of them while they are few, and of many the last."""
    raw, reader = open_websocket(web.web_port)
    raw.sendall(b"".join(frame(PING, b"%d" % number) for number in range(10)))
    assert [reader.read() for _ in range(10)] == [(PONG, b"%d" % number) for number in range(10)]
    raw.sendall(b"".join(frame(PING, b"%d" % number) for number in range(4000)))
    got = [reader.read()]
    while got[-1] != (PONG, b"3999"):
        got.append(reader.read())
    numbers = [int(payload) for opcode, payload in got if opcode == PONG]
    assert len(numbers) == len(got) < 4000 and numbers == sorted(numbers)
    raw.close()


@pytest.mark.parametrize("flood", [
    frame(BINARY, b"", key=b"1234") * 1000,
    frame(BINARY, b"\xc0", final=False, key=b"1234") + frame(CONTINUATION, b"\0", key=b"1234"),
    frame(PONG, b"", key=b"1234") * 1000,
], ids=["empty", "a byte each", "pongs"])
def test_frames_with_hardly_anything_in_them(web, flood):
    raw, reader = open_websocket(web.web_port)
    raw.sendall(frame(BINARY, packets.connect(V311, "flood")))
    assert reader.read()[0] == BINARY
    load = Load(functools.partial(raw.sendall, flood))
    answers = Load(lambda: raw.recv(1 << 16) or answers.is_over.set())
    make_rounds(web)
    assert not load.is_over.is_set() and load.rounds > 0
    load.stop()
    raw.shutdown(socket.SHUT_RDWR)
    answers.stop()
    raw.close()


def test_who_goes_on_behind_a_close_is_not_waited_for(web):
    """It reads nothing, so that the last word cannot leave, and sends without end."""
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.settimeout(PATIENCE)
    wire.connect(("127.0.0.1", web.web_port))
    wire.sendall(request())
    wire.sendall(frame(BINARY, packets.connect(V311, "deaf", keep_alive=0)))
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    ping = frame(PING, bytes(125), key=b"1234")
    deadline = time.monotonic() + PATIENCE
    while pools(web)["WebSocket controls"][0] == 0:  # a pong waits for the network
        assert time.monotonic() < deadline
        for _ in range(2000):
            wire.sendall(ping)
    wire.sendall(frame(TEXT, b"no"))
    load = Load(functools.partial(wire.sendall, bytes(100_000)))
    make_rounds(web)
    assert load.is_over.wait(PATIENCE), "it is waited for"
    load.stop()
    web.wait_for_log("it sent WebSocket text")
    wire.close()


def test_half_requests_of_one_address_keep_nobody_else_out(web):
    """One may have all but the last 64 slots; more of his are told 503 and why is in the log."""
    half = []
    for _ in range(512 - 64):
        half.append(open_socket(web.web_port, source="127.0.0.3"))
        half[-1].sendall(request()[:60])
    wait_until_used(web, "WebSocket handshakes", 512 - 64)
    for _ in range(10):
        with open_socket(web.web_port, source="127.0.0.3") as more:
            more.sendall(request()[:60])
            assert read_answer(more)[0] == 503
    web.wait_for_log("its address has its share of webSocketHandshakes")
    for _ in range(20):
        raw = open_socket(web.web_port, source="127.0.0.2")
        whole = request()
        raw.sendall(whole[:60])
        time.sleep(0.002)
        raw.sendall(whole[60:])
        assert read_answer(raw)[0] == 101
        raw.close()
    for wire in half:
        wire.close()
    wait_until_used(web, "WebSocket handshakes", 0)


def test_half_pings_of_one_address_keep_nobody_else_out(web):
    opened = [open_websocket(web.web_port, source="127.0.0.3") for _ in range(512 - 64)]
    half = frame(PING, b"in parts")
    for raw, _ in opened:
        raw.sendall(half[:-1])
    wait_until_used(web, "WebSocket controls", 512 - 64)
    raw, reader = open_websocket(web.web_port, source="127.0.0.3")
    raw.sendall(half[:-1])
    reader.expect_close(1013)
    raw.close()
    web.wait_for_log("its address has its share of webSocketControls")
    for _ in range(20):
        raw, reader = open_websocket(web.web_port, source="127.0.0.2")
        raw.sendall(half[:-1])
        time.sleep(0.002)
        raw.sendall(half[-1:])
        assert reader.read() == (PONG, b"in parts")
        raw.close()
    for raw, _ in opened:
        raw.close()
    wait_until_used(web, "WebSocket controls", 0)


def wait_until_used(broker, pool, count):
    deadline = time.monotonic() + PATIENCE
    while (used := pools(broker)[pool][0]) != count:
        assert time.monotonic() < deadline, used
        time.sleep(0.01)


def test_a_client_behind_a_proxy_counts_for_its_own_address(start_broker):
    """One client that a proxy speaks for keeps nobody out who comes by the same proxy."""
    port = free_port()
    broker = start_broker(f"connect_timeout 60\nlistener {port} 127.0.0.1\nprotocol websockets\n"
                          "enable_proxy_protocol 1\n")
    broker.wait_for_log("running")

    def open_half(address):
        raw = open_socket(port)
        raw.sendall(b"PROXY TCP6 %s ::1 1000 1883\r\n" % address.encode() + request()[:60])
        return raw

    half = [open_half(f"2001:db8:0:1::{number:x}") for number in range(512 - 64)]
    wait_until_used(broker, "WebSocket handshakes", 512 - 64)
    with open_half("2001:db8:0:1:ffff::1") as more:
        assert read_answer(more)[0] == 503
    broker.wait_for_log("its address has its share of webSocketHandshakes")
    with open_half("2001:db8:0:2::1") as other:
        other.sendall(b"\0")
        assert read_answer(other)[0] == 400
    for raw in half:
        raw.close()
    wait_until_used(broker, "WebSockets", 0)


def test_websockets_of_one_address_are_not_all_there_are(web):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    capacity = pools(web)["WebSockets"][1]
    theirs = Path(f"/proc/{web.process.pid}/limits").read_text().partition("Max open files")[2].split()[0]
    if min(hard, int(theirs)) < capacity + 32:
        pytest.skip(f"the system allows no {capacity} descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    opened = []
    try:
        for number in range(capacity - 64):
            opened.append(open_websocket(web.web_port, source="127.0.0.3")[0])
            opened[-1].sendall(frame(BINARY, packets.connect(V311, f"w{number}")))
        for _ in range(10):
            with open_socket(web.web_port, source="127.0.0.3") as more:
                more.sendall(request())
                assert read_answer(more)[0] == 503
        web.wait_for_log("its address has its share of webSockets")
        raw, _ = open_websocket(web.web_port, source="127.0.0.2")
        raw.close()
    finally:
        for raw in opened:
            raw.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_pong_that_tls_holds_is_not_replaced(start_broker, authority):
    """Its record waits for the network, and a shorter pong comes behind it: once that was the end."""
    port = free_port()
    broker = start_broker(f"connect_timeout 60\nlistener {port} 127.0.0.1\nprotocol websockets\n"
                          f"{authority.server().settings}")
    broker.wait_for_log("running")
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    wire.settimeout(PATIENCE)
    wire.connect(("127.0.0.1", port))
    raw = tls.context(authority).wrap_socket(wire, server_hostname="localhost")
    raw.sendall(request())
    status, _, rest = read_answer(raw)
    assert status == 101
    count = 60_000
    for number in range(0, count, 20):
        raw.sendall(b"".join(frame(PING, (b"%d" % one).ljust(125), key=b"1234")
                             for one in range(number, number + 20)))
    raw.sendall(frame(PING, b""))
    raw.sendall(frame(CLOSE, b"\x03\xe8"))
    reader = FrameReader(raw, rest)
    numbers = []
    while (got := reader.read()) != (CLOSE, b"\x03\xe8"):
        assert got[0] == PONG and len(got[1]) in (0, 125)
        numbers.append(int(got[1] or count))
    assert numbers == sorted(set(numbers)) and len(numbers) > 0
    raw.close()
    assert broker.is_running()
