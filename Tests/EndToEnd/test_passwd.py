"""`swiftlet passwd`, in the place of mosquitto_passwd: options, files, and the way to either broker."""

import base64
import hashlib
import os
import pty
import shutil
import stat
import subprocess
import time

import pytest
from accounts import Accounts, hashed
from broker import IS_SWIFTLET, ROOT, free_port, program
from packets import V311
from raw_client import PATIENCE, RawClient

pytestmark = pytest.mark.skipif(not IS_SWIFTLET, reason="Mosquitto is not the subject")
TINY = os.environ.get("SWIFTLET_TINY", str(ROOT / ".build/bin/tiny/swiftlet"))


@pytest.fixture(params=["host", "tiny"])
def passwd(request, tmp_path):
    """Runs the command in the test's folder."""
    path = program() if request.param == "host" else TINY
    if not os.path.exists(path):
        pytest.skip(f"board {request.param} is not built")

    def run(*arguments, typed=""):
        return subprocess.run([path, "passwd", *arguments], cwd=tmp_path, input=typed, text=True,
                              capture_output=True, timeout=PATIENCE)

    run.path = path
    return run


def is_password(line, word):
    fields = line.split(":")[1].split("$")
    salt, digest = base64.b64decode(fields[-2]), base64.b64decode(fields[-1])
    if fields[1] == "6":
        return hashlib.sha512(word.encode() + salt).digest() == digest
    return hashlib.pbkdf2_hmac("sha512", word.encode(), salt, int(fields[2])) == digest


def test_create_add_change_delete(passwd, tmp_path):
    file = tmp_path / "f"
    assert passwd("-b", "f", "u", "p").returncode == 1 and not file.exists()
    assert passwd("-c", "-b", "f", "u", "p").returncode == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert passwd("-b", "f", "v", "word").returncode == 0
    assert passwd("-b", "f", "u", "other").returncode == 0
    first, second = file.read_text().splitlines()
    assert first.startswith("u:$7$1000$") and is_password(first, "other")
    assert second.startswith("v:$7$1000$") and is_password(second, "word")
    assert passwd("-D", "f", "u").returncode == 0
    assert file.read_text() == second + "\n"
    assert passwd("-c", "-b", "f", "w", "p").returncode == 0
    assert file.read_text().startswith("w:") and file.read_text().count("\n") == 1


@pytest.mark.parametrize("arguments, words", [
    ([], "Usage"), (["-x"], "Usage"), (["f"], "expected"), (["-b", "f", "u"], "expected"),
    (["f", "u", "p"], "expected"), (["-b", "f", "u", "p", "q"], "Usage"), (["f", "u", "-b", "p"], "Usage"),
    (["-c", "-D", "f", "u"], "-c and -D cannot be used together"), (["-H", "md5", "-b", "f", "u", "p"], "Usage"),
    (["-I", "0", "-b", "f", "u", "p"], "Usage"), (["-I"], "Usage"), (["-U", "f", "u"], "expected"),
    (["-b", "f", "a:b", "p"], "Username must not contain the ':' character"), (["-b", "f", "", "p"], "name"),
    (["-b", "f", "#u", "p"], "name"), (["-b", "f", " u", "p"], "name"), (["-b", "f", "u\n", "p"], "name"),
    (["-b", "f", "u", ""], "Empty password"), (["-D", "f", "nobody"], "User nobody not found"),
    (["-D", "missing", "u"], "Unable to open password file missing"), (["-U", "missing"], "Unable to open"),
    (["-c", "-b", "no/such/folder", "u", "p"], "Unable to write password file no/such/folder")])
def test_mistakes_change_nothing(passwd, tmp_path, arguments, words):
    file = tmp_path / "f"
    file.write_text(hashed("u", "p"))
    before = file.read_text()
    done = passwd(*arguments)
    assert done.returncode == 1 and words in done.stderr
    assert file.read_text() == before and sorted(os.listdir(tmp_path)) == ["f"]


