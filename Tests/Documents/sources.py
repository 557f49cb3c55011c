"""What the sources declare and documents tell of: keys, `$SYS` topics, pools, log lines, limits, options.

Swift is read by the shape that the formatter gives it: the cases of an enumeration with their comments, and
what a switch over them says of each.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Mistake(Exception):
    """Something that a document cannot be made of."""


# Files as they would be, by their path: to see that a check can fail.
ALTERED = {}


def read(path):
    return ALTERED.get(str(path)) or (ROOT / path).read_text()


@dataclass
class Case:
    """A case of an enumeration, or a variable, with the lines of its comment."""
    name: str
    comment: list = field(default_factory=list)

    @property
    def text(self):
        """The comment in one line, without its fields."""
        lines = []
        for line in self.comment:
            if line.startswith("- "):
                break
            lines.append(line)
        return " ".join(" ".join(lines).split())

    def value(self, name):
        """What its comment says behind `- Name: `, with the lines that go on; None when it does not."""
        said = re.search(rf"^- {name}: (.*(?:\n  .*)*)", "\n".join(self.comment), re.M)
        return said and " ".join(said[1].split())

    @property
    def code(self):
        """What its comment has in backquotes first."""
        found = re.match(r"`([^`]+)`", self.text)
        if not found:
            raise Mistake(f"the comment of {self.name} does not begin with a name in backquotes")
        return found[1]


def declared(lines, pattern):
    """Each line that fits, as a Case with the comment above it."""
    comment = []
    for line in lines:
        stripped = line.strip()
        if stripped.startswith("///"):
            comment.append(stripped[3:].removeprefix(" "))
            continue
        if found := re.match(pattern, stripped):
            yield Case(found[1], comment)
        comment = []


def cases(path, name):
    """The cases of an enumeration, which stand one on a line."""
    found = re.search(rf"^(?:package )?enum {name}: .*?\{{\n(.*?)^\}}", read(path), re.M | re.S)
    if not found:
        raise Mistake(f"{path} has no enumeration {name}")
    return list(declared(found[1].splitlines(), r"case (\w+)( = .*)?$"))


class Said(dict):
    """What a switch says of each case."""
    def __missing__(self, name):
        raise Mistake(f"a switch says nothing of {name}")


def told(path, head):
    """What the switch behind `head` says of each case, as it is written."""
    text = re.sub(r"^\s*//.*\n", "", read(path), flags=re.M)
    start = text.find(head)
    if start < 0:
        raise Mistake(f"{path} has no “{head}”")
    body = text[text.index("switch self {", start):]
    body = body[:body.index("\n    }")]
    said = Said()
    for names, value in re.findall(r"case ((?:\.\w+,?\s*)+):\s*(.*?)(?=\n\s*case |\Z)", body, re.S):
        said.update({name: value.strip() for name in re.findall(r"\.(\w+)", names)})
    return said


def literals(text):
    """The string literals in a piece of Swift."""
    return [literal.replace('\\"', '"') for literal in re.findall(r'"((?:[^"\\]|\\.)*)"', text)]


def words(path, name):
    """The text of a property that is one literal, of one line or several."""
    found = re.search(rf'static var {name}: StaticString \{{\s*(?:"""\n(.*?)\n\s*"""|"(.*?)")', read(path), re.S)
    if not found:
        raise Mistake(f"{path} has no text {name}")
    return found[2] or re.sub(r"^ {4}", "", found[1].replace("\\\n", ""), flags=re.M)


# MARK: Keys

CONFIGURATION = "Sources/Configuration"
SETTINGS = {
    "BooleanSetting": "Key+Booleans.swift", "NumberSetting": "Key+Numbers.swift",
    "TextSetting": "Key+Texts.swift", "ListenerTextSetting": "Key+Texts.swift",
    "SecurityTextSetting": "Key+Texts.swift", "WordsSetting": "Key+Words.swift",
}
FOREIGN = {"IgnoredKey": "no effect", "RefusedKey": "not here"}


@dataclass
class Key:
    name: str
    values: str
    text: str
    section: str
    rank: int
    state: str
    remark: str


def key(case):
    """The key that a case of a setting is, with all that its comment says."""
    name, _, values = case.code.partition(" ")
    text = case.text[len(case.code) + 2:].strip()
    section, _, rank = (case.value("Section") or "").partition(", ")
    state, _, remark = re.fullmatch(
        r"(same|differs|ours|not yet|)(: |$)(.*)", case.value("Mosquitto") or "").groups()
    if not (text and section and state) or (state == "differs") != bool(remark):
        raise Mistake(f"the comment of the key {name} is not complete: Key.swift says what it needs")
    return Key(name, values, text, section, int(rank or 99), state, remark)


def settings():
    """Every key that sets something, in the order of the manual."""
    keys = [key(case) for name, file in SETTINGS.items() for case in cases(f"{CONFIGURATION}/{file}", name)]
    return sorted(keys, key=lambda key: (key.section, key.rank, key.name))


def foreign():
    """Mosquitto's keys that set nothing here: (names, state, why), those with one reason together."""
    path = f"{CONFIGURATION}/Key+Foreign.swift"
    groups = {}
    for name, state in FOREIGN.items():
        reasons = told(path, f"enum {name}: UInt8")
        for case in cases(path, name):
            reason, = literals(reasons[case.name])
            own = case.value("Mosquitto") or state
            groups.setdefault((own, reason), []).append(case.code)
            if own == "not yet":
                groups[own, reason] += words(path, "bridgeNames").split()
    # Keys of which only the beginning is known.
    for beginning in re.findall(r'name\.begins\(with: "(\w+)"\)', read(f"{CONFIGURATION}/Key.swift")):
        other = "connection" if beginning == "bridge_" else "plugin"
        next(names for names in groups.values() if other in names).append(beginning + "*")
    return [(names, state, reason) for (state, reason), names in groups.items()]


