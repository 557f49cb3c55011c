"""What has brought brokers down before: each cause once, by its name. CVE numbers are other brokers'.

The check is the same each time: the next Client is served (`still_serves`), and nobody is called.
"""

import random
import socket
import time

import packets
import pytest
from packets import CONNACK, PUBREC, SUBACK, V311, V5, Will, options
from raw_client import Closed, Nothing


def connect_of(version):
    return packets.connect(version, "hostile", will=Will("w", "gone", 1), keep_alive=10)


# Room made by a stranger's length: CVE-2017-7651, CVE-2023-0809.
@pytest.mark.parametrize("first", [0x10, 0x30, 0x82, 0xE0, 0x00, 0xF0])
def test_length_of_a_stranger(open_client, first):
    crowd = [open_client() for _ in range(20)]
    for stranger in crowd:
        stranger.send(bytes([first]), b"\xff\xff\xff\x7f")
    if first != 0x10:  # [MQTT-3.1.0-1]: no need to wait for the rest
        for stranger in crowd:
            assert not stranger.expect_closed() or not stranger.polite


# CVE-2017-7651: five bytes of length. [2.1.4]
@pytest.mark.parametrize("first", [0x10, 0x30, 0xC0])
def test_length_of_five_bytes(open_client, client, version, first):
    sender = open_client(version) if first == 0x10 else client(version)
    sender.send(bytes([first]), b"\xff\xff\xff\xff\x7f")
    sender.expect_closed()


# CVE-2017-7654, CVE-2021-34431: a CONNECT cut anywhere leaks nothing and leaves nobody connected.
def test_connect_cut_everywhere(open_client, version):
    whole = connect_of(version)
    for length in range(len(whole)):
        client = open_client(version)
        client.send(whole[:length])
        client.close()


def test_connect_reset_everywhere(open_client, version):
    whole = connect_of(version)
    for length in range(len(whole) + 1):
        client = open_client(version)
        client.send(whole[:length])
        client.reset()


# CVE-2023-3592: a Will Property of the wrong type.
@pytest.mark.parametrize("identifier", range(0, 0x30))
def test_will_property_of_each_identifier(open_client, identifier):
    client = open_client()
    raw = bytes([2, identifier, 0])
    client.send(packets.connect(V5, "x", will=Will("w", "gone", properties=raw)))
    try:
        assert client.receive().kind == CONNACK
    except (Closed, Nothing):
        pass


# Every packet of a Client, cut short, its length set right: closed, or understood otherwise.
@pytest.mark.parametrize("raw", [
    packets.publish("a/b", "xyz", 2, 7, version=V5, properties=[("topic_alias", 1)]),
    packets.subscribe(1, [("a/b", 1), ("c/#", 2)], V5, [("subscription_identifier", 300)]),
    packets.unsubscribe(1, ["a/b", "c/#"], V5, [("user_property", ("a", "b"))]),
    packets.puback(1, 0, [("reason_string", "why")]),
    packets.pubrel(1, 0x92, [("user_property", ("a", "b"))]),
    packets.disconnect(4, [("session_expiry", 10)]),
    packets.auth(0x18, [("authentication_method", "x")]),
], ids=lambda raw: packets.TYPE_NAMES[raw[0] >> 4])
def test_truncated(client, version, raw):
    header, length = packets.header_of(raw)
    for cut in range(length):
        sender = client(version)
        sender.send(packets.packet(raw[0], raw[header:header + cut]), packets.pingreq())
        try:
            sender.receive()
        except (Closed, Nothing):
            pass
        sender.close()


# nanomq#2270: a PUBLISH that ends before its Packet Identifier.
@pytest.mark.parametrize("qos", [1, 2])
def test_publish_without_its_packet_identifier(client, version, qos):
    sender = client(version)
    sender.send(packets.packet(0x30 | qos << 1, packets.string("abc")))
    sender.expect_refused(0x81, 0x82)


# CVE-2021-34432: a Topic Name of no length. [MQTT-4.7.3-1] [MQTT3-4.7.0-1]
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_empty_topic(client, version, qos):
    sender = client(version)
    sender.send(packets.publish("", "", qos, 1 if qos else None, retain=True, version=version))
    sender.expect_refused()


