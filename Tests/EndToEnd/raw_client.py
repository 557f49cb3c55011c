"""A Client made of one socket: it sends what it is told and hides nothing of what it receives."""

import os
import socket
import time

import packets
from packets import (CONNACK, DISCONNECT, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL,
                     SUBACK, TYPE_NAMES, UNSUBACK, V5)

# How long anything may take before it counts as missing: a deadline, never a measurement.
PATIENCE = float(os.environ.get("PATIENCE", "10"))
# How long to listen for what must not come, after the broker has answered a PINGREQ.
QUIET = 0.05


class Closed(Exception):
    """The Server closed the Network Connection."""


class Nothing(Exception):
    """The deadline passed and no packet had come."""


class RawClient:
    """`polite` is false for a broker that need not say why it closes (a SHOULD of MQTT 5)."""

    def __init__(self, port, version=V5, polite=True, host="127.0.0.1", source=None):
        self.version = version
        self.polite = polite
        self.socket = socket.create_connection(
            (host, port), timeout=PATIENCE, source_address=source and (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.inbox = bytearray()
        self.early = []  # received while something else was waited for, in order
        self.next_id = 0
        self.connack = None

    # Bytes.

    def send(self, *raw):
        try:
            self.socket.settimeout(PATIENCE)
            self.socket.sendall(b"".join(raw))
        except (BrokenPipeError, ConnectionResetError):
            pass  # The reader finds out that it is closed, and why.

    def send_slowly(self, raw):
        """Each byte in a segment of its own."""
        for index in range(len(raw)):
            self.send(raw[index:index + 1])

    def close(self):
        """Without DISCONNECT: the Network Connection just ends."""
        self.socket.close()

    def reset(self):
        """Ends the Network Connection with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def receive(self, patience=None):
        """The next packet, whatever it is."""
        if self.early:
            return self.early.pop(0)
        deadline = time.monotonic() + (PATIENCE if patience is None else patience)
        while True:
            raw = self._whole_packet()
            if raw is not None:
                return packets.decode(raw, self.version)
            self._fill(deadline)

    def _whole_packet(self):
        header = packets.header_of(self.inbox)
        if header is None or len(self.inbox) < sum(header):
            return None
        raw = bytes(self.inbox[:sum(header)])
        del self.inbox[:sum(header)]
        return raw

    def _fill(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0:
            raise Nothing(f"no packet in time; {len(self.inbox)} bytes of one")
        self.socket.settimeout(left)
        try:
            chunk = self.socket.recv(1 << 16)
        except TimeoutError:
            raise Nothing(f"no packet in time; {len(self.inbox)} bytes of one") from None
        except ConnectionResetError:
            raise Closed("reset") from None
        if not chunk:
            assert not self.inbox, f"closed within a packet: {bytes(self.inbox)!r}"
            raise Closed()
        self.inbox += chunk

    # What must come.

    def expect(self, kind, patience=None, **fields):
        """The next packet is of this kind and has these fields."""
        got = self.receive(patience)
        assert got.kind == kind, f"{TYPE_NAMES[kind]} expected, {got} came"
        for name, value in fields.items():
            assert getattr(got, name) == value, f"{name}={value!r} expected, {got} came"
        return got

    def expect_answer(self, kind, packet_id=None):
        """The answer to a request; a PUBLISH may come before it [3.8.4] and is kept for later."""
        early = []
        while (got := self.receive()).kind == PUBLISH:
            early.append(got)
        self.early = early + self.early
        assert (got.kind, got.packet_id) == (kind, packet_id), got
        return got

    def expect_publish(self, topic=None, payload=None, patience=None, **fields):
        if topic is not None:
            fields["topic"] = topic
        if payload is not None:
            fields["payload"] = packets.as_bytes(payload)
        return self.expect(PUBLISH, patience, **fields)

    def take_publish(self, **fields):
        """As `expect_publish`, and acknowledges it to the end."""
        got = self.expect_publish(**fields)
        self.acknowledge(got)
        return got

    def acknowledge(self, publish):
        if publish.qos == 1:
            self.send(packets.puback(publish.packet_id))
        elif publish.qos == 2:
            self.send(packets.pubrec(publish.packet_id))
            assert self.expect_answer(PUBREL, publish.packet_id).reason == 0
            self.send(packets.pubcomp(publish.packet_id))

    def expect_nothing(self):
        """Nothing is on its way: all that precedes the answer to a PINGREQ is that answer."""
        self.ping()
        try:
            raise AssertionError(f"nothing expected, {self.receive(QUIET)} came")
        except Nothing:
            pass

    def drain(self):
        """All packets that come before the answer to a PINGREQ, PUBLISHes acknowledged."""
        self.send(packets.pingreq())
        got = []
        while True:
            received = self.receive()
            if received.kind == PINGRESP:
                return got
            got.append(received)
            if received.kind == PUBLISH and received.qos == 1:
                self.send(packets.puback(received.packet_id))
            elif received.kind == PUBLISH and received.qos == 2:
                self.send(packets.pubrec(received.packet_id))
            elif received.kind == PUBREL:
                self.send(packets.pubcomp(received.packet_id))

    def expect_closed(self, patience=None):
        """The Server closes; the packets it sent before."""
        deadline = time.monotonic() + (PATIENCE if patience is None else patience)
        got = []
        try:
            while True:
                got.append(self.receive(max(0, deadline - time.monotonic())))
        except Closed:
            return got
        except Nothing:
            raise AssertionError(f"still open; {got} came") from None

    def expect_refused(self, *reasons, patience=None):
        """The Server closes for a fault of ours: with a DISCONNECT that says which in version 5,
        without a word before. Packets that were on their way may precede it."""
        got = self.expect_closed(patience)
        goodbye = [packet for packet in got if packet.kind == DISCONNECT]
        if self.version != V5:
            return
        if not self.polite and not goodbye:
            return
        assert len(goodbye) == 1 and got[-1] is goodbye[0], f"one DISCONNECT expected, {got} came"
        assert goodbye[0].reason >= 0x80, goodbye[0]
        if reasons and self.polite:
            assert goodbye[0].reason in reasons, goodbye[0]

    def expect_unconnected(self, *reasons, silent=False):
        """The Server does not accept our CONNECT and closes. `silent`: without a CONNACK when the
        version is not 5, where the standard says so."""
        got = self.expect_closed()
        if not got:
            # [3.1.4]: a CONNACK is a MAY in version 5; a broker that wants to help sends it.
            assert self.version != V5 or not self.polite, "closed without a CONNACK"
            assert silent or not reasons or self.version == V5, "closed without a CONNACK"
            return
        assert [packet.kind for packet in got] == [CONNACK], got
        assert got[0].reason, got
        assert self.version == V5 or not silent, f"{got[0]} to a malformed CONNECT"
        if reasons and self.polite:
            assert got[0].reason in reasons, got[0]

    # Whole exchanges.

    def connect(self, client_id="", **settings):
        self.send(packets.connect(self.version, client_id, **settings))
        self.connack = self.expect(CONNACK, reason=0)
        return self.connack

    def packet_id(self):
        self.next_id = self.next_id % 65535 + 1
        return self.next_id

    def subscribe(self, *filters, properties=None, granted=None, **option):
        """Topic Filters, or pairs of one and its options byte; all are granted."""
        pairs = [f if isinstance(f, tuple) else (f, packets.options(**option)) for f in filters]
        identifier = self.packet_id()
        self.send(packets.subscribe(identifier, pairs, self.version, properties))
        got = self.expect_answer(SUBACK, identifier)
        assert got.reasons == (granted or [o & 3 for _, o in pairs]), got
        return got

    def unsubscribe(self, *filters):
        identifier = self.packet_id()
        self.send(packets.unsubscribe(identifier, filters, self.version))
        return self.expect_answer(UNSUBACK, identifier)

    def publish(self, topic, payload=b"", qos=0, **settings):
        """To the end of its exchange; at QoS 0 until the Server has answered a PINGREQ."""
        identifier = self.packet_id() if qos else None
        self.send(packets.publish(topic, payload, qos, identifier, version=self.version, **settings))
        if qos == 0:
            self.send(packets.pingreq())
            return self.expect_answer(PINGRESP)
        got = self.expect_answer(PUBACK if qos == 1 else PUBREC, identifier)
        if qos == 2 and got.reason < 0x80:
            self.send(packets.pubrel(identifier))
            assert self.expect_answer(PUBCOMP, identifier).reason == 0
        return got

    def ping(self):
        self.send(packets.pingreq())
        self.expect(PINGRESP)

    def disconnect(self, reason=None, properties=None):
        self.send(packets.disconnect(reason, properties))
        self.expect_gone()

    def expect_gone(self):
        """The Server closes and says nothing more."""
        got = self.expect_closed()
        assert not got, f"{got} after the end"

