"""Lets the Autobahn test suite talk to an MQTT broker.

The suite wants a server that sends every message back. An MQTT broker does so with what a Client
publishes to a topic that it has subscribed to itself. So each data frame of the suite is passed on
as it is but for its payload, which is put into a PUBLISH packet, and for text, which becomes
binary; control frames, and frames that break the rules, go through byte for byte. On the way back
the broker's frames are taken apart, and what the PUBLISH packets hold is the echo.
"""

import asyncio
import contextlib
import itertools

CONTINUATION, TEXT, BINARY = 0, 1, 2
topics = map(b"echo/%06d".__mod__, itertools.count())
PROPERTIES = b"\x05\x27" + (1 << 24).to_bytes(4, "big")  # Maximum Packet Size


def remaining_length(value):
    out = b""
    while True:
        value, digit = value >> 7, value & 0x7F
        if not value:
            return out + bytes([digit])
        out += bytes([digit | 0x80])


def packet(first_byte, body):
    return bytes([first_byte]) + remaining_length(len(body)) + body


def text(value):
    return len(value).to_bytes(2, "big") + value


CONNECT = packet(0x10, text(b"MQTT") + b"\x05\x02\0\0" + PROPERTIES + text(b""))


def masked(payload, key):
    if not key:
        return payload
    whole = int.from_bytes(payload, "big")
    repeated = (key * (len(payload) // 4 + 1))[:len(payload)]
    return (whole ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")


def frame(first_byte, payload, key=b""):
    mark = 0x80 if key else 0
    length = len(payload)
    if length < 126:
        header = bytes([first_byte, mark | length])
    elif length < 65536:
        header = bytes([first_byte, mark | 126]) + length.to_bytes(2, "big")
    else:
        header = bytes([first_byte, mark | 127]) + length.to_bytes(8, "big")
    return header + key + masked(payload, key)


async def read_frame(reader):
    """(first byte, its header as it came, key, payload unmasked, payload as it came)."""
    header = await reader.readexactly(2)
    length = header[1] & 0x7F
    if length > 125:
        extended = await reader.readexactly(2 if length == 126 else 8)
        header, length = header + extended, int.from_bytes(extended, "big")
    key = await reader.readexactly(4) if header[1] & 0x80 else b""
    raw = await reader.readexactly(length)
    return header[0], header + key, key, masked(raw, key), raw


class Echo:
    """One connection of the suite."""

    def __init__(self, suite, broker):
        self.suite_reader, self.suite_writer = suite
        self.broker_reader, self.broker_writer = broker
        # What stands before each payload: a topic that no other connection has, no properties.
        self.topic = text(next(topics))
        self.before = self.topic + b"\0"
        self.stream = bytearray()
        # Of each message that is owed back: its opcode, and how many packets it was put into.
        self.owed = []
        self.echo = b""
        self.echoed = 0

    async def run(self):
        await self.open()
        tasks = {asyncio.ensure_future(self.pass_on()), asyncio.ensure_future(self.pass_back())}
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        # The suite sees the end of the connection only when all that came before has reached it.
        done, _ = await asyncio.wait(tasks, timeout=1)
        for task in tasks - done:
            task.cancel()

    async def open(self):
        """The suite's own handshake goes through; but it offers the sub-protocol of MQTT."""
        head = await self.suite_reader.readuntil(b"\r\n\r\n")
        offer = b"\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
        self.broker_writer.write(head.removesuffix(b"\r\n\r\n") + offer)
        answer = await self.broker_reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101 "), answer
        subscribe = packet(0x82, b"\0\1\0" + self.topic + b"\0")
        self.broker_writer.write(frame(0x82, CONNECT + subscribe, b"\1\2\3\4"))
        await self.read_packets(2)
        self.suite_writer.write(answer.replace(offer[2:-2], b""))

    async def read_packets(self, count):
        for _ in range(count):
            while not (got := self.take_packet()):
                self.stream += (await read_frame(self.broker_reader))[3]
            assert got[0] in (0x20, 0x90), got

    async def pass_on(self):
        """From the suite to the broker."""
        is_open = False
        count, opcode = 0, BINARY
        try:
            while True:
                first, header, key, payload, raw = await read_frame(self.suite_reader)
                kind = first & 15
                is_data = kind in (CONTINUATION, TEXT, BINARY) and not first & 0x70
                if not is_data or (kind == CONTINUATION) != is_open:
                    self.broker_writer.write(header + raw)
                    await self.broker_writer.drain()
                    continue
                count = 1 if kind != CONTINUATION else count + 1
                opcode = opcode if kind == CONTINUATION else kind
                is_open = not first & 0x80
                if not is_open:
                    self.owed.append((opcode, count))
                first = first & 0xF0 | (CONTINUATION if kind == CONTINUATION else BINARY)
                self.broker_writer.write(frame(first, packet(0x30, self.before + payload), key))
                await self.broker_writer.drain()
        except asyncio.IncompleteReadError as error:
            # What the suite cut short is cut short here; its side of the connection is still open.
            self.broker_writer.write(error.partial)
            with contextlib.suppress(OSError):
                self.broker_writer.write_eof()
        except OSError:
            pass

    async def pass_back(self):
        """From the broker to the suite."""
        try:
            while True:
                first, header, _, payload, raw = await read_frame(self.broker_reader)
                if first != 0x82:
                    self.suite_writer.write(header + raw)
                else:
                    self.stream += payload
                    self.send_echoes()
                await self.suite_writer.drain()
        except asyncio.IncompleteReadError as error:
            assert not error.partial, "closed within a frame"
        except OSError:
            pass
        finally:
            self.suite_writer.close()

    def send_echoes(self):
        while got := self.take_packet():
            first, body = got
            if first != 0x30:
                continue  # A DISCONNECT: the Close frame behind it tells the suite.
            assert body.startswith(self.before), body[:20]
            self.echo += body[len(self.before):]
            self.echoed += 1
            if self.owed and self.echoed == self.owed[0][1]:
                opcode, _ = self.owed.pop(0)
                self.suite_writer.write(frame(0x80 | opcode, self.echo))
                self.echo, self.echoed = b"", 0

    def take_packet(self):
        for count in itertools.count(1):
            if count >= len(self.stream):
                return None
            if not self.stream[count] & 0x80:
                break
        length = sum((self.stream[1 + index] & 0x7F) << 7 * index for index in range(count))
        end = 1 + count + length
        if len(self.stream) < end:
            return None
        first, body = self.stream[0], bytes(self.stream[1 + count:end])
        del self.stream[:end]
        return first, body


async def serve(broker_port):
    """Listens for the suite on a port of its own."""

    async def accept(reader, writer):
        try:
            await Echo((reader, writer), await asyncio.open_connection(
                "127.0.0.1", broker_port, limit=1 << 25)).run()
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    return await asyncio.start_server(accept, "127.0.0.1", 0, limit=1 << 25)
