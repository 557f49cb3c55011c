"""Attacks by WebSocket: control frames, empty frames, half handshakes."""

import itertools

from attack import attack

import packets
from websocket_client import BINARY, CONTINUATION, PING, frame, request

# A frame that is masked with zeros is not changed by that.
KEY = bytes(4)
# The head of the answer to a handshake comes in one piece with more bytes than are kept.
ANSWERED = 16


def connected(field, raw=b""):
    """Attackers whose handshakes are done, and what they have sent behind."""
    crowd = field.crowd([request()] * field.attackers, "websocket", answered=ANSWERED)
    if raw:
        crowd.send(raw)
    return crowd


def flood(field, raw, first=b""):
    crowd = connected(field, first)
    yield
    crowd.flood(raw)
    yield


@attack(attackers=(1, 20), needs=("websocket",), newcomers="websocket")
def websocket_pings(field):
    """Pings before any CONNECT."""
    return flood(field, frame(PING, key=KEY))


@attack(attackers=(20,), needs=("websocket",), newcomers="websocket")
def websocket_pings_unread(field):
    """Pings of 125 bytes before any CONNECT, whose answers nobody reads."""
    crowd = connected(field)
    yield
    crowd.flood(frame(PING, bytes(125), key=KEY), reads=False)
    yield


@attack(attackers=(1, 20), needs=("websocket",), newcomers="websocket")
def websocket_empty_frames(field):
    """Frames with nothing in them, before any CONNECT."""
    return flood(field, frame(BINARY, key=KEY))


@attack(attackers=(1, 20), needs=("websocket",), newcomers="websocket")
def websocket_empty_fragments(field):
    """A message that is continued for ever by fragments with nothing in them."""
    return flood(field, frame(CONTINUATION, key=KEY, final=False), frame(BINARY, key=KEY, final=False))


@attack(attackers=(20,), needs=("websocket",), newcomers="websocket")
def websocket_frames_of_a_byte(field):
    """PINGREQs whose bytes come in frames of their own, between pings."""
    raw = b"".join(frame(BINARY, packets.pingreq()[place:place + 1], key=KEY) + frame(PING, key=KEY)
                   for place in range(2))
    hello = frame(BINARY, field.hello(""), key=KEY)
    return flood(field, raw, hello)


@attack(attackers=(600,), needs=("websocket",), newcomers="websocket", by_address=True)
def half_websocket_handshakes(field):
    """600 requests that lack their end."""
    yield
    field.crowd(listener="websocket").keep([request()[:-2]] * field.attackers)
    yield


@attack(attackers=(600,), needs=("websocket",), newcomers="websocket", by_address=True)
def slow_websocket_handshakes(field):
    """600 requests that come a byte each half second."""
    yield
    field.crowd(listener="websocket").drip([request()] * field.attackers)
    yield


@attack(attackers=(100,), needs=("websocket",), newcomers="websocket", by_address=True)
def websocket_handshakes(field):
    """Handshakes and nothing else, over and over."""
    crowd = field.crowd(listener="websocket")
    yield
    crowd.come_and_go(itertools.repeat(request()), at_once=field.attackers)
    yield


@attack(attackers=(600,), needs=("websocket", "proxy"), newcomers="websocket", by_address=True,
        beside_mosquitto=False)
def half_proxy_headers(field):
    """600 PROXY headers that lack their end."""
    yield
    field.crowd(listener="proxy").keep([b"PROXY TCP4 192.0.2.1"] * field.attackers)
    yield
