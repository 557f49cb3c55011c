"""Documents and sources say the same.

    documents.py write    write what is made of the sources
    documents.py check    is that fresh, and is all the rest in the documents that has to be, and no more?
"""

import re
import subprocess
import sys

import pages
import sources
from sources import ROOT, Mistake, read

DOCUMENTS = ["README.md", "Board/README.md", "Board/operations.md", "Sources/README.md", "Tests/README.md",
             *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("Board/*/README.md"))]
MANUAL = "Board/man/swiftlet.1"
MAKEFILES = ["Makefile", "Board/boards.mk", "Tests/tests.mk"]
FRONT_PAGE_LINES = 200


def write():
    for path, text in pages.made().items():
        if read(path) != text:
            (ROOT / path).write_text(text)
            print(f"{path} written")


# MARK: Checks. Each returns what is wrong, a line a mistake.


def what_is_made_is_fresh():
    return [f"{path} is old: `make documents` writes it"
            for path, text in pages.made().items() if read(path) != text]


def every_counter_is_told():
    """A counter that no topic shows is counted for nobody."""
    told = read("Sources/Broker/Broker+SystemTopics.swift")
    return [f"no $SYS topic tells Statistics.{name}" for name in sources.counters()
            if not re.search(rf"statistics\.{name}\b", told)]


def limits_have_their_names():
    known = {name for names, _ in sources.limits() for name in names}
    pools = " ".join([*(text for _, text in sources.pools()), *(row[-1] for row in sources.shortages())])
    used = {*sources.named_limits(), *re.findall(r"`(\w+)`", pools)}
    return [f"there is no limit {name}, which the program or the table of pools names" for name in sorted(used - known)]


def compare(what, where, code, document):
    return ([f"{what} {name} is not in {where}" for name in sorted(set(code) - set(document))]
            + [f"{what} {name} is in {where} alone" for name in sorted(set(document) - set(code))])


def in_manual(path, start, end):
    """The options that items of a part of a manual page tell of."""
    part = read(path).split(start)[1].split(end)[0]
    return ["-" + option for item in re.findall(r"^\.It (Fl .*)$", part, re.M)
            for option in re.findall(r"Fl ([\w-]+)", item)]


def in_usage(text):
    return re.findall(r"^ (-[\w-]+) ", text, re.M)


def options_are_everywhere():
    """Each spelling in the manual; each option, by one of them, in the help and in the table."""
    ways = sources.options()
    spellings = [way for those in ways.values() for way in those]
    wrong = [f"Option.{name} cannot be written" for name, those in ways.items() if not those]
    wrong += compare("option", MANUAL, spellings, in_manual(MANUAL, "The options are:", ".Sh PASSWORDS"))
    usage = in_usage(sources.words(f"{sources.CONFIGURATION}/CommandLineOptions+Table.swift", "usage"))
    part = read(pages.OPERATIONS).split("\n## The program\n")[1].split("\n## ")[0]
    cells = [row.split("|")[1] for row in part.splitlines() if row.startswith("| `-")]
    listed = [option for cell in cells for option in re.findall(r"`(-[\w-]+)", cell)]
    first = [those[0] for those in ways.values() if those]
    return (wrong + compare("option", "the help", first, usage)
            + compare("option", f"the table of {pages.OPERATIONS}", spellings, listed))


def options_of_passwd_are_everywhere():
    options = sources.password_options()
    usage = in_usage(sources.words("Sources/swiftlet/PasswordOptions.swift", "usage"))
    return (compare("option of passwd", "its help", options, usage)
            + compare("option of passwd", MANUAL, options, in_manual(MANUAL, ".Sh PASSWORDS", ".Sh SIGNALS")))


def kinds_of_lines_are_told():
    """The words of `log_type`, and what follows `$SYS/broker/log/`."""
    values = read(f"{sources.CONFIGURATION}/Values.swift").split("func logTypes()")[1].split("\n  }")[0]
    kinds = re.findall(r'equals\("(\w+)"\)', values)
    topics = [sources.literals(text)[0] for name, text in
              sources.told("Sources/Broker/Event.swift", "var topic: StaticString").items() if name != "debug"]
    keys = {key.name: re.findall(r"[\w/]+", key.text) for key in sources.settings()}
    return ([f"the comment of log_type does not tell of {kind}" for kind in kinds if kind not in keys["log_type"]]
            + [f"the comment of log_dest does not tell of {topic}" for topic in topics if topic not in keys["log_dest"]])


# MARK: What documents name


def prose_and_code(path):
    """A document in two: its text with code in backquotes, and its blocks of code."""
    text, code = [], []
    for line in read(path).splitlines():
        (code if line.startswith("    ") else text).append(line)
    return "\n".join(text), "\n".join(code)


