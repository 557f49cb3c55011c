"""Clients that speak TLS, and what the broker tells of its memory for it."""

import re
import signal
import socket
import ssl
import time

import packets
from raw_client import PATIENCE, Closed, RawClient

# What the broker tells of a pool after SIGUSR2.
STATUS = re.compile(r"(TLS [a-z ]+): (\d+) of (\d+) used, at most (\d+), refused (\d+) times")


def context(authority=None, client=None, version=ssl.TLSVersion.TLSv1_2, protocols=()):
    """What a client asks of the broker, and shows to it."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.maximum_version = version
    if authority:
        made.load_verify_locations(authority.cafile)
    else:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if client:
        made.load_cert_chain(*client.pair)
    if protocols:
        made.set_alpn_protocols(protocols)
    return made


class TLSClient(RawClient):
    """A RawClient behind a handshake."""

    def __init__(self, port, context, version=packets.V5, host="localhost", session=None, source=None):
        super().__init__(port, version, source=source)
        self.socket = context.wrap_socket(self.socket, server_hostname=host, session=session)


class CutStream:
    """A socket whose TLS bytes leave in pieces of the sizes that `cuts` yields, over and over."""

    def __init__(self, port, context, cuts, pause=0.0, host="localhost"):
        self.wire = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=host)
        self.cuts, self.number, self.pause = cuts, 0, pause
        self._retried(self.tls.do_handshake)

    def _retried(self, call, *arguments):
        while True:
            try:
                result = call(*arguments)
                self._flush()
                return result
            except ssl.SSLWantReadError:
                self._flush()
                received = self.wire.recv(1 << 16)
                if not received:
                    raise Closed() from None
                self.incoming.write(received)

    def _flush(self):
        waiting = self.outgoing.read()
        while waiting:
            size = self.cuts[self.number % len(self.cuts)]
            self.number += 1
            self.wire.sendall(waiting[:size])
            waiting = waiting[size:]
            time.sleep(self.pause)

    def settimeout(self, seconds):
        self.wire.settimeout(seconds)

    def sendall(self, raw):
        for start in range(0, len(raw), 16384):
            self._retried(self.tls.write, raw[start:start + 16384])

    def recv(self, count):
        try:
            return self._retried(self.tls.read, count)
        except ssl.SSLZeroReturnError:
            return b""

    def close(self):
        self.wire.close()


class CutClient(RawClient):
    def __init__(self, port, context, cuts, version=packets.V311, pause=0.0):
        super().__init__(port, version)
        self.socket.close()
        self.socket = CutStream(port, context, cuts, pause)


def hello_bytes(name="localhost", **traits):
    """The first bytes a client sends, as it would send them."""
    outgoing = ssl.MemoryBIO()
    tls = context(**traits).wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()


def memory(broker):
    """What the broker tells of its TLS memory now: {pool: (used, capacity, peak, refused)}."""
    before = len(broker.log())
    broker.signal(signal.SIGUSR2)
    deadline = time.monotonic() + PATIENCE
    while True:
        found = {line[1]: tuple(map(int, line.groups()[1:]))
                 for line in STATUS.finditer(broker.log()[before:])}
        if "TLS heap bytes" in found:
            return found
        assert time.monotonic() < deadline, broker.log()
        time.sleep(0.005)


def wait_for_memory(broker, base):
    """Until no connection has TLS any more, and what it took has come back."""
    deadline = time.monotonic() + PATIENCE
    while True:
        now = memory(broker)
        if now["TLS connections"][0] == 0 and now["TLS handshakes"][0] == 0:
            assert now["TLS heap bytes"][0] == base["TLS heap bytes"][0], (base, now)
            return
        assert time.monotonic() < deadline, now
        time.sleep(0.02)


def wait_until_closed(stream, patience=PATIENCE):
    """All that comes until the broker closes."""
    stream.settimeout(patience)
    got = b""
    try:
        while received := stream.recv(1 << 16):
            got += received
    except ConnectionResetError:
        pass
    return got
