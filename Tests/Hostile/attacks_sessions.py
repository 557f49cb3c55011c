"""Attacks by sessions: as many as there can be, for ever, fought for, and ended all at once."""

import itertools

from attack import attack

import packets
from packets import V5, Will

NEVER = {"session_expiry": 0xFFFFFFFF}


@attack(fills=True, by_address=True)
def identifiers_for_ever(field):
    """24,000 client identifiers, each with a session that never expires."""
    count = 24_500
    yield
    field.crowd().come_and_go(field.hellos(count, version=V5, clean=False, properties=NEVER))
    field.filled()
    yield
    field.end_sessions(field.hellos(count))


@attack(fills=True, by_address=True)
def long_identifiers(field):
    """Client identifiers of 65,000 bytes, each with a session that never expires."""
    identifiers = [f"{number}{'x' * 65_000}" for number in range(260)]
    yield
    field.crowd().come_and_go(
        [field.hello(one, V5, clean=False, properties=NEVER) for one in identifiers], at_once=20)
    field.filled()
    yield
    field.end_sessions([field.hello(one) for one in identifiers])


@attack(attackers=(2, 100))
def one_identifier_fought_for(field):
    """Clients that take over one identifier from each other, over and over."""
    hello = field.hello("one of us")
    yield
    field.crowd().come_and_go(itertools.repeat(hello), at_once=field.attackers)
    yield


@attack(attackers=(5_000,))
def all_leave_at_once(field):
    """5,000 clients with five filters each, whose connections end all at once, over and over."""
    raws = [hello + packets.subscribe(1, [(f"{number}/{one}", 1) for one in range(5)])
            for number, hello in enumerate(field.hellos(field.fewer(field.attackers)))]
    crowd = field.crowd(raws)
    yield
    while field.goes_on():
        crowd.close()
        crowd.join(raws)
    yield


@attack(attackers=(2_000,))
def wills_at_once(field):
    """2,000 wills that are sent all at once to a subscriber of wills/#, over and over."""
    count = field.fewer(field.attackers)
    hellos = [field.hello(f"hostile{number}", will=Will(f"wills/{number}", b"x" * 100, 1))
              for number in range(count)]
    subscriber = field.peer()
    subscriber.exchange(packets.subscribe(1, [("wills/#", 1)]), {packets.SUBACK: 1})
    crowd = field.crowd(hellos)
    yield
    while field.goes_on():
        crowd.close()
        subscriber.turn()
        crowd.join(hellos)
    yield


@attack(attackers=(2_000,))
def wills_of_the_same_second(field):
    """2,000 wills with a delay of a second, to 100 subscribers."""
    subscribe = packets.subscribe(1, [("wills/#", 0)])
    subscribers = field.crowd([hello + subscribe for hello in field.hellos(100, "subscriber")])
    will = Will("wills/x", b"x" * 100, 1, properties={"will_delay": 1})
    hellos = [field.hello(f"hostile{number}", V5, will=will, properties={"session_expiry": 2})
              for number in range(field.fewer(field.attackers))]
    yield
    while field.goes_on():
        field.crowd().come_and_go(hellos)
        subscribers.wait(0.5)
    yield


@attack(attackers=(10_000,))
def sessions_of_the_same_second(field):
    """10,000 sessions with five filters each that expire in the same second, over and over."""
    raws = [hello + packets.subscribe(1, [(f"{number}/{one}", 1) for one in range(5)], V5)
            for number, hello in enumerate(field.hellos(
                field.fewer(field.attackers), version=V5, properties={"session_expiry": 1}))]
    yield
    while field.goes_on():
        field.crowd().come_and_go(raws, answered=12)
        field.rest(0.5)
    yield


@attack(attackers=(100,))
def sessions_resumed(field):
    """100 sessions with 1,000 messages each, resumed over and over by clients that do not stay."""
    hellos = field.hellos(field.attackers, clean=False)
    field.crowd().come_and_go([hello + packets.subscribe(1, [("t", 1)]) for hello in hellos], answered=9)
    field.send_all([packets.publish("t", b"x" * 100, 1, 1 + number) for number in range(900)])
    yield
    field.crowd().come_and_go(itertools.cycle(hellos), at_once=50)
    yield
    field.end_sessions(field.hellos(field.attackers))
