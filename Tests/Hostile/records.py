"""Records of TLS 1.2 by hand: what a library would never send, behind a handshake that it has made."""

import hashlib
import hmac
import socket
import ssl
import tempfile

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from crowd import ADDRESS

ALERT, HANDSHAKE, DATA = 21, 22, 23
VERSION = b"\x03\x03"
SUITE = "ECDHE-ECDSA-CHACHA20-POLY1305"
# An alert that says nothing and ends nothing: a warning, user_canceled.
WARNING = b"\x01\x5a"


def plain(kind, body=b""):
    """A record as it is before there are keys."""
    return bytes([kind]) + VERSION + len(body).to_bytes(2, "big") + body


def derive(secret, label, seed, count):
    """The pseudorandom function [RFC 5246, 5]."""
    made, chain = b"", label + seed
    while len(made) < count:
        chain = hmac.digest(secret, chain, hashlib.sha256)
        made += hmac.digest(secret, chain + label + seed, hashlib.sha256)
    return made[:count]


def context(keys=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    made.set_ciphers(SUITE)
    if keys:
        made.keylog_filename = keys
    return made


def hello():
    """A ClientHello of its own."""
    outgoing = ssl.MemoryBIO()
    stream = context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
    try:
        stream.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()


class Records:
    """A connection whose handshake is done, and whose next records are made here."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(ADDRESS, 0))
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        with tempfile.NamedTemporaryFile("r") as keys:
            self.stream = context(keys.name).wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
            heard, said = self.shake()
            secret = bytes.fromhex(keys.read().split()[-1])
        # Behind the headers of record and message, and two bytes of version.
        randoms = heard[11:43] + said[11:43]
        block = derive(secret, b"key expansion", randoms, 88)
        self.cipher, self.vector = ChaCha20Poly1305(block[:32]), int.from_bytes(block[64:76], "big")
        self.number = 1  # Finished was 0.
        self.socket.setblocking(False)

    def shake(self):
        """All that was heard and said."""
        heard = said = b""
        while True:
            try:
                self.stream.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                done = False
            waiting = self.outgoing.read()
            self.socket.sendall(waiting)
            said += waiting
            if done:
                return heard, said
            received = self.socket.recv(65_536)
            if not received:
                raise ConnectionError("closed within the handshake")
            self.incoming.write(received)
            heard += received

    def seal(self, kind, body=b""):
        """The next record [RFC 7905]."""
        head = bytes([kind]) + VERSION
        sealed = self.cipher.encrypt(
            (self.vector ^ self.number).to_bytes(12, "big"), body,
            self.number.to_bytes(8, "big") + head + len(body).to_bytes(2, "big"))
        self.number += 1
        return head + len(sealed).to_bytes(2, "big") + sealed
