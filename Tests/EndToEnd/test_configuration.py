"""The configuration: files that include others, listeners of different kinds, reloads."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time

import packets
import pytest
from broker import ROOT, Broker, free_port, let_in, program, wait_until_it_accepts
from packets import CONNACK, DISCONNECT, V31, V311, V5, Will
from raw_client import PATIENCE, RawClient

READ = "Reloading config."

pytestmark = pytest.mark.swiftlet_only("Swiftlet's own configuration and words")


def check(path, *arguments):
    return subprocess.run([program(), "-c", str(path), "--test-config", *arguments],
                          capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)


def written(directory, text, name="a.conf"):
    file = directory / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


@pytest.fixture
def start(tmp_path):
    """A broker with a configuration of the test's own; `PORT` and `OTHER` stand for free ports."""
    brokers = []

    def run(text):
        broker = Broker.__new__(Broker)
        broker.port, broker.other = free_port(), free_port()
        let_in(tmp_path)
        broker.log_path = tmp_path / f"{broker.port}.log"
        broker.configuration_path = tmp_path / f"{broker.port}.conf"
        write(broker, text)
        with open(broker.log_path, "wb") as log:
            broker.process = subprocess.Popen(
                [program(), "-c", str(broker.configuration_path)], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)
        brokers.append(broker)
        wait_until_it_accepts(broker.process, broker.port, broker.log)
        return broker

    yield run
    for broker in brokers:
        assert broker.stop() == 0, broker.log()


def write(broker, text):
    broker.configuration_path.write_text(
        text.replace("PORT", str(broker.port)).replace("OTHER", str(broker.other)))


def reload(broker, text):
    """Writes the file anew, sends SIGHUP, and waits until it was read."""
    write(broker, text)
    before = broker.log().count(READ)
    broker.signal(signal.SIGHUP)
    deadline = time.monotonic() + PATIENCE
    while broker.log().count(READ) == before:
        assert time.monotonic() < deadline, broker.log()
        time.sleep(0.01)
    # The turn that took the signal is over when somebody else was served.
    witness = RawClient(broker.port)
    witness.send(b"\xf0\0")
    witness.expect_closed()


def connect(port, version=V5, name="c", **settings):
    client = RawClient(port, version)
    client.connect(name, **settings)
    return client


def refused(port, version=V5, name="c", **settings):
    """The reason code of the CONNACK that refuses a Client."""
    client = RawClient(port, version)
    client.send(packets.connect(version, name, **settings))
    connack, = client.expect_closed()
    assert connack.kind == CONNACK and connack.reason
    return connack.reason


# MARK: Files

def test_included_files_in_the_order_of_their_bytes(tmp_path):
    main = written(tmp_path, f"include_dir {tmp_path}/conf.d\nmax_keepalive 9\n")
    written(tmp_path, "listener 18830 127.0.0.1\n", "conf.d/b.conf")
    written(tmp_path, "allow_anonymous true\n", "conf.d/A.conf")
    written(tmp_path, "nonsense\n", "conf.d/c.conf~")
    written(tmp_path, "nonsense\n", "conf.d/conf")
    assert check(main).returncode == 0
    # A rule of its own would be for the listener on 1883: `B` comes before `b`, `z` after it.
    written(tmp_path, "max_topic_alias 3\n", "conf.d/B.conf")
    done = check(main)
    assert done.returncode == 0 and f"{tmp_path}/conf.d/B.conf:1: The listener on port 1883" in done.stderr
    (tmp_path / "conf.d/B.conf").rename(tmp_path / "conf.d/z.conf")
    assert "conf.d/z.conf" not in check(main).stderr


def test_many_included_files(tmp_path):
    main = written(tmp_path, f"include_dir {tmp_path}/conf.d\n")
    for number in range(200):
        written(tmp_path, f"# {number}\nsys_interval {number}\n", f"conf.d/{'x' * (number % 50)}{number}.conf")
    assert check(main).returncode == 0


