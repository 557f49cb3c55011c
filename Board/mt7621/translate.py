"""Makes objects for MIPS of a build for ARM: `translate.py SCRATCH FLAG...`, flags for clang.

The compiler is asked once more for what `swift build` asked it, but for LLVM IR; there the layout of
data and the processor are replaced by those that clang has for MIPS, and clang compiles it. Both have
32 bits, the same order of bytes, and the same alignment of every type that we use. Files of C are
compiled for MIPS as they are. The objects are written beside those for ARM, in SCRATCH/translated.
"""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

TOOLS = os.environ["TOOLS"]
# What `swift build` wants of the compiler besides code, with and without a value.
PAIRS = {"-emit-module-path", "-output-file-map", "-num-threads", "-emit-objc-header-path"}
SINGLES = {"-emit-module", "-c", "-emit-dependencies", "-emit-objc-header", "-parseable-output",
           "-serialize-diagnostics"}


def commands(manifest):
    """The arguments of each call of a compiler in the manifest of a build, in their order."""
    with open(manifest) as file:
        for line in file:
            if line.strip().startswith("args: "):
                yield json.loads(line.strip()[len("args: "):])


def without_outputs(arguments):
    kept, words = [], iter(arguments)
    for word in words:
        if word in PAIRS:
            next(words)
        elif word not in SINGLES:
            kept.append(word)
    return kept


def target_lines(flags):
    """The two lines that describe MIPS, and the attributes of its functions."""
    text = subprocess.run(
        [f"{TOOLS}/clang", *flags, "-x", "c", "-", "-S", "-emit-llvm", "-o", "-"],
        input="void f(void) {}", check=True, capture_output=True, text=True).stdout
    found = {name: re.search(rf"^target {name} = .*$", text, re.MULTILINE)[0]
             for name in ("datalayout", "triple")}
    attributes = " ".join(re.findall(r'"(?:target-cpu|target-features|use-soft-float)"="[^"]*"', text))
    return found, attributes


def for_mips(text, lines, attributes):
    for name, line in lines.items():
        text = re.sub(rf"^target {name} = .*$", line, text, count=1, flags=re.MULTILINE)
    text = re.sub(r' ?"target-features"="[^"]*"', "", text)
    return re.sub(r'"target-cpu"="[^"]*"', attributes, text)


def is_newer(result, sources):
    return os.path.exists(result) and all(
        os.path.getmtime(source) <= os.path.getmtime(result) for source in [*sources, __file__])


def made_for_arm(arguments):
    """The objects of a module that `swift build` has made."""
    with open(arguments[arguments.index("-output-file-map") + 1]) as file:
        return [found["object"] for found in json.load(file).values() if os.path.exists(found.get("object", ""))]


def translate(module, arguments, folder, flags, lines, attributes):
    intermediate, result = f"{folder}/{module}.ll", f"{folder}/{module}.o"
    if is_newer(result, made_for_arm(arguments)):
        return result
    subprocess.run([*without_outputs(arguments), "-emit-ir", "-o", intermediate], check=True)
    with open(intermediate) as file:
        text = for_mips(file.read(), lines, attributes)
    with open(intermediate, "w") as file:
        file.write(text)
    subprocess.run([f"{TOOLS}/clang", *flags, "-Os", "-ffunction-sections", "-fdata-sections",
                    "-Wno-override-module",
                    "-Wno-unused-command-line-argument", "-c", "-x", "ir", intermediate, "-o", result], check=True)
    return result


def compile_c(source, arguments, folder, flags):
    """A file of C with the flags that are not of the processor."""
    result = f"{folder}/{os.path.basename(source)}.o"
    if is_newer(result, [arguments[-1]]):
        return result
    kept = [word for word in arguments if re.match(r"-D(?!__)|-O|-std|-W|-f(function|data)|-fno-async", word)]
    subprocess.run([f"{TOOLS}/clang", *flags, *kept, "-ISources/CLinux/include", "-c", source,
                    "-o", result], check=True)
    return result


def main():
    scratch, *flags = sys.argv[1:]
    folder = f"{scratch}/translated"
    os.makedirs(folder, exist_ok=True)
    lines, attributes = target_lines(flags)

    def made(arguments):
        if "-module-name" in arguments and "-output-file-map" in arguments:
            module = arguments[arguments.index("-module-name") + 1]
            return translate(module, arguments, folder, flags, lines, attributes)
        if arguments[-1].endswith(".o") and "/CLinux/" in arguments[-3]:
            return compile_c(arguments[-3], arguments, folder, flags)
        return None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(filter(None, pool.map(made, commands(f"{scratch}/release.yaml"))))
    with open(f"{scratch}/translated.objects", "w") as file:
        file.writelines(f'"{path}"\n' for path in objects)


if __name__ == "__main__":
    main()
