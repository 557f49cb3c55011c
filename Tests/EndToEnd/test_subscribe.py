"""SUBSCRIBE and UNSUBSCRIBE. [3.8] [3.10]"""

import packets
import pytest
from packets import PUBLISH, SUBACK, UNSUBACK, V31, V311, V5, options
from test_session import keep


# [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-5] [MQTT-3.8.4-6] [MQTT-3.8.4-7] [MQTT-3.9.3-1]
# [MQTT-3.9.3-2] [MQTT-2.2.1-6] [MQTT3-3.8.4-1] [MQTT3-3.8.4-2] [MQTT3-3.8.4-4] [MQTT3-3.8.4-5]
# [MQTT3-2.3.1-7]
def test_suback(client, version, name):
    subscriber = client(version)
    pairs = [(f"{name}/{number}", number % 3) for number in range(30)]
    subscriber.send(packets.subscribe(65535, pairs, version))
    subscriber.expect(SUBACK, packet_id=65535, reasons=[number % 3 for number in range(30)])


# [MQTT-3.8.1-1] [MQTT3-3.8.1-1] [MQTT-3.10.1-1] [MQTT3-3.10.1-1] [MQTT-2.1.3-1]
@pytest.mark.parametrize("version", [V311, V5])
@pytest.mark.parametrize("raw", [packets.subscribe, packets.unsubscribe])
@pytest.mark.parametrize("flags", [0, 1, 3, 6, 10, 15])
def test_header_flags(client, version, raw, flags):
    subscriber = client(version)
    first = 0x80 if raw is packets.subscribe else 0xA0
    filters = [("a", 0)] if raw is packets.subscribe else ["a"]
    subscriber.send(raw(1, filters, version, first_byte=first | flags))
    subscriber.expect_refused(0x81)


# [MQTT-3.8.3-2] [MQTT-3.10.3-2] [MQTT3-3.8.3-3] [MQTT3-3.10.3-2]
@pytest.mark.parametrize("version", [V311, V5])
@pytest.mark.parametrize("raw", [packets.subscribe, packets.unsubscribe])
def test_no_topic_filter_at_all(client, version, raw):
    subscriber = client(version)
    subscriber.send(raw(1, [], version))
    subscriber.expect_refused(0x81, 0x82)


# [MQTT-2.2.1-3] [MQTT3-2.3.1-1]
@pytest.mark.parametrize("raw, filters", [(packets.subscribe, [("a", 0)]), (packets.unsubscribe, ["a"])])
def test_packet_identifier_zero(client, version, raw, filters):
    subscriber = client(version)
    subscriber.send(raw(0, filters, version))
    subscriber.expect_refused(0x81, 0x82)


# [MQTT-3.8.3-5] [MQTT3-3.8.3-4]
@pytest.mark.parametrize("version, option", [
    (V31, 3), (V311, 3), (V5, 3), (V311, 4), (V311, 8), (V311, 0x20), (V311, 0x80), (V5, 0x40),
    (V5, 0x80), (V5, 0xC0), (V5, 0x30)])
def test_reserved_options(client, name, version, option):
    subscriber = client(version)
    subscriber.send(packets.subscribe(1, [(name, option)], version))
    subscriber.expect_refused(0x81, 0x82)


# [MQTT-3.8.3-1] [MQTT-3.10.3-1] [MQTT3-3.8.3-1] [MQTT3-3.10.3-1] [MQTT-1.5.4-1] [MQTT-1.5.4-2]
# [MQTT-4.7.3-2]
@pytest.mark.parametrize("version", [V311, V5])
@pytest.mark.parametrize("topic_filter", [b"a\xff", b"a\0b", b"\xed\xa0\x80", b"\xc0\xaf"])
@pytest.mark.parametrize("raw", [packets.subscribe, packets.unsubscribe])
def test_topic_filter_is_not_utf8(client, version, topic_filter, raw):
    subscriber = client(version)
    filters = [(topic_filter, 0)] if raw is packets.subscribe else [topic_filter]
    subscriber.send(raw(1, filters, version))
    subscriber.expect_refused(0x81, 0x82, 0x8F)


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
@pytest.mark.parametrize("raw, filters", [
    (packets.subscribe, [("abc", 0)]), (packets.unsubscribe, ["abc"])])
def test_truncated(client, version, raw, filters, cut):
    subscriber = client(version)
    whole = raw(1, filters, version)
    subscriber.send(packets.packet(whole[0], whole[2:-cut]))
    subscriber.expect_refused(0x81, 0x82)


