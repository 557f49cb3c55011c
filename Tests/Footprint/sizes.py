"""A row of the table of sizes: `sizes.py BOARD LINK PROGRAM`, from the image and its sections."""

import os
import re
import sys

sys.path.append(os.path.join(os.path.dirname(__file__), "../Gates"))
from image import inspect  # noqa: E402

SECTION = re.compile(r"^\s*\d+ (\S+)\s+([0-9a-f]{8})\s+([0-9a-f]+)\s*(TEXT|DATA|BSS)?\s*$")
# What the program can write to while it runs; tables that the start alone fills are not among it.
WRITTEN = (".data", ".bss", ".tbss", ".tdata", ".sdata", ".sbss")


def main():
    board, link, program = sys.argv[1:]
    fixed = written = 0
    for line in inspect(program + ".debug", "--section-headers"):
        found = SECTION.match(line)
        if found and found[4] and int(found[3], 16):
            if found[1] in WRITTEN:
                written += int(found[2], 16)
            elif found[4] != "BSS":
                fixed += int(found[2], 16)
    print(f"| `{board}` | {link} | {os.path.getsize(program):,} | {fixed:,} | {written:,} |")


if __name__ == "__main__":
    main()
