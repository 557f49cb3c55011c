"""Receive Maximum both ways. [4.9]"""

import packets
import pytest
from packets import PUBACK, PUBCOMP, PUBREC, PUBREL, V311, V5


# [MQTT-3.3.4-9] [MQTT-4.9.0-1] [MQTT-4.9.0-2]
@pytest.mark.parametrize("maximum", [1, *(pytest.param(n, marks=pytest.mark.mosquitto_differs(
    "sends one more than the Client allows, once some are acknowledged")) for n in (2, 5))])
@pytest.mark.parametrize("qos", [1, 2])
def test_client_receive_maximum(client, name, maximum, qos):
    subscriber = client(properties={"receive_maximum": maximum})
    subscriber.subscribe(name, qos=qos)
    publisher = client()
    for number in range(12):
        publisher.publish(name, str(number), qos)
    window = [subscriber.expect_publish(payload=str(number)) for number in range(maximum)]
    subscriber.expect_nothing()
    for number in range(maximum, 12):
        subscriber.acknowledge(window.pop(0))
        window.append(subscriber.expect_publish(payload=str(number)))
        subscriber.expect_nothing()
    for packet in window:
        subscriber.acknowledge(packet)
    subscriber.expect_nothing()


# [4.9]: it is PUBCOMP, or PUBREC with an error, that gives back what a QoS 2 PUBLISH took.
def test_pubrec_alone_gives_nothing_back(client, name):
    subscriber = client(properties={"receive_maximum": 1})
    subscriber.subscribe(name, qos=2)
    publisher = client()
    publisher.publish(name, "1", 2)
    publisher.publish(name, "2", 2)
    first = subscriber.expect_publish(payload="1")
    subscriber.send(packets.pubrec(first.packet_id))
    subscriber.expect(PUBREL, packet_id=first.packet_id)
    subscriber.expect_nothing()
    subscriber.send(packets.pubcomp(first.packet_id))
    subscriber.take_publish(payload="2")


# [4.9] [MQTT-4.4.0-2]
def test_pubrec_with_error_gives_back(client, name):
    subscriber = client(properties={"receive_maximum": 1})
    subscriber.subscribe(name, qos=2)
    publisher = client()
    publisher.publish(name, "1", 2)
    publisher.publish(name, "2", 2)
    subscriber.send(packets.pubrec(subscriber.expect_publish(payload="1").packet_id, 0x80))
    subscriber.take_publish(payload="2")
    subscriber.expect_nothing()


# [MQTT-3.3.4-10] [MQTT-4.9.0-3]: everything else flows while the quota is used up, QoS 0 too.
def test_everything_else_flows(client, name):
    subscriber = client(properties={"receive_maximum": 1})
    subscriber.subscribe(f"{name}/1", qos=1)
    publisher = client()
    publisher.publish(f"{name}/1", "a", 1)
    publisher.publish(f"{name}/1", "b", 1)
    first = subscriber.expect_publish(payload="a")
    subscriber.subscribe(f"{name}/0")
    publisher.publish(f"{name}/0", "c", 0)
    subscriber.expect_publish(payload="c", qos=0)
    subscriber.publish(f"{name}/x", "d", 1)
    subscriber.publish(f"{name}/x", "e", 2)
    subscriber.unsubscribe(f"{name}/0")
    subscriber.expect_nothing()
    subscriber.acknowledge(first)
    subscriber.take_publish(payload="b")


# [MQTT-3.3.4-9]: the window of the new connection counts, not of the one before.
@pytest.mark.mosquitto_differs("sends again all at once, whatever the Client allows now")
def test_receive_maximum_of_the_next_connection(client, name):
    settings = {"clean": False}
    wide = client(V5, name, **settings, properties={"session_expiry": 60})
    wide.subscribe(name, qos=1)
    publisher = client()
    for number in range(4):
        publisher.publish(name, str(number), 1)
        wide.expect_publish(payload=str(number))
    wide.close()
    narrow = client(V5, name, **settings, properties={"session_expiry": 60, "receive_maximum": 1})
    for number in range(4):
        got = narrow.expect_publish(payload=str(number))
        narrow.expect_nothing()
        narrow.acknowledge(got)
    narrow.expect_nothing()


# [MQTT-3.3.4-7] [4.9]: more than we announced is 0x93. The PUBLISHes wait for our PUBREL.
@pytest.mark.mosquitto_differs("refuses that PUBLISH with 0x97 instead of closing")
def test_server_receive_maximum_exceeded(client, name):
    publisher = client()
    assert publisher.connack.properties.get("receive_maximum") == 20
    publisher.send(*(packets.publish(name, "x", 2, number, version=V5) for number in range(1, 21)))
    for number in range(1, 21):
        publisher.expect(PUBREC, packet_id=number)
    publisher.send(packets.publish(name, "x", 2, 21, version=V5))
    publisher.expect_refused(0x93)


def test_server_receive_maximum_reached_again_and_again(client, name):
    publisher = client()
    for _ in range(5):
        publisher.send(*(packets.publish(name, "x", 2, n, version=V5) for n in range(1, 21)))
        for number in range(1, 21):
            publisher.expect(PUBREC, packet_id=number)
        publisher.send(*(packets.pubrel(number) for number in range(1, 21)))
        for number in range(1, 21):
            publisher.expect(PUBCOMP, packet_id=number, reason=0)


# [4.9]: QoS 1 is acknowledged at once, so a Client that does not wait is within the limit as long
# as each PUBLISH is answered before the next is looked at.
def test_many_qos_1_in_one_write(client, name):
    publisher = client()
    publisher.send(*(packets.publish(name, "x", 1, n, version=V5) for n in range(1, 201)))
    for number in range(1, 201):
        publisher.expect(PUBACK, packet_id=number)


# Before version 5 there is no Receive Maximum to exceed: our window slows the Client at most.
def test_many_qos_2_before_version_5(client, name):
    publisher = client(V311)
    for number in range(1, 21):
        publisher.send(packets.publish(name, "x", 2, number))
        publisher.expect(PUBREC, packet_id=number)
    publisher.send(*(packets.pubrel(number) for number in range(1, 21)))
    for number in range(1, 21):
        publisher.expect(PUBCOMP, packet_id=number)


# Before version 5 `max_inflight_messages` is the window; 20 by default.
def test_default_window_before_version_5(client, name):
    subscriber = client(V311)
    subscriber.subscribe(name, qos=1)
    publisher = client()
    for number in range(30):
        publisher.publish(name, str(number), 1)
    first = [subscriber.expect_publish(payload=str(number)) for number in range(20)]
    subscriber.expect_nothing()
    for packet in first:
        subscriber.acknowledge(packet)
    for number in range(20, 30):
        subscriber.take_publish(payload=str(number))


def test_configured_window(start_broker, client, name):
    broker = start_broker("max_inflight_messages 3")
    subscriber = client(V311, broker=broker)
    subscriber.subscribe(name, qos=1)
    publisher = client(V5, broker=broker)
    assert publisher.connack.properties.get("receive_maximum") == 3
    for number in range(5):
        publisher.publish(name, str(number), 1)
    first = [subscriber.expect_publish(payload=str(number)) for number in range(3)]
    subscriber.expect_nothing()
    for packet in first:
        subscriber.acknowledge(packet)
    for number in range(3, 5):
        subscriber.take_publish(payload=str(number))
