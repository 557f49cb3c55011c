"""Runs the fuzzers, two at a time: first what the corpus holds, then new inputs for a while.

    fuzz.py BIN SECONDS [TARGET…]    BIN is the folder of the programs `fuzz-…`

An input that brings a fuzzer down becomes a file in Tests/Corpus/<target>, where every later run
replays it. What was found otherwise is kept in .build/fuzz-found, to go on from.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "Tests/Corpus"
FOUND = ROOT / ".build/fuzz-found"
# The longest input, and how long one may take: none takes more than some milliseconds.
LIMITS = ["-max_len=2048", "-timeout=20", "-rss_limit_mb=2048"]
ENVIRONMENT = os.environ | {
    "SWIFT_BACKTRACE": "enable=no",  # it would wait for a terminal
    "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0",
}


def targets():
    names = [path.name.lower() for path in (ROOT / "Tests/Fuzz").iterdir() if path.is_dir()]
    return sorted(set(names) - {"support", "__pycache__"})


def run(program, target, *arguments):
    dictionary = ROOT / f"Tests/Fuzz/{target.capitalize()}/{target}.dict"
    command = [program, *LIMITS, f"-artifact_prefix={CORPUS / target}/", *arguments]
    if dictionary.exists():
        command.append(f"-dict={dictionary}")
    done = subprocess.run(command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")
    if done.returncode:
        print(done.stdout[-6000:])
    return done


def last_line(pattern, text):
    found = re.findall(pattern, text)
    return found[-1] if found else "?"


def fuzz(binaries, target, seconds):
    """Whether all went well; tells what was done."""
    program = f"{binaries}/fuzz-{target}"
    inputs = sorted(str(path) for path in (CORPUS / target).iterdir() if path.is_file())
    replayed = run(program, target, *inputs)
    if replayed.returncode:
        print(f"{target}: an input of the corpus fails", flush=True)
        return False
    if not seconds:
        print(f"{target}: {len(inputs)} inputs of the corpus", flush=True)
        return True
    (FOUND / target).mkdir(parents=True, exist_ok=True)
    done = run(program, target, f"-max_total_time={seconds}", "-print_final_stats=1",
               "-use_value_profile=1", str(FOUND / target), str(CORPUS / target))
    runs = last_line(r"number_of_executed_units:\s*(\d+)", done.stdout)
    covered = last_line(r"cov: (\d+)", done.stdout)
    print(f"{target}: {len(inputs)} inputs of the corpus, {runs} runs in {seconds} s, "
          f"{covered} edges covered", flush=True)
    return done.returncode == 0


def main(binaries, seconds, *wanted):
    unknown = set(wanted) - set(targets())
    assert not unknown, f"no target {unknown}: choose among {targets()}"
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as workers:
        results = list(workers.map(
            lambda target: fuzz(binaries, target, int(seconds)), wanted or targets()))
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
