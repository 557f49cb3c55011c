"""The real program under stress: in each test one load, and a witness whom it may not disturb.

Afterwards nothing of any pool is in use.
"""

import itertools
import os
import random
import resource
import selectors
import shutil
import signal
import socket
import subprocess
import threading
import time

import packets
import pytest
from broker import Broker
from packets import CONNACK, PUBACK, PUBLISH, V5, V311, Will
from raw_client import PATIENCE, Closed, Nothing, RawClient
from usage import PAGE, pools, processor_time, resident_pages, wait_until_unused

pytestmark = pytest.mark.swiftlet_only("pools and their figures are Swiftlet's")

IDLE = 10_000
LARGEST = 2_000_000
ACCEPTED = b"\x20\x02\0\0"
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """With as many descriptors as the system allows; this process, which is all Clients, too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    broker = Broker(tmp_path_factory.mktemp("broker"), "persistent_client_expiration 1s\nconnect_timeout 60\n"
                    + ("user root\n" if os.getuid() == 0 else ""))  # whose limits we may set
    yield broker
    assert broker.stop() == 0, broker.log()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(autouse=True)
def nothing_is_left(broker):
    """It asks for no Client, so that it looks when all have been closed."""
    yield
    wait_until_unused(broker)


@pytest.fixture
def witness(broker):
    """Another Client, whose messages go round within a second, always; the number of them."""
    client = RawClient(broker.port, V311)
    client.connect("witness")
    client.subscribe(("witness", 1))
    slowest, rounds, going = [0.0], [0], threading.Event()

    def go_round():
        while not going.wait(0.005):
            began = time.monotonic()
            client.send(packets.publish("witness", str(rounds[0]), 1, 1 + rounds[0] % 1000))
            got = [client.receive(), client.receive()]
            assert {packet.kind for packet in got} == {PUBACK, PUBLISH}, got
            came = next(packet for packet in got if packet.kind == PUBLISH)
            assert came.payload == str(rounds[0]).encode()
            client.send(packets.puback(came.packet_id))
            slowest[0] = max(slowest[0], time.monotonic() - began)
            rounds[0] += 1

    thread = threading.Thread(target=go_round)
    thread.start()
    yield rounds
    deadline = time.monotonic() + PATIENCE
    while rounds[0] < 10 and time.monotonic() < deadline:
        time.sleep(0.01)
    going.set()
    thread.join()
    client.close()
    assert rounds[0] >= 10 and slowest[0] < 1, (rounds, slowest)


def open_many(port, count, answered, at_once=200, **settings):
    """So many Network Connections with CONNECT sent; of those that `answered` wants, CONNACK has come."""
    opened = []
    for first in range(0, count, at_once):
        batch = []
        for number in range(first, min(count, first + at_once)):
            batch.append(socket.socket())
            batch[-1].connect(("127.0.0.1", port))
            batch[-1].sendall(packets.connect(V311, f"m{number}", keep_alive=0, **settings))
        with selectors.DefaultSelector() as waiting:
            for number, one in enumerate(batch):
                if answered(number):
                    waiting.register(one, selectors.EVENT_READ)
            deadline = time.monotonic() + PATIENCE
            while waiting.get_map():
                assert time.monotonic() < deadline, f"{len(waiting.get_map())} have no answer"
                for key, _ in waiting.select(0.1):
                    assert key.fileobj.recv(16) == ACCEPTED
                    waiting.unregister(key.fileobj)
        opened += batch
    return opened


def reset(opened):
    for one in opened:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        one.close()


def test_ten_thousand_idle_connections(broker, client):
    """They are there, cost what they should, and take no time at all."""
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < IDLE + 200:
        pytest.skip(f"the system allows no {IDLE} descriptors")
    before = resident_pages(broker)
    opened = open_many(broker.port, IDLE, lambda number: True)
    assert pools(broker)["connections"][0] == IDLE
    each = (resident_pages(broker) - before) * PAGE / IDLE
    assert each < 1024, f"{each} bytes for an idle connection"
    began = processor_time(broker)
    time.sleep(1)
    assert processor_time(broker) - began <= 5, "it does something with connections that do nothing"
    sender = client(V311, "one more")
    opened[7].sendall(packets.subscribe(1, [("t", 0)]))
    assert opened[7].recv(16) == b"\x90\x03\0\1\0"
    sender.publish("t", b"x", 1)
    assert opened[7].recv(16) == packets.publish("t", b"x")
    reset(opened)


def test_thousands_of_connects_a_second(broker, witness):
    """Each with a Will; every other one is gone before it has its answer."""
    for _ in range(10):
        reset(open_many(broker.port, 400, lambda number: number % 2 == 0, will=Will("gone", b"x" * 100, 1)))
    # Those behind the last that was reset wait for nobody.
    reset(open_many(broker.port, 1, lambda number: True))


def test_connections_that_end_before_they_begin(broker, witness):
    for _ in range(3000):
        socket.create_connection(("127.0.0.1", broker.port)).close()


@pytest.mark.skipif(not shutil.which("mosquitto_sub"), reason="mosquitto_sub is missing")
@pytest.mark.parametrize("qos", [1, 2])
def test_a_stopped_subscriber_gets_all_when_it_goes_on(broker, client, witness, name, qos):
    """kill -STOP, and -CONT: others are served meanwhile, nothing is lost, doubled or out of order."""
    count = 900
    process = subprocess.Popen(
        ["mosquitto_sub", "-p", str(broker.port), "-i", name, "-V", "5", "-q", str(qos), "-t", name,
         "-C", str(count + 1), "-W", "20"], stdout=subprocess.PIPE, text=True)
    publisher = client(V5)
    while publisher.publish(name, b"subscribed", 1).reason == 0x10:
        time.sleep(0.01)
    process.send_signal(signal.SIGSTOP)
    hearing = client(V5)
    hearing.subscribe((name, 0))
    for number in range(count):
        publisher.publish(name, f"{number} ".encode() + b"x" * 3000, 1)
        hearing.expect_publish(name)
    process.send_signal(signal.SIGCONT)
    got = process.communicate(timeout=PATIENCE)[0].splitlines()
    assert [line.split()[0] for line in got] == ["subscribed", *map(str, range(count))]
    assert process.returncode == 0


def test_a_stopped_client_is_missed_and_finds_itself_gone(broker, client, name):
    """kill -STOP of one that keeps alive: its Will is sent; when it goes on it is told."""
    heir = client(V5)
    heir.subscribe(name)
    child = os.fork()
    if child == 0:
        os._exit(keep_alive_until_told(broker.port, name))
    heir.expect_publish(name, b"here")
    os.kill(child, signal.SIGSTOP)
    heir.expect_publish(name, b"gone")
    os.kill(child, signal.SIGCONT)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 141


def keep_alive_until_told(port, name):
    """The reason of the DISCONNECT that the broker sends in the end."""
    try:
        one = RawClient(port, V5)
        one.connect(name, keep_alive=1, will=Will(name, b"gone"))
        one.send(packets.publish(name, b"here", version=V5))
        while True:
            time.sleep(0.2)
            one.send(packets.pingreq())
            got = one.receive()
            if got.kind == packets.DISCONNECT:
                return got.reason
    except BaseException:
        return 1


def test_a_byte_a_second_during_a_flood(broker, open_client, client, witness, name):
    """The one that reads so slowly holds what one connection may, and what it gets is whole and in order."""
    slow = open_client(V311)
    slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.connect(name)
    slow.subscribe((name, 0))
    hearing, publisher = client(V5), client(V5)
    hearing.subscribe((name, 0))
    got, ends = b"", time.monotonic() + 3
    for number in itertools.count():
        if time.monotonic() > ends and len(got) >= 3:
            break
        publisher.publish(name, b"%08d" % number + bytes(3000))
        assert hearing.expect_publish(name).payload[:8] == b"%08d" % number
        if time.monotonic() > ends - 3 + len(got):
            got += slow.socket.recv(1)
    held = pools(broker)
    assert held["send blocks"][0] * 4096 <= 1_048_576 + 2 * 4096, held["send blocks"]
    assert held["messages"][0] <= 1000 + 20, held["messages"]
    slow.inbox[:0] = got
    slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    seen = [int(packet.payload[:8]) for packet in slow.drain() if packet.kind == PUBLISH]
    assert len(seen) > 100 and seen == sorted(set(seen)) and seen[0] == 0


def test_descriptors_used_up_while_it_runs(broker, witness):
    """Nobody comes in, nothing spins; when there are descriptors again all who waited are served."""
    process = broker.process.pid
    soft, hard = resource.prlimit(process, resource.RLIMIT_NOFILE)
    time.sleep(0.2)
    used = len(os.listdir(f"/proc/{process}/fd"))
    resource.prlimit(process, resource.RLIMIT_NOFILE, (used, hard))
    try:
        waiting = [RawClient(broker.port, V311) for _ in range(50)]
        for number, one in enumerate(waiting):
            one.send(packets.connect(V311, f"late{number}"))
        rounds, began = witness[0], processor_time(broker)
        time.sleep(1)
        assert processor_time(broker) - began < 40, "it spins"
        assert witness[0] > rounds
        with pytest.raises(Nothing):
            waiting[0].receive(0)
    finally:
        resource.prlimit(process, resource.RLIMIT_NOFILE, (soft, hard))
    for one in waiting:
        one.expect(CONNACK, reason=0)
        one.disconnect()


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_payloads_at_the_limit_from_many_at_once(broker, client, witness, name, qos):
    """Each packet is as large as may be, and they arrive piece by piece in turns."""
    subscriber = client(V311)
    subscriber.subscribe((f"{name}/#", qos))
    senders = [client(V311) for _ in range(6)]
    raw = []
    for number in range(len(senders)):
        head = len(packets.publish(f"{name}/{number}", b"", qos, 1 if qos else None)) + 2
        raw.append(packets.publish(f"{name}/{number}", bytes([number]) * (LARGEST - head), qos,
                                   1 if qos else None))
        assert len(raw[-1]) == LARGEST
    for start in range(0, LARGEST, 250_000):
        for number, sender in enumerate(senders):
            sender.send(raw[number][start:start + 250_000])
    for number, sender in enumerate(senders):
        if qos:
            assert sender.expect(packets.PUBREC if qos == 2 else PUBACK, packet_id=1).reason == 0
        if qos == 2:
            sender.send(packets.pubrel(1))
            sender.expect(packets.PUBCOMP, packet_id=1)
    came = {}
    for _ in senders:
        got = subscriber.receive()
        subscriber.acknowledge(got)
        came[got.topic] = got.payload
    assert came == {f"{name}/{number}": bytes([number]) * (LARGEST - head) for number in range(len(senders))}


def test_one_identifier_fought_for_while_subscriptions_come_and_go(broker, client, witness, name):
    """CVE-2025-59946, CVE-2026-22040, nanomq#2114 to #2119: connections that throw each other out, all
    subscribing, unsubscribing and publishing."""
    deadline = time.monotonic() + 3
    errors = []

    def fight(seed):
        chance = random.Random(seed)
        while time.monotonic() < deadline:
            one = RawClient(broker.port, chance.choice(packets.VERSIONS))
            topics = [f"{name}/{chance.randrange(4)}" for _ in range(3)]
            raw = [packets.connect(one.version, f"{name}{chance.randrange(2)}", clean=chance.random() < 0.5,
                                   will=Will(topics[0], b"gone", chance.randrange(3)))]
            for number in range(1, chance.randrange(2, 30)):
                raw.append(chance.choice([
                    packets.subscribe(number, [(chance.choice([*topics, f"{name}/#", f"$share/g/{name}/+"]),
                                                chance.randrange(3))], one.version),
                    packets.unsubscribe(number, [chance.choice([*topics, f"{name}/#"])], one.version),
                    packets.publish(chance.choice(topics), b"x" * 50, 1, number, version=one.version)]))
            one.send(*raw)
            try:
                one.receive(chance.choice([0.001, 0.01]))
            except (Closed, Nothing):
                pass
            except Exception as error:
                errors.append(error)
            chance.choice([one.close, one.reset])()

    threads = [threading.Thread(target=fight, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors[0]
    # Sessions that were left behind end here; each identifier serves who has it last.
    for number in range(2):
        client(V5, f"{name}{number}", clean=True).ping()
