"""Gate: once the broker says that it is running, it never asks the system for memory again."""

import collections
import os
import re
import sys

import broker
import load

FORBIDDEN = {"brk", "mmap", "mmap2", "mremap"}
CALL = re.compile(r"^\d+\s+(?:<\.\.\. )?(\w+)[ (]")
RUNNING = re.compile(r"^\d+\s+\w+\(.*running")
CLIENTS, ROUNDS = 24, 6


def calls_after_start(trace):
    """How often each system call was made after the line that says so; None when none did."""
    calls = None
    with open(trace, errors="replace") as lines:
        for line in lines:
            if calls is not None and (found := CALL.match(line)):
                calls[found[1]] += 1
            elif calls is None and RUNNING.match(line):
                calls = collections.Counter()
    return calls


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else ".build/bin/host/swiftlet"
    trace = ".build/gates/trace"
    os.makedirs(".build/gates", exist_ok=True)
    try:
        tracer = ("strace", "-f", "-qq", "-s", "256", "-o", trace)
        with broker.running(program, tracer) as (_, port):
            for one in load.run(port, CLIENTS, ROUNDS):
                one.close(politely=one.delivered % 2 == 0)
            for one in load.run(port, CLIENTS, 1):
                one.close()
    except OSError as error:
        return f"system calls: the load failed: {error}"
    calls = calls_after_start(trace)
    if calls is None:
        return "system calls: the broker never said that it is running"
    if asked := {name: calls[name] for name in FORBIDDEN & calls.keys()}:
        return f"system calls: memory was asked for after start: {asked}"
    published = CLIENTS * (ROUNDS + 1)
    kinds = " ".join(f"{name} {count}" for name, count in calls.most_common())
    print(f"system calls: none for memory after start; {published} messages published: {kinds}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
