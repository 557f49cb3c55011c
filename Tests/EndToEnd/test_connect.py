"""CONNECT: what is accepted, what is refused, and how. [3.1]"""

import socket

import packets
import pytest
from packets import CONNACK, PINGRESP, PUBACK, SUBACK, V31, V311, V5, Will

# Versions that close without a word when a CONNECT breaks the format [MQTT3-3.1.4-1]; version 5
# may answer first [MQTT-3.1.4-1].
SILENT = True

mosquitto_takes_long_lengths = pytest.mark.mosquitto_differs(
    "takes a Variable Byte Integer longer than it needs to be [MQTT-1.5.5-1]")


# [MQTT-3.1.4-5] [MQTT3-3.1.4-4] [MQTT-3.2.0-1] [MQTT3-3.2.0-1] [MQTT-7.1.1-1]
def test_accepted(open_client, version, name):
    client = open_client(version)
    client.send(packets.connect(version, name))
    client.expect(CONNACK, reason=0, session_present=False)
    client.ping()


# [MQTT-3.1.0-1] [MQTT3-3.1.0-1]
@pytest.mark.parametrize("first", [
    packets.pingreq(),
    packets.publish("a", "b"),
    packets.publish("a", "b", 1, 1),
    packets.subscribe(1, [("a", 0)]),
    packets.unsubscribe(1, ["a"]),
    packets.puback(1), packets.pubrec(1), packets.pubrel(1), packets.pubcomp(1),
    packets.disconnect(),
    packets.auth(),
], ids=lambda raw: packets.TYPE_NAMES[raw[0] >> 4])
def test_first_packet_is_not_connect(open_client, first):
    client = open_client()
    client.send(first)
    client.expect_gone()  # [MQTT-3.14.0-1]: no DISCONNECT before a CONNACK


# [MQTT-3.1.0-1] [MQTT3-3.1.0-1]
@pytest.mark.parametrize("kind", [0, 2, 9, 11, 13])
def test_first_packet_is_a_servers_or_reserved(open_client, kind):
    client = open_client()
    client.send(packets.packet(kind << 4, bytes(2)))
    client.expect_gone()


# [MQTT-3.1.0-2] [MQTT3-3.1.0-2] [MQTT-3.2.0-2]
def test_second_connect(client, version, name):
    first = client(version, name)
    first.send(packets.connect(version, name))
    first.expect_refused(0x82)


# [MQTT-3.1.2-1] [MQTT3-3.1.2-1]
@pytest.mark.parametrize("protocol_name", ["mqtt", "MQTt", "MQT", "MQTTT", "", "HTTP", "MQIsd"])
def test_wrong_protocol_name(open_client, protocol_name):
    client = open_client(V311)
    client.send(packets.connect(V311, "x", protocol_name=protocol_name))
    client.expect_closed()


# [MQTT-3.1.2-2] [MQTT3-3.1.2-2]
@pytest.mark.parametrize("level", [0, 1, 2, 6, 127, 255])
def test_unsupported_level(open_client, level):
    client = open_client(V311)
    client.send(packets.connect(V311, "x", level=level))
    raw = b""
    while chunk := client.socket.recv(100):
        raw += chunk
    # In the form of 3.1.1 or, to what may be a Client of a later version, of 5.
    assert raw in (bytes.fromhex("20020001"), bytes.fromhex("2003008400")), raw


# [MQTT3-3.1.2-2]
@pytest.mark.parametrize("protocol_name, level", [("MQIsdp", 4), ("MQIsdp", 5), ("MQTT", 3)])
def test_level_of_another_protocol_name(open_client, protocol_name, level):
    client = open_client(V311)
    client.send(packets.connect(V311, "x", protocol_name=protocol_name, level=level))
    client.expect_unconnected(1)


# [MQTT-3.1.2-3] [MQTT3-3.1.2-3] [MQTT3-3.2.2-6]
@pytest.mark.parametrize("version", [V311, V5])
def test_reserved_connect_flag(open_client, version):
    client = open_client(version)
    client.send(packets.connect(version, "x", flags=0x03))
    client.expect_unconnected(0x81, silent=SILENT)


