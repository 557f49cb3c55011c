"""What is made of the sources: a file of Swift, and pieces of documents between two marks."""

import re

import sources
from sources import Mistake

NAMES = "Sources/Configuration/Key+Names.swift"
MANUAL = "Board/man/swiftlet.conf.5"
OPERATIONS = "Board/operations.md"
BOARDS = "Board/README.md"


def wrapped(words, width):
    """Lines of at most so many characters, words kept whole."""
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


# MARK: The names of the keys, in Swift

HEAD = """\
// Made of the keys' declarations by `make documents`. The names of each kind stand in the order of its cases;
// one text of names is a tenth of what a row for each key would take.
"""


def names_of(enum, cases):
    lines = wrapped([case.code.split()[0] for case in cases], 90)
    text = " \\\n    ".join(lines)
    return f'\nextension {enum} {{\n  static var names: StaticString {{\n    """\n    {text}\n    """\n  }}\n}}\n'


def names():
    files = {**sources.SETTINGS, **dict.fromkeys(sources.FOREIGN, "Key+Foreign.swift")}
    return HEAD + "".join(
        names_of(enum, sources.cases(f"{sources.CONFIGURATION}/{file}", enum)) for enum, file in files.items())


# MARK: Tables


def table(head, rows, numbers=()):
    """A table of Markdown; its first column is code unless it says otherwise."""
    def line(cells):
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    return [line(head), "| " + " | ".join("---:" if place in numbers else "---" for place in range(len(head))) + " |",
            *(line(row) for row in rows)]


def quoted(names):
    return ", ".join(f"`{name}`" for name in names)


def sentence(text):
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def sections():
    """The sections of the manual, in its order."""
    return re.findall(r'^\.\\" Made by `make documents`: (.*)\n', sources.read(MANUAL), re.M)


def ordered():
    order = sections()
    for key in sources.settings():
        if key.section not in order:
            raise Mistake(f"{MANUAL} has no section “{key.section}” for {key.name}")
    return sorted(sources.settings(), key=lambda key: order.index(key.section))


def keys():
    head, lines = ("key", "here", "meaning, and what differs"), []
    for name in dict.fromkeys(key.section for key in ordered()):
        rows = [(f"`{key.name}`", key.state, key.text + (f" *Differs:* {key.remark}." if key.remark else ""))
                for key in ordered() if key.section == name]
        lines += [f"\n**{name}**\n", *table(head, rows)]
    rows = [(quoted(names), state, sentence(why)) for names, state, why in sources.foreign()]
    return [*lines, "\n**Keys of Mosquitto that set nothing here**\n", *table(("key", "here", "why"), rows), ""]


def topics():
    return table(("`$SYS/broker/…`", "what it tells"),
                 [(f"`{name}`", text) for name, text in sources.topics()]
                 + [("`clients/dropped/CLIENT`",
                     "Ours: messages that the session of this client has lost since it began, because there was no"
                     " room for them; told when it is more than before."),
                    (f"`limits/POOL/{{{','.join(sources.aspects())}}}`",
                     "Ours: how full each pool is, in the next table.")])


def pools():
    return table(("pool", "limit of the board"), [(f"`{name}`", text) for name, text in sources.pools()])


def shortages():
    head = ("pool", "when it is full", "who feels it", "what a client sees", "to raise it")
    return table(head, [(f"`{name}`", *said) for name, *said in sources.shortages()])


def lines():
    rows = dict.fromkeys(sources.events())
    return table(("`log_type`", "line"), [(f"`{level}`", line) for level, line in rows])


def limits():
    return table(("limit", "what it is, and what happens when it is reached"),
                 [(quoted(names), text) for names, text in sources.limits()])


# MARK: The manual

PLAIN, CODE = 0, 1


def macro(code):
    """A piece of code as mdoc has it: words that stand for something are arguments."""
    if code.startswith("--"):
        return f"Fl {code[1:]}"
    out, kind = [], None
    for token in re.findall(r"\[|\]|\||[^\s\[\]|]+", code):
        if token in "[]":
            out.append("Oo" if token == "[" else "Oc")
            kind = None
        elif token == "|":
            out.append(token)
        else:
            wanted = "Ar" if re.fullmatch(r"[A-Z][A-Z:]*", token) else "Cm"
            out += [wanted] * (wanted != kind) + [token.lower() if wanted == "Ar" else token]
            kind = wanted
    return " ".join(out)


def prose(text):
    """Lines of mdoc: each sentence and each piece of code begins one."""
    lines = []
    for place, piece in enumerate(text.split("`")):
        if place % 2 == CODE:
            lines.append("." + macro(piece))
            continue
        if place and (found := re.match(r"[.,;:)]+(?= |$)", piece)):
            lines[-1] += " " + " ".join(found[0])
            piece = piece[found.end():]
        elif place and piece and not piece.startswith(" "):
            raise Mistake(f"what follows the code cannot be told from it: {text}")
        if piece.endswith("("):
            raise Mistake(f"code stands in brackets: {text}")
        for part in re.split(r"(?<=[.;]) (?=[A-Z])", piece.strip()):
            # A line that is text begins neither with a dot nor with an apostrophe.
            part = re.sub(r"(?<!\w)-(?=\d)", r"\\-", part)
            lines += [("\\&" if part[0] in ".'" else "") + part] if part else []
    return lines


def item(key):
    values = macro(key.values)
    return [f".It Cm {key.name} {values}".replace("Cm Cm", "Cm"), *prose(key.text),
            *([] if key.state != "ours" else ["Ours."])]


def section(name):
    return [line for key in ordered() if key.section == name for line in item(key)]


def listed(names):
    return ".It " + " , ".join(f"Cm {name}" for name in names)


def differences():
    lines = []
    for key in sorted(sources.settings(), key=lambda key: key.name):
        if key.remark:
            lines += [f".It Cm {key.name}", *prose(sentence(key.remark))]
    return lines


def apart(state):
    """The keys of Mosquitto that have this fate, those with one reason together."""
    return [line for names, own, why in sources.foreign() if own == state
            for line in (listed(names), *prose(sentence(why)))]


# MARK: All of it

# Where a piece goes: the document, what its mark says, and what makes its lines.
PIECES = [
    (OPERATIONS, "keys", keys), (OPERATIONS, "topics", topics), (OPERATIONS, "pools", pools),
    (OPERATIONS, "shortages", shortages),
    (OPERATIONS, "lines", lines), (BOARDS, "limits", limits),
    (MANUAL, "Differences", differences),
    *((MANUAL, state.capitalize(), lambda state=state: apart(state)) for state in ("no effect", "not here", "not yet")),
]
MARKS = {".md": ("<!-- Made by `make documents`: {} -->\n", "<!-- End. -->"),
         ".5": ('.\\" Made by `make documents`: {}\n', '.\\" End.')}


def put(text, path, name, lines):
    """The document with the piece of that name made anew."""
    begin, end = MARKS[path[path.rindex("."):]]
    start = text.find(begin.format(name))
    if start < 0:
        raise Mistake(f"{path} has no place for “{name}”")
    start += len(begin.format(name))
    return text[:start] + "\n".join(lines) + "\n" + text[text.index(end, start):]


def made():
    """Each file that is made of the sources, wholly or in part: its path and its text."""
    texts = {NAMES: names()}
    pieces = PIECES + [(MANUAL, name, lambda name=name: section(name)) for name in sections()
                       if name not in {piece for path, piece, _ in PIECES if path == MANUAL}]
    for path, name, lines in pieces:
        texts[path] = put(texts.get(path) or sources.read(path), path, name, lines())
    return texts
