"""The sockets of attackers: none ever blocks, and what comes is counted and thrown away."""

import itertools
import select
import socket
import time
from collections import Counter

import packets

# Attackers come from an address of their own, so that honest clients can come from another.
ADDRESS = "127.0.0.3"
# Of what each is answered first, so much is kept.
ANSWER = 16
BIND_ADDRESS_NO_PORT = 24  # IP_BIND_ADDRESS_NO_PORT: ports are taken for each destination anew
RESET = b"\1\0\0\0\0\0\0\0"
REPEATED_BYTES = 65_536


def open_socket(port, receive_buffer=None, address=ADDRESS):
    """On its way to the broker, without waiting."""
    made = socket.socket()
    made.setblocking(False)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
    if receive_buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    made.bind((address, 0))
    try:
        made.connect(("127.0.0.1", port))
    except BlockingIOError:
        pass
    return made


def reset(one):
    """Ends it at once, with RST, so that no port is left waiting."""
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    except OSError:
        pass
    one.close()


def repeated(raw, least=REPEATED_BYTES):
    """Over and over, to so many bytes at least: a system call for many packets."""
    return raw * max(1, least // len(raw))


class Member:
    __slots__ = ("socket", "raw", "sent", "repeats", "answer", "is_deaf", "dripped")

    def __init__(self, made, is_deaf):
        self.socket, self.is_deaf = made, is_deaf
        self.raw, self.sent, self.repeats = memoryview(b""), 0, False
        self.answer, self.dripped = b"", 0

    @property
    def has_sent(self):
        return self.sent >= len(self.raw)


class Crowd:
    """Connections of many clients. `deaf` ones do not read."""

    def __init__(self, field, port):
        self.field, self.port = field, port
        self.poll = select.epoll()
        self.members = {}
        self.scratch = bytearray(1 << 18)
        self.closed = 0  # by the broker
        self.receive_buffer, self.addresses = None, itertools.repeat(ADDRESS)
        self.piece = None  # bytes of each segment, where that is to be little

    def __len__(self):
        return len(self.members)

    def everybody(self):
        return list(self.members.values())

    # Coming.

    def join(self, hellos, answered=4, at_once=None):
        """A connection for each of these, which it sends at once. With `answered`, until each has had that
        many bytes or was closed; without, until they are sent."""
        waiting, unsettled = iter(hellos), set()
        while self.field.goes_on():
            while len(unsettled) < (at_once or self.field.at_once) and (hello := next(waiting, None)) is not None:
                unsettled.add(self.open(hello))
            if not unsettled:
                break
            self.turn()
            unsettled = {one for one in unsettled if self.is_settling(one, answered)}
        return self

    def come_and_go(self, hellos, answered=4, at_once=None):
        """Each connects, is answered and goes at once; how many were answered."""
        waiting, unsettled, count = iter(hellos), set(), 0
        while self.field.goes_on():
            while len(unsettled) < (at_once or self.field.at_once) and (hello := next(waiting, None)) is not None:
                unsettled.add(self.open(hello))
            if not unsettled:
                break
            self.turn()
            for one in [one for one in unsettled if not self.is_settling(one, answered)]:
                count += bool(one.answer)
                unsettled.discard(one)
                self.drop(one)
        return count

    def keep(self, hellos, is_deaf=False):
        """Each is there all the time, until the attack is over: who is closed comes again."""
        waiting = itertools.cycle(hellos)
        while self.field.goes_on():
            self.fill(waiting, len(hellos), is_deaf)
            self.turn()

    def fill(self, waiting, count, is_deaf=False):
        """Some more, up to that many."""
        for _ in range(min(256, count - len(self))):
            self.open(next(waiting), is_deaf)

    def drip(self, hellos, pause=0.5):
        """As `keep`, and each sends a byte and waits for so long."""
        while self.field.goes_on():
            self.fill(itertools.repeat(b""), len(hellos))
            for one, hello in zip(self.everybody(), itertools.cycle(hellos)):
                self.put_byte(one, hello)
            self.wait(pause)

    @staticmethod
    def put_byte(member, raw):
        try:
            member.dripped += member.socket.send(raw[member.dripped:member.dripped + 1])
        except OSError:
            pass  # Not connected yet, or closed, which the next turn finds out.

    def adopt(self, made):
        """One who is connected already."""
        member = Member(made, False)
        self.members[made.fileno()] = member
        self.poll.register(made.fileno(), select.EPOLLIN)
        return member

    def wait(self, seconds):
        """Reads what comes for so long."""
        deadline = time.monotonic() + seconds
        while self.field.goes_on() and time.monotonic() < deadline:
            self.turn()

    def is_settling(self, member, answered):
        return member.socket.fileno() in self.members and (
            not member.has_sent or len(member.answer) < answered)

    def open(self, hello, is_deaf=False):
        member = Member(open_socket(self.port, self.receive_buffer, next(self.addresses)), is_deaf)
        self.members[member.socket.fileno()] = member
        self.poll.register(member.socket.fileno(), select.EPOLLOUT | select.EPOLLIN)
        self.give(member, hello)
        return member

    # Sending.

    def give(self, member, raw, repeats=False):
        """From now on it sends this, once or over and over."""
        member.raw, member.sent, member.repeats = memoryview(raw), 0, repeats
        self.listen(member)

    def listen(self, member):
        wanted = 0 if member.is_deaf else select.EPOLLIN
        wanted |= 0 if member.has_sent else select.EPOLLOUT
        try:
            self.poll.modify(member.socket.fileno(), wanted)
        except (OSError, ValueError):
            pass  # It is gone, which the next turn finds out, or has.

    def make_deaf(self):
        for one in self.everybody():
            one.is_deaf = True
            self.listen(one)

    def flood(self, raw, reads=True):
        """Everybody sends this over and over, as fast as it is taken, until the attack is over. `raw` may be
        a list: the bytes of each."""
        self.start(raw, reads, repeats=True)
        while self.field.goes_on() and self.members:
            self.turn()
        self.stop()
        if self.closed:
            self.field.count("sent away", self.closed)

    def send(self, raw, reads=True):
        """Everybody sends this once; until all have."""
        self.start(raw, reads)
        while self.field.goes_on() and not all(one.has_sent for one in self.members.values()):
            self.turn()

    def start(self, raw, reads=True, repeats=False):
        for number, one in enumerate(self.everybody()):
            one.is_deaf = not reads
            own = raw[number % len(raw)] if isinstance(raw, list) else raw
            self.give(one, repeated(own) if repeats else own, repeats)

    def stop(self):
        """Nobody sends any more."""
        for one in self.everybody():
            self.give(one, b"")

    def hold(self):
        """Reads what comes until the attack is over."""
        while self.field.goes_on():
            self.turn()

    # Turns.

    def turn(self, patience=0.02):
        """What the sockets are ready for, once."""
        for descriptor, events in self.poll.poll(patience, 512):
            member = self.members.get(descriptor)
            if member is None:
                continue
            try:
                if events & ~select.EPOLLOUT:
                    self.take(member, events)
                if events & select.EPOLLOUT:
                    self.put(member)
            except BlockingIOError:
                pass
            except OSError:
                self.closed += 1
                self.drop(member)

    def take(self, member, events):
        if member.is_deaf and not events & (select.EPOLLHUP | select.EPOLLERR):
            return
        count = member.socket.recv_into(self.scratch)
        if not count:
            raise ConnectionError
        if len(member.answer) < ANSWER:
            member.answer += bytes(self.scratch[:min(count, ANSWER)])

    def put(self, member):
        if not member.has_sent:
            end = member.sent + self.piece if self.piece else None
            member.sent += member.socket.send(member.raw[member.sent:end])
        if member.has_sent:
            if member.repeats:
                member.sent = 0
            else:
                self.listen(member)

    # Going.

    def drop(self, member):
        self.members.pop(member.socket.fileno(), None)
        reset(member.socket)

    def close(self):
        for one in self.everybody():
            self.drop(one)


class Peer:
    """One client whose packets are told apart by their kinds, and counted."""

    def __init__(self, field, port, patience):
        self.field, self.patience = field, patience
        self.socket = open_socket(port)
        self.acknowledges = False
        self.came = Counter()
        self.inbox, self.outbox = bytearray(), bytearray()
        self.is_open = True

    def exchange(self, raw=b"", wanted=None):
        """Sends this, and takes what comes until so many more of each kind have come; whether they have."""
        self.outbox += raw
        goal = Counter(wanted or {})
        goal.update({kind: self.came[kind] for kind in goal})
        deadline = time.monotonic() + self.patience
        while self.is_open and (self.outbox or any(self.came[kind] < goal[kind] for kind in goal)):
            if not self.field.goes_on() or time.monotonic() > deadline:
                return False
            self.turn()
        return self.is_open

    def turn(self, patience=0.02):
        poll = select.poll()
        poll.register(self.socket, select.POLLIN | (select.POLLOUT if self.outbox else 0))
        events = sum(found for _, found in poll.poll(1000 * patience))
        try:
            if events & select.POLLOUT:
                del self.outbox[:self.socket.send(memoryview(self.outbox)[:1 << 18])]
            if events & ~select.POLLOUT:
                self.take(self.socket.recv(1 << 18))
        except BlockingIOError:
            pass
        except OSError:
            self.is_open = False

    def take(self, chunk):
        if not chunk:
            self.is_open = False
        self.inbox += chunk
        start = 0
        while (bounds := self.bounds(start)) and bounds[1] <= len(self.inbox):
            kind = self.inbox[start] >> 4
            self.came[kind] += 1
            if kind == packets.PUBLISH and self.acknowledges:
                self.acknowledge(self.inbox[start], *bounds)
            start = bounds[1]
        del self.inbox[:start]

    def bounds(self, start):
        """Where the rest of the packet begins and ends; None when that cannot be told yet."""
        length = shift = 0
        for place in range(start + 1, min(len(self.inbox), start + 5)):
            length |= (self.inbox[place] & 0x7F) << shift
            shift += 7
            if self.inbox[place] < 0x80:
                return place + 1, place + 1 + length
        return None

    def acknowledge(self, first, start, _):
        if first >> 1 & 3 == 1:
            place = start + 2 + int.from_bytes(self.inbox[start:start + 2], "big")
            self.outbox += packets.puback(int.from_bytes(self.inbox[place:place + 2], "big"))

    def close(self):
        reset(self.socket)
        self.is_open = False
