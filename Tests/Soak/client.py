"""A small MQTT Client for asyncio: many of them, quickly, with every message counted."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "EndToEnd"))

import packets  # noqa: E402
from packets import (CONNACK, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL, SUBACK, V5,  # noqa: E402
                     V311)


class Client(asyncio.Protocol):
    """One Network Connection. `on_message(topic, payload, qos, dup)` is called with what comes."""

    def __init__(self, port, identifier, version=V311, clean=True, on_message=None, **settings):
        self.port = port
        self.identifier = identifier
        self.version = version
        self.clean = clean
        self.settings = settings
        self.on_message = on_message or (lambda *message: None)
        self.inbox = bytearray()
        self.waiting = {}  # (kind, packet identifier) -> future
        self.last_identifier = 0
        self.is_silent = False  # acknowledges nothing any more
        self.received = set()  # QoS 2 messages that were received and not released
        self.transport = None
        self.closed = asyncio.get_running_loop().create_future()

    async def connect(self):
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self.port)
        keep = self.settings.pop("session_expiry", None)
        if keep and self.version == V5:
            self.settings["properties"] = {"session_expiry": keep}
        answer = self.expect(CONNACK, 0)
        self.transport.write(packets.connect(
            self.version, self.identifier, clean=self.clean, keep_alive=0, **self.settings))
        return await answer

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        if not self.closed.done():
            self.closed.set_result(None)
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(ConnectionError(f"{self.identifier} lost its connection"))
                future.exception()

    def data_received(self, chunk):
        inbox = self.inbox
        inbox += chunk
        start = 0
        while (bounds := self.bounds(inbox, start)) and bounds[1] <= len(inbox):
            self.take(inbox[start], inbox, *bounds)
            start = bounds[1]
        del inbox[:start]

    @staticmethod
    def bounds(inbox, start):
        """Where the rest of the packet begins and ends; None when that cannot be told yet."""
        length = shift = 0
        for place in range(start + 1, min(len(inbox), start + 5)):
            length |= (inbox[place] & 0x7F) << shift
            shift += 7
            if inbox[place] < 0x80:
                return place + 1, place + 1 + length
        return None

    def take(self, first, inbox, start, end):
        kind = first >> 4
        if kind == PUBLISH:
            return self.take_publish(first, inbox, start, end)
        if kind == CONNACK:
            return self.fulfil(CONNACK, 0, (inbox[start], inbox[start + 1]))
        if kind == PINGRESP:
            return self.fulfil(PINGRESP, 0, 0)
        if kind == packets.DISCONNECT:
            return None
        identifier = inbox[start] << 8 | inbox[start + 1]
        reason = inbox[end - 1] if kind == SUBACK else inbox[start + 2] if end > start + 2 else 0
        if kind == PUBREL:
            self.received.discard(identifier)
            if self.is_silent:
                return None
            return self.transport.write(packets.pubcomp(identifier))
        if kind == PUBREC and reason < 0x80:
            return self.transport.write(packets.pubrel(identifier))
        return self.fulfil(PUBCOMP if kind == PUBREC else kind, identifier, reason)

    def take_publish(self, first, inbox, start, end):
        length = inbox[start] << 8 | inbox[start + 1]
        topic = inbox[start + 2:start + 2 + length].decode()
        place = start + 2 + length
        qos = first >> 1 & 3
        identifier = 0
        if qos:
            identifier = inbox[place] << 8 | inbox[place + 1]
            place += 2
        if self.version == V5:
            place += 1 + inbox[place]  # Our own messages have few properties or none.
        is_new = qos < 2 or identifier not in self.received
        if is_new:
            self.on_message(topic, bytes(inbox[place:end]), qos, first & 8 != 0)
        if qos == 2:
            self.received.add(identifier)
        if qos and not self.is_silent:
            self.transport.write((packets.puback if qos == 1 else packets.pubrec)(identifier))

    def expect(self, kind, identifier):
        future = self.waiting[kind, identifier] = asyncio.get_running_loop().create_future()
        return future

    def fulfil(self, kind, identifier, value):
        future = self.waiting.pop((kind, identifier), None)
        if future and not future.done():
            future.set_result(value)

    def next_identifier(self):
        self.last_identifier = self.last_identifier % 65535 + 1
        return self.last_identifier

    async def subscribe(self, *filters):
        identifier = self.next_identifier()
        answer = self.expect(SUBACK, identifier)
        self.transport.write(packets.subscribe(identifier, filters, self.version))
        return await answer

    async def publish(self, topic, payload, qos):
        """Until it is acknowledged; the reason code."""
        if qos == 0:
            self.transport.write(packets.publish(topic, payload, version=self.version))
            return 0
        identifier = self.next_identifier()
        answer = self.expect(PUBACK if qos == 1 else PUBCOMP, identifier)
        self.transport.write(packets.publish(topic, payload, qos, identifier, version=self.version))
        return await answer

    async def ping(self):
        answer = self.expect(PINGRESP, 0)
        self.transport.write(packets.pingreq())
        return await answer

    async def disconnect(self):
        self.transport.write(packets.disconnect())
        self.transport.close()
        await self.closed

    def drop(self):
        """Ends the Network Connection with nothing said."""
        self.transport.abort()
