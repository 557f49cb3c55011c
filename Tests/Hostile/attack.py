"""What an attack is, and what it has at hand.

An attack is a generator that yields twice. Up to the first `yield` it prepares, and nothing of that is
measured; up to the second it attacks, for as long as `field.goes_on()`, and holds what it has got, while the
witness goes round and newcomers come. Then its connections are closed, and what stands behind the second `yield`
undoes what has outlived them: sessions, retained messages.
"""

import contextlib
import dataclasses
import json
import os
import select
import sys
import time

from contender import PASSWORD, USER, processor_seconds

import packets  # noqa: E402 (beside the broker that `contender` has found)
from crowd import Crowd, Peer

# Bytes that a board lets one packet and one topic have, and connections there may be.
BOUNDS = {"host": {"packet": 2_000_000, "topic": 65_535, "connections": 12_000},
          "router": {"packet": 65_536, "topic": 1_024, "connections": 96}}
# Seconds after which a broker that still works at what an attack has left it counts as never done.
WORKING = 60

attacks = []


@dataclasses.dataclass
class Attack:
    name: str
    story: str
    steps: object
    attackers: tuple = (1,)
    needs: tuple = ()  # of the broker, see `contender.py`
    newcomers: str = "plain"  # how they come: plain, tls or websocket
    newcomers_publish: dict = dataclasses.field(default_factory=lambda: {"qos": 1})  # in which way
    # What it takes it takes from its address, which has no session yet: others of that address may suffer.
    by_address: bool = False
    # It says `field.filled()` when it has taken all it can, and newcomers come no earlier.
    fills: bool = False
    beside_mosquitto: bool = True
    witness_bytes: int = 16
    work_seconds: float = None  # of the processor, at most, for what `field.work()` measures
    is_race: bool = False  # what `field.work()` measures may not take longer than with Mosquitto
    least: dict = dataclasses.field(default_factory=dict)  # of the figures it counts
    most: dict = dataclasses.field(default_factory=dict)

    def fitting(self, attackers, board):
        """How many of them attack a board: no more than half of the clients it has room for, unless they are
        to be too many for any board."""
        connections = BOUNDS[board]["connections"]
        return attackers if attackers > BOUNDS["host"]["connections"] else min(attackers, connections // 2)

    def spares_neighbours(self, attackers, board):
        """Whether other clients of the attackers' address must be served: what attackers take has other owners,
        and they are not so many that their address has had its share of the connections."""
        return not self.by_address and attackers < BOUNDS[board]["connections"] // 2


def attack(**traits):
    """The generator under it is an attack, named as it is named and told as its first line tells."""
    def note(steps):
        name = steps.__name__.replace("_", "-")
        attacks.append(Attack(name, steps.__doc__.splitlines()[0].rstrip("."), steps, **traits))
        return steps
    return note


class Field:
    """Where an attack takes place: the broker, how many attack it, and for how long."""

    def __init__(self, ports, pid, board, attackers, quick, needs, seconds):
        self.ports, self.pid, self.board, self.attackers = ports, pid, board, attackers
        self.is_quick, self.needs = quick, needs
        self.figures = {}
        self.opened = []  # crowds and peers
        self.is_over = False
        self.deadline = time.monotonic() + seconds

    def goes_on(self):
        """Until the line `stop` has come, or far too much time is gone."""
        if not self.is_over:
            self.is_over = time.monotonic() > self.deadline or has_line()
        return not self.is_over

    def filled(self):
        """It has taken all it can: now newcomers may come."""
        answer(filled=True)

    def rest(self, seconds=0.02):
        select.select([sys.stdin], [], [], seconds)

    def fewer(self, count):
        """A tenth of it where time is short."""
        return count // 10 if self.is_quick else count

    def crowd(self, hellos=(), listener="plain", **settings):
        """Clients that have sent these, and were answered."""
        self.opened.append(Crowd(self, self.ports[listener]))
        return self.opened[-1].join(hellos, **settings)

    def peer(self, hello=None, listener="plain", patience=20):
        """One client that was answered."""
        self.opened.append(Peer(self, self.ports[listener], patience))
        self.opened[-1].exchange(self.hello(os.urandom(6).hex()) if hello is None else hello, {packets.CONNACK: 1})
        return self.opened[-1]

    def close(self):
        """Ends all connections there are."""
        for one in self.opened:
            one.close()

    def hello(self, identifier, version=packets.V311, **settings):
        """A CONNECT that this broker accepts."""
        if {"logins", "quick_logins"} & set(self.needs):
            settings = {"username": USER, "password": PASSWORD} | settings
        settings.setdefault("keep_alive", 0)
        return packets.connect(version, identifier, **settings)

    def hellos(self, count, prefix="hostile", **settings):
        return [self.hello(f"{prefix}{number}", **settings) for number in range(count)]

    @property
    def at_once(self):
        """Connections that are opened at the same time."""
        return min(256, BOUNDS[self.board]["connections"] // 4)

    @property
    def packet_bytes(self):
        return BOUNDS[self.board]["packet"]

    @property
    def half_bytes(self):
        """Of a packet that is never whole: large, and yet small enough to be taken while there is room."""
        return self.packet_bytes * 9 // 10

    @property
    def topic_bytes(self):
        return BOUNDS[self.board]["topic"]

    def subscribes(self, filters, qos=0, version=packets.V311, write=packets.subscribe):
        """As few SUBSCRIBE packets as these filters fit into."""
        made, part, size = [], [], 0
        for one in filters:
            if part and size + len(one) + 3 > self.packet_bytes - 20:
                made.append(part)
                part, size = [], 0
            part.append((one, qos) if write is packets.subscribe else one)
            size += len(one) + 3
        made.append(part)
        return [write(number, part, version) for number, part in enumerate(made, 1)]

    def unsubscribes(self, filters, version=packets.V311):
        return self.subscribes(filters, version=version, write=packets.unsubscribe)

    def count(self, name, number=1):
        self.figures[name] = self.figures.get(name, 0) + number

    @contextlib.contextmanager
    def work(self):
        """Measures, the first time, how long the broker works at this: seconds, and of its processor."""
        began, used = time.monotonic(), processor_seconds(self.pid)
        yield
        if "work" not in self.figures and used is not None:
            ended = self.wait_until_idle()
            self.figures["seconds"] = (ended or time.monotonic()) - began
            self.figures["work"] = (processor_seconds(self.pid) or used) - used if ended else None

    def wait_until_idle(self):
        """When the broker had no more to do than the witness gives it; None when that does not come."""
        deadline = time.monotonic() + (2 if self.is_quick else WORKING)
        while (began := time.monotonic()) < deadline:
            used = processor_seconds(self.pid)
            time.sleep(0.05)
            after = processor_seconds(self.pid)
            if used is None or after is None:
                return None
            if after - used < 0.3 * (time.monotonic() - began):
                return began
        return None

    @contextlib.contextmanager
    def undisturbed(self, seconds=60):
        """What is done in here may take so long, whether or not the attack is over."""
        before = self.is_over, self.deadline
        self.is_over, self.deadline = False, time.monotonic() + seconds
        yield
        self.is_over, self.deadline = before

    def end_sessions(self, hellos):
        """Takes each session over with one that ends with its connection."""
        with self.undisturbed():
            self.crowd().come_and_go(hellos)

    def send_all(self, raws):
        """One client sends all of that and is answered a PINGREQ behind it."""
        with self.undisturbed():
            peer = self.peer()
            peer.exchange(b"".join(raws) + packets.pingreq(), {packets.PINGRESP: 1})
            peer.close()


def has_line():
    return bool(select.select([sys.stdin], [], [], 0)[0])


def command():
    """The next line of the input; the process ends with its parent."""
    line = sys.stdin.buffer.raw.readline()
    if not line:
        sys.exit()
    return line.strip().decode()


def answer(**fields):
    print(json.dumps(fields), flush=True)
