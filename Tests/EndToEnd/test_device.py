"""Living on a device: who it runs as, what it may do, where it listens and logs, who supervises it."""

import contextlib
import errno
import os
import platform
import pwd
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

import intruder
import pytest
from broker import IS_SWIFTLET, ROOT, Broker, free_port, let_in, program
from packets import V5
from raw_client import PATIENCE, RawClient

pytestmark = pytest.mark.skipif(not IS_SWIFTLET, reason="Swiftlet's own ways")
TINY = os.environ.get("SWIFTLET_TINY", str(ROOT / ".build/bin/tiny/swiftlet"))
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")


def status(broker):
    lines = Path(f"/proc/{broker.process.pid}/status").read_text().splitlines()
    return {name: rest.split() for name, rest in (line.split(":", 1) for line in lines)}


def run(directory, text, seconds=10, **more):
    """Runs a broker that is to end by itself."""
    let_in(directory)
    file = Path(directory) / "ends.conf"
    file.write_text(text)
    return subprocess.run([program(), "-c", str(file)], capture_output=True, text=True, timeout=seconds,
                          stdin=subprocess.DEVNULL, **more)


def until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@pytest.fixture
def open_folder(tmp_path):
    """A folder in which everybody may make files: the user of the broker too."""
    let_in(tmp_path)
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


# MARK: Who it is


@as_root
def test_it_becomes_the_usual_user(start_broker):
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = next(names[name] for name in ("swiftlet", "mosquitto", "nobody") if name in names)
    found = status(start_broker())
    assert found["Uid"] == [str(user.pw_uid)] * 4
    assert found["Gid"] == [str(user.pw_gid)] * 4
    assert "0" not in found["Groups"]
    assert int(found["CapEff"][0], 16) == 0 and int(found["CapPrm"][0], 16) == 0


@as_root
def test_it_becomes_the_user_of_the_configuration(start_broker):
    user = pwd.getpwnam("daemon")
    found = status(start_broker("user daemon"))
    assert found["Uid"] == [str(user.pw_uid)] * 4 and found["Gid"] == [str(user.pw_gid)] * 4


@as_root
def test_groups_of_the_user_come_along(start_broker):
    members = [line.split(":") for line in Path("/etc/group").read_text().splitlines()]
    user = next((names.split(",")[0] for _, _, _, names in members if names), None)
    if user is None:
        pytest.skip("nobody on this machine is in a second group")
    wanted = set(os.getgrouplist(user, pwd.getpwnam(user).pw_gid))
    found = status(start_broker(f"user {user}"))
    assert {int(group) for group in found["Groups"]} == wanted


@as_root
def test_root_stays_root_when_told_and_is_warned(start_broker):
    broker = start_broker("user root")
    assert status(broker)["Uid"] == ["0"] * 4
    assert "runs as root" in broker.log()


@as_root
def test_an_unknown_user_is_an_error(tmp_path):
    done = run(tmp_path, f"listener {free_port()} 127.0.0.1\nuser no_such_user\n")
    assert done.returncode == 1 and "no_such_user" in done.stderr


@as_root
def test_who_is_not_root_ignores_it(tmp_path):
    let_in(tmp_path)
    nobody = pwd.getpwnam("nobody")
    broker = Broker(tmp_path, "user daemon", prepare=lambda: (os.setgid(nobody.pw_gid), os.setuid(nobody.pw_uid)))
    assert status(broker)["Uid"] == [str(nobody.pw_uid)] * 4
    assert broker.stop() == 0


@as_root
def test_a_port_below_1024_is_opened_before_root_is_given_up(tmp_path):
    for port in range(1023, 900, -1):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            break
    broker = Broker(tmp_path, f"listener {port} 127.0.0.1")
    # The other listener is opened first.
    until(lambda: connects(port), "it does not listen")
    client = RawClient(port, V5)
    client.connect("low")
    client.ping()
    assert status(broker)["Uid"][0] != "0"
    client.close()
    assert broker.stop() == 0


# MARK: What it may do


def test_the_kernel_confines_it(start_broker, client):
    broker = start_broker()
    found = status(broker)
    assert found["Seccomp"] == ["2"] and found["NoNewPrivs"] == ["1"]
    # It still does all it has to do.
    member = client(broker=broker)
    member.subscribe("t")
    member.publish("t", "confined")
    member.expect_publish(payload="confined")
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGRTMIN):
        broker.signal(number)
    broker.wait_for_log("Reloading", "nothing to save", "sessions:")
    assert "Error" not in broker.log()


