"""PUBLISH and its acknowledgements: each QoS both ways, exactly. [3.3] [4.3]"""

import itertools

import packets
import pytest
from packets import PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, V31, V311, V5, VERSIONS
from test_session import keep


# [MQTT-3.8.4-8] [MQTT-4.3.1-1] [MQTT-4.3.2-2] [MQTT-4.3.3-2] [MQTT-3.3.4-1] [MQTT3-3.3.4-1]
# [MQTT-3.3.1-3] [MQTT-4.3.2-4] [MQTT-4.3.3-8] [MQTT-4.3.3-11] [MQTT-2.2.1-5] [MQTT3-2.3.1-6]
@pytest.mark.parametrize("from_version, to_version", list(itertools.product(VERSIONS, VERSIONS)))
def test_every_qos_to_every_qos(client, name, from_version, to_version):
    for sent, granted in itertools.product(range(3), range(3)):
        topic = f"{name}/{sent}/{granted}"
        subscriber = client(to_version)
        subscriber.subscribe(topic, qos=granted)
        client(from_version).publish(topic, topic, sent)
        got = subscriber.take_publish(topic=topic, payload=topic, qos=min(sent, granted))
        assert not got.dup and not got.retain and not got.properties
        subscriber.expect_nothing()


# [MQTT-3.4.2-1] [MQTT-3.5.2-1]: 0x10, no matching subscribers.
@pytest.mark.parametrize("qos", [1, pytest.param(2, marks=pytest.mark.mosquitto_differs(
    "looks for subscribers of a QoS 2 message after its PUBREC"))])
def test_nobody_matched(client, name, qos):
    assert client().publish(f"{name}/nobody", "x", qos).reason == 0x10
    listener = client()
    listener.subscribe(name)
    assert client().publish(name, "x", qos).reason == 0


@pytest.mark.parametrize("qos, kind", [(1, "40020007"), (2, "50020007")])
def test_acknowledgement_bytes_before_version_5(client, name, qos, kind):
    publisher = client(V311)
    publisher.send(packets.publish(name, "x", qos, 7))
    assert publisher.socket.recv(100) == bytes.fromhex(kind)


# [3.4.2.1]: with reason 0 and no properties version 5 may leave them out, as Mosquitto does.
@pytest.mark.parametrize("qos, kind", [(1, "40020007"), (2, "50020007")])
def test_acknowledgement_bytes_in_version_5(client, name, qos, kind):
    listener = client()
    listener.subscribe(name)
    publisher = client()
    publisher.send(packets.publish(name, "x", qos, 7, version=V5))
    assert publisher.socket.recv(100) == bytes.fromhex(kind)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16383, 16384, 100000, 1900000])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_payload_sizes(client, version, name, size, qos):
    payload = bytes(itertools.islice(itertools.cycle(range(251)), size))
    subscriber = client(version)
    subscriber.subscribe(name, qos=2)
    publisher = client(version)
    publisher.publish(name, payload, qos)
    assert subscriber.take_publish(topic=name, qos=qos).payload == payload


# [MQTT-4.3.2-5]: after PUBACK the same identifier is a new publication, whatever DUP says.
@pytest.mark.parametrize("dup", [False, True])
def test_qos_1_again_is_a_new_publication(client, version, name, dup):
    subscriber = client(version)
    subscriber.subscribe(name, qos=1)
    publisher = client(version)
    for payload in ("one", "two"):
        publisher.send(packets.publish(name, payload, 1, 9, dup=dup, version=version))
        publisher.expect(PUBACK, packet_id=9, reason=0)
        # [MQTT-3.3.1-3] [MQTT3-3.3.1-3]: DUP is not passed on.
        subscriber.take_publish(payload=payload, dup=False)


# [MQTT-4.3.3-8] [MQTT-4.3.3-10] [MQTT-4.3.3-11] [MQTT-4.3.3-12]
@pytest.mark.mosquitto_differs("closes instead of sending PUBREC again [MQTT-4.3.3-10]")
def test_qos_2_exactly_once(client, version, name):
    subscriber = client(version)
    subscriber.subscribe(name, qos=0)
    publisher = client(version)
    first = packets.publish(name, "once", 2, 9, version=version)
    again = packets.publish(name, "once", 2, 9, dup=True, version=version)
    for raw in (first, again, again):
        publisher.send(raw)
        assert publisher.expect(PUBREC, packet_id=9).reason < 0x80
    publisher.send(packets.pubrel(9))
    publisher.expect(PUBCOMP, packet_id=9, reason=0)
    subscriber.expect_publish(payload="once")
    subscriber.expect_nothing()
    publisher.send(first, packets.pubrel(9))
    publisher.expect(PUBREC, packet_id=9)
    publisher.expect(PUBCOMP, packet_id=9, reason=0)
    subscriber.expect_publish(payload="once")
    subscriber.expect_nothing()