def test_hashes_and_iterations(passwd, tmp_path):
    for options, start in ((["-H", "sha512"], "u:$6$"), (["-H", "sha512-pbkdf2"], "u:$7$1000$"),
                           (["-I", "7"], "u:$7$7$"), (["-I", "1"], "u:$7$1$")):
        assert passwd(*options, "-c", "-b", "f", "u", "p ä").returncode == 0
        line = (tmp_path / "f").read_text()
        assert line.startswith(start) and is_password(line, "p ä")


@pytest.mark.parametrize("count", [1, 111, 112, 128, 129, 1000, 65_535])
def test_long_passwords(passwd, tmp_path, count):
    assert passwd("-c", "f", "u", typed=f"{'x' * count}\n{'x' * count}\n").returncode == 0
    assert is_password((tmp_path / "f").read_text(), "x" * count)


@pytest.mark.parametrize("scheme", ["sha512", "sha512-pbkdf2"])
def test_every_length_around_the_blocks_of_sha_512(passwd, tmp_path, scheme):
    """Its padding ends one block or begins another; keys longer than a block are hashed first."""
    text = "".join(chr(33 + index % 90) for index in range(400))
    for count in range(1, 400):
        assert passwd("-H", scheme, "-I", "2", "-c", "-b", "f", "u", text[:count]).returncode == 0
        assert is_password((tmp_path / "f").read_text(), text[:count]), count


def test_salts_differ(passwd, tmp_path):
    lines = set()
    for _ in range(5):
        passwd("-c", "-b", "-I", "1", "f", "u", "p")
        lines.add((tmp_path / "f").read_text())
    assert len(lines) == 5


@pytest.mark.parametrize("typed, words", [
    ("a\nb\n", "do not match"), ("a\n", "do not match"), ("", "Empty password"), ("\n\n", "Empty password"),
    ("x" * 65_536 + "\n", "too long")])
def test_typing_errors(passwd, tmp_path, typed, words):
    done = passwd("-c", "f", "u", typed=typed)
    assert done.returncode == 1 and words in done.stderr and not (tmp_path / "f").exists()


def test_typing_is_not_shown(tmp_path):
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.execv(program(), [program(), "passwd", "-c", "f", "u"])
    shown = b""
    for prompt in (b"Password: ", b"Reenter password: "):
        while not shown.endswith(prompt):
            shown += os.read(terminal, 100)
        time.sleep(0.05)  # the terminal stops echoing behind the prompt
        os.write(terminal, b"hidden\n")
    _, status = os.waitpid(child, 0)
    try:
        shown += os.read(terminal, 100)
    except OSError:
        pass
    assert status == 0 and b"hidden" not in shown
    assert is_password((tmp_path / "f").read_text(), "hidden")


def test_upgrade(passwd, tmp_path):
    kept = hashed("kept", "k") + hashed("older", "o", scheme=6)
    file = tmp_path / "f"
    file.write_text(f"# users\n\nplain:word\n{kept} spaced :two words\r\n")
    assert passwd("-U", "f").returncode == 0
    lines = file.read_text().split("\n")
    assert lines[:2] == ["# users", ""] and "\n".join(lines[3:5]) + "\n" == kept
    assert is_password(lines[2], "word") and lines[5].startswith("spaced:") and is_password(lines[5], "two words")
    # Once more changes nothing.
    before = file.read_text()
    assert passwd("-U", "f").returncode == 0 and file.read_text() == before


