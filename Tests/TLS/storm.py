"""How TLS costs others: the latency of a plain client while TLS clients reconnect, and handshakes
per second. Figures, no test: run it on a machine that does nothing else.

usage: storm.py [--clients N] [--seconds N] [--core N] [mosquitto]
"""

import argparse
import contextlib
import os
import multiprocessing
import shutil
import select
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests/EndToEnd"))
from authority import Authority  # noqa: E402
from broker import free_port  # noqa: E402

CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"


@contextlib.contextmanager
def broker(kind, folder, server, core):
    secure, plain = free_port(), free_port()
    path = Path(folder) / f"{kind}.conf"
    path.write_text(
        ("per_listener_settings false\n" if kind == "mosquitto" else "user root\n") +
        f"allow_anonymous true\nlog_type error\nlistener {plain} 127.0.0.1\n"
        f"listener {secure} 127.0.0.1\n{server.settings}" + ("user root\n" if kind == "mosquitto" else ""))
    program = (shutil.which("mosquitto", path="/usr/sbin:/usr/bin") if kind == "mosquitto"
               else os.environ.get("SWIFTLET", str(ROOT / ".build/bin/host/swiftlet")))
    process = subprocess.Popen(["taskset", "-c", str(core), program, "-c", path],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1)
    try:
        yield secure, plain, process.pid
    finally:
        process.terminate()
        process.wait()


def shake(port, context, session=None):
    wire = socket.create_connection(("127.0.0.1", port), timeout=30)
    stream = context.wrap_socket(wire, session=session)
    return stream


def storm(port, count, stop, made, resumes):
    """So many clients, one after the other, over and over."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    poll, streams, session = select.epoll(), {}, None
    total = 0

    def begin():
        wire = socket.create_connection(("127.0.0.1", port))
        wire.setblocking(False)
        stream = context.wrap_socket(wire, do_handshake_on_connect=False,
                                     session=session if resumes else None)
        streams[stream.fileno()] = stream
        poll.register(stream.fileno(), select.EPOLLOUT)

    for _ in range(count):
        begin()
    while not stop.is_set():
        for descriptor, _ in poll.poll(0.1):
            stream = streams[descriptor]
            try:
                stream.do_handshake()
                total += 1
                session = stream.session
            except ssl.SSLWantReadError:
                poll.modify(descriptor, select.EPOLLIN)
                continue
            except OSError:
                pass
            poll.unregister(descriptor)
            del streams[descriptor]
            stream.close()
            begin()
    made.value = total


def ping(port, seconds):
    """Latencies of a plain client that publishes to itself, in milliseconds, sorted."""
    wire = socket.create_connection(("127.0.0.1", port))
    wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire.sendall(CONNECT)
    assert wire.recv(10) == b"\x20\x02\x00\x00"
    wire.sendall(b"\x82\x06\x00\x01\x00\x01p\x00")
    assert wire.recv(10) == b"\x90\x03\x00\x01\x00"
    message = b"\x30\x06\x00\x01pabc"
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        wire.sendall(message)
        got = b""
        while len(got) < len(message):
            got += wire.recv(100)
        found.append((time.perf_counter() - began) * 1000)
        time.sleep(0.001)
    wire.close()
    return sorted(found)


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(kind, folder, server, options):
    with broker(kind, folder, server, options.core) as (secure, plain, pid):
        show(kind, "quiet", ping(plain, options.seconds))
        for resumes in (False, True):
            stop, made = multiprocessing.Event(), multiprocessing.Value("i", 0)
            others = multiprocessing.Process(target=storm, args=(secure, options.clients, stop, made, resumes))
            others.start()
            time.sleep(1)
            began, used = time.monotonic(), processor_seconds(pid)
            found = ping(plain, options.seconds)
            used, took = processor_seconds(pid) - used, time.monotonic() - began
            stop.set()
            others.join()
            rate = made.value / (took + 1)
            show(kind, "resumed" if resumes else "full", found,
                 f"{rate:7.0f} handshakes/s, {1e6 * used / took / rate:5.0f} µs of processor each")


def show(kind, storm, found, more=""):
    at = lambda share: found[min(len(found) - 1, int(share * len(found)))]
    print(f"{kind:10} {storm:8} ping p50 {at(.5):6.2f} ms  p99 {at(.99):6.2f}  max {found[-1]:6.2f}  {more}",
          flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("kinds", nargs="*", default=["swiftlet", "mosquitto"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        server = authority.server()
        for kind in options.kinds:
            measure(kind, folder, server, options)


if __name__ == "__main__":
    main()
