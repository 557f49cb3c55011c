"""Clients that take one packet when their socket has something: from a frame of WebSocket, or of what TLS holds.

Paho C takes one packet from a frame and waits for the next event. Ruby's client waits with select() for the
socket, then reads one packet, whatever the TLS library has read beyond it.
"""

import os
import select
import shutil
import signal
import subprocess
import time

import packets
import pytest
from authority import Authority
from broker import Broker, free_port, let_in
from packets import PUBLISH, V5, V311
from raw_client import PATIENCE, RawClient
from tls import TLSClient, context
from websocket_client import BINARY, Stream, WebSocketClient, shake

TRANSPORTS = ["tcp", "ssl", "ws", "wss"]
pytestmark = pytest.mark.swiftlet_only("Debian's Mosquitto writes other words to its log")


class Everywhere:
    """A broker with a listener for each transport."""

    def __init__(self, folder, settings=""):
        let_in(folder)
        self.authority = Authority(folder)
        self.ports = {name: free_port() for name in TRANSPORTS[1:]}
        secure = self.authority.server("rsa").settings
        words = {"ssl": secure, "ws": "protocol websockets\n", "wss": f"protocol websockets\n{secure}"}
        listeners = "".join(f"listener {port} 127.0.0.1\n{words[name]}" for name, port in self.ports.items())
        self.broker = Broker(folder, settings + listeners)
        self.ports["tcp"] = self.broker.port
        self.broker.wait_for_log("running")

    def client(self, transport, version=V311):
        port = self.ports[transport]
        if transport == "tcp":
            return RawClient(port, version)
        if transport == "ssl":
            return TLSClient(port, context(self.authority), version)
        if transport == "ws":
            return WebSocketClient(port, version)
        client = TLSClient(port, context(self.authority), version)
        raw, reader = shake(client.socket)
        client.socket = Stream(raw, reader, None)
        return client


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory):
    running = Everywhere(tmp_path_factory.mktemp("everywhere"))
    yield running
    assert running.broker.stop() == 0, running.broker.log()


@pytest.fixture
def retained(everywhere, name):
    """52 retained messages, and what they are."""
    publisher = RawClient(everywhere.broker.port, V311)
    publisher.connect(f"p-{name}")
    kept = {f"{name}/{number}": b"%d " % number * (number * number + 1) for number in range(52)}
    publisher.send(*(packets.publish(topic, text, retain=True) for topic, text in kept.items()))
    publisher.ping()
    yield kept
    publisher.send(*(packets.publish(topic, b"", retain=True) for topic in kept))
    publisher.ping()
    publisher.close()


@pytest.mark.skipif(not shutil.which("paho_c_sub"), reason="paho.mqtt.c-examples is not installed")
@pytest.mark.parametrize("version", ["31", "311", "5"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_paho_c_has_all_that_is_retained(everywhere, retained, name, transport, version):
    command = ["stdbuf", "-oL", "paho_c_sub", f"{name}/#", "-c",
               f"{transport}://localhost:{everywhere.ports[transport]}", "-V", version, "-i", name,
               "--verbose", "--cafile", str(everywhere.authority.cafile)]
    client = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    got, deadline = b"", time.monotonic() + PATIENCE
    wanted = [f"{topic}\t{text.decode()}".encode().rstrip() for topic, text in retained.items()]
    while not all(text in got for text in wanted):
        left = deadline - time.monotonic()
        assert left > 0 and select.select([client.stdout], [], [], left)[0], got[-500:]
        got += os.read(client.stdout.fileno(), 1 << 16)
    client.send_signal(signal.SIGINT)
    client.communicate(timeout=PATIENCE)


@pytest.mark.skipif(not shutil.which("paho_c_pub"), reason="paho.mqtt.c-examples is not installed")
@pytest.mark.parametrize("qos", [0, 1, 2])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_paho_c_publishes(everywhere, name, transport, qos):
    reader = RawClient(everywhere.broker.port, V311)
    reader.connect(f"r-{name}")
    reader.subscribe((f"{name}/#", 2))
    done = subprocess.run(
        ["paho_c_pub", "-t", f"{name}/a", "-c", f"{transport}://localhost:{everywhere.ports[transport]}",
         "-q", str(qos), "-m", "hello", "-i", name, "--cafile", str(everywhere.authority.cafile)],
        capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done
    reader.expect_publish(f"{name}/a", b"hello")
    reader.close()


def read_exactly(stream, count):
    got = b""
    while len(got) < count:
        piece = stream.recv(count - len(got))
        assert piece, "closed within a packet"
        got += piece
    return got


def read_packet(stream):
    """One packet and not a byte more, as clients do whose sockets block."""
    head = read_exactly(stream, 2)
    while packets.header_of(head) is None:
        head += read_exactly(stream, 1)
    header, rest = packets.header_of(head)
    return head + read_exactly(stream, header + rest - len(head))


@pytest.mark.parametrize("version", [V311, V5])
def test_who_selects_and_reads_one_packet(everywhere, retained, name, version):
    """The socket, not the library, is asked whether there is something."""
    client = everywhere.client("ssl", version)
    client.connect(name)
    client.send(packets.subscribe(1, [(f"{name}/#", 0)], version=version))
    got = {}
    while len(got) < len(retained):
        assert select.select([client.socket], [], [], 2)[0], f"{len(got)} have come, then nothing"
        packet = packets.decode(read_packet(client.socket), version)
        if packet.kind == PUBLISH:
            got[packet.topic] = packet.payload
    assert got == retained
    client.close()


def test_who_selects_behind_much_that_waits(everywhere, name):
    """Much more waits for it than one call of the system takes."""
    client = everywhere.client("ssl")
    client.connect(name)
    client.subscribe((name, 0))
    publisher = RawClient(everywhere.broker.port, V311)
    publisher.connect(f"p-{name}")
    sizes = [1, 100, 16_370, 16_384, 20_000, 3, 40_000] * 20
    publisher.send(*(packets.publish(name, b"x" * size) for size in sizes))
    for size in sizes:
        assert select.select([client.socket], [], [], 2)[0], size
        assert len(packets.decode(read_packet(client.socket), V311).payload) == size
    client.close()
    publisher.close()


@pytest.mark.parametrize("transport", ["ws", "wss"])
@pytest.mark.parametrize("qos", [0, 1])
def test_each_frame_is_one_packet(everywhere, name, transport, qos):
    """Whatever its length, and although the reader is slow and answers come between."""
    sizes = [0, 1, 100, 125, 126, 4000, 65_535, 70_000, 300_000, 1_900_000] + [7] * 500
    client = everywhere.client(transport)
    client.connect(name)
    client.subscribe((name, qos))
    publisher = RawClient(everywhere.broker.port, V311)
    publisher.connect(f"p-{name}")
    publisher.send(*(packets.publish(name, b"x" * size, qos, number + 1 if qos else None)
                     for number, size in enumerate(sizes)))
    time.sleep(0.1)
    client.send(packets.pingreq() * 20)
    got, pings = [], 0
    while len(got) < len(sizes) or pings < 20:
        opcode, payload = client.socket.reader.read()
        assert opcode == BINARY and sum(packets.header_of(payload)) == len(payload)
        packet = packets.decode(payload, V311)
        if packet.kind == PUBLISH:
            got.append(len(packet.payload))
            if qos > 0:
                client.send(packets.puback(packet.packet_id))
        else:
            pings += 1
    assert got == sizes
    client.close()
    publisher.close()
