"""A full queue hurts its owner alone: `queue_full`, what was lost is told, and nobody waits for himself."""

import shutil
import subprocess
import time

import packets
import pytest
from packets import DISCONNECT, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, V5, V311
from raw_client import PATIENCE, QUIET, Nothing
from usage import wait_until_unused

pytestmark = pytest.mark.swiftlet_only("`queue_full` is Swiftlet's")
needs_mosquitto_clients = pytest.mark.skipif(
    not (shutil.which("mosquitto_pub") and shutil.which("mosquitto_sub")),
    reason="mosquitto_pub and mosquitto_sub are not installed")

SMALL = "max_queued_messages 10\nmax_inflight_messages 5\n"
# While its Client is away a session has room for as many as may be queued.
KEPT = 10
SENT = 30
AWAY = {"session_expiry": 300}
# What each value leaves of 30 messages for somebody who is away; `reject` does not bind for him.
LEFT = {
    "": range(KEPT),
    "queue_full drop_newest": range(KEPT),
    "queue_full drop_oldest": range(SENT - KEPT, SENT),
    "queue_full reject": range(KEPT),
    "queue_full end_session": range(0),
}
each_value = pytest.mark.parametrize("value", LEFT, ids=lambda value: value.partition(" ")[2] or "default")


def wait_for_answers(client, kind, count):
    return [client.expect(kind) for _ in range(count)]


def leave(client, name, broker, version=V5):
    """A session that is subscribed, and whose Client is away."""
    subscriber = client(version, name, broker=broker, clean=False, properties=AWAY if version == V5 else None)
    subscriber.subscribe(name, qos=1)
    subscriber.disconnect()


def come_back(client, name, broker, version=V5):
    return client(version, name, broker=broker, clean=False, properties=AWAY if version == V5 else None)


def expect_all(client, numbers):
    for number in numbers:
        client.take_publish(payload=str(number), qos=1)
    client.expect_nothing()


@each_value
@pytest.mark.parametrize("publishing", packets.VERSIONS)
def test_everybody_else_is_served(start_broker, client, name, value, publishing):
    """Who publishes is acknowledged, one who reads gets it all, and one who is away what the value says."""
    broker = start_broker(SMALL + value)
    leave(client, name, broker)
    reader = client(broker=broker)
    reader.subscribe(name, qos=1)
    publisher = client(publishing, broker=broker)
    for number in range(SENT):
        publisher.publish(name, str(number), 1)
        reader.take_publish(payload=str(number), qos=1)
    back = come_back(client, name, broker)
    assert back.connack.session_present == (value != "queue_full end_session")
    expect_all(back, LEFT[value])
    broker.wait_for_log(f"Outgoing message for {name} dropped" if back.connack.session_present
                        else f"Session of {name} ended: its queue is full")


