"""What is inside a linked image: its functions, whom they call, and from which file each came."""

import bisect
import json
import os
import re
import subprocess

HEADING = re.compile(r"^([0-9a-f]+) <(.+)>:$")
REFERENCE = re.compile(r"0x([0-9a-f]+) <([^>+]+?)(@plt)?>")
MAP_LINE = re.compile(r"^\s*([0-9a-f]+)\s+[0-9a-f]+\s+([0-9a-f]+)\s+\d+\s+(\S.*):\((\.[^)]*)\)$")

# What a linker for MIPS puts between a caller and a function of a library.
THUNK = "__LA25Thunk_"


def printed(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def tool(name):
    """A tool of the Swift toolchain, which the Makefile has found already."""
    folder = os.environ.get("TOOLS")
    if not folder:
        paths = json.loads(printed("swift", "-print-target-info"))["paths"]
        folder = os.path.join(paths["runtimeResourcePath"], "../../bin")
    return os.path.join(folder, name)


def inspect(path, *options):
    """The lines that the toolchain's object dumper prints."""
    return printed(tool("llvm-objdump"), *options, path).splitlines()


class Image:
    """An unstripped image and the map its linker wrote beside it."""

    def __init__(self, program):
        self.path = program + ".debug"
        self.pieces = []  # (start, end, file, section), in order of their addresses
        with open(program + ".map") as link_map:
            for line in link_map:
                found = MAP_LINE.match(line)
                # What debuggers read is numbered from zero too, but lies nowhere.
                if found and not found[4].startswith(".debug"):
                    start, size = int(found[1], 16), int(found[2], 16)
                    self.pieces.append((start, start + size, found[3], found[4]))
        self.pieces.sort()
        if not self.pieces:
            raise ValueError(f"{program}.map is not a map that lld wrote")

    def origin(self, address):
        """The object file whose code lies at an address; empty when the linker made it."""
        index = bisect.bisect_right(self.pieces, (address, float("inf"))) - 1
        while index >= 0 and self.pieces[index][0] <= address:
            start, end, file, _ = self.pieces[index]
            if start <= address < end:
                return file
            if address - start > 1 << 20:
                break
            index -= 1
        return ""

    def references(self):
        """(address, function, target's address, target's name) of every call, jump and load."""
        function = ""
        for line in inspect(self.path, "--disassemble", "--no-show-raw-insn"):
            if heading := HEADING.match(line):
                function = heading[2]
                continue
            if ":" not in line or not line.startswith((" ", "\t")):
                continue
            address = line.split(":")[0].strip()
            for target, name, _ in REFERENCE.findall(line):
                if not function.startswith(THUNK):
                    yield int(address, 16), function, int(target, 16), name.removeprefix(THUNK)

    def imports(self):
        """Symbols that the loader has to find elsewhere."""
        if not self.dynamic():
            return set()
        found = set()
        for line in inspect(self.path, "--dynamic-syms"):
            if "*UND*" in line:
                found.add(line.split()[-1].split("@")[0])
        return found

    def dynamic(self):
        """The lines of the dynamic section: none in a static image."""
        lines = inspect(self.path, "--private-headers")
        return [line.strip() for line in lines if re.match(r"\s+(NEEDED|FLAGS|SONAME|RUNPATH)", line)]
