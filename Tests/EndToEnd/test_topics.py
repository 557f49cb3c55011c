"""Topic Names and Topic Filters: who matches whom, and what is none. [4.7]"""

import packets
import pytest
from packets import SUBACK, UNSUBACK, V5
from raw_client import Closed

NAMES = ["a", "b", "a/b", "/a", "a/", "/", "//", "a//b", "a/b/c", "A", "a b", "$a", "$a/b", "é"]
FILTERS = ["#", "+", "a", "a/#", "a/+", "+/b", "+/+", "/+", "+/", "/#", "a/+/c", "+/+/+", "a//b",
           "a/+/b", "+/#", "A", "$a", "$a/#", "$a/+", "é", "a/b/c/#"]


def matches(topic_filter, topic):
    """What section 4.7 says, in its plainest form."""
    if topic.startswith("$") and topic_filter[0] in "+#":
        return False  # [MQTT-4.7.2-1]
    wanted, levels = topic_filter.split("/"), topic.split("/")
    for index, level in enumerate(wanted):
        if level == "#":
            return True
        if index == len(levels) or level not in ("+", levels[index]):
            return False
    return len(wanted) == len(levels)


# [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.2-1] [MQTT3-4.7.1-1] [MQTT3-4.7.1-2] [MQTT3-4.7.2-1]
# [MQTT-4.7.3-4] [MQTT-3.3.2-3] [MQTT3-3.3.2-3] [MQTT3-3.8.3-2]: this module's broker has no other topics.
@pytest.mark.parametrize("topic_filter", FILTERS)
def test_matching(client, version, topic_filter):
    subscriber = client(version)
    subscriber.subscribe(topic_filter)
    publisher = client(version)
    for topic in NAMES:
        publisher.send(packets.publish(topic, topic, version=version))
    publisher.ping()
    got = sorted(packet.topic for packet in subscriber.drain())
    assert got == sorted(topic for topic in NAMES if matches(topic_filter, topic))


# [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-3.8.3-1] [MQTT3-4.7.1-1] [MQTT3-4.7.1-2] [MQTT3-3.8.3-1]
# Version 5 may answer 0x8F or close; 3.1.1 closes, or 0x80 in the SUBACK; never granted.
@pytest.mark.parametrize("topic_filter", ["a#", "#/a", "a/#/b", "a/b#", "##", "a+", "+a", "a/+b",
                                          "a/b+/c", "++", "+#", "#+"])
def test_no_topic_filter(client, version, topic_filter):
    subscriber = client(version)
    subscriber.send(packets.subscribe(1, [(topic_filter, 0)], version), packets.pingreq())
    try:
        got = subscriber.receive()
    except Closed:
        assert version != V5
        return
    if got.kind == SUBACK:
        assert got.reasons == [0x8F if version == V5 else 0x80]
    else:
        assert got.kind == packets.DISCONNECT and got.reason in (0x81, 0x82, 0x8F)


# [MQTT-4.7.3-1] [MQTT3-4.7.0-1]
def test_empty_topic_filter(client, version):
    subscriber = client(version)
    subscriber.send(packets.subscribe(1, [("", 0)], version))
    subscriber.expect_refused(0x81, 0x82, 0x8F)


# [MQTT-3.3.2-2] [MQTT-4.7.0-1] [MQTT3-3.3.2-2] [MQTT3-4.7.3-1] [MQTT3-4.7.3-2]
@pytest.mark.parametrize("topic", ["#", "+", "a/#", "a/+/b", "a+", "#a"])
def test_wildcards_in_a_topic_name(client, version, topic):
    publisher = client(version)
    publisher.send(packets.publish(topic, "x", version=version))
    publisher.expect_refused(0x81, 0x90)


# [MQTT-4.7.3-1] [MQTT3-4.7.0-1] [MQTT-3.3.2-1] [MQTT3-3.3.2-1]
def test_empty_topic_name(client, version):
    publisher = client(version)
    publisher.send(packets.publish("", "x", version=version))
    publisher.expect_refused(0x81, 0x82, 0x90)


# [MQTT-4.7.3-3]: 65,535 bytes are a Topic Name, all slashes or none.
@pytest.mark.parametrize("topic", [
    "t" * 65535, pytest.param("/" * 65535, marks=pytest.mark.mosquitto_differs("has 200 levels"))],
    ids=["letters", "slashes"])
def test_longest_topic_name(client, version, topic):
    subscriber = client(version)
    subscriber.subscribe("#")
    client(version).publish(topic, "long", 1)
    got = subscriber.expect_publish(payload="long")
    assert got.topic == topic


# [MQTT-4.7.3-3]: a Topic Filter of so many levels is granted or refused, at no one's cost.
@pytest.mark.parametrize("topic_filter", ["/" * 65535, "+/" * 32767 + "+", "/".join(["a"] * 32768),
                                          "f" * 65535], ids=["slashes", "wildcards", "letters", "one"])
def test_longest_topic_filter(client, version, topic_filter):
    subscriber = client(version)
    subscriber.send(packets.subscribe(1, [(topic_filter, 0)], version),
                    packets.unsubscribe(2, [topic_filter], version))
    try:
        got = subscriber.receive()
    except Closed:
        assert version != V5 or not subscriber.polite
        return
    if got.kind == SUBACK:
        assert got.reasons[0] in (0, 0x80, 0x8F, 0x97)
        subscriber.expect(UNSUBACK, packet_id=2)
        subscriber.ping()
    else:
        assert got.kind == packets.DISCONNECT and not subscriber.polite


@pytest.mark.parametrize("depth", [1, 10, 64, 128])
def test_deep_topics(client, version, name, depth):
    topic = "/".join([name] + ["x"] * (depth - 1))
    subscriber = client(version)
    subscriber.subscribe(topic, f"{name}/#")
    client(version).publish(topic, "deep", 1)
    subscriber.expect_publish(topic, "deep")


# [MQTT-4.7.3-4] [MQTT-1.5.4-3] [MQTT3-1.5.3-3]: compared byte by byte, nothing normalised.
@pytest.mark.parametrize("left, right", [("é", "e\u0301"), ("\ufeffa", "a"), ("K", "\u212a"),
                                          ("a", "A"), ("a ", "a"), ("ﬁ", "fi")])
def test_no_normalisation(client, version, name, left, right):
    left, right = f"{name}/{left}", f"{name}/{right}"
    subscriber = client(version)
    subscriber.subscribe(left)
    publisher = client(version)
    publisher.publish(right, "no")
    publisher.publish(left, "yes")
    got = subscriber.expect_publish(payload="yes")
    assert got.topic == left
    subscriber.expect_nothing()


# [MQTT-4.7.2-1]: $-topics are ordinary otherwise, but for those that the Server keeps.
def test_dollar_topics(client, version, name):
    subscriber = client(version)
    subscriber.subscribe(f"$x/{name}", f"$x/{name}/#", f"+/{name}")
    client(version).publish(f"$x/{name}", "dollar", 1)
    subscriber.expect_publish(f"$x/{name}", "dollar")
    assert all(packet.topic.startswith("$x") for packet in subscriber.drain())
