"""What is too large, and strings that are none. [3.1.2.11.4] [1.5.4]"""

import packets
import pytest
from broker import IS_SWIFTLET
from packets import CONNACK, V311, V5, Will
from raw_client import Closed

LARGEST = 2_000_000

mosquitto_has_no_limit = pytest.mark.swiftlet_only("2,000,000 bytes are the default since Mosquitto 2.1")


# [MQTT-3.2.2-15]: announced in the CONNACK, so it holds to the byte.
@mosquitto_has_no_limit
def test_largest_packet(client, version, name):
    subscriber = client(version)
    subscriber.subscribe(name)
    publisher = client(version)
    overhead = 1 + 3 + 2 + len(name) + (1 if version == V5 else 0)
    raw = packets.publish(name, bytes(LARGEST - overhead), version=version)
    assert len(raw) == LARGEST
    publisher.send(raw)
    assert subscriber.expect_publish().size <= LARGEST
    publisher.ping()


@mosquitto_has_no_limit
def test_larger_than_the_largest_packet(client, version, name):
    publisher = client(version)
    publisher.send(packets.publish(name, bytes(LARGEST), version=version))
    publisher.expect_refused(0x95)


# Its header is enough: nobody waits for, or makes room for, what cannot be taken.
@mosquitto_has_no_limit
@pytest.mark.parametrize("length", [LARGEST, 16 * 1024 * 1024, 268_435_455])
def test_header_of_a_too_large_packet(client, version, length):
    publisher = client(version)
    publisher.send(b"\x30" + packets.variable(length))
    publisher.expect_refused(0x95)


# [MQTT-3.2.2-15]
@pytest.mark.parametrize("size", [200, 5000])
def test_configured_maximum(start_broker, client, name, size):
    broker = start_broker(f"max_packet_size {size}")
    publisher = client(V5, broker=broker)
    assert publisher.connack.properties.get("maximum_packet_size") == size
    room = size - len(packets.publish(name, b"", 1, 1, version=V5)) - 1
    publisher.publish(name, bytes(room), 1)
    publisher.send(packets.publish(name, bytes(size), 1, 9, version=V5))
    publisher.expect_refused(0x95)


@pytest.mark.parametrize("version", [V311, V5])
def test_connect_larger_than_the_maximum(start_broker, open_client, name, version):
    broker = start_broker("max_packet_size 200")
    client = open_client(version, broker)
    client.send(packets.connect(version, name, will=Will("w", bytes(400))))
    got = client.expect_closed()
    assert all(packet.kind == CONNACK and packet.reason for packet in got)


# [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-4.7.3-2] [MQTT3-1.5.3-1] [MQTT3-1.5.3-2]
@pytest.mark.parametrize("version", [V311, V5])
@pytest.mark.parametrize("topic", [
    b"a\x00b", b"\x00", b"\xff", b"\xfe", b"\x80", b"\xbf", b"a\xc3", b"\xe2\x82", b"\xf0\x9f\x98",
    b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xf0\x80\x80\x80",
    b"\xf0\x8f\xbf\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\x80\xed\xb0\x80",
    b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xc3\x28", b"\xe2\x28\xa1"],
    ids=lambda raw: raw.hex())
def test_topic_name_is_not_utf8(client, version, topic):
    publisher = client(version)
    publisher.send(packets.publish(topic, "x", version=version))
    publisher.expect_refused(0x81, 0x90)


# [MQTT-1.5.4-1] [MQTT-1.5.4-3] [MQTT3-1.5.3-3]: the edges that are allowed, byte for byte.
@pytest.mark.parametrize("topic", ["\ud7ff", "\ue000", "\U0010fffd",
                                   "\U00010000", "\u0800", "\ufeffx", "x\ufeff", "日本語/ü"],
                         ids=ascii)
def test_topic_name_at_the_edges(client, version, name, topic):
    subscriber = client(version)
    subscriber.subscribe(f"{name}/#")
    client(version).publish(f"{name}/{topic}", "x", 1)
    subscriber.expect_publish(f"{name}/{topic}", "x")


# Control characters and non-characters: a Server may close, it may forward; it lives. [1.5.4]
@pytest.mark.parametrize("topic", ["\x01", "\x1f", "\x7f", "\x9f", "\ufffe", "\uffff"], ids=ascii)
def test_characters_that_should_not_be(client, version, topic):
    publisher = client(version)
    publisher.send(packets.publish(f"x{topic}", "x", version=version), packets.pingreq())
    try:
        got = publisher.receive()
    except Closed:
        return
    assert got.kind in (packets.PINGRESP, packets.DISCONNECT)


# Payloads are bytes, well-formed or not.
@pytest.mark.parametrize("payload", [b"\0", b"\xff\xfe", b"\xed\xa0\x80", bytes(range(256)) * 4])
def test_payload_is_any_bytes(client, version, name, payload):
    subscriber = client(version)
    subscriber.subscribe(name, qos=1)
    client(version).publish(name, payload, 1)
    subscriber.take_publish(payload=payload)


# [MQTT-3.1.4-2]
# Connections beyond the configured number are turned away with a reason, and the others served.
@pytest.mark.parametrize("version", packets.VERSIONS)
@pytest.mark.swiftlet_only("Mosquitto closes without a CONNACK")
def test_too_many_connections(start_broker, client, open_client, version, name):
    broker = start_broker("max_connections 3")
    crowd = [client(broker=broker) for _ in range(3)]
    late = open_client(version, broker)
    late.send(packets.connect(version, name))
    got = late.expect_closed()
    assert [packet.kind for packet in got] == [CONNACK], got
    assert got[0].reason == (0x97 if version == V5 else 3)
    for member in crowd:
        member.ping()
    crowd[0].disconnect()
    again = open_client(version, broker)
    again.connect(name)
    again.ping()
