"""The attackers of one trial, a process of its own.

    attackers.py NAME OPTIONS    OPTIONS: a JSON object, the arguments of `Field`

It is led by lines: `prepare`, `run` (until the line `stop`), `leave`; each but `stop` is answered with a line
of JSON when it is done.
"""

import functools
import importlib
import json
import resource
import sys

import attack
from attack import Field, answer, command
from contender import OF_OTHERS, hurry, pin

GROUPS = ["filters", "packets", "retained", "queues", "sessions", "connections", "tls", "websocket", "logins"]


@functools.cache
def known():
    """All attacks there are, in the order of the table."""
    for group in GROUPS:
        importlib.import_module(f"attacks_{group}")
    return attack.attacks


def lead(steps, field):
    assert command() == "prepare"
    next(steps)
    answer(prepared=True)
    assert command() == "run"
    next(steps)
    while field.goes_on():
        field.rest()
    assert command() == "stop"
    answer(figures=field.figures)
    assert command() == "leave"
    field.close()
    next(steps, None)
    answer(left=True)


def main(name, options):
    pin(OF_OTHERS)
    hurry(10)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    field = Field(**json.loads(options))
    one = next(one for one in known() if one.name == name)
    lead(one.steps(field), field)


if __name__ == "__main__":
    main(*sys.argv[1:])