def test_an_included_file_includes_no_other(tmp_path):
    """Mosquitto says nothing of it."""
    main = written(tmp_path, f"include_dir {tmp_path}/conf.d\n")
    written(tmp_path, "nonsense\n", "other.d/b.conf")
    written(tmp_path, f"\ninclude_dir {tmp_path}/other.d\n", "conf.d/a.conf")
    done = check(main)
    assert done.returncode == 0
    assert (f'{tmp_path}/conf.d/a.conf:2: The option "include_dir" has no effect: only the main file includes '
            "others.") in done.stderr


def test_include_dir_that_is_not_there(tmp_path):
    done = check(written(tmp_path, f"include_dir {tmp_path}/missing\n"))
    assert done.returncode == 3 and f"Unable to open include_dir {tmp_path}/missing: no such" in done.stderr


def test_included_files_that_are_too_large_name_the_limit(tmp_path):
    main = written(tmp_path, f"include_dir {tmp_path}/conf.d\n")
    written(tmp_path, "#" * 2_097_152, "conf.d/0.conf")
    written(tmp_path, "x" * 2_097_152, "conf.d/a.conf")
    done = check(main)
    assert done.returncode == 3
    assert f"{tmp_path}/conf.d/a.conf: all files together have more than" in done.stderr
    assert "the limit configurationBytes of board host" in done.stderr


# Debian's own file, and one in which everything of Mosquitto is that has no effect here.
def test_a_file_of_mosquitto(tmp_path):
    (tmp_path / "conf.d").mkdir()
    main = written(tmp_path, f"""\
        # Place your local configuration in /etc/mosquitto/conf.d/
        pid_file {tmp_path}/mosquitto.pid
        persistence true
        persistence_location /var/lib/mosquitto/
        log_dest file {tmp_path}/mosquitto.log
        include_dir {tmp_path}/conf.d
        """.replace("        ", ""))
    done = check(main)
    assert done.returncode == 0
    assert f"Warning: {main}:3: The option \"persistence\" has no effect: nothing is kept" in done.stderr


def test_unknown_keys(tmp_path):
    main = written(tmp_path, "\nfoo 1\n")
    assert check(main).returncode == 3 and f"Error: {main}:2: Unknown" in check(main).stderr
    main = written(tmp_path, "ignore_unknown_keys true\nfoo 1\n")
    done = check(main)
    assert done.returncode == 0 and f"Warning: {main}:2: Unknown configuration variable \"foo\"" in done.stderr
    assert not check(main, "-q").stderr


def test_of_very_many_mistakes_it_is_told_how_many(tmp_path):
    done = check(written(tmp_path, "nonsense 1\n" * 300 + "pid_file a # b\n" + "sys_interval 5 x\n" * 150))
    lines = done.stderr.splitlines()
    assert done.returncode == 3
    assert sum("Unknown configuration variable" in line for line in lines) == 100
    assert sum("only the first word counts" in line for line in lines) == 99
    assert lines[-2].endswith(": Error: and 200 more mistakes.")
    assert lines[-1].endswith(": Warning: and 51 more of the kind.")


def test_the_mistakes_of_all_files_are_told_at_once(tmp_path):
    """Those of the files that are included, and of users, rules, keys and certificates."""
    main = written(tmp_path, f"max_qos 3\ninclude_dir {tmp_path}/conf.d\nlog_type info\n")
    written(tmp_path, f"listener 8883\ncertfile {tmp_path}/none.crt\nkeyfile {tmp_path}/none.key\nmax_qos 4\n"
            "listener 8884\npsk_hint x\n", "conf.d/a.conf")
    written(tmp_path, f"password_file {tmp_path}/none\nacl_file {tmp_path}/rules\npsk_hnit y\n", "conf.d/b.conf")
    written(tmp_path, "topic x/#/y\ntopic\n", "rules")
    told = check(main).stderr
    for words in (f"{main}:1: Invalid \"max_qos\"", f"{main}:3: Invalid \"log_type\"", "conf.d/a.conf:4: Invalid",
                  "conf.d/a.conf:5: Invalid \"psk_hint\" value \"x\": The listener on port 8884: it needs psk_file",
                  "conf.d/b.conf:3: Unknown",
                  f"{tmp_path}/none\": no such file", f"{tmp_path}/rules:1: ", f"{tmp_path}/rules:2: ",
                  f"{tmp_path}/none.crt\": no such file"):
        assert words in told, (words, told)