def anchors(path):
    """The places of a document that a link can lead to, as GitHub names them."""
    heads = re.findall(r"^#+ (.*)$", read(path), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def links_lead_somewhere():
    wrong = []
    for path in DOCUMENTS:
        for link in re.findall(r"\]\(([^)\s]+)\)", read(path)):
            if "://" in link:
                continue
            file, _, anchor = link.partition("#")
            target = ((ROOT / path).parent / file).resolve() if file else ROOT / path
            if not target.exists():
                wrong.append(f"{path}: {link} is not there")
            elif anchor and anchor not in anchors(target.relative_to(ROOT)):
                wrong.append(f"{path}: {link} has no such heading")
    return wrong


FILE = re.compile(r"[\w.+*/-]+\.(?:swift|c|h|py|mk|sh|tsv|txt|hex|md|conf|service|init|config|1|5)")


def files_are_there():
    """Every file of ours that is named: by its path, or by its name alone."""
    have = {path for path in listing() if not path.startswith(".build")}
    names = {path.rsplit("/", 1)[-1] for path in have}
    folders = {path[:place] for path in have for place in range(len(path)) if path[place] == "/"}
    wrong = []
    for path in DOCUMENTS:
        text, _ = prose_and_code(path)
        for code in re.findall(r"`([^`\n]+)`", text):
            if re.match(r"(Sources|Tests|Board)/", code) and not re.search(r"[<>…{ ]", code):
                found = list(ROOT.glob(code.rstrip("/"))) if "*" in code else code.rstrip("/") in have | folders
            elif FILE.fullmatch(code) and "/" not in code and code[0].isupper():
                found = code in names or list(ROOT.glob(f"Sources/**/{code}"))
            else:
                continue
            if not found:
                wrong.append(f"{path}: there is no {code}")
    return wrong


def listing():
    """The files of the project, as they stand in the folder."""
    told = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                          capture_output=True, text=True)
    if told.returncode == 0:
        return [path for path in told.stdout.splitlines() if (ROOT / path).exists()]
    return [str(path.relative_to(ROOT)) for top in ("Sources", "Tests", "Board") for path in (ROOT / top).rglob("*")]


def targets():
    """The targets that `make help` lists, and all others."""
    texts = [read(path) for path in MAKEFILES]
    helped = [name for text in texts for name in re.findall(r"^## (\S+)", text, re.M)]
    every = {name for text in texts for names in re.findall(r"^([a-z][\w -]*):(?!=)", text, re.M)
             for name in names.split()}
    return helped, every


def targets_are_told():
    """Every target that help lists is in a document, and every one in a document exists."""
    helped, every = targets()
    wrong, told = [], set()
    for path in DOCUMENTS:
        text, code = prose_and_code(path)
        for piece in [*re.findall(r"`([^`\n]+)`", text), *code.splitlines()]:
            for words in re.findall(r"(?:^|\s)make ((?:[A-Z_]+=(?:\"[^\"]*\"|\S+) )*[a-z][\w-]*(?:, `?make [\w-]+)*)", piece):
                name = words.split()[-1]
                told.add(name)
                if name not in every:
                    wrong.append(f"{path}: there is no make {name}")
    return wrong + [f"no document tells of make {name}" for name in helped if name not in told]


def the_front_page_is_short():
    count = len(read("README.md").splitlines())
    return [] if count <= FRONT_PAGE_LINES else [f"README.md has {count} lines, more than {FRONT_PAGE_LINES}"]


CHECKS = [what_is_made_is_fresh, every_counter_is_told, limits_have_their_names, options_are_everywhere,
          options_of_passwd_are_everywhere, kinds_of_lines_are_told, links_lead_somewhere, files_are_there,
          targets_are_told, the_front_page_is_short]


