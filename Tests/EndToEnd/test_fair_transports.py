"""What one peer does below MQTT, in TCP, TLS and WebSocket, costs the others nothing."""

import ctypes
import os
import signal
import socket

import packets
import pytest
from packets import V311
from raw_client import RawClient

pytestmark = pytest.mark.swiftlet_only("the words of the log, and limits, are Swiftlet's")


# Sockets.

PIDFD_GETFD = 438


def other_end(broker, client):
    """The broker's own descriptor of a connection, borrowed from it."""
    libc = ctypes.CDLL(None, use_errno=True)
    process = os.pidfd_open(broker.process.pid)
    try:
        for number in map(int, os.listdir(f"/proc/{broker.process.pid}/fd")):
            descriptor = libc.syscall(PIDFD_GETFD, process, number, 0)
            if descriptor < 0:
                if ctypes.get_errno() in (1, 38):  # EPERM, ENOSYS
                    pytest.skip("the system lends no descriptors")
                continue
            if is_other_end(descriptor, client):
                return socket.socket(fileno=descriptor)
            os.close(descriptor)
    finally:
        os.close(process)
    raise AssertionError("the broker has no such connection")


def is_other_end(descriptor, client):
    try:
        with socket.socket(fileno=os.dup(descriptor)) as one:
            if client.socket.family == socket.AF_UNIX:
                return one.getsockopt(socket.SOL_SOCKET, 17, 12)[:4] == os.getpid().to_bytes(4, "little")
            return one.getpeername() == client.socket.getsockname()
    except OSError:
        return False


def options_of(one):
    """SO_KEEPALIVE, what TCP_KEEP… say, TCP_USER_TIMEOUT and TCP_NODELAY."""
    tcp = [one.getsockopt(socket.IPPROTO_TCP, option) for option in (
        socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT,
        socket.TCP_NODELAY)]
    return [one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), *tcp]


def test_dead_peers_are_found_out(start_broker):
    """Each connection inherits it of its listener; a reload is for those that come then."""
    broker = start_broker("user root\n" if os.getuid() == 0 else "")
    first = RawClient(broker.port, V311)
    first.connect("first")
    with other_end(broker, first) as one:
        assert options_of(one) == [1, 120, 30, 4, 240_000, 1]
    text = broker.configuration_path.read_text()
    broker.configuration_path.write_text(text + "set_tcp_nodelay false\n")
    broker.signal(signal.SIGHUP)
    broker.wait_for_log("Reloading")
    second = RawClient(broker.port, V311)
    second.connect("second")
    with other_end(broker, second) as one:
        assert options_of(one) == [1, 120, 30, 4, 240_000, 0]
    with other_end(broker, first) as one:
        assert options_of(one)[5] == 1
    first.close()
    second.close()


def test_sockets_of_the_file_system_have_none_of_it(start_broker, tmp_path):
    path = tmp_path / "socket"
    broker = start_broker(f"listener 0 {path}\nsocket_mode 666\n"
                          + ("user root\n" if os.getuid() == 0 else ""))
    client = RawClient(broker.port, V311)
    client.socket.close()
    client.socket = socket.socket(socket.AF_UNIX)
    client.socket.connect(str(path))
    client.connect("local")
    with other_end(broker, client) as one:
        assert one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
    client.ping()
    client.close()
