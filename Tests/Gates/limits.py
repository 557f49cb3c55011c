"""The limits of a board, as `make limits BOARD=…` lists what is compiled in."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def limits(board):
    """The board's limits by name."""
    return {name: numbers[0] for name, numbers in listing(board).items()}


def listing(board):
    """By name, the value of each limit, and that of its rule if it is another."""
    command = ["make", "-s", "--no-print-directory", "-C", ROOT, "limits", f"BOARD={board}"]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = [line.split() for line in told.splitlines()]
    return {name: [int(number) for number in numbers] for name, *numbers in lines}
