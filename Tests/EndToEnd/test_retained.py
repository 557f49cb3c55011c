"""Retained messages. [3.3.1.3]"""

import time

import packets
import pytest
from packets import V31, V311, V5, options


# [MQTT-3.3.1-5] [MQTT3-3.3.1-5] [MQTT3-3.3.1-6] [MQTT3-3.3.1-8]
@pytest.mark.parametrize("sent", [0, 1, 2])
@pytest.mark.parametrize("granted", [0, 1, 2])
def test_kept_for_later_subscribers(client, version, name, sent, granted):
    client(version).publish(name, "kept", sent, retain=True)
    for _ in range(2):
        subscriber = client(version)
        subscriber.subscribe(name, qos=granted)
        subscriber.take_publish(topic=name, payload="kept", qos=min(sent, granted), retain=True,
                                dup=False)
        subscriber.expect_nothing()


# [MQTT3-3.3.1-9] [MQTT-3.3.1-12]
def test_forwarded_without_retain(client, version, name):
    subscriber = client(version)
    subscriber.subscribe(name, qos=1)
    client(version).publish(name, "now", 1, retain=True)
    subscriber.take_publish(payload="now", retain=False)


# [MQTT-3.3.1-13]
@pytest.mark.parametrize("retain", [False, True])
def test_retain_as_published(client, name, retain):
    subscriber = client()
    subscriber.subscribe(name, qos=1, retain_as_published=True)
    client().publish(name, "now", 1, retain=retain)
    subscriber.take_publish(payload="now", retain=retain)


# [MQTT-3.3.1-5] [MQTT3-3.3.1-5] [MQTT3-3.3.1-7]: the last one counts, whatever its QoS.
@pytest.mark.parametrize("second", [0, 1, 2])
def test_replaced(client, version, name, second):
    publisher = client(version)
    publisher.publish(name, "old", 2, retain=True)
    publisher.publish(name, "new", second, retain=True)
    subscriber = client(version)
    subscriber.subscribe(name, qos=2)
    subscriber.take_publish(payload="new", qos=second, retain=True)
    subscriber.expect_nothing()


# [MQTT-3.3.1-6] [MQTT-3.3.1-7] [MQTT3-3.3.1-10] [MQTT3-3.3.1-11]
def test_removed_by_an_empty_payload(client, version, name):
    witness = client(version)
    witness.subscribe(name)
    publisher = client(version)
    publisher.publish(name, "kept", 1, retain=True)
    witness.expect_publish(payload="kept")
    publisher.publish(name, "", 1, retain=True)
    witness.expect_publish(payload="", retain=False)  # processed as any other
    publisher.publish(f"{name}/never", "", 1, retain=True)
    for topic in (name, f"{name}/never"):
        subscriber = client(version)
        subscriber.subscribe(topic)
        subscriber.expect_nothing()


# [MQTT-3.3.1-8] [MQTT3-3.3.1-12]
@pytest.mark.parametrize("payload", ["passing", ""])
def test_not_touched_without_retain(client, version, name, payload):
    publisher = client(version)
    publisher.publish(name, "kept", 1, retain=True)
    publisher.publish(name, payload, 1)
    subscriber = client(version)
    subscriber.subscribe(name)
    subscriber.expect_publish(payload="kept", retain=True)
    subscriber.expect_nothing()


# [MQTT-3.3.1-9] [MQTT-3.8.4-4] [MQTT3-3.8.4-3]: each SUBSCRIBE brings them again.
def test_retain_handling_0(client, version, name):
    client(version).publish(name, "kept", 1, retain=True)
    subscriber = client(version)
    for _ in range(3):
        subscriber.subscribe(name, qos=1)
        subscriber.take_publish(payload="kept", retain=True)
        subscriber.expect_nothing()


