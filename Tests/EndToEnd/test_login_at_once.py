"""Clients that do not wait for their CONNACK, or write on as soon as it is there, while passwords are hashed.

What has come with a CONNECT, or behind it, waits for no other event: not for the next of `$SYS` either.
"""

import time

import packets
import pytest
from accounts import hashed
from packets import CONNACK, PINGRESP, PUBACK, SUBACK, V5, V311
from test_one_at_a_time import TRANSPORTS, Everywhere

pytestmark = pytest.mark.swiftlet_only("Debian's Mosquitto writes other words to its log")
CLIENTS = 40
# Far longer than 40 hashes take, and far shorter than what any timer of the broker would bring.
SOON = 4


@pytest.fixture(scope="module")
def everywhere(tmp_path_factory):
    folder = tmp_path_factory.mktemp("logins")
    passwords = folder / "passwords"
    passwords.write_text(hashed("ann", "secret") + hashed("bob", "secret", iterations=20_000))
    passwords.chmod(0o644)
    running = Everywhere(folder, f"sys_interval 0\npassword_file {passwords}\nallow_anonymous false\n")
    yield running
    assert running.broker.stop() == 0, running.broker.log()


def request(kind, topic, version):
    """What follows the CONNECT, and the kind of the answer."""
    if kind == "SUBSCRIBE":
        return packets.subscribe(1, [(topic, 1)], version=version), SUBACK
    if kind == "PUBLISH":
        return packets.publish(topic, b"x", 1, 1, version=version), PUBACK
    return packets.pingreq(), PINGRESP


@pytest.mark.parametrize("version, user", [(V311, "ann"), (V5, "bob")])
@pytest.mark.parametrize("way", ["one write", "at once", "a moment later", "behind CONNACK"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_follows_a_login_is_answered_soon(everywhere, name, transport, way, version, user):
    kinds = ["SUBSCRIBE", "PUBLISH", "PINGREQ"]
    clients = [everywhere.client(transport, version) for _ in range(CLIENTS)]
    follows = [request(kinds[number % 3], f"{name}/{number}", version) for number in range(CLIENTS)]
    begin = time.monotonic()
    for number, (client, (more, _)) in enumerate(zip(clients, follows)):
        connect = packets.connect(version, f"{name}-{number}", username=user, password="secret")
        client.send(connect, more) if way == "one write" else client.send(connect)
        if way == "at once":
            client.send(more)
    if way == "a moment later":
        time.sleep(0.05)
        for client, (more, _) in zip(clients, follows):
            client.send(more)
    for client, (more, answer) in zip(clients, follows):
        assert client.expect(CONNACK, SOON).reason == 0
        if way == "behind CONNACK":
            client.send(more)
        client.expect(answer, SOON)
    assert time.monotonic() - begin < SOON
    for client in clients:
        client.close()
