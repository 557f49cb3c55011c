"""How the devices of others talk: what they do against the letter of a standard, and Mosquitto takes from them.

Each case is a way of talking that real programs have: a device that worked yesterday has to work today.
"""

import contextlib
import socket
import ssl
import time

import packets
import pytest
from accounts import Accounts, hashed
from authority import Authority
from broker import let_in
from packets import (CONNACK, DISCONNECT, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, SUBACK, UNSUBACK,
                     V31, V311, V5, Will)
from raw_client import Nothing, RawClient
from test_keep_alive import has_ended

def code_of(version, five, three):
    return five if version == V5 else three


OLDER = pytest.mark.parametrize("version", [V31, V311], ids=["v3.1", "v3.1.1"])
ANY = range(16)


# MARK: Flags in the first byte


@pytest.mark.parametrize("flags", ANY, ids=hex)
def test_old_php_and_objective_c_clients_set_flags_in_3_1(client, name, flags):
    device = client(V31)
    device.send(packets.subscribe(1, [(name, 2)], V31, first_byte=0x80 | flags))
    device.expect(SUBACK, packet_id=1, reasons=[2])
    device.send(packets.publish(name, "x", 2, 7, version=V31))
    device.expect(PUBREC, packet_id=7)
    got = device.expect_publish(name, "x", qos=2)
    device.send(packets.acknowledgement(PUBREL, 7, flags=flags))
    device.expect(PUBCOMP, packet_id=7)
    device.send(packets.acknowledgement(PUBREC, got.packet_id, flags=flags))
    device.expect(PUBREL, packet_id=got.packet_id)
    device.send(packets.acknowledgement(PUBCOMP, got.packet_id, flags=flags))
    device.send(packets.unsubscribe(2, [name], V31, first_byte=0xA0 | flags))
    device.expect(UNSUBACK, packet_id=2)
    device.send(packets.packet(0xC0 | flags))
    device.expect(PINGRESP)
    device.send(packets.packet(0xE0 | flags))
    device.expect_gone()


@pytest.mark.parametrize("flags", ANY, ids=hex)
def test_a_connect_with_flags_in_3_1(open_client, name, flags):
    device = open_client(V31)
    device.send(bytes([0x10 | flags]) + packets.connect(V31, name)[1:])
    device.expect(CONNACK, reason=0)
    device.ping()


@OLDER
@pytest.mark.parametrize("flags", ANY, ids=hex)
def test_flags_of_pingreq_and_acknowledgements(client, version, name, flags):
    device = client(version)
    device.subscribe(name, qos=2)
    for qos in (1, 2):
        device.send(packets.publish(name, "x", qos, 9, version=version))
        answers = {packet.kind: packet for packet in (device.receive(), device.receive())}
        number = answers[PUBLISH].packet_id
        if qos == 1:
            device.send(packets.acknowledgement(PUBACK, number, flags=flags))
        else:
            device.send(packets.pubrel(9))
            device.expect(PUBCOMP)
            device.send(packets.acknowledgement(PUBREC, number, flags=flags))
            device.expect(PUBREL, packet_id=number)
            device.send(packets.acknowledgement(PUBCOMP, number, flags=flags))
    device.send(packets.packet(0xC0 | flags))
    device.expect(PINGRESP)
    device.expect_nothing()


# [MQTT3-2.2.2-2]: where Mosquitto looks at them too.
@pytest.mark.parametrize("raw", ["8a0600010001 6100", "800600010001 6100", "aa050001000161", "6a020001", "e200"])
def test_flags_that_3_1_1_minds(client, raw):
    device = client(V311)
    device.send(bytes.fromhex(raw.replace(" ", "")))
    device.expect_refused()


# [MQTT-2.1.3-1]
@pytest.mark.swiftlet_only("Mosquitto 2.0 does not look at them")
@pytest.mark.parametrize("first_byte", [0x8A, 0xAA, 0x6A, 0xC2, 0x48, 0x51, 0x74, 0xE1], ids=hex)
def test_flags_are_told_in_5(client, first_byte):
    device = client(V5)
    device.send(packets.packet(first_byte, b"\0\1"))
    device.expect_refused(0x81)


