"""Properties of version 5 and what they ask for. [2.2.2] [3.3.2.3]"""

import time

import packets
import pytest
from packets import PUBACK, PUBCOMP, PUBREC, PUBREL, SUBACK, UNSUBACK, V31, V311, V5, Will
from raw_client import Closed

ALL = [("payload_format", 1), ("content_type", "text/plain; ü"), ("response_topic", "an/swer"),
       ("correlation_data", bytes(range(256))), ("user_property", ("b", "1")),
       ("user_property", ("a", "")), ("user_property", ("b", "1")), ("user_property", ("", "x"))]


# [MQTT-3.3.2-4] [MQTT-3.3.2-13] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18]
# [MQTT-3.3.2-19] [MQTT-3.3.2-20] [MQTT-1.5.7-1]
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_forwarded_unaltered(client, name, qos):
    subscriber = client()
    subscriber.subscribe(name, qos=2)
    client().publish(name, "x", qos, properties=ALL)
    got = subscriber.take_publish(payload="x", qos=qos).properties
    assert sorted(map(str, got)) == sorted(map(str, ALL))
    assert got.all("user_property") == [value for key, value in ALL if key == "user_property"]


@pytest.mark.parametrize("one", ALL + [("payload_format", 0), ("correlation_data", b""),
                                       ("content_type", ""), ("user_property", ("k" * 300, "v" * 9000)),
                                       ("content_type", "\ufeff")], ids=lambda p: str(p)[:40])
def test_forwarded_one_by_one(client, name, one):
    subscriber = client()
    subscriber.subscribe(name)
    client().publish(name, "x", properties=[one])
    got = subscriber.expect_publish(payload="x").properties
    assert list(got) == [one] or one == ("payload_format", 0) and not got


# Clients of older versions get the message without them.
@pytest.mark.parametrize("version", [V31, V311])
def test_left_out_before_version_5(client, version, name):
    subscriber = client(version)
    subscriber.subscribe(name, qos=1)
    client().publish(name, "x", 1, properties=ALL)
    subscriber.take_publish(topic=name, payload="x")


@pytest.mark.parametrize("properties", [
    [("payload_format", 1)] * 2, [("message_expiry", 1)] * 2, [("content_type", "x")] * 2,
    [("response_topic", "x")] * 2, [("correlation_data", b"x")] * 2,
    [("topic_alias", 1)] * 2,
    pytest.param([("payload_format", 2)], marks=pytest.mark.mosquitto_differs("takes any value")),
    [("session_expiry", 1)], [("will_delay", 1)], [("reason_string", "x")],
    bytes.fromhex("0103"), bytes.fromhex("020300"), bytes.fromhex("03030001"),
    bytes.fromhex("020005"), bytes.fromhex("07260001610002"),
], ids=str)
def test_broken(client, name, properties):
    publisher = client()
    publisher.send(packets.publish(name, b"", version=V5, properties=properties))
    publisher.expect_refused(0x81, 0x82, 0x99)


# [MQTT-3.3.4-6]
@pytest.mark.mosquitto_differs("takes it")
def test_subscription_identifier_from_a_client(client, name):
    publisher = client()
    publisher.send(packets.publish(name, "x", version=V5, properties={"subscription_identifier": 1}))
    publisher.expect_refused(0x81, 0x82)


# [MQTT-3.3.2-14]
@pytest.mark.parametrize("topic", ["a/#", "+"])
@pytest.mark.mosquitto_differs("takes anything")
def test_response_topic_is_a_topic_name(client, name, topic):
    publisher = client()
    publisher.send(packets.publish(name, "x", version=V5, properties={"response_topic": topic}))
    publisher.expect_refused(0x81, 0x82, 0x90)


# [MQTT-3.3.2-13] [MQTT-3.3.2-19] [MQTT-1.5.4-1] [MQTT-1.5.7-1]
@pytest.mark.parametrize("bad", [
    ("content_type", b"\xff"), ("response_topic", b"a\0b"), ("user_property", (b"\xed\xa0\x80", "x")),
    ("user_property", ("x", b"\xc0\x80"))], ids=str)
def test_strings_are_utf8(client, name, bad):
    publisher = client()
    publisher.send(packets.publish(name, "x", version=V5, properties=[bad]))
    publisher.expect_refused(0x81, 0x82, 0x90)


# Topic aliases of a Client. [3.3.2.3.4]


