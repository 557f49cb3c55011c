"""A row of the table of sizes: `sizes.py BOARD LINK PROGRAM [RUNNER...]`, from the image, the map of its
linker, and the program as it idles on its defaults. Without arguments: the head of the table.
"""

import collections
import os
import re
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(__file__), "../Gates"))
import broker  # noqa: E402
from image import Image, inspect  # noqa: E402
from resident import resident  # noqa: E402

COLUMNS = ("board", "link", "file", "TLS library", "C library", "variables", "resident, KiB")
SECTION = re.compile(r"^\s*\d+ (\S+)\s+([0-9a-f]{8})\s+([0-9a-f]+)\s*(TEXT|DATA|BSS)?\s*$")
# What the program can write to while it runs; tables that the start alone fills are not among it.
WRITTEN = (".data", ".bss", ".tbss", ".tdata", ".sdata", ".sbss")
LIBRARIES = {"TLS": re.compile(r"/libmbed\w+\.a\("), "C": re.compile(r"/lib(c|gcc|gcc_eh)\.a\(|builtins")}


def variables(program):
    return sum(int(found[2], 16) for line in inspect(program + ".debug", "--section-headers")
               if (found := SECTION.match(line)) and found[4] and found[1] in WRITTEN)


def by_library(program):
    """Bytes of the file that came from each library, but for texts that several share."""
    sizes = collections.Counter()
    for start, end, file, section in Image(program).pieces:
        if start and not section.startswith((".bss", ".tbss", ".debug", ".comment")):
            for name, pattern in LIBRARIES.items():
                sizes[name] += (end - start) * bool(pattern.search(file))
    return sizes


def idle(command):
    port = broker.free_port()
    process = subprocess.Popen([*command, "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        broker.wait_until_listening(process, port)
        time.sleep(0.3)
        return resident(process.pid, command[-1], emulated=len(command) > 1)[0]
    finally:
        process.terminate()
        process.wait(20)


def row(cells):
    print("| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else cell for cell in cells) + " |")


def main():
    if len(sys.argv) == 1:
        row(COLUMNS)
        return row(["---", "---"] + ["---:"] * (len(COLUMNS) - 2))
    board, link, program, *runner = sys.argv[1:]
    sizes = by_library(program)
    row((f"`{board}`", link, os.path.getsize(program), sizes["TLS"], sizes["C"], variables(program),
         idle([*runner, program])))


if __name__ == "__main__":
    main()
