"""Attacks by messages that are owed: to those who are absent, who do not read, who do not acknowledge."""

import itertools

from attack import attack

import packets
from packets import PUBACK, PUBLISH, V5

# As many as a session is owed before its queue is full, and some.
QUEUE = 1_100


def leave_sessions(field, filters_of, count, prefix="absent", **settings):
    """So many sessions that subscribe at QoS 1 and are gone; what ends them."""
    hellos = field.hellos(count, prefix, clean=False)
    field.crowd().come_and_go(
        [hello + packets.subscribe(1, [(one, 1) for one in filters_of(number)])
         for number, hello in enumerate(hellos)], answered=9, **settings)
    return field.hellos(count, prefix)


def numbered(topic, payload, count, **settings):
    """PUBLISHes of QoS 1 with identifiers of their own."""
    return b"".join(packets.publish(topic, payload, 1, 1 + number % 65_535, version=V5, **settings)
                    for number in range(count))


@attack(fills=True)
def departed_session(field):
    """A persistent session on # that has left for good, and 1,000 messages."""
    ending = leave_sessions(field, lambda number: ["#"], 1)
    yield
    peer = field.peer(field.hello("publisher", V5))
    peer.exchange(numbered("t", b"", QUEUE), {PUBACK: QUEUE})
    field.filled()
    yield
    field.end_sessions(ending)


@attack(attackers=(200,), needs=("reject",))
def stalled_publishers(field):
    """200 publishers of 3.1.1 that wait for room, to a topic with 1,024 filters."""
    ending = leave_sessions(field, lambda number: [
        "/".join(levels) for levels in itertools.product("a+", repeat=10)], 1)
    topic = "/".join("a" * 10)
    peer = field.peer(field.hello("publisher", V5))
    peer.exchange(numbered(topic, b"", QUEUE), {PUBACK: QUEUE})
    waiting = packets.publish(topic, b"", 1, 1)
    yield
    field.crowd().keep([hello + waiting for hello in field.hellos(field.attackers)])
    yield
    field.end_sessions(ending)


@attack(attackers=(1, 100))
def many_absent(field):
    """PUBLISHes of QoS 1 to a topic that 5,000 absent sessions subscribe to."""
    ending = leave_sessions(field, lambda number: ["t"], field.fewer(5_000))
    crowd = field.crowd(field.hellos(field.attackers, version=V5))
    yield
    crowd.flood(numbered("t", b"", 2_000))
    yield
    field.end_sessions(ending)


