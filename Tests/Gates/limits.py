"""Gate: the limits of every board go together, and a board chooses nothing that a rule says anyway.

`make limits BOARD=…` lists what is compiled in: name, value, and the rule's where it is another.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What must hold on every board, a line each; `#` says why.
RELATIONS = [line for line in """
sessions >= connections  # each connection has one
sessions <= 65535  # walks over retained messages are counted in two bytes, a session has one at most
owners >= connections + reservedPlaces + sessions  # one for each of them, before some are counted as one
reservedPlaces >= 4  # there always is one to refuse a Client politely
listeners == PerListener
listeners <= 256 and Origins <= 255  # they are numbered by one byte
ConfigurationText <= 65535 and PolicyTexts <= 65535  # a text's place has two bytes
configurationBytes >= ConfigurationText
logBytes > 513  # the longest line, its level and its end

tlsHandshakes <= tlsConnections <= connections
(tlsHandshakes > 0) == (tlsHeapBytes > 0) == (tlsConnections > 0)
webSocketHandshakes <= webSockets <= connections
(webSocketHandshakes > 0) == (webSocketControls > 0) == (webSockets > 0)
(webSocketHeaderBytes > 0) == (webSocketFrameBytes > 0) == (webSockets > 0)
webSocketHeaderBytes <= 65535  # how many have arrived is counted in two bytes
webSockets == 0 or webSocketFrameBytes >= packetBytes

topicNodes >= subscriptions >= sharedGroups
topicNodes >= topicLevels
textBlocks >= sessions  # for the shortest client identifiers
topicBytes <= 65535 and topicAliases <= 65535  # as in a packet
topicBytes + 512 <= packetBytes  # a PUBLISH with the longest name carries something
aliasTables <= connections

messageBlocks >= messages >= retained  # each takes one at least
retainedLevels >= retained  # topics of many levels are refused before others
# The largest can be held: half is for anybody, beyond that shares count.
messageBlocks * messageBlockBytes >= 2 * packetBytes
deliveries >= messages and deliveries >= unreleased

20 <= defaultPacketBytes <= packetBytes <= 268435460  # what the configuration and MQTT allow
# Each place is promised a block. Beyond those anybody may claim what the largest packet takes while it
# arrives in part, and others find half as many.
receiveBlocks >= connections + reservedPlaces + blocks(packetBytes * 3 // 2, receiveBlockBytes)
# So it must when it leaves, all of it that is no Payload.
sendBlocks > connections + reservedPlaces + blocks(packetBytes, sendBlockBytes)
sendBytes >= 512 and sendBlockBytes >= 512  # the longest answer that is made in one piece
max(messageBlockBytes, receiveBlockBytes, sendBlockBytes) < 65536  # a place in one has two bytes

min(users, accessRules, accessTextBytes, failedAddresses, logAddresses) > 0
accessDecisions >= 4 and accessDecisions % 4 == 0  # four places for each

turnWork >= connectionWork > 0
turnWork >= 4096  # a 32nd part of it is for a name that is matched at once
""".splitlines() if line.strip("#") and not line.startswith("# ")]


def blocks(count, block_bytes):
    """Blocks that so many bytes take."""
    return -(-count // block_bytes)


def boards():
    return sorted(folder.parent.name for folder in (ROOT / "Board").glob("*/board.mk"))


def limits(board):
    """The board's limits by name."""
    return {name: numbers[0] for name, numbers in listing(board).items()}


def listing(board):
    """By name, the value of each limit, and that of its rule if it is another."""
    command = ["make", "-s", "--no-print-directory", "-C", ROOT, "limits", f"BOARD={board}"]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = [line.split() for line in told.splitlines()]
    return {name: [int(number) for number in numbers] for name, *numbers in lines}


def broken_relations(values):
    for line in RELATIONS:
        relation, _, reason = line.partition("  # ")
        if not eval(relation, {"max": max, "min": min, "blocks": blocks}, dict(values)):
            names = {name: values[name] for name in re.findall(r"\w+", relation) if name in values}
            yield f"not {relation}: {reason + ': ' if reason else ''}{names}"
    for name, value in values.items():
        # A handle has 24 bits for the place in a pool; the smallest processors count to 2^31.
        if not 0 <= value < (1 << 31 if "Bytes" in name else 1 << 24):
            yield f"{name} is out of range: {value}"


def needless_choices(board, listed):
    text = (ROOT / "Board" / board / "Chosen.swift").read_text()
    assigned = re.findall(r"^    (\w+) = ", text, re.MULTILINE)
    required = re.findall(r"^  static var (\w+): Int", text, re.MULTILINE)
    for name in sorted({name for name in assigned if assigned.count(name) > 1 or name in required}):
        yield f"{name} is chosen twice"
    for name in assigned:
        if len(listed[name]) == 1:
            yield f"{name} is chosen to be what its rule says: {listed[name][0]}"


def faults(board):
    listed = listing(board)
    values = {name: numbers[0] for name, numbers in listed.items()}
    yield from broken_relations(values)
    yield from needless_choices(board, listed)
    build = (ROOT / "Board" / board / "board.mk").read_text()
    if ("TLS := 0" in build) != (values["tlsConnections"] == 0):
        yield "board.mk and tlsConnections do not agree on TLS"


def main():
    found = [f"limits: {board}: {fault}" for board in boards() for fault in faults(board)]
    if found:
        return "\n".join(found)
    print(f"limits: {len(RELATIONS)} relations hold on {', '.join(boards())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
