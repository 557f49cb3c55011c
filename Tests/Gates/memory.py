"""Gate: the tiny board with all its clients connected stays within its pages.

Counted is what is resident: pages of mappings that can be written, and all pages, those of the
program's own text and of the kernel's shared page included.
"""

import re
import sys
import time

import broker
import load

WRITABLE_MAX, RESIDENT_MAX, CLIENTS, ROUNDS = 128, 384, 8, 6
MAPPING = re.compile(r"^[0-9a-f]+-[0-9a-f]+ (\S{4}) \S+ \S+ \S+\s*(.*)$")


def mappings(identifier):
    """(rights, name, resident KiB) of every mapping of a process."""
    found = []
    with open(f"/proc/{identifier}/smaps") as lines:
        for line in lines:
            if heading := MAPPING.match(line):
                found.append([heading[1], heading[2].split("/")[-1] or "anonymous", 0])
            elif line.startswith("Rss:"):
                found[-1][2] = int(line.split()[1])
    return found


def figures(identifier):
    """KiB writable, KiB resident, and the writable ones by name."""
    all_of_them = mappings(identifier)
    writable = [one for one in all_of_them if "w" in one[0]]
    names = ", ".join(f"{name} {size}" for _, name, size in writable if size)
    return sum(one[2] for one in writable), sum(one[2] for one in all_of_them), names


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