@OLDER
@pytest.mark.parametrize("retain", [False, True])
def test_dup_at_qos_0_is_taken_and_not_sent_on(client, version, name, retain):
    readers = [client(other) for other in (V31, V311, V5)]
    for reader in readers:
        reader.subscribe(name)
    client(version).send(packets.publish(name, "x", 0, dup=True, retain=retain, version=version))
    for reader in readers:
        reader.expect_publish(name, "x", dup=False, qos=0)
    later = client()
    later.subscribe(name)
    assert [packet.dup for packet in later.drain()] == ([False] if retain else [])


# MARK: More bytes than there should be


@OLDER
@pytest.mark.parametrize("surplus", [b"\0", b"\0\0", b"\x10\0abc"], ids=len)
def test_bytes_behind_the_last_field(client, version, name, surplus):
    device = client(version)
    device.subscribe(name, qos=2)
    device.send(packets.packet(0xC0, surplus))
    device.expect(PINGRESP)
    device.send(packets.publish(name, "x", 2, 9, version=version))
    answers = {packet.kind: packet for packet in (device.receive(), device.receive())}
    number = answers[PUBLISH].packet_id.to_bytes(2, "big")
    device.send(packets.packet(0x62, b"\0\x09" + surplus))
    device.expect(PUBCOMP, packet_id=9)
    device.send(packets.packet(0x50, number + surplus))
    device.expect(PUBREL)
    device.send(packets.packet(0x70, number + surplus))
    device.send(packets.packet(0x40, b"\x7f\xff" + surplus))
    device.expect_nothing()


@OLDER
def test_a_disconnect_with_surplus_bytes_is_one(client, version, name):
    watcher = client()
    watcher.subscribe(name)
    device = client(version, will=Will(name, "gone"))
    device.send(packets.packet(0xE0, b"\0"))
    device.expect_gone()
    watcher.expect_nothing()


@OLDER
@pytest.mark.parametrize("length", [2, 3, 4])
def test_a_remaining_length_of_fixed_width(open_client, client, version, name, length):
    def padded(raw):
        """As programs write it that leave a place for it and fill that in at the end."""
        rest = len(raw) - 2
        return raw[:1] + bytes([rest | 0x80] + [0x80] * (length - 2) + [0]) + raw[2:]

    readers = [client(other) for other in (V31, V311, V5)]
    for reader in readers:
        reader.subscribe(name)
    device = open_client(version)
    device.send(padded(packets.connect(version, name)))
    device.expect(CONNACK, reason=0)
    for qos in (0, 1):
        device.send(padded(packets.publish(name, "x", qos, 3 if qos else None, version=version)))
    device.send(padded(packets.pingreq()))
    device.expect(PUBACK, packet_id=3)
    device.expect(PINGRESP)
    for reader in readers:  # each packet in its shortest form: the decoder takes no other
        reader.expect_publish(name, "x")
        reader.expect_publish(name, "x")


@pytest.mark.parametrize("kind", [SUBACK, UNSUBACK, PINGRESP])
@OLDER
def test_answers_that_nobody_asked_for(client, version, kind):
    device = client(version)
    device.send(packets.packet(kind << 4, b"" if kind == PINGRESP else b"\0\1\0"))
    device.expect_nothing()


def test_requests_without_filters_in_3_1(client):
    device = client(V31)
    device.send(packets.subscribe(1, [], V31))
    device.expect(SUBACK, packet_id=1, reasons=[])
    device.send(packets.unsubscribe(2, [], V31))
    device.expect(UNSUBACK, packet_id=2)
    device.expect_nothing()


# MARK: Names


def test_the_identifier_that_node_red_makes(open_client):
    open_client(V31).connect("mqtt_0123456789abcdef012")
    open_client(V31).connect("nodered_0123456789abcdef")


def test_a_user_name_in_latin_1_is_none_in_3_1(open_client):
    open_client(V31).connect("latin", username=b"caf\xe9", password="x")


CONTROLS = [*range(1, 0x20), *range(0x7F, 0xA0)]
NO_CHARACTERS = [0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x8FFFF, 0x10FFFE, 0x10FFFF]


