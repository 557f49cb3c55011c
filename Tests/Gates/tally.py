"""Runs the steps of `make test` one after the other and adds up what passed.

    tally.py run TITLE COMMAND…    run one step and remember its counts; never fails itself
    tally.py total                 the closing line; fails when anything did
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time

TALLY = ".build/tally"
# Seconds that one step may take: a step that hangs fails, and the others are still run.
LONGEST = 1500

# How the runners tell: Swift Testing one line a test, XCTest, pytest and ours a closing line.
SWIFT_TESTING = re.compile(r"Test (?!run with ).* (passed|failed) after ")
XCTEST = re.compile(r"Executed (\d+) tests?, with (?:\d+ tests? skipped and )?(\d+) failures?")
CLOSING = re.compile(r"(\d+) (passed|failed|errors?)\b")


def count(lines):
    """Passed and failed, as the lines of a runner tell; (0, 0) when they tell nothing."""
    passed = failed = 0
    closing = [0, 0]
    for line in lines:
        if one := SWIFT_TESTING.search(line):
            passed += one[1] == "passed"
            failed += one[1] == "failed"
        elif all_of_them := XCTEST.search(line):
            closing = [int(all_of_them[1]) - int(all_of_them[2]), int(all_of_them[2])]
        elif found := CLOSING.findall(line):
            closing = [0, 0]
            for number, kind in found:
                closing[kind != "passed"] += int(number)
    return passed + closing[0], failed + closing[1]


def follow(process, lines):
    """Shows what the step writes and keeps it."""
    for line in process.stdout:
        print(line, end="", flush=True)
        lines.append(line)


def run(title, command):
    print(f"== {title}", flush=True)
    began = time.monotonic()
    lines = []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", start_new_session=True)
    reader = threading.Thread(target=follow, args=[process, lines], daemon=True)
    reader.start()
    try:
        status = process.wait(LONGEST)
    except subprocess.TimeoutExpired:
        status = f"it did not end within {LONGEST} s"
        print(f"{title}: {status}", flush=True)
    finally:
        reader.join(1)
        end(process)
        reader.join(10)
    note(title, status, list(lines), time.monotonic() - began)


def end(process):
    """Nothing of a step outlives it: a program left behind would hold its output open."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def note(title, status, lines, seconds):
    passed, failed = count(lines)
    # A step without tests of its own, or one that fell over, counts as one.
    if status and not failed:
        failed = 1
    elif not passed and not failed:
        passed = 1
    os.makedirs(os.path.dirname(TALLY), exist_ok=True)
    with open(TALLY, "a") as tally:
        tally.write(f"{passed}\t{failed}\t{title}\t{seconds:.0f}\n")


def total():
    with open(TALLY) as tally:
        steps = [line.rstrip("\n").split("\t") for line in tally]
    print("== summary")
    for passed, failed, title, seconds in steps:
        print(f"{title}: {passed} passed, {failed} failed ({seconds} s)")
    passed, failed = (sum(int(step[column]) for step in steps) for column in (0, 1))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["total"]:
        sys.exit(total())
    if len(sys.argv) > 3 and sys.argv[1] == "run":
        sys.exit(run(sys.argv[2], sys.argv[3:]))
    sys.exit(__doc__)
