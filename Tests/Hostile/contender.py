"""A broker under attack: Swiftlet or Mosquitto, configured alike, on a processor of its own."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/EndToEnd"))

from accounts import hashed  # noqa: E402
from broker import Broker, free_port  # noqa: E402
from usage import LAST, POOL  # noqa: E402

SWIFTLET, MOSQUITTO = "swiftlet", "mosquitto"
PROCESSORS = sorted(os.sched_getaffinity(0))
# One for the broker and one for all the others, where there are two.
OF_BROKER, OF_OTHERS = PROCESSORS[0], PROCESSORS[-1]
USER, PASSWORD = "honest", "correct horse"
ITERATIONS = 20_000
FEW_ITERATIONS = 101
# Patterns of an ACL file; `router` has room for 64.
RULES = {"host": 1_000, "router": 50}
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def pin(processor):
    if len(PROCESSORS) > 1:
        os.sched_setaffinity(0, {processor})


def hurry(steps):
    """Before others, or behind them with positive `steps`; left as it is where that is not allowed."""
    try:
        os.nice(steps)
    except PermissionError:
        pass


def program(kind):
    if kind == MOSQUITTO:
        return os.environ.get("MOSQUITTO") or shutil.which("mosquitto", path="/usr/sbin:/usr/bin")
    return os.environ.get("SWIFTLET", str(ROOT / ".build/bin/host/swiftlet"))


class Contender:
    """`needs` are names of what an attack wants: listeners, accounts, rules, a policy."""

    def __init__(self, kind, folder, needs, board, certificate, pinned=True):
        self.kind, self.folder, self.needs, self.board = kind, folder, needs, board
        self.certificate = certificate
        self.ports = {"plain": free_port()}
        settings = "".join(getattr(self, f"settings_of_{need}")() for need in sorted(needs))
        settings += "user root\nsys_interval 1\n"

        def prepare():
            ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
            if pinned:
                pin(OF_BROKER)
                hurry(-10)

        self.broker = Broker(folder, settings, path=program(kind), prepare=prepare, port=self.ports["plain"])
        self.pid = self.broker.process.pid

    # What an attack may need.

    def listener(self, name, keys):
        self.ports[name] = free_port()
        return f"listener {self.ports[name]} 127.0.0.1\n{keys}"

    def settings_of_tls(self):
        return self.listener("tls", self.certificate.settings)

    def settings_of_websocket(self):
        return self.listener("websocket", "protocol websockets\n")

    def settings_of_named(self):
        return self.listener("named", "use_username_as_clientid true\n")

    def settings_of_proxy(self):
        return self.listener("proxy", "enable_proxy_protocol 1\n")

    def settings_of_logins(self):
        return self.accounts(ITERATIONS)

    def settings_of_quick_logins(self):
        return self.accounts(FEW_ITERATIONS)

    def accounts(self, iterations):
        path = self.folder / "passwords"
        path.write_text(hashed(USER, PASSWORD, iterations))
        path.chmod(0o600)
        return f"password_file {path}\nallow_anonymous false\n"

    def settings_of_rules(self):
        path = self.folder / "rules"
        path.write_text("topic readwrite #\n" + "".join(
            f"pattern readwrite rules/%c/{number}/+/part/#\n" for number in range(RULES[self.board])))
        path.chmod(0o600)
        return f"acl_file {path}\n"

    def settings_of_reject(self):
        return "queue_full reject\n" if self.kind == SWIFTLET else ""

    # What it does.

    @property
    def is_running(self):
        return self.broker.is_running()

    def death(self):
        """How it ended, in a word or two."""
        status = self.broker.process.poll()
        return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit {status}"

    def pools(self, patience=3):
        """{name: (used, capacity)} as SIGUSR2 has it told; None when it does not tell."""
        if self.kind != SWIFTLET:
            return {}
        with open(self.broker.log_path, errors="replace") as log:
            log.seek(0, os.SEEK_END)
            told, deadline = "", time.monotonic() + patience
            self.broker.signal(signal.SIGUSR2)
            while time.monotonic() < deadline and self.is_running:
                told += log.read()
                pools = {name: (int(used), int(capacity)) for name, used, capacity, *_ in POOL.findall(told)}
                if LAST in pools:
                    return pools
                time.sleep(0.01)
        return None

    def full_pools(self):
        """The names of those that are nearly used up."""
        return [name for name, (used, capacity) in (self.pools() or {}).items() if used > 0.9 * capacity > 0]

    def end(self):
        """However it is: a broker that does not listen any more is killed."""
        process = self.broker.process
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def processor_seconds(pid):
    """Of all threads of a process; None when it is gone."""
    try:
        with open(f"/proc/{pid}/schedstat") as file:
            ran, *_ = file.read().split()
            return int(ran) / 1e9
    except OSError:
        return None