def test_sandbox_false_leaves_it_alone(start_broker):
    found = status(start_broker("sandbox false"))
    assert found["Seccomp"] == ["0"] and found["NoNewPrivs"] == ["0"]


@pytest.mark.skipif(not intruder.AVAILABLE, reason="the intruder knows one architecture")
@pytest.mark.parametrize("name, number, arguments", [
    ("an internet socket", 41, (socket.AF_INET, socket.SOCK_STREAM, 0)),
    ("a raw socket", 41, (17, 3, 0)),
    ("memory", 9, (0, 4096, 3, 0x22)),
    ("memory that can be run", 10, (0, 4096, 7)),
    ("a new process", 57, ()),
    ("another's memory", 101, (0, 1)),
    ("a kernel module", 175, (0, 0, 0)),
    ("a mount", 165, (0, 0, 0)),
    ("root", 105, (0,)),
    ("other rights of a file", 90, (0, 0o4755)),
])
def test_an_intruder_is_refused(start_broker, client, name, number, arguments):
    broker = start_broker()
    assert intruder.ask(broker.process.pid, number, *arguments) == -errno.EPERM
    client(broker=broker).ping()  # and who is served notices nothing


@pytest.mark.skipif(not intruder.AVAILABLE, reason="the intruder knows one architecture")
@pytest.mark.parametrize("number", [59, 322], ids=["execve", "execveat"])
def test_an_intruder_who_wants_a_shell_ends_the_process(tmp_path, number):
    broker = Broker(tmp_path)
    assert intruder.ask(broker.process.pid, number, 0, 0, 0) is None
    until(lambda: not Path(f"/proc/{broker.process.pid}/fd/0").exists(), "it lives")
    broker.process.returncode = -signal.SIGSYS  # the tracer has waited for it


@pytest.mark.skipif(not intruder.AVAILABLE, reason="the intruder knows one architecture")
def test_the_intruder_gets_what_he_wants_without_the_sandbox(start_broker):
    broker = start_broker("sandbox false")
    assert intruder.ask(broker.process.pid, 41, socket.AF_INET, socket.SOCK_STREAM, 0) > 2


@pytest.mark.skipif(not Path(TINY).exists(), reason="board tiny is not built")
def test_memory_lock_keeps_all_of_it_resident(tmp_path):
    broker = Broker(tmp_path, "memory_lock true", path=TINY)
    found = status(broker)
    assert int(found["VmLck"][0]) * 1024 >= planned_bytes(TINY)
    assert broker.stop() == 0
    broker = Broker(tmp_path, "memory_lock false", path=TINY)
    assert int(status(broker)["VmLck"][0]) == 0
    assert broker.stop() == 0


def planned_bytes(path):
    plan = subprocess.run([path, "--plan"], capture_output=True, text=True, check=True).stdout
    return int(plan.splitlines()[-1].split()[-1])


