"""The program: command line, signals, exit status, messages."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time

import packets
import pytest
from broker import IS_SWIFTLET, free_port, program
from packets import DISCONNECT, V5
from raw_client import PATIENCE, RawClient

swiftlet_only = pytest.mark.swiftlet_only("Swiftlet's own command line and words")


def run(*arguments):
    return subprocess.run([program(), *arguments], capture_output=True, text=True, timeout=30,
                          stdin=subprocess.DEVNULL)


@swiftlet_only
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(option):
    done = run(option)
    assert done.returncode == 0
    for word in ("Usage", "-c", "-p", "-v", "-q", "-d", "--version", "--plan", "--test-config"):
        assert word in done.stdout + done.stderr


@swiftlet_only
@pytest.mark.skipif(not shutil.which("strace"), reason="strace watches the program")
def test_signals_are_taken_before_anybody_can_connect(tmp_path):
    """Who has connected may send any: one that came too early would end the program."""
    trace = tmp_path / "trace"
    process = subprocess.Popen(
        ["strace", "-f", "-e", "trace=rt_sigprocmask,listen", "-o", str(trace), program(), "-p", str(free_port())],
        stderr=subprocess.PIPE)
    next(line for line in process.stderr if b"running" in line)
    os.kill(int(trace.read_text().split()[0]), signal.SIGTERM)
    process.communicate(timeout=PATIENCE)
    calls = re.findall(r"(?<= )(?:listen\(|rt_sigprocmask\(SIG_BLOCK, \[[^]]*USR2)", trace.read_text())
    assert calls.index("listen(") == 1 and "SIG_BLOCK" in calls[0], calls


@swiftlet_only
def test_version():
    done = run("--version")
    assert done.returncode == 0 and "swiftlet" in (done.stdout + done.stderr).lower()


@swiftlet_only
def test_plan():
    done = run("--plan")
    assert done.returncode == 0
    lines = [line for line in (done.stdout + done.stderr).splitlines() if any(c.isdigit() for c in line)]
    assert len(lines) >= 5  # each pool and the sum


@swiftlet_only
@pytest.mark.parametrize("arguments", [["--nonsense"], ["-c"], ["-p"], ["-p", "x"], ["-p", "70000"],
                                       ["-p", "0"], ["stray"]], ids=" ".join)
def test_bad_command_line(arguments):
    done = run(*arguments)
    assert done.returncode != 0 and (done.stderr or done.stdout)


def test_port_in_use(tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        file = tmp_path / "broker.conf"
        file.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        done = run("-c", str(file))
    assert done.returncode != 0
    assert "in use" in (done.stderr + done.stdout).lower()


@swiftlet_only
def test_port_in_use_says_which():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = run("-p", str(port))
    assert done.returncode != 0 and str(port) in done.stderr + done.stdout


@pytest.mark.parametrize("path", ["/nonexistent/broker.conf", "/"])
def test_unreadable_configuration(path):
    done = run("-c", path)
    assert done.returncode != 0 and path in done.stderr + done.stdout


@pytest.mark.parametrize("line, word", [
    ("no_such_key 1", "no_such_key"),
    pytest.param("max_connections many", "max_connections", marks=swiftlet_only),
    ("allow_anonymous perhaps", "allow_anonymous"), ("listener", "listener"),
    ("listener 99999", "listener" if IS_SWIFTLET else "99999"), ("max_packet_size", "max_packet_size")])
def test_bad_key(tmp_path, line, word):
    file = tmp_path / "broken.conf"
    file.write_text(f"# a comment\n\n{line}\n")
    done = run("-c", str(file))
    words = done.stderr + done.stdout
    assert done.returncode != 0 and word in words
    if IS_SWIFTLET:
        assert f"{file}:3:" in words


@swiftlet_only
def test_test_config(tmp_path):
    good, bad = tmp_path / "good.conf", tmp_path / "bad.conf"
    good.write_text("listener 1883 127.0.0.1\nallow_anonymous true\nmax_keepalive 60\n")
    bad.write_text("listener 1883 127.0.0.1\nnonsense\n")
    assert run("-c", str(good), "--test-config").returncode == 0
    done = run("-c", str(bad), "--test-config")
    assert done.returncode != 0 and f"{bad}:2:" in done.stderr + done.stdout


# DOS line ends, comments, blanks at the end: as in files that people have.
def test_files_as_people_have_them(start_broker, client):
    broker = start_broker("# comment\r\n\r\nmax_keepalive 60\r\nmax_queued_messages 10  \r\n")
    client(broker=broker).ping()


# [MQTT-3.14.2-1] [MQTT-3.14.4-2]: 0x8B, Server shutting down. The exit status is the fixture's.
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_goodbye(start_broker, client, number):
    broker = start_broker()
    crowd = [client(version, broker=broker) for version in packets.VERSIONS]
    broker.signal(number)
    for member in crowd:
        got = member.expect_closed()
        if member.version == V5 and (member.polite or got):
            assert [(packet.kind, packet.reason) for packet in got] == [(DISCONNECT, 0x8B)]
        else:
            assert not got
    assert broker.process.wait(timeout=10) == 0


# Without a CONNACK there is no DISCONNECT. [MQTT-3.14.0-1]
def test_goodbye_to_a_stranger(start_broker, open_client):
    broker = start_broker()
    stranger = open_client(V5, broker)
    stranger.send(packets.connect(V5, "x")[:5])
    broker.signal(signal.SIGTERM)
    stranger.expect_gone()


@swiftlet_only
def test_sigusr2_prints_the_pools(start_broker, client):
    broker = start_broker()
    member = client(broker=broker)
    before = len(broker.log())
    broker.signal(signal.SIGUSR2)
    broker.wait_for_log("sessions", "messages")
    assert len(broker.log()) > before
    member.ping()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE],
                         ids=lambda number: number.name)
def test_signals_that_end_nothing(start_broker, client, name, number):
    broker = start_broker()
    member = client(broker=broker)
    member.subscribe(name)
    for _ in range(3):
        broker.signal(number)
        member.publish(name, "still here")
        member.expect_publish(payload="still here")


# A broken file at SIGHUP leaves what was.
@swiftlet_only
def test_broken_reload_keeps_the_old(start_broker, client, open_client, name):
    broker = start_broker("max_keepalive 30")
    broker.configuration_path.write_text("nonsense\n")
    broker.signal(signal.SIGHUP)
    broker.wait_for_log("nonsense")
    connack = open_client(V5, broker).connect(name, keep_alive=600)
    assert connack.properties.get("server_keep_alive") == 30


@swiftlet_only
def test_loopback_of_both_families():
    port = free_port()
    process = subprocess.Popen([program(), "-p", str(port)], stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + PATIENCE
        hosts = ["127.0.0.1", "::1"] if has_ipv6() else ["127.0.0.1"]
        for host in hosts:
            while True:
                try:
                    client = RawClient(port, V5, host=host)
                    break
                except ConnectionRefusedError:
                    assert time.monotonic() < deadline
                    time.sleep(0.01)
            client.connect("x")
            client.disconnect()
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


@pytest.mark.parametrize("option", ["-v", pytest.param("-q", marks=swiftlet_only)])
def test_log_options(start_broker, client, option, name):
    broker = start_broker("", [option])
    client(V5, f"{name}-visible", broker=broker).disconnect()
    if option == "-v":
        broker.wait_for_log(f"{name}-visible")
    else:
        assert not broker.log()


# One line when a Client comes and one when it goes, with the reason in words.
def test_log_of_a_client(start_broker, client, name):
    broker = start_broker()
    client(V5, f"{name}-a", broker=broker).disconnect()
    client(V5, f"{name}-b", broker=broker, keep_alive=60).send(b"\xf3\0")
    broker.wait_for_log(f"{name}-a", f"{name}-b", "disconnect")
