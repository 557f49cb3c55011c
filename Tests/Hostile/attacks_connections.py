"""Attacks by connections: half of them, slow ones, silent ones, and storms."""

import itertools

from attack import attack

import packets
from attacks_packets import full_of_properties
from packets import V5

# More than any board has.
TOO_MANY = 12_500


@attack(attackers=(1, 105), fills=True, by_address=True, witness_bytes=20_000)
def half_connects(field):
    """CONNECTs of nearly 2 MB (router: 64 KB) that lack their last byte."""
    hello = field.hello("half", V5, properties=full_of_properties(field.half_bytes))[:-1]
    crowd = field.crowd()
    yield
    for _ in range(field.attackers):
        crowd.open(hello)
    crowd.wait(1.5)
    field.filled()
    crowd.keep([hello] * field.attackers)
    yield


@attack(attackers=(1_000,), by_address=True)
def slow_connects(field):
    """1,000 CONNECTs that come a byte each half second."""
    yield
    field.crowd().drip(field.hellos(field.attackers))
    yield


@attack(attackers=(TOO_MANY,), fills=True, by_address=True)
def silent_connections(field):
    """12,500 connections that never send a byte."""
    crowd = field.crowd()
    yield
    while len(crowd) < field.attackers and field.goes_on():
        crowd.fill(itertools.repeat(b""), field.attackers)
        crowd.turn()
        field.count("turns")
        if field.figures["turns"] > 2 * field.attackers / 256:
            break  # Where there is no room for so many, they are closed as fast as they come.
    field.filled()
    crowd.keep([b""] * field.attackers)
    yield


@attack(attackers=(TOO_MANY,), fills=True, by_address=True)
def silent_clients(field):
    """12,500 clients that are silent for 18 hours, as they may (SlowITe, CVE-2020-13849)."""
    yield
    crowd = field.crowd(field.hellos(field.attackers, keep_alive=65_535))
    field.filled()
    crowd.hold()
    yield


def storm(field, first, **settings):
    """Each connects, sends that, is answered or closed, and comes again."""
    crowd = field.crowd()
    yield
    field.count("came", crowd.come_and_go(itertools.repeat(first), at_once=field.attackers, **settings))
    yield


@attack(attackers=(100,), by_address=True)
def connections_that_do_nothing(field):
    """Connections that are closed as soon as they are open, over and over."""
    return storm(field, b"", answered=0)


@attack(attackers=(100,), by_address=True)
def clients_that_leave(field):
    """Clients that connect and leave, over and over."""
    return storm(field, field.hello(""))


@attack(attackers=(100,), by_address=True)
def refused_identifiers(field):
    """Empty identifiers with Clean Session 0, over and over (CVE-2025-56352)."""
    return storm(field, field.hello("", clean=False))


@attack(attackers=(100,), by_address=True)
def malformed_packets(field):
    """Clients whose second packet is malformed, over and over: a line of the log for each."""
    return storm(field, field.hello("") + b"\x00\x00", answered=20)


@attack(attackers=(100,), by_address=True)
def packets_that_are_too_large(field):
    """First packets that announce 256 MB, over and over (CVE-2023-0809)."""
    return storm(field, b"\x82\xff\xff\xff\x7f", answered=20)


@attack(attackers=(100,), by_address=True)
def authentication_out_of_turn(field):
    """AUTH that nobody has asked for, over and over."""
    return storm(field, field.hello("", V5) + packets.auth(0x19), answered=60)


@attack(attackers=(100,), by_address=True)
def connect_again(field):
    """A second CONNECT on the same connection, over and over."""
    return storm(field, field.hello("") * 2, answered=20)


@attack(needs=("named",))
def long_user_names(field):
    """CONNECT with an empty identifier and a user name of 500 bytes, use_username_as_clientid true."""
    hello = packets.connect(V5, "", username="u" * 500)
    yield
    field.crowd(listener="named").come_and_go(itertools.repeat(hello), at_once=field.attackers)
    yield