@as_root
def test_memory_that_cannot_be_locked_is_an_error(tmp_path):
    def poor():
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (4096, 4096))
        os.setgid(65534)
        os.setuid(65534)

    done = run(tmp_path, f"listener {free_port()} 127.0.0.1\nmemory_lock true\n", preexec_fn=poor)
    assert done.returncode == 1 and "lock the memory" in done.stderr


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is missing")
def test_it_writes_to_no_file_unless_told_to(tmp_path):
    trace, port = tmp_path / "trace", free_port()
    process = subprocess.Popen(
        ["strace", "-f", "-qq", "-o", str(trace), program(), "-p", str(port)], stderr=subprocess.DEVNULL)
    until(lambda: connects(port), "it does not listen")
    client = RawClient(port, V5)
    client.connect("writer")
    client.publish("kept", "x" * 1000, 1, retain=True)
    client.disconnect()
    child = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
    os.kill(child, signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 0
    calls = trace.read_text()
    assert "openat" in calls or "open(" in calls
    writing = re.findall(r"^\d+ +((?:open|creat|mkdir|rename|unlink|link|truncate)\w*\(.*)", calls, re.M)
    assert not [call for call in writing if not call.startswith("open") or
                re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC)", call)]


def connects(port, host="127.0.0.1"):
    with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
        return True
    return False


# MARK: Where it listens


def through(path):
    """A connection to a socket of the file system, as a Client."""
    raw = socket.socket(socket.AF_UNIX)
    raw.connect(str(path))
    return raw


CONNECT = bytes.fromhex("100d 0004 4d515454 04 02 003c 0001 75".replace(" ", ""))


def test_a_unix_socket(open_folder, start_broker):
    path = open_folder / "socket"
    broker = start_broker(f"listener 0 {path}")
    assert stat.S_ISSOCK(path.stat().st_mode) and path.stat().st_mode & 0o777 == 0o660
    command = ["mosquitto_sub", "--unix", str(path), "-t", "t", "-C", "1", "-W", "10", "-q", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as subscriber:
        while subscriber.poll() is None:
            subprocess.run(["mosquitto_pub", "--unix", str(path), "-t", "t", "-m", "through", "-q", "1"],
                           check=True)
            with contextlib.suppress(subprocess.TimeoutExpired):
                subscriber.wait(0.2)
        assert subscriber.stdout.read() == b"through\n"
    broker.stop()
    assert not path.exists()


def test_the_mode_of_a_unix_socket(open_folder, start_broker):
    path = open_folder / "socket"
    start_broker(f"listener 0 {path}\nsocket_mode 0600")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_socket_left_behind_is_replaced(open_folder, start_broker):
    path = open_folder / "socket"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    path.chmod(0o777)
    start_broker(f"listener 0 {path}")
    with through(path) as raw:
        raw.sendall(CONNECT)
        assert raw.recv(4) == b"\x20\x02\0\0"


def test_a_socket_somebody_listens_on_is_left_alone(open_folder, tmp_path):
    path = open_folder / "socket"
    with socket.socket(socket.AF_UNIX) as holder:
        holder.bind(str(path))
        holder.listen()
        path.chmod(0o777)
        done = run(tmp_path, f"listener 0 {path}\n")
        assert done.returncode == 1 and "in use" in done.stderr and str(path) in done.stderr
        with through(path):
            holder.accept()[0].close()


def test_a_file_that_is_no_socket_is_left_alone(open_folder, tmp_path):
    path = open_folder / "precious"
    path.write_text("precious")
    done = run(tmp_path, f"listener 0 {path}\n")
    assert done.returncode == 1 and "exists" in done.stderr
    assert path.read_text() == "precious"


def test_an_interface_has_two_addresses(tmp_path):
    port = free_port()
    broker = Broker(tmp_path, f"listener {port}\nbind_interface lo")
    assert connects(port) and (not has_ipv6() or connects(port, "::1"))
    assert not connects(port, "127.0.0.2")  # bound to the address, not to all
    assert broker.stop() == 0


def has_ipv6():
    return "00000000000000000000000000000001" in Path("/proc/net/if_inet6").read_text()


def test_an_interface_of_one_family(tmp_path):
    port = free_port()
    broker = Broker(tmp_path, f"listener {port}\nbind_interface lo\nsocket_domain ipv4")
    assert connects(port) and not connects(port, "::1")
    assert broker.stop() == 0


@pytest.mark.parametrize("line, words", [
    ("bind_interface nosuch0", "nosuch0 does not exist"), ("", "no such address")])
def test_an_interface_that_cannot_be(tmp_path, line, words):
    address = "" if line else " 192.0.2.1"
    done = run(tmp_path, f"listener {free_port()}{address}\n{line or 'bind_interface lo'}\n")
    assert done.returncode == 1 and words in done.stderr


@pytest.mark.parametrize("domain, reachable", [("ipv4", "127.0.0.1"), ("ipv6", "::1")])
def test_a_listener_of_one_family(tmp_path, domain, reachable):
    port = free_port()
    broker = Broker(tmp_path, f"listener {port}\nsocket_domain {domain}")
    assert [host for host in ("127.0.0.1", "::1") if connects(port, host)] == [reachable]
    assert broker.stop() == 0


def test_a_listener_of_all_addresses_takes_both_families(tmp_path):
    port = free_port()
    broker = Broker(tmp_path, f"listener {port}")
    assert connects(port) and connects(port, "::1") and connects(port, "127.0.0.2")
    assert broker.stop() == 0


# MARK: Where it logs


def test_the_log_file_is_opened_again(open_folder, start_broker):
    log = open_folder / "log"
    broker = start_broker(f"log_dest file {log}")
    until(lambda: "running" in log.read_text(), "no log")
    for number in (signal.SIGRTMIN, signal.SIGHUP):
        moved = open_folder / f"log.{number}"
        log.rename(moved)
        broker.signal(number)
        until(log.exists, "the log was not opened again")
        broker.signal(signal.SIGUSR1)
        until(lambda: "nothing to save" in log.read_text(), "the new file has no lines")
    assert log.stat().st_mode & 0o777 == 0o640


def test_a_log_file_that_cannot_be_opened_stops_nobody(start_broker, tmp_path, client):
    """No destination can: lines go to the standard error then. Nor does one that cannot be opened any more."""
    broker = start_broker(f"log_dest file {tmp_path}/no/such/log\n")
    told = f"Error: Unable to open log file {tmp_path}/no/such/log for writing: no such file or directory; lines go"
    broker.wait_for_log(f"{told} to the standard error.", "running")
    for number, words in ((signal.SIGRTMIN, f"{told} where they went."), (signal.SIGHUP, "Reloading config.")):
        broker.signal(number)
        broker.wait_for_log(words)
    client(broker=broker, client_id="still").ping()
    broker.wait_for_log("as still")


def test_a_full_disk_is_told_once_and_again_when_it_is_over(start_broker):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    broker = start_broker("log_dest file /dev/full")
    for _ in range(5):
        broker.signal(signal.SIGUSR1)
        time.sleep(0.02)
    broker.wait_for_log("/dev/full: no space left on device")
    assert broker.log().count("no space left") == 1


@as_root
def test_lines_a_full_disk_took_are_counted(tmp_path, open_folder):
    disk = open_folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k,mode=777", "none", str(disk)], check=True)
    try:
        (disk / "ballast").write_bytes(b"x" * 4096)
        (disk / "log").write_bytes(b"y" * 4080 + b"\n")
        (disk / "log").chmod(0o666)
        broker = Broker(tmp_path, f"log_dest file {disk}/log")
        for _ in range(3):
            broker.signal(signal.SIGUSR1)
            time.sleep(0.02)
        (disk / "ballast").unlink()
        broker.signal(signal.SIGUSR1)
        until(lambda: "lines of the log could not be written here" in (disk / "log").read_text(),
              "the loss is not told")
        assert broker.stop() == 0
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_reader_that_has_stopped_does_not_stop_the_broker(tmp_path):
    let_in(tmp_path)
    port = free_port()
    file = tmp_path / "pipe.conf"
    file.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nlog_type all\n")
    with subprocess.Popen([program(), "-c", str(file)], stderr=subprocess.PIPE) as process:
        until(lambda: connects(port), "it does not listen")
        for number in range(900):  # far more lines than the pipe holds: nobody reads it
            os.kill(process.pid, signal.SIGUSR2)
            if number % 30 == 0:
                client = RawClient(port, V5)
                client.connect("x")
                client.disconnect()
                client.close()
        process.terminate()
        assert process.wait(timeout=PATIENCE) == 0


@contextlib.contextmanager
def machine_log(folder):
    """A daemon of the system's log: its socket in a folder that stands in for /dev."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.bind(str(folder / "log"))
        (folder / "log").chmod(0o666)
        daemon.settimeout(PATIENCE)
        yield daemon


def line_with(daemon, words):
    while True:
        line = daemon.recv(2048).decode()
        if words in line:
            return line


@as_root
@pytest.mark.parametrize("setting, facility", [("", 3), ("log_facility 0", 16), ("log_facility 7", 23)])
def test_the_systems_log(tmp_path, open_folder, setting, facility):
    wrapper = tmp_path / "wrapped"
    wrapper.write_text(f"#!/bin/sh\nmount --bind {open_folder} /dev && exec {program()} \"$@\"\n")
    wrapper.chmod(0o755)
    inside = tmp_path / "inside"
    inside.write_text(f"#!/bin/sh\nexec unshare --mount {wrapper} \"$@\"\n")
    inside.chmod(0o755)
    with machine_log(open_folder) as daemon:
        broker = Broker(tmp_path, f"log_dest syslog\n{setting}", path=str(inside))
        number = broker.process.pid
        assert line_with(daemon, "running") == \
            f"<{facility * 8 + 6}>swiftlet[{number}]: swiftlet version 0.1.0 running"
        with contextlib.closing(RawClient(broker.port, V5)) as client:
            client.connect("logged")
            assert line_with(daemon, "logged").startswith(f"<{facility * 8 + 5}>swiftlet[")
    (open_folder / "log").unlink()
    broker.signal(signal.SIGUSR1)  # lost: there is no daemon
    with machine_log(open_folder) as daemon:  # it was started again
        until(lambda: broker.is_running(), "it died")
        broker.signal(signal.SIGUSR1)
        assert "nothing to save" in line_with(daemon, "save")
        assert broker.stop() == 0


def test_the_log_as_messages(start_broker, client, name):
    broker = start_broker("log_dest topic\nlog_dest stderr\nlog_type all")
    reader = client(broker=broker)
    reader.subscribe("$SYS/broker/log/#")
    client(V5, f"{name}-seen", broker=broker).subscribe(name)
    got = [reader.expect_publish() for _ in range(4)]
    assert [packet.topic for packet in got] == [
        "$SYS/broker/log/M/subscribe", "$SYS/broker/log/N", "$SYS/broker/log/N", "$SYS/broker/log/M/subscribe"]
    assert b": New connection from 127.0.0.1:" in got[1].payload
    assert all(re.fullmatch(rb"\d+: .*" + name.encode() + rb"-seen.*", packet.payload) for packet in got[2:])
    # Its own delivery makes no line: there is silence then.
    reader.ping()
    assert not reader.inbox


def test_probes_of_health_checks_are_silent(start_broker, client):
    broker = start_broker()
    before = broker.log()
    for _ in range(20):
        socket.create_connection(("127.0.0.1", broker.port)).close()
    client(broker=broker, client_id="real").ping()
    broker.wait_for_log("real")
    told = broker.log()[len(before):].splitlines()
    assert len(told) == 2 and "New connection from" in told[0] and " as real " in told[1]


# MARK: Who supervises it


class Supervisor:
    """The end of systemd's protocol that systemd has."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name)
        self.socket.settimeout(PATIENCE)

    def told(self):
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())


@contextlib.contextmanager
def supervised(directory, name, **environment):
    let_in(directory)
    supervisor = Supervisor("\0" + name[1:] if name.startswith("@") else name)
    if not name.startswith("@"):
        os.chmod(name, 0o666)
    port = free_port()
    file = Path(directory) / "supervised.conf"
    file.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nsys_interval 0\n")
    with open(Path(directory) / "supervised.log", "w") as log:
        process = subprocess.Popen([program(), "-c", str(file)], stderr=log,
                                   env={**os.environ, "NOTIFY_SOCKET": name, **environment})
    try:
        yield supervisor, process, port
    finally:
        if process.poll() is None:
            process.terminate()
        assert process.wait(timeout=PATIENCE) == 0
        supervisor.socket.close()


@pytest.mark.parametrize("is_abstract", [False, True], ids=["path", "abstract"])
def test_it_tells_when_it_is_ready_reloads_and_stops(tmp_path, open_folder, is_abstract):
    name = f"@swiftlet-test-{os.getpid()}" if is_abstract else str(open_folder / "notify")
    with supervised(tmp_path, name) as (supervisor, process, port):
        assert supervisor.told()["READY"] == "1"
        assert connects(port)
        process.send_signal(signal.SIGHUP)
        told = supervisor.told()
        assert told["RELOADING"] == "1"
        assert abs(int(told["MONOTONIC_USEC"]) / 1e6 - time.clock_gettime(time.CLOCK_MONOTONIC)) < 5
        assert supervisor.told()["READY"] == "1"
        process.terminate()
        assert supervisor.told()["STOPPING"] == "1"


def test_it_gives_signs_of_life_at_half_the_time(tmp_path, open_folder):
    with supervised(tmp_path, str(open_folder / "notify"), WATCHDOG_USEC="400000") as (supervisor, _, _):
        assert "READY" in supervisor.told()
        start = time.monotonic()
        for _ in range(6):
            assert supervisor.told() == {"WATCHDOG": "1"}
        assert 0.8 < time.monotonic() - start < 2.5  # at once, then five times 0.2 s


def test_a_watchdog_of_another_process_is_not_ours(tmp_path, open_folder):
    with supervised(tmp_path, str(open_folder / "notify"), WATCHDOG_USEC="20000",
                    WATCHDOG_PID="1") as (supervisor, _, _):
        assert "READY" in supervisor.told()
        supervisor.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            supervisor.told()


def test_sockets_that_are_handed_over(tmp_path, open_folder):
    let_in(tmp_path)
    path = open_folder / "handed"
    with socket.socket() as port_socket, socket.socket(socket.AF_UNIX) as path_socket:
        port_socket.bind(("127.0.0.1", 0))
        port_socket.listen()
        path_socket.bind(str(path))
        path_socket.listen()
        port = port_socket.getsockname()[1]
        file = tmp_path / "activated.conf"
        file.write_text(f"listener {port} 127.0.0.1\nlistener 0 {path}\nallow_anonymous true\n")
        script = ('import os, sys\n'
                  'a, b = os.dup(int(sys.argv[1])), os.dup(int(sys.argv[2]))\n'
                  'os.dup2(a, 13); os.dup2(b, 14); os.dup2(13, 3); os.dup2(14, 4)\n'
                  'os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()))\n'
                  'os.execv(sys.argv[3], sys.argv[3:])\n')
        descriptors = (port_socket.fileno(), path_socket.fileno())
        with open(tmp_path / "log", "w") as log:
            process = subprocess.Popen(
                [shutil.which("python3"), "-c", script, *map(str, descriptors), program(), "-c", str(file)],
                pass_fds=descriptors, stderr=log)
        with contextlib.closing(RawClient(port, V5)) as client:
            client.connect("handed")
            client.ping()
        with through(path) as raw:
            raw.sendall(CONNECT)
            assert raw.recv(4) == b"\x20\x02\0\0"
        process.terminate()
        assert process.wait(timeout=PATIENCE) == 0
        assert (tmp_path / "log").read_text().count("handed over") == 2
        assert path.exists()  # it is whose who made it


def test_the_pid_file(open_folder, start_broker):
    path = open_folder / "pid"
    broker = start_broker(f"pid_file {path}")
    until(lambda: path.exists() and path.read_text(), "no pid file")
    assert int(path.read_text()) == broker.process.pid
    broker.stop()
    assert not path.exists()


def test_in_the_background(tmp_path, open_folder):
    port, path = free_port(), open_folder / "pid"
    file = tmp_path / "background.conf"
    let_in(tmp_path)
    file.write_text(f"listener {port} 127.0.0.1\npid_file {path}\nlog_dest file {open_folder}/log\n")
    subprocess.run([program(), "-c", str(file), "-d"], check=True, timeout=PATIENCE)
    until(lambda: path.exists() and path.read_text(), "no pid file")
    number = int(path.read_text())
    try:
        assert connects(port)
        assert os.getsid(number) == number
        assert os.readlink(f"/proc/{number}/fd/2") == "/dev/null"
    finally:
        os.kill(number, signal.SIGTERM)
    until(lambda: not path.exists(), "it did not end")
    assert "running" in (open_folder / "log").read_text()


# MARK: Secrets


@pytest.fixture
def certificate(open_folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-keyout", f"{open_folder}/key", "-out", f"{open_folder}/certificate", "-days", "2",
                    "-subj", "/CN=localhost"], check=True, capture_output=True)
    return open_folder


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is missing")
@pytest.mark.parametrize("mode, is_warned", [(0o644, True), (0o604, True), (0o640, False), (0o600, False)])
def test_a_key_that_everybody_may_read(certificate, start_broker, mode, is_warned):
    (certificate / "key").chmod(mode)
    broker = start_broker(f"listener {free_port()} 127.0.0.1\ncertfile {certificate}/certificate\n"
                          f"keyfile {certificate}/key")
    broker.wait_for_log("running")
    warning = f"Warning: File {certificate}/key can be read by everybody"
    assert (warning in broker.log()) == is_warned


