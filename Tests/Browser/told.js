// MQTT.js in Node, told line by line what to do; it tells what it heard and when it is done.
const fs = require('fs');
const readline = require('readline');
const mqtt = require('mqtt');

const [url, version, clientId, clean, cafile] = process.argv.slice(2);
const tell = (words) => process.stdout.write(`${JSON.stringify(words)}\n`);
const done = (error) => tell(error ? { error: String(error) } : { done: true });

const client = mqtt.connect(url, {
  clientId,
  clean: JSON.parse(clean),
  ca: fs.readFileSync(cafile),
  protocolVersion: Number(version),
  protocolId: version === '3' ? 'MQIsdp' : 'MQTT',
  reconnectPeriod: 0,
  properties: version === '5' ? { sessionExpiryInterval: 600 } : undefined,
});
client.on('error', done);
client.on('connect', () => done());
client.on('message', (topic, payload) => tell({ topic, payload: payload.toString() }));

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { do: what, topic, payload, qos, retain } = JSON.parse(line);
  if (what === 'subscribe') client.subscribe(topic, { qos }, done);
  if (what === 'publish') client.publish(topic, payload, { qos, retain }, done);
  if (what === 'end') client.end(false, {}, done);
});
