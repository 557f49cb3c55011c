#!/usr/bin/env python3
"""Which normative statements the broker enforces, and which tests show it.

Reads the statements of both standards (v3.1.1.tsv, v5.tsv), those that bind somebody else
(not-ours.tsv), and the tags in Sources and Tests: `[MQTT-3.1.2-3]` is of version 5,
`[MQTT3-3.1.2-22]` of version 3.1.1. In the vectors (*.hex) they stand without brackets.

Exit status 1: a tag that no list has, or one that is not ours and yet enforced.
"""

import argparse
import re
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LISTS = {"MQTT3-": HERE / "v3.1.1.tsv", "MQTT-": HERE / "v5.tsv"}
TAG = re.compile(r"\[(MQTT3?-\d+\.[\d.]+-\d+)\]")
BARE_TAG = re.compile(r"\b(MQTT3?-\d+\.[\d.]+-\d+)\b")
SUFFIXES = {".swift", ".c", ".h", ".py", ".hex"}


def rows(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.split("\t")


def statements():
    """Identifier -> text, version 3.1.1 first, each in the order of its standard."""
    found = {}
    for prefix, path in LISTS.items():
        for identifier, text in rows(path):
            found[prefix + identifier.removeprefix("MQTT-")] = text
    return found


def tags(folder):
    """Identifier -> the files below `folder` that have it."""
    found = defaultdict(set)
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in SUFFIXES and HERE not in path.parents:
            pattern = BARE_TAG if path.suffix == ".hex" else TAG
            for identifier in pattern.findall(path.read_text(encoding="utf-8", errors="replace")):
                found[identifier].add(str(path.relative_to(ROOT)))
    return found


def state(identifier, enforced, tested, not_ours):
    if identifier in not_ours:
        return "not ours"
    return {(True, True): "enforced and tested", (True, False): "enforced only",
            (False, True): "tested only", (False, False): "missing"}[
                identifier in enforced, identifier in tested]


STATES = ["enforced and tested", "enforced only", "tested only", "missing", "not ours"]


def faults(known, enforced, tested, not_ours):
    for identifier, files in sorted((enforced | tested).items()):
        if identifier not in known:
            places = enforced.get(identifier, set()) | tested.get(identifier, set())
            yield f"{identifier} is in no list: {', '.join(sorted(places))}"
    for identifier in not_ours:
        if identifier not in known:
            yield f"{identifier} of not-ours.tsv is in no list"
        elif identifier in enforced:
            yield f"{identifier} is not ours, yet enforced in {', '.join(sorted(enforced[identifier]))}"


def cells(identifier, enforced, tested, not_ours):
    if identifier in not_ours:
        return [identifier, "–", f"not ours: {not_ours[identifier]}"]
    return [identifier, short(enforced.get(identifier)), short(tested.get(identifier))]


def short(files):
    """File names without the folders that all have in common."""
    return ", ".join(sorted(re.sub(r"^(Sources|Tests)/", "", file) for file in files)) if files else "–"


def table(lines, markdown):
    if markdown:
        return "\n".join("| " + " | ".join(line) + " |" for line in lines[:1] + [["---"] * 3] + lines[1:])
    widths = [max(len(line[column]) for line in lines) for column in range(2)]
    return "\n".join(f"{a:{widths[0]}}  {b:{min(widths[1], 60)}}  {c}" for a, b, c in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--markdown", action="store_true", help="print Markdown")
    arguments = parser.parse_args()

    known = statements()
    enforced, tested = tags("Sources"), tags("Tests")
    not_ours = {identifier: reason for identifier, reason in rows(HERE / "not-ours.tsv")}
    lines = [["statement", "enforced in", "tested by"]]
    lines += [cells(identifier, enforced, tested, not_ours) for identifier in known]
    print(table(lines, arguments.markdown))

    by_state = defaultdict(list)
    for identifier in known:
        by_state[state(identifier, enforced, tested, not_ours)].append(identifier)
    bullet = "- " if arguments.markdown else ""
    for name in ("enforced only", "tested only", "missing"):
        if by_state[name]:
            print(f"\n{'### ' if arguments.markdown else ''}{name}\n")
            for identifier in by_state[name]:
                print(f"{bullet}{identifier}: {known[identifier]}")
    print()
    for name in STATES:
        print(f"{bullet}{len(by_state[name]):4} {name}")
    print(f"{bullet}{len(known):4} statements")

    problems = list(faults(known, enforced, tested, not_ours))
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