@pytest.mark.parametrize("line", ["alice", "alice:$7$101$x$y", ":word", "alice:"])
def test_upgrade_of_a_malformed_file(passwd, tmp_path, line):
    (tmp_path / "f").write_text(f"plain:word\n{line}\nother:word\n{line}\n")
    done = passwd("-U", "f")
    assert done.returncode == 1 and "f:2: " in done.stderr and "f:4: " in done.stderr
    assert (tmp_path / "f").read_text() == f"plain:word\n{line}\nother:word\n{line}\n"


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o640, 0o660, 0o666])
@pytest.mark.parametrize("owner", [(1, 12), (0, 0)])
def test_rights_of_the_file(passwd, tmp_path, mode, owner):
    """A broker that reads it as another user goes on reading it."""
    file = tmp_path / "f"
    file.write_text(hashed("u", "p"))
    file.chmod(mode)
    if os.getuid() == 0:
        os.chown(file, *owner)
    assert passwd("-b", "f", "v", "q").returncode == 0
    assert stat.S_IMODE(file.stat().st_mode) == mode
    if os.getuid() == 0:
        assert (file.stat().st_uid, file.stat().st_gid) == owner


def test_a_single_file_that_is_mounted(passwd, tmp_path):
    """As a container has it: it cannot be replaced by another."""
    (tmp_path / "outside").write_text(hashed("u", "p") + hashed("v", "a longer line goes", 100_000))
    (tmp_path / "f").write_text("")
    command = ["unshare", "-m", "sh", "-c", f"mount --bind outside f && {passwd.path} passwd -b f u new"]
    command[-1] += f" && {passwd.path} passwd -D f v"
    if subprocess.run([*command[:4], "mount --bind outside f"], cwd=tmp_path, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    line, = (tmp_path / "outside").read_text().splitlines()
    assert line.startswith("u:") and is_password(line, "new")
    assert not list(tmp_path.glob("*.new"))


def test_behind_a_link_the_file_is_replaced(passwd, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "real").write_text(hashed("u", "p"))
    (tmp_path / "link").symlink_to("folder/real")
    assert passwd("-b", "link", "v", "q").returncode == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "real").read_text().count("\n") == 2


def test_a_file_is_whole_or_not_there(passwd, tmp_path):
    """Whoever reads it meanwhile sees the old one or the new one."""
    file = tmp_path / "f"
    file.write_text("".join(hashed(f"u{number}", "p", 1) for number in range(5)))
    seen = open(file)
    assert passwd("-I", "1", "-b", "f", "u0", "new").returncode == 0
    assert seen.read().count("\n") == 5 and file.read_text().count("\n") == 5
    assert os.listdir(tmp_path) == ["f"]


@pytest.mark.parametrize("scheme", ["sha512", "sha512-pbkdf2"])
def test_our_broker_takes_it(passwd, tmp_path, scheme):
    assert passwd("-H", scheme, "-c", "-b", "f", "u", "p").returncode == 0
    accounts = Accounts(tmp_path, (tmp_path / "f").read_text())
    RawClient(accounts.broker.port, V311).connect("c", username="u", password="p")
    accounts.stop()


@pytest.mark.skipif(not shutil.which("mosquitto", path="/usr/sbin:/usr/bin"), reason="mosquitto is missing")
@pytest.mark.parametrize("scheme", ["sha512", "sha512-pbkdf2"])
def test_mosquitto_takes_it(passwd, tmp_path, scheme):
    assert passwd("-H", scheme, "-c", "-b", "f", "u", "p").returncode == 0
    # And mosquitto_passwd goes on with it.
    subprocess.run(["mosquitto_passwd", "-b", tmp_path / "f", "v", "q"], check=True)
    assert passwd("-b", "f", "w", "r").returncode == 0
    (tmp_path / "f").chmod(0o644)
    os.chmod(tmp_path, 0o755)
    port = free_port()
    (tmp_path / "conf").write_text(f"listener {port} 127.0.0.1\npassword_file {tmp_path}/f\nuser root\n")
    process = subprocess.Popen([shutil.which("mosquitto", path="/usr/sbin:/usr/bin"), "-c", tmp_path / "conf"],
                               stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                RawClient(port, V311).close()
                break
            except ConnectionRefusedError:
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.02)
        for user, word in (("u", "p"), ("v", "q"), ("w", "r")):
            RawClient(port, V311).connect(user, username=user, password=word)
    finally:
        process.terminate()
        process.wait(PATIENCE)