# [MQTT-3.3.4-2] [MQTT-3.3.4-4] [MQTT-3.3.4-3]
@pytest.mark.mosquitto_differs("sends a copy for each subscription of 5.0 all the same")
def test_overlapping_without_duplicates(start_broker, client, name):
    broker = start_broker("allow_duplicate_messages false\n")
    subscriber = client(broker=broker)
    for identifier, (topic_filter, qos) in enumerate(
            [(f"{name}/a", 0), (f"{name}/+", 2), (f"{name}/#", 1)], start=1):
        subscriber.subscribe(topic_filter, qos=qos,
                             properties={"subscription_identifier": identifier * 100000})
    subscriber.subscribe("+/a", qos=0)
    client(broker=broker).publish(f"{name}/a", "one", 2)
    got = subscriber.take_publish(payload="one", qos=2)
    assert sorted(got.properties.all("subscription_identifier")) == [100000, 200000, 300000]
    subscriber.expect_nothing()


# [MQTT3-3.3.5-1]
@pytest.mark.mosquitto_differs("sends the one copy with the QoS of any of the subscriptions")
@pytest.mark.parametrize("version", [V31, V311])
def test_overlapping_without_duplicates_before_version_5(start_broker, client, version, name):
    broker = start_broker("allow_duplicate_messages false\n")
    subscriber = client(version, broker=broker)
    subscriber.subscribe((f"{name}/a", 0), (f"{name}/+", 2), (f"{name}/#", 1))
    client(broker=broker).publish(f"{name}/a", "one", 2)
    subscriber.take_publish(payload="one", qos=2)
    subscriber.expect_nothing()


# [MQTT-3.3.4-2] [MQTT3-3.3.5-1]: a copy for each, as Mosquitto 2.1 has it unless told otherwise.
@pytest.mark.mosquitto_differs("2.0 sends 3.x one copy")
@pytest.mark.parametrize("value", ["", "allow_duplicate_messages true\n"])
def test_overlapping(start_broker, client, version, name, value):
    broker = start_broker(value)
    subscriber = client(version, broker=broker)
    subscriber.subscribe((f"{name}/a", 0), (f"{name}/+", 2), (f"{name}/#", 1))
    client(broker=broker).publish(f"{name}/a", "one", 2)
    copies = [subscriber.take_publish(payload="one").qos for _ in range(3)]
    assert sorted(copies) == [0, 1, 2]
    subscriber.expect_nothing()


# [MQTT-3.8.4-3] [MQTT3-3.8.4-3]
def test_replaced(client, version, name):
    subscriber = client(version)
    subscriber.subscribe(name, qos=2)
    subscriber.subscribe(name, qos=0)
    client().publish(name, "x", 2)
    subscriber.expect_publish(payload="x", qos=0)
    subscriber.expect_nothing()


# [MQTT-3.8.4-3]: completely, identifier and options included.
@pytest.mark.mosquitto_differs("keeps Retain As Published of the first [MQTT-3.8.4-3]")
def test_replaced_with_all_options(client, name):
    subscriber = client()
    subscriber.subscribe(name, properties={"subscription_identifier": 1}, retain_as_published=True,
                         no_local=True)
    subscriber.subscribe(name, properties={"subscription_identifier": 2})
    client().publish(name, "x", retain=True)
    got = subscriber.expect_publish(payload="x", retain=False)
    assert got.properties.all("subscription_identifier") == [2]
    subscriber.subscribe(name, retain_handling=2)
    client().publish(name, "y")
    assert not subscriber.expect_publish(payload="y").properties
    subscriber.publish(name, "z")
    subscriber.expect_publish(payload="z")


# [MQTT-3.8.3-3]
def test_no_local(client, name):
    both = client()
    both.subscribe(name, qos=1, no_local=True)
    both.publish(name, "mine", 1)
    both.expect_nothing()
    client().publish(name, "theirs", 1)
    both.take_publish(payload="theirs")


# [MQTT-3.8.3-3]: of the same identifier on a later connection, too.
def test_no_local_of_a_resumed_session(client, name):
    first = client(V5, name, **keep(V5))
    first.subscribe(name, qos=1, no_local=True)
    first.disconnect()
    second = client(V5, name, **keep(V5))
    second.publish(name, "mine", 1)
    second.expect_nothing()


