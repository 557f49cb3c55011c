"""What is aimed at, what of it was missed, and the table."""

from contender import MOSQUITTO, SWIFTLET
from trial import NEWCOMERS

# The witness's median may become so many times as long, its longest wait so many seconds.
MEDIANS = 2
LONGEST_OF_ONE, LONGEST_OF_MANY = 0.050, 0.250


def counted(attack, attackers, board, result):
    """What is wrong with it, of that which does not hang on how fast the machine is."""
    if result.trouble:
        return [f"no result: {result.trouble}"]
    if result.death:
        return [f"the broker died: {result.death}"]
    found = ["the witness is served no more"] if result.is_frozen else []
    stranger, neighbour = result.served
    if stranger < NEWCOMERS:
        found.append(f"newcomers {stranger} of {NEWCOMERS}")
    if neighbour < NEWCOMERS and attack.spares_neighbours(attackers, board):
        found.append(f"of the same address {neighbour} of {NEWCOMERS}")
    if result.left_over:
        found.append("left over: " + ", ".join(
            f"{name} {base} → {now}" for name, (base, now) in result.left_over.items()))
    return found


def measured(attack, attackers, result, other):
    """What else was missed; `other` is what came of it with Mosquitto."""
    if result.trouble or result.death:
        return []
    longest = LONGEST_OF_ONE if attackers == 1 else LONGEST_OF_MANY
    found = []
    if result.quiet["median"] and result.during["median"] > MEDIANS * result.quiet["median"]:
        found.append(f"median × {result.during['median'] / result.quiet['median']:.1f}")
    if result.during["longest"] > longest:
        found.append(f"longest over {1000 * longest:.0f} ms")
    if result.during["unserved"]:
        found.append("witness: " + ", ".join(
            f"{count} {why}" for why, count in result.during["unserved"].items()))
    return found + of_figures(attack, result, other)


def of_figures(attack, result, other):
    figures, found = result.figures, []
    work = figures.get("work", figures.get("seconds"))
    if attack.work_seconds and (work is None or work > attack.work_seconds):
        found.append(f"work of more than {attack.work_seconds:g} s")
    theirs = other.figures.get("seconds") if other else None
    if attack.is_race and theirs and figures.get("seconds", 1e9) > theirs:
        found.append(f"Mosquitto does it in {theirs:.2f} s")
    found += [f"{name}: {figures.get(name, 0)}, less than {least}" for name, least in attack.least.items()
              if figures.get(name, 0) < least]
    return found + [f"{name}: {figures[name]}, more than {most}" for name, most in attack.most.items()
                    if figures.get(name, 0) > most]


def milliseconds(seconds):
    if seconds is None:
        return "–"
    return f"{1000 * seconds:.2f}" if seconds < 0.01 else f"{1000 * seconds:.1f}" if seconds < 0.1 else \
        f"{1000 * seconds:,.0f}"


def cells(result):
    """Median, longest wait, newcomers, processor."""
    if result is None:
        return ["", "", "", ""]
    if result.death or result.trouble or not result.during:
        return ["–", "dead" if result.death else "?", "–", "–"]
    longest = milliseconds(result.during["longest"])
    stranger, neighbour = result.served
    return [milliseconds(result.during["median"]), f"> {longest}" if result.is_frozen else longest,
            f"{stranger} / {neighbour}", "–" if result.processor is None else f"{result.processor:.2f}"]


def told(figures):
    """Of the figures that an attack counts."""
    return ", ".join(f"{name} {value:.2f} s" if name in ("work", "seconds") and value is not None
                     else f"{name} {value}" for name, value in figures.items())


def row(attack, attackers, board, results):
    ours, theirs = results.get(SWIFTLET), results.get(MOSQUITTO)
    missed = counted(attack, attackers, board, ours) + measured(attack, attackers, ours, theirs) if ours else []
    quiet = ours.quiet if ours and ours.quiet else {}
    return [attack.name, str(attackers), milliseconds(quiet.get("median")), *cells(ours), *cells(theirs),
            "; ".join(missed) if missed else "as aimed"]


HEAD = ["attack", "attackers", "quiet", "median", "longest", "newcomers", "work, s",
        "Mosquitto: median", "longest", "newcomers", "work, s", "verdict"]


def markdown(rows):
    lines = ["| " + " | ".join(HEAD) + " |",
             "| --- |" + " ---: |" * (len(HEAD) - 2) + " --- |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"