# [MQTT-3.3.1-10]
def test_retain_handling_1(client, name):
    client().publish(name, "kept", 1, retain=True)
    subscriber = client()
    subscriber.subscribe(name, qos=1, retain_handling=1)
    subscriber.take_publish(payload="kept", retain=True)
    subscriber.subscribe(name, qos=2, retain_handling=1)
    subscriber.expect_nothing()
    subscriber.unsubscribe(name)
    subscriber.subscribe(name, qos=1, retain_handling=1)
    subscriber.take_publish(payload="kept", retain=True)


# [MQTT-3.3.1-10]: a subscription of a session that is resumed exists already.
def test_retain_handling_1_in_a_resumed_session(client, name):
    client().publish(name, "kept", 1, retain=True)
    first = client(V5, name, properties={"session_expiry": 60})
    first.subscribe(name, qos=1, retain_handling=2)
    first.disconnect()
    second = client(V5, name, clean=False)
    second.subscribe(name, qos=1, retain_handling=1)
    second.expect_nothing()


# [MQTT-3.3.1-11]
def test_retain_handling_2(client, name):
    client().publish(name, "kept", 1, retain=True)
    subscriber = client()
    subscriber.subscribe(name, qos=1, retain_handling=2)
    subscriber.expect_nothing()
    client().publish(name, "now", 1)
    subscriber.take_publish(payload="now")


# [MQTT-3.8.3-5]: 3 is none of them.
def test_retain_handling_3(client, name):
    subscriber = client()
    subscriber.send(packets.subscribe(1, [(name, options(retain_handling=3))], V5))
    subscriber.expect_refused(0x81, 0x82)


# [MQTT-3.3.1-9]: each topic once, by all kinds of filters.
@pytest.mark.parametrize("topic_filter, expected", [
    ("{}/#", {"{}", "{}/a", "{}/b", "{}/a/x", "{}//x"}),
    ("{}/+", {"{}/a", "{}/b"}),
    ("{}/+/x", {"{}/a/x", "{}//x"}),
    ("{}", {"{}"}),
    ("{}/a/#", {"{}/a", "{}/a/x"}),
    ("{}/c", set()),
])
def test_by_wildcards(client, version, name, topic_filter, expected):
    publisher = client(version)
    for topic in ("{}", "{}/a", "{}/b", "{}/a/x", "{}//x"):
        publisher.publish(topic.format(name), topic, 1, retain=True)
    subscriber = client(version)
    subscriber.subscribe(topic_filter.format(name))
    got = [packet.payload.decode() for packet in subscriber.drain()]
    assert sorted(got) == sorted(expected)


# All of them, though they are many more than a queue holds.
@pytest.mark.parametrize("qos", [
    0, pytest.param(1, marks=pytest.mark.mosquitto_differs(
        "puts them into the queue and loses what does not fit"))])
def test_thousands(client, version, name, qos):
    count, batch = 5000, 20
    publisher = client(version)
    for start in range(0, count, batch):
        publisher.send(*(
            packets.publish(f"{name}/{number}", str(number), qos, number + 1 if qos else None,
                            retain=True, version=version)
            for number in range(start, start + batch)))
        for number in range(start, start + batch if qos else start):
            publisher.expect(packets.PUBACK, packet_id=number + 1)
    publisher.ping()
    subscriber = client(version)
    subscriber.subscribe(f"{name}/#", qos=qos)
    got = set()
    for _ in range(count):
        got.add(int(subscriber.take_publish(retain=True).payload))
    assert got == set(range(count))
    subscriber.expect_nothing()


# A subscriber that reads nothing for a while loses none of them either.
def test_large_ones_to_a_slow_reader(client, name):
    publisher = client()
    for number in range(40):
        publisher.publish(f"{name}/{number}", bytes(100000), 1, retain=True)
    subscriber = client()
    subscriber.send(packets.subscribe(1, [(f"{name}/#", 0)], V5))
    publisher.ping()
    publisher.ping()
    subscriber.expect(packets.SUBACK)
    topics = {subscriber.expect_publish(retain=True).topic for _ in range(40)}
    assert len(topics) == 40


