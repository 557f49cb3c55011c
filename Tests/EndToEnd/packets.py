"""MQTT Control Packets to and from bytes, written straight from the standards 3.1, 3.1.1 and 5.0.

The encoder writes whatever it is told, valid or not; the decoder accepts only what a Server may send
and raises `Malformed` for everything else. Neither shares a line with the broker.
"""

from dataclasses import dataclass, field

V31, V311, V5 = 3, 4, 5
VERSIONS = [V31, V311, V5]

(CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK, UNSUBSCRIBE,
 UNSUBACK, PINGREQ, PINGRESP, DISCONNECT, AUTH) = range(1, 16)

TYPE_NAMES = ["reserved", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP",
              "SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT",
              "AUTH"]

WILL = 0  # Will Properties, as if they were a packet of their own.


class Malformed(Exception):
    """The bytes are not a packet that a Server may send."""


# Properties [2.2.2.2]: name -> (identifier, type, packets that may carry it).

PROPERTIES = {
    "payload_format": (0x01, "byte", {PUBLISH, WILL}),
    "message_expiry": (0x02, "four", {PUBLISH, WILL}),
    "content_type": (0x03, "string", {PUBLISH, WILL}),
    "response_topic": (0x08, "string", {PUBLISH, WILL}),
    "correlation_data": (0x09, "binary", {PUBLISH, WILL}),
    "subscription_identifier": (0x0B, "variable", {PUBLISH, SUBSCRIBE}),
    "session_expiry": (0x11, "four", {CONNECT, CONNACK, DISCONNECT}),
    "assigned_client_identifier": (0x12, "string", {CONNACK}),
    "server_keep_alive": (0x13, "two", {CONNACK}),
    "authentication_method": (0x15, "string", {CONNECT, CONNACK, AUTH}),
    "authentication_data": (0x16, "binary", {CONNECT, CONNACK, AUTH}),
    "request_problem_information": (0x17, "byte", {CONNECT}),
    "will_delay": (0x18, "four", {WILL}),
    "request_response_information": (0x19, "byte", {CONNECT}),
    "response_information": (0x1A, "string", {CONNACK}),
    "server_reference": (0x1C, "string", {CONNACK, DISCONNECT}),
    "reason_string": (0x1F, "string", {CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK,
                                       DISCONNECT, AUTH}),
    "receive_maximum": (0x21, "two", {CONNECT, CONNACK}),
    "topic_alias_maximum": (0x22, "two", {CONNECT, CONNACK}),
    "topic_alias": (0x23, "two", {PUBLISH}),
    "maximum_qos": (0x24, "byte", {CONNACK}),
    "retain_available": (0x25, "byte", {CONNACK}),
    "user_property": (0x26, "pair", {CONNECT, CONNACK, PUBLISH, WILL, PUBACK, PUBREC, PUBREL,
                                     PUBCOMP, SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, DISCONNECT,
                                     AUTH}),
    "maximum_packet_size": (0x27, "four", {CONNECT, CONNACK}),
    "wildcard_available": (0x28, "byte", {CONNACK}),
    "subscription_identifiers_available": (0x29, "byte", {CONNACK}),
    "shared_available": (0x2A, "byte", {CONNACK}),
}
NAMES = {identifier: name for name, (identifier, _, _) in PROPERTIES.items()}


class Properties(list):
    """Pairs of a name and a value, in the order in which they stood in the packet."""

    def get(self, name, default=None):
        return next((value for key, value in self if key == name), default)

    def all(self, name):
        return [value for key, value in self if key == name]

    def names(self):
        return [key for key, _ in self]


def byte(value):
    return bytes([value])


def two(value):
    return value.to_bytes(2, "big")


def four(value):
    return value.to_bytes(4, "big")


def variable(value):
    """A Variable Byte Integer in as few bytes as it needs. [1.5.5]"""
    encoded = bytearray()
    while True:
        value, digit = divmod(value, 128)
        encoded.append(digit | (0x80 if value else 0))
        if not value:
            return bytes(encoded)


def as_bytes(value):
    return value.encode("utf-8") if isinstance(value, str) else bytes(value)


def string(value):
    """A length and the bytes; `bytes` are taken as they are, well-formed or not."""
    raw = as_bytes(value)
    return two(len(raw)) + raw


def property_bytes(name, value):
    identifier, kind, _ = PROPERTIES[name]
    write = {"byte": byte, "two": two, "four": four, "variable": variable, "string": string,
             "binary": string, "pair": lambda pair: string(pair[0]) + string(pair[1])}[kind]
    return variable(identifier) + write(value)


