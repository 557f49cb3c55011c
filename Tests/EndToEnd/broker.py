"""The broker under test: a process of its own, known by its port, its log and its exit status."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from raw_client import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "Tests/Gates"))
from ports import free_port  # noqa: E402, F401
# `swiftlet`, or `mosquitto` to check the tests themselves against a broker that people trust.
UNDER_TEST = os.environ.get("SWIFTLET_UNDER_TEST", "swiftlet")
IS_SWIFTLET = UNDER_TEST == "swiftlet"


def program():
    if IS_SWIFTLET:
        return os.environ.get("SWIFTLET", str(ROOT / ".build/bin/host/swiftlet"))
    return os.environ.get("MOSQUITTO") or shutil.which("mosquitto", path="/usr/sbin:/usr/bin")


def wait_until_it_accepts(process, port, log=str):
    """Until a connection is taken; fails when the process has ended, or after PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, f"exit {process.returncode}: {log()}"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
            return
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, f"does not accept: {log()}"
            time.sleep(0.01)


def let_in(directory):
    """Lets everybody into a test's folder: started by root, the broker becomes another user."""
    for folder in [Path(directory), *Path(directory).parents]:
        if folder.stat().st_uid == os.getuid() and folder.stat().st_mode & 0o005 != 0o005:
            folder.chmod(folder.stat().st_mode | 0o055)


class Broker:
    """Started with `-p` and nothing else, or with a configuration file around `settings`."""

    def __init__(self, directory, settings=None, arguments=(), path=None, prepare=None,
            port=None):
        self.port = port or free_port()
        let_in(directory)
        self.log_path = Path(directory) / f"broker-{self.port}.log"
        self.configuration_path = Path(directory) / f"broker-{self.port}.conf"
        command = [path or program(), *arguments]
        if settings is None and IS_SWIFTLET:
            command += ["-p", str(self.port)]
        else:
            self.configuration_path.write_text(
                f"listener {self.port} 127.0.0.1\nallow_anonymous true\n{settings or ''}\n")
            command += ["-c", str(self.configuration_path)]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=prepare)
        wait_until_it_accepts(self.process, self.port, self.log)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_for_log(self, *texts):
        """Until the log has each of the texts, whatever the case of the letters."""
        deadline = time.monotonic() + PATIENCE
        while not all(text.lower() in self.log().lower() for text in texts):
            assert time.monotonic() < deadline, f"{texts} not in the log:\n{self.log()}"
            time.sleep(0.01)

    def signal(self, number):
        self.process.send_signal(number)

    def is_running(self):
        return self.process.poll() is None

    def stop(self):
        """SIGTERM, and the exit status."""
        if self.is_running():
            self.signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not end after SIGTERM: {self.log()}") from None
