"""The fail2ban filter under `Board/`: it finds those whom the program has refused, and nobody whom a liar
has named.
"""

import configparser
import ipaddress
import re
import shutil
import subprocess

import packets
import pytest
from accounts import Accounts, hashed
from broker import IS_SWIFTLET, ROOT, free_port
from packets import V311, V5
from raw_client import RawClient

pytestmark = pytest.mark.skipif(not IS_SWIFTLET, reason="Swiftlet's own filter")
FILTER = ROOT / "Board/fail2ban/filter.d/swiftlet.conf"
JAIL = ROOT / "Board/fail2ban/jail.d/swiftlet.conf"
# What fail2ban puts in for <ADDR>.
ADDR = (r"(?:(?:::f{4,6}:)?(?P<ip4>(?:\d{1,3}\.){3}\d{1,3})"
        r"|\[?(?P<ip6>(?:[0-9a-fA-F]{1,4}::?|:){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):))\]?)")
# Where those are whom a liar names: nobody in these tests is there.
VICTIMS = ["203.0.113.9", "2001:db8:dead::9"]
LIAR = "192.0.2.66"


class Filter:
    """The filter's expressions, put together and asked as fail2ban does."""

    def __init__(self, mode):
        read = configparser.ConfigParser(comment_prefixes=("#",))
        read.read(FILTER)
        section = read["Definition"]
        prefix = section["prefregex"].replace("<F-CONTENT>", "(?P<content>").replace("</F-CONTENT>", ")")
        self.prefix = re.compile(prefix)
        self.expressions = [re.compile(line.replace("<ADDR>", ADDR)) for line in section[mode].splitlines() if line]
        assert section["datepattern"] == "{^LN-BEG}" and section["failregex"] == "<<mode>>"

    def found(self, line):
        """Whom it would ban for a line; the time in front is taken off first."""
        line = re.sub(r"^(?:\d{10}|\w{3} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)", "", line)
        within = self.prefix.search(line)
        if not within:
            return None
        for expression in self.expressions:
            if hit := expression.search(within["content"]):
                return hit["ip4"] or hit["ip6"]
        return None


@pytest.fixture(params=["normal", "aggressive"])
def mode(request):
    return request.param


@pytest.fixture
def ban(mode):
    return Filter(mode)


def lines(log):
    return log.split("\n")[:-1]


# MARK: The program's own lines


def lies():
    """What a liar calls itself: words of the broker about somebody else, whole lines of them, and beginnings
    that the broker's own words complete."""
    for victim in VICTIMS:
        wrong = f"[{victim}:1] disconnected: not authorised."
        yield from (wrong, f"x {wrong}", f"x {wrong} ", f"\u202e{wrong}")
        for end in ("\u2028", "\u2029"):  # those of control characters are not even let in
            yield f"x{end}1795823665: Client y {wrong}"
        for start in ("1795823665: ", "2026-11-27T23:51:46: ", "box swiftlet[1]: "):
            yield f"{start}Client y {wrong}"
        yield f"x [{victim}:1] disconnected: not authorised"
        yield f"<unknown> [{victim}:1] disconnected: exceeded timeout"
        yield f"<unknown> [{victim}:1] disconnected: malformed packet or protocol error: x"
        yield f"connection from {victim} denied: it does not speak TLS."


@pytest.fixture
def accounts(tmp_path):
    started = Accounts(tmp_path, hashed("alice", "secret"), settings="allow_anonymous false\nlog_type all\n")
    yield started
    started.stop()


def login(accounts, name, user, password, source):
    """Whether somebody comes in; where it was."""
    client = RawClient(accounts.broker.port, V5, source=source)
    client.send(packets.connect(V5, name, username=user, password=password))
    code = client.expect(packets.CONNACK).reason
    client.close()
    return code == 0


def test_who_is_refused_is_found_once_and_who_comes_in_is_not(accounts, ban):
    assert login(accounts, "a", "alice", "secret", "127.0.0.2")
    assert not login(accounts, "b", "alice", "wrong", "127.0.0.3")
    assert not login(accounts, "c", "nobody", "secret", "127.0.0.4")
    assert not login(accounts, "d", None, None, "127.0.0.5")
    accounts.broker.wait_for_log("[127.0.0.5:")
    found = [who for line in lines(accounts.broker.log()) if (who := ban.found(line))]
    assert found == ["127.0.0.3", "127.0.0.4", "127.0.0.5"]


