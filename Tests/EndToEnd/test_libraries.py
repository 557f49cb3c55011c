"""Libraries that people build on, over each transport they have: nothing waits for the next event.

A library that takes one packet from each event of its socket, or selects on a socket of which TLS has
taken more already, misses what a broker puts into one frame or record. So each is given much at once.
"""

import asyncio
import importlib.util
import shutil
from pathlib import Path

import pytest
from authority import Authority
from broker import IS_SWIFTLET, Broker, free_port
from libraries import LIBRARIES, NODE_MODULES
from raw_client import PATIENCE

# So many retained messages that they do not leave in one frame, and all fit into one write.
RETAINED = 52
CASES = [
    pytest.param(library, scheme, version, id=f"{library.__name__}-{scheme}-v{version}")
    for library in LIBRARIES for scheme in library.schemes for version in library.versions
]

pytestmark = pytest.mark.skipif(not IS_SWIFTLET, reason="of our own listeners")


def is_there(library):
    if library.__name__ == "Node":
        return shutil.which("node") and Path(NODE_MODULES, "mqtt").exists()
    return importlib.util.find_spec(library.__name__.lower())


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def ports(tmp_path_factory, authority):
    """A broker with a listener for each scheme; where they are."""
    found = {scheme: free_port() for scheme in ("mqtts", "ws", "wss")}
    secured = authority.server().settings
    broker = Broker(tmp_path_factory.mktemp("broker"), f"""
listener {found["mqtts"]}
{secured}
listener {found["ws"]}
protocol websockets
listener {found["wss"]}
protocol websockets
{secured}
""")
    yield {"mqtt": broker.port, **found}
    assert broker.stop() == 0, broker.log()


@pytest.fixture
def connect(ports, authority):
    """Connects a library to the listener of a scheme: `await connect(library, scheme, version, …)`."""

    async def connected(library, scheme, version, identifier, clean=True):
        client = library()
        path = "/mqtt" if scheme in ("ws", "wss") else ""
        url = f"{scheme}://localhost:{ports[scheme]}{path}"
        await client.connect(url, authority, version, identifier, clean)
        return client

    return connected


def run(scenario):
    asyncio.run(asyncio.wait_for(scenario, 3 * PATIENCE))


@pytest.mark.parametrize("library, scheme, version", CASES)
def test_all_retained_messages_come(library, scheme, version, connect, name):
    if not is_there(library):
        pytest.skip("make test-packages installs it")

    async def scenario():
        publisher = await connect(library, scheme, version, f"{name}p")
        expected = {f"{name}/{number}": f"payload {number}".encode() for number in range(RETAINED)}
        for topic, payload in expected.items():
            await publisher.publish(topic, payload, 1, retain=True)
        for qos in (0, 1, 2):
            reader = await connect(library, scheme, version, f"{name}r{qos}")
            await reader.subscribe(f"{name}/#", qos)
            assert dict([await reader.message() for _ in expected]) == expected
            await reader.stop()
        await publisher.stop()

    run(scenario())


@pytest.mark.parametrize("library, scheme, version", CASES)
def test_what_it_sends_itself_comes_back_in_order(library, scheme, version, connect, name):
    if not is_there(library):
        pytest.skip("make test-packages installs it")

    async def scenario():
        client = await connect(library, scheme, version, name)
        await client.subscribe(f"{name}/+", 2)
        sent = [(f"{name}/{number % 3}", f"{number}".encode()) for number in range(60)]
        # All at once, of all QoS, so that answers and messages leave the broker together.
        await asyncio.gather(*(client.publish(topic, payload, number % 3)
            for number, (topic, payload) in enumerate(sent)))
        got = [await client.message() for _ in sent]
        for qos in range(3):
            assert got_of(got, f"{name}/{qos}") == got_of(sent, f"{name}/{qos}")
        await client.stop()

    run(scenario())


def got_of(messages, topic):
    return [payload for of, payload in messages if of == topic]


@pytest.mark.parametrize("library, scheme, version", CASES)
def test_what_was_queued_while_it_was_away_comes(library, scheme, version, connect, name):
    if not is_there(library):
        pytest.skip("make test-packages installs it")

    async def scenario():
        client = await connect(library, scheme, version, name, clean=False)
        await client.subscribe(f"{name}/#", 1)
        await client.stop()
        other = await connect(library, scheme, version, f"{name}o")
        sent = [(f"{name}/a", f"{number}".encode()) for number in range(RETAINED)]
        for topic, payload in sent:
            await other.publish(topic, payload, 1)
        # What the other one publishes is acknowledged in order: this comes back behind all of it.
        await other.subscribe(f"{name}o", 1)
        await other.publish(f"{name}o", b"", 1)
        await other.message()
        await other.stop()
        client = await connect(library, scheme, version, name, clean=False)
        assert [await client.message() for _ in sent] == sent
        await client.stop()

    run(scenario())


@pytest.mark.parametrize("library, scheme, version", CASES)
def test_a_large_payload(library, scheme, version, connect, name):
    if not is_there(library):
        pytest.skip("make test-packages installs it")

    async def scenario():
        client = await connect(library, scheme, version, name)
        await client.subscribe(name, 1)
        payload = bytes(ord("a") + number % 26 for number in range(300_000))
        await client.publish(name, payload, 1)
        assert await client.message() == (name, payload)
        await client.stop()

    run(scenario())
