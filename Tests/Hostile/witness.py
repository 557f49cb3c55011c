"""A pair of honest clients that send a message round, over and over, and note how long each took.

    witness.py OPTIONS    a JSON object: port, bytes of a message, user, password

A round is over when the subscriber has the message and the publisher the broker's word for it. Whatever
comes between (a refusal, a connection that is closed, a message that is lost) belongs to its wait: the
witness tries again until it is served. Each line of the input is a command, answered with a line of JSON.
"""

import json
import os
import select
import socket
import sys
import time

from contender import OF_OTHERS, hurry, pin

import packets  # noqa: E402 (beside the broker that `contender` has found)
from packets import CONNACK, PUBACK, PUBLISH, SUBACK, V5

PAUSE = 0.001
# After the broker's word for a message, until it counts as lost.
LOST = 2.0
TOPIC = "witness"


class Unserved(Exception):
    """The broker refused, closed or lost something: to be tried again."""


class Line:
    """One connection, read packet by packet."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=1)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.inbox = bytearray()

    def fileno(self):
        return self.socket.fileno()

    def take(self):
        """What has come: whole packets, as pairs of the first byte and the rest."""
        try:
            chunk = self.socket.recv(65536)
        except BlockingIOError:
            return []
        if not chunk:
            raise Unserved("closed")
        self.inbox += chunk
        whole = []
        while (header := packets.header_of(self.inbox)) and len(self.inbox) >= sum(header):
            whole.append((self.inbox[0], bytes(self.inbox[header[0]:sum(header)])))
            del self.inbox[:sum(header)]
        return whole


class Witness:
    def __init__(self, port, size=16, user=None, password=None):
        self.port, self.size = port, size
        self.credentials = {"username": user, "password": password} if user else {}
        self.lines = {}
        self.number = 0
        self.rounds = []  # (when it began, seconds)
        self.began = None  # the round that is under way
        self.unserved = {}  # why, and how often
        self.is_pausing = False

    def run(self):
        while True:
            self.listen(PAUSE)
            if not self.is_pausing:
                self.go_round()

    def go_round(self):
        self.began = time.monotonic()
        while not self.is_served():
            self.listen(PAUSE)
        self.rounds.append((self.began, time.monotonic() - self.began))
        self.began = None

    def is_served(self):
        try:
            if not self.lines:
                self.connect()
            self.send_round()
            return True
        except Unserved as error:
            why = str(error)
        except OSError:
            why = "closed"
        self.unserved[why] = self.unserved.get(why, 0) + 1
        if why != "refused":
            self.disconnect()
        return False

    def connect(self):
        for role in ("subscriber", "publisher"):
            line = self.lines[role] = Line(self.port)
            line.socket.sendall(packets.connect(V5, f"witness-{role}", keep_alive=0, **self.credentials))
            if self.expect(line, CONNACK)[1]:
                raise Unserved("connection refused")
        subscriber = self.lines["subscriber"]
        subscriber.socket.sendall(packets.subscribe(1, [(TOPIC, 1)], V5))
        if self.expect(subscriber, SUBACK)[-1] >= 0x80:
            raise Unserved("subscription refused")

    def disconnect(self):
        for line in self.lines.values():
            line.socket.close()
        self.lines = {}

    def expect(self, line, kind):
        """The body of the next packet, which is of this kind."""
        while True:
            for first, body in line.take():
                if first >> 4 != kind:
                    raise Unserved("closed")
                return body
            self.listen(1, line)

    def send_round(self):
        """Raises what went otherwise than it should."""
        self.number += 1
        subscriber, publisher = self.lines["subscriber"], self.lines["publisher"]
        payload = b"%012d" % self.number + bytes(max(0, self.size - 12))
        identifier = 1 + self.number % 65535
        publisher.socket.sendall(packets.publish(TOPIC, payload, 1, identifier, version=V5))
        came, acknowledged_at = False, None
        while not came or not acknowledged_at:
            for first, body in publisher.take():
                acknowledged_at = acknowledged_at or self.judge(first, body, identifier)
            for first, body in subscriber.take():
                came = self.acknowledge(subscriber, first, body, payload) or came
            if acknowledged_at and not came and time.monotonic() > acknowledged_at + LOST:
                raise Unserved("lost")
            if not came or not acknowledged_at:
                self.listen(0.1, publisher, subscriber)

    @staticmethod
    def judge(first, body, identifier):
        """When the broker has given its word for this message."""
        if first >> 4 != PUBACK:
            raise Unserved("closed")
        if int.from_bytes(body[:2], "big") != identifier:
            return None
        if len(body) > 2 and body[2] >= 0x80:
            raise Unserved("refused")
        return time.monotonic()

    @staticmethod
    def acknowledge(subscriber, first, body, payload):
        """Whether this is the message; earlier ones that come late are acknowledged too."""
        if first >> 4 != PUBLISH:
            raise Unserved("closed")
        place = 2 + len(TOPIC)
        subscriber.socket.sendall(packets.puback(int.from_bytes(body[place:place + 2], "big")))
        return body[place + 3:] == payload

    # Commands.

    def listen(self, patience, *lines):
        """Until one of the lines has something to read, or that long; a command is answered."""
        ready, _, _ = select.select([sys.stdin.fileno(), *lines], [], [], patience)
        if sys.stdin.fileno() in ready:
            self.obey(os.read(sys.stdin.fileno(), 4096))

    def obey(self, raw):
        if not raw:
            sys.exit()
        for line in raw.splitlines():
            command = json.loads(line)
            print(json.dumps(getattr(self, f"do_{command.pop('command')}")(**command)), flush=True)

    def do_count(self):
        """Rounds that are over."""
        return len(self.rounds)

    def do_busy(self):
        """Whether a round is under way."""
        return self.began is not None

    def do_pause(self, pausing):
        self.is_pausing = pausing
        return True

    def do_report(self, begin, end):
        """Of the rounds of that time; one that reaches into it counts with all its length."""
        waits = sorted(wait for began, wait in self.rounds if began < end and began + wait > begin)
        if self.began is not None and self.began < end:
            waits = sorted([*waits, time.monotonic() - self.began])
        at = lambda share: waits[min(len(waits) - 1, int(share * len(waits)))] if waits else None
        return {"count": len(waits), "median": at(0.5), "p99": at(0.99), "longest": at(1),
                "unserved": self.unserved}


if __name__ == "__main__":
    pin(OF_OTHERS)
    hurry(-10)
    Witness(**json.loads(sys.argv[1])).run()
