"""Keep Alive: a silent Client is closed, one that speaks is not. [3.1.2.10] [3.12]"""

import contextlib
import socket
import time

import packets
import pytest
from broker import IS_SWIFTLET
from packets import V31, V311, V5


# [MQTT-3.1.2-24] [MQTT3-3.1.2-24]
@pytest.mark.slow
def test_silent_client_is_closed(client, version):
    client(version, keep_alive=1).expect_refused(0x8D, patience=30)


# [MQTT-3.12.4-1] [MQTT3-3.12.4-1]
def test_pingreq_is_answered(client, version):
    pinger = client(version, keep_alive=1)
    for _ in range(100):
        pinger.ping()


# [MQTT-3.1.2-24] [MQTT3-3.1.2-24] [MQTT-3.2.2-22]: any Control Packet counts, not PINGREQ alone.
@pytest.mark.slow
def test_client_that_speaks_stays(client, version, name):
    speaker = client(version, keep_alive=2)
    sayings = [packets.publish(name, "x", version=version), packets.pubrel(1), packets.pingreq()]
    for number in range(8):
        time.sleep(0.5)
        speaker.send(sayings[number % 2] if number < 7 else sayings[2])
    speaker.drain()
    speaker.ping()


# [MQTT-3.1.2-24]: half a packet is no Control Packet.
@pytest.mark.slow
def test_half_a_packet_does_not_keep_alive(client, name):
    dawdler = client(V5, keep_alive=1)
    whole = packets.publish(name, "x" * 100, version=V5)
    for index in range(len(whole) - 1):
        dawdler.send(whole[index:index + 1])
        time.sleep(0.1)
        if has_ended(dawdler):
            return
    raise AssertionError("kept alive by the bytes of one packet")


def has_ended(client):
    client.socket.setblocking(False)
    try:
        return client.socket.recv(1000, socket.MSG_PEEK) is not None
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


# [3.1.2.10]: zero turns the mechanism off.
@pytest.mark.slow
def test_zero_is_never(client, version):
    quiet = client(version, keep_alive=0)
    time.sleep(2.5)
    quiet.ping()


# [MQTT-3.1.2-23] [MQTT-3.2.2-21]
@pytest.mark.parametrize("wanted", [31, 65535, 0])
def test_server_keep_alive(start_broker, open_client, name, wanted):
    broker = start_broker("max_keepalive 30")
    connack = open_client(V5, broker).connect(name, keep_alive=wanted)
    assert connack.properties.get("server_keep_alive") == 30


@pytest.mark.parametrize("wanted", [1, 30])
def test_no_server_keep_alive_below_the_maximum(start_broker, open_client, name, wanted):
    broker = start_broker("max_keepalive 30")
    connack = open_client(V5, broker).connect(name, keep_alive=wanted)
    assert connack.properties.get("server_keep_alive") is None


# A Client before version 5 cannot be told: it is refused as Mosquitto does it, with 0x02.
@pytest.mark.parametrize("version", [V31, V311])
@pytest.mark.mosquitto_differs("refuses only since 2.1")
def test_keep_alive_above_the_maximum_before_version_5(start_broker, open_client, version, name):
    broker = start_broker("max_keepalive 30")
    client = open_client(version, broker)
    client.send(packets.connect(version, name, keep_alive=31))
    client.expect_unconnected(0x02)


# [MQTT-3.1.2-23] [MQTT-3.1.2-24]: it is the Server's value that counts.
@pytest.mark.slow
def test_server_keep_alive_is_enforced(start_broker, open_client, name):
    broker = start_broker("max_keepalive 10" if not IS_SWIFTLET else "max_keepalive 1")
    client = open_client(V5, broker)
    client.connect(name, keep_alive=600)
    client.expect_refused(0x8D, patience=30)


# Keep Alive tells nothing of a peer that sends PINGREQs, or nothing at all, and does not read.
@pytest.mark.slow
@pytest.mark.swiftlet_only("Mosquitto waits for ever")
def test_who_takes_nothing_is_closed(start_broker, client, version, name):
    broker = start_broker("write_timeout 1")
    deaf, reader = (client(version, f"{name}-{word}", broker=broker, keep_alive=0) for word in ("deaf", "reader"))
    for subscriber in (deaf, reader):
        subscriber.subscribe(name)
    publisher = client(version, broker=broker)
    # More than the buffers of both systems take.
    for number in range(200):
        publisher.publish(name, b"%03d" % number + bytes(100_000))
        assert reader.expect_publish().payload.startswith(b"%03d" % number)
    where = "{}:{}".format(*deaf.socket.getsockname())
    broker.wait_for_log(f"Client {name}-deaf [{where}] disconnected: it takes nothing of what it is sent")
    assert reads_to_the_end(deaf.socket) < 200 * 100_000
    reader.ping()
    publisher.ping()


def reads_to_the_end(connection):
    """How many bytes were still to come before the connection ended."""
    count = 0
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(1 << 20):
            count += len(chunk)
    return count
