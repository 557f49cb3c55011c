"""Shared subscriptions. [4.8.2]"""

import packets
import pytest
from packets import SUBACK, V5, options
from raw_client import Closed
from test_session import keep


def members(client, count, topic_filter, version=V5, qos=1):
    group = [client(version) for _ in range(count)]
    for member in group:
        member.subscribe(topic_filter, qos=qos)
    return group


def payloads(group):
    return [[int(packet.payload) for packet in member.drain()] for member in group]


# [4.8.2]: each message goes to one of them; in turn, as Mosquitto does it.
def test_round_robin(client, version, name):
    group = members(client, 3, f"$share/g/{name}/#", version)
    publisher = client()
    for number in range(30):
        publisher.publish(f"{name}/x", str(number), 1)
    got = payloads(group)
    assert sorted(sum(got, [])) == list(range(30))
    assert [len(part) for part in got] == [10, 10, 10]
    assert all(part == sorted(part) for part in got)


# [MQTT-3.3.2-3]: the topic is the one published, without $share.
def test_topic_name(client, name):
    member, = members(client, 1, f"$share/g/{name}/+")
    client().publish(f"{name}/x", "a", 1)
    member.take_publish(topic=f"{name}/x", payload="a")


# Groups of other names, and filters, are apart.
def test_two_groups(client, name):
    first = members(client, 2, f"$share/one/{name}")
    second = members(client, 2, f"$share/two/{name}")
    publisher = client()
    for number in range(10):
        publisher.publish(name, str(number), 1)
    assert sorted(sum(payloads(first), [])) == list(range(10))
    assert sorted(sum(payloads(second), [])) == list(range(10))


def test_same_group_name_with_other_filters(client, name):
    first, = members(client, 1, f"$share/g/{name}/a")
    second, = members(client, 1, f"$share/g/{name}/+")
    client().publish(f"{name}/a", "1", 1)
    first.take_publish(payload="1")
    second.take_publish(payload="1")


# [4.8.2]: a shared and an ordinary subscription of one session are two.
def test_shared_and_ordinary(client, name):
    both = client()
    both.subscribe(f"$share/g/{name}", qos=1)
    both.subscribe(name, qos=1)
    other, = members(client, 1, f"$share/g/{name}")
    ordinary = client()
    ordinary.subscribe(name, qos=1)
    publisher = client()
    for number in range(10):
        publisher.publish(name, str(number), 1)
    got = [int(packet.payload) for packet in both.drain()] + payloads([other])[0]
    assert sorted(set(got)) == list(range(10))
    assert len(got) == 20  # 10 by the ordinary subscription, 10 by the group
    assert payloads([ordinary]) == [list(range(10))]


# [MQTT-4.8.2-3] [MQTT-3.8.4-8]
def test_granted_qos_of_each(client, name):
    group = [client() for _ in range(3)]
    for qos, member in enumerate(group):
        member.subscribe(f"$share/g/{name}", qos=qos)
    publisher = client()
    for number in range(6):
        publisher.publish(name, str(number), 2)
    for qos, member in enumerate(group):
        got = member.drain()
        assert got and all(packet.qos == qos for packet in got if packet.kind == packets.PUBLISH)


# [4.8.2]: who is there comes before who is away; nothing is lost.
@pytest.mark.mosquitto_differs("takes turns with who is away, too")
def test_offline_member_is_passed_over(client, name):
    away = client(V5, name, **keep(V5))
    away.subscribe(f"$share/g/{name}", qos=1)
    here, = members(client, 1, f"$share/g/{name}")
    away.disconnect()
    publisher = client()
    for number in range(10):
        publisher.publish(name, str(number), 1)
    assert payloads([here]) == [list(range(10))]


# Nobody there: it waits for one of them.
def test_all_members_offline(client, name):
    for number in range(2):
        member = client(V5, f"{name}x{number}", **keep(V5))
        member.subscribe(f"$share/g/{name}", qos=1)
        member.disconnect()
    publisher = client()
    for number in range(10):
        publisher.publish(name, str(number), 1)
    back = [client(V5, f"{name}x{number}", **keep(V5)) for number in range(2)]
    assert sorted(sum(payloads(back), [])) == list(range(10))


# [MQTT-4.8.2-4]: what a member has been sent is its own, also after it was away.
@pytest.mark.parametrize("qos", [1, 2])
def test_in_flight_stays_with_its_member(client, name, qos):
    first = client(V5, name, **keep(V5))
    first.subscribe(f"$share/g/{name}", qos=qos)
    client().publish(name, "mine", qos)
    started = first.expect_publish(payload="mine")
    second, = members(client, 1, f"$share/g/{name}", qos=qos)
    first.close()
    second.expect_nothing()
    back = client(V5, name, **keep(V5))
    back.take_publish(payload="mine", dup=True, packet_id=started.packet_id)
    second.expect_nothing()


