"""What has let people in, or let them read and write what they may not: by cause, as in test_vulnerabilities.py.

The plain cases of users and rules are in test_access.py. After each test nothing of any pool is in use.
"""

import itertools
import os
import time

import packets
import pytest
from accounts import Accounts, hashed
from broker import IS_SWIFTLET
from packets import CONNACK, PUBACK, PUBCOMP, PUBREC, SUBACK, V5, V311, Will
from raw_client import PATIENCE, RawClient
from usage import wait_until_unused

pytestmark = pytest.mark.skipif(not IS_SWIFTLET, reason="Mosquitto is not the subject")
USERS = hashed("alice", "secret", 3)
SETTINGS = "persistent_client_expiration 1s\n"


@pytest.fixture
def accounts(tmp_path):
    running = []

    def start(passwords=None, rules=None, settings=""):
        running.append(Accounts(tmp_path, passwords, rules, SETTINGS + settings))
        return running[-1]

    yield start
    for one in running:
        for client in opened.pop(one, ()):
            client.close()
        owner = RawClient(one.broker.port, V311)
        owner.connect("clearing", username="owner", password="w")
        owner.publish("u", b"", 1, retain=True)
        owner.close()
        wait_until_unused(one.broker)
        one.stop()


opened = {}
OWNER = "user owner\ntopic #\n"


def client(accounts, name, user=None, password=None, version=V5, **settings):
    made = RawClient(accounts.broker.port, version)
    opened.setdefault(accounts, []).append(made)
    made.connect(name, username=user, password=password, **settings)
    return made


addresses = itertools.count(2)


def is_let_in(accounts, user, password):
    """From an address of its own: wrong passwords slow down those that come from theirs."""
    number = next(addresses)
    made = RawClient(accounts.broker.port, V5, source=f"127.2.{number // 250}.{1 + number % 250}")
    made.send(packets.connect(V5, "x", username=user, password=password))
    code = made.expect(CONNACK).reason
    made.close()
    return code == 0


def keeping(version):
    return {"clean": False, **({"properties": {"session_expiry": 1}} if version == V5 else {})}


def test_qos_2_begun_before_the_right_was_lost(accounts, version):
    """Mosquitto 2.0.12: what a Client had not released was sent on when it came back without the right."""
    started = accounts(rules=OWNER + "user u\ntopic t\n")
    owner = client(started, "owner", "owner", "w")
    owner.subscribe(("t", 2))
    sender = client(started, "sender", "u", version=version, **keeping(version))
    sender.send(packets.publish("t", b"while it might", 2, 1, version=version))
    sender.expect(PUBREC, packet_id=1)
    owner.take_publish(payload=b"while it might")
    sender.reset()
    started.reload(rules=OWNER + "user u\ntopic read t\n")
    sender = client(started, "sender", "u", version=version, **keeping(version))
    sender.send(packets.publish("t", b"while it might", 2, 1, dup=True, version=version),
                packets.publish("t", b"no more", 2, 2, version=version))
    assert sender.expect(PUBREC, packet_id=1)
    assert sender.expect(PUBREC, packet_id=2).reason == (0x87 if version == V5 else 0)
    sender.send(packets.pubrel(1))
    sender.expect(PUBCOMP, packet_id=1)
    owner.expect_nothing()


@pytest.mark.parametrize("qos", [1, 2])
def test_message_under_way_to_one_who_lost_the_right(accounts, version, qos):
    """CVE-2021-34434: sent and not acknowledged, and queued: neither is sent when the Client comes back."""
    started = accounts(rules=OWNER + "user u\ntopic read t\ntopic read u\n")
    reader = client(started, "reader", "u", version=version, **keeping(version))
    reader.subscribe(("t", qos), ("u", qos))
    owner = client(started, "owner", "owner", "w")
    owner.publish("t", b"on its way", qos)
    assert reader.expect_publish(payload=b"on its way")
    reader.reset()
    owner.publish("t", b"queued", qos)
    owner.publish("u", b"still allowed", qos)
    started.reload(rules=OWNER + "user u\ntopic read u\n")
    reader = client(started, "reader", "u", version=version, **keeping(version))
    got = [packet for packet in reader.drain() if packet.kind == packets.PUBLISH]
    assert [packet.payload for packet in got] == [b"still allowed"]


def test_will_whose_right_was_lost(accounts, version):
    """CVE-2018-12546: the rules in force when it is published count, not those of the CONNECT."""
    started = accounts(rules=OWNER + "user u\ntopic t\ntopic u\n")
    owner = client(started, "owner", "owner", "w")
    owner.subscribe("#")
    doomed = [client(started, topic, "u", version=version, will=Will(topic, b"gone", retain=True))
              for topic in ("t", "u")]
    started.reload(rules=OWNER + "user u\ntopic u\n")
    for one in doomed:
        one.reset()
    owner.take_publish(topic="u", payload=b"gone")
    owner.expect_nothing()


def test_rules_that_became_none_deny_all(accounts):
    """CVE-2018-12550: a file of rules that was emptied was taken for no file."""
    started = accounts(rules=OWNER + "user u\ntopic #\n")
    one = client(started, "one", "u")
    one.subscribe("t")
    started.reload(rules="")
    assert one.publish("t", b"x", 1).reason == 0x87
    one.send(packets.subscribe(9, [("t", 0), ("#", 0)], V5))
    assert one.expect(SUBACK, packet_id=9).reasons == [0x87, 0x87]
    started.reload(rules=OWNER)


