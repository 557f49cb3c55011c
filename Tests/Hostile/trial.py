"""One attack on one broker, beside the witness and before newcomers; what came of it."""

import dataclasses
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

from contender import PASSWORD, SWIFTLET, USER, Contender, processor_seconds
from crowd import ADDRESS

HERE = Path(__file__).resolve().parent
# Where honest clients come from: the attackers' own address, and another.
NEIGHBOUR, STRANGER = ADDRESS, "127.0.0.2"
NEWCOMERS = 20
PATIENCE = 5
# A witness that is not served within so many seconds after the attackers have stopped counts as never.
FROZEN = 30
PREPARING = 60
FILLING = 40
LEAVING = 90
# After the last of them has gone, until everything that was theirs must be free.
FREEING = 20


class Silent(Exception):
    """A process did not answer in time, or fell over."""


class Child:
    """A program of this folder that is told something by a line and answers with one of JSON."""

    def __init__(self, folder, script, *arguments):
        self.name = script
        self.inbox = b""
        self.errors = Path(folder) / f"{script}.errors"
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, HERE / script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=errors)

    def tell(self, line):
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # Its answer will not come, which is found out by who waits for it.

    def hear(self, patience, name=None):
        """Its next line; with a `name`, the next that has it."""
        deadline = time.monotonic() + patience
        while b"\n" not in self.inbox:
            left = max(0, deadline - time.monotonic())
            if not select.select([self.process.stdout], [], [], left)[0]:
                raise Silent(f"{self.name}: no answer in {patience} s")
            chunk = os.read(self.process.stdout.fileno(), 65_536)
            if not chunk:
                raise Silent(f"{self.name} fell over: {self.errors.read_text()[-2000:]}")
            self.inbox += chunk
        line, self.inbox = self.inbox.split(b"\n", 1)
        heard = json.loads(line)
        return heard if name is None or name in heard else self.hear(deadline - time.monotonic(), name)

    def ask(self, line, patience):
        self.tell(line)
        return self.hear(patience)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@dataclasses.dataclass
class Result:
    """Times in seconds; `None` where nothing could be measured."""

    quiet: dict = None
    during: dict = None
    is_frozen: bool = False
    newcomers: dict = dataclasses.field(default_factory=dict)  # address -> how many of them were served
    excuses: list = dataclasses.field(default_factory=list)
    processor: float = None  # of the broker's while it was attacked
    seconds: float = None  # how long that was
    figures: dict = dataclasses.field(default_factory=dict)
    full: list = dataclasses.field(default_factory=list)  # pools that were used up when it had done all it could
    death: str = None
    left_over: dict = None  # of the pools, when all had gone: {name: (base, now)}
    trouble: str = None  # the harness's own
    took: float = 0  # in all

    @property
    def served(self):
        return self.newcomers.get(STRANGER, 0), self.newcomers.get(NEIGHBOUR, 0)


