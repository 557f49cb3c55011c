"""What the broker holds: pages that are resident, and what of its pools is in use."""

import os
import re
import signal
import time
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
POOL = re.compile(r"([A-Za-z][A-Za-z ]+): (\d+) of \d+ used, at most (\d+), refused (\d+) times")
# The pool that is told last.
LAST = "WebSocket controls"


def resident_pages(broker):
    """Counted page by page: what `status` tells is an estimate of the kernel's."""
    path = Path(f"/proc/{broker.process.pid}/smaps_rollup")
    for line in path.read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024 // PAGE
    raise ValueError(f"{path} tells no Rss")


def pools(broker):
    """What SIGUSR2 has the broker tell of each pool: {name: (used, at most, refused)}."""
    start = len(broker.log())
    broker.signal(signal.SIGUSR2)
    deadline = time.monotonic() + 10
    while LAST not in (told := {name: tuple(map(int, numbers))
                                for name, *numbers in POOL.findall(broker.log()[start:])}):
        assert time.monotonic() < deadline, f"the broker does not tell: {told}"
        time.sleep(0.01)
    return told


def in_use(broker):
    return {name: used for name, (used, *_) in pools(broker).items() if used}