# [MQTT-2.1.3-1] [MQTT3-2.2.2-1] [MQTT3-2.2.2-2]
@pytest.mark.parametrize("version", [V311, V5])
@pytest.mark.parametrize("flags", [1, 2, 4, 8, 15])
def test_reserved_header_flags(open_client, version, flags):  # 3.1 calls them unused instead
    client = open_client(version)
    raw = packets.connect(version, "x")
    client.send(packets.byte(raw[0] | flags) + raw[1:])
    client.expect_closed()


# [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15]
# [MQTT3-3.1.2-11] [MQTT3-3.1.2-13] [MQTT3-3.1.2-15]
@pytest.mark.parametrize("version", [V311, V5])
@pytest.mark.parametrize("flags", [0x0A, 0x12, 0x1A, 0x22, 0x2A])
def test_will_flags_without_will(open_client, version, flags):
    client = open_client(version)
    client.send(packets.connect(version, "x", flags=flags))
    client.expect_unconnected(0x81, 0x82, silent=SILENT)


# [MQTT-3.1.2-14] [MQTT3-3.1.2-14]
def test_will_qos_3(open_client, version):
    client = open_client(version)
    client.send(packets.connect(version, "x", will=Will("w", "gone"), flags=0x02 | 0x04 | 0x18))
    client.expect_unconnected(0x81, silent=SILENT)


# [MQTT-3.1.2-9] [MQTT3-3.1.2-9]
def test_will_flag_without_will_fields(open_client, version):
    client = open_client(version)
    client.send(packets.connect(version, "x", flags=0x06))
    client.expect_unconnected(0x81, silent=SILENT)


# [MQTT-3.1.2-14] [MQTT3-3.1.2-14] [MQTT-3.1.3-1] [MQTT3-3.1.3-1]
@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("retain", [False, True])
def test_every_field(open_client, version, name, qos, retain):
    client = open_client(version)
    client.connect(name, will=Will(f"{name}/w", "gone", qos, retain), username="user",
                   password=b"\0\xff\x80", keep_alive=65535)
    client.ping()
    client.disconnect()


# [MQTT-3.1.2-18] [MQTT-3.1.2-19] [MQTT-3.1.2-20] [MQTT-3.1.2-21]
# [MQTT3-3.1.2-18] [MQTT3-3.1.2-19] [MQTT3-3.1.2-20] [MQTT3-3.1.2-21]
@pytest.mark.parametrize("version", [V311, V5])
@pytest.mark.parametrize("flags, tail", [
    (0x82, b""),  # a User Name announced and missing
    (0xC2, packets.string("user")),  # a Password announced and missing
    (0x02, packets.string("user")),  # a User Name not announced
    (0x82, packets.string("user") + packets.string("password")),  # a Password not announced
])
def test_credentials_against_flags(open_client, version, flags, tail):
    client = open_client(version)
    client.send(packets.connect(version, "x", flags=flags, tail=tail))
    client.expect_unconnected(0x81, 0x82, silent=SILENT)


@pytest.mark.parametrize("flags", [0x82, 0xC2])
def test_missing_credentials_in_version_3_1(open_client, name, flags):
    """For the sake of MQTT 3 the Remaining Length outranks the flags there: "connections should be
    allowed to continue" [3.1, section CONNECT, Connect flags]."""
    client = open_client(V31)
    client.send(packets.connect(V31, name, flags=flags))
    client.expect(CONNACK, reason=0)


# [MQTT3-3.1.2-22]
def test_password_without_user_name_before_version_5(open_client):
    client = open_client(V311)
    client.send(packets.connect(V311, "x", password="secret"))
    client.expect_unconnected(silent=SILENT)


# [MQTT-3.1.2-20] [MQTT-3.1.2-21]
def test_password_without_user_name_in_version_5(open_client, name):
    open_client(V5).connect(name, password="secret")


