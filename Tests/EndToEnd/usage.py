"""What the broker takes: pools, pages that are resident, and time of the processor."""

import os
import re
import signal
import time
from pathlib import Path

from raw_client import PATIENCE

PAGE = os.sysconf("SC_PAGE_SIZE")
POOL = re.compile(r"([A-Za-z][A-Za-z ]+): (\d+) of (\d+) used, at most (\d+), refused (\d+) times")
# The pool that is told last.
LAST = "WebSocket controls"


def pools(broker):
    """What SIGUSR2 has the broker tell of each pool: {name: (used, capacity, at most, refused)}."""
    start = len(broker.log())
    broker.signal(signal.SIGUSR2)
    deadline = time.monotonic() + PATIENCE
    while LAST not in (told := {name: tuple(map(int, numbers))
                                for name, *numbers in POOL.findall(broker.log()[start:])}):
        assert time.monotonic() < deadline and broker.is_running(), f"it does not tell: {told}"
        time.sleep(0.005)
    return told


def in_use(broker):
    """The pools of which anything is in use."""
    return {name: used for name, (used, *_) in pools(broker).items() if used}


def wait_until_unused(broker, base=None):
    """Until the pools are as they were: empty, unless `base` says otherwise."""
    deadline = time.monotonic() + PATIENCE
    while (used := in_use(broker)) != (base or {}):
        assert time.monotonic() < deadline, f"still in use: {used}"
        time.sleep(0.05)


def resident_pages(broker):
    """Counted page by page: what `status` tells is an estimate of the kernel's."""
    path = Path(f"/proc/{broker.process.pid}/smaps_rollup")
    for line in path.read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024 // PAGE
    raise ValueError(f"{path} tells no Rss")


def processor_time(broker):
    """In hundredths of a second."""
    words = Path(f"/proc/{broker.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(words[11]) + int(words[12])


def wait_for_descriptors(broker, count):
    """Until it has so many open."""
    deadline = time.monotonic() + PATIENCE
    while (used := len(os.listdir(f"/proc/{broker.process.pid}/fd"))) != count:
        assert time.monotonic() < deadline, f"{used} of {count} descriptors"
        time.sleep(0.005)
