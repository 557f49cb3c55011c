// In place of what a browser has not and MQTT.js does not use there.
module.exports = {};