# [MQTT-3.1.3-10] [MQTT-1.5.4-1] [MQTT3-3.1.3-11] [MQTT3-1.5.3-1]
@pytest.mark.parametrize("version", [V311, V5])  # 3.1 has Java's "modified UTF-8"
def test_user_name_is_not_utf8(open_client, version):
    client = open_client(version)
    client.send(packets.connect(version, "x", username=b"\xff"))
    client.expect_unconnected(0x81, silent=SILENT)


# [MQTT-3.1.3-8] [MQTT-3.1.3-4] [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT3-3.1.3-4] [MQTT3-1.5.3-1] [MQTT3-1.5.3-2]
@pytest.mark.parametrize("version", [V311, V5])
@pytest.mark.parametrize("identifier", [b"\xff", b"a\0b", b"\xed\xa0\x80", b"\xc0\x80"])
def test_client_identifier_is_not_utf8(open_client, version, identifier):
    client = open_client(version)
    client.send(packets.connect(version, identifier))
    # A 3.1.1 Server may find it malformed, or reject the identifier: 0x02. [MQTT3-3.1.3-9]
    got = client.expect_closed()
    assert all(packet.reason in (0x02, 0x81, 0x85) for packet in got), got


# [MQTT-3.1.3-9] [MQTT3-3.1.3-10]
def test_will_topic_is_not_utf8(open_client, version):
    client = open_client(version)
    client.send(packets.connect(version, "x", will=Will(b"\xff", "gone")))
    client.expect_unconnected(0x81, silent=SILENT)


# [MQTT-4.7.0-1] [MQTT-4.7.3-1] [MQTT3-4.7.3-1] [MQTT3-4.7.0-1]
@pytest.mark.parametrize("topic", ["", "a/+", "#", "+"])
def test_will_topic_is_not_a_topic_name(open_client, version, topic):
    client = open_client(version)
    client.send(packets.connect(version, "x", will=Will(topic, "gone")))
    client.expect_unconnected(0x81, 0x82, 0x90, silent=SILENT)


# [MQTT-3.1.3-5] [MQTT-3.1.3-2] [MQTT-3.1.3-3] [MQTT3-3.1.3-5] [MQTT3-3.1.3-2] [MQTT3-3.1.3-3]
@pytest.mark.parametrize("identifier", [
    "a", "Z", "01234567890123456789012", "abcdefghijklmnopqrstuvw", "xyzABCDEFGHIJKLMNOPQRST",
    "UVWXYZ"])
def test_client_identifier_that_every_server_allows(open_client, version, identifier):
    open_client(version).connect(identifier)


@pytest.mark.parametrize("version", [V311, V5])
@pytest.mark.parametrize("identifier", ["k" * 24, "k" * 200, "köln/+/#", "$SYS", " "])
def test_client_identifier_beyond_what_every_server_allows(open_client, version, identifier):
    open_client(version).connect(identifier)


# MQTT 3.1 says 1 to 23 bytes; nobody has kept to it.
@pytest.mark.parametrize("length", [23, 24, 64, 1000])
def test_client_identifier_of_any_length_in_version_3_1(open_client, length):
    open_client(V31).connect("k" * length)


@pytest.mark.parametrize("clean", [True, False])
def test_empty_client_identifier_in_version_3_1(open_client, clean):
    client = open_client(V31)
    client.send(packets.connect(V31, "", clean))
    client.expect_unconnected(0x02)


# [MQTT3-3.1.3-6] [MQTT3-3.1.3-7]
def test_empty_client_identifier_with_clean_session(open_client):
    first, second = open_client(V311), open_client(V311)
    first.connect("")
    second.connect("")
    first.ping()  # Not taken over: each has an identifier of its own.
    second.ping()


# [MQTT3-3.1.3-8] [MQTT3-3.1.3-9] [MQTT3-3.2.2-4] [MQTT3-3.2.2-5]
def test_empty_client_identifier_without_clean_session(open_client):
    client = open_client(V311)
    client.send(packets.connect(V311, "", clean=False))
    client.expect(CONNACK, reason=0x02, session_present=False)
    client.expect_gone()


# [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16]
@pytest.mark.parametrize("clean", [True, False])
def test_assigned_client_identifier(open_client, clean):
    first, second = open_client(), open_client()
    names = [client.connect("", clean=clean).properties.get("assigned_client_identifier")
             for client in (first, second)]
    assert all(names) and names[0] != names[1]