def test_what_cannot_be_opened_is_told_with_its_place(tmp_path):
    listener = f"listener {free_port()} 127.0.0.1\n"
    for text, words, status in (
            ("listener 18830 192.0.2.1\n", "Unable to listen at 192.0.2.1, port 18830", 3),
            ("listener 18830 no.such.host\n", "Unable to listen at no.such.host, port 18830", 3),
            ("listener 18830\nbind_interface wlan99\n", "Interface wlan99 does not exist", 3),
            ("listener 0 /no/such/folder/socket\n", "on path /no/such/folder/socket: no such file", 3),
            (listener + "log_dest file /no/such/log\n", "log file /no/such/log for writing: no such file", 0),
            (listener + "pid_file /no/such/pid\n", "pid file /no/such/pid for writing: no such file", 0)):
        done = check(written(tmp_path, text))
        assert (done.returncode, words in done.stderr) == (status, True), (text, done.stderr)
    # At the start the same is told; a port that somebody has is not looked at before.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        main = written(tmp_path, f"listener {port} 127.0.0.1\n")
        assert check(main).returncode == 0
        done = subprocess.run([program(), "-c", main], capture_output=True, text=True, timeout=30)
        assert done.returncode == 1
        assert f"Unable to open ipv4 listen socket on port {port} at 127.0.0.1: address already in use" in done.stderr


def test_the_names_of_an_address(start):
    """`localhost` has one of each version of IP."""
    broker = start("listener PORT localhost\nallow_anonymous true\n")
    connect(broker.port).ping()
    if os.path.exists("/proc/net/if_inet6") and "00000000000000000000000000000001" in open("/proc/net/if_inet6").read():
        RawClient(broker.port, V5, host="::1").connect("c")


def test_comments_take_no_room(tmp_path):
    """OpenWrt's own file is 40 KB of them; `host` has room for 2 MiB."""
    comment = "# what this key is for, and what it may be\n  #key value\n\n"
    done = check(written(tmp_path, comment * 60_000 + "nonsense\n"))
    assert done.returncode == 3 and f"a.conf:{60_000 * 3 + 1}: Unknown" in done.stderr


def test_a_number_above_the_boards_is_lowered_and_names_the_limit(tmp_path):
    done = check(written(tmp_path, "listener 1883\nmax_connections 99999\n"))
    assert done.returncode == 0
    assert 'The "max_connections" value "99999": as much as there is, 12000, the limit connections of board host.' \
        in done.stderr


def test_the_plan_of_a_configuration(tmp_path):
    done = check(written(tmp_path, "listener 1883\nlistener 1884 ::1\n"))
    assert done.returncode == 0 and "sum, with padding" in done.stdout
    assert "this configuration takes 2 listeners of 16, " in done.stdout


def documented():
    """Every key of the tables in the documents, but those of which only the beginning is known, and its state."""
    text = (ROOT / "Board/operations.md").read_text().split("<!-- Made by `make documents`: keys -->\n")[1]
    for names, state in re.findall(r"^\| (`.*?) \| (\w[\w ]*) \|", text.split("<!-- End. -->")[0], re.M):
        yield from ((name, state) for name in re.findall(r"`(.*?)`", names) if not name.endswith("*"))


def test_the_program_says_of_a_key_what_the_documents_say(tmp_path):
    rows = list(documented())
    assert len(rows) > 120
    for key, state in rows:
        told = check(written(tmp_path, f"{key} true\n")).stderr
        assert "Unknown" not in told, key
        is_late = state == "not yet" and "persistence" in key
        assert ("\" has no effect" in told) == (state == "no effect" or is_late), (key, told)
        assert ("is not available" in told) == (state.startswith("not ") and not is_late), (key, told)


# MARK: Listeners

def test_listeners_with_rules_of_their_own(start):
    broker = start("""\
per_listener_settings true
listener PORT 127.0.0.1
allow_anonymous true
auto_id_prefix open-
listener OTHER 127.0.0.1
allow_zero_length_clientid false
""")
    assigned = connect(broker.port, name="").connack.properties.get("assigned_client_identifier")
    assert assigned.startswith("open-")
    assert refused(broker.other) == 0x87
    assert refused(broker.other, V311) == 5
    assert refused(broker.other, name="") == 0x85


