"""TLS in numbers: a thousand handshakes, more at once than may be, more connections than there are."""

import contextlib
import resource
import socket
import ssl
import subprocess
import threading
import time

import packets
import pytest
import tls
from authority import Authority
from broker import Broker, free_port, let_in, program
from raw_client import PATIENCE, RawClient
from tls import TLSClient, context

pytestmark = pytest.mark.swiftlet_only("the words of the log, and memory, are Swiftlet's")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority")
    let_in(folder)
    return Authority(folder)


@pytest.fixture(scope="module", autouse=True)
def descriptors():
    """Enough of them for a thousand clients in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
def broker(tmp_path_factory, authority):
    plain = free_port()
    settings = (f"{authority.server().settings}connect_timeout 8\nsys_interval 1\n"
                f"listener {plain} 127.0.0.1\n")
    broker = Broker(tmp_path_factory.mktemp("broker"), settings)
    broker.plain_port = plain
    broker.base = tls.memory(broker)
    yield broker
    assert broker.stop() == 0, broker.log()


@pytest.fixture
def witness(broker):
    """A plain Client that must notice nothing: it is answered within a second, always."""
    client = RawClient(broker.plain_port, packets.V311)
    client.connect("witness")
    slowest, going = [0.0], threading.Event()

    def ping():
        while not going.is_set():
            began = time.monotonic()
            client.ping()
            slowest[0] = max(slowest[0], time.monotonic() - began)
            time.sleep(0.005)

    thread = threading.Thread(target=ping)
    thread.start()
    yield client
    going.set()
    thread.join()
    client.close()
    assert slowest[0] < 1, slowest


@pytest.fixture(autouse=True)
def still_serves(broker):
    """Nothing is left of a test, and plain Clients are served."""
    yield
    client = RawClient(broker.plain_port, packets.V311)
    client.connect("still")
    client.close()
    tls.wait_for_memory(broker, broker.base)


def resident(broker):
    with open(f"/proc/{broker.process.pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Rss:"))


def test_the_plan_shows_it():
    plan = subprocess.run([program(), "--plan"], capture_output=True, text=True, check=True).stdout
    names = {line.split("  ")[0] for line in plan.splitlines()}
    assert {"TLS buffers", "TLS heap", "TLS sessions"} <= names, plan


def test_it_is_in_the_system_topics(broker):
    client = RawClient(broker.plain_port, packets.V311)
    client.connect("reader")
    client.subscribe("$SYS/broker/limits/TLS connections/#")
    got = {}
    while len(got) < 4:
        packet = client.receive()
        got[packet.topic.rpartition("/")[2]] = int(packet.payload)
    assert got["capacity"] == 1000 and got["used"] == 0
    joined = TLSClient(broker.port, context(), packets.V311)
    joined.connect("joined")
    deadline = time.monotonic() + PATIENCE
    while got["used"] != 1:
        packet = client.receive()
        got[packet.topic.rpartition("/")[2]] = int(packet.payload)
        assert time.monotonic() < deadline
    joined.close()
    client.close()


def test_a_thousand_handshakes_leave_nothing(broker, authority, witness):
    made = context(authority)
    sizes = []
    for number in range(1000):
        client = TLSClient(broker.port, made, packets.V311)
        if number % 3 == 0:
            client.connect(f"k{number}")
        if number % 2 == 0:
            client.socket.unwrap()
        client.close()
        if number in (200, 999):
            tls.wait_for_memory(broker, broker.base)
            sizes.append(resident(broker))
    # What is resident was so after the first ones: pages that are given back are not.
    assert sizes[1] <= sizes[0] + 256, sizes
    assert tls.memory(broker)["TLS heap bytes"][3] == 0


def test_more_handshakes_than_may_be_wait_and_succeed(start_broker, authority):
    """Each says hello and waits until all have."""
    broker = start_broker(f"{authority.server().settings}connect_timeout 60\n")
    base = tls.memory(broker)
    count = 500
    assert count > tls.memory(broker)["TLS handshakes"][1]
    # Many addresses: of one the last places would not be had.
    made = context(authority)
    streams = []
    for number in range(count):
        wire = socket.create_connection(
            ("127.0.0.1", broker.port), timeout=PATIENCE, source_address=(f"127.0.1.{number % 64}", 0))
        streams.append(made.wrap_socket(wire, server_hostname="localhost",
                                        do_handshake_on_connect=False))
        streams[-1].setblocking(False)
        with contextlib.suppress(ssl.SSLWantReadError):
            streams[-1].do_handshake()
    deadline = time.monotonic() + PATIENCE
    # Some are answered at once, and have gone on before the rest have come.
    while (told := tls.memory(broker))["TLS connections"][0] + (status := told["TLS handshakes"])[3] < count:
        assert time.monotonic() < deadline, told
    assert status[0] == status[1] == status[2]
    waiting = list(streams)
    deadline = time.monotonic() + PATIENCE
    while waiting:
        assert time.monotonic() < deadline, len(waiting)
        for stream in list(waiting):
            with contextlib.suppress(ssl.SSLWantReadError):
                stream.do_handshake()
                waiting.remove(stream)
        time.sleep(0.001)
    for number, stream in enumerate(streams):
        stream.settimeout(PATIENCE)
        stream.sendall(packets.connect(packets.V311, f"h{number}"))
        assert stream.recv(10) == b"\x20\x02\x00\x00"
    for stream in streams:
        stream.close()
    tls.wait_for_memory(broker, base)


def test_those_who_stall_do_not_lock_others_out(broker, authority, witness):
    """All places for handshakes that an address may have are taken by clients that say hello and no more."""
    hello = tls.hello_bytes()
    stalled = []
    for _ in range(tls.memory(broker)["TLS handshakes"][1] - 64 + 8):
        stalled.append(socket.create_connection(("127.0.0.1", broker.port), timeout=PATIENCE))
        stalled[-1].sendall(hello)
    # Another address has places left, and the same one gets one from those who do not go on.
    for name, source in (("stranger", "127.0.0.2"), ("neighbour", "127.0.0.1")):
        client = TLSClient(broker.port, context(authority), packets.V311, source=source)
        client.connect(name)
        client.close()
    broker.wait_for_log("its handshake did not go on, and others waited for its place")
    for wire in stalled:
        wire.close()
    tls.wait_for_memory(broker, broker.base)


def test_connections_beyond_the_limit_are_refused(broker, authority, witness):
    made = context(authority)
    before = resident(broker)
    limit = tls.memory(broker)["TLS connections"][1]
    clients = []

    def join(source, count):
        for _ in range(count):
            clients.append(TLSClient(broker.port, made, packets.V311, source=source))
            clients[-1].connect(f"m{len(clients)}")

    def must_not_join(source, count, words):
        deadline = time.monotonic() + PATIENCE
        while count > 0 or words not in broker.log():  # ten lines a second
            with pytest.raises((ssl.SSLError, ConnectionResetError)):
                TLSClient(broker.port, made, source=source)
            count -= 1
            assert time.monotonic() < deadline, broker.log()[-1000:]

    # The last 64 are for addresses that have hardly any: eight for each.
    join("127.0.0.1", limit - 64)
    must_not_join("127.0.0.1", 10, "its address has its share of tlsConnections")
    for number in range(8):
        join(f"127.0.1.{number}", 8)
    must_not_join("127.0.2.1", 10, "as many connections with TLS as tlsConnections allows")
    status = tls.memory(broker)
    assert status["TLS connections"][0] == limit and status["TLS connections"][3] >= 20
    per_connection = (status["TLS heap bytes"][0] - broker.base["TLS heap bytes"][0]) / limit
    assert per_connection < 4096, per_connection
    full = resident(broker)
    clients[0].ping()
    clients[-1].publish("t", bytes(100_000), qos=1)
    clients.pop().close()
    tls_client = None
    deadline = time.monotonic() + PATIENCE
    while tls_client is None:  # There is a place again as soon as the broker has seen it go.
        assert time.monotonic() < deadline
        with contextlib.suppress(ssl.SSLError, ConnectionResetError):
            tls_client = TLSClient(broker.port, made, packets.V311, source="127.0.2.1")
    tls_client.connect("late")
    tls_client.close()
    for client in clients:
        client.close()
    tls.wait_for_memory(broker, broker.base)
    # The pages of the buffers go back to the system: most of what was taken.
    assert resident(broker) - before < (full - before) / 2, (before, full, resident(broker))