# [MQTT-3.1.3-7] [MQTT-3.1.3-2]
def test_assigned_client_identifier_names_the_session(open_client):
    first = open_client()
    name = first.connect("", properties={"session_expiry": 60}).properties.get(
        "assigned_client_identifier")
    first.disconnect()
    assert open_client().connect(name, clean=False).session_present


# [MQTT-3.2.2-16]
def test_client_identifier_is_not_assigned_to_who_has_one(open_client, name):
    connack = open_client().connect(name)
    assert connack.properties.get("assigned_client_identifier") is None


# [MQTT-3.1.4-1] [MQTT3-3.1.4-1]
def test_trailing_bytes(open_client, version):
    client = open_client(version)
    client.send(packets.connect(version, "x", tail=b"\0\1x"))
    client.expect_unconnected(0x81, 0x82, silent=SILENT)


# [MQTT-3.1.4-1] [MQTT3-3.1.4-1]
def test_every_truncation(open_client, version):
    credentials = {} if version == V31 else {"username": "u", "password": "p"}
    whole = packets.connect(version, "x", will=Will("w", "gone"), **credentials)
    body = whole[2:]
    for length in range(len(body)):
        client = open_client(version)
        client.send(packets.packet(0x10, body[:length]))
        client.expect_closed()
        client.close()


# What a stranger sends is held before it is known who that is: its fields at their longest, and no more.
@pytest.mark.swiftlet_only("a limit of Swiftlet's")
def test_connect_that_is_longer_than_its_fields(open_client, client, version):
    stranger = open_client(version)
    stranger.send(b"\x10" + packets.variable(6 * 65_536))
    assert stranger.expect_closed() == []
    client(version).ping()


# [MQTT-3.1.4-6] [MQTT3-3.1.4-5]
def test_nothing_after_a_refused_connect_is_processed(open_client, client, name):
    witness = client(V5)
    witness.subscribe(name)
    refused = open_client(V311)
    refused.send(packets.connect(V311, "", clean=False), packets.publish(name, "no"))
    refused.expect_closed()
    witness.expect_nothing()


# [MQTT-3.1.4-6]: a Client need not wait for the CONNACK.
def test_everything_in_one_write(open_client, version, name):
    client = open_client(version)
    client.send(
        packets.connect(version, name), packets.subscribe(1, [(name, 1)], version),
        packets.publish(name, "a", 1, 2, version=version),
        packets.pingreq())
    got = [client.receive() for _ in range(5)]
    assert got[0].kind == CONNACK
    kinds = sorted(packet.kind for packet in got[1:])
    assert kinds == sorted([SUBACK, packets.PUBLISH, PUBACK, PINGRESP]), got


def test_byte_by_byte(open_client, version, name):
    client = open_client(version)
    client.send_slowly(packets.connect(version, name, will=Will(name, "gone", 1), username="u"))
    client.expect(CONNACK, reason=0)
    client.send_slowly(packets.subscribe(1, [(name, 0)], version))
    client.expect(SUBACK, packet_id=1)
    client.send_slowly(packets.publish(name, "slowly", 1, 7, version=version))
    got = sorted([client.receive(), client.receive()], key=lambda packet: packet.kind)
    assert (got[0].kind, got[0].payload) == (packets.PUBLISH, b"slowly")
    assert (got[1].kind, got[1].packet_id) == (PUBACK, 7)


def test_thousands_of_packets_in_one_write(client, version, name):
    sender = client(version)
    sender.send(packets.publish(name, "x", version=version) * 3000, packets.pingreq() * 500)
    for _ in range(500):
        sender.expect(PINGRESP)


# [MQTT-1.5.5-1]: Remaining Length in no more bytes than it needs; the header has four at most.
@pytest.mark.parametrize("length", [
    *(pytest.param(length, marks=mosquitto_takes_long_lengths)
      for length in ("8d00", "8d8000", "8d808000")),
    "ffffffff7f", "8080808001"])
