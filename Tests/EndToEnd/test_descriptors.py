"""No descriptors left: who is connected is served, the others wait, and nothing spins."""

import resource
import time

import pytest
from broker import IS_SWIFTLET, Broker
from packets import V5
from raw_client import RawClient
from usage import processor_time, wait_for_descriptors

pytestmark = pytest.mark.skipif(not IS_SWIFTLET, reason="Mosquitto is not the subject")


def test_descriptors_used_up(tmp_path):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))

    broker = Broker(tmp_path, prepare=few)
    clients = [RawClient(broker.port, V5) for _ in range(60)]
    first = clients[:8]
    for number, client in enumerate(first):
        client.connect(f"first{number}")
    first[0].subscribe(("t", 1))
    first[1].publish("t", b"still served", 1)
    first[0].take_publish(payload=b"still served", qos=1)
    wait_for_descriptors(broker, 32)
    before = processor_time(broker)
    time.sleep(0.5)
    assert processor_time(broker) - before < 20, "it spins"
    late = clients[-1]
    for client in clients[:-1]:
        client.close()
    late.connect("late")
    late.ping()
    assert broker.stop() == 0, broker.log()
