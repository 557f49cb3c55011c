"""Attacks on the real program, each beside a witness, before newcomers, and beside Mosquitto.

    hostile.py [--only TEXT] [--board BOARD] [--seconds N] [--attackers N] [--quick] [--list] [--report FILE]

`--quick`: Swiftlet alone, each attack for a moment, several at once. No time is judged then, only what can be
counted: the broker lives, newcomers are served, its pools are as before when all have gone.
"""

import argparse
import concurrent.futures
import resource
import sys
import tempfile
import time
from pathlib import Path

from attackers import known
from contender import MOSQUITTO, OF_OTHERS, SWIFTLET, pin
from report import counted, markdown, row, told
from trial import Result, Trial

from authority import Authority  # noqa: E402 (beside the broker that `contender` has found)

AT_ONCE = 6


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", default=[], help="attacks whose names have this in them")
    parser.add_argument("--board", default="host", choices=["host", "router"], help="whose limits it has")
    parser.add_argument("--seconds", type=float, help="of each attack")
    parser.add_argument("--attackers", type=int, help="instead of those that each attack has")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--alone", action="store_true", help="without Mosquitto")
    parser.add_argument("--list", action="store_true", help="the attacks there are")
    parser.add_argument("--report", type=Path, default=Path(".build/hostile/report.md"))
    chosen = parser.parse_args()
    chosen.seconds = chosen.seconds or (0.5 if chosen.quick else 5)
    chosen.quiet_seconds = 0.1 if chosen.quick else 1
    return chosen


def chosen(options):
    """Pairs of an attack and how many attack."""
    found = [one for one in known() if not options.only or any(is_meant(one, text) for text in options.only)]
    return [(one, count) for one in found for count in counts(one, options)]


def is_meant(attack, text):
    """By its name; by a part of it, if no attack is named so."""
    return attack.name == text if text in {one.name for one in known()} else text in attack.name


def counts(attack, options):
    """How many attack: each number that the table has, or the most of them where time is short."""
    if options.attackers:
        return [options.attackers]
    found = dict.fromkeys(attack.fitting(count, options.board) for count in attack.attackers)
    return list(found)[-1:] if options.quick else list(found)


def try_out(attack, attackers, kind, options, certificate):
    """What came of it; a broker that does not even start is a result too."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        try:
            trial = Trial(attack, attackers, kind, Path(folder), options, certificate)
        except AssertionError as error:
            return Result(trouble=f"the broker did not start: {error}")
        result = trial.run()
    result.took = time.monotonic() - began
    return result


def all_quickly(trials, options, certificate):
    """Several at once; what failed of what is counted."""
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        running = [(attack, count, pool.submit(try_out, attack, count, SWIFTLET, options, certificate))
                   for attack, count in trials]
        for attack, count, one in running:
            result = one.result()
            wrong = counted(attack, count, options.board, result)
            passed += not wrong
            failed += bool(wrong)
            print(f"{attack.name} × {count}: {'; '.join(wrong) or 'withstood'} ({result.took:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def one_by_one(trials, options, certificate):
    """With both brokers, in the order of the table; the table."""
    rows = []
    for attack, count in trials:
        kinds = [SWIFTLET] if options.alone or not attack.beside_mosquitto else [SWIFTLET, MOSQUITTO]
        results = {kind: try_out(attack, count, kind, options, certificate) for kind in kinds}
        rows.append(row(attack, count, options.board, results))
        tell(attack, count, results, rows[-1])
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(markdown(rows))
    print(f"== {options.report}")
    return 0


def tell(attack, count, results, cells):
    print(f"{attack.name} × {count}: {attack.story}", flush=True)
    for kind, result in results.items():
        during = result.during or {}
        print(f"    {kind:9} {result.death or result.trouble or ''} "
              f"median {of(result.quiet, 'median')} → {of(during, 'median')}, p99 {of(during, 'p99')}, "
              f"longest {of(during, 'longest')} ms; newcomers {result.served}; {told(result.figures)}"
              f"{' full: ' + ', '.join(result.full) if result.full else ''}"
              f"{' ' + str(result.excuses[:3]) if result.excuses else ''}")
    print(f"    {cells[-1]}", flush=True)


def of(report, name):
    value = (report or {}).get(name)
    return "–" if value is None else f"{1000 * value:.2f}"


def main():
    arguments = options()
    trials = chosen(arguments)
    if arguments.list:
        for attack, count in trials:
            print(f"{attack.name} × {count}: {attack.story}")
        return 0
    if not arguments.quick:
        pin(OF_OTHERS)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        certificate = Authority(Path(folder)).server()
        run = all_quickly if arguments.quick else one_by_one
        return run(trials, arguments, certificate)


if __name__ == "__main__":
    sys.exit(main())
