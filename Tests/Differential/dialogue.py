"""One dialogue of a few Clients with one broker, written down so that two brokers' can be compared."""

import select
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "EndToEnd"))

import packets  # noqa: E402
from broker import free_port  # noqa: E402
from packets import (CONNACK, DISCONNECT, PINGRESP, PUBACK, PUBCOMP, PUBLISH, PUBREC, PUBREL,  # noqa: E402
                     SUBACK, TYPE_NAMES, UNSUBACK, V5)

PATIENCE = 10
CONFIGURATION = "listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nsys_interval 0\n"


class BrokerProcess:
    """A broker on a port of its own, with the same configuration for each of them."""

    def __init__(self, program):
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "broker.conf"
        path.write_text(CONFIGURATION.format(port=self.port))
        self.process = subprocess.Popen([program, "-c", str(path)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close()
            except ConnectionRefusedError:
                assert time.monotonic() < deadline and self.process.poll() is None, program
                time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


class Wrong:
    """Bytes that the standard does not let a Server send."""

    kind, qos = None, 0

    def __init__(self, words):
        self.words = words


class Client:
    def __init__(self, port, version):
        self.version = version
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.inbox = bytearray()
        self.got = []
        self.is_connected = False
        self.is_closed = False
        self.pongs = 0

    def send(self, raw):
        try:
            self.socket.sendall(raw)
        except OSError:
            pass  # The reader finds out that it is closed.

    def read(self, block):
        """Takes what has come; with `block`, waits until something has."""
        self.socket.settimeout(PATIENCE if block else 0)
        try:
            chunk = self.socket.recv(1 << 16)
        except BlockingIOError:
            return False
        except OSError as error:
            assert not isinstance(error, TimeoutError), "no answer in time"
            chunk = b""
        if not chunk:
            self.is_closed = True
            return False
        self.inbox += chunk
        while (header := packets.header_of(self.inbox)) and len(self.inbox) >= sum(header):
            raw = bytes(self.inbox[:sum(header)])
            del self.inbox[:sum(header)]
            try:
                self.take(packets.decode(raw, self.version))
            except packets.Malformed as error:
                self.got.append(Wrong(f"MALFORMED {raw.hex()}: {error}"))
        return True

    def take(self, packet):
        if packet.kind == PINGRESP:
            self.pongs += 1
            return
        if packet.kind == CONNACK and packet.reason == 0:
            self.is_connected = True
        self.got.append(packet)

    def ping(self):
        wanted = self.pongs + 1
        self.send(packets.pingreq())
        while self.pongs < wanted and not self.is_closed:
            self.read(block=True)


class Dialogue:
    """Acts on one broker; `lines` tell for each action what each Client was sent then."""

    def __init__(self, port, version, prefix):
        self.port = port
        self.version = version
        self.prefix = prefix  # of Client Identifiers: no dialogue meets the sessions of another
        self.clients = {}
        self.lines = []
        self.acknowledges = True
        self.witness = Client(port, packets.V311)
        self.witness.send(packets.connect(packets.V311, f"{prefix}-witness", keep_alive=0))
        self.settle()

    def end(self):
        """Ends the sessions too: what is queued for them would fill up while other dialogues go on."""
        for name, client in self.clients.items():
            client.socket.close()
            last = self.clients[name] = Client(self.port, packets.V311)
            last.send(packets.connect(packets.V311, f"{self.prefix}-{name}"))
            self.settle()
            last.send(packets.disconnect())
        for client in [*self.clients.values(), self.witness]:
            client.socket.close()

    # What a script does.

    def connect(self, name, version=None, identifier=None, **settings):
        version = version or self.version
        if name in self.clients:
            self.clients[name].socket.close()
        client = self.clients[name] = Client(self.port, version)
        raw = packets.connect(version, f"{self.prefix}-{identifier or name}", **settings)
        self.act(name, raw, f"CONNECT v{version} {told(settings)}")

    def raw(self, name, raw, label):
        """Bytes on a connection; on a new one if the Client has none."""
        if name not in self.clients or self.clients[name].is_closed:
            self.clients[name] = Client(self.port, self.version)
        self.act(name, raw, label)

    def subscribe(self, name, *filters, properties=None):
        version = self.clients[name].version
        raw = packets.subscribe(11, filters, version, properties)
        self.act(name, raw, f"SUBSCRIBE v{version} {list(filters)} {properties or ''}".strip())

    def unsubscribe(self, name, *filters):
        version = self.clients[name].version
        self.act(name, packets.unsubscribe(12, filters, version), f"UNSUBSCRIBE v{version} {filters}")

    def publish(self, name, topic, payload=b"", qos=0, packet_id=None, release=True, **settings):
        version = self.clients[name].version
        identifier = (packet_id or 21) if qos else None
        raw = packets.publish(topic, payload, qos, identifier, version=version, **settings)
        label = f"PUBLISH v{version} {topic!r} {payload!r} qos{qos} {told(settings)}".strip()
        if qos == 2 and release:
            # Whether it goes to others at PUBLISH or at PUBREL is free [4.3.3]: both are one action.
            self.clients[name].send(raw)
            self.settle()
            self.act(name, packets.pubrel(identifier), label)
        else:
            self.act(name, raw, label)

    def disconnect(self, name, reason=None, properties=None):
        self.act(name, packets.disconnect(reason, properties), f"DISCONNECT {reason or ''} "
                 f"{properties or ''}".strip())

    def drop(self, name):
        self.clients[name].socket.close()
        self.clients[name].is_closed = True
        self.write_down(name, "closes")

    # What is written down.

    def act(self, name, raw, label):
        if not self.clients[name].is_closed:
            self.clients[name].send(raw)
        self.write_down(name, label)

    def write_down(self, name, label):
        self.settle()
        heard = {}
        for other, client in self.clients.items():
            lines = normal(client.got) + (["closed"] if client.is_closed and not client.told else [])
            client.told = client.is_closed
            client.got = []
            if lines:
                heard[other] = lines
        self.lines.append((f"{name}: {label}", heard))

    def settle(self):
        """Until each Client has all that is on its way to it, and has acknowledged it."""
        for _ in range(2):
            self.witness.ping()
        moved = True
        while moved:
            moved = False
            for client in self.clients.values():
                moved = self.settle_one(client) or moved
            self.witness.ping()

    def settle_one(self, client):
        if not hasattr(client, "told"):
            client.told = client.is_closed
            client.acknowledged = 0
        if client.is_closed:
            return False
        before = len(client.got)
        if not client.is_connected and not client.got:
            # Some time passes between accept and CONNACK; then it may stay silent.
            select.select([client.socket], [], [], 0.3)
        while client.read(block=False):
            pass
        if client.is_connected and not client.is_closed:
            client.ping()
        if self.acknowledges and not client.is_closed:
            for packet in client.got[before:]:
                if packet.kind == PUBLISH and packet.qos:
                    client.send((packets.puback if packet.qos == 1 else packets.pubrec)(packet.packet_id))
                elif packet.kind == PUBREL:
                    client.send(packets.pubcomp(packet.packet_id))
        return len(client.got) > before


def told(settings):
    return " ".join(f"{name}={value}" for name, value in settings.items())


# What a broker is free to choose, or chooses for itself.
OWN = {"reason_string", "assigned_client_identifier", "receive_maximum", "topic_alias_maximum",
       "maximum_packet_size", "server_keep_alive", "retain_available", "maximum_qos",
       "wildcard_available", "subscription_identifiers_available", "shared_available"}


def normal(received):
    """Messages in their order, then other packets: how the two interleave is free, and the order of
    retained messages of several topics is."""
    messages, others = [], []
    received = sorted(received, key=lambda one: one.topic if one.kind == PUBLISH and one.retain else "")
    for packet in received:
        if isinstance(packet, Wrong):
            others.append(packet.words)
            continue
        properties = sorted(str(pair) for pair in packet.properties if pair[0] not in OWN)
        words = [TYPE_NAMES[packet.kind]]
        if packet.kind == PUBLISH:
            words += [packet.topic, repr(packet.payload[:20]), f"qos{packet.qos}"]
            words += ["retain"] * packet.retain + ["dup"] * packet.dup
        elif packet.kind == CONNACK:
            words += [f"{packet.reason:#x}"] + ["present"] * packet.session_present
        elif packet.kind in (SUBACK, UNSUBACK):
            words += [str([hex(reason) for reason in packet.reasons or []])]
        elif packet.kind in (PUBACK, PUBREC, PUBREL, PUBCOMP, DISCONNECT):
            words += [f"{packet.reason or 0:#x}"]
        (messages if packet.kind == PUBLISH else others).append(" ".join(words + properties))
    return messages + sorted(others)
