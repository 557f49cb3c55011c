"""The $SYS tree: Mosquitto's names, which exporters read. [4.7.2]"""

import re
import subprocess
import time

import packets
import pytest
from broker import IS_SWIFTLET, ROOT
from packets import V5
from raw_client import PATIENCE

LOADS = ["load/messages/received", "load/messages/sent", "load/publish/dropped", "load/publish/received",
         "load/publish/sent", "load/bytes/received", "load/bytes/sent", "load/sockets",
         "load/connections"]
NAMES = [
    "version", "uptime", "clients/connected", "clients/disconnected", "clients/total",
    "clients/maximum", "clients/expired", "clients/active", "clients/inactive",
    "messages/received", "messages/sent", "messages/stored", "store/messages/count",
    "store/messages/bytes", "publish/messages/received", "publish/messages/sent",
    "publish/messages/dropped", "publish/bytes/received", "publish/bytes/sent", "bytes/received",
    "bytes/sent", "subscriptions/count", "shared_subscriptions/count", "retained messages/count",
] + [f"{load}/{minutes}" for load in LOADS for minutes in ("1min", "5min", "15min")]
LATER = ["heap/current", "heap/maximum", "packet/out/count", "packet/out/bytes",
         "connections/socket/count"]  # since 2.1; a heap there is none


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    from conftest import run
    yield from run(tmp_path_factory.mktemp("broker"), "sys_interval 1")


@pytest.fixture
def tree(client):
    """The whole tree as its topics and values, once it is complete."""
    deadline = time.monotonic() + PATIENCE
    while True:
        reader = client()
        reader.subscribe("$SYS/#")
        got = {packet.topic: packet.payload.decode() for packet in reader.drain()}
        if all(f"$SYS/broker/{name}" in got for name in NAMES) or time.monotonic() > deadline:
            return got
        time.sleep(0.2)


def test_names(tree):
    missing = [name for name in NAMES if f"$SYS/broker/{name}" not in tree]
    assert not missing


@pytest.mark.swiftlet_only("since Mosquitto 2.1")
def test_later_names(tree):
    missing = [name for name in LATER if f"$SYS/broker/{name}" not in tree
               and not name.startswith("heap/")]
    assert not missing


def written_out(name):
    """`a/{b,c}` as both its topics."""
    if not (found := re.search(r"\{(.*?)\}", name)):
        return [name]
    return [name.replace(found[0], one) for one in found[1].split(",")]


@pytest.mark.swiftlet_only("Swiftlet's own")
def test_the_tree_is_the_one_of_the_documents(tree):
    text = (ROOT / "Board/operations.md").read_text()
    topics, pools = (
        re.findall(r"^\| `(.*?)` \|", text.split(f"<!-- Made by `make documents`: {piece} -->\n| ")[1]
                   .split("<!-- End. -->")[0].split("\n", 2)[2], re.M) for piece in ("topics", "pools"))
    names = [topic for name in topics for topic in written_out(name)
             if "POOL" not in topic and "CLIENT" not in topic]  # of a client, when it has lost something
    names += [topic.replace("POOL", pool) for name in topics if "POOL" in name for topic in written_out(name)
              for pool in pools]
    assert sorted(tree) == sorted(f"$SYS/broker/{name}" for name in names)


@pytest.mark.swiftlet_only("Swiftlet's own")
def test_limits(tree):
    pools = {topic.split("/")[3] for topic in tree if topic.startswith("$SYS/broker/limits/")}
    assert pools
    for pool in pools:
        used, peak, capacity, refused = (
            int(tree[f"$SYS/broker/limits/{pool}/{word}"])
            for word in ("used", "peak", "capacity", "refused"))
        assert 0 <= used <= peak <= capacity and refused >= 0


def test_values(tree):
    assert tree["$SYS/broker/uptime"].endswith(" seconds")
    assert ("mosquitto" if not IS_SWIFTLET else "swiftlet") in tree["$SYS/broker/version"].lower()
    for topic, value in tree.items():
        if topic.split("/")[-1] not in ("version", "uptime", "timestamp"):
            float(value)
    assert int(tree["$SYS/broker/clients/connected"]) >= 0


def test_retained_and_fresh(client):
    reader = client()
    reader.subscribe("$SYS/broker/uptime", qos=2)
    assert reader.take_publish(patience=PATIENCE + 10).topic == "$SYS/broker/uptime"
    got = reader.take_publish(patience=PATIENCE + 10)  # the next interval
    assert got.topic == "$SYS/broker/uptime" and not got.retain


def test_counts(client, name):
    reader = client()
    reader.subscribe("$SYS/broker/publish/messages/received", qos=2)
    before = int(reader.take_publish(patience=PATIENCE + 10).payload)
    publisher = client()
    for _ in range(7):
        publisher.publish(name, "x")
    deadline = time.monotonic() + PATIENCE + 10
    while time.monotonic() < deadline:
        if int(reader.take_publish(patience=PATIENCE + 10).payload) >= before + 7:
            return
    raise AssertionError("7 messages were not counted")


# [MQTT-4.7.2-1] [MQTT3-4.7.2-1]
@pytest.mark.parametrize("topic_filter", ["#", "+/#", "+/broker/#", "+/broker/uptime"])
def test_not_matched_by_wildcards(client, version, tree, topic_filter):
    reader = client(version)
    reader.subscribe(topic_filter)
    assert not [packet for packet in reader.drain() if packet.topic.startswith("$")]


# [MQTT3-3.3.5-2]
# Nobody but the broker writes there: refused in version 5, acknowledged and dropped before.
@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("topic", ["$SYS/broker/uptime", "$SYS/x"])
def test_nobody_else_writes(client, version, tree, topic, qos):
    got = client(version).publish(topic, "forged", qos, retain=True)
    if version == V5 and qos:
        assert got.reason in ((0x87, 0x90) if IS_SWIFTLET else (0x87, 0x90, 0x10, 0)), got
    reader = client(version)
    reader.subscribe("$SYS/#")
    assert all(packet.payload != b"forged" for packet in reader.drain())


@pytest.mark.parametrize("version", packets.VERSIONS)
def test_readable_with_mosquitto_sub(broker, tree, version):
    word = {3: "31", 4: "311", 5: "5"}[version]
    done = subprocess.run(
        ["mosquitto_sub", "-p", str(broker.port), "-V", word, "-t", "$SYS/broker/clients/#", "-C", "3",
         "-W", "20", "-v"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3


@pytest.mark.swiftlet_only("Mosquitto 2.0 counts in whole intervals of its own")
def test_turned_off(start_broker, client):
    broker = start_broker("sys_interval 0")
    reader = client(broker=broker)
    reader.subscribe("$SYS/#")
    assert not reader.drain()
