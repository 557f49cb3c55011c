"""What a running program has touched of its memory, also one that runs under qemu.

The memory of an emulated program is a part of the emulator's own: it begins where the program's file
is mapped first, and ends where qemu's own begins. So the kernel tells of it page by page, as of any
other.
"""

import os
import re

PAGE = 4096
MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)")


def mappings(process):
    """[start, end, rights, file, KiB touched] of each mapping of a process."""
    found = []
    with open(f"/proc/{process}/smaps") as lines:
        for line in lines:
            if heading := MAPPING.match(line):
                found.append([int(heading[1], 16), int(heading[2], 16), heading[3], heading[4], 0])
            elif line.startswith("Rss:"):
                found[-1][4] = int(line.split()[1])
    return found


def resident(process, program, emulated=False):
    """KiB that a program has touched: in all, and of its stack."""
    all_of_them = mappings(process)
    if emulated:
        all_of_them = of_guest(all_of_them, os.path.abspath(program))
    stack = guest_stack(all_of_them) if emulated else sum(one[4] for one in all_of_them if one[3] == "[stack]")
    return sum(one[4] for one in all_of_them), stack


def of_guest(all_of_them, program):
    first = min(start for start, _, _, file, _ in all_of_them if file == program)
    emulators = [one[0] for one in all_of_them if one[0] > first and (one[3] == "[heap]" or "/qemu-" in one[3])]
    return [one for one in all_of_them if first <= one[0] < min(emulators)]


def guest_stack(ours):
    """qemu puts a single page that nobody may touch below the stack."""
    for guard, above in zip(ours, ours[1:]):
        if guard[2].startswith("---") and guard[1] - guard[0] == PAGE and above[0] == guard[1]:
            return above[4]
    raise ValueError("no stack was found")