@pytest.mark.parametrize("scalar", CONTROLS + NO_CHARACTERS, ids=hex)
def test_a_topic_that_blinds_libmosquitto_goes_nowhere(open_client, client, version, name, scalar):
    topic = f"{name}/a{chr(scalar)}b"
    watcher = client()
    watcher.subscribe(f"{name}/#")
    for packet in (packets.publish(topic, "x", 1, 4, retain=True, version=version),
                   packets.publish(topic, "x", version=version),
                   packets.subscribe(5, [(topic, 0)], version), packets.unsubscribe(6, [topic], version)):
        device = client(version)
        device.send(packet)
        device.expect_refused(0x81)
    stranger = open_client(version)
    stranger.send(packets.connect(version, name, will=Will(topic, "x")))
    stranger.expect_unconnected(0x81, silent=True)
    watcher.expect_nothing()


@pytest.mark.parametrize("scalar", [0x20, 0x7E, 0xA0, 0xAD, 0xFDCF, 0xFDF0, 0xFFFD, 0xE000, 0x1FFFD, 0x10FFFD], ids=hex)
def test_a_topic_beside_those_goes_through(client, version, name, scalar):
    topic = f"{name}/a{chr(scalar)}b"
    device = client(version)
    device.subscribe(topic)
    device.publish(topic, "x", 1)
    device.expect_publish(topic, "x")


def test_a_will_for_what_only_the_server_says(open_client, client, version, name):
    watcher = client()
    watcher.subscribe(f"$SYS/{name}")
    device = open_client(version)
    device.connect(name, will=Will(f"$SYS/{name}", "x"))
    device.reset()
    watcher.expect_nothing()


# MARK: Slow devices


def connected(broker, version, keep_alive, **more):
    device = RawClient(broker.port, version, **more)
    device.connect("camera", keep_alive=keep_alive)
    return device


# [MQTT-3.1.2-24]: 1.5 times the Keep Alive is over long before the packet is.
@pytest.mark.slow
@pytest.mark.parametrize("size, pieces, pause", [(60_000, 16, 0.5), (6_000, 40, 0.2), (700, 14, 0.5)])
def test_a_camera_whose_picture_takes_longer_than_its_keep_alive(client, version, name, size, pieces, pause):
    watcher = client()
    watcher.subscribe(name)
    camera = client(version, keep_alive=2)
    raw = packets.publish(name, "p" * size, 1, 5, version=version)
    step = len(raw) // pieces + 1
    for start in range(0, len(raw), step):
        camera.send(raw[start:start + step])
        time.sleep(pause)
    camera.expect(PUBACK, packet_id=5)
    assert len(watcher.expect_publish(name).payload) == size


@pytest.mark.slow
@pytest.mark.parametrize("sent_before", [0, 50_000])
def test_a_peer_that_drips_is_not_alive(client, version, name, sent_before):
    """What came before its packet stopped counts no longer than the Keep Alive says."""
    dead = client(version, keep_alive=1)
    raw = packets.publish(name, "p" * 60_000, 1, 5, version=version)
    dead.send(raw[:sent_before])
    beginning = time.monotonic()
    for index in range(sent_before, sent_before + 40):
        dead.send(raw[index:index + 1])
        time.sleep(0.25)
        if has_ended(dead):
            break
    dead.expect_refused(0x8D)
    assert 1.4 < time.monotonic() - beginning < 6


@pytest.mark.slow
@pytest.mark.swiftlet_only("its own key")
def test_a_modem_that_needs_eleven_seconds_comes_in(start_broker):
    broker = start_broker()
    modem = RawClient(broker.port, V311)
    raw = packets.connect(V311, "modem")
    modem.send(raw[:1])
    time.sleep(11)
    modem.send(raw[1:])
    modem.expect(CONNACK, reason=0)


# MARK: Who may read


@pytest.fixture
def ruled(start_broker, tmp_path):
    """A broker with rules, and no key of ours unless a test wants one."""
    def start(settings=""):
        (tmp_path / "rules").write_text(RULES)
        (tmp_path / "rules").chmod(0o644)
        return start_broker(f"acl_file {tmp_path}/rules\n{settings}")

    return start


