"""What stands in the programs of boards of other processors: their instructions, what they ask of a
system, which time they tell, and what they take of memory. Run by `make emulated`, as test_boards.
"""

import os
import re
import struct
import sys

import pytest
from broker import IS_SWIFTLET, ROOT, Broker, let_in
from packets import V5
from raw_client import RawClient
from test_boards import COMMANDS, Emulated
from authority import Authority
from tls import TLSClient, context

sys.path.append(str(ROOT / "Tests/Gates"))
from image import Image, inspect, printed  # noqa: E402
from limits import limits  # noqa: E402
from resident import resident  # noqa: E402

pytestmark = pytest.mark.skipif(
    not IS_SWIFTLET or not COMMANDS, reason="`make emulated` builds them and names them here")
# What the disassembler is told of a board's processor, and what it may then not know: instructions
# that a function has for a later processor and asks for first; constants, and what fills gaps.
PROCESSORS = {
    "pi": ("aarch64-linux-musl", "cortex-a53", r"$^"),
    "router": ("armv7-linux-musleabihf", "cortex-a7", r"$^"),
    "pi-zero": ("armv6-linux-musleabihf", "arm1176jzf-s", r"<__a_\w+_v7>"),
    "mt7621": ("mipsel-linux-musl", "mips32r2", r"<_start>|01 00 17 04"),
}
PAGE = 4096


def base(board):
    """The name of the board, however it is linked."""
    return re.sub("-(dynamic|static)$", "", board)


def path(board):
    return COMMANDS[board].split()[-1]


def named(*names):
    """The variants under test of some boards."""
    found = [board for board in sorted(COMMANDS) if base(board) in names]
    return pytest.mark.parametrize("board", found)


every_board = named(*PROCESSORS)
boards_of_32_bits = named("router", "pi-zero", "mt7621")


# MARK: Instructions


def unknown(program, processor):
    """How many lines of code there are, and those that the processor does not know."""
    triple, cpu, allowed = PROCESSORS[processor]
    function, count, strange = "", 0, []
    for line in inspect(program + ".debug", "--disassemble", f"--triple={triple}", f"--mcpu={cpu}"):
        if line.endswith(">:"):
            function = line.split(" ", 1)[1]
        elif "<unknown>" in line and not re.search(allowed, function + line):
            strange.append(function + line)
        count += 1
    return count, strange


@every_board
def test_every_instruction_is_one_of_its_processor(board):
    count, strange = unknown(path(board), base(board))
    assert count > 50_000 and not strange


def functions(program):
    """Each function, with its instructions."""
    name, body = "", []
    for line in inspect(program + ".debug", "--disassemble", "--no-show-raw-insn"):
        if found := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            yield name, body
            name, body = found[1], []
        else:
            body.append(line)
    yield name, body


def moves_self(body):
    """Whether it moves the register of `self` on while it reads, and does not save it."""
    moved = any(re.search(r"\br10!|\[r10\], ", line) for line in body)
    return moved and not any(re.search(r"\bpush\b.*\br10\b|\bpush\b.*r[4-9]-r1[01]", line) for line in body)


# LLVM did so once, and a handshake of TLS ended in a trap: see Board/cross.mk.
@named("router", "pi-zero")
def test_who_calls_finds_its_self_again(board):
    ours = [(name, body) for name, body in functions(path(board)) if name.startswith("$e")]
    assert len(ours) > 1000
    assert not [name for name, body in ours if moves_self(body)]


def test_a_moved_self_would_be_found():
    assert moves_self(["push\t{r2, r3, r4, r6, r7, lr}", "ldmib\tr10!, {r2, r3, r6, r7}"])
    assert not moves_self(["push\t{r4, r5, r6, r10, r11, pc}", "ldr\tr0, [r10, #0x70]!", "ldr r0, [r10], #4"])


@pytest.mark.skipif("router" not in COMMANDS, reason="what is compared with is not built")
@named("pi-zero")
def test_instructions_of_a_newer_processor_would_be_found(board):
    """As they would stand in the program if it were linked with Debian's armhf."""
    _, strange = unknown(path("router"), base(board))
    assert len(strange) > 1000


def section(file, name):
    """The bytes of a section of an object of 32 bits."""
    with open(file, "rb") as opened:
        data = opened.read()
    start, size, count, names = struct.unpack_from("<I", data, 32) + struct.unpack_from("<HHH", data, 46)
    headers = [struct.unpack_from("<10I", data, start + size * index) for index in range(count)]
    texts = headers[names][4]
    for header in headers:
        if data.startswith(name + b"\0", texts + header[0]):
            return data[header[4]:header[4] + header[5]]
    raise ValueError(f"{file} has no {name}")


def attributes(file):
    """The numbers by which an object for ARM says for what it was made."""
    data = section(file, b".ARM.attributes")
    place, found = data.index(b"aeabi\0") + 11, {}

    def number():
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            place, value, shift = place + 1, value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value

    while place < len(data):
        tag = number()
        if tag in (4, 5, 67):  # a text
            place = data.index(b"\0", place) + 1
        else:
            found[tag] = number()
    return found


ARCHITECTURE, FRACTIONS, ARGUMENTS = 6, 10, 28
ARM_V6, ARM_V7, VFP_2, VFP_3_D16, IN_ITS_REGISTERS = 6, 10, 2, 4, 1