def test_one_listener_is_open(start):
    broker = start("listener PORT 127.0.0.1\nlistener_allow_anonymous true\nlistener OTHER 127.0.0.1\n")
    connect(broker.port).ping()
    assert refused(broker.other) == 0x87


def test_closed_unless_it_is_said(start):
    broker = start("listener PORT 127.0.0.1\n")
    assert refused(broker.port) == 0x87


@pytest.mark.parametrize("accepted", [V31, V311, V5])
def test_accepted_versions(start, accepted):
    broker = start(f"listener PORT 127.0.0.1\nallow_anonymous true\naccept_protocol_versions {accepted}\n")
    for version in packets.VERSIONS:
        if version == accepted:
            connect(broker.port, version).ping()
        else:
            assert refused(broker.port, version) == (0x84 if version == V5 else 1)


def test_identifiers(start):
    broker = start("listener PORT 127.0.0.1\nallow_anonymous true\nclientid_prefixes home-\n"
                   "listener OTHER 127.0.0.1\nuse_username_as_clientid true\n")
    connect(broker.port, name="home-1").ping()
    assert refused(broker.port, name="1") == 0x87
    first = connect(broker.other, name="x", username="home-2")
    connect(broker.other, name="y", username="home-2")
    assert [packet.reason for packet in first.expect_closed()] == [0x8E]


# [MQTT-3.2.2-16]
@pytest.mark.parametrize("length", [1, 23, 500, 65_535])
@pytest.mark.parametrize("version", packets.VERSIONS)
def test_a_user_name_as_identifier_however_long(start, version, length):
    """CONNACK tells it where 5.0 has to be told; with 500 bytes that once ended the program."""
    broker = start("listener PORT 127.0.0.1\nallow_anonymous true\nuse_username_as_clientid true\n")
    name = "u" * length
    client = RawClient(broker.port, version)
    client.send(packets.connect(version, "" if version != V31 else "x", username=name))
    told = client.expect(packets.CONNACK, reason=0).properties
    if version == V5:
        assert told.get("assigned_client_identifier") == name
    client.ping()
    connect(broker.port, version, name="other", username=name).ping()
    assert [packet.reason for packet in client.expect_closed()] == [0x8E] * (version == V5)


def test_limits_of_the_whole(start):
    broker = start("listener PORT 127.0.0.1\nallow_anonymous true\nglobal_max_connections 2\n"
                   "listener OTHER 127.0.0.1\n")
    crowd = [connect(broker.port, name="a"), connect(broker.other, name="b")]
    assert refused(broker.port, name="c") == 0x97
    crowd[0].disconnect()
    connect(broker.other, name="c").ping()


@pytest.mark.parametrize("version", packets.VERSIONS)
def test_mount_point(start, version):
    broker = start("listener PORT 127.0.0.1\nallow_anonymous true\n"
                   "listener OTHER 127.0.0.1\nmount_point home/\n")
    outside, inside = connect(broker.port, version, "o"), connect(broker.other, version, "i")
    outside.subscribe("#", qos=1)
    inside.subscribe("#", qos=1)
    inside.publish("t", "1", 1, retain=True)
    outside.expect_publish("home/t", "1")
    inside.expect_publish("t", "1")
    outside.publish("home/u", "2", 1)
    outside.expect_publish("home/u", "2")
    inside.expect_publish("u", "2")
    late = connect(broker.other, version, "l", will=Will("gone", "w"))
    late.subscribe("t", qos=1)
    late.expect_publish("t", "1")
    late.close()
    outside.expect_publish("home/gone", "w")
    inside.expect_publish("gone", "w")


@pytest.mark.skipif(not shutil.which("strace"), reason="strace watches the program")
@pytest.mark.parametrize("value", ["true", "false"])
def test_tcp_nodelay(tmp_path, value):
    trace = tmp_path / "trace"
    port = free_port()
    file = written(tmp_path, f"listener {port} 127.0.0.1\nallow_anonymous true\nsandbox false\n"
                             f"set_tcp_nodelay {value}\n")
    let_in(tmp_path)
    process = subprocess.Popen(
        ["strace", "-f", "-e", "trace=setsockopt,accept4", "-o", str(trace), program(), "-c", str(file)],
        stderr=subprocess.PIPE)
    for line in process.stderr:
        if b"running" in line:
            break
    connect(port).disconnect()
    process.terminate()
    os.kill(int(trace.read_text().split()[0]), signal.SIGTERM)
    process.communicate(timeout=10)
    words = trace.read_text()
    # It is said to the listening socket, last of all, and inherited by those that come in by it.
    before, _, after = words.partition("accept4")
    assert after and "TCP_NODELAY" not in after
    assert before.rpartition("TCP_NODELAY, [")[2][0] == ("1" if value == "true" else "0")


