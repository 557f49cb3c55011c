"""What stands around the program on a device: manual pages, services, and what `make install` installs."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from broker import IS_SWIFTLET, ROOT, let_in, program

pytestmark = pytest.mark.skipif(not IS_SWIFTLET, reason="Swiftlet's own files")
PAGES = [ROOT / "Board/man/swiftlet.1", ROOT / "Board/man/swiftlet.conf.5"]
UNIT = ROOT / "Board/systemd/swiftlet.service"
SCRIPT = ROOT / "Board/openwrt/files/swiftlet.init"
SHELLS = [shell for shell in (["dash"], ["busybox", "ash"]) if shutil.which(shell[0])]


def printed(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


# MARK: Manual pages


@pytest.mark.skipif(not shutil.which("man"), reason="man is missing")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_manual_page_can_be_read(page):
    environment = {**os.environ, "MANROFFSEQ": "", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["man", "--warnings", "-l", str(page)], capture_output=True, text=True,
                          env=environment, stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 0 and not done.stderr
    assert "NAME" in done.stdout and "swiftlet" in done.stdout
    if shutil.which("mandoc"):
        printed("mandoc", "-T", "lint", "-W", "warning", str(page))


def keys():
    """The names of all keys of the program: those that set something, and those that do not."""
    kinds = {}
    for kind, text in re.findall(r'extension (\w+) \{.*?"""(.*?)"""',
                                 (ROOT / "Sources/Configuration/Key+Names.swift").read_text(), re.S):
        kinds.setdefault(kind in ("IgnoredKey", "RefusedKey"), set()).update(re.findall(r"[a-z][\w.]*", text))
    return kinds[False], kinds[True]


def test_the_manual_has_every_key_and_no_other():
    told, apart = PAGES[1].read_text().split(".Sh DIFFERENCES")
    settings, others = keys()
    assert len(settings) > 60 and set(re.findall(r"^\.It Cm (\S+)", told, re.M)) == settings
    named = {name for line in re.findall(r"^\.It (Cm .*)", apart, re.M) for name in re.findall(r"Cm (\S+)", line)}
    assert others <= named


def test_the_manual_has_every_option():
    page = PAGES[0].read_text().replace("\\", "")
    for option in re.findall(r"^ +(-\S+)", printed(program(), "-h"), re.M):
        assert f"Fl {option[1:]}" in page


# MARK: systemd


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is missing")
def test_the_unit_is_valid_and_hardened(tmp_path):
    unit = tmp_path / "swiftlet.service"
    unit.write_text(UNIT.read_text().replace("/usr/sbin/swiftlet", program()))
    told = printed("systemd-analyze", "verify", "--man=no", str(unit))
    assert "swiftlet.service" not in told
    # In tenths: 0 is the safest, 15 is what systemd calls safe.
    told = printed("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(unit))
    assert re.search(r"Overall exposure level for swiftlet\.service: [01]\.\d", told), told


def test_the_unit_says_what_a_broker_needs():
    unit = UNIT.read_text()
    for line in ("Type=notify", "WatchdogSec=3min", "ExecReload=kill -HUP $MAINPID", "Restart=on-failure",
                 "After=network-online.target", "User=swiftlet", "NoNewPrivileges=yes",
                 "ProtectSystem=strict", "CapabilityBoundingSet="):
        assert f"\n{line}\n" in unit


# MARK: OpenWrt

# What OpenWrt's /lib/functions.sh does with a file of UCI, and procd's part of rc.common as a record.
FUNCTIONS = """
config() { config_cb "$1" "${2-}"; }
option() { option_cb "$@"; }
list() { list_cb "$@"; }
config_load() { . "$UCI/$1"; config_cb; }
procd_open_instance() { echo "open $*" >> "$RECORD"; }
procd_close_instance() { echo "close $*" >> "$RECORD"; }
procd_set_param() { echo "set $*" >> "$RECORD"; }
procd_send_signal() { echo "signal $*" >> "$RECORD"; }
procd_add_reload_trigger() { echo "trigger $*" >> "$RECORD"; }
stop() { echo stop >> "$RECORD"; }
start() { echo start >> "$RECORD"; start_service; }
logger() { { echo "logger $*"; cat; } >> "$RECORD"; }
"""


class Router:
    def __init__(self, folder, shell):
        let_in(folder)
        self.folder, self.shell = folder, shell
        (folder / "functions.sh").write_text(FUNCTIONS)
        (folder / "uci").mkdir()
        self.record = folder / "record"
        self.generated = folder / "var/etc/swiftlet.conf"
        self.written = folder / "written.conf"

    def configure(self, text):
        (self.folder / "uci/swiftlet").write_text(text)

    def run(self, action, fails=False):
        self.record.write_text("")
        environment = {"PATH": os.environ["PATH"], "UCI": str(self.folder / "uci"), "RECORD": str(self.record),
                       "SWIFTLET_PROGRAM": program(), "SWIFTLET_GENERATED": str(self.generated),
                       "SWIFTLET_WRITTEN": str(self.written)}
        command = f". {self.folder}/functions.sh; . {SCRIPT}; {action}"
        done = subprocess.run([*self.shell, "-c", command], env=environment,
                              capture_output=True, text=True, timeout=30)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        assert "not found" not in done.stderr and "bad" not in done.stderr, done.stderr
        return self.record.read_text()


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[-1])
def router(request, tmp_path):
    return Router(tmp_path, request.param)


def test_the_configuration_of_the_package(router):
    router.configure((ROOT / "Board/openwrt/files/swiftlet.config").read_text())
    record = router.run("start_service")
    assert router.generated.read_text().splitlines()[1:] == [
        "log_dest stderr", "log_timestamp 0", "listener 1883 localhost", "allow_anonymous 1"]
    assert f"set command {program()} -c {router.generated}" in record
    assert "set respawn" in record and "set stderr 1" in record
    assert "Configuration file is OK" in printed(program(), "-c", str(router.generated), "--test-config")


def test_all_kinds_of_sections(router, tmp_path):
    router.configure(f"""
