"""WebSocket by hand, so that a test can break each rule of it [RFC 6455]."""

import base64
import hashlib
import itertools
import os
import socket

import packets
from packets import V5
from raw_client import PATIENCE, RawClient

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
WORDS = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(opcode, payload=b"", final=True, reserved=0, key=None, masked=True, length=None):
    """A client's frame; `length` is what it says its length is, in the shortest form."""
    length = len(payload) if length is None else length
    first = (0x80 if final else 0) | reserved << 4 | opcode
    mark = 0x80 if masked else 0
    if length < 126:
        header = bytes([first, mark | length])
    elif length < 65536:
        header = bytes([first, mark | 126]) + length.to_bytes(2, "big")
    else:
        header = bytes([first, mark | 127]) + length.to_bytes(8, "big")
    if not masked:
        return header + payload
    key = os.urandom(4) if key is None else key
    mask = itertools.cycle(key)
    return header + key + bytes(byte ^ next(mask) for byte in payload)


def close(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else code.to_bytes(2, "big") + reason)


def request(*fields, line="GET /mqtt HTTP/1.1", without=(), key=None):
    """The request of a handshake; `without` names fields to leave out."""
    key = key or base64.b64encode(os.urandom(16))
    usual = {"Host": b"localhost", "Upgrade": b"websocket", "Connection": b"Upgrade",
             "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": b"13",
             "Sec-WebSocket-Protocol": b"mqtt"}
    lines = [line.encode()]
    lines += [name.encode() + b": " + value for name, value in usual.items() if name not in without]
    lines += [field.encode() for field in fields]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def accept_of(key):
    return base64.b64encode(hashlib.sha1(key + WORDS).digest())


def open_socket(port, host="127.0.0.1", source=None):
    opened = socket.create_connection(
        (host, port), timeout=PATIENCE, source_address=source and (source, 0))
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def read_answer(raw_socket):
    """The head of an HTTP answer: its status, its fields, and what came behind."""
    got = b""
    while b"\r\n\r\n" not in got:
        chunk = raw_socket.recv(4096)
        assert chunk, f"closed within an answer: {got!r}"
        got += chunk
    head, rest = got.split(b"\r\n\r\n", 1)
    status, *lines = head.decode().split("\r\n")
    fields = {}
    for line in lines:
        name, value = line.split(":", 1)
        fields[name.lower()] = value.strip()
    assert status.startswith("HTTP/1.1 "), status
    return int(status.split()[1]), fields, rest


def read_to_end(raw_socket):
    """All bytes until the Server closes."""
    got = b""
    while True:
        try:
            chunk = raw_socket.recv(65536)
        except ConnectionResetError:
            return got
        if not chunk:
            return got
        got += chunk


class FrameReader:
    """Takes the Server's frames apart, and is strict about them."""

    def __init__(self, raw_socket, early=b""):
        self.socket = raw_socket
        self.bytes = bytearray(early)

    def _need(self, count):
        while len(self.bytes) < count:
            chunk = self.socket.recv(1 << 16)
            if not chunk:
                assert not self.bytes, f"closed within a frame: {bytes(self.bytes[:20])!r}"
                raise EOFError
            self.bytes += chunk

    def read(self):
        """(opcode, payload) of the next frame; EOFError when the Server has closed."""
        self._need(2)
        first, second = self.bytes[:2]
        assert first & 0xF0 == 0x80, f"not final, or reserved bits: {first:#x}"
        assert second < 0x80, "the Server masks"
        extended = {126: 2, 127: 8}.get(second, 0)
        self._need(2 + extended)
        length = int.from_bytes(self.bytes[2:2 + extended], "big") if extended else second
        assert not extended or length > (125 if extended == 2 else 65535), "not the shortest form"
        self._need(2 + extended + length)
        payload = bytes(self.bytes[2 + extended:2 + extended + length])
        del self.bytes[:2 + extended + length]
        return first & 15, payload

    def expect_close(self, code):
        """A Close frame with this code (none: without one), then the end."""
        opcode, payload = self.read()
        assert opcode == CLOSE, (opcode, payload)
        assert payload == (b"" if code is None else code.to_bytes(2, "big")), payload
        try:
            more = self.read()
        except (EOFError, ConnectionResetError):
            return
        raise AssertionError(f"{more} after a Close")


def open_websocket(port, *fields, source=None, **settings):
    """A socket behind its handshake, and a reader of its frames."""
    return shake(open_socket(port, source=source), *fields, **settings)


def shake(raw_socket, *fields, **settings):
    """The same of a socket that is connected."""
    key = base64.b64encode(os.urandom(16))
    raw_socket.sendall(request(*fields, key=key, **settings))
    status, answer, rest = read_answer(raw_socket)
    assert status == 101, (status, answer)
    assert answer["upgrade"].lower() == "websocket" and answer["connection"].lower() == "upgrade"
    assert answer["sec-websocket-accept"].encode() == accept_of(key)
    assert answer["sec-websocket-protocol"] == "mqtt"
    return raw_socket, FrameReader(raw_socket, rest)


class Stream:
    """Looks like a socket to `RawClient`: MQTT goes out in frames and comes out of them."""

    def __init__(self, raw_socket, reader, fragment):
        self.raw, self.reader, self.fragment = raw_socket, reader, fragment
        self.controls = []
        self.is_closed = False

    def settimeout(self, seconds):
        self.raw.settimeout(seconds)

    def sendall(self, raw):
        size = self.fragment or len(raw) or 1
        parts = [raw[start:start + size] for start in range(0, len(raw), size)]
        self.raw.sendall(b"".join(frame(BINARY, part) for part in parts))

    def recv(self, _):
        while True:
            try:
                opcode, payload = self.reader.read()
            except EOFError:
                return b""
            if opcode == BINARY:
                # Many clients take no other packet from a frame than the first.
                assert sum(packets.header_of(payload)) == len(payload), "not one packet in a frame"
                return payload
            self.controls.append((opcode, payload))
            assert opcode in (CLOSE, PING, PONG), opcode

    def close(self):
        self.raw.close()


class WebSocketClient(RawClient):
    """A `RawClient` over WebSocket; with `fragment` each frame has so many bytes."""

    def __init__(self, port, version=V5, fragment=None, polite=True):
        super().__init__(port, version, polite)
        self.socket.close()
        self.raw, self.reader = open_websocket(port)
        self.socket = Stream(self.raw, self.reader, fragment)