RULES = "user ann\ntopic own/#\ntopic write drop\nuser bob\ntopic #\n"


@pytest.mark.parametrize("filters", [["own/1"], ["else"], ["#"], ["drop"], ["$share/g/else"], ["else", "own/1"]])
@pytest.mark.parametrize("qos", [0, 1, 2])
def test_a_subscription_is_granted_and_brings_what_may_be_read(ruled, version, filters, qos):
    broker = ruled()
    bob, ann = RawClient(broker.port, V5), RawClient(broker.port, version)
    bob.connect("bob", username="bob")
    bob.publish("else", "kept", retain=True)
    ann.connect("ann", username="ann")
    ann.subscribe(*filters, qos=qos)
    for topic in ("else", "drop"):
        bob.publish(topic, "x", 1)
    ann.expect_nothing()
    bob.publish("own/1", "x")
    if "own/1" in filters or "#" in filters:
        ann.take_publish(topic="own/1")
    ann.expect_nothing()
    ann.close()
    bob.close()


@pytest.mark.swiftlet_only("its own key")
def test_check_subscriptions_refuses(ruled, version):
    broker = ruled("check_subscriptions true")
    ann = RawClient(broker.port, version)
    ann.connect("ann", username="ann")
    ann.send(packets.subscribe(1, [("own/1", 0), ("else", 1)], version))
    ann.expect(SUBACK, reasons=[0, code_of(version, 0x87, 0x80)])
    ann.close()


# MARK: What their users look for


@pytest.mark.parametrize("user, password", [("ann", "wrong"), ("ann", None), ("ann", ""), ("nobody", "x"), (None, None),
                                            ("empty", ""), ("empty", None)])
def test_a_wrong_password_has_mosquittos_code(tmp_path, version, user, password):
    started = Accounts(tmp_path, hashed("ann", "secret") + hashed("empty", ""), settings="allow_anonymous false\n")
    stranger = RawClient(started.broker.port, version)
    stranger.send(packets.connect(version, "x", username=user, password=password)
                  if password is None or user else packets.connect(version, "x"))
    assert stranger.expect(CONNACK).reason == code_of(version, 0x87, 5)
    stranger.expect_closed()
    started.stop()


def test_the_order_of_connack_and_the_form_of_an_identifier(start_broker):
    broker = start_broker("max_keepalive 30\nretain_available false\nmax_packet_size 100000\nmax_qos 1\n"
                          "max_topic_alias 5\nmax_inflight_messages 7")
    device = RawClient(broker.port, V5)
    properties = device.connect("", keep_alive=100).properties
    names = ["topic_alias_maximum", "server_keep_alive", "assigned_client_identifier", "retain_available",
             "maximum_packet_size", "receive_maximum", "maximum_qos"]
    assert properties.names() == names
    prefix, *groups = properties.get("assigned_client_identifier").split("-")
    assert prefix == "auto" and [len(group) for group in groups] == [8, 4, 4, 4, 12]
    assert set("".join(groups)) <= set("0123456789ABCDEF")
    device.close()


@pytest.mark.parametrize("limit, size, under_way", [(0, 60, 5), (1, 60, 1), (60, 60, 1), (61, 60, 2), (100, 60, 2),
                                                    (10, 500, 1), (1000, 0, 5)])
@pytest.mark.parametrize("qos", [1, 2])
def test_max_inflight_bytes(start_broker, version, limit, size, under_way, qos):
    broker = start_broker(f"max_inflight_bytes {limit}")
    reader, writer = RawClient(broker.port, version), RawClient(broker.port, V5)
    reader.connect("reader")
    writer.connect("writer")
    reader.subscribe("t", qos=qos)
    for number in range(5):
        writer.publish("t", chr(65 + number) * size, qos)
    seen = []
    for _ in range(under_way):
        seen.append(reader.expect_publish("t"))
    reader.expect_nothing()
    while len(seen) < 5 or seen:
        one = seen.pop(0)
        reader.acknowledge(one)
        if one.payload[:1] == b"E" or size == 0 and not seen:
            break
        with contextlib.suppress(Nothing):
            seen.append(reader.expect_publish("t", patience=0.3))
    reader.expect_nothing()
    reader.close()
    writer.close()