# [MQTT-3.3.2-5] [3.3.2.3.3]: a retained message may expire, and until then says when.
@pytest.mark.slow
def test_expiry(client, name):
    client().publish(name, "brief", 1, retain=True, properties={"message_expiry": 2})
    subscriber = client()
    subscriber.subscribe(name)
    assert subscriber.expect_publish(payload="brief").properties.get("message_expiry") in (1, 2)
    time.sleep(3.5)
    late = client()
    late.subscribe(name)
    late.expect_nothing()


# [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
def test_properties_are_kept(client, name):
    sent = [("payload_format", 1), ("content_type", "text/plain"), ("response_topic", "r"),
            ("correlation_data", b"\0\1"), ("user_property", ("b", "1")), ("user_property", ("a", "2"))]
    client().publish(name, "kept", 1, retain=True, properties=sent)
    subscriber = client()
    subscriber.subscribe(name, properties={"subscription_identifier": 5})
    got = subscriber.expect_publish(payload="kept").properties
    assert sorted(map(str, got)) == sorted(map(str, sent + [("subscription_identifier", 5)]))
    assert got.all("user_property") == [("b", "1"), ("a", "2")]
    old = client(V311)
    old.subscribe(name)
    old.expect_publish(payload="kept", retain=True)


# Kept by any version for any version.
@pytest.mark.parametrize("before, after", [(V31, V5), (V5, V31), (V311, V5), (V5, V311)])
def test_across_versions(client, name, before, after):
    client(before).publish(name, "kept", 1, retain=True)
    subscriber = client(after)
    subscriber.subscribe(name, qos=1)
    subscriber.take_publish(topic=name, payload="kept", qos=1, retain=True)


# Whoever subscribes twice in one SUBSCRIBE gets them for each. [MQTT-3.8.4-5] [MQTT3-3.8.4-4]
def test_for_each_filter_of_a_subscribe(client, version, name):
    client(version).publish(f"{name}/a", "kept", 1, retain=True)
    subscriber = client(version)
    subscriber.subscribe(f"{name}/a", f"{name}/+")
    for _ in range(2):
        subscriber.expect_publish(f"{name}/a", "kept", retain=True)
    subscriber.expect_nothing()


# New messages are not lost while the old ones are on their way. [MQTT-3.8.4-4]
def test_live_messages_during_the_replay(client, name):
    publisher = client()
    for number in range(200):
        publisher.publish(f"{name}/{number}", "old", 1, retain=True)
    subscriber = client()
    subscriber.send(packets.subscribe(1, [(f"{name}/#", 1)], V5))
    subscriber.expect(packets.SUBACK)
    publisher.publish(f"{name}/new", "new", 1)
    payloads = [subscriber.take_publish().payload for _ in range(201)]
    assert payloads.count(b"old") == 200 and payloads.count(b"new") == 1


# [3.3.1.3]: a shared subscription gets none when it is made. [4.8.2]
@pytest.mark.mosquitto_differs("sends them")
def test_not_for_shared_subscriptions(client, name):
    client().publish(name, "kept", 1, retain=True)
    member = client()
    member.subscribe(f"$share/g/{name}")
    member.expect_nothing()


# [MQTT-4.6.0-5]: who subscribes and publishes in one write does not end with the old value.
@pytest.mark.parametrize("filters", ["{}/1", "{}/+", "{}/#"])
def test_old_before_new_in_one_write(client, version, name, filters):
    topic = f"{name}/1"
    client(version).publish(topic, "OLD", 1, retain=True)
    subscriber = client(version)
    request = packets.subscribe(1, [(filters.format(name), 0)], version)
    subscriber.send(request + packets.publish(topic, "NEW", version=version))
    subscriber.expect(packets.SUBACK)
    subscriber.take_publish(payload="OLD", retain=True)
    subscriber.take_publish(payload="NEW", retain=False)
    subscriber.expect_nothing()
