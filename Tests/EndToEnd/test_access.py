"""Who may connect, publish and read: password files, ACL files, and reloads of both."""

import re
import resource
import shutil
import subprocess

import packets
import pytest
from accounts import Accounts, hashed
from broker import IS_SWIFTLET, free_port, program, wait_until_it_accepts
from packets import CONNACK, V5, V31, V311
from raw_client import PATIENCE, RawClient
from usage import wait_for_descriptors

pytestmark = pytest.mark.skipif(not IS_SWIFTLET, reason="Mosquitto is not the subject")

PASSWORDS = hashed("alice", "secret") + hashed("bob", "hunter2", 1000) + hashed("old", "legacy", scheme=6)
RULES = """
topic read public/#
user alice
topic readwrite a/#
topic deny a/secret
user bob
topic read a/#
topic write b/out
pattern readwrite own/%u/%c/#
pattern write $SYS/broker/connection/%c/state
"""


@pytest.fixture
def accounts(tmp_path):
    running = []

    def start(passwords=PASSWORDS, rules=RULES, settings="", **more):
        running.append(Accounts(tmp_path, passwords, rules, settings, **more))
        return running[-1]

    yield start
    for one in running:
        one.stop()


def client(accounts, name, user=None, password=None, version=V5, **settings):
    made = RawClient(accounts.broker.port, version)
    made.connect(name, username=user, password=password, **settings)
    return made


def refused(accounts, user, password, version=V5):
    """The code with which a login is refused."""
    made = RawClient(accounts.broker.port, version)
    made.send(packets.connect(version, "x", username=user, password=password))
    code = made.expect(CONNACK).reason
    made.expect_closed()
    return code


# Passwords.


@pytest.mark.parametrize("user, password", [("alice", "secret"), ("bob", "hunter2"), ("old", "legacy")])
def test_users_come_in(accounts, user, password, version):
    assert client(accounts(), "c", user, password, version).connack.reason == 0


@pytest.mark.parametrize("user, password", [
    ("alice", "hunter2"), ("alice", ""), ("alice", "secret\0x"), ("nobody", "secret"), ("", ""),
    ("alice" * 5000, "secret"), ("alice", "s" * 60_000)])
def test_wrong_passwords_and_unknown_users_look_the_same(accounts, user, password, version):
    assert refused(accounts(), user, password, version) == (0x87 if version == V5 else 5)


@pytest.mark.parametrize("anonymous, code", [("true", 0), ("false", 0x87)])
def test_anonymous_clients(accounts, anonymous, code):
    started = accounts(settings=f"allow_anonymous {anonymous}\n".replace("allow_anonymous true\n", ""))
    made = RawClient(started.broker.port, V5)
    made.send(packets.connect(V5, "x"))
    assert made.expect(CONNACK).reason == code


def test_closed_unless_it_is_said(tmp_path):
    """With a listener configured nobody comes in unless it is said."""
    port = free_port()
    path = tmp_path / "closed.conf"
    path.write_text(f"listener {port} 127.0.0.1\n")
    process = subprocess.Popen([program(), "-c", str(path)], stderr=subprocess.DEVNULL)
    try:
        wait_until_it_accepts(process, port)
        made = RawClient(port, V5)
        made.send(packets.connect(V5, "x"))
        assert made.expect(CONNACK).reason == 0x87
    finally:
        process.terminate()
        process.wait(PATIENCE)


@pytest.mark.parametrize("count", [1, 111, 112, 127, 128, 129, 500])
@pytest.mark.parametrize("scheme", [6, 7])
def test_passwords_of_every_length(accounts, scheme, count):
    """The blocks of SHA-512 have 128 bytes."""
    word = "".join(chr(33 + index % 90) for index in range(count))
    started = accounts(hashed("u", word, 3, scheme), None)
    client(started, "c", "u", word).ping()
    assert refused(started, "u", word[:-1] + "~") == 0x87


def test_salts_of_mosquitto_2_1(accounts):
    started = accounts(hashed("u", "p", 1000, salt=bytes(range(64))), None)
    client(started, "c", "u", "p").ping()