# [MQTT-3.3.2-12]
def test_alias_in(client, name):
    subscriber = client()
    subscriber.subscribe(f"{name}/+", qos=2)
    publisher = client()
    for alias in range(1, 11):
        publisher.publish(f"{name}/{alias}", "set", 1, properties={"topic_alias": alias})
        assert subscriber.take_publish(topic=f"{name}/{alias}").properties.get("topic_alias") is None
    for alias in range(1, 11):
        publisher.publish("", "used", alias % 3, properties={"topic_alias": alias})
        subscriber.take_publish(topic=f"{name}/{alias}", payload="used")
    publisher.publish(f"{name}/new", "set anew", 1, properties={"topic_alias": 1})
    subscriber.take_publish(topic=f"{name}/new")
    publisher.publish("", "used", 1, properties={"topic_alias": 1})
    subscriber.take_publish(topic=f"{name}/new", payload="used")


# [MQTT-3.3.2-8] [MQTT-3.3.2-9] [MQTT-3.2.2-17]
@pytest.mark.parametrize("alias", [0, 11, 65535])
def test_alias_out_of_range(client, name, alias):
    publisher = client()
    publisher.send(packets.publish(name, "x", version=V5, properties={"topic_alias": alias}))
    publisher.expect_refused(0x94)


def test_alias_that_was_never_set(client):
    publisher = client()
    publisher.send(packets.publish("", "x", version=V5, properties={"topic_alias": 3}))
    publisher.expect_refused(0x82, 0x94)


# [MQTT-3.3.2-7]
def test_alias_does_not_outlive_the_connection(client, name):
    first = client(V5, name, properties={"session_expiry": 60})
    first.publish(f"{name}/x", "set", 1, properties={"topic_alias": 1})
    first.close()
    second = client(V5, name, clean=False, properties={"session_expiry": 60})
    second.send(packets.publish("", "x", version=V5, properties={"topic_alias": 1}))
    second.expect_refused(0x82, 0x94)


# Topic aliases of the Server.


# [MQTT-3.1.2-30] [MQTT-3.3.2-11]
@pytest.mark.parametrize("properties", [None, {"topic_alias_maximum": 0}])
def test_no_alias_out_unless_wanted(client, name, properties):
    subscriber = client(properties=properties)
    subscriber.subscribe(name)
    publisher = client()
    for _ in range(5):
        publisher.publish(name, "x")
        assert not subscriber.expect_publish(name).properties


# [MQTT-3.1.2-29] [MQTT-3.3.2-10] [MQTT-3.3.2-11]
@pytest.mark.parametrize("maximum", [1, 3, 65535])
def test_alias_out(client, name, maximum):
    subscriber = client(properties={"topic_alias_maximum": maximum})
    subscriber.subscribe(f"{name}/+", qos=1)
    publisher = client()
    known = {}
    for number in range(30):
        topic = f"{name}/{number % 15}"
        publisher.publish(topic, str(number), 1)
        got = subscriber.take_publish(payload=str(number))
        alias = got.properties.get("topic_alias")
        if alias is not None:
            assert 1 <= alias <= maximum
            if got.topic:
                known[alias] = got.topic
        assert (got.topic or known[alias]) == topic
    if subscriber.polite:
        assert known  # it may do without, but ours does not


# [MQTT-3.3.2-7]: what is sent again on another connection has its whole topic.
def test_alias_out_does_not_outlive_the_connection(client, name):
    settings = {"session_expiry": 60, "topic_alias_maximum": 5}
    first = client(V5, name, properties=settings)
    first.subscribe(name, qos=1)
    client().publish(name, "a", 1)
    client().publish(name, "b", 1)
    first.expect_publish(payload="a")
    first.expect_publish(payload="b")
    first.close()
    second = client(V5, name, clean=False, properties=settings)
    second.take_publish(topic=name, payload="a", dup=True)
    second.take_publish(payload="b", dup=True)


# Message expiry. [3.3.2.3.3]


# [MQTT-3.3.2-6]
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_expiry_is_forwarded(client, name, qos):
    subscriber = client()
    subscriber.subscribe(name, qos=2)
    client().publish(name, "x", qos, properties={"message_expiry": 1000})
    assert 990 < subscriber.take_publish(payload="x").properties.get("message_expiry") <= 1000


# [MQTT-3.3.2-5] [MQTT-3.3.2-6]
@pytest.mark.slow
def test_expiry_counts_down_in_a_queue(client, name):
    settings = {"clean": False, "properties": {"session_expiry": 60}}
    subscriber = client(V5, name, **settings)
    subscriber.subscribe(name, qos=1)
    subscriber.disconnect()
    publisher = client()
    publisher.publish(name, "brief", 1, properties={"message_expiry": 1})
    publisher.publish(name, "long", 1, properties={"message_expiry": 1000})
    publisher.publish(name, "for ever", 1)
    time.sleep(3)
    back = client(V5, name, **settings)
    assert back.take_publish(payload="long").properties.get("message_expiry") < 1000
    assert back.take_publish(payload="for ever").properties.get("message_expiry") is None
    back.expect_nothing()