def test_whom_a_liar_names_is_not_found(accounts, ban):
    """Each lie as identifier and as user name, refused and let in; one address for each, for the log has
    so many lines a second of one."""
    names = list(lies())
    for number, name in enumerate(names):
        source = f"127.0.1.{number + 1}"
        assert not login(accounts, name, name, "wrong", source)
        assert login(accounts, name, "alice", "secret", source)
    accounts.broker.wait_for_log(f"[127.0.1.{len(names)}:", f"New client connected from 127.0.1.{len(names)}:")
    found = [who for line in lines(accounts.broker.log()) if (who := ban.found(line))]
    assert found == [f"127.0.1.{number + 1}" for number in range(len(names))]


def test_strangers_are_found_in_aggressive_mode_alone(accounts, ban, mode):
    client = RawClient(accounts.broker.port, V5, source="127.0.0.6")
    client.send(b"GET / HTTP/1.1\r\n\r\n")
    client.expect_closed()
    accounts.broker.wait_for_log("[127.0.0.6:")  # a socket is closed before the line is written
    found = [who for line in lines(accounts.broker.log()) if (who := ban.found(line))]
    assert found == (["127.0.0.6"] if mode == "aggressive" else [])


# MARK: Every line there is


def templates():
    """The lines that the manual tells of, without and with more behind a colon."""
    manual = (ROOT / "Board/operations.md").read_text()
    table = manual.split("<!-- Made by `make documents`: lines -->")[1].split("<!--")[0]
    told = re.findall(r"^\| `\w+` \| `([^`]+)`", table, re.M)
    assert len(told) > 30
    return [f"{line}{rest}" for line in told for rest in (".", ": the words of the broker.")]


def shown(text):
    """As `Line.append(foreign:)` writes it."""
    return re.sub("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069]", "?", text)


@pytest.mark.parametrize("template", templates())
def test_no_line_of_any_kind_gives_a_victim_away(ban, template):
    """Each kind of line, with each lie wherever a client's words can stand."""
    for lie in map(shown, lies()):
        line = template
        for word in ("CLIENT", "USER"):
            line = line.replace(word, lie)
        line = line.replace("ADDRESS", f"{LIAR}:51234").replace("HOST", LIAR).replace("PORT", "1883")
        for stamp in ("1795823665: ", "2026-11-27T23:51:46: ", "Nov 27 23:51:46 box swiftlet[123]: ", ""):
            assert ban.found(stamp + line) in (None, LIAR), line


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::1", "::1", "1:2:3:4:5:6:7:8", "fe80::1:2"])
def test_addresses_are_found_whole(ban, address):
    for port in (1, 5123, 65535):
        found = ban.found(f"1795823665: Client x [{address}:{port}] disconnected: not authorised.")
        assert ipaddress.ip_address(found) == ipaddress.ip_address(address)


def test_the_jail_uses_the_filter():
    read = configparser.ConfigParser(comment_prefixes=("#",))
    read.read(JAIL)
    assert read["swiftlet"]["filter"].startswith("swiftlet[") and read["swiftlet"]["enabled"] == "true"


@pytest.mark.skipif(not shutil.which("fail2ban-regex"), reason="fail2ban is not here")
def test_fail2ban_itself_finds_the_same(ban, mode, tmp_path):
    """Every line with every lie, by the program that the filter is written for."""
    path, expected = tmp_path / "log", []
    with open(path, "w") as log:
        for template in templates():
            for lie in map(shown, lies()):
                line = template.replace("CLIENT", lie).replace("USER", lie).replace("HOST", LIAR)
                line = f"1795823665: {line.replace('ADDRESS', f'{LIAR}:51234')}"
                log.write(line + "\n")
                expected.append(ban.found(line))
    told = subprocess.run(["fail2ban-regex", "-o", "ip", str(path), f"{FILTER}[mode={mode}]"],
                          capture_output=True, text=True, check=True)
    assert told.stdout.split() == [who for who in expected if who]