# CVE-2021-28166: packets that only a Server sends, and those that nobody does. [MQTT-4.13.1-1]
# [MQTT3-4.8.0-1]
@pytest.mark.swiftlet_only("Mosquitto, which is a Client of other Servers too, takes some of them")
@pytest.mark.parametrize("kind", [0, 2, 9, 11, 13])
@pytest.mark.parametrize("body", [b"", b"\0\1", b"\0\1\0", bytes(100)], ids=len)
def test_packet_of_a_server(client, version, kind, body):
    sender = client(version)
    sender.send(packets.packet(kind << 4, body))
    sender.expect_refused(0x81, 0x82)


# CVE-2019-11779: 65,400 slashes; and the same in a will, FlashMQ#174.
def test_deep_filters_and_wills(open_client, version, name):
    client = open_client(version)
    client.send(packets.connect(version, name, will=Will("/" * 65535, "deep", 1, retain=True)))
    try:
        client.receive()
        for topic_filter in ("/" * 65535, "+/" * 32767 + "#", "$share/g/" + "/" * 65500):
            client.send(packets.subscribe(1, [(topic_filter, 0)], version))
            client.receive()
    except Closed:
        pass
    client.reset()


# CVE-2018-12543: topics that begin with $.
@pytest.mark.parametrize("topic", ["$", "$X", "$SYS", "$SYS/", "$SYS/broker/uptime", "$share", "$share/g",
                                   "$share/g/t", "$CONTROL", "$CONTROL/dynamic-security/v1", "$/", "/$"])
def test_dollar_topics_everywhere(open_client, version, name, topic):
    client = open_client(version)
    client.send(
        packets.connect(version, name, will=Will(topic, "gone", 1, retain=True)),
        packets.subscribe(1, [(topic, 2)], version),
        packets.publish(topic, "x", 1, 2, retain=True, version=version),
        packets.publish(topic, "", 2, 3, retain=True, version=version),
        packets.unsubscribe(4, [topic], version))
    try:
        while True:
            client.receive(0.2)
    except (Closed, Nothing):
        client.reset()


# CVE-2019-11778: a Will Delay beyond the session, again and again, cut by new connections.
def test_will_delay_beyond_the_session(client, name):
    for turn in range(20):
        client(V5, name, clean=turn % 3 == 0, properties={"session_expiry": turn % 2},
               will=Will(f"{name}/w", "gone", turn % 3, properties={"will_delay": 1 + turn})).reset()


# CVE-2024-8376: shared and ordinary subscriptions on one root, taken back crosswise.
def test_shared_and_ordinary_crosswise(client, name):
    pair = [client(), client()]
    filters = [f"$share/g/{name}/#", f"{name}/#", f"$share/g/{name}/+", f"{name}/a", f"$share/h/{name}/a"]
    for left in filters:
        for right in filters:
            for sender in pair:
                sender.subscribe(left, right, qos=1)
            pair[0].unsubscribe(right)
            client(V311).publish(f"{name}/a", "x", 1)
            pair[1].unsubscribe(right, left)
            pair[0].unsubscribe(left)
            for sender in pair:
                sender.drain()
    assert client().publish(f"{name}/a", "x", 1).reason == 0x10


# CVE-2023-28366: QoS 2 with one identifier for ever. [MQTT-4.3.3-10]
def test_one_identifier_for_ever(client, version, name):
    sender = client(version)
    raw = packets.publish(name, "x" * 100, 2, 1, dup=True, version=version)
    for _ in range(100):
        sender.send(raw * 100)
        try:
            for _ in range(100):
                sender.expect(PUBREC, packet_id=1)
        except (Closed, AssertionError):
            assert not sender.polite  # Mosquitto closes.
            return
    sender.send(packets.pubrel(1))
    sender.expect(packets.PUBCOMP, packet_id=1, reason=0)


# QoS 2 begun and never ended, on connection after connection.
def test_unfinished_exchanges(client, version, name):
    for _ in range(50):
        sender = client(version)
        sender.send(*(packets.publish(name, "x", 2, number, version=version) for number in range(1, 16)))
        sender.reset()