@as_root
@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is missing")
def test_a_key_of_somebody_else(certificate, start_broker):
    (certificate / "key").chmod(0o640)
    os.chown(certificate / "key", pwd.getpwnam("games").pw_uid, 0)
    broker = start_broker(f"listener {free_port()} 127.0.0.1\ncertfile {certificate}/certificate\n"
                          f"keyfile {certificate}/key")
    broker.wait_for_log("neither the broker's user nor root")


@as_root
@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is missing")
def test_a_key_of_the_user_is_as_it_should_be(certificate, start_broker):
    (certificate / "key").chmod(0o600)
    os.chown(certificate / "key", pwd.getpwnam("daemon").pw_uid, 0)
    broker = start_broker(f"user daemon\nlistener {free_port()} 127.0.0.1\n"
                          f"certfile {certificate}/certificate\nkeyfile {certificate}/key")
    broker.wait_for_log("running")
    assert "Warning" not in broker.log()


@as_root
def test_what_only_root_may_read_is_read_at_start_alone(start_broker):
    broker = start_broker()
    broker.configuration_path.chmod(0o600)
    broker.signal(signal.SIGHUP)
    broker.wait_for_log("permission denied", "the old one stays")
    broker.signal(signal.SIGUSR1)
    broker.wait_for_log("nothing to save")
