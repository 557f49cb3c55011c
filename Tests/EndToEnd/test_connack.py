"""CONNACK: what the Server says of itself. [3.2]"""

import packets
import pytest
from broker import IS_SWIFTLET
from packets import CONNACK, V31, V311, V5, Will
from raw_client import Closed


# [MQTT-3.2.2-1] [MQTT-3.2.2-8] [MQTT-2.2.2-1] [MQTT-3.2.2-9]: all of QoS, retained messages,
# wildcards, Subscription Identifiers and shared subscriptions is there, so it says nothing of them.
def test_properties_by_default(open_client, name):
    connack = open_client().connect(name)
    expected = [("topic_alias_maximum", 10), ("maximum_packet_size", 2000000),
                ("receive_maximum", 20)]
    if not IS_SWIFTLET:
        expected.remove(("maximum_packet_size", 2000000))  # a default of Mosquitto 2.1
    assert list(connack.properties) == expected


def test_bytes_before_version_5(open_client, name):
    for version in (V31, V311):
        client = open_client(version)
        client.send(packets.connect(version, name))
        raw = client.socket.recv(100)
        assert raw == bytes.fromhex("20020000")


# [MQTT-3.2.2-22] [MQTT-3.1.2-31]
def test_says_nothing_that_was_not_asked_for(open_client, name):
    connack = open_client().connect(name, keep_alive=30, properties={
        "request_response_information": 0, "session_expiry": 30})
    for absent in ("server_keep_alive", "response_information", "session_expiry",
                   "authentication_method", "maximum_qos", "retain_available"):
        assert connack.properties.get(absent) is None, connack


# [MQTT-4.12.0-6]
def test_no_authentication_method_without_one(open_client, name):
    assert "authentication_method" not in open_client().connect(name).properties.names()


# [MQTT-3.2.2-2] [MQTT-3.2.2-3] [MQTT3-3.2.2-1] [MQTT3-3.2.2-2] [MQTT3-3.2.2-3]
# 3.1 has no Session Present: the decoder refuses it.
def test_session_present(open_client, version, name):
    keep = {"properties": {"session_expiry": 60}} if version == V5 else {}
    for clean, expected in [(False, False), (False, True), (True, False), (True, False)]:
        client = open_client(version)
        connack = client.connect(name, clean=clean, **keep)
        assert connack.session_present is (expected and version != V31)
        client.disconnect()


# [MQTT-3.2.2-19] [MQTT-3.2.2-20] [MQTT-3.1.2-27]
@pytest.mark.swiftlet_only("Mosquitto 2.0 does not measure its CONNACK")
@pytest.mark.parametrize("size", [8, 12, 20])
def test_connack_within_a_small_maximum_packet_size(open_client, size):
    client = open_client()
    client.send(packets.connect(V5, "", properties={"maximum_packet_size": size}))
    try:
        got = client.receive()
    except Closed:  # all that is left when nothing fits
        return
    assert got.kind == CONNACK and got.size <= size


# [MQTT-3.2.2-9] [MQTT-3.2.2-10] [MQTT-3.2.2-11]: a Server that was told to do without QoS 2.
def test_maximum_qos(start_broker, client, open_client, name):
    broker = start_broker("max_qos 1")
    subscriber = client(broker=broker)
    assert subscriber.connack.properties.get("maximum_qos") == 1
    subscriber.send(packets.subscribe(1, [(name, 2)], V5))
    assert subscriber.expect(packets.SUBACK).reasons[0] in (1, 2)
    client(broker=broker).publish(name, "x", 1)
    subscriber.take_publish(payload="x", qos=1)
    publisher = client(broker=broker)
    publisher.send(packets.publish(name, "x", 2, 1, version=V5))
    publisher.expect_refused(0x9B)
    # [MQTT-3.2.2-12]
    refused = open_client(V5, broker)
    refused.send(packets.connect(V5, "w", will=Will("w", "gone", 2)))
    refused.expect_unconnected(0x9B)


# [MQTT-3.2.2-13] [MQTT-3.2.2-14]: or without retained messages.
def test_retain_not_available(start_broker, client, open_client, name):
    broker = start_broker("retain_available false")
    publisher = client(broker=broker)
    assert publisher.connack.properties.get("retain_available") == 0
    publisher.send(packets.publish(name, "x", 0, retain=True, version=V5))
    publisher.expect_refused(0x9A)
    refused = open_client(V5, broker)
    refused.send(packets.connect(V5, "w", will=Will("w", "gone", retain=True)))
    refused.expect_unconnected(0x9A)