# [3.8.2.1.2]: 1 to 268,435,455, kept with the subscription.
@pytest.mark.parametrize("identifier", [1, 127, 128, 16383, 16384, 2097152, 268435455])
def test_subscription_identifier(client, name, identifier):
    subscriber = client(V5, name, **keep(V5))
    subscriber.subscribe(name, qos=1, properties={"subscription_identifier": identifier})
    subscriber.close()
    client().publish(name, "x", 1)
    got = client(V5, name, **keep(V5)).take_publish(payload="x")
    assert got.properties.all("subscription_identifier") == [identifier]


@pytest.mark.parametrize("properties", [
    [("subscription_identifier", 0)],
    [("subscription_identifier", 1), ("subscription_identifier", 2)],
    [("topic_alias", 1)],
    bytes.fromhex("060bffffffff01"),
], ids=str)
def test_broken_properties(client, name, properties):
    subscriber = client()
    subscriber.send(packets.subscribe(1, [(name, 0)], V5, properties))
    subscriber.expect_refused(0x81, 0x82)


# [MQTT-3.10.4-1] [MQTT-3.10.4-2] [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.10.4-6] [MQTT-3.11.3-1]
# [MQTT-3.11.3-2] [MQTT3-3.10.4-1] [MQTT3-3.10.4-2] [MQTT3-3.10.4-3] [MQTT3-3.10.4-4]
# [MQTT3-3.10.4-5]
def test_unsubscribe(client, version, name):
    subscriber = client(version)
    subscriber.subscribe(f"{name}/a", f"{name}/+", f"{name}/b")
    got = subscriber.unsubscribe(f"{name}/none", f"{name}/a", f"{name}/#", f"{name}/+", f"{name}/a")
    if version == V5:
        assert got.reasons == [0x11, 0x00, 0x11, 0x00, 0x11]
    publisher = client()
    publisher.publish(f"{name}/a", "no")
    publisher.publish(f"{name}/c", "no")
    publisher.publish(f"{name}/b", "yes")
    subscriber.expect_publish(payload="yes")
    subscriber.expect_nothing()


# [MQTT-3.10.4-3] [MQTT3-3.10.4-5]: what has been sent is brought to its end.
@pytest.mark.parametrize("qos", [1, 2])
def test_unsubscribe_while_in_flight(client, version, name, qos):
    subscriber = client(version)
    subscriber.subscribe(name, qos=qos)
    client().publish(name, "started", qos)
    started = subscriber.expect_publish(payload="started")
    subscriber.unsubscribe(name)
    client().publish(name, "no", qos)
    subscriber.acknowledge(started)
    subscriber.expect_nothing()


# [MQTT-3.8.4-4] [MQTT3-3.8.4-3]: no publication is lost or doubled by replacing a subscription.
def test_replaced_under_load(client, version, name):
    subscriber = client(version)
    subscriber.subscribe(name, qos=1)
    publisher = client(version)
    for number in range(50):
        publisher.publish(name, str(number), 1)
        subscriber.send(packets.subscribe(number + 100, [(name, 1)], version))
    got = []
    acknowledged = 0
    while len(got) < 50 or acknowledged < 50:
        packet = subscriber.receive()
        if packet.kind == PUBLISH:
            got.append(int(packet.payload))
            subscriber.acknowledge(packet)
        else:
            acknowledged += packet.kind == SUBACK
    assert got == list(range(50))


# [MQTT-3.8.3-5]: 3.1 and 3.1.1 have no options; their SUBSCRIBEs mean what Retain Handling 0 does.
def test_versions_share_topics(client, name):
    subscribers = [client(version) for version in packets.VERSIONS]
    for subscriber in subscribers:
        subscriber.subscribe((f"{name}/+", options(1)))
    client().publish(f"{name}/x", "all", 1, properties=[("user_property", ("a", "b"))])
    for subscriber in subscribers:
        got = subscriber.take_publish(topic=f"{name}/x", payload="all", qos=1)
        assert bool(got.properties) == (subscriber.version == V5)


def test_subscribe_and_unsubscribe_over_and_over(client, version, name):
    subscriber = client(version)
    for _ in range(200):
        subscriber.send(packets.subscribe(1, [(f"{name}/{n}/+", 1) for n in range(5)], version),
                        packets.unsubscribe(2, [f"{name}/{n}/+" for n in range(5)], version))
    for _ in range(200):
        subscriber.expect(SUBACK, packet_id=1)
        subscriber.expect(UNSUBACK, packet_id=2)