# [MQTT-4.8.2-5]: a QoS 2 message whose member's session ends is not sent to another.
def test_in_flight_qos_2_of_an_ended_session(client, name):
    first = client()
    first.subscribe(f"$share/g/{name}", qos=2)
    client().publish(name, "mine", 2)
    first.expect_publish(payload="mine")
    second, = members(client, 1, f"$share/g/{name}", qos=2)
    first.close()
    second.expect_nothing()


# [MQTT-4.8.2-6]
@pytest.mark.parametrize("qos, answer", [(1, packets.puback), (2, packets.pubrec)])
def test_refused_by_a_member(client, name, qos, answer):
    group = members(client, 2, f"$share/g/{name}", qos=qos)
    client().publish(name, "bad", qos)
    for member in group:
        for packet in [p for p in quiet(member) if p.kind == packets.PUBLISH]:
            member.send(answer(packet.packet_id, 0x80))
    for member in group:
        member.expect_nothing()


def quiet(member):
    """What came, not acknowledged."""
    member.send(packets.pingreq())
    got = []
    while (packet := member.receive()).kind != packets.PINGRESP:
        got.append(packet)
    return got


# [MQTT-4.8.2-1] [MQTT-4.8.2-2]: "$share" alone is an ordinary filter.
@pytest.mark.parametrize("topic_filter", ["$share/", "$share//t", "$share/+/t", "$share/#/t",
                                          "$share/g", "$share/g/", "$share/a+b/t", "$share/a#/t",
                                          "$share/g/a#", "$share/g/#/a"])
def test_malformed(client, version, topic_filter):
    subscriber = client(version)
    subscriber.send(packets.subscribe(1, [(topic_filter, 0)], version))
    try:
        got = subscriber.receive()
    except Closed:
        assert version != V5 or not subscriber.polite
        return
    if got.kind == packets.DISCONNECT:
        assert got.reason in (0x81, 0x82, 0x8F)
    elif subscriber.polite:
        assert got.kind == SUBACK and got.reasons[0] in (0x80, 0x8F)


# [MQTT-3.8.3-4]
@pytest.mark.mosquitto_differs("grants it")
def test_no_local(client, name):
    subscriber = client()
    subscriber.send(packets.subscribe(1, [(f"$share/g/{name}", options(no_local=True))], V5))
    subscriber.expect_refused(0x82)


# [MQTT-3.10.4-1]
def test_unsubscribe(client, name):
    leaver, stayer = members(client, 2, f"$share/g/{name}")
    assert leaver.unsubscribe(name).reasons == [0x11]
    assert leaver.unsubscribe(f"$share/other/{name}").reasons == [0x11]
    assert leaver.unsubscribe(f"$share/g/{name}").reasons == [0x00]
    publisher = client()
    for number in range(4):
        publisher.publish(name, str(number), 1)
    assert payloads([leaver, stayer]) == [[], [0, 1, 2, 3]]


# The last one leaves: nobody matched.
def test_last_member_leaves(client, name):
    member, = members(client, 1, f"$share/g/{name}")
    member.disconnect()
    assert client().publish(name, "x", 1).reason == 0x10


# [MQTT-3.3.4-3]
def test_subscription_identifier(client, name):
    member = client()
    member.subscribe(f"$share/g/{name}", qos=1, properties={"subscription_identifier": 9})
    client().publish(name, "x", 1)
    assert member.take_publish(payload="x").properties.all("subscription_identifier") == [9]


# [MQTT-3.3.4-5]: the copies of a shared and of an ordinary subscription each say which.
def test_subscription_identifiers_of_two_copies(client, name):
    both = client()
    both.subscribe(f"$share/g/{name}", properties={"subscription_identifier": 1})
    both.subscribe(name, properties={"subscription_identifier": 2})
    client().publish(name, "x", 1)
    copies = [both.expect_publish(payload="x").properties.all("subscription_identifier") for _ in "12"]
    assert sorted(copies) == [[1], [2]]


# A wildcard subscription of somebody else does not see $share as a topic.
def test_not_a_topic_level(client, name):
    plain = client()
    plain.subscribe(f"+/g/{name}")
    members(client, 1, f"$share/g/{name}")
    client().publish(name, "x", 1)
    plain.expect_nothing()
