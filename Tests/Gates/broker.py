"""Starts a broker on a free port of this machine, and stops it."""

import contextlib
import os
import signal
import socket
import subprocess
import time

from ports import free_port


def wait_until_listening(process, port, seconds=15):
    end = time.monotonic() + seconds
    while True:
        if process.poll() is not None:
            raise ChildProcessError(f"the broker ended at once, with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if time.monotonic() > end:
            raise TimeoutError(f"the broker does not listen on port {port}")
        time.sleep(0.05)


@contextlib.contextmanager
def running(program, before=()):
    """(process identifier of the broker, its port); `before` is a tracer's command line."""
    port = free_port()
    # A small environment: what the caller happens to have set would lie in the broker's stack.
    process = subprocess.Popen(
        [*before, program, "-p", str(port)],
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    identifier = process.pid
    try:
        wait_until_listening(process, port)
        if before:
            with open(f"/proc/{process.pid}/task/{process.pid}/children") as children:
                identifier = int(children.read().split()[0])
        yield identifier, port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(identifier, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.kill(identifier, signal.SIGKILL)
            process.wait()