@pytest.mark.skipif(not shutil.which("mosquitto_passwd"), reason="mosquitto_passwd is missing")
@pytest.mark.parametrize("scheme", ["sha512", "sha512-pbkdf2"])
def test_files_of_mosquitto_passwd(accounts, tmp_path, scheme):
    path = tmp_path / "theirs"
    subprocess.run(["mosquitto_passwd", "-H", scheme, "-c", "-b", path, "u", "p w"], check=True)
    started = accounts(path.read_text(), None)
    client(started, "c", "u", "p w").ping()
    assert refused(started, "u", "p") == 0x87


def mosquitto(name, accounts, *arguments):
    return subprocess.run(
        [name, "-p", str(accounts.broker.port), *arguments], capture_output=True, text=True, timeout=PATIENCE * 3)


def test_mosquitto_clients(accounts):
    started = accounts()
    listener = client(started, "listener", "alice", "secret")
    listener.subscribe("#")
    done = mosquitto("mosquitto_pub", started, "-u", "alice", "-P", "secret", "-t", "a/x", "-m", "hello")
    assert done.returncode == 0
    listener.take_publish(topic="a/x", payload=b"hello")
    done = mosquitto("mosquitto_pub", started, "-u", "alice", "-P", "wrong", "-t", "a/x", "-m", "hello")
    assert done.returncode != 0 and "not authori" in done.stderr.lower()
    done = mosquitto("mosquitto_sub", started, "-u", "bob", "-P", "hunter2", "-t", "b/out", "-W", "5")
    assert "denied" in done.stderr
    assert listener.expect_nothing() is None


def test_paho(accounts):
    import paho.mqtt.client as paho
    started = accounts()
    made = paho.Client(paho.CallbackAPIVersion.VERSION2, "paho", protocol=paho.MQTTv5)
    made.username_pw_set("alice", "secret")
    codes = []
    made.on_connect = lambda c, _, __, code, ___: c.subscribe([("a/#", 1), ("b/#", 1)])
    made.on_subscribe = lambda c, _, __, reasons, ___: (
        codes.extend(one.value for one in reasons), c.publish("a/1", "x", 1))
    made.on_message = lambda c, _, message: (codes.append(message.payload), c.disconnect())
    made.connect("127.0.0.1", started.broker.port)
    made.loop_forever()
    assert codes == [1, 0x87, b"x"]


# A storm of logins.


def test_a_storm_of_logins_leaves_the_others_their_turn(accounts):
    """Each hash takes many turns; a message of others passes in each of them."""
    started = accounts(hashed("u", "p", 200_000), None, "connect_timeout 60\n")
    reader, writer = client(started, "reader"), client(started, "writer")
    reader.subscribe("t")
    storm = []
    for number in range(30):
        one = RawClient(started.broker.port, V311)
        one.send(packets.connect(V311, f"s{number}", username="u", password="p"))
        storm.append(one)
    served = 0
    for number in range(200):
        writer.publish("t", f"{number}")
        reader.take_publish(payload=f"{number}")
        served += 1
    # Not all of the storm can be through by then; each gets its answer in the end, in its turn.
    assert served == 200
    for one in storm[:3]:
        assert one.expect(CONNACK, patience=60).reason == 0


def test_a_login_that_takes_too_long_is_closed(accounts):
    started = accounts(hashed("u", "p", 1).replace("$7$1$", "$7$2147483647$"), None, "connect_timeout 1\n")
    slow = RawClient(started.broker.port, V311)
    slow.send(packets.connect(V311, "slow", username="u", password="p"))
    slow.expect_closed()
    client(started, "other").ping()


def test_wrong_passwords_delay_their_address(accounts):
    started = accounts()
    for _ in range(5):
        assert refused(started, "alice", "wrong") == 0x87
    # Still, whoever knows the password comes in.
    client(started, "c", "alice", "secret").ping()
    log = started.broker.log()
    told = re.findall(r"A login from 127\.0\.0\.1:\d+ was refused, bad user name or password: 'alice'\.", log)
    assert len(told) == 5


def test_failures_are_counted(accounts):
    started = accounts(rules=RULES + "user alice\ntopic read $SYS/#\n")
    refused(started, "alice", "wrong")
    alice = client(started, "c", "alice", "secret")
    alice.publish("nowhere", "x")
    alice.send(packets.subscribe(9, [("nowhere", 0)], V5))
    alice.expect(packets.SUBACK)
    values = {}
    alice.subscribe("$SYS/broker/access/#")
    for _ in range(4):
        got = alice.expect_publish()
        values[got.topic] = got.payload
    assert values == {
        "$SYS/broker/access/logins/failed": b"1", "$SYS/broker/access/publishes/denied": b"1",
        "$SYS/broker/access/subscriptions/denied": b"1", "$SYS/broker/access/deliveries/denied": b"0"}