def test_global_max_clients(start_broker, version):
    broker = start_broker("global_max_clients 2")
    keep = {"properties": {"session_expiry": 60}} if version == V5 else {}
    kept, there = RawClient(broker.port, version), RawClient(broker.port, V5)
    kept.connect("kept", clean=False, **keep)
    kept.disconnect()
    there.connect("there")
    third = RawClient(broker.port, version)
    third.send(packets.connect(version, "third"))
    got = third.expect_closed()
    assert [packet.reason for packet in got] == ([0x89] if version == V5 else [])
    back = RawClient(broker.port, version)
    back.connect("kept", clean=False, **keep)
    back.close()
    there.close()


# MARK: A reason that is told arrives


def stream_to(broker, secure):
    raw = socket.create_connection(("127.0.0.1", broker.port), timeout=10)
    if not secure:
        return raw
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(raw)


def answers_of(stream):
    """All that comes until the Server's end; the sending side is held to what the system takes."""
    got = bytearray()
    with contextlib.suppress(OSError):
        while chunk := stream.recv(65536):
            got += chunk
    return bytes(got)


@pytest.mark.parametrize("secure", [False, True], ids=["tcp", "tls"])
@pytest.mark.parametrize("size", [30_000, 3_000_000, 20_000_000])
def test_who_still_sends_hears_that_its_packet_is_too_large(start_broker, tmp_path, secure, size):
    let_in(tmp_path)
    settings = Authority(tmp_path).server().settings if secure else ""
    broker = start_broker(f"max_packet_size 20000\n{settings}")
    for _ in range(5):
        stream = stream_to(broker, secure)
        stream.sendall(packets.connect(V5, "big"))
        assert packets.decode(stream.recv(1000), V5).kind == CONNACK
        with contextlib.suppress(OSError):
            stream.sendall(packets.publish("t", b"x" * size, 1, 1, version=V5))
        assert packets.decode(answers_of(stream), V5).reason == 0x95
        stream.close()


def test_who_is_refused_hears_it_though_it_sends_on(start_broker, version):
    broker = start_broker("allow_anonymous false")
    for _ in range(10):
        stream = socket.create_connection(("127.0.0.1", broker.port), timeout=10)
        with contextlib.suppress(OSError):
            stream.sendall(packets.connect(version, "early") + packets.publish("t", b"x" * 1_000_000, version=version))
        assert packets.decode(answers_of(stream), version).reason == code_of(version, 0x87, 5)
        stream.close()


def test_whose_session_is_taken_over_hears_it_though_it_sends(start_broker):
    broker = start_broker()
    for _ in range(10):
        old = socket.create_connection(("127.0.0.1", broker.port), timeout=10)
        old.sendall(packets.connect(V5, "twin"))
        assert packets.decode(old.recv(1000), V5).reason == 0
        new = RawClient(broker.port, V5)
        new.connect("twin")
        with contextlib.suppress(OSError):
            for _ in range(20):
                old.sendall(packets.publish("t", b"x" * 50_000, version=V5))
        assert packets.decode(answers_of(old), V5).reason == 0x8E
        old.close()
        new.close()


@pytest.mark.slow
@pytest.mark.swiftlet_only("Mosquitto closes at once")
def test_lingering_has_an_end(start_broker):
    """Who never stops is closed for good after a while, and there are only so many of them."""
    broker = start_broker("max_packet_size 20000")
    crowd = []
    for number in range(60):
        one = RawClient(broker.port, V5)
        one.connect(f"c{number}")
        one.send(packets.publish("t", b"", version=V5)[:1] + b"\xff\xff\xff\x7f")
        assert one.expect(DISCONNECT).reason == 0x95
        crowd.append(one)
    client = RawClient(broker.port, V5)
    client.connect("other")
    deadline = time.monotonic() + 12
    while crowd and time.monotonic() < deadline:
        for one in list(crowd):
            try:
                one.socket.sendall(b"x")
            except OSError:
                crowd.remove(one)
        client.ping()
        time.sleep(0.1)
    assert not crowd
    client.close()
