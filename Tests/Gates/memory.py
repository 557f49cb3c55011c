"""Gate: the tiny board with all its clients connected stays within its pages.

Counted is what is resident: pages of mappings that can be written, and all pages, those of the
program's own text and of the kernel's shared page included.
"""

import sys
import time

import broker
import load
from resident import mappings

WRITABLE_MAX, RESIDENT_MAX, CLIENTS, ROUNDS = 128, 448, 8, 6


def figures(identifier):
    """KiB writable, KiB resident, and the writable ones by name."""
    all_of_them = mappings(identifier)
    writable = [one for one in all_of_them if "w" in one[2]]
    names = ", ".join(
        f"{name.split('/')[-1] or 'anonymous'} {size}" for _, _, _, name, size in writable if size)
    return sum(one[4] for one in writable), sum(one[4] for one in all_of_them), names


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else ".build/bin/tiny/swiftlet"
    try:
        with broker.running(program) as (identifier, port):
            time.sleep(0.2)  # for the connection that only looked whether it listens
            idle, _, _ = figures(identifier)
            clients = load.run(port, CLIENTS, ROUNDS)
            writable, resident, names = figures(identifier)
            for one in clients:
                one.close()
    except OSError as error:
        return f"memory: the load failed: {error}"
    told = (
        f"memory: {writable} KiB writable of {WRITABLE_MAX} ({names}; {idle} when idle),"
        f" {resident} KiB resident of {RESIDENT_MAX}, with {CLIENTS} clients"
    )
    if writable > WRITABLE_MAX or resident > RESIDENT_MAX:
        return f"{told}: too much"
    print(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