class Trial:
    def __init__(self, attack, attackers, kind, folder, options, certificate):
        self.attack, self.attackers, self.options = attack, attackers, options
        self.result = Result()
        self.folder = folder
        self.contender = Contender(
            kind, folder, attack.needs, options.board, certificate, pinned=not options.quick)
        self.children = []
        self.credentials = {}
        if {"logins", "quick_logins"} & set(attack.needs):
            self.credentials = {"user": USER, "password": PASSWORD}

    def run(self):
        try:
            self.go_through()
        except Silent as silence:
            if self.contender.is_running:
                self.result.trouble = str(silence)
        finally:
            if not self.contender.is_running:
                self.result.death = self.contender.death()
            for child in self.children:
                child.end()
            self.contender.end()
        return self.result

    def go_through(self):
        self.start_witness()
        base = self.settled_pools()
        attackers = self.child("attackers.py", self.attack.name, json.dumps(self.field()))
        self.result.quiet = self.watch(self.options.quiet_seconds)
        attackers.ask("prepare", PREPARING)
        self.attack_now(attackers)
        attackers.ask("leave", LEAVING)
        self.wait_until_free(base)

    def field(self):
        longest = 2 * PREPARING + self.options.seconds + FROZEN
        return {"ports": self.contender.ports, "pid": self.contender.pid, "board": self.options.board,
                "attackers": self.attackers, "quick": self.options.quick, "needs": self.attack.needs,
                "seconds": longest}

    def child(self, script, *arguments):
        self.children.append(Child(self.folder, script, *arguments))
        return self.children[-1]

    # The witness.

    def start_witness(self):
        self.witness = self.child("witness.py", json.dumps(
            {"port": self.contender.ports["plain"], "size": self.attack.witness_bytes, **self.credentials}))
        self.wait_for_witness(FROZEN)

    def command(self, command, patience=20, **settings):
        return self.witness.ask(json.dumps({"command": command, **settings}), patience)

    def wait_for_witness(self, patience):
        """Whether the round under way is over, and one more, before that much time is gone."""
        deadline = time.monotonic() + patience
        count = self.command("count") + 2
        while self.command("count") < count:
            if time.monotonic() > deadline or not self.contender.is_running:
                return False
            time.sleep(0.005)
        return True

    def watch(self, seconds):
        began = time.monotonic()
        time.sleep(seconds)
        return self.command("report", begin=began, end=time.monotonic())

    def pools_at_rest(self):
        """With nobody there but a witness that does nothing, if its round ends in time."""
        self.command("pause", pausing=True)
        deadline = time.monotonic() + PATIENCE
        while self.command("busy") and self.contender.is_running and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.05)
        pools = self.contender.pools()
        self.command("pause", pausing=False)
        return pools and {name: used for name, (used, _) in pools.items()}

    def settled_pools(self):
        """As they are twice in a row, when the witness's last message is wholly over."""
        before, pools = None, self.pools_at_rest()
        while pools and pools != before:
            before, pools = pools, self.pools_at_rest()
        return pools

    # The attack.

    def attack_now(self, attackers):
        result = self.result
        used, began = processor_seconds(self.contender.pid), time.monotonic()
        attackers.tell("run")
        self.sleep_while_it_runs(self.options.seconds)
        if self.attack.fills:
            self.wait_until_filled(attackers)
        self.invite_newcomers()
        attackers.tell("stop")
        result.is_frozen = not self.wait_for_witness(FROZEN)
        result.full = self.contender.full_pools() if self.contender.is_running else []
        ended, used_then = time.monotonic(), processor_seconds(self.contender.pid)
        result.during = self.command("report", begin=began, end=ended)
        result.seconds = ended - began
        if used is not None and used_then is not None:
            result.processor = used_then - used
        result.figures = attackers.hear(FROZEN, "figures")["figures"]

    @staticmethod
    def wait_until_filled(attackers):
        """That it is not yet is no fault of an attack: the broker may have stopped taking anything."""
        try:
            attackers.hear(FILLING, "filled")
        except Silent as silence:
            if attackers.process.poll() is not None:
                raise silence

    def sleep_while_it_runs(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.contender.is_running:
            time.sleep(0.01)

    def invite_newcomers(self):
        kind = self.attack.newcomers
        patience = PATIENCE if not self.options.quick else 4 * PATIENCE
        # A board that is so small must not be filled by those who come.
        at_once = 2 if kind == "tls" and self.options.board != "host" else 20
        coming = self.child("newcomers.py", json.dumps(
            {"port": self.contender.ports[kind], "kind": kind, "addresses": [STRANGER, NEIGHBOUR],
             "count": NEWCOMERS, "publish": self.attack.newcomers_publish, "at_once": at_once,
             "patience": patience, **self.credentials}))
        became = coming.hear(12 * patience * NEWCOMERS / at_once)
        for address, fates in became.items():
            self.result.newcomers[address] = sum(not isinstance(fate, str) for fate in fates)
            self.result.excuses += sorted({fate for fate in fates if isinstance(fate, str)})[:2]

    # Afterwards.

    def wait_until_free(self, base):
        """Until the pools are as before the attack; what of them is not, after FREEING."""
        if self.contender.kind != SWIFTLET or not self.contender.is_running:
            return
        deadline = time.monotonic() + FREEING
        while self.contender.is_running:
            self.result.left_over = self.difference(base)
            if not self.result.left_over or time.monotonic() > deadline:
                return
            time.sleep(0.2)

    def difference(self, base):
        now = self.pools_at_rest()
        if base is None or now is None:
            return {"pools that were told": (0 if base is None else 1, 0 if now is None else 1)}
        return {name: (base.get(name), used) for name, used in now.items() if base.get(name) != used}