def properties_bytes(pairs):
    """The Property Length and the properties; `bytes` are taken as they are, length included."""
    if isinstance(pairs, bytes):
        return pairs
    if isinstance(pairs, dict):
        pairs = list(pairs.items())
    body = b"".join(property_bytes(name, value) for name, value in pairs or [])
    return variable(len(body)) + body


def packet(first_byte, body=b""):
    return byte(first_byte) + variable(len(body)) + body


# Packets of a Client.


@dataclass
class Will:
    topic: object
    payload: object = b""
    qos: int = 0
    retain: bool = False
    properties: object = None


def connect(version=V311, client_id="", clean=True, keep_alive=60, will=None, username=None,
            password=None, properties=None, flags=None, protocol_name=None, level=None, tail=b""):
    """`flags`, `protocol_name` and `level` replace what would follow from the rest."""
    if flags is None:
        flags = 0x02 if clean else 0
        if will is not None:
            flags |= 0x04 | will.qos << 3 | (0x20 if will.retain else 0)
        flags |= (0x80 if username is not None else 0) | (0x40 if password is not None else 0)
    if protocol_name is None:
        protocol_name = "MQIsdp" if version == V31 else "MQTT"
    body = string(protocol_name) + byte(version if level is None else level) + byte(flags)
    body += two(keep_alive)
    if version >= V5:
        body += properties_bytes(properties)
    body += string(client_id)
    if will is not None:
        if version >= V5:
            body += properties_bytes(will.properties)
        body += string(will.topic) + string(will.payload)
    if username is not None:
        body += string(username)
    if password is not None:
        body += string(password)
    return packet(0x10, body + tail)


def publish(topic, payload=b"", qos=0, packet_id=None, retain=False, dup=False, version=V311,
            properties=None):
    first = 0x30 | (0x08 if dup else 0) | qos << 1 | (0x01 if retain else 0)
    body = string(topic)
    if packet_id is not None:
        body += two(packet_id)
    if version >= V5:
        body += properties_bytes(properties)
    return packet(first, body + as_bytes(payload))


def acknowledgement(kind, packet_id, reason=None, properties=None, flags=None):
    """PUBACK, PUBREC, PUBREL or PUBCOMP, in the short form unless there is something to say."""
    if flags is None:
        flags = 0x02 if kind == PUBREL else 0
    body = two(packet_id)
    if reason is not None or properties is not None:
        body += byte(reason or 0)
    if properties is not None:
        body += properties_bytes(properties)
    return packet(kind << 4 | flags, body)


def puback(packet_id, reason=None, properties=None):
    return acknowledgement(PUBACK, packet_id, reason, properties)


def pubrec(packet_id, reason=None, properties=None):
    return acknowledgement(PUBREC, packet_id, reason, properties)


def pubrel(packet_id, reason=None, properties=None):
    return acknowledgement(PUBREL, packet_id, reason, properties)


def pubcomp(packet_id, reason=None, properties=None):
    return acknowledgement(PUBCOMP, packet_id, reason, properties)


def options(qos=0, no_local=False, retain_as_published=False, retain_handling=0):
    """The Subscription Options. [3.8.3.1]"""
    return qos | no_local << 2 | retain_as_published << 3 | retain_handling << 4


def subscribe(packet_id, filters, version=V311, properties=None, first_byte=0x82):
    """`filters` are pairs of a Topic Filter and the byte of its options."""
    body = two(packet_id)
    if version >= V5:
        body += properties_bytes(properties)
    body += b"".join(string(topic_filter) + byte(option) for topic_filter, option in filters)
    return packet(first_byte, body)


def unsubscribe(packet_id, filters, version=V311, properties=None, first_byte=0xA2):
    body = two(packet_id)
    if version >= V5:
        body += properties_bytes(properties)
    return packet(first_byte, body + b"".join(string(topic_filter) for topic_filter in filters))


def pingreq():
    return packet(0xC0)


def disconnect(reason=None, properties=None):
    body = b""
    if reason is not None or properties is not None:
        body += byte(reason or 0)
    if properties is not None:
        body += properties_bytes(properties)
    return packet(0xE0, body)


def auth(reason=None, properties=None):
    body = b"" if reason is None else byte(reason)
    if properties is not None:
        body += properties_bytes(properties)
    return packet(0xF0, body)


# Packets of a Server.