@pytest.mark.parametrize("line", ["", " ", "\t", "alice", "alice:", ":", "::", " :", "bob:\n:", "alice:$7$",
                                  "alice:$7$1$$", ":$6$$", "#", "alice:\n\n"])
def test_line_that_is_no_user(accounts, line):
    """CVE-2018-12551: a line without a password made a user who needs none. Whether the file is taken or
    not, nobody comes in by that line, and who has a password does."""
    started = accounts(USERS + hashed("owner", "w", 1), OWNER)
    assert is_let_in(started, "alice", "secret")
    (started.passwords).write_text(started.passwords.read_text() + line + "\n")
    before = started.broker.log()
    started.broker.signal(1)
    deadline = time.monotonic() + PATIENCE
    while not any(word in started.broker.log()[len(before):] for word in ("Reloading config.", "was not reloaded")):
        assert time.monotonic() < deadline
    for user in ("", " ", "\t", "alice", "bob", ":", "#", line):
        for password in (None, "", " ", line):
            assert not is_let_in(started, user, password), (user, password)
    assert is_let_in(started, "alice", "secret")
    started.reload(passwords=hashed("owner", "w", 1))


def broken_missing(path):
    path.unlink()


def broken_directory(path):
    path.unlink()
    path.mkdir()


def broken_unreadable(path):
    path.chmod(0)


def broken_too_large(path):
    path.write_text(path.read_text() + "user long\n" * 400_000)


def broken_cut(path):
    path.write_text(path.read_text()[:-15])


def broken_nulls(path):
    path.write_bytes(path.read_bytes() + bytes(100))


@pytest.mark.parametrize("which", ["passwords", "rules"])
@pytest.mark.parametrize("harm", [broken_missing, broken_directory, broken_unreadable, broken_too_large,
                                  broken_cut, broken_nulls], ids=lambda harm: harm.__name__[7:])
def test_reload_that_fails_keeps_door_and_rules(accounts, which, harm):
    """CVE-2017-7652: the files could not be read again, and nobody was asked for anything."""
    if harm is broken_unreadable and os.getuid() != 0:
        pytest.skip("the file's owner would be the broker")
    started = accounts(USERS + hashed("owner", "w", 1), OWNER + "user alice\ntopic a\n",
                       "allow_anonymous false\n")
    alice = client(started, "alice", "alice", "secret")
    harm(getattr(started, which))
    started.reload(succeeds=False)
    assert is_let_in(started, "alice", "secret")
    assert not is_let_in(started, "alice", "other") and not is_let_in(started, None, None)
    assert alice.publish("a", b"x", 1).reason in (0, 0x10)
    assert alice.publish("denied", b"x", 1).reason == 0x87


@pytest.mark.parametrize("topic_filter", ["$share/g/secret", "$share/g/#", "$share/secret/t", "+", "s/../secret"])
def test_ways_around_the_rules_of_subscriptions(accounts, topic_filter):
    """CVE-2017-7650: filters that look like another; whatever is granted, the secret is not read."""
    started = accounts(rules=OWNER + "user u\ntopic read t\n")
    reader = client(started, "reader", "u")
    reader.send(packets.subscribe(1, [(topic_filter, 1)], V5))
    reader.expect(SUBACK, packet_id=1)
    owner = client(started, "owner", "owner", "w")
    for topic in ("secret", "t/secret", "s/../secret"):
        owner.publish(topic, b"secret", 1)
    reader.expect_nothing()


def test_topic_alias_is_no_way_around_the_rules(accounts):
    """The right is that of the Topic Name, whatever stands for it, before and after a reload."""
    started = accounts(rules=OWNER + "user u\ntopic write t\n")
    owner = client(started, "owner", "owner", "w")
    owner.subscribe("#")
    sender = client(started, "sender", "u")
    for number, (topic, alias, reason) in enumerate(
            [("secret", 1, 0x87), ("", 1, 0x87), ("t", 1, 0), ("", 1, 0)], start=1):
        sender.send(packets.publish(topic, b"x", 1, number, version=V5, properties=[("topic_alias", alias)]))
        assert sender.expect(PUBACK, packet_id=number).reason == reason
    started.reload(rules=OWNER + "user u\ntopic write u\n")
    sender.send(packets.publish("", b"x", 1, 9, version=V5, properties=[("topic_alias", 1)]))
    assert sender.expect(PUBACK, packet_id=9).reason == 0x87
    for _ in range(2):
        owner.expect_publish(topic="t")
    owner.expect_nothing()


def test_logins_that_are_gone_before_they_are_judged(accounts):
    """mosquitto#2095: a stampede that makes the broker hash and does not wait; others are served at once."""
    started = accounts(hashed("slow", "p", 200_000) + hashed("owner", "w", 1), None)
    witness = client(started, "owner", "owner", "w")
    for number in range(200):
        one = RawClient(started.broker.port, (V311, V5)[number % 2])
        one.send(packets.connect(one.version, f"s{number}", username="slow", password="p"))
        one.reset()
        began = time.monotonic()
        witness.ping()
        assert time.monotonic() - began < 1
