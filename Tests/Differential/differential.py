"""The same sessions with Swiftlet and with Debian's Mosquitto, and each difference judged.

    differential.py [--seed N] [--count N]    scripts, and COUNT sessions at random from SEED on

A difference has to have a line in differences.tsv that says who is right and why: what was done, what
Swiftlet and what Mosquitto said, as patterns of fnmatch. A line that fits nothing any more is told.
"""

import argparse
import fnmatch
import os
import shutil
import sys
from pathlib import Path

from dialogue import BrokerProcess, Dialogue
from scripts import SCRIPTS, at_random

HERE = Path(__file__).resolve().parent


class Judgement:
    def __init__(self, line):
        self.script, self.action, self.swiftlet, self.mosquitto, self.verdict, self.why = line.split("\t")
        self.used = 0

    def fits(self, script, action, swiftlet, mosquitto):
        return all(fnmatch.fnmatchcase(said, pattern) for said, pattern in (
            (script, self.script), (action, self.action), (swiftlet, self.swiftlet),
            (mosquitto, self.mosquitto)))


def judgements():
    lines = (HERE / "differences.tsv").read_text().splitlines()
    return [Judgement(line) for line in lines if line and not line.startswith("#")]


def transcript(broker, version, number, run):
    talk = Dialogue(broker.port, version, f"d{number}")
    try:
        run(talk)
    finally:
        talk.end()
    return talk.lines


def said(heard):
    return "; ".join(f"{name} {line}" for name in sorted(heard) for line in heard[name]) or "nothing"


def compare(script, brokers, version, run, judged, number):
    """The differences that nobody has judged; at random, the first: others may follow from it."""
    unjudged = []
    ours, theirs = (transcript(broker, version, number, run) for broker in brokers)
    for (action, heard), (other, heard_there) in zip(ours, theirs):
        if heard == heard_there and action == other:
            continue
        difference = (script, action, said(heard), said(heard_there))
        judgement = next((one for one in judged if one.fits(*difference)), None)
        if judgement:
            judgement.used += 1
        else:
            unjudged.append(difference)
            if script.startswith("random"):
                break
    return unjudged


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=150)
    options = parser.parse_args()
    mosquitto = shutil.which("mosquitto", path="/usr/sbin:/usr/bin")
    brokers = [BrokerProcess(os.environ["SWIFTLET"]), BrokerProcess(mosquitto)]
    judged, unjudged, sessions = judgements(), [], 0
    try:
        for name, versions, run in SCRIPTS:
            for version in versions:
                sessions += 1
                unjudged += compare(f"{name}-v{version}", brokers, version, run, judged, sessions)
        for seed in range(options.seed, options.seed + options.count):
            sessions += 1
            unjudged += compare(f"random-{seed}", brokers, 4, lambda talk: at_random(talk, seed), judged,
                                sessions)
    finally:
        for broker in brokers:
            broker.stop()
    for script, action, ours, theirs in unjudged:
        print(f"\n{script}\t{action}\n  Swiftlet:  {ours}\n  Mosquitto: {theirs}")
    for judgement in judged:
        if not judgement.used:
            print(f"fits nothing: {judgement.script}\t{judgement.action}")
    print(f"{sessions} sessions, {sum(one.used for one in judged)} differences judged by {len(judged)} "
          f"lines, {len(unjudged)} not judged")
    failed = len({script for script, *_ in unjudged})
    print(f"{sessions - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
