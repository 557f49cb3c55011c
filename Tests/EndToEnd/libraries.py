"""Client libraries that people build on, each behind the same few calls.

A library is asked to connect to a URL, to subscribe, to publish, and for the next message. Only what
a user of it would write stands here: how it reads its socket is what the tests are about.
"""

import asyncio
import json
import os
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from raw_client import PATIENCE

FOLDER = Path(__file__).parents[1] / "Browser"
NODE_MODULES = "/usr/share/nodejs"


def trusting(url, authority):
    """What a library is given to check the broker's certificate with, for a URL that wants it."""
    if urlsplit(url).scheme not in ("mqtts", "wss"):
        return None
    return ssl.create_default_context(cafile=authority.cafile)


class Mqttium:
    """mqttium: asyncio; TCP, TLS, WebSocket."""

    versions, schemes, keeps = (4, 5), ("mqtt", "mqtts", "ws", "wss"), True

    async def connect(self, url, authority, version, identifier, clean):
        from mqttium import MQTTProtocolVersion
        from mqttium.api import AsyncClient, Properties

        five = version == 5
        self.client = AsyncClient(
            identifier, clean_start=clean,
            protocol=MQTTProtocolVersion.MQTTv5 if five else MQTTProtocolVersion.MQTTv311,
            connect_properties=Properties({"session_expiry_interval": 600}) if five else None)
        if urlsplit(url).scheme in ("ws", "wss"):
            await self.client.connect_ws(url, ssl=trusting(url, authority))
        else:
            await self.client.connect(
                urlsplit(url).hostname, urlsplit(url).port, ssl=trusting(url, authority))
        self.messages = self.client.messages()

    async def subscribe(self, topic_filter, qos):
        await self.client.subscribe(topic_filter, qos=qos)

    async def publish(self, topic, payload, qos, retain=False):
        receipt = await self.client.publish(topic, payload, qos=qos, retain=retain)
        await receipt.wait()

    async def message(self):
        message = await anext(self.messages)
        return message.topic, bytes(message.payload)

    async def stop(self):
        await self.client.disconnect()


class Ohmqtt:
    """ohmqtt: a thread of its own, 5.0 only; TCP, TLS, WebSocket."""

    versions, schemes, keeps = (5,), ("mqtt", "mqtts", "ws", "wss"), True

    async def connect(self, url, authority, version, identifier, clean):
        from ohmqtt import Client, MQTTConnectProps

        self.loop, self.received = asyncio.get_running_loop(), asyncio.Queue()
        self.client = Client()
        self.client.start_loop()
        if not clean:
            # It hands on only what its own subscriptions have asked for.
            self.client.subscribe(f"{identifier}/#", self.heard)
        self.client.connect(
            url, client_id=identifier, clean_start=clean, tls_context=trusting(url, authority),
            connect_properties=MQTTConnectProps(SessionExpiryInterval=600))
        await asyncio.to_thread(self.client.wait_for_connect, PATIENCE)

    def heard(self, client, message):
        got = (message.topic, bytes(message.payload))
        self.loop.call_soon_threadsafe(self.received.put_nowait, got)

    async def subscribe(self, topic_filter, qos):
        handle = self.client.subscribe(topic_filter, self.heard, qos)
        await asyncio.to_thread(handle.wait_for_ack, PATIENCE)

    async def publish(self, topic, payload, qos, retain=False):
        handle = self.client.publish(topic, payload, qos=qos, retain=retain)
        if qos:
            await asyncio.to_thread(handle.wait_for_ack, PATIENCE)

    async def message(self):
        return await self.received.get()

    async def stop(self):
        self.client.disconnect()
        await asyncio.to_thread(self.client.wait_for_disconnect, PATIENCE)
        self.client.shutdown()


