"""Files as people have them for Mosquitto, written for these tests after what is published: what each of them must
do. `Tests/Files` has them, and a table beside each folder.
"""

import os
import shutil
import socket
import subprocess
import time

import packets
import pytest
from accounts import hashed
from authority import Authority
from broker import IS_SWIFTLET, ROOT, free_port, let_in, program
from packets import V5
from raw_client import PATIENCE, Closed, Nothing, RawClient

pytestmark = pytest.mark.skipif(not IS_SWIFTLET, reason="both brokers are started here")
FILES = ROOT / "Tests/Files"
MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin")
# What Debian's version 2.0.11 does; another one may do otherwise.
BROKERS = ["swiftlet"] + (["mosquitto"] if MOSQUITTO else [])


def rows(name):
    for line in (FILES / name).read_text().splitlines():
        if not line.startswith("#"):
            yield line.split("\t")


class Started:
    """A broker with files of this folder: `DIR` and `PORT1` to `PORT3` in them stand for places of the test's own."""

    def __init__(self, folder, text, kind="swiftlet"):
        let_in(folder)
        self.folder, self.ports = folder, [free_port() for _ in range(3)]
        for name in ("run", "data", "log", "conf.d"):
            (folder / name).mkdir(exist_ok=True)
            (folder / name).chmod(0o777)
        self.configuration = folder / "m.conf"
        self.configuration.write_text(self.filled(text), newline="")
        self.output = folder / f"{kind}.out"
        command = [program() if kind == "swiftlet" else MOSQUITTO, "-c", str(self.configuration)]
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder)

    def filled(self, text):
        text = text.replace("DIR", str(self.folder))
        for number, port in enumerate(self.ports):
            text = text.replace(f"PORT{number + 1}", str(port))
        return text

    def told(self):
        """All that was said, wherever the file wants it to go."""
        more = [path.read_text(errors="replace") for path in (self.folder / "log").glob("*")]
        return self.output.read_text(errors="replace") + "".join(more)

    def runs(self, ports):
        """Whether it listens on each of the ports; False when it has ended."""
        deadline = time.monotonic() + PATIENCE
        for port in ports:
            while True:
                if self.process.poll() is not None:
                    return False
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
                    break
                except ConnectionRefusedError:
                    assert time.monotonic() < deadline, self.told()
                    time.sleep(0.01)
        return True

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(PATIENCE)


@pytest.fixture
def start(tmp_path):
    started = []

    def run(text, kind="swiftlet"):
        started.append(Started(tmp_path, text, kind))
        return started[-1]

    yield run
    for one in started:
        one.stop()


def comes_in(port, name="c", **login):
    client = RawClient(port, V5)
    client.send(packets.connect(V5, name, **login))
    try:
        connack = client.receive()
    except Closed:
        return False
    return connack.reason == 0


# MARK: Configurations


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certs")
    authority = Authority(folder)
    server = authority.server()
    return authority.cafile, *server.pair


def provide(folder, certificates):
    """What the configurations name: users, rules, certificates."""
    (folder / "certs").mkdir()
    for path, name in zip(certificates, ("ca.crt", "server.crt", "server.key"), strict=True):
        shutil.copy(path, folder / "certs" / name)
        (folder / "certs" / name).chmod(0o644)
    (folder / "passwd").write_text(hashed("ann", "ann-word"))
    (folder / "acl").write_text("user ann\ntopic readwrite #\n")
    (folder / "plain").write_text(
        "ann:ann-word\n" + hashed("bob", "bob-word") + "cid:$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA\nnobody\n")
    (folder / "wrong-acl").write_text(
        "user ann\ntopic rw a/b\ntopic readwrite #\nTopic read #\ntopic read a/#/b\npattern read a\n")


CONFIGURATIONS = list(rows("configurations.tsv"))


