"""Gate: the broker for this machine needs libc alone, the static one nothing."""

import sys

from image import Image

ALLOWED = {"host": {"libc.so.6"}, "tiny": set()}


def main():
    for board, allowed in ALLOWED.items():
        lines = Image(f".build/bin/{board}/swiftlet").dynamic()
        needed = {line.split()[-1] for line in lines if line.startswith("NEEDED")}
        if board == "tiny" and lines:
            return "libraries: tiny is not static"
        if needed != allowed:
            return f"libraries: {board} needs {', '.join(sorted(needed)) or 'nothing'}"
        print(f"libraries: {board} needs {', '.join(sorted(needed)) or 'nothing'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