# Acknowledgements of what nobody sent, in numbers. [3.6.2.1]
def test_flood_of_acknowledgements(client, version):
    sender = client(version)
    for raw in (packets.puback, packets.pubrec, packets.pubrel, packets.pubcomp):
        sender.send(*(raw(number) for number in range(1, 2000)))
    sender.drain()


# CVE-2021-41039: as many User Properties as a packet holds; it takes no longer than its bytes.
def test_many_user_properties(open_client, client, name):
    pairs = [("user_property", ("a", "b"))] * 60_000
    large = open_client()
    large.connect(name, properties=pairs)
    subscriber = client()
    subscriber.subscribe(name)
    large.publish(name, "x", 1, properties=pairs)
    assert len(subscriber.expect_publish(payload="x").properties) == 60_000
    large.send(packets.subscribe(9, [("a", 0)], V5, pairs))
    large.expect(SUBACK, packet_id=9)


def test_many_filters_in_one_subscribe(client, version, name):
    sender = client(version)
    sender.send(packets.subscribe(1, [(f"{name}/{number}", 1) for number in range(5000)], version))
    assert len(sender.expect(SUBACK, packet_id=1).reasons) == 5000
    sender.reset()


# CVE-2023-5632: connections that are opened and say nothing cost nothing.
def test_silent_connections(broker, open_client, client):
    crowd = [open_client() for _ in range(200)]
    before = processor_time(broker)
    time.sleep(1)
    assert processor_time(broker) - before < 50, "it spins"
    client().ping()
    for stranger in crowd:
        stranger.close()


def processor_time(broker):
    """In hundredths of a second."""
    with open(f"/proc/{broker.process.pid}/stat") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return int(words[11]) + int(words[12])


# CVE-2020-13849: no Keep Alive, no CONNECT after all; the others are served meanwhile.
def test_keep_alive_zero_crowd(client, version):
    crowd = [client(version, keep_alive=0) for _ in range(100)]
    for member in crowd:
        member.ping()


# codepr/sol#17, CVE-2026-22040: one identifier, many connections, subscriptions in between.
def test_take_over_storm(open_client, client, version, name):
    chance = random.Random(7)
    crowd = []
    for turn in range(150):
        member = open_client(chance.choice(packets.VERSIONS))
        keep = {"properties": {"session_expiry": 30}} if member.version == V5 else {}
        member.send(
            packets.connect(member.version, name, clean=chance.random() < 0.3,
                            will=Will(name, "gone", turn % 3) if turn % 2 else None, **keep),
            packets.subscribe(1, [(name, turn % 3), (f"{name}/#", 1)], member.version),
            packets.publish(name, "x", 1, 2, version=member.version))
        crowd.append(member)
        if len(crowd) > 5:
            chance.choice([crowd.pop(0).close, crowd.pop(0).reset])()
    client(V5, name).ping()


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


# A peer that sends and never reads its answers.
def test_peer_that_never_reads_its_answers(open_client, client, name):
    deaf = open_client()
    deaf.connect(name)
    deaf.socket.settimeout(1)
    try:
        for _ in range(200):
            deaf.socket.sendall(packets.pingreq() * 10_000)
    except (TimeoutError, OSError):
        pass
    client().ping()
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


# mosquitto#1773: options that are none, many times over. [MQTT-3.8.3-5]
def test_bad_options_again_and_again(client, name):
    for retain_handling in (3,) * 30:
        sender = client()
        sender.send(packets.subscribe(1, [(f"{name}/{'x' * 1000}", 1), (
            name, options(retain_handling=retain_handling))], V5))
        sender.expect_closed()


# CVE-2017-7650: identifiers and names with wildcards are nothing but bytes.
@pytest.mark.parametrize("identifier", ["#", "+", "a/#", "+/+", "$SYS/#"])
def test_wildcards_in_identifiers(open_client, identifier):
    client = open_client(V311)
    client.connect(identifier, username=identifier)
    client.ping()


# Half-open: the other side is gone before the answer. [MQTT3-3.1.4-5]
def test_gone_before_the_answer(open_client, version):
    for _ in range(50):
        client = open_client(version)
        client.send(packets.connect(version, "gone"), packets.pingreq() * 100)
        client.reset()