@attack(fills=True)
def heavy_for_the_absent(field):
    """100 absent sessions, and 100 MB of messages for them, smaller ones in what is left between."""
    largest = min(100_000, field.packet_bytes // 2)
    ending = leave_sessions(field, lambda number: [f"heavy/{number}"], 100)
    raw = b"".join(numbered(f"heavy/{number}", bytes(size), 10)
                   for size in (largest, largest // 10, 1_000, 100) for number in range(100))
    yield
    peer = field.peer(field.hello("publisher", V5))
    peer.exchange(raw, {PUBACK: 4_000})
    field.filled()
    yield
    field.end_sessions(ending)


@attack(attackers=(150,), fills=True)
def deaf_subscribers(field):
    """150 subscribers that do not read, and messages of 100 KB for them."""
    crowd = field.crowd()
    crowd.receive_buffer = 4096
    subscribe = packets.subscribe(1, [("big", 0)])
    crowd.join([hello + subscribe for hello in field.hellos(field.attackers)])
    crowd.make_deaf()
    publisher = field.crowd([field.hello("publisher")])
    yield
    publisher.start(packets.publish("big", bytes(min(100_000, field.packet_bytes - 100))), repeats=True)
    publisher.wait(3)
    field.filled()
    publisher.hold()
    yield


@attack(attackers=(100,))
def slow_subscribers(field):
    """100 subscribers of a flood that read a byte now and then (Slow Subscribers, SlowTT)."""
    crowd = field.crowd()
    crowd.receive_buffer = 4096
    raws = [hello + packets.subscribe(1, [("flood", number % 3)])
            for number, hello in enumerate(field.hellos(field.attackers))]
    crowd.join(raws)
    crowd.scratch = bytearray(1)
    publisher = field.crowd([field.hello("publisher")])
    yield
    publisher.start(packets.publish("flood", bytes(2_000)), repeats=True)
    while field.goes_on():
        crowd.turn(0)
        publisher.wait(0.1)
    yield


@attack(attackers=(1, 100), fills=True)
def deaf_in_flight(field):
    """Clients that never read, with 100 large messages in flight to each."""
    size = min(1_000_000, field.packet_bytes - 100)
    crowd = field.crowd()
    crowd.receive_buffer = 4096
    hellos = field.hellos(field.attackers, version=V5, properties={"receive_maximum": 100})
    crowd.join([hello + packets.subscribe(1, [("large", 1)], V5) for hello in hellos])
    crowd.make_deaf()
    yield
    publisher = field.peer(field.hello("publisher", V5))
    publisher.exchange(numbered("large", bytes(size), 100), {PUBACK: 100})
    field.filled()
    yield


@attack(attackers=(8,), fills=True, newcomers_publish={"qos": 2})
def never_released(field):
    """8 sessions that send 65,535 QoS 2 messages each and never PUBREL."""
    crowd = field.crowd(field.hellos(field.attackers))
    raw = b"".join(packets.publish("q", b"", 2, number) for number in range(1, 65_536))
    yield
    crowd.send(raw)
    crowd.wait(0.5)
    field.filled()
    crowd.hold()
    yield


@attack(attackers=(100,))
def never_acknowledged(field):
    """100 subscribers that read and never acknowledge, and messages of QoS 2 for them."""
    crowd = field.crowd([hello + packets.subscribe(1, [("t", 2)]) for hello in field.hellos(field.attackers)])
    publisher = field.crowd([field.hello("publisher")])
    raw = b"".join(packets.publish("t", b"x" * 50, 2, number) + packets.pubrel(number)
                   for number in range(1, 2_000))
    yield
    publisher.start(raw, repeats=True)
    while field.goes_on():
        publisher.turn(0)
        crowd.turn(0)
    yield


@attack(fills=True, witness_bytes=20_000)
def one_half_publish(field):
    """One client whose PUBLISH of nearly 2 MB (router: 64 KB) lacks its last byte."""
    return half_publishes(field)


@attack(attackers=(100,), fills=True, witness_bytes=20_000)
def half_publishes_by_many(field):
    """100 clients whose PUBLISHes of nearly 2 MB (router: 64 KB) lack their last byte."""
    return half_publishes(field)


def half_publishes(field):
    raw = packets.publish("half", bytes(field.half_bytes))[:-1]
    crowd = field.crowd(field.hellos(field.attackers))
    yield
    crowd.start(raw)
    crowd.wait(2)
    field.filled()
    crowd.hold()
    yield


@attack(fills=True, least={"acknowledged": 3_000})
def to_itself(field):
    """A client of 3.1.1 that publishes 3,000 QoS 1 messages to itself at once, and acknowledges all it gets."""
    peer = field.peer(field.hello("itself") + packets.subscribe(1, [("itself", 1)]), patience=15)
    peer.acknowledges = True
    raw = b"".join(packets.publish("itself", b"", 1, number) for number in range(1, 3_001))
    yield
    peer.exchange(raw, {PUBACK: 3_000, PUBLISH: 3_000})
    field.figures = {"acknowledged": peer.came[PUBACK], "delivered": peer.came[PUBLISH],
                     "closed": int(not peer.is_open)}
    field.filled()
    yield


@attack()
def expire_at_once(field):
    """100,000 messages in the queues of the absent that expire in the same second, over and over."""
    ending = leave_sessions(field, lambda number: ["t"], field.fewer(100))
    peer = field.peer(field.hello("publisher", V5))
    raw = numbered("t", b"", 1_000, properties={"message_expiry": 1})
    yield
    while peer.is_open and field.goes_on():
        peer.exchange(raw, {PUBACK: 1_000})
        field.rest(1)
    yield
    field.end_sessions(ending)
