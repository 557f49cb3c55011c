"""Proves that the simulator finds mistakes: puts them into a copy of the product one at a time.

    mutations.py check            each mutation of the table still applies to the product
    mutations.py run [NAME…]      builds each, simulates until it is found, and prints the score
    mutations.py list             the names, and what becomes wrong

The copy and its build are in .build/mutations. BUDGET is how many runs a mutation gets, SIMULATED how
many seconds each of them simulates.
"""

import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TABLE = os.path.join(HERE, "mutations.txt")
COPY = os.path.join(ROOT, ".build", "mutations", "tree")
SCRATCH = os.path.join(ROOT, ".build", "mutations", "build")
PROGRAM = os.path.join(SCRATCH, "release", "swiftlet-simulate")
COPIED = ("Package.swift", "Board", "Sources", "Tests")
SWIFT = os.environ.get("SWIFT", "swift")
BUDGET = int(os.environ.get("BUDGET", "120"))
SIMULATED = int(os.environ.get("SIMULATED", "300"))
# Seconds that all runs of one mutation may take. A run without end is told by the simulator itself.
LONGEST = int(os.environ.get("LONGEST", "180"))

BLOCK = re.compile(
    r"^mutation (?P<name>\S+)\nwhat (?P<what>[^\n]+)\nfile (?P<file>\S+)\n"
    r"before\n(?P<before>.*?)^after\n(?P<after>.*?)^end$",
    re.MULTILINE | re.DOTALL,
)


def table():
    """All mutations; fails when a block cannot be read or a name comes twice."""
    with open(TABLE, encoding="utf-8") as file:
        text = file.read()
    mutations = [match.groupdict() for match in BLOCK.finditer(text)]
    names = [mutation["name"] for mutation in mutations]
    written = len(re.findall(r"^mutation ", text, re.MULTILINE))
    if written != len(mutations) or len(set(names)) != len(names):
        sys.exit("the table of mutations cannot be read: a block is broken, or a name comes twice")
    return mutations


def mutated(mutation, root):
    """The path of the mutation's file and its new text; None when it does not apply."""
    path = os.path.join(root, mutation["file"])
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.count(mutation["before"]) != 1 or mutation["before"] == mutation["after"]:
        return path, None
    return path, text.replace(mutation["before"], mutation["after"])


def check():
    mutations = table()
    stale = [mutation for mutation in mutations if mutated(mutation, ROOT)[1] is None]
    for mutation in stale:
        print(f"{mutation['name']} does not apply to {mutation['file']}")
    print(f"{len(mutations) - len(stale)} passed, {len(stale)} failed")
    return not stale


def copy():
    """Brings the copy up to date without touching what is the same, so that little is built."""
    for name in COPIED:
        source, target = os.path.join(ROOT, name), os.path.join(COPY, name)
        if os.path.isdir(source):
            mirror(source, target)
        else:
            os.makedirs(COPY, exist_ok=True)
            refresh(source, target)


def mirror(source, target):
    os.makedirs(target, exist_ok=True)
    wanted = set(os.listdir(source))
    for name in set(os.listdir(target)) - wanted:
        path = os.path.join(target, name)
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    for name in wanted:
        one, other = os.path.join(source, name), os.path.join(target, name)
        mirror(one, other) if os.path.isdir(one) else refresh(one, other)


def refresh(source, target):
    with open(source, "rb") as file:
        content = file.read()
    write(target, content)


def write(path, content):
    if os.path.exists(path):
        with open(path, "rb") as file:
            if file.read() == content:
                return
    with open(path, "wb") as file:
        file.write(content)


def build():
    """Whether the copy could be built; prints why not."""
    environment = {**os.environ, "BOARD": os.environ.get("BOARD", "host")}
    made = subprocess.run(
        [SWIFT, "build", "-c", "release", "--product", "swiftlet-simulate",
         "--package-path", COPY, "--scratch-path", SCRATCH],
        capture_output=True, text=True, env=environment,
    )
    if made.returncode:
        errors = [line for line in made.stdout.splitlines() if "error:" in line]
        print("\n".join(errors[:5]) or made.stdout[-2000:])
    return made.returncode == 0


def simulate():
    """What found the mutation; None when nothing did within the budget."""
    command = [PROGRAM, "seed=1", f"runs={BUDGET}", f"seconds={SIMULATED}", "first=1", "shrink=0"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return None
    if run.returncode == 0:
        return None
    for line in (run.stdout + run.stderr).splitlines():
        if line.startswith("seed ") or "Fatal error" in line:
            return line[:120]
    return f"it crashed with {run.returncode}"


def run(names):
    mutations = [one for one in table() if not names or one["name"] in names]
    copy()
    print(f"== building the simulator without a mutation", flush=True)
    if not build():
        return False
    if found := simulate():
        print(f"without a mutation: {found}")
        return False
    results = {}
    for mutation in mutations:
        results[mutation["name"]] = apply(mutation)
    survivors = [name for name, killed in results.items() if not killed]
    print(f"== {len(results) - len(survivors)} of {len(results)} mutations killed")
    for name in survivors:
        print(f"   survived: {name}")
    return not survivors


def apply(mutation):
    """Whether the mutation was found; the copy is as it was afterwards."""
    name = mutation["name"]
    path, text = mutated(mutation, COPY)
    if text is None:
        print(f"{name}: it does not apply", flush=True)
        return False
    with open(path, encoding="utf-8") as file:
        original = file.read()
    began = time.monotonic()
    try:
        write(path, text.encode())
        if not build():
            print(f"{name}: it does not build", flush=True)
            return False
        built = time.monotonic()
        found = simulate()
    finally:
        write(path, original.encode())
    spent = f"{built - began:.0f} s to build, {time.monotonic() - built:.1f} s"
    print(f"{name}: {'killed: ' + found if found else 'SURVIVED'} ({spent})", flush=True)
    return bool(found)


def main():
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command == "check":
        sys.exit(not check())
    if command == "run":
        sys.exit(not run(sys.argv[2:]))
    if command == "list":
        for mutation in table():
            print(f"{mutation['name']}: {mutation['what']}")
        return
    sys.exit(__doc__)


if __name__ == "__main__":
    main()
