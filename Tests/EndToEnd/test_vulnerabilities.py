"""What has brought brokers down before: each cause once, by its name; CVE numbers are other brokers'.

vulnerabilities.py lists which tests stand for which, here and in the files beside.
After each test the broker serves the next Client (`still_serves`), and when all have gone nothing of
any pool is in use (`nothing_is_left`).
"""

import ast
import random
import signal
import threading
import time
from pathlib import Path

import packets
import pytest
from broker import IS_SWIFTLET
from packets import CONNACK, PUBACK, PUBCOMP, PUBREC, PUBREL, SUBACK, V311, V5, Will, options
from raw_client import PATIENCE, Closed, Nothing, RawClient
from usage import POOL, processor_time, wait_until_unused
from vulnerabilities import CAUSES

DOLLAR_TOPICS = ["$", "$X", "$SYS", "$SYS/", "$SYS/broker/uptime", "$share", "$share/g",
                 "$share/g/t", "$CONTROL", "$CONTROL/dynamic-security/v1", "$/", "/$"]


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """Sessions of 3.x that are left behind are kept for a second."""
    from conftest import run
    yield from run(tmp_path_factory.mktemp("broker"), "persistent_client_expiration 1s")


@pytest.fixture(autouse=True)
def nothing_is_left(request):
    yield
    if not IS_SWIFTLET or "broker" not in request.fixturenames:
        return
    broker = request.getfixturevalue("broker")
    forget_retained(broker)
    wait_until_unused(broker)


def forget_retained(broker):
    client = RawClient(broker.port, V5)
    client.connect("forget")
    client.subscribe("#")
    names = {packet.topic for packet in client.drain() if packet.kind == packets.PUBLISH}
    client.unsubscribe("#")
    for topic in sorted(names) + DOLLAR_TOPICS:
        client.publish(topic, b"", retain=True)
    client.disconnect()


def test_every_cause_has_its_tests():
    """What vulnerabilities.py names is there, and no test here is without a cause."""
    here = Path(__file__).parent
    named = {test for _, tests in CAUSES.values() for test in tests}
    files = {"": "test_vulnerabilities", "access": "test_vulnerabilities_access",
             "transports": "test_vulnerabilities_transports"}
    for test in named:
        file, _, function = test.rpartition("::")
        assert function in functions_of(here / f"{files.get(file, file)}.py"), f"there is no {test}"
    for short, file in files.items():
        for function in functions_of(here / f"{file}.py") - {"test_every_cause_has_its_tests"}:
            assert f"{short}::{function}".removeprefix("::") in named, f"{function} stands for nothing"