def test_remaining_length_not_minimal_or_too_long(open_client, length):
    client = open_client(V5)
    client.send(b"\x10", bytes.fromhex(length), packets.connect(V5, "")[2:])
    client.expect_closed()


# [MQTT-4.12.0-1] [MQTT-3.2.2-6] [MQTT-3.2.2-7] [MQTT-4.13.2-1] [MQTT-3.14.0-1]
def test_unknown_authentication_method(open_client, name):
    client = open_client()
    client.send(packets.connect(V5, name, properties={"authentication_method": "RUNES"}))
    client.expect(CONNACK, reason=0x8C, session_present=False)
    client.expect_gone()


# [MQTT-4.12.0-1]: Authentication Data without a method is a Protocol Error [3.1.2.11.10].
@pytest.mark.mosquitto_differs("overlooks Authentication Data without a method")
def test_authentication_data_without_method(open_client, name):
    client = open_client()
    client.send(packets.connect(V5, name, properties={"authentication_data": b"x"}))
    client.expect_unconnected(0x82)


@pytest.mark.parametrize("properties", [
    [("session_expiry", 1), ("session_expiry", 1)],
    [("receive_maximum", 1), ("receive_maximum", 1)],
    [("maximum_packet_size", 99), ("maximum_packet_size", 99)],
    [("topic_alias_maximum", 1), ("topic_alias_maximum", 1)],
    [("request_response_information", 1), ("request_response_information", 1)],
    [("request_problem_information", 1), ("request_problem_information", 1)],
    [("receive_maximum", 0)],
    [("maximum_packet_size", 0)],
    [("request_response_information", 2)],
    [("request_problem_information", 2)],
    [("will_delay", 1)],
    [("topic_alias", 1)],
    [("server_keep_alive", 1)],
    [("assigned_client_identifier", "x")],
    bytes.fromhex("024401"),  # no such property
    bytes.fromhex("0311000001"),  # shorter than its type
    bytes.fromhex("0f11"),  # shorter than the Property Length
    bytes.fromhex("8000"),  # a Property Length in more bytes than it needs
], ids=str)
def test_broken_properties(open_client, properties):
    # [3.1.2.11]
    client = open_client()
    client.send(packets.connect(V5, "x", properties=properties))
    client.expect_unconnected(0x81, 0x82)


@pytest.mark.parametrize("properties", [
    [("will_delay", 1), ("will_delay", 1)],
    pytest.param([("payload_format", 2)], marks=pytest.mark.mosquitto_differs(
        "takes any Payload Format Indicator of a Will")),
    [("session_expiry", 1)],
    [("topic_alias", 1)],
    pytest.param([("response_topic", "a/#")], marks=pytest.mark.mosquitto_differs(
        "takes wildcards in the Response Topic of a Will [MQTT-3.3.2-14]")),
    bytes.fromhex("024401"),
], ids=str)
def test_broken_will_properties(open_client, properties):
    # [3.1.3.2]
    client = open_client()
    client.send(packets.connect(V5, "x", will=Will("w", "gone", properties=properties)))
    client.expect_unconnected(0x81, 0x82, 0x90)


@pytest.mark.parametrize("version", [V311, V5])
def test_who_has_sent_all_and_says_so_is_answered(open_client, version, name):
    """The end of its side may be found together with its packets."""
    for number in range(100):
        client = open_client(version)
        client.send(packets.connect(version, f"{name}-{number}"),
                    packets.publish("t", b"x", 1, packet_id=1, version=version))
        client.socket.shutdown(socket.SHUT_WR)
        assert client.expect(CONNACK).reason == 0
        assert client.expect_answer(PUBACK, 1).reason in (0, 0x10)
        client.expect_closed()


# [MQTT-3.2.0-1] [MQTT-3.14.0-1]
@pytest.mark.slow
@pytest.mark.swiftlet_only("Mosquitto 2.0 waits for a minute and more")
def test_no_connect_in_time(open_client):
    client = open_client()
    started = open_client()
    started.send(packets.connect(V5, "x")[:5])
    assert not client.expect_closed(patience=90)
    assert not started.expect_closed(patience=90)
