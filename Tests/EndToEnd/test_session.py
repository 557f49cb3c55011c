"""Sessions: what survives a Network Connection, and for how long. [3.1.2.4] [4.1]"""

import time

import packets
import pytest
from packets import DISCONNECT, V31, V311, V5

NEVER = 0xFFFFFFFF


def keep(version, seconds=300):
    """The settings of a CONNECT that resumes and leaves a session."""
    return {"clean": False, "properties": {"session_expiry": seconds} if version == V5 else None}


# [MQTT-3.1.2-5] [MQTT-3.1.2-6] [MQTT-3.1.2-25] [MQTT-3.1.4-4] [MQTT-4.1.0-1]
# [MQTT3-3.1.2-4] [MQTT3-3.1.4-3]
def test_subscriptions_are_kept(client, version, name):
    client(version, name, **keep(version)).close()
    first = client(version, name, **keep(version))
    first.subscribe((f"{name}/a", 1), (f"{name}/+/b", 2))
    first.disconnect()
    second = client(version, name, **keep(version))
    client().publish(f"{name}/a", "1", 1)
    client().publish(f"{name}/x/b", "2", 2)
    second.take_publish(topic=f"{name}/a", payload="1", qos=1)
    second.take_publish(topic=f"{name}/x/b", payload="2", qos=2)
    second.expect_nothing()


# [MQTT-4.5.0-1] [MQTT3-3.1.2-5] [MQTT3-4.5.0-1]
@pytest.mark.parametrize("end", ["disconnect", "close"])
def test_messages_are_queued_while_away(client, version, name, end):
    subscriber = client(version, name, **keep(version))
    subscriber.subscribe(name, qos=2)
    getattr(subscriber, end)()
    publisher = client()
    for number in range(50):
        publisher.publish(name, str(number), 1 + number % 2)
    back = client(version, name, **keep(version))
    for number in range(50):
        back.take_publish(topic=name, payload=str(number), qos=1 + number % 2, dup=False)
    back.expect_nothing()


# [MQTT-3.1.2-4] [MQTT3-3.1.2-6] [MQTT-3.1.4-4]
def test_clean_start_discards_the_session(client, version, name):
    first = client(version, name, **keep(version))
    first.subscribe(name, qos=1)
    first.disconnect()
    client().publish(name, "lost", 1)
    second = client(version, name)
    assert not second.connack.session_present
    client().publish(name, "unsubscribed", 1)
    second.expect_nothing()


# [MQTT3-3.1.2-6]: CleanSession leaves nothing behind. [MQTT-4.1.0-2]: nor does expiry 0.
def test_clean_session_leaves_nothing(client, version, name):
    first = client(version, name, clean=True)
    first.subscribe(name, qos=1)
    first.disconnect()
    client().publish(name, "lost", 1)
    second = client(version, name, clean=False)
    assert not second.connack.session_present
    second.expect_nothing()


# [MQTT-4.1.0-2]: without a Session Expiry Interval a version 5 session ends with its connection.
def test_no_expiry_interval_is_zero(client, name):
    client(V5, name, clean=False).disconnect()
    assert not client(V5, name, clean=False).connack.session_present


# [MQTT-4.1.0-2] [MQTT-3.1.2-25]
@pytest.mark.slow
def test_session_expires(client, open_client, name):
    first = client(V5, name, **keep(V5, 1))
    first.subscribe(name, qos=1)
    time.sleep(2)  # [MQTT-4.1.0-1]: not while the connection is open
    first.close()
    present = client(V5, name, **keep(V5, 1))
    assert present.connack.session_present
    present.disconnect()
    wait_until_forgotten(open_client, name)


def wait_until_forgotten(open_client, name):
    """Polls less often than the session's one second, so that asking does not keep it."""
    for _ in range(5):
        time.sleep(2.5)
        asker = open_client()
        present = asker.connect(name, **keep(V5, 1)).session_present
        asker.disconnect()
        if not present:
            return
    raise AssertionError("the session does not expire")


# [3.14.2.2.2]: DISCONNECT may change the interval.
@pytest.mark.slow
def test_expiry_shortened_at_disconnect(client, open_client, name):
    client(V5, name, **keep(V5, 300)).disconnect(0, {"session_expiry": 1})
    wait_until_forgotten(open_client, name)


def test_expiry_ended_at_disconnect(client, name):
    client(V5, name, **keep(V5, 300)).disconnect(0, {"session_expiry": 0})
    assert not client(V5, name, **keep(V5)).connack.session_present


@pytest.mark.slow
def test_expiry_lengthened_at_disconnect(client, name):
    client(V5, name, **keep(V5, 1)).disconnect(0, {"session_expiry": 300})
    time.sleep(2.5)
    assert client(V5, name, **keep(V5)).connack.session_present


# [3.14.2.2.2]: zero in the CONNECT stays zero; anything else is a Protocol Error.
def test_expiry_cannot_be_raised_from_zero(client, name):
    first = client(V5, name)
    first.send(packets.disconnect(0, {"session_expiry": 60}))
    got = first.expect_closed()
    assert not got or got[0].kind == DISCONNECT and got[0].reason == 0x82
    assert not client(V5, name, **keep(V5)).connack.session_present


