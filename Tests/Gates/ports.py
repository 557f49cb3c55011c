"""Ports for the programs that tests start."""

import errno
import random
import socket

# Below those that the system gives to connections, one of which could take the port in between.
LOWEST, HIGHEST = 10_000, 32_767


def free_port():
    """A port that nobody has on loopback, of IPv4 and of IPv6 where there is such a thing."""
    while True:
        port = random.randint(LOWEST, HIGHEST)
        if is_free(socket.AF_INET, ("127.0.0.1", port)) and is_free(socket.AF_INET6, ("::1", port)):
            return port


def is_free(family, address):
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return family == socket.AF_INET6 and error.errno != errno.EADDRINUSE
    return True
