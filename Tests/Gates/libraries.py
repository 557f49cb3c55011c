"""Gate: the images carry all that they need."""

import sys

from image import Image



def main():
    for board in ("host", "tiny"):
        lines = Image(f".build/bin/{board}/swiftlet").dynamic()
        needed = {line.split()[-1] for line in lines if line.startswith("NEEDED")}
        if needed:
            return f"libraries: {board} needs {', '.join(sorted(needed))}"
        print(f"libraries: {board} needs nothing")
    return 0


if __name__ == "__main__":
    sys.exit(main())
