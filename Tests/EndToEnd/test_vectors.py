"""The packets of Tests/Vectors, each to the real broker on a connection of its own.

A line is: name, version, sender, `ok` or the error, statements of the standard, bytes in hexadecimal.
"""

import os
from pathlib import Path

import packets
import pytest
from broker import ROOT
from packets import AUTH, CONNACK, CONNECT, DISCONNECT, PINGRESP, SUBACK, V31, V311, V5
from raw_client import Closed

FOLDER = Path(os.environ.get("VECTORS", ROOT / "Tests/Vectors"))
VERSION = {"3.1": V31, "3.1.1": V311, "5": V5}


def vectors(folder, sender="client"):
    """Name, version, verdict and bytes of each vector of this sender."""
    for path in sorted(folder.glob("*.hex")):
        for line in path.read_text().splitlines():
            words = line.split("#")[0].split()
            if len(words) >= 5 and words[2] == sender and words[-1] != "-":
                raw = bytes.fromhex(words[-1].replace("_", ""))
                yield pytest.param(VERSION[words[1]], words[3], raw, id=f"{path.stem}/{words[0]}")


@pytest.mark.swiftlet_only("the vectors are stricter than Mosquitto")
@pytest.mark.parametrize("version, verdict, raw", list(vectors(FOLDER)) if FOLDER.exists() else [])
def test_vector(open_client, name, version, verdict, raw):
    client = open_client(version)
    is_connect = raw[0] >> 4 == CONNECT
    if not is_connect:
        client.connect(name)
    client.send(raw)
    if verdict == "ok":
        expect_understood(client, raw, is_connect)
    elif verdict != "incomplete":  # or the rest of it may still come
        expect_rejected(client, is_connect)


def expect_understood(client, raw, is_connect):
    """The connection goes on, or it ends for another reason than the form of that packet."""
    if is_connect:
        connack = client.expect(CONNACK)
        assert connack.reason not in ((0x81,) if client.version == V5 else (1,)), connack
        return
    client.send(packets.pingreq())
    try:
        while (got := client.receive()).kind != PINGRESP:
            assert got.kind != DISCONNECT or got.reason != 0x81, got
    except Closed:
        # A DISCONNECT ends it; in version 5 an AUTH or a fault of meaning does, and says so.
        assert client.version == V5 or raw[0] >> 4 in (DISCONNECT, AUTH)


def expect_rejected(client, is_connect):
    """Closed; a Topic Filter that is none may be refused in a SUBACK instead."""
    if is_connect:
        expect_rejected_connect(client)
        return
    client.send(packets.pingreq())
    try:
        first = client.receive()
    except Closed:
        assert client.version != V5, "closed without a DISCONNECT"
        return
    if first.kind == SUBACK:
        assert all(reason >= 0x80 for reason in first.reasons), first
    else:
        client.early = [first]
        client.expect_refused()


def expect_rejected_connect(client):
    """Whose version was not understood gets an answer of another version, or none."""
    answer = b""
    try:
        while chunk := client.socket.recv(1000):
            answer += chunk
    except ConnectionResetError:
        pass
    assert not answer or answer[0] == CONNACK << 4 and answer[3], answer
