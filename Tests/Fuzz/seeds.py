"""Makes the first inputs of the corpora of `packets`, `properties` and `topics` from Tests/Vectors.

    seeds.py    writes Tests/Corpus/<target>/seed-…; the same vectors give the same files
"""

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
CORPUS = TESTS / "Corpus"
SHAPES = {"3.1": 0, "3.1.1": 1, "5": 2}
# Servers and their configuration, as `Profile` reads them.
PROFILES = {
    "": [0], "-small": [1], "-one-in-flight": [0x12], "-end-session": [0x2D], "-reject": [0x20],
    "-highest-qos-1": [0, 1], "-highest-qos-0": [0, 2], "-only-5": [0, 12], "-only-3": [0, 16],
    "-user-names": [0, 32], "-no-empty-names": [0, 64], "-nothing-retained": [0, 128],
    "-no-aliases": [0, 0, 5], "-one-alias": [0, 0, 10], "-mount-point": [0, 0, 16], "-prefix": [0, 0, 32],
    "-log": [2, 0, 64], "-late": [0, 0, 128], "-small-late": [1, 0, 128], "-small-packets": [0, 0, 0, 2],
    "-small-payloads": [0, 0, 0, 8], "-little-work": [0, 0, 128, 16], "-small-little-work": [1, 0, 0, 16],
    "-short-times": [0, 0, 0, 192],
}
PLACES = {1: 0, 3: 2, 4: 3, 8: 4, 10: 5, 14: 6, 15: 7}  # packet type to number of the place


def vectors():
    for path in sorted((TESTS / "Vectors").glob("*.hex")):
        for line in path.read_text().splitlines():
            fields = line.split("#")[0].split()
            if len(fields) >= 5 and fields[2] == "client" and fields[-1] != "-":
                yield fields[0], fields[1], bytes.fromhex(fields[-1].replace("_", ""))


def write(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{name}").write_bytes(data)


def sent(raw, batched=False):
    """Bytes on the connection of the first client, as events of World.step."""
    pieces = [raw[start:start + 255] for start in range(0, len(raw), 255)] or [b""]
    return b"".join(bytes([0x80 if batched else 0, len(piece)]) + piece for piece in pieces)


def write_packets():
    streams = {}
    for name, version, raw in vectors():
        if len(raw) > 600:
            continue
        is_connect = raw[:1] == b"\x10"
        opening = b"" if is_connect else bytes([4, SHAPES[version] | 4, 0])
        group = streams.setdefault((name.split("-")[0], version), [])
        group.append(opening + sent(raw) + bytes([9, 1]))
    for (kind, version), inputs in streams.items():
        for number in range(0, len(inputs), 8):
            write("packets", f"{kind}-{version}-{number}", bytes(4) + b"".join(inputs[number:number + 8]))
    for name, profile in PROFILES.items():
        write("packets", f"talk{name}", talk(profile))


def talk(profile):
    """Three clients of three versions with subscriptions, messages of each QoS, and their ends."""
    events = [*profile, *[0] * (4 - len(profile))]
    for client, shape in ((0, 0x06), (1, 0x0D), (2, 0x70 | 2)):
        events += [client << 4 | 4, shape, client * 8]
        for filter_number in (1, 2, 7, 11):
            events += [client << 4 | 6, filter_number, client + 1]
    for shape in (0x01, 0x09, 0x11, 0x31, 0x59, 0x91):
        events += [5, shape, shape >> 3, 40, 0x1E, 0x2E, 0x0E]
    events += [0x18, 2 | 4, 9, 0, 0x1A, 14, 0x29, 1, 0x1A, 20, 0x24, 0x72, 0, 15, 0, 15, 1, 10, 22]
    return bytes(events)


def write_properties():
    for name, version, raw in vectors():
        place = PLACES.get(raw[0] >> 4) if raw else None
        # What stands behind the fixed header holds the block somewhere: the fuzzer finds it.
        if version == "5" and place is not None and 4 < len(raw) < 200:
            for start in (3, 4, 12, 13):
                if len(raw) > start:
                    write("properties", f"{name}-{start}", bytes([place]) + raw[start:])


def write_topics():
    filters = ["a", "#", "+", "a/#", "+/b", "a/+/c", "$SYS/#", "$share/g/a/#", "$share/g", "$share//a",
               "$share/+/a", "a#", "#/a", "a+/b", "/", "//", "\ufeffa", "/" * 40, "+/" * 20 + "#"]
    names = ["a", "a/b", "a/b/c", "$SYS/x", "/", "//", "", "a+b", "\u20ac/\U0001f600", "/" * 40]
    for number, topic_filter in enumerate(filters):
        for other, name in enumerate(names):
            write("topics", f"{number}-{other}", f"{topic_filter}\n{name}".encode())
    for number, raw in enumerate([b"a\n\xc0\x80", b"\xed\xa0\x80\na", b"\xf4\x90\x80\x80", b"a\0\na\0"]):
        write("topics", f"ill-formed-{number}", raw)


if __name__ == "__main__":
    write_packets()
    write_properties()
    write_topics()