config owrt
\toption use_uci 1
config mosquitto
\toption max_keepalive '60'
\tlist log_type 'error'
\tlist log_type 'warning'
config persistence
\toption persistence 'off'
config listener 'lan'
\toption allow_anonymous 'yes'
\toption port '8883'
\toption host '127.0.0.1'
\toption max_connections '8'
config listener
\toption unix_path '{tmp_path}/swiftlet.sock'
\toption socket_mode '0600'
""")
    (tmp_path).chmod(0o777)
    router.run("start_service")
    assert router.generated.read_text().splitlines()[1:] == [
        "max_keepalive 60", "log_type error", "log_type warning", "persistence false",
        "listener 8883 127.0.0.1", "allow_anonymous true", "max_connections 8",
        f"listener 0 {tmp_path}/swiftlet.sock", "socket_mode 0600"]
    # It is for the user of the broker, who reads it again at a reload.
    assert oct(router.generated.stat().st_mode)[-3:] in ("640", "644")


# What OpenWrt's own package, and LuCI's page for it, write into /etc/config/mosquitto.
def test_the_options_of_openwrts_package(router):
    router.configure("""
config owrt 'owrt'
\toption use_uci '1'
\toption write_pid '1'
config mosquitto 'mosquitto'
\toption no_remote_access '1'
\toption port '1884'
\tlist log_dest 'stdout'
\tlist log_dest 'file /tmp/a log.txt'
\tlist log_dest 'syslog topic'
\tlist log_types 'error'
\tlist log_types 'warning'
\toption log_types 'notice information'
\toption allow_anonymous '0'
\toption max_inflight_messages '20'
\toption queue_qos0_messages '1'
config persistence 'persistence'
\toption persistence '1'
\toption client_expiration '14d'
\toption location '/var/lib/mosquitto'
\toption file 'mosquitto.db'
\toption autosave_interval '1800'
\toption autosave_on_changes '0'
config listener
\toption port '8883'
\toption bind_address '127.0.0.1'
\toption use_username_as_clientid '1'
config listener
\toption port '8884'
\toption no_remote_access '1'
config listener
\toption port '8885'
\toption no_remote_access '0'
""")
    record = router.run("start_service")
    assert router.generated.read_text().splitlines()[2:] == [
        "bind_address localhost", "port 1884", "log_dest stdout", "log_dest file /tmp/a log.txt", "log_dest syslog",
        "log_dest topic", "log_type error", "log_type warning", "log_type notice information", "allow_anonymous 0",
        "max_inflight_messages 20", "queue_qos0_messages 1", "persistence 1", "persistent_client_expiration 14d",
        "persistence_location /var/lib/mosquitto", "persistence_file mosquitto.db", "autosave_interval 1800",
        "autosave_on_changes 0", "listener 8883 127.0.0.1", "use_username_as_clientid 1",
        "listener 8884 localhost", "listener 8885"]
    assert "set pidfile /var/run/swiftlet.pid" in record


def test_a_bridge_does_not_vanish(router):
    router.configure("config owrt\n\toption use_uci 1\nconfig listener\n\toption port 1883\n"
                     "config bridge\n\toption connection 'office'\n\toption address '10.0.0.1:1883'\n"
                     "\tlist topic '# both 0'\n")
    record = router.run("start_service", fails=True)
    assert 'The option "connection" is not available: bridges are not here yet.' in record


def test_a_section_of_an_unknown_type_is_told_of(router):
    router.configure("config owrt\n\toption use_uci 1\nconfig listner\n\toption port 1883\n")
    record = router.run("start_service")
    assert "/etc/config/swiftlet: there are no sections of type listner" in record
    assert "listener" not in router.generated.read_text()


def test_a_value_cannot_write_lines(router):
    router.configure("config owrt\n\toption use_uci 1\nconfig listener\n\toption port 1883\n"
                     "\toption mount_point 'a\nallow_anonymous true\n'\n")
    router.run(f"mkdir -p {router.generated.parent} && generate {router.generated}")
    assert router.generated.read_text().splitlines()[1:] == [
        "listener 1883", "mount_point a allow_anonymous true"]


def test_a_wrong_configuration_is_not_started(router):
    router.configure("config owrt\n\toption use_uci 1\nconfig swiftlet\n\toption no_such_key 1\n")
    record = router.run("start_service", fails=True)
    assert "logger -t swiftlet -p daemon.err" in record and "no_such_key" in record
    assert "set command" not in record and not router.generated.exists()


def test_the_written_configuration(router):
    router.configure("config owrt\n\toption use_uci 0\n")
    router.written.write_text("listener 1883 127.0.0.1\n")
    record = router.run("start_service")
    assert f"set command {program()} -c {router.written}" in record
    assert not router.generated.exists()


def test_a_reload_is_a_signal_or_a_new_start(router):
    text = "config owrt\n\toption use_uci 1\nconfig swiftlet\n\toption max_keepalive {}\n" \
           "config listener\n\toption port {}\n"
    router.configure(text.format(60, 1883))
    router.run("start_service")
    router.configure(text.format(30, 1883))
    assert router.run("reload_service") == "signal swiftlet\n"
    assert "max_keepalive 30" in router.generated.read_text()
    router.configure(text.format(30, 1884))
    assert router.run("reload_service").startswith("stop\nstart\n")
    router.configure("config owrt\n\toption use_uci 1\nconfig swiftlet\n\toption nonsense 1\n")
    record = router.run("reload_service", fails=True)
    assert "signal swiftlet" not in record and "stop\n" not in record
    assert "listener 1884" in router.generated.read_text()


def test_it_is_started_again_when_its_configuration_changes(router):
    assert router.run("service_triggers") == "trigger swiftlet\n"


# MARK: What is installed


def test_what_make_install_installs(tmp_path):
    printed("make", "--no-print-directory", "install", f"PROGRAM={program()}", f"DESTDIR={tmp_path}",
            "PREFIX=/opt/mqtt", cwd=ROOT)
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert found == ["opt/mqtt/lib/systemd/system/swiftlet.service", "opt/mqtt/lib/sysusers.d/swiftlet.conf",
                     "opt/mqtt/sbin/swiftlet", "opt/mqtt/share/man/man1/swiftlet.1",
                     "opt/mqtt/share/man/man5/swiftlet.conf.5"]
    unit = (tmp_path / "opt/mqtt/lib/systemd/system/swiftlet.service").read_text()
    assert "ExecStart=/opt/mqtt/sbin/swiftlet -c" in unit


# MARK: Files of others

UCI = ROOT / "Tests/Files/uci"


@pytest.mark.parametrize("name", sorted(path.stem for path in UCI.glob("*.uci")))
def test_a_file_of_uci(router, name):
    """It becomes what stands beside it, or is refused with the words of its first line."""
    text = (UCI / f"{name}.uci").read_text()
    router.configure(text)
    wanted = UCI / f"{name}.conf"
    record = router.run("start_service", fails=not wanted.exists())
    if not wanted.exists():
        assert text.splitlines()[0][2:] in record
        return
    assert router.generated.read_text().splitlines()[1:] == wanted.read_text().splitlines()
    assert "Configuration file is OK" in printed(program(), "-c", str(router.generated), "--test-config")
