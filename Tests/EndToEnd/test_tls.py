"""TLS, as clients see it: handshakes, records, resumption, closes."""

import contextlib
import itertools
import select
import shutil
import socket
import ssl
import subprocess
import threading
import time

import packets
import pytest
import tls
from authority import Authority
from broker import Broker, free_port, let_in
from raw_client import PATIENCE, Closed, RawClient
from tls import CutClient, TLSClient, context

pytestmark = pytest.mark.swiftlet_only("the words of the log, and memory, are Swiftlet's")
numbers = itertools.count(1)
WORDS = {3: "31", 4: "311", 5: "5"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    folder = tmp_path_factory.mktemp("authority")
    let_in(folder)
    return Authority(folder)


@pytest.fixture(scope="module", params=["ecdsa", "rsa", "p384"])
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def servers(authority):
    return {kind: authority.server(kind) for kind in ("ecdsa", "rsa", "p384")}


@pytest.fixture(scope="module")
def broker(tmp_path_factory, servers):
    """One listener with TLS, and behind it a plain one: `plain_port`."""
    plain = free_port()
    broker = Broker(tmp_path_factory.mktemp("broker"), servers["ecdsa"].settings +
                    f"connect_timeout 3\nlistener {plain} 127.0.0.1\n")
    broker.plain_port = plain
    broker.base = tls.memory(broker)
    yield broker
    assert broker.stop() == 0, broker.log()


@pytest.fixture(autouse=True)
def still_serves(request):
    """Whatever the test did, plain clients are served, and nothing is left of it."""
    yield
    if "broker" in request.fixturenames:
        broker = request.getfixturevalue("broker")
        witness = RawClient(broker.plain_port, packets.V311)
        witness.connect(f"w{next(numbers)}")
        witness.disconnect()
        tls.wait_for_memory(broker, broker.base)


@pytest.fixture
def join(broker, authority):
    """A connected Client: `join(client_id)`; closed when the test ends."""
    opened = []

    def connected(client_id=None, version=packets.V5, made=None, **settings):
        opened.append(TLSClient(broker.port, made or context(authority), version))
        opened[-1].connect(f"t{next(numbers)}" if client_id is None else client_id, **settings)
        return opened[-1]

    yield connected
    for client in opened:
        client.close()


def mosquitto(program, broker, authority, *arguments, version=4):
    return [program, "-h", "localhost", "-p", str(broker.port), "-V", WORDS[version],
            "--cafile", str(authority.cafile), *arguments]


# MARK: Clients

def test_mosquitto_clients(start_broker, authority, servers, kind, version, name):
    broker = start_broker(servers[kind].settings)
    command = mosquitto("mosquitto_pub", broker, authority, "-t", name, "-r", "-q", "1", "-m", "kept",
                        version=version)
    subprocess.run(command, check=True, timeout=PATIENCE)
    command = mosquitto("mosquitto_sub", broker, authority, "-t", name, "-q", "1", "-C", "1",
                        version=version)
    done = subprocess.run(command, check=True, timeout=PATIENCE, capture_output=True, text=True)
    assert done.stdout == "kept\n"


def test_paho(broker, authority, version, name):
    paho = pytest.importorskip("paho.mqtt.client")
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, name, protocol=version)
    client.tls_set(str(authority.cafile))
    got, ready = [], threading.Event()
    client.on_connect = lambda client, *_: client.subscribe(name, 2)
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda client, data, message: (got.append(message.payload), ready.set())
    client.connect("localhost", broker.port)
    client.loop_start()
    assert ready.wait(PATIENCE)
    ready.clear()
    client.publish(name, "through", 2).wait_for_publish(PATIENCE)
    assert ready.wait(PATIENCE) and got == [b"through"]
    client.disconnect()
    client.loop_stop()


def s_client(broker, authority, *arguments, stdin=""):
    command = ["openssl", "s_client", "-connect", f"localhost:{broker.port}", "-CAfile",
               str(authority.cafile), "-verify_return_error", *arguments]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=PATIENCE)
    return done.stdout + done.stderr


def test_openssl(broker, authority):
    said = s_client(broker, authority, "-alpn", "mqtt")
    assert "Verify return code: 0 (ok)" in said and "ALPN protocol: mqtt" in said
    assert "Protocol  : TLSv1.2" in said and "Secure Renegotiation IS supported" in said


def test_the_strongest_cheap_cipher_is_taken(join):
    cipher, version, bits = join().socket.cipher()
    assert version == "TLSv1.2" and bits >= 128
    assert "ECDHE-ECDSA" in cipher and ("GCM" in cipher or "CHACHA20" in cipher)


def test_the_client_refuses_another_host_name(broker, authority):
    with pytest.raises(ssl.SSLCertVerificationError, match="[Hh]ostname"):
        TLSClient(broker.port, context(authority), host="broker.example")