@needs_mosquitto_clients
@each_value
def test_with_clients_of_mosquitto(start_broker, name, value):
    """As a user meets it: a subscriber that goes, a publisher that does not stop, and who comes back."""
    broker = start_broker(SMALL + value)

    def run(tool, *arguments, stdin=None):
        return subprocess.run([tool, "-p", str(broker.port), "-q", "1", "-t", name, *arguments], input=stdin,
                              capture_output=True, text=True, timeout=PATIENCE + 30)

    assert run("mosquitto_sub", "-i", name, "-c", "-E").returncode == 0
    done = run("mosquitto_pub", "-l", stdin="".join(f"{number}\n" for number in range(SENT)))
    assert done.returncode == 0, done.stderr
    # The last one shows that nothing more was kept: it comes behind all that was.
    subscriber = subprocess.Popen(
        ["mosquitto_sub", "-p", str(broker.port), "-q", "1", "-t", name, "-i", name, "-c", "-W", "20",
         "-C", str(len(LEFT[value]) + 1)], stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + PATIENCE
    while broker.log().count(f"as {name} (") < 2:
        assert time.monotonic() < deadline, broker.log()
        time.sleep(0.01)
    for last in iter(lambda: subscriber.poll() is None, False):
        assert last and run("mosquitto_pub", "-m", "last").returncode == 0
        time.sleep(0.05)
    assert subscriber.stdout.read().split() == [*map(str, LEFT[value]), "last"]
    assert subscriber.returncode == 0


@pytest.mark.parametrize("value", ["", "queue_full drop_newest", "queue_full drop_oldest"])
def test_who_lost_something_is_told(start_broker, client, name, value):
    """In the Reason String of CONNACK, once; not who asks for no such words, nor 3.1.1."""
    broker = start_broker(SMALL + value)
    leave(client, name, broker)
    publisher = client(broker=broker)
    for number in range(KEPT + 3):
        publisher.publish(name, str(number), 1)
    back = come_back(client, name, broker)
    assert back.connack.properties.get("reason_string") == (
        "3 messages were dropped: the queue of this session was full")
    expect_all(back, LEFT["queue_full drop_newest"] if "oldest" not in value else range(3, KEPT + 3))
    back.disconnect()
    again = come_back(client, name, broker)
    assert again.connack.properties.get("reason_string") is None


def test_who_wants_no_words_is_not_told(start_broker, client, name):
    broker = start_broker(SMALL)
    leave(client, name, broker)
    publisher = client(broker=broker)
    for number in range(KEPT + 3):
        publisher.publish(name, str(number), 1)
    back = client(V5, name, broker=broker, clean=False,
                  properties={**AWAY, "request_problem_information": 0})
    assert back.connack.session_present and back.connack.properties.get("reason_string") is None


def test_losses_under_sys(start_broker, client, name):
    """`$SYS/broker/clients/dropped/CLIENT` says how many, in the interval in which they were lost."""
    broker = start_broker(SMALL + "sys_interval 1")
    operator = client(broker=broker)
    operator.subscribe("$SYS/broker/clients/dropped/#")
    leave(client, name, broker)
    leave(client, f"{name}-other", broker)
    publisher = client(broker=broker)
    for number in range(KEPT + 4):
        publisher.publish(name, str(number), 1)
    told = []
    while told[-1:] != [4]:
        got = operator.expect_publish(f"$SYS/broker/clients/dropped/{name}", patience=PATIENCE + 10)
        told.append(int(got.payload))
    assert told == sorted(set(told))
    broker.wait_for_log(f"Messages for {name} were lost")
    publisher.publish(name, "one more", 1)
    operator.expect_publish(f"$SYS/broker/clients/dropped/{name}", "5", patience=PATIENCE + 10)


@pytest.mark.parametrize("version", packets.VERSIONS)
def test_end_session_of_who_is_connected(start_broker, client, version, name):
    """Who does not acknowledge is disconnected, and comes back to a session that begins anew."""
    broker = start_broker(SMALL + "queue_full end_session")
    subscriber = client(version, name, broker=broker, clean=False, properties=AWAY if version == V5 else None)
    subscriber.subscribe(name, qos=1)
    publisher = client(V311, broker=broker)
    for number in range(SENT):
        publisher.publish(name, str(number), 1)
    got = subscriber.expect_closed()
    assert [packet.payload for packet in got if packet.kind == PUBLISH] == [
        str(number).encode() for number in range(5)]
    assert [packet.reason for packet in got if packet.kind == DISCONNECT] == [0x97] * (version == V5)
    back = come_back(client, name, broker, version)
    assert not back.connack.session_present
    back.expect_nothing()


# Never acknowledged and then dropped: while somebody is there and acknowledges, a full queue is answered
# with 0x97, and what was acknowledged arrives.
def test_reject_is_said(start_broker, client, name):
    broker = start_broker(SMALL + "queue_full reject\nqueue_full_wait 60")
    subscriber = client(V5, broker=broker)
    subscriber.subscribe(name, qos=1)
    publisher = client(V5, broker=broker)
    answers = [publisher.publish(name, str(number), 1).reason for number in range(SENT)]
    assert answers == [0] * (5 + KEPT) + [0x97] * (SENT - 5 - KEPT)
    expect_all(subscriber, range(5 + KEPT))
    # [MQTT-4.3.3-9]: and so is QoS 2.
    assert publisher.publish(name, "room again", 2).reason == 0
    subscriber.take_publish(payload="room again")


def test_reject_holds_back_who_cannot_be_told(start_broker, client, name):
    broker = start_broker(SMALL + "queue_full reject\nqueue_full_wait 60")
    subscriber = client(V5, broker=broker)
    subscriber.subscribe(name, qos=1)
    publisher, other = client(V311, broker=broker), client(V311, broker=broker)
    publisher.send(*(packets.publish(name, str(number), 1, number + 1) for number in range(SENT)))
    wait_for_answers(publisher, PUBACK, 5 + KEPT)
    with pytest.raises(Nothing):
        publisher.receive(QUIET)
    other.publish("elsewhere", "x", 1)
    expect_all(subscriber, range(SENT))
    wait_for_answers(publisher, PUBACK, SENT - 5 - KEPT)


@pytest.mark.slow
def test_reject_binds_only_while_somebody_acknowledges(start_broker, client, name):
    """Who is connected and acknowledges nothing loses messages in the end; the publisher is not closed."""
    broker = start_broker(SMALL + "queue_full reject\nqueue_full_wait 1")
    subscriber = client(V5, broker=broker)
    subscriber.subscribe(name, qos=1)
    publisher = client(V311, broker=broker)
    publisher.send(*(packets.publish(name, str(number), 1, number + 1) for number in range(SENT)))
    wait_for_answers(publisher, PUBACK, SENT)
    expect_all(subscriber, range(5 + KEPT))


# With `end_session` its own session ends, as was asked for.
@pytest.mark.parametrize("value", ["", "queue_full drop_oldest", "queue_full reject"])
@pytest.mark.parametrize("qos", [1, 2])
@pytest.mark.parametrize("version", packets.VERSIONS)
def test_a_device_that_publishes_to_itself(start_broker, client, version, name, value, qos):
    """3,000 in one go, read only then: each is answered, whatever becomes of those that have no room."""
    broker = start_broker(value)
    device = client(version, name, broker=broker)
    device.subscribe(name, qos=qos)
    received = publish_to_itself(device, name, qos, 3000)
    assert received == sorted(set(received))
    assert len(received) >= 1000
    device.ping()
    device.disconnect()
    wait_until_unused(broker)


def publish_to_itself(device, name, qos, count):
    """What came of so many messages until nothing more did; it has no more under way than it may."""
    window = count
    if device.version == V5 and qos == 2:
        window = device.connack.properties.get("receive_maximum")
    begun, answered, received = 0, 0, []
    while answered < count:
        more = range(begun, min(count, answered + window))
        device.send(*(packets.publish(name, str(number), qos, number + 1, version=device.version)
                      for number in more))
        begun = max(begun, more.stop)
        answered += take_one(device, received, PATIENCE)
    while True:
        try:
            take_one(device, received, QUIET)
        except Nothing:
            return received


def take_one(device, received, patience):
    """Takes a packet and answers it; whether it ends the exchange of a message that was published."""
    got = device.receive(patience)
    if got.kind == PUBLISH:
        received.append(int(got.payload))
        device.send(packets.puback(got.packet_id) if got.qos == 1 else packets.pubrec(got.packet_id))
    elif got.kind == PUBREC and got.reason < 0x80:
        device.send(packets.pubrel(got.packet_id))
        return False
    elif got.kind == PUBREL:
        device.send(packets.pubcomp(got.packet_id))
    return got.kind in (PUBACK, PUBREC, PUBCOMP)


def test_paho_publishes_to_itself(start_broker, name):
    """All of 3,000 messages are acknowledged; it got or lost each, and what it lost is counted."""
    paho = pytest.importorskip("paho.mqtt.client")
    broker = start_broker("sys_interval 1")
    received, dropped, closed = [], [], []
    device = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv311)
    device.max_inflight_messages_set(0)

    def take(client, data, message):
        (dropped if message.topic.startswith("$SYS/") else received).append(int(message.payload))

    device.on_message = take
    device.on_disconnect = lambda *arguments: closed.append(arguments)
    device.connect("127.0.0.1", broker.port)
    device.loop_start()
    device.subscribe([(name, 1), (f"$SYS/broker/clients/dropped/{name}", 0)])
    sent = [device.publish(name, str(number), 1) for number in range(3000)]
    for message in sent:
        message.wait_for_publish(PATIENCE)
        assert message.is_published()
    deadline = time.monotonic() + PATIENCE
    while len(received) + max(dropped, default=0) < 3000:
        assert time.monotonic() < deadline, (len(received), dropped)
        time.sleep(0.05)
    assert received == sorted(set(received)) and len(received) + max(dropped, default=0) == 3000
    assert not closed
    device.disconnect()
    device.loop_stop()
