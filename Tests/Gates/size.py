"""Prints how large a linked program is, and which module its bytes come from."""

import collections
import os
import re
import sys

from image import Image, inspect

COLUMNS = ("code", "constants", "data", "zeroed")
SECTION = re.compile(r"^\s*\d+ (\S+)\s+([0-9a-f]{8}) [0-9a-f]{16} (\S*)")


def module(file):
    """Our module, or the library, that an object file of the link map belongs to."""
    if found := re.search(r"/(\w+)\.build/", file):
        return found[1]
    if "/libc.a(" in file:
        return "(libc)"
    return "(linker)"


def column(section):
    if section.startswith((".text", ".init", ".fini", ".plt")):
        return "code"
    if section.startswith((".bss", ".tbss")):
        return "zeroed"
    return "data" if section.startswith((".data", ".got", ".tdata")) else "constants"


def by_module(image):
    sizes = collections.defaultdict(collections.Counter)
    for start, end, file, section in image.pieces:
        if start and section not in (".comment", ".symtab") and not section.startswith(".debug"):
            sizes[module(file)][column(section)] += end - start
    return sizes


def summary(program):
    """text, data and bss as `size` counts them: from the sections that are loaded."""
    total = collections.Counter()
    for line in inspect(program + ".debug", "--section-headers"):
        if (found := SECTION.match(line)) and found[3] in ("TEXT", "DATA", "BSS"):
            total[{"TEXT": "text", "BSS": "bss"}.get(found[3], "data")] += int(found[2], 16)
    return total


def main():
    program = sys.argv[1]
    total = summary(program)
    print(f"{program}: {os.path.getsize(program)} bytes in the file;", end=" ")
    print(f"text {total['text']}, constants and data {total['data']}, bss {total['bss']}")
    print(f"{'module':<14}" + "".join(f"{name:>11}" for name in COLUMNS))
    rows = by_module(Image(program)).items()
    for name, sizes in sorted(rows, key=lambda row: -sum(row[1].values())):
        print(f"{name:<14}" + "".join(f"{sizes[one]:>11}" for one in COLUMNS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