# Rules.


def test_publish_is_denied(accounts, version):
    started = accounts()
    alice = client(started, "alice", "alice", "secret")
    alice.subscribe(("#", 2))
    bob = client(started, "bob", "bob", "hunter2", version)
    code = 0x87 if version == V5 else 0
    assert bob.publish("a/x", "one", 1).reason == code
    assert bob.publish("a/x", "two", 2).reason == code
    bob.publish("a/x", "zero", 0)
    bob.publish("a/x", "kept", 1, retain=True)
    bob.ping()
    alice.publish("a/secret", "denied", 1)
    alice.publish("a/ok", "mine", 1)
    alice.take_publish(topic="a/ok", payload=b"mine")
    alice.expect_nothing()


def test_delivery_is_denied(accounts, version):
    started = accounts()
    bob = client(started, "bob", "bob", "hunter2", version)
    bob.subscribe("#")
    alice = client(started, "me", "alice", "secret", version)
    alice.publish("own/alice/me/x", "not for bob")
    alice.publish("a/x", "for bob")
    bob.take_publish(topic="a/x", payload=b"for bob")
    bob.expect_nothing()


def test_subscribe_is_denied(accounts, version):
    started = accounts()
    bob = client(started, "bob", "bob", "hunter2", version)
    no = 0x87 if version == V5 else 0x80
    filters = ["a/x", "public/x", "b/out", "own/bob/bob/x", "own/alice/bob/x", "#"]
    bob.subscribe(*filters, granted=[0, no, no, 0, no, 0])


def test_anonymous_rules(accounts):
    started = accounts()
    anonymous = client(started, "x")
    anonymous.subscribe("public/#", "a/#", granted=[0, 0x87])
    assert anonymous.publish("public/x", "x", 1).reason == 0x87


def test_a_will_is_denied(accounts, version):
    started = accounts()
    alice = client(started, "alice", "alice", "secret")
    alice.subscribe("#")
    for topic in ("b/out", "a/will"):
        user, word = ("bob", "hunter2") if topic == "b/out" else ("alice", "secret")
        doomed = client(started, "doomed", user, word, version, will=packets.Will(topic, b"gone"))
        doomed.reset()
    alice.take_publish(topic="a/will", payload=b"gone")
    bob = client(started, "bob2", "bob", "hunter2", version, will=packets.Will("a/secret", b"never"))
    bob.reset()
    alice.ping()
    alice.expect_nothing()


def test_the_state_of_a_bridge(accounts):
    started = accounts()
    alice = client(started, "alice", "alice", "secret")
    assert alice.publish("$SYS/broker/connection/alice/state", "1", 1).reason in (0, 0x10)
    for topic in ("$SYS/broker/connection/bob/state", "$SYS/broker/uptime", "$SYS/broker/connection/alice/x"):
        assert alice.publish(topic, "1", 1).reason == 0x87


# Past vulnerabilities: the row "ACL bypass" of what others suffered from.


@pytest.mark.parametrize("name", ["#", "+", "+/#", "alice/c", "/", "a+", "#b"])
def test_cve_2017_7650_names_that_are_wildcards(accounts, name, version):
    started = accounts(None, "pattern readwrite own/%u/#\npattern readwrite id/%c/#\n")
    victim = client(started, "victim", "victim", None, version if version != V311 else V5)
    victim.subscribe("own/victim/#", "id/victim/#")
    attacker = client(started, name, name, None, version)
    no = 0x87 if version == V5 else 0x80
    attacker.subscribe("own/#", "own/victim/x", "id/#", f"id/{name}" if name != "#b" and name != "a+"
                       else "id/x", granted=[no] * 4)
    for topic in ("own/victim/x", "id/victim/x"):
        attacker.publish(topic, "intruder", 1)
    victim.ping()
    victim.expect_nothing()


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "user alice\n"])
def test_cve_2018_12550_an_empty_acl_file_denies_all(accounts, text):
    alice = client(accounts(PASSWORDS, text), "c", "alice", "secret")
    assert alice.publish("t", "x", 1).reason == 0x87
    alice.subscribe("#", "t", granted=[0x87, 0x87])


