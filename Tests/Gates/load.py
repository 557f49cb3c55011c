"""A small load on a broker, from raw sockets: clients that all publish to each other."""

import select
import socket
import time

CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK = 2, 3, 4, 5, 6, 7, 9


def text(words):
    return len(words).to_bytes(2, "big") + words.encode()


def packet(first, body):
    length, remaining = b"", len(body)
    while True:
        remaining, digit = divmod(remaining, 128)
        length += bytes([digit | (128 if remaining else 0)])
        if not remaining:
            return bytes([first]) + length + body


class Client:
    """One MQTT 3.1.1 client that answers whatever the broker's quality of service asks for."""

    def __init__(self, port, identifier):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.inbox = b""
        self.delivered = 0
        self.awaited = 1  # answers still to come: the CONNACK
        body = text("MQTT") + bytes([4, 2]) + (60).to_bytes(2, "big") + text(identifier)
        self.socket.sendall(packet(0x10, body))

    def subscribe(self, topic_filter, quality):
        self.awaited += 1
        self.socket.sendall(packet(0x82, b"\0\1" + text(topic_filter) + bytes([quality])))

    def publish(self, topic, payload, quality, retained, identifier):
        number = identifier.to_bytes(2, "big") if quality else b""
        self.awaited += 1 if quality else 0
        first = 0x30 | quality << 1 | retained
        self.socket.sendall(packet(first, text(topic) + number + payload))

    def receive(self):
        arrived = self.socket.recv(65536)
        if not arrived:
            raise ConnectionError("the broker closed the connection")
        self.inbox += arrived
        while body := self.next_packet():
            self.answer(*body)

    def next_packet(self):
        length = shift = 0
        for index, byte in enumerate(self.inbox[1:5]):
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                end = 2 + index + length
                if len(self.inbox) < end:
                    return None
                whole, self.inbox = self.inbox[:end], self.inbox[end:]
                return whole[0], whole[2 + index :]
        return None

    def answer(self, first, body):
        kind = first >> 4
        if kind == CONNACK and body[1]:
            raise ConnectionError(f"the broker refused with code {body[1]}")
        if kind in (CONNACK, SUBACK, PUBACK, PUBCOMP):
            self.awaited -= 1
        elif kind == PUBREC:
            self.socket.sendall(packet(0x62, body[:2]))
        elif kind == PUBREL:
            self.socket.sendall(packet(0x70, body[:2]))
        elif kind == PUBLISH:
            self.delivered += 1
            start = 2 + int.from_bytes(body[:2], "big")
            if quality := first >> 1 & 3:
                reply = 0x40 if quality == 1 else 0x50
                self.socket.sendall(packet(reply, body[start : start + 2]))

    def close(self, politely=True):
        if politely:
            self.socket.sendall(packet(0xE0, b""))
        self.socket.close()


def settle(clients, delivered, seconds=10):
    """Waits until every answer has come and every client has so many messages."""
    end = time.monotonic() + seconds
    while any(one.awaited or one.delivered < delivered for one in clients):
        readable, _, _ = select.select(clients_by_socket(clients), [], [], 0.2)
        for one in clients:
            if one.socket in readable:
                one.receive()
        if time.monotonic() > end:
            missing = sum(max(0, delivered - one.delivered) for one in clients)
            raise TimeoutError(f"{missing} messages did not arrive within {seconds} s")


def clients_by_socket(clients):
    return [one.socket for one in clients]


def run(port, count, rounds):
    """Connects clients, lets each publish at each quality of service, and leaves them connected."""
    clients = [Client(port, f"load{index}") for index in range(count)]
    settle(clients, 0)
    for one in clients:
        one.subscribe("load/#", 2)
    settle(clients, 0)
    sent = 0
    for number in range(rounds):
        for index, one in enumerate(clients):
            quality = (number + index) % 3
            retained = 1 if index < 4 else 0
            payload = f"{number} ".encode() + b"x" * (40 * (number % 5))
            one.publish(f"load/{index}", payload, quality, retained, number + 1)
            sent += 1
            settle(clients, sent)
    return clients