# [MQTT-4.3.3-10] [MQTT3-4.4.0-1]: the identifier stays taken when the connection breaks.
def test_qos_2_exactly_once_across_connections(client, version, name):
    subscriber = client(version)
    subscriber.subscribe(name, qos=0)
    publisher = client(version, f"{name}p", **keep(version))
    publisher.send(packets.publish(name, "once", 2, 9, version=version))
    publisher.expect(PUBREC, packet_id=9)
    publisher.close()
    publisher = client(version, f"{name}p", **keep(version))
    publisher.send(packets.publish(name, "once", 2, 9, dup=True, version=version))
    publisher.expect(PUBREC, packet_id=9)
    publisher.send(packets.pubrel(9))
    publisher.expect(PUBCOMP, packet_id=9, reason=0)
    subscriber.expect_publish(payload="once")
    subscriber.expect_nothing()


# [MQTT-4.3.3-11] [MQTT-3.7.2-1]: an identifier that is not known is 0x92 in version 5.
def test_unknown_pubrel(client, version):
    publisher = client(version)
    publisher.send(packets.pubrel(77))
    answer = publisher.expect(PUBCOMP, packet_id=77)
    assert answer.reason == (0x92 if version == V5 and publisher.polite else 0)
    publisher.ping()


# [MQTT-4.3.3-4]: nor does a PUBREC for nothing end in a promise.
def test_unknown_pubrec(client):
    receiver = client()
    receiver.send(packets.pubrec(77))
    answer = receiver.receive()
    assert answer.kind == PUBREL and answer.packet_id == 77
    if receiver.polite:
        assert answer.reason == 0x92
    receiver.ping()


# Acknowledgements of nothing are ignored.
@pytest.mark.parametrize("raw", [packets.puback(77), packets.pubcomp(77)])
def test_unknown_acknowledgement(client, version, raw):
    receiver = client(version)
    receiver.send(raw)
    receiver.expect_nothing()


# [MQTT-3.6.1-1] [MQTT3-3.6.1-1] [MQTT-2.1.3-1]
@pytest.mark.parametrize("version", [V311, V5])
@pytest.mark.parametrize("flags", [0, 1, 3, 6, 10, 15])
def test_pubrel_flags(client, version, flags):
    publisher = client(version)
    publisher.send(packets.acknowledgement(PUBREL, 1, flags=flags))
    publisher.expect_refused(0x81)


# [MQTT-2.1.3-1] [MQTT3-2.2.2-1] [MQTT3-2.2.2-2]
@pytest.mark.parametrize("version", [V5])
@pytest.mark.parametrize("kind", [PUBACK, PUBREC, PUBCOMP])
@pytest.mark.parametrize("flags", [1, 2, 8])
@pytest.mark.mosquitto_differs("does not look at these flags")
def test_acknowledgement_flags(client, version, kind, flags):
    publisher = client(version)
    publisher.send(packets.acknowledgement(kind, 1, flags=flags))
    publisher.expect_refused(0x81)


# [MQTT-2.2.1-3] [MQTT3-2.3.1-1]
@pytest.mark.parametrize("qos", [1, 2])
def test_packet_identifier_zero(client, version, name, qos):
    publisher = client(version)
    publisher.send(packets.publish(name, "x", qos, 0, version=version))
    publisher.expect_refused(0x81, 0x82)


# [MQTT-3.3.1-4] [MQTT3-3.3.1-4]
def test_qos_3(client, version, name):
    publisher = client(version)
    publisher.send(packets.publish(name, "x", 3, 1, version=version))
    publisher.expect_refused(0x81)


# [MQTT-3.3.1-2] [MQTT3-3.3.1-2]
@pytest.mark.parametrize("version", [V5])
@pytest.mark.mosquitto_differs("takes DUP at QoS 0")
def test_dup_at_qos_0(client, version, name):
    publisher = client(version)
    publisher.send(packets.publish(name, "x", 0, dup=True, version=version))
    publisher.expect_refused(0x81, 0x82)


# [MQTT-2.2.1-2] [MQTT3-2.3.1-5]: QoS 0 has no identifier; those bytes are payload.
def test_qos_0_has_no_packet_identifier(client, version, name):
    subscriber = client(version)
    subscriber.subscribe(name)
    properties = b"\0" if version == V5 else b""
    client(version).send(packets.packet(0x30, packets.string(name) + properties + b"\0\1x"))
    subscriber.expect_publish(name, b"\0\1x")