@pytest.mark.parametrize("line", ["alice", "alice:", ":", ":$6$", "alice:secret", "alice:$7$101$x$y", "\x01:x"])
def test_cve_2018_12551_a_malformed_line_is_no_user(tmp_path, line):
    (tmp_path / "passwords").write_text(f"{hashed('ok', 'p')}{line}\n")
    path = tmp_path / "broker.conf"
    path.write_text(f"listener 0 {tmp_path}/socket\npassword_file {tmp_path}/passwords\n")
    done = subprocess.run(
        [program(), "-c", str(path), "--test-config"], capture_output=True, text=True, timeout=PATIENCE)
    assert f"Warning: {tmp_path}/passwords:2: " in done.stdout + done.stderr


def test_cve_2018_12546_retained_after_the_right_is_lost(accounts):
    started = accounts(None, "user good\ntopic x/#\nuser bad\ntopic x/#\n")
    good, bad = client(started, "g", "good"), client(started, "b", "bad")
    good.publish("x/good", "1", 1, retain=True)
    bad.publish("x/bad", "2", 1, retain=True)
    started.reload(rules="user good\ntopic x/#\nuser bad\ntopic read x/good\n")
    reader = client(started, "r", "good")
    reader.subscribe("x/#")
    reader.take_publish(topic="x/good", payload=b"1", retain=True)
    reader.expect_nothing()
    # And who may not read any more does not get what he could have read.
    started.reload(rules="user good\ntopic write x/#\nuser bad\ntopic read x/nothing\n")
    bad.subscribe("x/#")
    bad.expect_nothing()


def test_cve_2018_20145_rules_of_one_listener(tmp_path):
    """With per_listener_settings the files of a listener hold, wherever they stand."""
    (tmp_path / "rules").write_text("topic read only\n")
    (tmp_path / "rules").chmod(0o644)
    from broker import free_port
    other = free_port()
    made = Accounts(tmp_path, settings=(
        f"acl_file {tmp_path}/rules\ncheck_subscriptions true\nlistener {other} 127.0.0.1\nallow_anonymous true\n"))
    made.stop()
    from broker import Broker
    path = made.broker.configuration_path
    path.write_text("per_listener_settings true\n" + path.read_text())
    import signal
    process = subprocess.Popen([program(), "-c", str(path)], stderr=subprocess.PIPE, text=True)
    try:
        while "running" not in process.stderr.readline():
            assert process.poll() is None
        ruled, free = RawClient(made.broker.port, V5), RawClient(other, V5)
        ruled.connect("a")
        free.connect("b")
        ruled.subscribe("only", "else", granted=[0, 0x87])
        assert ruled.publish("only", "x", 1).reason == 0x87
        free.subscribe("else")
        assert free.publish("else", "x", 1).reason == 0
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


def test_cve_2021_34434_a_right_that_is_lost_ends_what_it_gave(accounts):
    started = accounts(None, "user r\ntopic read t\nuser w\ntopic write t\n")
    reader, writer = client(started, "r", "r"), client(started, "w", "w")
    reader.subscribe("t")
    writer.publish("t", "before", 1)
    reader.take_publish(payload=b"before")
    started.reload(rules="user r\ntopic read u\nuser w\ntopic write t\n")
    writer.publish("t", "after", 1)
    reader.ping()
    reader.expect_nothing()
    started.reload(rules="user r\ntopic read t\nuser w\ntopic write u\n")
    assert writer.publish("t", "denied", 1).reason == 0x87
    reader.ping()
    reader.expect_nothing()


def test_cve_2017_7652_a_reload_without_descriptors_keeps_the_rules(accounts):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))

    started = accounts(prepare=few)
    alice = client(started, "alice", "alice", "secret")
    alice.subscribe("#")
    crowd = [RawClient(started.broker.port, V5) for _ in range(60)]
    wait_for_descriptors(started.broker, 32)
    log = started.reload(rules="topic #\n", succeeds=False)
    assert "the old one stays" in log
    alice.publish("a/ok", "x", 1)
    alice.take_publish(topic="a/ok")
    assert alice.publish("elsewhere", "x", 1).reason == 0x87
    for one in crowd:
        one.close()
    assert refused(started, "alice", "wrong") == 0x87


# Reloads.