@dataclass
class Packet:
    """What a Server sent. Fields that the packet's type has not are `None`."""

    kind: int
    packet_id: int = None
    reason: int = None  # CONNACK, acknowledgements, DISCONNECT, AUTH
    reasons: list = None  # SUBACK, UNSUBACK
    session_present: bool = None
    topic: str = None
    payload: bytes = None
    qos: int = None
    retain: bool = None
    dup: bool = None
    properties: Properties = field(default_factory=Properties)
    size: int = 0  # bytes of the whole packet

    def __str__(self):
        parts = [f"{name}={getattr(self, name)!r}"
                 for name in ("packet_id", "reason", "reasons", "session_present", "topic",
                              "payload", "qos", "retain", "dup")
                 if getattr(self, name) is not None]
        if self.properties:
            parts.append(f"properties={list(self.properties)}")
        text = f"{TYPE_NAMES[self.kind]}({', '.join(parts)})"
        return text if len(text) < 500 else text[:500] + "…"

    __repr__ = __str__


class Reader:
    """Fields off the front of a packet's body."""

    def __init__(self, raw):
        self.raw = raw
        self.position = 0

    def left(self):
        return len(self.raw) - self.position

    def take(self, count):
        if count > self.left():
            raise Malformed(f"{count} bytes wanted, {self.left()} left")
        self.position += count
        return self.raw[self.position - count:self.position]

    def byte(self):
        return self.take(1)[0]

    def two(self):
        return int.from_bytes(self.take(2), "big")

    def four(self):
        return int.from_bytes(self.take(4), "big")

    def binary(self):
        return bytes(self.take(self.two()))

    def string(self):
        raw = self.binary()
        try:
            text = raw.decode("utf-8")  # refuses surrogates and overlong forms
        except UnicodeDecodeError as error:
            raise Malformed(f"not UTF-8: {raw!r}") from error
        if "\0" in text:
            raise Malformed("U+0000 in a string")
        return text

    def variable(self):
        value, shift = 0, 0
        while True:
            digit = self.byte()
            value |= (digit & 0x7F) << shift
            if not digit & 0x80:
                if digit == 0 and shift:  # [MQTT-1.5.5-1]
                    raise Malformed("a Variable Byte Integer longer than it needs to be")
                return value
            shift += 7
            if shift > 21:
                raise Malformed("a Variable Byte Integer of more than four bytes")

    def pair(self):
        return (self.string(), self.string())

    def properties(self, kind):
        length = self.variable()
        inner = Reader(self.take(length))
        found = Properties()
        while inner.left():
            identifier = inner.variable()
            if identifier not in NAMES:
                raise Malformed(f"unknown property {identifier:#x}")
            name = NAMES[identifier]
            _, form, carriers = PROPERTIES[name]
            if kind not in carriers:
                raise Malformed(f"{name} in {TYPE_NAMES[kind]}")
            repeated = name == "user_property" or name == "subscription_identifier" and kind == PUBLISH
            if not repeated and found.get(name) is not None:
                raise Malformed(f"{name} twice")
            found.append((name, getattr(inner, form)()))
        return found


def header_of(raw):
    """The length of the fixed header and of the rest, or `None` while the header is incomplete."""
    value = 0
    for index in range(1, 5):
        if len(raw) <= index:
            return None
        value |= (raw[index] & 0x7F) << 7 * (index - 1)
        if not raw[index] & 0x80:
            if index > 1 and raw[index] == 0:
                raise Malformed("a Remaining Length longer than it needs to be")
            return index + 1, value
    raise Malformed("a Remaining Length of more than four bytes")


def decode(raw, version):
    """One whole packet of a Server. Raises `Malformed` unless the standard allows every bit of it."""
    header, length = header_of(raw)
    if len(raw) != header + length:
        raise Malformed("not one whole packet")
    kind, flags = raw[0] >> 4, raw[0] & 0x0F
    expected_flags = {PUBREL: 2}.get(kind, 0)
    if kind != PUBLISH and flags != expected_flags:
        raise Malformed(f"flags {flags:#x} in {TYPE_NAMES[kind]}")
    decoders = {CONNACK: _connack, PUBLISH: _publish, PUBACK: _acknowledgement,
                PUBREC: _acknowledgement, PUBREL: _acknowledgement, PUBCOMP: _acknowledgement,
                SUBACK: _suback, UNSUBACK: _unsuback, PINGRESP: _empty}
    if version == V5:
        decoders |= {DISCONNECT: _reason_only, AUTH: _reason_only}
    if kind not in decoders:
        raise Malformed(f"{TYPE_NAMES[kind]} from a Server of version {version}")
    reader = Reader(raw[header:])
    decoded = decoders[kind](reader, kind, flags, version)
    if reader.left():
        raise Malformed(f"{reader.left()} bytes after {decoded}")
    decoded.size = len(raw)
    return decoded


