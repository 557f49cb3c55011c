"""The program of board `tiny`: eight clients, and every small limit answered as it should be."""

import os
import subprocess
import time
from pathlib import Path

import packets
import pytest
from broker import IS_SWIFTLET, ROOT, Broker
from packets import SUBACK, V5, V31, V311
from raw_client import RawClient

PROGRAM = os.environ.get("SWIFTLET_TINY", str(ROOT / ".build/bin/tiny/swiftlet"))
pytestmark = pytest.mark.skipif(
    not IS_SWIFTLET or not Path(PROGRAM).exists(), reason="board tiny is not built")


@pytest.fixture
def tiny(tmp_path):
    broker = Broker(tmp_path, path=PROGRAM)
    yield broker
    assert broker.stop() == 0, broker.log()


def client(broker, name, version=V5, source=None, **settings):
    made = RawClient(broker.port, version, source=source)
    made.connect(name, **settings)
    return made


@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("version", [V31, V311, V5])
def test_messages_both_ways(tiny, version, qos):
    subscriber, publisher = client(tiny, "s", version), client(tiny, "p", version)
    subscriber.subscribe(("room/+", qos))
    for number in range(50):
        publisher.publish("room/lamp", f"{number}", qos)
        subscriber.take_publish(topic="room/lamp", payload=f"{number}", qos=qos)


def test_a_payload_of_4_kib(tiny):
    subscriber, publisher = client(tiny, "s"), client(tiny, "p")
    subscriber.subscribe(("t", 1))
    for qos in (0, 1):
        publisher.publish("t", b"x" * 4096, qos)
        subscriber.take_publish(topic="t", payload=b"x" * 4096, qos=qos)


def test_every_client_may_send_4_kib_at_once(tiny):
    """Each is answered; the store holds as many as leave room for others, and who misses one is named."""
    clients = [client(tiny, f"c{number}") for number in range(8)]
    for number, one in enumerate(clients):
        one.subscribe((f"t/{number}", 1))
    for number, one in enumerate(clients):
        one.send(packets.publish(f"t/{number}", b"y" * 4000, 1, packet_id=1, version=V5))
    for one in clients:
        assert one.expect_answer(packets.PUBACK, 1).reason == 0
    got = [[packet.payload for packet in one.drain()] for one in clients]
    assert all(payloads in ([], [b"y" * 4000]) for payloads in got)
    missing = [number for number, payloads in enumerate(got) if not payloads]
    assert len(missing) <= 4
    tiny.wait_for_log(*(f"Outgoing message for c{number} dropped" for number in missing))
    assert tiny.log().count(" dropped") == len(missing)


@pytest.mark.parametrize("pieces", [1, 3, 8])
def test_who_does_not_complete_a_packet_keeps_nobody_waiting(tiny, pieces):
    """Messages of the largest size go on beside those who hold all blocks, and nobody is closed for that."""
    half = packets.publish("half", b"h" * 4000, version=V5)[:-1]
    hostile = [client(tiny, f"h{number}") for number in range(6)]
    for one in hostile:
        one.send(half)
    subscriber, publisher = client(tiny, "s"), client(tiny, "p")
    subscriber.subscribe(("t", 1))
    for number in range(1, 21):
        payload = bytes([number]) * 4000
        raw = packets.publish("t", payload, 1, packet_id=number, version=V5)
        step = -(-len(raw) // pieces)
        for start in range(0, len(raw), step):
            publisher.send(raw[start:start + step])
            time.sleep(0.01 if pieces > 1 else 0)
        assert publisher.expect_answer(packets.PUBACK, number).reason == 0
        subscriber.take_publish(topic="t", payload=payload, qos=1)
    assert "not complete" not in tiny.log()
    for one in hostile:
        one.close()
    publisher.ping()


def test_the_ninth_client_is_refused(tiny):
    connected = [client(tiny, f"c{number}") for number in range(8)]
    refused = RawClient(tiny.port, V5)
    refused.send(packets.connect(V5, "late"))
    assert refused.receive().reason == 0x97
    refused = RawClient(tiny.port, V311)
    refused.send(packets.connect(V311, "later"))
    assert refused.receive().reason == 3
    for one in connected:
        one.ping()


def subscribed(one, topics):
    """The topics of those that were granted."""
    one.send(packets.subscribe(7, [(topic, 0) for topic in topics], V5))
    reasons = one.expect(SUBACK).reasons
    assert set(reasons) <= {0, 0x97}
    return [topic for topic, reason in zip(topics, reasons) if reason == 0]


def test_the_33rd_subscription_is_refused(tiny):
    """One may have half of them, and all together have each."""
    clients = [client(tiny, f"c{number}") for number in range(8)]
    granted = [subscribed(one, [f"{number}/{count}" for count in range(33)]) for number, one in enumerate(clients)]
    assert granted[0] == [f"0/{count}" for count in range(16)]
    assert min(map(len, granted)) >= 2 and sum(map(len, granted)) == 32
    assert subscribed(clients[7], ["late"]) == []
    for one, topics in zip(clients, granted):
        clients[0].publish(topics[-1], b"x", 1)
        one.take_publish(topic=topics[-1])


def retained(publisher, topics):
    """The topics of those messages that were kept."""
    for number, topic in enumerate(topics):
        publisher.send(packets.publish(topic, b"x", 1, packet_id=number + 1, retain=True, version=V5))
    reasons = [publisher.expect(packets.PUBACK).reason for _ in topics]
    assert set(reasons) <= {0x10, 0x97}
    return [topic for topic, reason in zip(topics, reasons) if reason == 0x10]


def test_the_17th_retained_message_is_refused(tiny):
    """One address may have half of them, and all together have each."""
    publishers = [client(tiny, f"p{number}", source=f"127.0.0.{number + 1}") for number in range(6)]
    kept = [retained(one, [f"r{number}/{count}" for count in range(17)]) for number, one in enumerate(publishers)]
    assert kept[0] == [f"r0/{count}" for count in range(8)]
    assert sum(map(len, kept)) == 16 and all(kept[:3])
    assert retained(publishers[5], ["late"]) == []
    reader = client(tiny, "reader")
    reader.subscribe("+/+")
    assert sorted(packet.topic for packet in reader.drain()) == sorted(sum(kept, []))


def test_a_topic_of_128_bytes_and_no_more(tiny):
    publisher = client(tiny, "p")
    publisher.publish("t" * 128, b"x", 1)
    publisher.send(packets.publish("t" * 129, b"x", 1, packet_id=9, version=V5))
    publisher.expect_refused(0x90)


def test_real_clients(tiny):
    command = ["mosquitto_sub", "-p", str(tiny.port), "-t", "#", "-C", "1", "-W", "10", "-q", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as subscriber:
        while subscriber.poll() is None:
            subprocess.run(
                ["mosquitto_pub", "-p", str(tiny.port), "-t", "a", "-m", "b", "-q", "1"], check=True)
            try:
                subscriber.wait(0.2)
            except subprocess.TimeoutExpired:
                pass
        assert subscriber.stdout.read() == b"b\n" and subscriber.returncode == 0