class Gmqtt:
    """gmqtt: asyncio; TCP and TLS."""

    versions, schemes, keeps = (4, 5), ("mqtt", "mqtts"), True

    async def connect(self, url, authority, version, identifier, clean):
        from gmqtt import Client
        from gmqtt.storage import PersistentStorage

        settings = {"session_expiry_interval": 600} if version == 5 else {}
        self.storage, self.turn = PersistentStorage(), asyncio.Lock()
        self.client = Client(
            identifier, clean_session=clean, persistent_storage=self.storage, **settings)
        self.received, self.granted = asyncio.Queue(), asyncio.Queue()
        self.client.on_message = self.heard
        self.client.on_subscribe = lambda *arguments: self.granted.put_nowait(arguments)
        await self.client.connect(
            urlsplit(url).hostname, urlsplit(url).port, ssl=trusting(url, authority) or False,
            version=version)

    async def heard(self, client, topic, payload, qos, properties):
        self.received.put_nowait((topic, bytes(payload)))
        return 0

    async def subscribe(self, topic_filter, qos):
        self.client.subscribe(topic_filter, qos=qos)
        await self.granted.get()

    async def publish(self, topic, payload, qos, retain=False):
        # It throws when more is under way than Receive Maximum, so its users wait.
        async with self.turn:
            self.client.publish(topic, payload, qos=qos, retain=retain)
            await self.storage.wait_empty()

    async def message(self):
        return await self.received.get()

    async def stop(self):
        await self.client.disconnect()


class Aiomqtt:
    """aiomqtt: asyncio; TCP and TLS."""

    versions, schemes, keeps = (4, 5), ("mqtt", "mqtts"), True

    async def connect(self, url, authority, version, identifier, clean):
        import aiomqtt
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        settings = {"clean_session": clean}
        if version == 5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = 600
            settings = {"clean_start": clean, "properties": properties}
        self.client = aiomqtt.Client(
            urlsplit(url).hostname, urlsplit(url).port, identifier=identifier,
            protocol=aiomqtt.ProtocolVersion(version), tls_context=trusting(url, authority), **settings)
        await self.client.__aenter__()
        self.messages = aiter(self.client.messages)

    async def subscribe(self, topic_filter, qos):
        await self.client.subscribe(topic_filter, qos)

    async def publish(self, topic, payload, qos, retain=False):
        await self.client.publish(topic, payload, qos, retain)

    async def message(self):
        message = await anext(self.messages)
        return str(message.topic), bytes(message.payload)

    async def stop(self):
        await self.client.__aexit__(None, None, None)


class Node:
    """MQTT.js as Debian packs it, in a Node of its own that is told what to do line by line."""

    versions, schemes, keeps = (3, 4, 5), ("mqtt", "mqtts", "ws", "wss"), True

    async def connect(self, url, authority, version, identifier, clean):
        self.process = await asyncio.create_subprocess_exec(
            "node", FOLDER / "told.js", url, str(version), identifier, json.dumps(clean),
            authority.cafile, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            limit=1 << 20, env={**os.environ, "NODE_PATH": NODE_MODULES})
        self.received, self.done = asyncio.Queue(), asyncio.Queue()
        self.reading = asyncio.create_task(self.read())
        await self.done.get()

    async def read(self):
        async for line in self.process.stdout:
            told = json.loads(line)
            queue = self.received if "topic" in told else self.done
            queue.put_nowait(told)

    async def tell(self, **words):
        self.process.stdin.write(json.dumps(words).encode() + b"\n")
        answer = await self.done.get()
        assert "error" not in answer, answer

    async def subscribe(self, topic_filter, qos):
        await self.tell(do="subscribe", topic=topic_filter, qos=qos)

    async def publish(self, topic, payload, qos, retain=False):
        await self.tell(do="publish", topic=topic, payload=payload.decode(), qos=qos, retain=retain)

    async def message(self):
        told = await self.received.get()
        return told["topic"], told["payload"].encode()

    async def stop(self):
        await self.tell(do="end")
        self.process.stdin.close()
        await self.process.wait()
        await self.reading


LIBRARIES = [Mqttium, Ohmqtt, Gmqtt, Aiomqtt, Node]