# [MQTT-4.3.3-7] [MQTT-4.3.3-13]: once it was sent it does not expire.
@pytest.mark.slow
@pytest.mark.parametrize("qos", [1, 2])
@pytest.mark.mosquitto_differs("drops it")
def test_expiry_does_not_touch_what_is_in_flight(client, name, qos):
    settings = {"clean": False, "properties": {"session_expiry": 60}}
    subscriber = client(V5, name, **settings)
    subscriber.subscribe(name, qos=qos)
    client().publish(name, "sent", qos, properties={"message_expiry": 1})
    subscriber.expect_publish(payload="sent")
    subscriber.close()
    time.sleep(3)
    client(V5, name, **settings).take_publish(payload="sent", dup=True)


# Maximum Packet Size of a Client. [3.1.2.11.4]


# [MQTT-3.1.2-27] [MQTT-3.1.2-28]
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_too_large_for_the_client(client, name, qos):
    subscriber = client(properties={"maximum_packet_size": 100})
    subscriber.subscribe(name, qos=qos)
    publisher = client()
    publisher.publish(name, "x" * 200, qos)
    publisher.publish(name, "fits", qos)
    subscriber.take_publish(payload="fits")
    subscriber.expect_nothing()


# [MQTT-3.1.2-27]: to the byte.
@pytest.mark.mosquitto_differs("sends more than the Client takes: it measures without the header")
def test_exactly_as_large_as_the_client_takes(client, name):
    subscriber = client(properties={"maximum_packet_size": 100})
    subscriber.subscribe(name, qos=1)
    overhead = len(packets.publish(name, "", 1, 1, version=V5))
    publisher = client()
    publisher.publish(name, "x" * (100 - overhead), 1)
    assert subscriber.take_publish().size == 100
    publisher.publish(name, "x" * (101 - overhead), 1)
    subscriber.expect_nothing()


# [MQTT-3.1.2-28]: discarded is done with; it does not take the place of others.
@pytest.mark.mosquitto_differs("sends nothing more to that Client")
def test_too_large_ones_leave_the_window(client, name):
    subscriber = client(properties={"maximum_packet_size": 100, "receive_maximum": 1})
    subscriber.subscribe(name, qos=1)
    publisher = client()
    for _ in range(30):
        publisher.publish(name, "x" * 200, 1)
    publisher.publish(name, "fits", 1)
    subscriber.take_publish(payload="fits")


