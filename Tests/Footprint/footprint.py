"""Prints what a broker takes: bytes of its file, its plan, and memory of the running process.

usage: footprint.py PROGRAM [PEER]    PEER is another broker (mosquitto), measured in the same way

Memory is what the kernel says: resident is every page the process has touched, also those it
shares with others; proportional counts a shared page by its share; anonymous is its own alone.
"""

import contextlib
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "Gates"))
import broker  # noqa: E402
from load import packet, text  # noqa: E402

STEPS = (100, 1_000, 10_000)
RETAINED, QUEUED, TLS = 10_000, 10_000, 200


def connect_packet(identifier, keeps_session=False):
    body = text("MQTT") + bytes([4, 0 if keeps_session else 2, 0, 0]) + text(identifier)
    return packet(0x10, body)


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise ConnectionError("the broker closed the connection")
        data += piece
    return data


def connected(port, identifier, keeps_session=False, context=None):
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    if context:
        connection = context.wrap_socket(connection, server_hostname="localhost")
    connection.sendall(connect_packet(identifier, keeps_session))
    answer = read_exactly(connection, 4)
    if answer[3] != 0:
        raise ConnectionError(f"CONNACK with {answer[3]}")
    return connection


def subscribed(connection, topic, quality=0):
    connection.sendall(packet(0x82, b"\0\1" + text(topic) + bytes([quality])))
    if read_exactly(connection, 5)[4] >= 0x80:
        raise ConnectionError("the subscription was refused")
    return connection


def publish_all(connection, topics, quality, retained=False, size=64):
    """Publishes a message to each topic and waits for the last acknowledgement."""
    payload = bytes(size)
    connection.settimeout(60)
    for number, topic in enumerate(topics):
        identifier = (number % 65_535 + 1).to_bytes(2, "big")
        connection.sendall(packet(0x32 | retained, text(topic) + identifier + payload))
        read_exactly(connection, 4)


class Memory:
    """KiB of a process at one moment."""

    def __init__(self, identifier):
        self.values = {}
        with open(f"/proc/{identifier}/smaps_rollup") as lines:
            for line in lines:
                if found := re.match(r"(\w+): +(\d+) kB", line):
                    self.values[found[1]] = int(found[2])

    resident = property(lambda self: self.values["Rss"])
    proportional = property(lambda self: self.values["Pss"])
    anonymous = property(lambda self: self.values["Anonymous"])

    def row(self, name, each=None):
        return (name, self.resident, self.proportional, self.anonymous, each or "")


@contextlib.contextmanager
def running(command, configuration, folder):
    path = os.path.join(folder, "broker.conf")
    with open(path, "w") as file:
        file.write(configuration)
    port = int(re.search(r"listener (\d+)", configuration)[1])
    process = subprocess.Popen(
        [*command, "-c", path], env={"PATH": os.environ["PATH"]}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        broker.wait_until_listening(process, port)
        time.sleep(0.3)
        yield process.pid, port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def configuration(extra=""):
    return (
        f"listener {broker.free_port()} 127.0.0.1\nallow_anonymous true\nlog_type none\n"
        f"max_queued_messages 0\n{extra}")


def per(step, before, after):
    return f"{(after.resident - before.resident) * 1024 / step:.0f} each"


def measure_connections(command, folder):
    with running(command, configuration(), folder) as (identifier, port):
        idle = Memory(identifier)
        yield idle.row("idle")
        open_ones = []
        for step in STEPS:
            while len(open_ones) < step:
                number = len(open_ones)
                one = connected(port, f"footprint-{number}")
                open_ones.append(subscribed(one, f"footprint/{number}"))
            now = Memory(identifier)
            yield now.row(f"{step:,} connections with a subscription", per(step, idle, now))
        for one in open_ones:
            one.close()


def measure_retained(command, folder):
    with running(command, configuration(), folder) as (identifier, port):
        idle = Memory(identifier)
        with connected(port, "footprint") as publisher:
            publish_all(publisher, (f"kept/{n}" for n in range(RETAINED)), 1, retained=True)
            now = Memory(identifier)
        yield now.row(f"{RETAINED:,} retained messages of 64 bytes", per(RETAINED, idle, now))


def measure_queue(command, folder):
    with running(command, configuration(), folder) as (identifier, port):
        idle = Memory(identifier)
        subscribed(connected(port, "sleeper", keeps_session=True), "queue", 1).close()
        with connected(port, "footprint") as publisher:
            publish_all(publisher, ("queue" for _ in range(QUEUED)), 1)
            now = Memory(identifier)
        yield now.row(f"{QUEUED:,} queued messages of 64 bytes", per(QUEUED, idle, now))


def measure_tls(command, folder):
    subprocess.run(
        ["sh", "Board/certificates.sh", folder + "/certificates", "localhost 127.0.0.1"],
        check=True, stdout=subprocess.DEVNULL)
    # A broker that starts as root gives that up, and must read them all the same.
    for directory, _, files in os.walk(folder):
        os.chmod(directory, 0o755)
        for file in files:
            os.chmod(os.path.join(directory, file), 0o644)
    context = ssl.create_default_context(cafile=folder + "/certificates/ca.crt")
    extra = "".join(f"{key} {folder}/certificates/server.{end}\n"
                    for key, end in (("certfile", "crt"), ("keyfile", "key")))
    process = None
    settings = configuration(extra)
    port = int(re.search(r"listener (\d+)", settings)[1])
    with running(command, settings, folder) as (identifier, port):
        idle = Memory(identifier)
        yield idle.row("idle, with a TLS listener")
        open_ones = [
            subscribed(connected(port, f"tls-{n}", context=context), f"tls/{n}")
            for n in range(TLS)]
        now = Memory(identifier)
        yield now.row(f"{TLS} TLS connections with a subscription", per(TLS, idle, now))
        for one in open_ones:
            one.close()


def file_row(program):
    lines = subprocess.run(["size", program], capture_output=True, text=True).stdout.splitlines()
    code, data, zeroed = lines[1].split()[:3] if len(lines) > 1 else ("?", "?", "?")
    return os.path.getsize(program), code, data, zeroed


def table(columns, rows):
    print("| " + " | ".join(columns) + " |")
    print("| --- |" + " ---: |" * (len(columns) - 1))
    for row in rows:
        print("| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row) + " |")
    print(flush=True)


def memory_of(name, command, folder):
    print(f"## Memory of {name} (KiB)\n")
    rows = []
    for measure in (measure_connections, measure_retained, measure_queue, measure_tls):
        try:
            rows += measure(command, folder)
        except (OSError, ssl.SSLError) as error:
            rows.append((f"{measure.__name__[8:]}: {error}", "", "", "", ""))
    table(("", "resident", "proportional", "anonymous", "bytes"), rows)


def main():
    program, peers = sys.argv[1], sys.argv[2:]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print("# Footprint\n\n## File\n")
    rows = [(os.path.basename(one), *file_row(one)) for one in (program, *peers) if os.path.exists(one)]
    table(("", "bytes", "text", "data", "bss"), rows)
    print("## Plan\n\n```")
    print(subprocess.run([program, "--plan"], capture_output=True, text=True).stdout + "```\n", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for one in (program, *peers):
            memory_of(os.path.basename(one), [one], folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