# [MQTT-4.3.2-4] [MQTT-4.3.3-8]: acknowledgements keep the order of what they acknowledge.
# [MQTT3-4.6.0-2] [MQTT3-4.6.0-3] [MQTT-4.6.0-2] [MQTT-4.6.0-3]
def test_acknowledgements_in_order(client, version, name):
    publisher = client(version)
    identifiers = [5, 3, 65535, 1, 300, 2]
    for qos, kind in ((1, PUBACK), (2, PUBREC)):
        publisher.send(*(packets.publish(name, "x", qos, identifier, version=version)
                         for identifier in identifiers))
        for identifier in identifiers:
            publisher.expect(kind, packet_id=identifier)
    publisher.send(*(packets.pubrel(identifier) for identifier in identifiers))
    for identifier in identifiers:
        publisher.expect(PUBCOMP, packet_id=identifier, reason=0)


# Identifiers of the Client and of the Server are apart. [2.2.1]
def test_identifiers_are_apart(client, version, name):
    subscriber = client(version)
    subscriber.subscribe(name, qos=2)
    client().publish(name, "theirs", 2)
    got = subscriber.expect_publish(payload="theirs", qos=2)
    subscriber.send(packets.publish(f"{name}/x", "mine", 2, got.packet_id, version=version))
    subscriber.expect(PUBREC, packet_id=got.packet_id)
    subscriber.send(packets.pubrel(got.packet_id))
    subscriber.expect(PUBCOMP, packet_id=got.packet_id, reason=0)
    subscriber.acknowledge(got)
    subscriber.expect_nothing()


# [MQTT-4.6.0-5] [MQTT-4.6.0-6] [MQTT3-4.6.0-5] [MQTT3-4.6.0-6]
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_order_per_topic(client, version, name, qos):
    subscriber = client(version)
    subscriber.subscribe(f"{name}/#", qos=qos)
    publisher = client(version)
    count = 300
    for number in range(count):
        publisher.publish(f"{name}/{number % 3}", str(number), qos)
    got = [subscriber.take_publish(qos=qos).payload for _ in range(count)]
    for topic in range(3):
        numbers = [int(payload) for payload in got if int(payload) % 3 == topic]
        assert numbers == sorted(numbers)


# [MQTT-2.2.1-4] [MQTT-4.3.2-1] [MQTT-4.3.3-1] [MQTT3-2.3.1-4]: never 0, never one in use.
@pytest.mark.parametrize("qos", [1, 2])
def test_server_identifiers_in_use_are_different(client, version, name, qos):
    subscriber = client(version)
    subscriber.subscribe(name, qos=qos)
    publisher = client(version)
    window = []
    for number in range(100):
        publisher.publish(name, str(number), qos)
        window.append(subscriber.expect_publish(payload=str(number)))
        assert len({packet.packet_id for packet in window}) == len(window)
        if len(window) == 10:
            for packet in window[1::2] + window[::2]:
                subscriber.acknowledge(packet)
            window = []


# [MQTT-4.4.0-1] [MQTT-3.3.1-1] [MQTT3-4.4.0-1] [MQTT3-3.3.1-1] [MQTT-4.3.2-3] [MQTT-4.3.3-3]
# [MQTT3-4.6.0-1] [MQTT-4.6.0-1]: in the order of the first time.
@pytest.mark.parametrize("qos", [1, 2])
def test_redelivery_on_reconnect(client, version, name, qos):
    subscriber = client(version, name, **keep(version))
    subscriber.subscribe(name, qos=qos)
    publisher = client()
    for number in range(5):
        publisher.publish(name, str(number), qos)
    first = [subscriber.expect_publish(payload=str(n), qos=qos, dup=False) for n in range(5)]
    subscriber.expect_nothing()  # [MQTT-4.4.0-1]: not at any other time
    subscriber.close()
    publisher.publish(name, "5", qos)
    subscriber = client(version, name, **keep(version))
    for packet in first:
        subscriber.take_publish(payload=packet.payload, packet_id=packet.packet_id, dup=True)
    subscriber.take_publish(payload="5", dup=False)
    subscriber.expect_nothing()


# [MQTT-4.3.3-5] [MQTT-4.3.3-6] [MQTT-4.4.0-1] [MQTT3-4.4.0-1]: PUBREL, and never PUBLISH again.
def test_pubrel_again_on_reconnect(client, version, name):
    subscriber = client(version, name, **keep(version))
    subscriber.subscribe(name, qos=2)
    client().publish(name, "x", 2)
    got = subscriber.expect_publish(qos=2)
    subscriber.send(packets.pubrec(got.packet_id))
    subscriber.expect(PUBREL, packet_id=got.packet_id)
    for _ in range(2):
        subscriber.close()
        subscriber = client(version, name, **keep(version))
        subscriber.expect(PUBREL, packet_id=got.packet_id)
    subscriber.send(packets.pubcomp(got.packet_id))
    subscriber.expect_nothing()
    subscriber.close()
    client(version, name, **keep(version)).expect_nothing()


