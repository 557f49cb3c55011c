"""Clients that people use: mosquitto_pub and mosquitto_sub, and Paho for Python."""

import queue
import shutil
import subprocess

import pytest
from raw_client import PATIENCE

paho = pytest.importorskip("paho.mqtt.client")

WORDS = {3: "31", 4: "311", 5: "5"}
needs_mosquitto_clients = pytest.mark.skipif(
    not (shutil.which("mosquitto_pub") and shutil.which("mosquitto_sub")),
    reason="mosquitto_pub and mosquitto_sub are not installed")


def tool(name, broker, version, *arguments):
    return [name, "-p", str(broker.port), "-V", WORDS[version], *arguments]


class Subscriber:
    """A mosquitto_sub that has its SUBACK."""

    def __init__(self, broker, version, *arguments):
        self.process = subprocess.Popen(
            # Line by line, or a pipe would see "Subscribed" only at the end.
            ["stdbuf", "-oL", *tool("mosquitto_sub", broker, version, "-d", "-W", "20", *arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line)
            if line.startswith("Subscribed"):
                return
        raise AssertionError(self.lines)

    def rest(self):
        """What it printed until it had all it was told to wait for."""
        out, _ = self.process.communicate(timeout=PATIENCE + 30)
        assert self.process.returncode == 0, out
        return [line for line in out.splitlines() if not line.startswith(("Client", "Subscribed"))]


def mosquitto_pub(broker, version, *arguments, stdin=None):
    done = subprocess.run(tool("mosquitto_pub", broker, version, *arguments), input=stdin,
                          capture_output=True, text=True, timeout=PATIENCE + 30)
    assert done.returncode == 0, done.stderr


# [MQTT-7.0.0-2]
@needs_mosquitto_clients
@pytest.mark.parametrize("to_version", [3, 4, 5])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_mosquitto_pub_to_mosquitto_sub(broker, version, to_version, qos, name):
    subscriber = Subscriber(broker, to_version, "-t", f"{name}/#", "-q", str(qos), "-C", "3", "-v")
    mosquitto_pub(broker, version, "-t", f"{name}/a", "-q", str(qos), "-l", stdin="1\n2\n3\n")
    assert subscriber.rest() == [f"{name}/a {number}" for number in (1, 2, 3)]


@needs_mosquitto_clients
def test_mosquitto_pub_retained(broker, version, name):
    mosquitto_pub(broker, version, "-t", name, "-m", "kept", "-r", "-q", "1")
    done = subprocess.run(
        tool("mosquitto_sub", broker, version, "-t", name, "-C", "1", "-W", "20", "-F", "%r %p"),
        capture_output=True, text=True, timeout=PATIENCE + 30)
    assert done.stdout == "1 kept\n"


@needs_mosquitto_clients
def test_mosquitto_sub_of_version_5_shows_properties(broker, name):
    subscriber = Subscriber(broker, 5, "-t", name, "-C", "1", "-F", "%C %D %R %P")
    mosquitto_pub(broker, 5, "-t", name, "-m", "x", "-D", "publish", "content-type", "text/plain",
                  "-D", "publish", "correlation-data", "c", "-D", "publish", "response-topic", "r",
                  "-D", "publish", "user-property", "k", "v")
    assert subscriber.rest() == ["text/plain c r k:v"]


@needs_mosquitto_clients
def test_mosquitto_sub_persistent(broker, version, name):
    settings = ["-t", name, "-i", name, "-c", "-q", "1"]
    settings += ["-x", "60"] if version == 5 else []
    subprocess.run(tool("mosquitto_sub", broker, version, *settings, "-E"), check=True, timeout=30)
    mosquitto_pub(broker, version, "-t", name, "-m", "while away", "-q", "1")
    done = subprocess.run(tool("mosquitto_sub", broker, version, *settings, "-C", "1", "-W", "20"),
                          capture_output=True, text=True, timeout=30)
    assert done.stdout == "while away\n"


@needs_mosquitto_clients
def test_mosquitto_rr(broker, version, name):
    if not shutil.which("mosquitto_rr"):
        pytest.skip("mosquitto_rr is not installed")
    responder = Subscriber(broker, version, "-t", f"{name}/q", "-C", "1")
    asking = subprocess.Popen(
        tool("mosquitto_rr", broker, version, "-t", f"{name}/q", "-e", f"{name}/a", "-m", "?", "-W", "20"),
        stdout=subprocess.PIPE, text=True)
    assert responder.rest() == ["?"]
    mosquitto_pub(broker, version, "-t", f"{name}/a", "-m", "!")
    out, _ = asking.communicate(timeout=PATIENCE + 30)
    assert out.strip() == "!"


class Paho:
    """A Paho client with its network loop in a thread; what it hears is in queues."""

    def __init__(self, broker, version, name):
        self.connected, self.subscribed, self.messages = (queue.Queue() for _ in range(3))
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, name, protocol=version)
        self.client.on_connect = lambda *arguments: self.connected.put(arguments[3])
        self.client.on_subscribe = lambda *arguments: self.subscribed.put(arguments[3])
        self.client.on_message = lambda _, __, message: self.messages.put(message)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        assert self.connected.get(timeout=PATIENCE) == 0

    def subscribe(self, topic_filter, qos):
        self.client.subscribe(topic_filter, qos)
        codes = self.subscribed.get(timeout=PATIENCE)
        assert [code.value for code in codes] == [qos]

    def publish(self, topic, payload, qos, **settings):
        self.client.publish(topic, payload, qos, **settings).wait_for_publish(PATIENCE)

    def message(self):
        return self.messages.get(timeout=PATIENCE)

    def stop(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def paho_client(broker):
    started = []

    def start(version, name):
        started.append(Paho(broker, version, name))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.mark.parametrize("to_version", [3, 4, 5])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_paho(paho_client, version, to_version, qos, name):
    subscriber = paho_client(to_version, f"{name}s")
    subscriber.subscribe(f"{name}/+", qos)
    publisher = paho_client(version, f"{name}p")
    for number in range(20):
        publisher.publish(f"{name}/x", str(number), qos)
    got = [subscriber.message() for _ in range(20)]
    assert [message.payload for message in got] == [str(number).encode() for number in range(20)]
    assert all(message.qos == qos and message.topic == f"{name}/x" for message in got)


def test_paho_retained(paho_client, version, name):
    publisher = paho_client(version, f"{name}p")
    publisher.publish(name, "kept", 1, retain=True)
    subscriber = paho_client(version, f"{name}s")
    subscriber.subscribe(name, 1)
    message = subscriber.message()
    assert (message.payload, message.retain) == (b"kept", True)


def test_paho_large_payload(paho_client, version, name):
    both = paho_client(version, name)
    both.subscribe(name, 2)
    both.publish(name, bytes(1_000_000), 2)
    assert both.message().payload == bytes(1_000_000)


def test_paho_version_5_properties(paho_client, name):
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    both = paho_client(5, name)
    both.subscribe(name, 1)
    properties = Properties(PacketTypes.PUBLISH)
    properties.ContentType = "text/plain"
    properties.UserProperty = [("b", "1"), ("a", "2")]
    properties.TopicAlias = 1
    both.publish(name, "x", 1, properties=properties)
    got = both.message().properties
    assert got.ContentType == "text/plain" and got.UserProperty == [("b", "1"), ("a", "2")]
