"""The Debian package: what is in it, and that its configuration is valid."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    # The program is there already; the scripts around it are what is tested.
    folder = tmp_path_factory.mktemp("package")
    made = subprocess.run(
        ["make", "--no-print-directory", "install", "PREFIX=/usr", f"DESTDIR={folder}/root"],
        cwd=ROOT, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    out = folder / "swiftlet_1.2.3_all.deb"
    packed = subprocess.run(
        ["sh", "Board/debian/package.sh", f"{folder}/root", "all", "1.2.3", "libc6", str(out)],
        cwd=ROOT, capture_output=True, text=True)
    assert packed.returncode == 0, packed.stderr
    return out


def fields(package):
    told = subprocess.run(["dpkg-deb", "-f", package], capture_output=True, text=True, check=True)
    return dict(line.split(": ", 1) for line in told.stdout.splitlines() if ": " in line)


def test_the_package_says_what_it_is(package):
    told = fields(package)
    assert told["Package"] == "swiftlet" and told["Version"] == "1.2.3"
    assert told["Depends"] == "adduser, libc6"
    assert int(told["Installed-Size"]) > 100


def test_the_package_holds_program_service_pages_and_configuration(package):
    listed = subprocess.run(["dpkg-deb", "-c", package], capture_output=True, text=True, check=True)
    files = {line.split()[-1].lstrip("."): line.split() for line in listed.stdout.splitlines()}
    for path in ("/usr/sbin/swiftlet", "/usr/lib/systemd/system/swiftlet.service",
                 "/usr/share/man/man1/swiftlet.1.gz", "/usr/share/man/man5/swiftlet.conf.5.gz",
                 "/etc/swiftlet/swiftlet.conf", "/etc/swiftlet/conf.d/"):
        assert path in files
        assert files[path][1] == "root/root"
    assert files["/usr/sbin/swiftlet"][0] == "-rwxr-xr-x"


def test_its_scripts_are_shell_and_its_configuration_is_kept(package, tmp_path):
    subprocess.run(["dpkg-deb", "-e", package, tmp_path], check=True)
    assert (tmp_path / "conffiles").read_text() == "/etc/swiftlet/swiftlet.conf\n"
    for script in ("postinst", "prerm", "postrm"):
        assert os.access(tmp_path / script, os.X_OK)
        assert subprocess.run(["sh", "-n", tmp_path / script]).returncode == 0


def test_the_configuration_it_brings_is_valid(package, tmp_path):
    subprocess.run(["dpkg-deb", "-x", package, tmp_path], check=True)
    written = (tmp_path / "etc/swiftlet/swiftlet.conf").read_text()
    local = tmp_path / "swiftlet.conf"
    local.write_text(written.replace("/etc/swiftlet", f"{tmp_path}/etc/swiftlet"))
    told = subprocess.run(
        [tmp_path / "usr/sbin/swiftlet", "-c", local, "--test-config"], capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