# MARK: Filters that people have for Mosquitto

# After what is published: for the lines of 2.1, for those of 2.0, whose address stands in the line before,
# and for whoever connects at all.
FOREIGN = {
    "of 2.1": r"^.*Client \S+ \[<HOST>:\d+\] disconnected: not authorised\.$",
    "of 2.0": r"New connection from <HOST>:\d+ on port \d+\.\n.*Client <unknown> disconnected, not authorised\.$",
    "of 2.0, any name": r"^.*New connection from <HOST>:\d+ on port \d+\.<SKIPLINES>.*Client .+ disconnected, "
                        r"not authorised\.$",
    "of connections": r"New connection from <HOST>:[0-9]+ on port \d+\.",
}


@pytest.mark.parametrize("settings", ["", "log_timestamp_format %Y-%m-%dT%H:%M:%S\n", "log_timestamp_format %b %d %H:%M:%S\n"])
@pytest.mark.parametrize("name", FOREIGN)
def test_a_filter_for_mosquitto_finds_whom_we_refuse(tmp_path, name, settings):
    if not shutil.which("fail2ban-regex"):
        pytest.skip("fail2ban is missing")
    started = Accounts(tmp_path, hashed("alice", "secret"), settings="allow_anonymous false\n" + settings)
    try:
        for source in ("127.0.0.6", "127.0.0.7"):
            assert not login(started, "c", "alice", "wrong", source)
        started.broker.wait_for_log("[127.0.0.6:", "[127.0.0.7:")
        # The start says much that a log which is turned over does not have.
        log = tmp_path / "log"
        log.write_text("".join(
            line for line in started.broker.log().splitlines(True) if "Client" in line or "New" in line))
        (tmp_path / "filter.conf").write_text(f"[Init]\nmaxlines = 2\n[Definition]\nfailregex = {FOREIGN[name]}\n")
        done = subprocess.run(
            ["fail2ban-regex", "-o", "ip", str(log), str(tmp_path / "filter.conf")], capture_output=True, text=True,
            timeout=60)
        assert set(done.stdout.split()) == {"127.0.0.6", "127.0.0.7"}, (done.stdout, done.stderr, log.read_text())
    finally:
        started.stop()


# [RFC: PROXY protocol, 2.1]
def test_behind_a_proxy_the_client_is_found(tmp_path):
    started = Accounts(tmp_path, hashed("alice", "secret"),
                       settings=f"allow_anonymous false\nlistener {(port := free_port())}\nenable_proxy_protocol 1\n")
    try:
        client = RawClient(port, V5)
        client.send(b"PROXY TCP4 203.0.113.9 10.0.0.1 4711 8883\r\n"
                    + packets.connect(V5, "c", username="alice", password="wrong"))
        client.expect_closed()
        started.broker.wait_for_log(
            f"New connection from 203.0.113.9:4711 on port {port}.",
            "Client <unknown> disconnected, not authorised.",
            "Client c [203.0.113.9:4711] disconnected: not authorised.")
        # Who leaves without a byte, as a health check does, is told of to nobody.
        RawClient(port, V5).close()

        assert "New connection from 127.0.0.1" not in started.broker.log().split("203.0.113.9")[-1]
    finally:
        started.stop()


def test_lines_of_a_visit_are_mosquittos(accounts):
    """What log watchers look for."""
    client = RawClient(accounts.broker.port, V311, source="127.0.0.8")
    client.connect("ID", username="alice", password="secret", keep_alive=60)
    client.send(b"\xe0\0")
    client.expect_closed()
    accounts.broker.wait_for_log("Client ID [127.0.0.8:")
    told = [re.sub(r"^\d+: |(?<=127\.0\.0\.8:)\d+", "", line) for line in lines(accounts.broker.log()) if "127.0.0.8" in line]
    assert told == [
        f"New connection from 127.0.0.8: on port {accounts.broker.port}.",
        "New client connected from 127.0.0.8: as ID (p4, c1, k60, u'alice').",
        "Client ID [127.0.0.8:] disconnected."]