# MARK: $SYS, the log


def topics():
    """What follows `$SYS/broker/` and what it tells; of averages and pools in their short form."""
    path = "Sources/Broker/SystemTopic.swift"
    names = told(path, "var name: StaticString")
    rows = [(literals(names[case.name])[0], case.text) for case in cases(path, "SystemTopic")]
    path = "Sources/Broker/LoadAverages.swift"
    names = told(path, "var name: StaticString")
    spans = literals(read(path).split("func spanName")[1].split("\n  }")[0])
    ends = ",".join(span.removeprefix("/") for span in spans)
    rows += [(f"{literals(names[case.name])[0]}/{{{ends}}}", f"The same for each minute, of the last ones: {case.text}")
             for case in cases(path, "Load")]
    for name, text in rows:
        if not text:
            raise Mistake(f"the comment of $SYS/broker/{name} is missing")
    return rows


POOLS = {"BrokerPool": "Sources/Broker/PoolStatus.swift", "LinuxPool": "Sources/Linux/LinuxPool.swift"}


def pool_cases():
    """The name of each pool, and the case that it is."""
    for name, path in POOLS.items():
        names = told(path, f"enum {name}: UInt8")
        yield from ((literals(names[case.name])[0], case) for case in cases(path, name))


def shortages():
    """Of each pool: what happens when it is full, who feels it, what a client sees, which limit to raise."""
    rows = []
    for name, case in pool_cases():
        said = [case.value(field) for field in ("Full", "Felt by", "Seen", "Raise")]
        if not all(said):
            raise Mistake(f"the comment of the pool {name} does not say all of Full, Felt by, Seen and Raise")
        rows.append((name, *said))
    return rows


def pools():
    """The pools whose occupancy is told, and which limit each is."""
    rows = [(name, case.text) for name, case in pool_cases()]
    places = int(re.search(r"ForeignPools = InlineArray<(\d+)", read(POOLS["BrokerPool"]))[1])
    if places != len(cases(POOLS["LinuxPool"], "LinuxPool")):
        raise Mistake("ForeignPools has another number of places than LinuxPool has cases")
    return rows


def aspects():
    return [name.removeprefix("/") for value in told(POOLS["BrokerPool"], "enum PoolAspect").values()
            for name in literals(value)]


def counters():
    """The names of the counters that `Statistics` keeps."""
    return re.findall(r"^  package .*?var (\w+)", read("Sources/Broker/Statistics.swift"), re.M)


def events():
    """Each event that makes a line: (kind of line, line, and its comment behind it)."""
    path = "Sources/Broker/Event.swift"
    levels, sentences = told(path, "var level"), told("Sources/Broker/Event+Words.swift", "var sentence")
    rows = []
    for case in cases(path, "Event"):
        words = re.sub(r"{(\w+)}", lambda found: PUT_IN.get(found[1], found[1].upper()), literals(sentences[case.name])[0])
        if words:
            rows.append((levels[case.name].removeprefix("."), f"`{words}`" + (f": {case.text}" if case.comment else "")))
    order = [case.name for case in cases(path, "LogLevel")]
    return sorted(rows, key=lambda row: order.index(row[0]))


# What is put in for a word in braces, where that is not the word in capitals.
PUT_IN = {"manner": "(p5, c1, k60, u'USER')"}


# MARK: Limits, options


def limits():
    """Each limit of a board and its comment; of several under one comment, the first has it."""
    path = "Board/Limits.swift" if (ROOT / "Board/Limits.swift").exists() else "Board/host/Limits.swift"
    rows = []
    for case in declared(read(path).splitlines(), r"package (?:static )?(?:var|typealias) (\w+)\b(?!: StaticString)"):
        if case.comment:
            rows.append(([case.name], case.text))
        else:
            rows[-1][0].append(case.name)
    return rows


def named_limits():
    """The limits that messages of the program name."""
    found = set()
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        found.update(re.findall(r'(?:limit: |noRoom\(|aboveLimit\(|describe\(limit: )"(\w+)"',
                                read(path.relative_to(ROOT))))
    return found


def options():
    """Each way to write an option of `swiftlet`, by its case."""
    text = read(f"{CONFIGURATION}/CommandLineOptions+Table.swift")
    ways = {case.name: [] for case in declared(text.splitlines(), r"case (\w+)$")}
    for way, name in re.findall(r'\("(-[\w-]+)", \.(\w+)\)', text):
        ways[name].append(way)
    return ways


def password_options():
    """The options of `swiftlet passwd`."""
    text = read("Sources/swiftlet/PasswordOptions.swift")
    return ["-" + letter for letter in re.findall(r'case UInt8\(ascii: "(\w)"\)', text)]
