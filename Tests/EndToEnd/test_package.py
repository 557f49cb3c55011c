"""The Debian packages: what is in them, and that their configuration is valid. Those of boards of other
processors are packed where `make emulated` has built them.
"""

import os
import re
import subprocess

import pytest
from broker import IS_SWIFTLET, ROOT, program
from test_boards import COMMANDS

pytestmark = pytest.mark.skipif(not IS_SWIFTLET, reason="Swiftlet's own package")
HERE = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True).stdout.strip()
ARCHITECTURES = {"host": HERE, "pi": "arm64", "pi-zero": "armhf"}
VERSION = re.search(r"swiftlet version ([0-9.]+)", "".join(
    path.read_text() for path in (ROOT / "Sources/Broker").glob("*.swift")))[1]
# A program for a processor is told by these bytes of its file. [ELF, e_machine]
MACHINES = {"amd64": 62, "arm64": 183, "armhf": 40}


@pytest.fixture(scope="module", params=[board for board in ARCHITECTURES if board == "host" or board in COMMANDS])
def board(request):
    return request.param


@pytest.fixture(scope="module")
def package(tmp_path_factory, board):
    # The program is there already; what is around it is what is tested.
    folder = tmp_path_factory.mktemp("package")
    made = subprocess.run(
        ["make", "--no-print-directory", "package", f"BOARD={board}", f"DEB={folder}"],
        cwd=ROOT, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder / f"swiftlet_{VERSION}_{ARCHITECTURES[board]}.deb"


def fields(package):
    told = subprocess.run(["dpkg-deb", "-f", package], capture_output=True, text=True, check=True)
    return dict(line.split(": ", 1) for line in told.stdout.splitlines() if ": " in line)


def test_the_package_says_what_it_is(package, board, tmp_path):
    told = fields(package)
    assert (told["Package"], told["Version"]) == ("swiftlet", VERSION)
    assert told["Architecture"] == ARCHITECTURES[board]
    # A static program needs no library.
    assert told["Depends"] == "adduser"
    subprocess.run(["dpkg-deb", "-x", package, tmp_path], check=True)
    size = sum(-(-path.stat().st_size // 1024) for path in tmp_path.rglob("*") if path.is_file())
    assert size <= int(told["Installed-Size"]) <= size + 120  # folders count too


def test_its_program_is_for_its_processor(package, board, tmp_path):
    subprocess.run(["dpkg-deb", "-x", package, tmp_path], check=True)
    header = (tmp_path / "usr/sbin/swiftlet").read_bytes()[:20]
    assert int.from_bytes(header[18:20], "little") == MACHINES[ARCHITECTURES[board]]


def test_the_package_holds_program_service_pages_and_configuration(package):
    listed = subprocess.run(["dpkg-deb", "-c", package], capture_output=True, text=True, check=True)
    files = {line.split()[-1].lstrip("."): line.split() for line in listed.stdout.splitlines()}
    for path in ("/usr/sbin/swiftlet", "/usr/lib/systemd/system/swiftlet.service",
                 "/usr/share/man/man1/swiftlet.1.gz", "/usr/share/man/man5/swiftlet.conf.5.gz",
                 "/usr/share/doc/swiftlet/README.md.gz", "/usr/share/doc/swiftlet/operations.md.gz",
                 "/usr/share/doc/swiftlet/fail2ban/filter.d/swiftlet.conf",
                 "/usr/share/doc/swiftlet/fail2ban/jail.d/swiftlet.conf",
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


def test_the_configuration_it_brings_is_valid(package, board, tmp_path):
    subprocess.run(["dpkg-deb", "-x", package, tmp_path], check=True)
    written = (tmp_path / "etc/swiftlet/swiftlet.conf").read_text()
    local = tmp_path / "swiftlet.conf"
    local.write_text(written.replace("/etc/swiftlet", f"{tmp_path}/etc/swiftlet"))
    told = subprocess.run(
        [*COMMANDS.get(board, "").split()[:-1], tmp_path / "usr/sbin/swiftlet", "-c", local, "--test-config"],
        capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr


# MARK: OpenWrt

# What the SDK's rules.mk and package.mk do with the Makefile of a package, as far as ours asks it.
RULES = """
INCLUDE_DIR:=$(TOPDIR)/include
INSTALL_DIR:=install -d -m0755
INSTALL_BIN:=install -m0755
INSTALL_CONF:=install -m0600
"""
PACKAGE = """
define BuildPackage
$(eval $(Package/$(1)))
$(foreach field,SECTION CATEGORY TITLE PKG_NAME PKG_VERSION PKG_RELEASE,$(if $($(field)),,$(error no $(field))))
$(foreach part,description conffiles install,$(if $(Package/$(1)/$(part)),,$(error no $(part))))
compile:
	$$(Build/Prepare)
	$$(Build/Compile)
	$$(call Package/$(1)/install,$(TOPDIR)/root)
	@echo "$(PKG_NAME) $(PKG_VERSION) $(USERID)"
endef
"""


def openwrt(folder, with_program):
    (folder / "include").mkdir()
    (folder / "rules.mk").write_text(RULES)
    (folder / "include/package.mk").write_text(PACKAGE)
    subprocess.run(["cp", "-r", ROOT / "Board/openwrt", folder / "swiftlet"], check=True)
    if with_program:
        subprocess.run(["cp", program(), folder / "swiftlet/files/swiftlet"], check=True)
    return subprocess.run(
        ["make", "--no-print-directory", "--warn-undefined-variables", "compile", f"TOPDIR={folder}"],
        cwd=folder / "swiftlet", capture_output=True, text=True)


def test_the_package_of_openwrt(tmp_path):
    made = openwrt(tmp_path, with_program=True)
    assert made.returncode == 0 and "warning" not in made.stderr, made.stderr
    assert made.stdout.splitlines()[-1] == f"swiftlet {VERSION} swiftlet:swiftlet"
    root = tmp_path / "root"
    modes = {str(path.relative_to(root)): oct(path.stat().st_mode)[-3:] for path in root.rglob("*") if path.is_file()}
    assert modes == {"usr/sbin/swiftlet": "755", "etc/init.d/swiftlet": "755", "etc/config/swiftlet": "600"}


def test_the_package_of_openwrt_wants_a_program(tmp_path):
    made = openwrt(tmp_path, with_program=False)
    assert made.returncode != 0 and "make BOARD=" in made.stderr
