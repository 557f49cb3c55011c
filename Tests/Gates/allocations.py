"""Gate: nothing of ours in a linked image asks anybody for memory.

Every instruction of the unstripped image is read. A C library may call its own allocator; our
code, and what the Swift compiler adds to it, may not. The gate proves first that it can refuse:
it links an image that allocates, in the very way the product is linked.

`allocations.py BOARD...`: for other boards, with `C_FLAGS` to compile for their processors.
"""

import os
import re
import subprocess
import sys

from image import Image, tool

ALLOCATING = re.compile(
    r"""^(
      (__libc_|__simple_|__)?(malloc|calloc|realloc|free|memalign)(_impl)?
    | reallocarray | posix_memalign | aligned_alloc | valloc | pvalloc | cfree
    | strdup | __strdup | strndup | __strndup | v?asprintf | __v?asprintf_chk | getline | getdelim
    | fopen(64)? | fdopen | opendir | scandir(64)? | getaddrinfo | getpwnam | getgrnam | strerror
    | _Zn[wa].* | _Zd[la].*
    | swift_(nonatomic_)?(retain|release|bridgeObject|unknownObject).*
    | swift_(alloc|dealloc|slow|init|weak|unowned).*
    )$""",
    re.VERBOSE,
)
# Those of a C library that are allowed to call each other, and the TLS library: in our copy of it
# calloc and free are our pool's, and what reads files for itself is there but never called.
LIBRARY = re.compile(r"/libc\.a\(|/libmbed\w+\.a\(|/(crt1|crti|crtn|Scrt1|crtbeginS?|crtendS?)\.o$|libclang_rt\.|/libgcc\.a\(")
BOARDS = ("host", "tiny")

LEAK = """
#include <stdlib.h>
#include <string.h>
void *volatile kept;
__attribute__((constructor, used)) static void a_function_that_%(name)s(void) {
  kept = %(call)s;
}
"""
LEAKS = {"allocates": "malloc(9)", "duplicates": 'strdup("a")', "resizes": "realloc(kept, 9)"}


def offenders(program):
    """What of ours refers to an allocating function, one sentence each."""
    image = Image(program)
    found, called = set(), set()
    for address, function, _, name in image.references():
        if ALLOCATING.match(name) and function != name:
            called.add(name)
            if not LIBRARY.search(image.origin(address)):
                found.add(f"{function} calls {name}")
    for name in image.imports():
        if ALLOCATING.match(name) and name not in called:
            found.add(f"something holds the address of {name}")
    # The C library's start-up code imports nothing of the kind, so an import is always ours.
    return sorted(found)


def link_leak(board, name):
    """Links the product together with a function that allocates; the program's path."""
    folder = f".build/gates/{board}"
    os.makedirs(folder, exist_ok=True)
    source, leaking = f"{folder}/{name}.c", f"{folder}/{name}.o"
    with open(source, "w") as file:
        file.write(LEAK % {"name": name, "call": LEAKS[name]})
    flags = os.environ.get("C_FLAGS", "-fPIE").split()
    options = ["-O1", *flags, "-fno-builtin", "-c", source, "-o", leaking]
    subprocess.run([tool("clang"), *options], check=True)
    program = f"{folder}/{name}"
    arguments = [f"BOARD={board}", f"PROGRAM={program}", f"EXTRA_OBJECTS={leaking}"]
    subprocess.run(["make", "--no-print-directory", "link", *arguments], check=True)
    return program


def main():
    for board in sys.argv[1:] or BOARDS:
        for name in LEAKS:
            if not any(f"a_function_that_{name}" in one for one in offenders(link_leak(board, name))):
                return f"allocations: the gate is blind: it let pass a function that {name} ({board})"
        program = f".build/bin/{board}/swiftlet"
        if found := offenders(program):
            return f"allocations: {board}: " + "; ".join(found)
        count = sum(1 for _ in Image(program).references())
        print(f"allocations: {board}: none in {count} calls and jumps; {len(LEAKS)} planted ones found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