@pytest.mark.parametrize("broken", [{"rules": "topic both x\n"}, {"rules": "nonsense\n"}])
def test_a_broken_reload_keeps_the_old_files(accounts, broken):
    started = accounts()
    alice = client(started, "alice", "alice", "secret")
    log = started.reload(**broken, succeeds=False)
    assert f"{tuple(started.directory.glob(next(iter(broken))))[0]}:1: " in log
    alice.publish("a/x", "still", 1)
    assert alice.publish("b", "x", 1).reason == 0x87
    client(started, "bob", "bob", "hunter2").ping()
    assert refused(started, "alice", "plain") == 0x87


@pytest.mark.parametrize("hash", ["plain", "$argon2id$v=19$m=47104,t=1,p=1$c2FsdA$aGFzaA", "", "$6$short"])
def test_a_line_without_a_hash_lets_nobody_in_and_hurts_nobody_else(accounts, hash):
    """As with Mosquitto, so that a password file can be switched over user by user."""
    passwords = f"{hashed('bob', 'hunter2')}alice:{hash}\n: nobody\n"
    started = accounts(passwords=passwords)
    told = f"Warning: {started.passwords}:"
    assert f"{told}2: " in started.broker.log() and f"{told}3: " in started.broker.log()
    client(started, "bob", "bob", "hunter2").ping()
    for password in ("plain", hash, "secret", ""):
        assert refused(started, "alice", password)
    # What seems to be damaged does not take the place of a file that is in use.
    damaged = passwords.replace("alice:", "cut:$6$")
    assert "Error: " in started.reload(passwords=damaged, succeeds=False)
    passwords = hashed("bob", "hunter2") + "alice:plain\ncid:$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA\n"
    log = started.reload(passwords=passwords + hashed("alice", "secret"))
    assert f"{told}2: " in log and f"{told}3: " in log
    client(started, "alice", "alice", "secret").ping()


# As in Mosquitto.
def test_of_two_lines_for_one_user_the_last_counts(accounts):
    started = accounts(passwords=hashed("bob", "old") + hashed("alice", "secret") + hashed("bob", "new"))
    assert f"{started.passwords}:3: this user is named a second time: the last line counts." in started.broker.log()
    client(started, "bob", "bob", "new").ping()
    client(started, "alice", "alice", "secret").ping()
    assert refused(started, "bob", "old")


def test_a_missing_file_keeps_the_old_ones(accounts):
    started = accounts()
    started.rules.unlink()
    log = started.reload(succeeds=False)
    assert f'Unable to open acl_file "{started.rules}": no such file' in log
    assert client(started, "c", "alice", "secret").publish("b", "x", 1).reason == 0x87


def test_a_reload_closes_those_who_are_not_welcome_any_more(accounts):
    started = accounts()
    alice, bob = client(started, "a", "alice", "secret"), client(started, "b", "bob", "hunter2", V311)
    old = client(started, "o", "old", "legacy")
    lines = PASSWORDS.splitlines(True)
    started.reload(passwords=lines[0] + hashed("old", "another"))
    bob.expect_closed()
    assert old.expect(packets.DISCONNECT).reason == 0x87
    old.expect_closed()
    alice.ping()
    assert refused(started, "bob", "hunter2") == 0x87
    client(started, "o", "old", "another").ping()


def test_reloads_while_everybody_logs_in(accounts):
    """Whatever is under way: the answer is that of one file or of the other."""
    started = accounts(hashed("u", "p", 20_000), None)
    for number in range(12):
        waiting = []
        for place in range(5):
            one = RawClient(started.broker.port, V5)
            one.send(packets.connect(V5, f"c{place}", username="u", password="p"))
            waiting.append(one)
        started.reload(passwords=hashed("u", "p" if number % 2 else "q", 20_000))
        started.reload(passwords=hashed("u", "p", 20_000))
        for one in waiting:
            got = one.expect(CONNACK, patience=30).reason
            assert got in (0, 0x87)
            one.close()
        if number % 2:
            started.stop()
            return


def test_limits_are_named(tmp_path):
    (tmp_path / "rules").write_text("topic t\n" * 20_001)
    path = tmp_path / "broker.conf"
    path.write_text(f"listener 0 {tmp_path}/socket\nacl_file {tmp_path}/rules\n")
    done = subprocess.run(
        [program(), "-c", str(path), "--test-config"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 3
    assert "rules:20001: there is room for only 20000 access rules, a limit of board host" \
        in done.stdout + done.stderr