# MARK: Reload

OPEN = "listener PORT 127.0.0.1\nallow_anonymous true\n"


def test_a_reload_closes_what_is_no_longer_allowed(start):
    broker = start(OPEN)
    crowd = {version: connect(broker.port, version, f"c{version}") for version in packets.VERSIONS}
    reload(broker, OPEN + "accept_protocol_versions 3,5\n")
    assert not crowd.pop(V311).expect_closed()
    for client in crowd.values():
        client.ping()
    reload(broker, OPEN.replace("true", "false"))
    assert not crowd[V31].expect_closed()
    assert [(got.kind, got.reason) for got in crowd[V5].expect_closed()] == [(DISCONNECT, 0x87)]
    assert refused(broker.port) == 0x87
    reload(broker, OPEN)
    connect(broker.port).ping()


def test_a_reload_that_is_not_wholly_valid_changes_nothing(start):
    broker = start(OPEN + "max_keepalive 30\n")
    client = connect(broker.port)
    for wrong in ["max_keepalive 20\nnonsense\n", "max_keepalive 20\nmax_qos 3\n",
                  "max_keepalive 20\ncertfile /nonexistent\nkeyfile /nonexistent\n",
                  "max_keepalive 20\ncertfile /nonexistent\n", "max_keepalive 20\ninclude_dir /nonexistent\n"]:
        count = broker.log().count("the old one stays")
        reload(broker, OPEN + wrong)
        broker.wait_for_log("Error: the configuration was not reloaded; the old one stays.")
        assert broker.log().count("the old one stays") == count + 1
        connack = RawClient(broker.port).connect("k", keep_alive=600)
        assert connack.properties.get("server_keep_alive") == 30
    client.ping()


# Listeners are neither opened nor closed, and their order in the file does not matter.
def test_a_reload_with_other_listeners(start):
    both = ("listener PORT 127.0.0.1\nlistener_allow_anonymous true\n"
            "listener OTHER 127.0.0.1\nlistener_allow_anonymous false\n")
    turned = ("listener OTHER 127.0.0.1\nlistener_allow_anonymous false\n"
              "listener PORT 127.0.0.1\nlistener_allow_anonymous true\n")
    broker = start(both)
    client = connect(broker.port)
    reload(broker, turned)
    assert refused(broker.other) == 0x87
    client.ping()
    reload(broker, OPEN + f"listener {free_port()} 127.0.0.1\n")
    broker.wait_for_log("Warning: a new listener is opened at the next start.",
                        "Warning: a listener that is gone lets nobody in, and is closed at the next start.")
    client.ping()
    assert refused(broker.other) == 0x88
    # It was remembered: the same file again opens it again.
    reload(broker, OPEN + "listener OTHER 127.0.0.1\n")
    connect(broker.other, name="d").ping()


# The sandbox lets a folder be read again.
def test_a_reload_reads_included_files_again(start, tmp_path):
    folder = tmp_path / "more"
    folder.mkdir()
    let_in(folder)
    (folder / "a.conf").write_text("max_keepalive 30\n")
    broker = start(OPEN + f"include_dir {folder}\n")
    (folder / "b.conf").write_text("max_keepalive 20\n")
    reload(broker, OPEN + f"include_dir {folder}\n")
    connack = RawClient(broker.port).connect("k", keep_alive=600)
    assert connack.properties.get("server_keep_alive") == 20, broker.log()


def test_who_came_by_a_listener_that_is_gone_must_go(start):
    broker = start(OPEN + "listener OTHER 127.0.0.1\n")
    client = connect(broker.other)
    reload(broker, OPEN)
    assert [(got.kind, got.reason) for got in client.expect_closed()] == [(DISCONNECT, 0x98)]
