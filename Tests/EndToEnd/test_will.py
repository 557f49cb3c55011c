"""Wills: each way in which a connection can end, and when the will goes out. [3.1.2.5]"""

import time

import packets
import pytest
from packets import V311, V5, Will

WILL_PROPERTIES = [("payload_format", 1), ("content_type", "text/plain"), ("response_topic", "r/s"),
                   ("correlation_data", b"\0\xff"), ("user_property", ("b", "1")),
                   ("user_property", ("a", "2"))]


@pytest.fixture
def witness(client, name):
    """Somebody who hears every will of this test."""
    subscriber = client()
    subscriber.subscribe(f"{name}/#", qos=2, retain_as_published=True)
    return subscriber


def close(victim):
    victim.close()


def reset(victim):
    victim.reset()


def half_close(victim):
    victim.socket.shutdown(1)


def break_the_protocol(victim):
    victim.send(b"\xf3\0")


def connect_twice(victim):
    victim.send(packets.connect(victim.version, "x"))


# [MQTT-3.1.2-7] [MQTT-3.1.2-8] [MQTT3-3.1.2-8] [MQTT-3.1.2-16] [MQTT3-3.1.2-16] [MQTT-4.13.1-1]
@pytest.mark.parametrize("end", [close, reset, half_close, break_the_protocol, pytest.param(
    connect_twice, marks=pytest.mark.mosquitto_differs("forgets the will at a second CONNECT"))],
    ids=lambda end: end.__name__)
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_sent_when_the_connection_breaks(client, witness, version, name, end, qos):
    victim = client(version, will=Will(f"{name}/w", "gone", qos))
    witness.expect_nothing()
    end(victim)
    witness.take_publish(topic=f"{name}/w", payload="gone", qos=qos, retain=False, dup=False)
    witness.expect_nothing()


# [MQTT-3.1.2-24] [MQTT3-3.1.2-24] [MQTT-3.1.2-8]
@pytest.mark.slow
def test_sent_when_keep_alive_runs_out(client, witness, name):
    victim = client(V311, keep_alive=1, will=Will(f"{name}/w", "gone", 1))
    witness.take_publish(payload="gone", patience=30)
    victim.expect_closed()


# [MQTT-3.1.2-8] [MQTT-3.1.4-3] [MQTT3-3.1.2-8]
def test_sent_at_take_over(client, witness, version, name):
    client(version, name, will=Will(f"{name}/w", "gone", 1))
    client(version, name)
    witness.take_publish(payload="gone")
    witness.expect_nothing()


# [MQTT-3.14.4-3] [MQTT-3.1.2-10] [MQTT3-3.14.4-2] [MQTT3-3.1.2-10]
def test_not_sent_after_a_normal_disconnect(client, witness, version, name):
    client(version, will=Will(f"{name}/w", "gone", 1)).disconnect()
    witness.expect_nothing()


# [MQTT-3.14.4-3]: reason 0x00 spelled out is as normal.
def test_not_sent_after_a_long_normal_disconnect(client, witness, name):
    client(will=Will(f"{name}/w", "gone", 1)).disconnect(0, {"reason_string": "bye"})
    witness.expect_nothing()


# [3.14.2.1] [MQTT-3.14.2-1]: 0x04, and everything that is no normal end.
@pytest.mark.parametrize("reason", [0x04, *(
    pytest.param(reason, marks=pytest.mark.mosquitto_differs("discards it unless told 0x04"))
    for reason in (0x80, 0x81, 0x82, 0x83, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99))])
def test_sent_after_a_disconnect_with_will(client, witness, name, reason):
    client(will=Will(f"{name}/w", "gone", 1)).disconnect(reason)
    witness.take_publish(payload="gone")


# [MQTT-3.1.2-12] [MQTT3-3.1.2-12]
def test_no_will_no_message(client, witness, version, name):
    client(version, name).close()
    witness.expect_nothing()


# [MQTT-3.1.2-10]: once.
def test_sent_once(client, witness, name):
    settings = {"clean": False, "properties": {"session_expiry": 60}}
    client(V5, name, will=Will(f"{name}/w", "gone", 1), **settings).close()
    witness.take_publish(payload="gone")
    client(V5, name, **settings).close()
    witness.expect_nothing()


# [MQTT-3.1.2-17] [MQTT3-3.1.2-17]
def test_retained_will(client, witness, version, name):
    client(version, will=Will(f"{name}/w", "gone", 1, retain=True)).close()
    witness.take_publish(payload="gone", retain=True)
    late = client(version)
    late.subscribe(f"{name}/w", qos=1)
    late.take_publish(payload="gone", qos=1, retain=True)


def test_empty_retained_will_removes(client, witness, version, name):
    client(version).publish(f"{name}/w", "kept", 1, retain=True)
    witness.take_publish(payload="kept")
    client(version, will=Will(f"{name}/w", "", 0, retain=True)).close()
    witness.take_publish(payload="")
    late = client(version)
    late.subscribe(f"{name}/w")
    late.expect_nothing()


