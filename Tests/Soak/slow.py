"""A subscriber of the flood in a process of its own, to be stopped and continued.

    slow.py PORT PAUSE    reads all it can; with a PAUSE, one byte each so many seconds
"""

import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "EndToEnd"))

import packets  # noqa: E402

port, pause = int(sys.argv[1]), float(sys.argv[2])
connection = socket.socket()
connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
connection.connect(("127.0.0.1", port))
connection.sendall(packets.connect(packets.V311, f"slow-{pause}", keep_alive=0)
                   + packets.subscribe(1, [("flood/#", 0)]))
while connection.recv(1 if pause else 65536):
    time.sleep(pause)
