"""The Autobahn test suite against the broker's WebSocket listener.

Its case files are those of Autobahn, run by `kosoku`, since Autobahn's own runner needs Python 2;
`echo.py` stands between. What an MQTT broker cannot be asked, and why:

  6.*, where text is not UTF-8   a broker takes no text at all: any is refused with 1003
                                 [MQTT-6.0.0-1]; as binary, which it becomes here, it is no error
  9.1.6, 9.2.6                   16 MiB and a header are more than the largest packet of the board
  12.*, 13.*                     compression is an extension, which a server may leave out
"""

import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "EndToEnd")]
import echo
import kosoku
from broker import Broker, free_port

TOO_LARGE = {"9.1.6", "9.2.6"}
EXTENSIONS = ["12.*", "13.*"]
# Four million bytes in fragments of 64 and 256: minutes on a slow machine, for `make autobahn`.
SLOW = ["9.3.1", "9.3.2", "9.4.1", "9.4.2"]


async def drive(port, include, exclude):
    server = await echo.serve(port)
    address = "127.0.0.1:%d" % server.sockets[0].getsockname()[1]
    try:
        return await kosoku.run_fuzzingclient(address, include, exclude, concurrency=16)
    except kosoku.FailureError as failure:
        return failure.results
    finally:
        server.close()


def run(directory, include=None, exclude=EXTENSIONS):
    """The result of each case; the broker must have lived to end well."""
    port = free_port()
    broker = Broker(directory, "max_packet_size 16777216\nconnect_timeout 120\n"
                    f"listener {port} 127.0.0.1\nprotocol websockets\n")
    try:
        return asyncio.run(drive(port, include, exclude))
    finally:
        assert broker.stop() == 0, broker.log()


def is_argued(result):
    """Whether the case asks for what an MQTT broker must not do."""
    wants_text_refused = result.expected_close["closeCode"] == [1007]
    return wants_text_refused and result.case_id.startswith("6.") or result.case_id in TOO_LARGE


def failures(results):
    return [f"{one.case_id}: {one.behavior.value}, {one.behavior_close.value}: {one.result_close}"
            for one in results if not one.passed and not is_argued(one)]


def main():
    with tempfile.TemporaryDirectory() as directory:
        results = run(directory)
    for chapter in sorted({int(one.case_id.split(".")[0]) for one in results}):
        of_it = [one for one in results if one.case_id.startswith(f"{chapter}.")]
        counts = Counter("argued" if is_argued(one) else one.behavior.value for one in of_it)
        print(f"autobahn {chapter}.*: " + ", ".join(f"{n} {word}" for word, n in counts.items()))
    for failure in failures(results):
        print(failure)
    return 1 if failures(results) else 0


if __name__ == "__main__":
    sys.exit(main())