def functions_of(path):
    return {node.name for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def connect_of(version):
    return packets.connect(version, "hostile", will=Will("w", "gone", 1), keep_alive=10)


@pytest.mark.parametrize("first", [0x10, 0x30, 0x82, 0xE0, 0x00, 0xF0])
def test_no_memory_for_the_length_a_stranger_names(open_client, first):
    """CVE-2017-7651, CVE-2023-0809, nanomq#1926: memory was had for the Remaining Length of a packet
    before anybody had connected."""
    crowd = [open_client() for _ in range(20)]
    for stranger in crowd:
        stranger.send(bytes([first]), b"\xff\xff\xff\x7f")
    if first != 0x10:  # [MQTT-3.1.0-1]: no need to wait for the rest
        for stranger in crowd:
            assert not stranger.expect_closed() or not stranger.polite


@pytest.mark.parametrize("first", [0x10, 0x30, 0xC0])
def test_remaining_length_of_five_bytes(open_client, client, version, first):
    """CVE-2017-7651: a length without end. [2.1.4]"""
    sender = open_client(version) if first == 0x10 else client(version)
    sender.send(bytes([first]), b"\xff\xff\xff\xff\x7f")
    sender.expect_closed()


def test_connect_cut_anywhere_leaks_nothing(open_client, version):
    """CVE-2017-7654, CVE-2021-34431: what a CONNECT had made was lost when it was found wrong."""
    whole = connect_of(version)
    for length in range(len(whole)):
        client = open_client(version)
        client.send(whole[:length])
        client.close()


def test_connect_reset_anywhere_leaks_nothing(open_client, version):
    """CVE-2017-7654: the same, and the connection ends with RST."""
    whole = connect_of(version)
    for length in range(len(whole) + 1):
        client = open_client(version)
        client.send(whole[:length])
        client.reset()


@pytest.mark.parametrize("identifier", range(0, 0x30))
def test_will_property_of_the_wrong_type_leaks_nothing(open_client, identifier):
    """CVE-2023-3592: a Will Property of the wrong type, its memory never given back."""
    client = open_client()
    raw = bytes([2, identifier, 0])
    client.send(packets.connect(V5, "x", will=Will("w", "gone", properties=raw)))
    try:
        assert client.receive().kind == CONNACK
    except (Closed, Nothing):
        pass


@pytest.mark.parametrize("raw", [
    packets.publish("a/b", "xyz", 2, 7, version=V5, properties=[("topic_alias", 1)]),
    packets.subscribe(1, [("a/b", 1), ("c/#", 2)], V5, [("subscription_identifier", 300)]),
    packets.unsubscribe(1, ["a/b", "c/#"], V5, [("user_property", ("a", "b"))]),
    packets.puback(1, 0, [("reason_string", "why")]),
    packets.pubrel(1, 0x92, [("user_property", ("a", "b"))]),
    packets.disconnect(4, [("session_expiry", 10)]),
    packets.auth(0x18, [("authentication_method", "x")]),
], ids=lambda raw: packets.TYPE_NAMES[raw[0] >> 4])
def test_packet_cut_anywhere_leaks_nothing(client, version, raw):
    """Mosquitto 2.0.21 (SUBSCRIBE), nanomq#1153, #1154, #1155, #1169: each packet of a Client, cut
    short, its length set right: closed, or understood otherwise."""
    header, length = packets.header_of(raw)
    for cut in range(length):
        sender = client(version)
        sender.send(packets.packet(raw[0], raw[header:header + cut]), packets.pingreq())
        try:
            sender.receive()
        except (Closed, Nothing):
            pass
        sender.close()


@pytest.mark.parametrize("qos", [1, 2])
def test_publish_that_ends_before_its_packet_identifier(client, version, qos):
    """nanomq#2270: read beyond the packet."""
    sender = client(version)
    sender.send(packets.packet(0x30 | qos << 1, packets.string("abc")))
    sender.expect_refused(0x81, 0x82)


@pytest.mark.parametrize("qos", [0, 1, 2])
def test_topic_name_of_no_length(client, version, qos):
    """CVE-2021-34432: a null pointer for a Topic Name. [MQTT-4.7.3-1] [MQTT3-4.7.0-1]"""
    sender = client(version)
    sender.send(packets.publish("", "", qos, 1 if qos else None, retain=True, version=version))
    sender.expect_refused()


@pytest.mark.swiftlet_only("Mosquitto, which is a Client of other Servers too, takes some of them")
@pytest.mark.parametrize("kind", [0, 2, 9, 11, 13])
@pytest.mark.parametrize("body", [b"", b"\0\1", b"\0\1\0", bytes(100)], ids=len)
def test_packet_that_only_a_server_sends(client, version, kind, body):
    """CVE-2021-28166: a null pointer when a Client sent CONNACK; all such packets, and those of the
    types that are reserved. [MQTT-4.13.1-1] [MQTT3-4.8.0-1]"""
    sender = client(version)
    sender.send(packets.packet(kind << 4, body))
    if version != V5 and kind in (9, 11, 13):
        return sender.expect_nothing()  # answers that nobody asked for, which Mosquitto takes too
    sender.expect_refused(0x81, 0x82)


def test_recursion_as_deep_as_a_filter_has_levels(open_client, version, name):
    """CVE-2019-11779: 65,400 slashes and no stack left; FlashMQ#174: the same in a Will."""
    client = open_client(version)
    client.send(packets.connect(version, name, will=Will("/" * 65535, "deep", 1, retain=True)))
    try:
        client.receive()
        for topic_filter in ("/" * 65535, "+/" * 32767 + "#", "$share/g/" + "/" * 65500):
            client.send(packets.subscribe(1, [(topic_filter, 0)], version))
            client.receive()
    except Closed:
        pass
    client.reset()


@pytest.mark.parametrize("topic", DOLLAR_TOPICS)
def test_assertion_on_topics_that_begin_with_dollar(open_client, version, name, topic):
    """CVE-2018-12543, Mosquitto 2.0.16 ($CONTROL by a Will), vernemq#756: `$` and not `$SYS`, and
    `$share` that is none."""
    client = open_client(version)
    client.send(
        packets.connect(version, name, will=Will(topic, "gone", 1, retain=True)),
        packets.subscribe(1, [(topic, 2)], version),
        packets.publish(topic, "x", 1, 2, retain=True, version=version),
        packets.publish(topic, "", 2, 3, retain=True, version=version),
        packets.unsubscribe(4, [topic], version), packets.pingreq())
    try:
        while client.receive().kind != packets.PINGRESP:
            pass
    except Closed:
        pass
    client.reset()


def test_will_delay_beyond_the_session_it_belongs_to(client, name):
    """CVE-2019-11778: a session was freed, its delayed Will was published later."""
    for turn in range(20):
        client(V5, name, clean=turn % 3 == 0, properties={"session_expiry": turn % 2},
               will=Will(f"{name}/w", "gone", turn % 3, properties={"will_delay": 1 + turn})).reset()


def test_shared_and_ordinary_subscriptions_taken_back_crosswise(client, name):
    """CVE-2024-8376: memory used after it was freed, one root for two kinds of subscriptions."""
    pair = [client(), client()]
    filters = [f"$share/g/{name}/#", f"{name}/#", f"$share/g/{name}/+", f"{name}/a", f"$share/h/{name}/a"]
    for left in filters:
        for right in filters:
            for sender in pair:
                sender.subscribe(left, right, qos=1)
            pair[0].unsubscribe(right)
            client(V311).publish(f"{name}/a", "x", 1)
            pair[1].unsubscribe(right, left)
            pair[0].unsubscribe(left)
            for sender in pair:
                sender.drain()
    assert client().publish(f"{name}/a", "x", 1).reason == 0x10


def test_one_packet_identifier_of_qos_2_again_and_again(client, version, name):
    """CVE-2023-28366, mosquitto#1793: each repetition was kept. [MQTT-4.3.3-10]"""
    sender = client(version)
    raw = packets.publish(name, "x" * 100, 2, 1, dup=True, version=version)
    for _ in range(100):
        sender.send(raw * 100)
        try:
            for _ in range(100):
                sender.expect(PUBREC, packet_id=1)
        except (Closed, AssertionError):
            assert not sender.polite  # Mosquitto closes.
            return
    sender.send(packets.pubrel(1))
    sender.expect(packets.PUBCOMP, packet_id=1, reason=0)


def test_exchanges_of_qos_2_begun_and_never_ended(client, version, name):
    """CVE-2023-28366: on connection after connection."""
    for _ in range(50):
        sender = client(version)
        sender.send(*(packets.publish(name, "x", 2, number, version=version) for number in range(1, 16)))
        sender.reset()


def test_time_grows_with_the_square_of_user_properties(open_client, client, name):
    """CVE-2021-41039: as many as a packet holds; it takes no longer than its bytes."""
    pairs = [("user_property", ("a", "b"))] * 60_000
    large = open_client()
    # A CONNECT may be as long as its fields at their longest.
    large.connect(name, properties=pairs[:56_000])
    subscriber = client()
    subscriber.subscribe(name)
    large.publish(name, "x", 1, properties=pairs)
    assert len(subscriber.expect_publish(payload="x").properties) == 60_000
    large.send(packets.subscribe(9, [("a", 0)], V5, pairs))
    large.expect(SUBACK, packet_id=9)


def test_spin_on_connections_that_say_nothing(broker, open_client, client):
    """CVE-2023-5632: a loop that waited for nothing while a connection was idle."""
    crowd = [open_client() for _ in range(200)]
    before = processor_time(broker)
    time.sleep(1)
    assert processor_time(broker) - before < 50, "it spins"
    client().ping()
    for stranger in crowd:
        stranger.close()


def test_connections_kept_for_ever_without_keep_alive(client, version):
    """CVE-2020-13849: Clients that never have to say anything; the others are served meanwhile."""
    crowd = [client(version, keep_alive=0) for _ in range(100)]
    for member in crowd:
        member.ping()


def test_flood_without_keep_alive(open_client, client, version, name):
    """CVE-2020-13849: and such that never stop to send; the others are served meanwhile."""
    flooders = [client(version, keep_alive=0) for _ in range(4)]
    ends = time.monotonic() + 1

    def flood(flooder):
        raw = packets.publish(name, b"x" * 10, version=version) * 2000
        while time.monotonic() < ends:
            flooder.send(raw)

    threads = [threading.Thread(target=flood, args=(flooder,)) for flooder in flooders]
    for thread in threads:
        thread.start()
    while time.monotonic() < ends:
        one, began = open_client(version), time.monotonic()
        one.connect(name)
        one.disconnect()
        assert time.monotonic() - began < 2
    for thread in threads:
        thread.join()
    for flooder in flooders:
        flooder.ping()


def test_take_over_ends_the_other_connection(client, version, name):
    """codepr/sol#17: who was taken over stayed connected, with a session that was another's. [MQTT-3.1.4-3]"""
    one = client(version, name)
    one.subscribe((name, 1))
    other = client(version, name)
    one.expect_refused(0x8E)
    one.send(packets.publish(name, b"from beyond", 1, 7, version=version))
    other.subscribe((name, 1))
    other.publish(name, b"mine", 0)
    other.expect_publish(payload=b"mine")
    other.expect_nothing()


def test_take_over_of_one_identifier_with_subscriptions_in_between(open_client, client, version, name):
    """codepr/sol#17, CVE-2026-22040, nanomq#2114 to #2119: memory used after a take-over freed it."""
    chance = random.Random(7)
    crowd = []
    for turn in range(150):
        member = open_client(chance.choice(packets.VERSIONS))
        keep = {"properties": {"session_expiry": 30}} if member.version == V5 else {}
        member.send(
            packets.connect(member.version, name, clean=chance.random() < 0.3,
                            will=Will(name, "gone", turn % 3) if turn % 2 else None, **keep),
            packets.subscribe(1, [(name, turn % 3), (f"{name}/#", 1)], member.version),
            packets.publish(name, "x", 1, 2, version=member.version))
        crowd.append(member)
        if len(crowd) > 5:
            chance.choice([crowd.pop(0).close, crowd.pop(0).reset])()
    client(V5, name).ping()


def test_deadlock_with_a_peer_that_never_reads_its_answers(open_client, client, name):
    """CVE-2024-48077: the queue of what was received waited for the queue of what was sent."""
    deaf = open_client()
    deaf.connect(name)
    deaf.socket.settimeout(1)
    try:
        for _ in range(200):
            deaf.socket.sendall(packets.pingreq() * 10_000)
    except (TimeoutError, OSError):
        pass
    client().ping()
    deaf.reset()


def test_subscribe_with_bad_options_leaks_nothing(client, name):
    """mosquitto#1773: what a SUBSCRIBE had made was lost when it was found wrong. [MQTT-3.8.3-5]"""
    for retain_handling in (3,) * 30:
        sender = client()
        sender.send(packets.subscribe(1, [(f"{name}/{'x' * 1000}", 1), (
            name, options(retain_handling=retain_handling))], V5))
        sender.expect_closed()


@pytest.mark.parametrize("identifier", ["#", "+", "a/#", "+/+", "$SYS/#"])
def test_identifiers_and_names_with_wildcards_are_only_bytes(open_client, identifier):
    """CVE-2017-7650: `#` or `+` as a name matched the rules of others."""
    client = open_client(V311)
    client.connect(identifier, username=identifier)
    client.ping()


def test_trickle_before_connect_is_cut_off(start_broker, open_client):
    """CVE-2017-7651, CVE-2023-0809: a byte now and then holds a connection and its memory for ever."""
    broker = start_broker("connect_timeout 1")
    stranger = open_client(broker=broker)
    stranger.send(b"\x10\xff\xff\xff\x7f")
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE:
        stranger.send(b"\0")
        try:
            stranger.receive(patience=0.1)
        except Nothing:
            continue
        except Closed:
            return
    raise AssertionError("it is still there")


def test_second_connect_leaks_nothing(client, version, name):
    """CVE-2021-34431: a Client that was connected sent CONNECT again. [MQTT-3.1.0-2]"""
    for _ in range(20):
        sender = client(version)
        sender.send(packets.connect(version, f"{name}-again", will=Will("w", "gone" * 100, 1)))
        sender.expect_refused(0x82)


def test_name_as_deep_as_it_is_long(client, version, name):
    """CVE-2019-11779: and as a Topic Name, with subscribers on the way."""
    subscriber, publisher = client(version), client(version)
    for topic_filter in ("+/#", "/#", "+/+/+/+/#"):
        subscriber.subscribe(topic_filter)
    publisher.publish("/" * 65535, "deep", 1)
    assert subscriber.expect_publish(payload="deep").topic == "/" * 65535


@pytest.mark.swiftlet_only("Mosquitto closes")
@pytest.mark.parametrize("topic_filter", ["$share", "$share/", "$share//t", "$share/+/t", "$share/#",
                                          "$share/g", "$share/g/", "$share/g/#/t"])
def test_share_that_is_none(client, version, name, topic_filter):
    """vernemq#756, Mosquitto: `$share/topic` brought the Server down. [MQTT-4.8.2-1]"""
    sender = client(version)
    sender.send(packets.subscribe(1, [(topic_filter, 1)], version), packets.pingreq())
    try:
        assert sender.receive().kind in (SUBACK, packets.DISCONNECT)
    except Closed:
        pass
    sender.close()


def test_will_properties_after_the_packet_that_held_them(client, name):
    """Mosquitto 1.6.2: the properties of a Will were freed with its CONNECT and sent later."""
    subscriber = client()
    subscriber.subscribe(name)
    for number in range(20):
        will = Will(name, str(number), 1, properties=[
            ("user_property", ("key", "v" * 50)), ("content_type", "t" * 30), ("message_expiry", 60)])
        client(client_id=f"{name}-w", will=will).reset()
        got = subscriber.take_publish(payload=str(number))
        assert got.properties.get("content_type") == "t" * 30
        assert got.properties.all("user_property") == [("key", "v" * 50)]


def test_message_of_a_session_that_ends_while_it_is_sent(client, name):
    """mosquitto#3702: the message of a persistent session was used after it was freed."""
    publisher = client()
    for _ in range(20):
        keeper = client(client_id=f"{name}-k", clean=False, properties={"session_expiry": 60})
        keeper.subscribe((name, 2))
        keeper.reset()
        for number in range(5):
            publisher.publish(name, b"x" * 5000, number % 3)
        half = client(client_id=f"{name}-k", clean=False, properties={"session_expiry": 60})
        half.expect_publish()
        client(client_id=f"{name}-k", clean=True).disconnect()


def test_pubrec_with_an_error_ends_the_exchange(client, name):
    """CVE-2023-28366: exchanges that the other side broke off were kept. [MQTT-4.4.0-2]"""
    subscriber, publisher = client(properties={"receive_maximum": 1}), client()
    subscriber.subscribe((name, 2))
    for number in range(30):
        publisher.publish(name, str(number), 2)
        got = subscriber.expect_publish(payload=str(number))
        subscriber.send(packets.pubrec(got.packet_id, 0x97))
    subscriber.expect_nothing()


def test_pubrel_of_what_nobody_sent(client, version):
    """mosquitto#1793: the state of QoS 2 for an unknown Packet Identifier."""
    sender = client(version)
    for number in range(1, 200):
        sender.send(packets.pubrel(number))
        sender.expect(PUBCOMP, packet_id=number, reason=0x92 if version == V5 else 0)


ILL_FORMED = {"overlong": b"a\xc0\x80", "surrogate": b"a\xed\xa0\x80", "null": b"a\0", "cut": b"a\xe2\x82",
              "beyond": b"a\xf4\x90\x80\x80"}


@pytest.mark.parametrize("raw", ILL_FORMED.values(), ids=ILL_FORMED)
def test_ill_formed_text_is_sent_to_nobody(open_client, client, version, name, raw):
    """CVE-2017-7653: ill-formed UTF-8 was sent on, and all who got it hung up. [MQTT-1.5.4-1]"""
    subscriber = client(version)
    subscriber.subscribe("#")
    for packet in (packets.publish(raw, "x", 1, 1, version=version),
                   packets.subscribe(1, [(raw, 1)], version)):
        sender = client(version)
        sender.send(packet)
        sender.expect_refused()
    fields_of_text = [{"client_id": raw}, {"client_id": name, "will": Will(raw, "gone")}]
    if version != packets.V31:  # where such a User Name is none
        fields_of_text.append({"client_id": name, "username": raw})
    for fields in fields_of_text:
        stranger = open_client(version)
        stranger.send(packets.connect(version, **fields))
        stranger.expect_unconnected(silent=True)
    subscriber.expect_nothing()


def test_fan_out_is_off_by_none(client, name):
    """nanomq#2110: one subscriber too many in a list of those to be sent to."""
    crowd = [client() for _ in range(120)]
    for member in crowd:
        member.subscribe((name, 1))
    publisher = client()
    for number in range(3):
        publisher.publish(name, str(number), 1)
        for member in crowd:
            member.take_publish(payload=str(number))
    for member in crowd:
        member.ping()  # Nothing more comes before the answer.


@pytest.mark.parametrize("retain", [False, True])
def test_message_of_no_bytes(client, version, name, retain):
    """FlashMQ#157: a Payload of no bytes and a message that is retained no longer."""
    subscriber, sender = client(version), client(version)
    subscriber.subscribe((name, 2))
    for qos in (0, 1, 2):
        sender.publish(name, b"full", qos, retain=retain)
        sender.publish(name, b"", qos, retain=retain)
        subscriber.take_publish(payload=b"full")
        subscriber.take_publish(payload=b"")
    client(version).subscribe(name)


@pytest.mark.swiftlet_only("the keys are Swiftlet's")
@pytest.mark.parametrize("settings", [
    "queue_full_wait 0", "max_queued_messages 0", "max_queued_bytes 0", "max_inflight_messages 0",
    "sys_interval 0", "max_topic_alias 0", "max_topic_alias_broker 0", "max_packet_size 20",
    "message_size_limit 1", "retain_expiry_interval 1", "max_keepalive 0", "connect_timeout 1"])
def test_division_by_a_setting_of_nought(start_broker, open_client, settings, version, name):
    """FlashMQ#167, CVE-2026-42209: retained messages come and go with a setting of zero."""
    broker = start_broker(settings)
    for number in range(10):
        clients = [open_client(version, broker) for _ in range(3)]
        for place, one in enumerate(clients):
            one.send(packets.connect(version, f"{name}{place}", keep_alive=0),
                     packets.subscribe(1, [("#", 1)], version),
                     packets.publish(f"{name}/{number % 3}", "x" * (number % 2), 1, 1, retain=True,
                                     version=version))
        for one in clients:
            try:
                one.receive(patience=0.5)
            except (Closed, Nothing):
                pass
            one.reset()
    assert broker.is_running(), broker.log()


@pytest.mark.swiftlet_only("Mosquitto ends when its configuration is gone")
@pytest.mark.parametrize("broken", ["nonsense true\n", "allow_anonymous maybe\n", "listener\n", None])
def test_reload_that_fails_leaves_the_door_shut(start_broker, open_client, broken):
    """CVE-2017-7652: the configuration could not be read again, and the defaults let all in."""
    broker = start_broker()
    shut = broker.configuration_path.read_text().replace("allow_anonymous true", "allow_anonymous false")
    broker.configuration_path.write_text(shut)
    reload(broker)
    wait_until_shut(broker, open_client)
    if broken is None:
        broker.configuration_path.unlink()
    else:
        broker.configuration_path.write_text(shut.replace("allow_anonymous false", broken))
    reload(broker)
    for _ in range(3):
        stranger = open_client(broker=broker)
        stranger.send(packets.connect(V5, "stranger"))
        stranger.expect_unconnected(0x87, 0x86)


def reload(broker):
    """SIGHUP, and a request behind it that shows in the log that both were served."""
    start = len(broker.log())
    broker.signal(signal.SIGHUP)
    broker.signal(signal.SIGUSR2)
    deadline = time.monotonic() + PATIENCE
    while not POOL.search(broker.log()[start:]):
        assert time.monotonic() < deadline and broker.is_running(), broker.log()
        time.sleep(0.01)


def wait_until_shut(broker, open_client):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        stranger = open_client(broker=broker)
        stranger.send(packets.connect(V5, "stranger"))
        if stranger.receive().reason:
            return
        stranger.close()
    raise AssertionError("anonymous Clients are still let in")