def test_never_expires(client, name):
    client(V5, name, **keep(V5, NEVER)).close()
    assert client(V5, name, **keep(V5)).connack.session_present


# The last CONNECT decides what becomes of the session.
def test_expiry_of_the_last_connect_counts(client, name):
    client(V5, name, **keep(V5, 300)).disconnect()
    client(V5, name, **keep(V5, 0)).disconnect()
    assert not client(V5, name, **keep(V5)).connack.session_present


# [MQTT-3.1.4-3] [MQTT3-3.1.4-2] [MQTT-3.14.4-2]
def test_take_over(client, version, name):
    first = client(version, name)
    second = client(version, name)
    got = first.expect_closed()
    if version == V5 and (first.polite or got):
        assert [(packet.kind, packet.reason) for packet in got] == [(DISCONNECT, 0x8E)]
    else:
        assert not got
    second.ping()


# [MQTT-3.1.4-3] [MQTT-3.2.2-3]
@pytest.mark.parametrize("clean", [True, False])
def test_take_over_of_a_kept_session(client, version, name, clean):
    first = client(version, name, **keep(version))
    first.subscribe(name, qos=1)
    settings = keep(version) | {"clean": clean}
    second = client(version, name, **settings)
    first.expect_closed()
    assert second.connack.session_present is (not clean and version != V31)
    client().publish(name, "now", 1)
    if clean:
        second.expect_nothing()
    else:
        second.take_publish(payload="now")


# [MQTT-3.1.3-2]: it is the identifier that names the session, whatever the version.
@pytest.mark.parametrize("before, after", [(V31, V311), (V311, V5), (V5, V31), (V5, V311)])
def test_session_of_another_version(client, name, before, after):
    first = client(before, name, **keep(before))
    first.subscribe(name, qos=1)
    first.disconnect()
    client().publish(name, "kept", 1)
    second = client(after, name, **keep(after))
    assert second.connack.session_present is (after != V31)
    second.take_publish(payload="kept")


# A storm of take-overs leaves one connection and one session.
def test_take_over_again_and_again(client, version, name):
    latest = None
    for _ in range(50):
        latest = client(version, name, **keep(version))
        latest.send(packets.subscribe(1, [(name, 1)], version))
    latest.expect(packets.SUBACK)
    client().publish(name, "one", 1)
    latest.take_publish(payload="one")
    latest.expect_nothing()


# [MQTT-3.1.3-2]: identifiers are compared byte by byte.
def test_identifiers_differ_in_case(client, name):
    lower, upper = client(V311, name.lower()), client(V311, name.upper())
    lower.ping()
    upper.ping()


# [MQTT3-3.1.2-7]: retained messages are no part of a session.
def test_retained_messages_survive_the_session(client, version, name):
    first = client(version, name)
    first.publish(name, "kept", 1, retain=True)
    first.disconnect()
    second = client(version, name)
    second.subscribe(name)
    second.expect_publish(name, "kept", retain=True)
    second.publish(name, "", 1, retain=True)


# QoS 0 may be dropped for who is away; Mosquitto and we do.
def test_qos_0_is_not_queued(client, version, name):
    subscriber = client(version, name, **keep(version))
    subscriber.subscribe(name, qos=1)
    subscriber.disconnect()
    client().publish(name, "gone", 0)
    client().publish(name, "kept", 1)
    back = client(version, name, **keep(version))
    back.take_publish(payload="kept")
    back.expect_nothing()


# "persistent_client_expiration" gives 3.x what version 5 brings along.
@pytest.mark.slow
@pytest.mark.mosquitto_differs("counts in steps too long to wait for")
def test_configured_expiry_before_version_5(start_broker, client, name):
    broker = start_broker("persistent_client_expiration 1s")
    client(V311, name, broker=broker, clean=False).disconnect()
    time.sleep(3)
    assert not client(V311, name, broker=broker, clean=False).connack.session_present


# [MQTT-3.1.2-25]: the session is there as soon as its connection has ended, however it ended.
@pytest.mark.parametrize("end", ["close", "reset"])
def test_session_after_a_broken_connection(client, version, name, end):
    first = client(version, name, **keep(version))
    first.subscribe(name, qos=1)
    getattr(first, end)()
    client().publish(name, "kept", 1)
    client(version, name, **keep(version)).take_publish(payload="kept")


def test_many_sessions_at_once(client, version, name):
    for number in range(30):
        first = client(version, f"{name}x{number}", **keep(version))
        first.subscribe(f"{name}/{number}", qos=1)
        first.disconnect()
    publisher = client()
    for number in range(30):
        publisher.publish(f"{name}/{number}", str(number), 1)
    for number in reversed(range(30)):
        back = client(version, f"{name}x{number}", **keep(version))
        back.take_publish(payload=str(number))
        back.expect_nothing()