# What each check must find: a file, a text in it, and what that is made.
PROOFS = [
    (what_is_made_is_fresh, "Sources/Configuration/Key+Words.swift", "  case queueFull\n",
     "  case queueFull\n  /// `invented NUMBER`\n  ///\n  /// It is.\n  /// - Section: The log\n  /// - Mosquitto: ours\n"
     "  case invented\n"),
    (what_is_made_is_fresh, "Sources/Configuration/Key+Words.swift", "  case queueFull\n",
     "  case queueFull\n  case invented\n"),
    (what_is_made_is_fresh, "Sources/Configuration/Key+Foreign.swift", "`http_dir`", "`invented_dir`"),
    (what_is_made_is_fresh, "Sources/Configuration/Key+Foreign.swift", '"keys are PEM files"', '"invented"'),
    (what_is_made_is_fresh, "Sources/Broker/SystemTopic.swift", '"heap/maximum"', '"heap/invented"'),
    (what_is_made_is_fresh, "Sources/Broker/SystemTopic.swift", "  /// Retained messages.\n", ""),
    (what_is_made_is_fresh, "Sources/Broker/LoadAverages.swift", '"load/sockets"', '"load/invented"'),
    (what_is_made_is_fresh, "Sources/Broker/Event+Words.swift", 'disconnected: exceeded', 'disconnected: invented'),
    (what_is_made_is_fresh, "Sources/Broker/PoolStatus.swift", "/// - Full: no further", "/// - Full: no invented"),
    (what_is_made_is_fresh, "Sources/Broker/PoolStatus.swift", "/// - Seen: PUBREC", "/// - Invented: PUBREC"),
    (what_is_made_is_fresh, "Sources/Linux/LinuxPool.swift", "  case tlsHeapBytes\n", "  case tlsHeapBytes\n  case invented\n"),
    (what_is_made_is_fresh, pages.OPERATIONS, "| `queue_full` |", "| `invented` |"),
    (what_is_made_is_fresh, pages.MANUAL, ".It Cm queue_full ", ".It Cm invented "),
    (what_is_made_is_fresh, pages.BOARDS, "| `deliveries` |", "| `invented` |"),
    (every_counter_is_told, "Sources/Broker/Statistics.swift", "var connects:", "var invented:"),
    (limits_have_their_names, "Sources/Configuration/Key+Bounds.swift", 'limit: "sessions"', 'limit: "invented"'),
    (limits_have_their_names, "Sources/Broker/PoolStatus.swift", "/// `sessions`", "/// `invented`"),
    (limits_have_their_names, "Sources/Broker/PoolStatus.swift", "/// - Raise: `owners`", "/// - Raise: `invented`"),
    (options_are_everywhere, "Sources/Configuration/CommandLineOptions+Table.swift", "-v : log", "-x : log"),
    (options_are_everywhere, "Sources/Configuration/CommandLineOptions+Table.swift", '"--plan"', '"--invented"'),
    (options_are_everywhere, MANUAL, ".It Fl -plan", ".It Fl -invented"),
    (options_are_everywhere, pages.OPERATIONS, "| `--plan` |", "| `--invented` |"),
    (options_of_passwd_are_everywhere, "Sources/swiftlet/PasswordOptions.swift", 'ascii: "U")', 'ascii: "X")'),
    (options_of_passwd_are_everywhere, "Sources/swiftlet/PasswordOptions.swift", " -U : hash", " -X : hash"),
    (options_of_passwd_are_everywhere, MANUAL, ".It Fl U", ".It Fl X"),
    (kinds_of_lines_are_told, "Sources/Configuration/Values.swift", 'equals("websockets") { return .web',
     'equals("invented") { return .web'),
    (kinds_of_lines_are_told, "Sources/Broker/Event.swift", '"M/subscribe"', '"M/invented"'),
    (links_lead_somewhere, "README.md", "(Board/README.md#memory)", "(Board/README.md#invented)"),
    (links_lead_somewhere, "README.md", "(Tests/README.md)", "(Tests/INVENTED.md)"),
    (files_are_there, "Sources/README.md", "`Broker+Publish.swift`", "`Broker+Invented.swift`"),
    (files_are_there, "Tests/README.md", "`Tests/Soak`", "`Tests/Invented`"),
    (targets_are_told, "Tests/tests.mk", "## soak ", "## invented "),
    (targets_are_told, "Tests/README.md", "`make soak MINUTES=10`", "`make invented MINUTES=10`"),
    (the_front_page_is_short, "README.md", "# Swiftlet\n", "# Swiftlet\n" + FRONT_PAGE_LINES * "\n"),
]


def mistakes(one):
    try:
        return one()
    except Mistake as mistake:
        return [str(mistake)]


def blind():
    """The proofs that find nothing: what they alter goes unnoticed, or is not there to be altered."""
    for one, path, text, other in PROOFS:
        whole = read(path)
        if text not in whole:
            yield f"{one.__name__} cannot be tested: {path} does not hold {text!r}"
            continue
        sources.ALTERED[path] = whole.replace(text, other)
        if not mistakes(one):
            yield f"{one.__name__} does not notice {other!r} in {path}"
        del sources.ALTERED[path]


def check():
    failed = 0
    for one in CHECKS:
        wrong = mistakes(one)
        failed += bool(wrong)
        for line in wrong:
            print(f"{one.__name__}: {line}")
    # Of documents that are wrong already a proof says nothing.
    unproved = [] if failed else list(blind())
    for line in unproved:
        print(line)
    total = len(CHECKS) + (0 if failed else len(PROOFS))
    failed += len(unproved)
    print(f"documents: {total - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        sys.exit(write())
    if sys.argv[1:] == ["check"]:
        sys.exit(check())
    sys.exit(__doc__)