REASONS = {
    CONNACK: {0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90,
              0x95, 0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F},
    PUBACK: {0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99},
    PUBREC: {0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99},
    PUBREL: {0x00, 0x92},
    PUBCOMP: {0x00, 0x92},
    SUBACK: {0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2},
    UNSUBACK: {0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91},
    DISCONNECT: {0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8D, 0x8E, 0x8F, 0x90, 0x93,
                 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0,
                 0xA1, 0xA2},
    AUTH: {0x00, 0x18},
}


def _reason(reader, kind):
    value = reader.byte()
    if value not in REASONS[kind]:
        raise Malformed(f"reason code {value:#x} in {TYPE_NAMES[kind]}")
    return value


def _connack(reader, kind, flags, version):
    acknowledge_flags = reader.byte()
    if acknowledge_flags > 1:  # [MQTT-3.2.2-1]
        raise Malformed(f"CONNACK flags {acknowledge_flags:#x}")
    if version == V5:
        reason = _reason(reader, kind)  # [MQTT-3.2.2-8]
    else:
        reason = reader.byte()
        if reason > 5:
            raise Malformed(f"CONNACK return code {reason}")
    if version == V31 and acknowledge_flags:
        raise Malformed("Session Present in MQTT 3.1")
    if reason and acknowledge_flags:  # [MQTT-3.2.2-6] [MQTT3-3.2.2-4]
        raise Malformed("Session Present beside a refusal")
    decoded = Packet(kind, reason=reason, session_present=bool(acknowledge_flags))
    if version == V5:
        decoded.properties = reader.properties(kind)
    return decoded


def _publish(reader, kind, flags, version):
    qos = flags >> 1 & 3
    if qos == 3:  # [MQTT-3.3.1-4]
        raise Malformed("QoS 3")
    if not qos and flags & 8:  # [MQTT-3.3.1-2]
        raise Malformed("DUP at QoS 0")
    decoded = Packet(kind, qos=qos, retain=bool(flags & 1), dup=bool(flags & 8))
    decoded.topic = reader.string()
    if "+" in decoded.topic or "#" in decoded.topic:  # [MQTT-3.3.2-2]
        raise Malformed(f"wildcard in Topic Name {decoded.topic!r}")
    if qos:
        decoded.packet_id = reader.two()
        if not decoded.packet_id:  # [MQTT-2.2.1-4]
            raise Malformed("Packet Identifier 0")
    if version == V5:
        decoded.properties = reader.properties(kind)
        if decoded.properties.get("topic_alias") == 0:  # [MQTT-3.3.2-8]
            raise Malformed("Topic Alias 0")
    elif not decoded.topic:
        raise Malformed("empty Topic Name")
    decoded.payload = bytes(reader.take(reader.left()))
    return decoded


def _acknowledgement(reader, kind, flags, version):
    decoded = Packet(kind, packet_id=reader.two(), reason=0)
    if not decoded.packet_id:
        raise Malformed("Packet Identifier 0")
    if version == V5 and reader.left():
        decoded.reason = _reason(reader, kind)
        if reader.left():
            decoded.properties = reader.properties(kind)
    return decoded


def _suback(reader, kind, flags, version):
    decoded = Packet(kind, packet_id=reader.two())
    if version == V5:
        decoded.properties = reader.properties(kind)
    decoded.reasons = list(reader.take(reader.left()))
    # 3.1 has no code for a failure; 0x80 is what Servers have sent its Clients since.
    allowed = REASONS[kind] if version == V5 else {0, 1, 2, 0x80}
    if version != V31 and not decoded.reasons or not set(decoded.reasons) <= allowed:
        raise Malformed(f"SUBACK codes {decoded.reasons}")
    return decoded


def _unsuback(reader, kind, flags, version):
    decoded = Packet(kind, packet_id=reader.two())
    if version == V5:
        decoded.properties = reader.properties(kind)
        decoded.reasons = list(reader.take(reader.left()))
        if not decoded.reasons or not set(decoded.reasons) <= REASONS[kind]:
            raise Malformed(f"UNSUBACK codes {decoded.reasons}")
    return decoded


def _empty(reader, kind, flags, version):
    return Packet(kind)


def _reason_only(reader, kind, flags, version):
    decoded = Packet(kind, reason=0)
    if reader.left():
        decoded.reason = _reason(reader, kind)
        if reader.left():
            decoded.properties = reader.properties(kind)
    if decoded.properties.get("session_expiry") is not None:  # [MQTT-3.14.2-2]
        raise Malformed("Session Expiry Interval in a Server's DISCONNECT")
    return decoded
