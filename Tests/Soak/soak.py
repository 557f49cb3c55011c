"""The real program under mixed load for a while, every message counted.

    soak.py SECONDS

Publishers of QoS 0, 1 and 2 send numbered messages to subscribers that stay and to such that lose their
connections and come back. Meanwhile: idle connections, a storm of connects, a flood with subscribers that
are stopped and continued or read a byte a second, payloads at the limit, no descriptors left.
"""

import asyncio
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from client import Client
from ledger import Ledger

from broker import Broker  # noqa: E402 (beside the packets that `client` has found)
from packets import V5, V311, connect, variable
from usage import PAGE, in_use, pools, resident_pages
from warmup import warm_up

LIMIT = 2_000_000
# Of resident memory between the start, when all has been touched, and the end.
PAGES_OF_GROWTH = 2
HERE = Path(__file__).resolve().parent


class Soak:
    def __init__(self, broker, seconds):
        self.broker = broker
        self.port = broker.port
        self.seconds = seconds
        self.sent = {}  # topic -> how many messages were acknowledged
        self.ledgers = []
        self.keepers = []
        self.figures = {}
        self.failures = []
        self.chance = random.Random(1)
        self.is_over = False

    async def run(self):
        await self.open_idle(10_000 if self.seconds >= 120 else 1_000)
        warm_up(self.port, LIMIT)
        keepers = [asyncio.create_task(self.stay(f"stay{qos}", qos, V5 if qos else V311)) for qos in (0, 1, 2)]
        keepers += [asyncio.create_task(self.come_and_go(f"go{qos}{version}", qos, version))
                    for qos in (1, 2) for version in (V311, V5)]
        await asyncio.sleep(1)
        load = [asyncio.create_task(self.publish(f"publisher{qos}{version}", qos, version))
                for qos in (0, 1, 2) for version in (V311, V5)]
        load += [asyncio.create_task(task) for task in (
            self.storm(), self.flood(), self.stop_and_continue(), self.large(), self.use_up_descriptors())]
        settling = min(max(5, self.seconds / 10), 60)
        await asyncio.sleep(settling)
        touched, start = pools(self.broker), resident_pages(self.broker)
        await asyncio.sleep(max(1, self.seconds - settling))
        self.is_over = True
        await asyncio.wait_for(asyncio.gather(*load), 60)
        await self.wait_for_all(keepers)
        self.judge_growth(start, touched)
        await self.read_system_topics()
        await self.end_all()
        self.judge()

    # Those whose messages are counted.

    async def stay(self, name, qos, version):
        ledger = self.ledger(name, qos)
        client = Client(self.port, name, version, on_message=ledger.take)
        await client.connect()
        self.keepers.append(client)
        await client.subscribe(("count/#", qos))
        await client.closed

    async def come_and_go(self, name, qos, version):
        """A session that stays while connections come and go, half of them within an exchange."""
        ledger = self.ledger(name, qos)
        received = set()
        while True:
            client = Client(self.port, name, version, clean=False, on_message=ledger.take,
                            session_expiry=600)
            client.received = received
            present, _ = await client.connect()
            if not present:
                await client.subscribe(("count/#", qos))
            if self.is_over:
                self.keepers.append(client)
                await client.closed
                return
            await asyncio.sleep(self.chance.uniform(0.05, 0.5))
            if not self.is_over:
                client.is_silent = True
                await asyncio.sleep(self.chance.choice([0, 0.02]))
                client.drop()
                await client.closed
                self.add("connections of persistent sessions")

    def ledger(self, name, qos):
        self.ledgers.append(Ledger(name, qos))
        return self.ledgers[-1]

    async def publish(self, name, qos, version):
        client = Client(self.port, name, version)
        await client.connect()
        topic = f"count/{name}"
        number = 0
        while not self.is_over:
            payload = b"%012d" % (number + 1) + bytes(self.chance.choice([0, 20, 300, 5000]))
            reason = await client.publish(topic, payload, qos)
            if reason < 0x80:
                number += 1
            else:
                self.add("refused for want of room")
            await asyncio.sleep(0.002 if qos else 0.01)
        self.sent[topic] = number
        await client.ping()
        await client.disconnect()

    async def wait_for_all(self, keepers):
        """Until everything owed has come, or nothing more does."""
        deadline = time.monotonic() + 30
        sent = self.sent_to(1)
        while time.monotonic() < deadline and any(one.lost(sent) for one in self.ledgers if one.qos):
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.3)
        for keeper in keepers:
            keeper.cancel()
        for client in self.keepers:
            client.drop()

    def sent_to(self, qos):
        """The streams of which nothing may be lost: those that were published with an acknowledgement."""
        return {topic: count for topic, count in self.sent.items() if f"publisher0" not in topic}

    # Those that disturb.

    async def open_idle(self, count):
        self.idle = []
        raw = [connect(V311, f"idle{number}", keep_alive=0) for number in range(count)]
        for first in range(0, count, 200):
            opened = await asyncio.gather(*(
                asyncio.open_connection("127.0.0.1", self.port) for _ in raw[first:first + 200]))
            for packet, (_, writer) in zip(raw[first:], opened):
                writer.write(packet)
            self.idle += opened
        for reader, _ in self.idle:
            answer = await reader.readexactly(4)
            assert answer == b"\x20\x02\0\0", answer
        self.figures["idle connections"] = len(self.idle)

    async def storm(self):
        """Connects as many as can be, each with a Will, half of them gone before the answer."""
        began = time.monotonic()
        while not self.is_over:
            await asyncio.gather(*(self.come(number) for number in range(50)))
            self.add("connects", 50)
            await asyncio.sleep(0.02)
        self.figures["connects a second"] = int(self.figures["connects"] / (time.monotonic() - began))

    async def come(self, number):
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(connect(V311, f"storm{number}"))
            if number % 2:
                await reader.readexactly(4)
            writer.transport.abort() if number % 4 else writer.close()
        except (OSError, asyncio.IncompleteReadError):
            self.add("connects that failed")

    async def flood(self):
        client = Client(self.port, "flood")
        await client.connect()
        while not self.is_over:
            for _ in range(50):
                await client.publish("flood/x", bytes(2000), 0)
            await client.ping()
            self.add("flooded messages", 50)
            await asyncio.sleep(0.02)
        await client.disconnect()

    async def stop_and_continue(self):
        slow = [subprocess.Popen([sys.executable, HERE / "slow.py", str(self.port), pause])
                for pause in ("0", "1")]
        while not self.is_over:
            slow[0].send_signal(signal.SIGSTOP)
            await asyncio.sleep(1)
            slow[0].send_signal(signal.SIGCONT)
            self.add("stops of a subscriber")
            await asyncio.sleep(0.5)
        for process in slow:
            if process.poll() is not None:
                self.failures.append("a slow subscriber of QoS 0 was sent away")
            process.kill()
            process.wait()

    async def large(self):
        """Payloads at the limit go through; a byte more and the connection ends."""
        got = asyncio.Queue()
        subscriber = Client(self.port, "large-in", on_message=lambda *message: got.put_nowait(message[1]))
        await subscriber.connect()
        await subscriber.subscribe(("large", 1))
        publisher = Client(self.port, "large-out")
        await publisher.connect()
        # Fixed header of four bytes, the name with its length, the Packet Identifier.
        payload = bytes(LIMIT - 4 - 7 - 2)
        while not self.is_over:
            await publisher.publish("large", payload, 1)
            if await got.get() != payload:
                self.failures.append("a payload at the limit came out otherwise")
            self.add("payloads at the limit")
            await asyncio.sleep(0.5)
        over = Client(self.port, "large-over")
        await over.connect()
        over.transport.write(b"\x32" + variable(LIMIT - 3) + bytes(20))
        await over.closed
        await publisher.disconnect()
        await subscriber.disconnect()

    async def use_up_descriptors(self):
        """For a while the broker may open nothing more: who is there is served, the others wait."""
        process = self.broker.process.pid
        soft, hard = resource.prlimit(process, resource.RLIMIT_NOFILE)
        while not self.is_over:
            used = len(os.listdir(f"/proc/{process}/fd"))
            resource.prlimit(process, resource.RLIMIT_NOFILE, (used, hard))
            waiting = [asyncio.create_task(self.come(1)) for _ in range(30)]
            await asyncio.sleep(0.3)
            resource.prlimit(process, resource.RLIMIT_NOFILE, (soft, hard))
            await asyncio.gather(*waiting)
            self.add("times without descriptors")
            await asyncio.sleep(2)

    # What comes of it.

    def add(self, name, count=1):
        self.figures[name] = self.figures.get(name, 0) + count

    def judge_growth(self, start, touched):
        """Resident memory is what it was, since no pool was ever as full as in the warm-up."""
        end = resident_pages(self.broker)
        self.figures["resident KiB at the start"] = start * PAGE // 1024
        self.figures["resident KiB at the end"] = end * PAGE // 1024
        if end > start + PAGES_OF_GROWTH:
            fuller = [f"{name} {touched[name][2]} -> {peak}"
                      for name, (_, _, peak, _) in pools(self.broker).items() if peak > touched[name][2]]
            self.failures.append(f"{end - start} pages more than at the start: {', '.join(fuller)}")

    async def end_all(self):
        """When all have gone, and their sessions too, nothing of any pool is in use."""
        for _, writer in self.idle:
            writer.transport.abort()
        for name in {client.identifier for client in self.keepers}:
            client = Client(self.port, name)
            await client.connect()
            await client.disconnect()
        deadline = time.monotonic() + 10
        while (left := in_use(self.broker)) and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        self.figures["pools in use when all have gone"] = len(left)
        if left:
            self.failures.append(f"still in use when all have gone: {left}")

    async def read_system_topics(self):
        """The longest turn, and what was refused for want of room."""
        values = {}
        reader = Client(self.port, "reader", on_message=lambda topic, payload, *_: values.update(
            {topic.removeprefix("$SYS/broker/"): int(payload)}))
        await reader.connect()
        await reader.subscribe(("$SYS/broker/turn/longest", 0), ("$SYS/broker/limits/+/refused", 0))
        await reader.ping()
        self.figures["longest turn in microseconds"] = values.pop("turn/longest")
        for name, count in values.items():
            if count:
                self.figures[name.removeprefix("limits/")] = count
        await reader.disconnect()

    def judge(self):
        sent = self.sent_to(1)
        for ledger in self.ledgers:
            faults = ledger.faults(sent)
            print(f"{ledger.name}: {ledger.counts['received']} received, "
                  f"{ledger.counts['repeated']} repeated with DUP, "
                  + ", ".join(f"{count} {name}" for name, count in faults.items()))
            self.failures += [f"{ledger.name}: {count} {name}" for name, count in faults.items() if count]
        if self.broker.process.poll() is not None:
            self.failures.append("the broker died")


def main(seconds):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(folder, "user root\nmax_queued_messages 5000\nsys_interval 1\nlog_type warning")
        soak = Soak(broker, seconds)
        try:
            asyncio.run(soak.run())
        except ConnectionError as error:
            soak.failures.append(f"{error}: {broker.log()[-2000:]}")
        status = broker.stop()
    soak.failures += [f"exit status {status}"] if status else []
    for name, figure in soak.figures.items():
        print(f"{name}: {figure}")
    for failure in soak.failures:
        print(f"failed: {failure}")
    checks = 3 * len(soak.ledgers) + 5
    print(f"{checks - len(soak.failures)} passed, {len(soak.failures)} failed")
    return 1 if soak.failures else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