@named("pi-zero", "router")
def test_what_our_objects_were_made_for(board):
    expected = (ARM_V6, VFP_2) if base(board) == "pi-zero" else (ARM_V7, VFP_3_D16)
    with open(path(board) + ".objects") as listed:
        ours = [line.strip().strip('"') for line in listed]
    ours += [file for file in {piece[2] for piece in Image(path(board)).pieces} if "/CLinux.build/" in file]
    assert len(ours) > 30
    for file in ours:
        told = attributes(ROOT / file)
        assert (told[ARCHITECTURE], told[FRACTIONS]) == expected, file
        assert told[ARGUMENTS] == IN_ITS_REGISTERS, file


@named("pi-zero")
def test_no_number_with_a_fraction(board):
    """Ours hands them on in other registers than the libraries, which are made for ARMv5."""
    lines = inspect(path(board) + ".debug", "--disassemble", "--no-show-raw-insn")
    assert not [line for line in lines if re.match(r"\s+[0-9a-f]+:\s+v[a-z]", line)]
    image = Image(path(board))
    libraries = re.compile(r"\.a\(")
    assert not [(function, name) for address, function, _, name in image.references()
                if re.match(r"__aeabi_([dfil]2?[dfi]|[dfc]+)", name) and not libraries.search(image.origin(address))]


# MARK: What it asks of a system


@every_board
def test_it_is_one_file_for_any_system(board):
    headers = "\n".join(inspect(path(board), "--private-headers"))
    dynamic = board.endswith("-dynamic")
    assert ("INTERP" in headers) == dynamic
    needed = {re.sub(r"-.*", "", name) for name in re.findall(r"NEEDED\s+(\S+)", headers)}
    assert needed in (({"libc.so.6"}, {"libc.so.6", "ld"}) if dynamic else (set(),))


# The clock of 32 bits ends in January 2038.
@boards_of_32_bits
def test_nothing_asks_for_time_of_32_bits(board, tmp_path):
    # Only stat() of that kind may be there: the TLS library has a function, never called, that reads
    # folders.
    with open(path(board) + ".map") as link_map:
        old = set(re.findall(r"libc\.a\((\w*32\w*)\.lo\)", link_map.read()))
    assert old <= {"stat_time32"}
    if board.endswith("-dynamic"):
        assert not Image(path(board)).imports() & {
            "time", "gmtime_r", "localtime_r", "clock_gettime", "gettimeofday", "mktime", "nanosleep"}
    broker = Broker(tmp_path, "log_type all\n", prepare=lambda: os.environ.update(QEMU_STRACE="1"),
                    path=COMMANDS[board].split()[0], arguments=COMMANDS[board].split()[1:])
    RawClient(broker.port, V5).connect("clock")
    assert broker.stop() == 0
    calls = set(re.findall(r"\b([a-z_0-9]+)\(", broker.log()))
    assert "clock_gettime64" in calls
    assert not calls & {"clock_gettime", "gettimeofday", "time", "nanosleep", "utime"}


# MARK: Memory


def segments(program):
    """Bytes of the pages that the file takes when it is loaded."""
    found = re.findall(r"LOAD off .* vaddr (0x\w+) .*\n\s+filesz \w+ memsz (0x\w+)",
                       "\n".join(inspect(program, "--private-headers")))
    assert found
    pages = 0
    for address, size in ((int(one, 16), int(other, 16)) for one, other in found):
        pages += -(-(address + size) // PAGE) - address // PAGE
    return pages * PAGE


def plan(command):
    told = printed(*command.split(), "--plan")
    return int(re.search(r"^sum.* (\d+)$", told, re.MULTILINE)[1])


@pytest.fixture
def authority(tmp_path):
    let_in(tmp_path)
    return Authority(tmp_path)


def promised(board):
    """KiB that the process takes at most, as `make boards` tells."""
    text = (ROOT / "Board" / base(board) / "board.mk").read_text()
    return int(re.search(r"^MEMORY := (\d+)$", text, re.MULTILINE)[1])


# A C library of the device's own comes on top, and is not ours to promise.
@pytest.mark.parametrize("board", [board for board in sorted(COMMANDS) if not board.endswith("-dynamic")])
def test_the_process_takes_no_more_than_is_promised(board, tmp_path, authority):
    """Even when every page is in use that can be: those of the file, of all pools, and of the stack that
    was touched with as many connections as there may be (100 of a large board) and messages."""
    limit = limits(base(board))
    broker = Emulated(tmp_path, board, authority, "rsa")
    try:
        open_ones = []
        # The last quarter is kept for other addresses.
        for number in range(min(limit["tlsConnections"] - limit["tlsConnections"] // 4, 8)):
            open_ones.append(TLSClient(broker.tls_port, context(authority)))
            open_ones[-1].connect(f"tls{number}")
        for number in range(min(limit["connections"], 100) - len(open_ones)):
            open_ones.append(RawClient(broker.port, V5))
            open_ones[-1].connect(f"plain{number}")
        for number, one in enumerate(open_ones):
            one.subscribe((f"room/{number}/#", 1))
        for number in range(300):
            open_ones[0].publish(f"kept/{number}", bytes(512), 1, retain=True)
        touched, stack = resident(broker.process.pid, path(board), emulated=True)
    finally:
        assert broker.stop() == 0, broker.log()
    at_most = (segments(path(board)) + plan(COMMANDS[board])) // 1024 + stack
    print(f"{board}: {touched} KiB touched, {at_most} KiB at most, {stack} KiB of stack")
    assert 300 < touched <= at_most <= promised(board)


@pytest.mark.parametrize("board", ["host", "tiny"])
def test_the_plan_is_no_more_than_is_promised(board):
    program = ROOT / f".build/bin/{board}/swiftlet"
    if not program.exists():
        pytest.skip("not built")
    assert plan(str(program)) // 1024 < promised(board)