@pytest.mark.parametrize("kind", BROKERS)
@pytest.mark.parametrize("row", CONFIGURATIONS, ids=[row[0] for row in CONFIGURATIONS])
def test_a_configuration(start, tmp_path, certificates, row, kind):
    name, ours, theirs, anonymous, words = row
    wanted = ours if kind == "swiftlet" else theirs
    if wanted == "-":
        pytest.skip("Mosquitto has another way")
    if name in ("debian-stock.conf",) and socket.socket().connect_ex(("127.0.0.1", 1883)) == 0:
        pytest.skip("somebody listens on port 1883")
    provide(tmp_path, certificates)
    text = open(FILES / "configurations" / name, newline="").read()
    started = start(text, kind)
    ports = [port for number, port in enumerate(started.ports) if f"PORT{number + 1}" in text] or [1883]
    assert started.runs(ports) == (wanted == "runs"), started.told()
    if anonymous != "-" and wanted == "runs":
        assert comes_in(started.ports[0]) == (anonymous == "yes"), started.told()
    if kind == "swiftlet":
        for one in filter(None, words.split("|")):
            assert started.filled(one) in started.told(), one
        assert started.process.poll() in (None, 1, 3)
        checked = subprocess.run([program(), "-c", started.configuration, "--test-config"], capture_output=True,
                                 text=True, timeout=PATIENCE, cwd=tmp_path)
        assert (checked.returncode == 0) == (wanted == "runs"), checked.stderr
        # No path of the sources is told to people who have the program alone.
        assert "Chosen.swift" not in started.told() + checked.stderr


def test_no_configuration_is_without_a_row():
    names = [row[0] for row in CONFIGURATIONS]
    assert sorted(os.listdir(FILES / "configurations")) == sorted(names) and len(names) == len(set(names))


# MARK: Rules


PROBES = list(rows("rules.tsv"))


@pytest.mark.parametrize("kind", BROKERS)
@pytest.mark.parametrize("name", sorted(os.listdir(FILES / "rules")))
def test_rules(start, tmp_path, name, kind):
    """Each probe of a file, beside a listener without rules."""
    if kind == "mosquitto" and name == "tabs.acl":
        pytest.skip("Mosquitto takes a tab for a part of the word")
    probes = [row for row in PROBES if row[0] == name]
    assert probes
    shutil.copy(FILES / "rules" / name, tmp_path / "acl")
    started = start("per_listener_settings true\nlistener PORT1 127.0.0.1\nallow_anonymous true\nacl_file DIR/acl\n"
                    "listener PORT2 127.0.0.1\nallow_anonymous true\nsys_interval 1\nlog_dest stderr\n", kind)
    assert started.runs(started.ports[:2]), started.told()
    wrong = [row for row in probes if is_allowed(started.ports, *row[1:5]) != (row[5] == "yes")]
    assert not wrong


def is_allowed(ports, user, name, right, topic):
    login = {} if user == "-" else {"username": user, "password": "x"}
    client, free = RawClient(ports[0], V5), RawClient(ports[1], V5)
    client.connect(name, **login)
    free.connect("free")
    try:
        if right == "w":
            return client.publish(topic, "x", 1).reason != 0x87
        client.send(packets.subscribe(1, [(topic, 0)], V5))
        if client.receive().reasons[0] >= 0x80:
            return False
        # The broker itself publishes its own.
        if topic.startswith("$"):
            return brings_something(client, 2.5)
        free.publish(topic, "x", 1)
        client.send(packets.pingreq())
        return client.receive().kind == packets.PUBLISH
    finally:
        client.close()
        free.close()


def brings_something(client, patience):
    try:
        return client.receive(patience).kind == packets.PUBLISH
    except Nothing:
        return False


# MARK: Passwords


@pytest.mark.parametrize("kind", BROKERS)
@pytest.mark.parametrize("row", list(rows("passwords.tsv")), ids=lambda row: row[0])
def test_passwords(start, tmp_path, row, kind):
    name, welcome, unwelcome, words = row
    if kind == "mosquitto" and name == "marked":
        pytest.skip("Mosquitto takes the mark for a part of the name")
    text = open(FILES / "passwords" / name, newline="").read()
    for user in ("ann", "bob", "cid", "other"):
        text = text.replace(f"{{{user}}}", hashed("", f"{user}-word").strip()[1:])
    text = text.replace("{ann6}", hashed("", "ann-word", scheme=6).strip()[1:])
    (tmp_path / "passwd").write_text(text, newline="")
    started = start("listener PORT1 127.0.0.1\npassword_file DIR/passwd\nlog_dest stderr\n", kind)
    assert started.runs(started.ports[:1]), started.told()
    for user in welcome.split():
        assert comes_in(started.ports[0], username=user, password=f"{user}-word"), user
    for user in [*unwelcome.split(), "nobody"]:
        assert not comes_in(started.ports[0], username=user, password=f"{user}-word"), user
    assert not comes_in(started.ports[0])
    if kind == "swiftlet":
        told = [line for line in started.told().splitlines() if f"{tmp_path}/passwd:" in line]
        wanted = list(filter(None, words.split("|")))
        assert len(told) == len(wanted), told
        for one, line in zip(wanted, told, strict=True):
            assert f"Warning: {tmp_path}/passwd{one}" in line