# [3.1.3.2] [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18]
# [MQTT-3.3.2-20]
def test_will_properties(client, witness, name):
    properties = WILL_PROPERTIES + [("message_expiry", 300)]
    client(will=Will(f"{name}/w", "gone", 1, properties=properties)).close()
    got = witness.take_publish(payload="gone").properties
    assert sorted(map(str, got)) == sorted(map(str, properties)) or got.get("message_expiry") < 300
    assert got.all("user_property") == [("b", "1"), ("a", "2")]


# [3.1.3.2.2] [MQTT-3.1.2-8]: the delay is waited for, while the session lives.
@pytest.mark.slow
def test_will_delay(client, witness, name):
    client(properties={"session_expiry": 60},
           will=Will(f"{name}/w", "gone", 1, properties={"will_delay": 1})).close()
    witness.expect_nothing()
    witness.take_publish(payload="gone")


# [3.1.3.2.2]: the session's end is the latest, so a delay without a session is none.
@pytest.mark.mosquitto_differs("waits for the delay, session or not")
def test_will_delay_ends_with_the_session(client, witness, name):
    client(properties={"session_expiry": 0},
           will=Will(f"{name}/w", "gone", 1, properties={"will_delay": 600})).close()
    witness.take_publish(payload="gone")


@pytest.mark.slow
def test_will_delay_longer_than_the_session(client, witness, name):
    client(properties={"session_expiry": 1},
           will=Will(f"{name}/w", "gone", 1, properties={"will_delay": 600})).close()
    witness.expect_nothing()
    witness.take_publish(payload="gone", patience=30)


# [MQTT-3.1.2-26] [MQTT-3.1.2-8]
@pytest.mark.slow
def test_will_delay_cut_short_by_a_new_connection(client, witness, name):
    settings = {"clean": False, "properties": {"session_expiry": 60}}
    client(V5, name, will=Will(f"{name}/w", "gone", 1, properties={"will_delay": 1}), **settings).close()
    client(V5, name, **settings)
    time.sleep(2.5)
    witness.expect_nothing()


# [MQTT-3.1.2-8] [3.1.3.2.2]: Clean Start ends the session, and so sends the will.
@pytest.mark.mosquitto_differs("discards it")
def test_will_delay_and_clean_start(client, witness, name):
    client(V5, name, properties={"session_expiry": 60},
           will=Will(f"{name}/w", "gone", 1, properties={"will_delay": 600})).close()
    witness.expect_nothing()
    client(V5, name, clean=True)
    witness.take_publish(payload="gone")


# [MQTT-3.1.4-3]: taken over by a Client that resumes the session: the delay has not passed.
def test_will_delay_and_take_over(client, witness, name):
    settings = {"clean": False, "properties": {"session_expiry": 60}}
    first = client(V5, name, will=Will(f"{name}/w", "gone", 1, properties={"will_delay": 600}),
                   **settings)
    client(V5, name, **settings)
    first.expect_closed()
    witness.expect_nothing()


# A DISCONNECT with will that ends the session sends it at once, delay or not. [3.14.2.2.2]
@pytest.mark.mosquitto_differs("waits for the delay, session or not")
def test_will_delay_and_disconnect_that_ends_the_session(client, witness, name):
    client(V5, name, properties={"session_expiry": 60},
           will=Will(f"{name}/w", "gone", 1, properties={"will_delay": 600})).disconnect(
               0x04, {"session_expiry": 0})
    witness.take_publish(payload="gone")


# The will of the last CONNECT counts.
def test_will_is_replaced(client, witness, version, name):
    client(version, name, will=Will(f"{name}/old", "old", 1)).disconnect()
    client(version, name, will=Will(f"{name}/new", "new", 1)).close()
    witness.take_publish(topic=f"{name}/new", payload="new")
    witness.expect_nothing()


# The will of somebody who is away waits in queues as any message does. [MQTT-4.5.0-1]
def test_will_is_queued(client, version, name):
    keep = {"clean": False, "properties": {"session_expiry": 60}}
    subscriber = client(V5, name, **keep)
    subscriber.subscribe(f"{name}/w", qos=1)
    subscriber.disconnect()
    client(version, will=Will(f"{name}/w", "gone", 1)).close()
    client(version).ping()
    client(V5, name, **keep).take_publish(payload="gone")


# A Client does not hear its own will: its subscriptions end with it, or wait for it.
def test_own_will(client, name):
    keep = {"clean": False, "properties": {"session_expiry": 60}}
    both = client(V5, name, will=Will(f"{name}/w", "gone", 1), **keep)
    both.subscribe(f"{name}/w", qos=1)
    both.close()
    client(V5, name, **keep).take_publish(payload="gone")


@pytest.mark.parametrize("size", [0, 1, 60000])
def test_will_payload_sizes(client, witness, version, name, size):
    client(version, will=Will(f"{name}/w", bytes(size), 1)).close()
    assert witness.take_publish(topic=f"{name}/w").payload == bytes(size)


# Two that are each other's witness and go together bring nobody down.
def test_many_wills_at_once(client, witness, version, name):
    crowd = []
    for number in range(20):
        member = client(version, will=Will(f"{name}/{number}", str(number), number % 3))
        member.subscribe(f"{name}/+")
        crowd.append(member)
    for member in crowd:
        member.reset()
    got = sorted(int(witness.take_publish().payload) for _ in range(20))
    assert got == list(range(20))
