// What the test bundles into one script: MQTT.js, with what it takes for granted of Node.
import './globals.js';
import mqtt from 'mqtt/lib/connect/index.js';

// Publishes to itself at each QoS and tells what came back.
const exchange = (url, protocolVersion) => new Promise((resolve) => {
  const got = [];
  const client = mqtt.connect(url, { protocolVersion, reconnectPeriod: 0 });
  client.on('error', (error) => resolve({ error: String(error) }));
  client.on('close', () => resolve({ got, closed: true }));
  client.on('connect', () => client.subscribe(`browser/${protocolVersion}/#`, { qos: 2 }, () => {
    for (const qos of [0, 1, 2]) {
      const payload = new Uint8Array(100000).fill(qos + 7);
      client.publish(`browser/${protocolVersion}/${qos}`, Buffer.from(payload), { qos });
    }
  }));
  client.on('message', (topic, payload, packet) => {
    got.push([topic, payload.length, payload.every((byte) => byte === packet.qos + 7)]);
    if (got.length === 3) client.end();
  });
});

// What the browser itself says of the end of a WebSocket.
const ending = (url, begin) => new Promise((resolve) => {
  const socket = new WebSocket(url, ['mqttv3.1', 'mqtt']);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => begin(socket);
  socket.onclose = (event) => resolve([event.wasClean, event.code, socket.protocol]);
});
const connect = (client) => {
  const name = new TextEncoder().encode(client);
  return new Uint8Array(
    [0x10, 12 + name.length, 0, 4, 77, 81, 84, 84, 4, 2, 0, 60, 0, name.length, ...name]);
};

globalThis.run = async (url) => ({
  version4: await exchange(url, 4),
  version5: await exchange(url, 5),
  closedByClient: await ending(url, (socket) => socket.close(3001, 'auf Wiedersehen')),
  closedByServer: await ending(url, (socket) => {
    socket.onmessage = () => socket.send(new Uint8Array([0xE0, 0]));
    socket.send(connect('leaves'));
  }),
  text: await ending(url, (socket) => socket.send('text')),
});
