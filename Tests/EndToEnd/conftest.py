"""Fixtures: one broker per module, Clients that are closed when their test ends, fresh names."""

import itertools
from pathlib import Path

import packets
import pytest
from broker import IS_SWIFTLET, UNDER_TEST, Broker, program
from raw_client import RawClient

numbers = itertools.count(1)


def pytest_configure(config):
    path = program()
    if path is None or not Path(path).exists():
        raise pytest.UsageError(f"no program to test at {path}: build it, or set SWIFTLET")


def pytest_report_header(config):
    return f"under test: {UNDER_TEST}, {program()}"


def pytest_collection_modifyitems(items):
    if IS_SWIFTLET:
        return
    for item in items:
        for mark in item.iter_markers("swiftlet_only"):
            item.add_marker(pytest.mark.skip(reason=mark.args[0]))
        for mark in item.iter_markers("mosquitto_differs"):
            item.add_marker(pytest.mark.xfail(reason=mark.args[0], strict=True))


def run(directory, settings=None, arguments=()):
    """The broker until the test or the module is over; then it must end well."""
    broker = Broker(directory, settings, arguments)
    yield broker
    status = broker.stop()
    assert status == 0, f"exit status {status}:\n{broker.log()}"


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    yield from run(tmp_path_factory.mktemp("broker"))


@pytest.fixture
def start_broker(tmp_path):
    """A broker of the test's own: `start_broker("max_keepalive 30")`."""
    running = []

    def start(settings="", arguments=()):
        runner = run(tmp_path, settings, arguments)
        running.append(runner)
        return next(runner)

    yield start
    for runner in running:
        next(runner, None)


@pytest.fixture(params=packets.VERSIONS, ids=["v3.1", "v3.1.1", "v5"])
def version(request):
    return request.param


@pytest.fixture
def name():
    """A word that no other test uses: for topics and Client Identifiers."""
    return f"n{next(numbers)}"


@pytest.fixture
def open_client(request):
    """Opens a Network Connection: `open_client(version)`. Closed when the test ends."""
    clients = []

    def open_one(version=packets.V5, broker=None):
        broker = broker or request.getfixturevalue("broker")
        clients.append(RawClient(broker.port, version, polite=IS_SWIFTLET))
        return clients[-1]

    yield open_one
    for client in clients:
        client.close()


@pytest.fixture
def client(open_client):
    """A connected Client: `client(version, client_id, …)`; a name of its own unless told."""

    def connected(version=packets.V5, client_id=None, broker=None, **settings):
        opened = open_client(version, broker)
        opened.connect(f"c{next(numbers)}" if client_id is None else client_id, **settings)
        return opened

    return connected


@pytest.fixture(autouse=True)
def still_serves(request):
    """Whatever the test did, the broker lives and serves the next Client."""
    yield
    if "broker" not in request.fixturenames:
        return
    broker = request.getfixturevalue("broker")
    assert broker.is_running(), f"the broker died:\n{broker.log()}"
    witness = RawClient(broker.port, packets.V311)
    witness.connect(f"w{next(numbers)}")
    witness.ping()
    witness.disconnect()
