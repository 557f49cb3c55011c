"""The program of board `tiny`: eight clients, and every small limit answered as it should be."""

import os
import subprocess
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


def client(broker, name, version=V5, **settings):
    made = RawClient(broker.port, version)
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
    clients = [client(tiny, f"c{number}") for number in range(8)]
    for number, one in enumerate(clients):
        one.subscribe((f"t/{number}", 1))
    for number, one in enumerate(clients):
        one.send(packets.publish(f"t/{number}", b"y" * 4000, 1, packet_id=1, version=V5))
    for one in clients:
        one.expect(packets.PUBACK, reason=0)
        one.take_publish(payload=b"y" * 4000, qos=1)


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


def test_the_33rd_subscription_is_refused(tiny):
    subscriber = client(tiny, "s")
    filters = [(f"f{number}", 0) for number in range(33)]
    subscriber.send(packets.subscribe(7, filters, V5))
    assert subscriber.expect(SUBACK).reasons == [0] * 32 + [0x97]


def test_the_17th_retained_message_is_refused(tiny):
    publisher = client(tiny, "p")
    for number in range(17):
        publisher.send(packets.publish(f"r/{number}", b"x", 1, packet_id=number + 1, retain=True, version=V5))
    reasons = [publisher.expect(packets.PUBACK).reason for _ in range(17)]
    assert reasons == [0x10] * 16 + [0x97]


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
