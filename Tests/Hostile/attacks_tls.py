"""Attacks by TLS: handshakes that are dear or never end, records that say nothing."""

import itertools

from attack import attack
from records import ALERT, DATA, HANDSHAKE, WARNING, Records, hello, plain

import packets

# Records that are made at once.
BATCH = 1_000
# HelloRequest's answer in miniature: a ClientHello that asks for nothing known.
RENEGOTIATION = b"\x01\0\0\x2b\x03\x03" + bytes(32) + b"\0\0\x02\0\xff\x01\0\0\0"


def before(field, raw):
    """Half a handshake, then these records for ever; who is closed comes again."""
    first = hello() + raw * (60_000 // len(raw))
    crowd = field.crowd(listener="tls")
    yield
    endless = itertools.repeat(first)
    while field.goes_on():
        crowd.fill(endless, field.attackers)
        for one in crowd.everybody():
            if one.has_sent:
                crowd.give(one, raw * (60_000 // len(raw)))
        crowd.turn()
    yield


def behind(field, kind, body=b"", first=b""):
    """A handshake, then these records for ever; who is closed stays away."""
    crowd = field.crowd(listener="tls")
    sealing = {}
    for _ in range(field.attackers):
        records = Records(field.ports["tls"])
        sealing[crowd.adopt(records.socket)] = records
    yield
    for one, records in sealing.items():
        crowd.give(one, records.seal(DATA, first) if first else b"")
    while field.goes_on() and crowd.members:
        for one in crowd.everybody():
            if one.has_sent:
                crowd.give(one, b"".join(sealing[one].seal(kind, body) for _ in range(BATCH)))
        crowd.turn()
    field.count("closed", crowd.closed)
    yield


TLS = {"needs": ("tls",), "newcomers": "tls"}


@attack(attackers=(1, 20), **TLS)
def tls_warnings(field):
    """Half a handshake, then plaintext warning alerts for ever."""
    return before(field, plain(ALERT, WARNING))


@attack(attackers=(1, 20), **TLS)
def tls_empty_records(field):
    """Half a handshake, then empty records for ever."""
    return before(field, plain(HANDSHAKE))


@attack(attackers=(1, 20), **TLS)
def tls_warnings_behind(field):
    """A handshake, then encrypted warning alerts for ever."""
    return behind(field, ALERT, WARNING)


@attack(attackers=(1, 20), **TLS)
def tls_empty_records_behind(field):
    """A handshake, then encrypted empty records for ever."""
    return behind(field, DATA)


@attack(attackers=(1, 20), **TLS)
def tls_records_of_a_byte(field):
    """A handshake and a CONNECT, then records of one PINGREQ."""
    return behind(field, DATA, packets.pingreq(), field.hello(""))


@attack(attackers=(1, 20), **TLS)
def tls_renegotiation(field):
    """A handshake, then a ClientHello for a new one, over and over."""
    return behind(field, HANDSHAKE, RENEGOTIATION)


@attack(attackers=(600,), by_address=True, **TLS)
def client_hellos(field):
    """600 ClientHellos, and nothing behind them."""
    yield
    field.crowd(listener="tls").keep([hello()] * field.attackers)
    yield


@attack(attackers=(100,), by_address=True, **TLS)
def hello_and_goodbye(field):
    """ClientHellos, each of which is answered in vain, over and over."""
    yield
    crowd = field.crowd(listener="tls")
    field.count("hellos", crowd.come_and_go(itertools.repeat(hello()), at_once=field.attackers))
    yield


@attack(attackers=(300,), by_address=True, **TLS)
def slow_hellos(field):
    """300 ClientHellos that come a byte each half second."""
    yield
    field.crowd(listener="tls").drip([hello()] * field.attackers)
    yield


@attack(attackers=(1_100,), by_address=True, **TLS)
def silent_tls_connections(field):
    """1,100 connections to the listener with TLS that never send a byte."""
    yield
    field.crowd(listener="tls").keep([b""] * field.attackers)
    yield
