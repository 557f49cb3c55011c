"""Honest clients that come now: each connects, subscribes, publishes and gets its message.

    newcomers.py OPTIONS    a JSON object: port, kind, publish (how), addresses, count, at_once,
                          patience, user, password

Prints what became of them: {address: [seconds, or why it failed, …]}.
"""

import concurrent.futures
import json
import sys
import time

from contender import OF_OTHERS, pin

import packets  # noqa: E402 (beside the broker that `contender` has found)
import raw_client
import tls
import websocket_client
from packets import V5
from raw_client import RawClient

# As long as names of real devices are: what they take of the room for texts is no little thing.
NAME = "home/living room/thermostat {}/newcomer {}"


class Newcomer:
    def __init__(self, port, kind, publish, patience, user=None, password=None):
        self.port, self.kind, self.publish, self.patience = port, kind, publish, patience
        self.credentials = {"username": user, "password": password} if user else {}

    def come(self, address, number):
        """How long it took, or what went wrong."""
        began = time.monotonic()
        try:
            client = self.open(address)
            try:
                self.exchange(client, NAME.format(address, number))
            finally:
                client.close()
        except (AssertionError, OSError, EOFError, raw_client.Closed, raw_client.Nothing) as error:
            return f"{type(error).__name__} {error}"[:200]
        took = time.monotonic() - began
        return took if took < self.patience else f"after {took:.1f} s"

    def open(self, address):
        client = RawClient(self.port, V5, source=address)
        if self.kind == "tls":
            client.socket = tls.context().wrap_socket(client.socket, server_hostname="localhost")
        if self.kind == "websocket":
            stream, reader = websocket_client.shake(client.socket)
            client.socket = websocket_client.Stream(stream, reader, None)
        return client

    def exchange(self, client, name):
        client.connect(name, **self.credentials)
        client.subscribe((name, 1))
        answer = client.publish(name, b"hello", **self.publish)
        assert answer.reason < 0x80, answer
        client.take_publish(topic=name, payload=b"hello")
        if self.publish.get("retain"):
            client.send(packets.publish(name, b"", retain=True, version=V5))
        client.send(packets.disconnect())


def main(port, kind, publish, addresses, count, at_once, patience, **credentials):
    raw_client.PATIENCE = patience
    newcomer = Newcomer(port, kind, publish, patience, **credentials)
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        coming = [(address, pool.submit(newcomer.come, address, number))
                  for number in range(count) for address in addresses]
        became = {address: [] for address in addresses}
        for address, one in coming:
            became[address].append(one.result())
    print(json.dumps(became))


if __name__ == "__main__":
    pin(OF_OTHERS)
    main(**json.loads(sys.argv[1]))