# Properties leave in one piece, however little room a connection is given: else nothing would leave any more.
@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("size", [50, 900, 1_100, 1_900])
def test_a_message_of_nothing_but_properties_holds_nobody_up(client, name, qos, size):
    subscriber, publisher = client(), client()
    subscriber.subscribe(name, qos=qos)
    properties = [("user_property", ("k", "v" * 9_990))] * (size // 10)
    publisher.publish(name, "large", qos, properties=properties)
    publisher.publish(name, "behind", qos)
    assert subscriber.take_publish(payload="large").properties == properties
    subscriber.take_publish(payload="behind")


# [MQTT-3.1.2-27]: a retained one, and one that waited, too.
def test_too_large_from_the_queue(client, name):
    client().publish(f"{name}/r", "x" * 200, 1, retain=True)
    settings = {"clean": False}
    first = client(V5, name, **settings, properties={"session_expiry": 60})
    first.subscribe((f"{name}/q", 1))
    first.disconnect()
    client().publish(f"{name}/q", "x" * 200, 1)
    client().publish(f"{name}/q", "fits", 1)
    small = client(V5, name, **settings, properties={"session_expiry": 60, "maximum_packet_size": 100})
    small.take_publish(payload="fits")
    small.subscribe(f"{name}/r")
    small.expect_nothing()


# [MQTT-3.1.2-27] [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] [MQTT-3.6.2-2]
# [MQTT-3.6.2-3] [MQTT-3.7.2-2] [MQTT-3.7.2-3] [MQTT-3.9.2-1] [MQTT-3.9.2-2] [MQTT-3.11.2-1]
# [MQTT-3.11.2-2] [MQTT-3.14.2-3] [MQTT-3.14.2-4]: reasons in words only where there is room.
def test_answers_within_the_maximum(client, name):
    small = client(properties={"maximum_packet_size": 20})
    small.send(
        packets.publish(name, "x", 1, 1, version=V5), packets.publish(name, "x", 2, 2, version=V5),
        packets.pubrel(99), packets.pubrec(98), packets.subscribe(3, [(f"{name}/+", 0)], V5),
        packets.unsubscribe(4, ["none"], V5), packets.publish("#", "x", version=V5))
    got = small.expect_closed()
    kinds = [packet.kind for packet in got]
    assert kinds[:6] == [PUBACK, PUBREC, PUBCOMP, PUBREL, SUBACK, UNSUBACK], got
    assert all(packet.size <= 20 for packet in got)


# Request Problem Information. [3.1.2.11.7]


# [MQTT-3.1.2-32]
def test_no_reasons_in_words_unless_wanted(client, name):
    quiet = client(properties={"request_problem_information": 0})
    assert not quiet.publish(name, "x", 1).properties
    assert not quiet.publish(name, "x", 2).properties
    assert not quiet.unsubscribe(name).properties
    quiet.send(packets.subscribe(9, [("$share/g", 0), ("a#", 0)], V5))
    try:
        got = quiet.receive()
    except Closed:
        return
    assert got.kind != SUBACK or not got.properties


# [MQTT-3.1.2-32]: PUBLISH keeps its User Properties.
def test_user_properties_of_a_publish_stay(client, name):
    subscriber = client(properties={"request_problem_information": 0})
    subscriber.subscribe(name)
    client().publish(name, "x", properties=[("user_property", ("a", "b"))])
    assert subscriber.expect_publish().properties.all("user_property") == [("a", "b")]


# User Properties of every other packet are taken and go nowhere.
def test_user_properties_everywhere(client, open_client, name):
    pairs = [("user_property", (str(n), "x" * n)) for n in range(20)]
    everywhere = open_client()
    everywhere.connect(name, properties=pairs, will=Will(name, "gone", properties=pairs))
    everywhere.subscribe(name, qos=2, properties=pairs)
    everywhere.send(packets.unsubscribe(77, ["none"], V5, pairs))
    everywhere.expect(UNSUBACK, packet_id=77)
    client().publish(name, "x", 1)
    got = everywhere.expect_publish(payload="x")
    assert not got.properties
    everywhere.send(packets.puback(got.packet_id, 0, pairs))
    everywhere.send(packets.disconnect(0, pairs))
    everywhere.expect_gone()


# Enhanced authentication that nobody asked for. [4.12]


# [MQTT-4.12.0-7] [MQTT-3.15.2-1] [MQTT-4.12.1-1] [MQTT-4.12.1-2]
@pytest.mark.parametrize("raw", [packets.auth(), packets.auth(0x18, {"authentication_method": "x"}),
                                 packets.auth(0x19, {"authentication_method": "x"}),
                                 packets.auth(0x77)], ids=["empty", "continue", "again", "unknown"])
def test_auth_without_a_method(client, raw):
    stranger = client()
    stranger.send(raw)
    stranger.expect_refused(0x81, 0x82, 0x8C)


# [MQTT-3.15.1-1]
@pytest.mark.parametrize("flags", [1, 2, 8])
def test_auth_flags(client, flags):
    stranger = client()
    stranger.send(packets.packet(0xF0 | flags, b"\x18\0"))
    stranger.expect_refused(0x81, 0x82)


# AUTH is of version 5. [2.2.1]
@pytest.mark.parametrize("version", [V31, V311])
def test_auth_before_version_5(client, version):
    stranger = client(version)
    stranger.send(packets.auth())
    stranger.expect_refused()


# Request and response, as [4.10] has it.
def test_request_and_response(client, name):
    requester, responder = client(), client()
    requester.subscribe(f"{name}/answer", qos=1)
    responder.subscribe(f"{name}/question", qos=1)
    requester.send(packets.publish(f"{name}/question", "?", 1, 5, version=V5, properties=[
        ("response_topic", f"{name}/answer"), ("correlation_data", b"\0\7")]))
    requester.expect(PUBACK, packet_id=5)
    question = responder.take_publish(payload="?").properties
    responder.publish(question.get("response_topic"), "!", 1, properties=[
        ("correlation_data", question.get("correlation_data"))])
    assert requester.take_publish(payload="!").properties.get("correlation_data") == b"\0\7"


# [MQTT-3.14.1-1] [MQTT-3.14.2-1]
@pytest.mark.parametrize("raw", [packets.packet(0xE1), packets.packet(0xE8),
                                 packets.packet(0xE0, b"\x00\x02\x11\x00"),
                                 packets.packet(0xE0, b"\x00\x00\x00")],
                         ids=["flag 1", "flag 8", "cut property", "trailing byte"])
def test_broken_disconnect(client, raw):
    leaver = client()
    leaver.send(raw)
    leaver.expect_refused(0x81, 0x82)


# [MQTT-3.14.4-1] [MQTT-3.14.4-2] [MQTT3-3.14.4-1]: what follows a DISCONNECT is not looked at.
def test_nothing_after_disconnect(client, version, name):
    witness = client()
    witness.subscribe(name)
    leaver = client(version)
    leaver.send(packets.disconnect(), packets.publish(name, "no", version=version))
    leaver.expect_gone()
    witness.expect_nothing()
