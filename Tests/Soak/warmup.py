"""The most of everything that the load will need, once: what the program has touched then is all it needs.

A pool touches a page when it is used to there for the first time, so resident memory follows the highest
use there has been. After this it may not grow, however short the run: each part takes more than the load
behind it ever does. Tables that are found by a hash are touched at random: so many entries that no page
of theirs is left.
"""

import socket
from contextlib import ExitStack, contextmanager

import packets
from packets import V5, V311
from raw_client import RawClient

CROWD = 800
# Their exchanges take more deliveries than those of the crowd and what is queued for the deaf together.
SECOND_CROWD = 1400
DEAF = 6
# The least of `max_inflight_messages` and its like.
IN_FLIGHT = 20
# Above `max_queued_messages` of the run.
FLOOD = 6000


def warm_up(port, largest):
    """`largest`: bytes of a packet at most."""
    with ExitStack() as stack:
        crowd, senders = many(stack, port, "warm", CROWD), many(stack, port, "sender", DEAF)
        deaf = many(stack, port, "deaf", DEAF, receive_buffer=4096)
        subscribe(crowd, deaf)
        leave_exchanges_open(crowd, senders[0])
        fill_queues(senders[0], len(deaf))
        send_in_parts(senders, largest)
        for one in crowd:
            one.drain()
    # What was queued for the deaf had no Packet Identifiers yet, by which it is found.
    with ExitStack() as stack:
        crowd, senders = many(stack, port, "second", SECOND_CROWD), many(stack, port, "sender", 1)
        subscribe(crowd, [])
        leave_exchanges_open(crowd, senders[0])
    # Who comes now finds all of them gone.
    with client(port, "warm-last", V311) as last:
        last.ping()


def many(stack, port, name, count, **settings):
    return [stack.enter_context(client(port, f"{name}{number}", (V311, V5)[number % 2], **settings))
            for number in range(count)]


@contextmanager
def client(port, name, version, receive_buffer=None):
    made = RawClient(port, version)
    if receive_buffer:
        made.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    made.connect(name, will=packets.Will("warm/gone", b"x" * 300), keep_alive=0)
    yield made
    made.reset()


def subscribe(crowd, deaf):
    for number, one in enumerate(crowd):
        one.subscribe(("warm/all", 2), *((f"warm/{'long' * 10}/{number}/{level}", 2) for level in range(5)))
    for number, one in enumerate(deaf):
        one.subscribe((f"warm/{number}", 0), ("warm/large", 0))


def leave_exchanges_open(crowd, publisher):
    """Messages of QoS 2, received and sent, as many as each may have on the way."""
    for one in crowd:
        one.send(*(packets.publish("warm/x", bytes(50), 2, number, version=one.version)
                   for number in range(1, IN_FLIGHT + 1)))
    for one in crowd:
        for number in range(1, IN_FLIGHT + 1):
            one.expect(packets.PUBREC, packet_id=number)
    for number in range(IN_FLIGHT):
        publisher.publish("warm/all", bytes(50), 1)


def fill_queues(publisher, count):
    """To the brim, with messages of the flood's size, some of which nobody else holds."""
    for number in range(count // 2):
        raw = packets.publish(f"warm/{number}", bytes(2000), version=publisher.version)
        for _ in range(FLOOD // 100):
            publisher.send(raw * 100)
            publisher.ping()
    for number in range(count // 2, count):
        raw = packets.publish(f"warm/{number}", bytes(100_000), version=publisher.version)
        publisher.send(raw * 20)
        publisher.ping()


def send_in_parts(senders, largest):
    """Packets at the limit, several on their way at once, to Clients that do not read them."""
    for one in senders:
        raw = packets.publish("warm/large", bytes(largest - 20), version=one.version)
        one.send(raw[:-1])
    for one in senders:
        one.send(raw[-1:])
        one.ping()
