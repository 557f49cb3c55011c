"""Peers that are hostile, or only slow: whatever they do, the others are served.

What has brought brokers down before is in test_vulnerabilities.py.
"""

import random
import socket

import packets
import pytest
from packets import SUBACK, V5, Will


# Acknowledgements of what nobody sent, in numbers. [3.6.2.1]
def test_flood_of_acknowledgements(client, version):
    sender = client(version)
    for raw in (packets.puback, packets.pubrec, packets.pubrel, packets.pubcomp):
        sender.send(*(raw(number) for number in range(1, 2000)))
    sender.drain()


def test_many_filters_in_one_subscribe(client, version, name):
    sender = client(version)
    sender.send(packets.subscribe(1, [(f"{name}/{number}", 1) for number in range(5000)], version))
    assert len(sender.expect(SUBACK, packet_id=1).reasons) == 5000
    sender.reset()


# A peer that never reads: the others are served, and it is not waited for.
def test_peer_that_never_reads(open_client, client, name):
    deaf = open_client()
    deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.send(packets.connect(V5, name), packets.subscribe(1, [(f"{name}/#", 0)], V5))
    hearing = client()
    hearing.subscribe(f"{name}/#")
    publisher = client()
    for number in range(200):
        publisher.publish(f"{name}/x", bytes(100_000))
        hearing.expect_publish(f"{name}/x")
    deaf.reset()


# One client's flood: the others are still served.
def test_flood_of_one(client, name):
    flooder, other = client(), client()
    flooder.socket.settimeout(5)
    raw = packets.publish(f"{name}/flood", bytes(50), version=V5) * 1000
    for _ in range(50):
        flooder.send(raw)
        other.ping()
    flooder.ping()


# Connections that come and go faster than anything is said.
def test_connect_flood(broker):
    for _ in range(500):
        socket.create_connection(("127.0.0.1", broker.port)).close()


# Bytes at random, and valid packets with one byte changed. Same seed, same bytes.
@pytest.mark.parametrize("seed", range(5))
def test_random_bytes(open_client, seed):
    chance = random.Random(seed)
    for _ in range(60):
        client = open_client()
        client.send(chance.randbytes(chance.randrange(1, 200)))
        client.close()


@pytest.mark.parametrize("seed", range(5))
def test_mutations(open_client, version, seed):
    chance = random.Random(seed)
    talk = [
        packets.connect(version, "m", will=Will("w", "gone", 1)),
        packets.subscribe(1, [("a/#", 2), ("$share/g/a", 1)], version),
        packets.publish("a/b", "x" * 10, 1, 2, retain=True, version=version),
        packets.publish("a/b", "x" * 10, 2, 3, version=version), packets.pubrel(3),
        packets.unsubscribe(4, ["a/#"], version), packets.pingreq(), packets.disconnect()]
    for _ in range(60):
        raw = bytearray(b"".join(talk))
        start = 0 if chance.random() < 0.2 else len(talk[0])
        for _ in range(chance.randrange(1, 4)):
            raw[chance.randrange(start, len(raw))] = chance.randrange(256)
        client = open_client(version)
        client.send(bytes(raw))
        client.reset() if chance.random() < 0.5 else client.close()


# Half-open: the other side is gone before the answer. [MQTT3-3.1.4-5]
def test_gone_before_the_answer(open_client, version):
    for _ in range(50):
        client = open_client(version)
        client.send(packets.connect(version, "gone"), packets.pingreq() * 100)
        client.reset()