def test_the_client_refuses_another_authority(broker, tmp_path):
    with pytest.raises(ssl.SSLCertVerificationError):
        TLSClient(broker.port, context(Authority(tmp_path, "Other")))
    broker.wait_for_log("it has refused us")


# MARK: Versions, protocols, ciphers

@pytest.mark.parametrize("versions", [
    (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1),
    (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3)], ids=["1.1", "1.3"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_other_versions_are_refused(broker, versions):
    made = context(version=versions[1])
    made.minimum_version = versions[0]
    made.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        TLSClient(broker.port, made)
    broker.wait_for_log("it wants another version of TLS")


# haproxy says the one, AWS's devices say the other: it is for us no more than nothing.
@pytest.mark.parametrize("protocols, chosen", [
    ((), None), (("mqtt",), "mqtt"), (("x", "mqtt"), "mqtt"), (("h2", "http/1.1"), None),
    (("x-amzn-mqtt-ca",), None), (("mqt", "mqttt", "MQTT"), None), (("mqtt",), "mqtt")])
def test_protocols(join, authority, protocols, chosen):
    client = join(made=context(authority, protocols=protocols))
    assert client.socket.selected_alpn_protocol() == chosen


# MARK: Resumption

def test_a_reconnect_resumes(broker, authority, tmp_path):
    kept = str(tmp_path / "session")
    assert "Reused, " not in s_client(broker, authority, "-sess_out", kept)
    said = s_client(broker, authority, "-sess_in", kept)
    assert "Reused, " in said and "Verify return code: 0 (ok)" in said


def test_a_resumed_session_carries_packets(broker, authority, name):
    made = context(authority)
    first = TLSClient(broker.port, made)
    first.connect(name)
    session = first.socket.session
    first.disconnect()
    again = TLSClient(broker.port, made, session=session)
    assert again.socket.session_reused
    again.connect(name)
    again.subscribe(name)
    again.publish(name, "round", qos=1)
    again.take_publish(topic=name, payload="round")
    again.disconnect()
    again.close()


def test_a_forged_ticket_makes_a_full_handshake(broker, authority, tmp_path):
    kept = tmp_path / "session"
    s_client(broker, authority, "-sess_out", str(kept))
    der = subprocess.run(["openssl", "sess_id", "-in", kept, "-outform", "DER"],
                         capture_output=True, check=True).stdout
    # The ticket stands near the end: some of its bytes are turned.
    forged = bytearray(der)
    for place in range(len(forged) - 60, len(forged) - 30):
        forged[place] ^= 0x55
    (tmp_path / "forged.der").write_bytes(forged)
    made = subprocess.run(["openssl", "sess_id", "-in", tmp_path / "forged.der", "-inform", "DER",
                           "-out", tmp_path / "forged"], capture_output=True)
    if made.returncode != 0:
        pytest.fail("the bytes that were turned are not those of the ticket")
    said = s_client(broker, authority, "-sess_in", str(tmp_path / "forged"))
    assert "New, " in said and "Verify return code: 0 (ok)" in said


# MARK: Records

CUTS = [(1,), (2,), (3,), (5, 1), (7, 4, 1), (29, 5), (1000,), (5, 16384), (16000, 1)]


@pytest.mark.parametrize("cuts", CUTS, ids=str)
def test_records_cut_anywhere(broker, authority, cuts, name):
    pause = 0.0005 if max(cuts) < 100 else 0.0
    client = CutClient(broker.port, context(authority), cuts, pause=pause)
    client.connect(name)
    client.subscribe(name, qos=1)
    for size in (0, 1, 300):
        client.publish(name, bytes(size), qos=1)
        client.take_publish(topic=name, payload=bytes(size))
    client.close()


def test_a_large_payload_cut_to_pieces(broker, authority, name):
    client = CutClient(broker.port, context(authority), (1, 1448, 16, 5, 9000))
    client.connect(name)
    client.subscribe(name)
    payload = bytes(range(256)) * 1000
    client.publish(name, payload)
    client.expect_publish(topic=name, payload=payload)
    client.close()


def test_many_small_records(join, name):
    client = join()
    client.subscribe(name)
    for number in range(2000):
        client.send(packets.publish(name, str(number), version=packets.V5))
    for number in range(2000):
        client.expect_publish(topic=name, payload=str(number))


def test_a_packet_in_records_of_one_byte(join, name):
    client = join()
    client.subscribe(name)
    client.send_slowly(packets.publish(name, bytes(500), version=packets.V5))
    client.expect_publish(topic=name, payload=bytes(500))


@pytest.mark.parametrize("size", [16383, 16384, 16385, 65536, 1_000_000, 1_999_900])
def test_large_payloads_both_ways(join, name, size):
    client = join()
    client.subscribe(name, qos=1)
    payload = (b"\x00\xff" + name.encode()) * size
    payload = payload[:size]
    client.send(packets.publish(name, payload, 1, packet_id=7, version=packets.V5))
    got = {}
    for _ in range(2):
        packet = client.receive()
        got[packet.kind] = packet
    assert got[packets.PUBACK].reason == 0
    assert got[packets.PUBLISH].payload == payload


def test_a_packet_above_the_limit_is_refused(join, name):
    client = join()
    client.send(b"\x30" + packets.variable(2_000_001) + bytes(100))
    client.expect_refused(0x95)


def test_a_slow_reader_gets_everything(join, name):
    reader, writer = join(), join()
    reader.subscribe(name, qos=1)
    for number in range(60):
        writer.publish(name, bytes([number]) * 100_000, qos=1)
    time.sleep(0.2)
    for number in range(60):
        reader.take_publish(payload=bytes([number]) * 100_000)


def test_both_ways_at_once(join, name):
    """Neither side reads while it writes: what was decrypted and not taken is found again."""
    client = join()
    client.subscribe(name)
    bodies = [bytes([number]) * 30_000 for number in range(100)]
    raw = b"".join(packets.publish(name, body, version=packets.V5) for body in bodies)
    send_and_receive(client, memoryview(raw))
    for body in bodies:
        client.expect_publish(payload=body)


def send_and_receive(client, raw):
    """From one thread: Python's TLS sockets are not for two."""
    client.socket.setblocking(False)
    while raw:
        select.select([client.socket], [client.socket], [], PATIENCE)
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raw = raw[client.socket.send(raw):]
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
            client.inbox += client.socket.recv(1 << 16)


# MARK: Ends

def test_a_disconnect_is_answered_with_close_notify(join):
    client = join()
    client.send(packets.disconnect())
    assert client.socket.recv(1) == b""  # An end without close_notify is an SSLEOFError.
    client.socket.unwrap()


def test_close_notify_ends_the_connection(join, name):
    witness = join()
    witness.subscribe(name)
    client = join(will=packets.Will(name, b"gone"))
    client.socket.unwrap().close()
    witness.expect_publish(topic=name, payload="gone")


def test_what_came_before_the_end_is_taken(join, broker, name):
    witness = join()
    witness.subscribe(name)
    client = join()
    client.send(packets.publish(name, "last words", version=packets.V5))
    client.socket.unwrap().close()
    witness.expect_publish(topic=name, payload="last words")


def test_half_close(broker, authority, name):
    """The TCP side that sends is closed; the answer still arrives."""
    client = CutClient(broker.port, context(authority), (16384,))
    client.connect(name)
    client.socket.sendall(packets.publish(name, "x", 1, packet_id=9))
    client.socket.wire.shutdown(socket.SHUT_WR)
    client.expect(packets.PUBACK, packet_id=9)
    client.expect_closed()


def test_close_in_the_middle(broker, authority):
    hello = tls.hello_bytes()
    for stop in (1, 4, 5, 6, 50, len(hello) - 1, len(hello)):
        with socket.create_connection(("127.0.0.1", broker.port), timeout=PATIENCE) as wire:
            wire.sendall(hello[:stop])
            if stop == len(hello):
                assert wire.recv(1) == b"\x16"


def test_reset_in_the_middle(broker, authority):
    hello = tls.hello_bytes()
    for stop in (1, 50, len(hello)):
        client = RawClient(broker.port)
        client.send(hello[:stop])
        client.reset()
    client = TLSClient(broker.port, context(authority))
    client.connect("resets")
    client.reset()


# MARK: Time

def test_half_a_handshake_is_closed_in_time(broker):
    wire = socket.create_connection(("127.0.0.1", broker.port))
    began = time.monotonic()
    wire.sendall(tls.hello_bytes())
    assert tls.wait_until_closed(wire)[:1] == b"\x16"
    assert 2 < time.monotonic() - began < 6
    wire.close()


def test_silence_after_the_handshake_is_closed_in_time(broker, authority):
    client = TLSClient(broker.port, context(authority))
    with pytest.raises(Closed):
        client.receive(6)
    client.close()


# MARK: The wrong port

def test_plain_packets_to_a_port_with_tls(broker):
    client = RawClient(broker.port, packets.V311)
    client.send(packets.connect(packets.V311, "lost"))
    tls.wait_until_closed(client.socket)
    broker.wait_for_log("it does not speak TLS")


def test_tls_to_a_plain_port(broker):
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        TLSClient(broker.plain_port, context())


# MARK: Web

@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_websocket_listener_offers_http(start_broker, authority, servers):
    broker = start_broker(f"protocol websockets\n{servers['ecdsa'].settings}")
    made = context(authority, protocols=("http/1.1",))
    with made.wrap_socket(socket.create_connection(("127.0.0.1", broker.port), timeout=PATIENCE),
                          server_hostname="localhost") as stream:
        assert stream.selected_alpn_protocol() == "http/1.1"
        stream.sendall(b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                       b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                       b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n")
        answer = stream.recv(1000)
        assert answer.startswith(b"HTTP/1.1 101 ") and b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