# [MQTT-4.3.3-4]: a second PUBREC for the same PUBLISH is answered with PUBREL once more.
def test_pubrec_twice(client, version, name):
    subscriber = client(version)
    subscriber.subscribe(name, qos=2)
    client().publish(name, "x", 2)
    got = subscriber.expect_publish(qos=2)
    for _ in range(2):
        subscriber.send(packets.pubrec(got.packet_id))
        subscriber.expect(PUBREL, packet_id=got.packet_id)
    subscriber.send(packets.pubcomp(got.packet_id))
    subscriber.expect_nothing()


# [MQTT-4.4.0-2] [MQTT-4.3.3-4]: an error acknowledges; it is not sent again.
@pytest.mark.parametrize("qos, answer", [(1, packets.puback), (2, packets.pubrec)])
def test_acknowledged_with_an_error(client, name, qos, answer):
    subscriber = client(V5, name, **keep(V5))
    subscriber.subscribe(name, qos=qos)
    client().publish(name, "bad", qos)
    subscriber.send(answer(subscriber.expect_publish(qos=qos).packet_id, 0x97))
    subscriber.expect_nothing()
    subscriber.close()
    subscriber = client(V5, name, **keep(V5))
    subscriber.expect_nothing()
    client().publish(name, "good", qos)
    subscriber.take_publish(payload="good")


# [3.4.2.1] [3.5.2.1]: the longer forms of an acknowledgement mean the same.
@pytest.mark.parametrize("properties", [None, {}, {"reason_string": "fine"},
                                        [("user_property", ("a", "b"))] * 3])
@pytest.mark.parametrize("reason", [0x00, 0x10])
def test_forms_of_acknowledgements(client, name, reason, properties):
    subscriber = client()
    subscriber.subscribe(name, qos=2)
    client().publish(name, "1", 1)
    subscriber.send(packets.puback(subscriber.expect_publish(qos=1).packet_id, reason, properties))
    client().publish(name, "2", 2)
    got = subscriber.expect_publish(qos=2)
    subscriber.send(packets.pubrec(got.packet_id, reason, properties))
    subscriber.expect(PUBREL, packet_id=got.packet_id, reason=0)
    subscriber.send(packets.pubcomp(got.packet_id, 0, properties))
    subscriber.expect_nothing()


# [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
@pytest.mark.parametrize("kind", [PUBACK, PUBREC, PUBREL, PUBCOMP])
@pytest.mark.mosquitto_differs("takes Reason Codes that the packet has not")
def test_reason_code_that_the_packet_has_not(client, kind):
    sender = client()
    sender.send(packets.acknowledgement(kind, 1, 0x04))
    sender.expect_refused(0x81, 0x82)


def test_publisher_hears_itself(client, version, name):
    both = client(version)
    both.subscribe(name, qos=1)
    both.send(packets.publish(name, "echo", 1, 7, version=version))
    got = sorted((both.receive(), both.receive()), key=lambda packet: packet.kind)
    assert (got[0].kind, got[0].payload) == (PUBLISH, b"echo")
    assert (got[1].kind, got[1].packet_id) == (PUBACK, 7)


# A flood: all arrives, in order, while the subscriber reads.
@pytest.mark.parametrize("qos", [0, 1])
def test_flood(client, version, name, qos):
    subscriber = client(version)
    subscriber.subscribe(name, qos=qos)
    publisher = client(version)
    count, batch = 4000, 20
    for start in range(0, count, batch):
        publisher.send(*(packets.publish(name, str(number), qos, number + 1 if qos else None,
                                         version=version) for number in range(start, start + batch)))
        for number in range(start, start + batch):
            subscriber.take_publish(payload=str(number))
            if qos:
                publisher.expect(PUBACK, packet_id=number + 1)


# Only who subscribed gets it, and of twenty each gets it.
def test_fan_out(client, version, name):
    crowd = [client(version) for _ in range(20)]
    for number, subscriber in enumerate(crowd):
        subscriber.subscribe(name, qos=number % 3)
    stranger = client(version)
    stranger.subscribe(f"{name}/other")
    client(V31).publish(name, "all", 2)
    for number, subscriber in enumerate(crowd):
        subscriber.take_publish(topic=name, payload="all", qos=number % 3)
    stranger.expect_nothing()
