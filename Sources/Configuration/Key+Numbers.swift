/// The settings that are whole numbers.
enum NumberSetting: UInt8 {
  /// `connect_timeout SECONDS`
  ///
  /// The time that a connection has to send its CONNECT, the handshake of TLS counted in: 30.
  /// - Section: Clients and messages
  /// - Mosquitto: ours
  case connectTimeout
  /// `log_facility NUMBER`
  ///
  /// The local facility of the system's log, 0 to 7 for local0 to local7; without it lines are a daemon's.
  /// - Section: The log
  /// - Mosquitto: same
  case logFacility
  /// `max_topic_alias_broker NUMBER`
  ///
  /// Topic aliases that are set towards a client: 10; at most the board's.
  /// - Section: Listeners
  /// - Mosquitto: same
  case maximumBrokerTopicAlias
  /// `global_max_clients NUMBER`
  ///
  /// Sessions of all listeners together; -1 for as many as the board has, which is the most there can be.
  /// - Section: Clients and messages
  /// - Mosquitto: same
  case maximumClients
  /// `max_connections NUMBER`
  ///
  /// Connections at once; -1 for as many as the board has, which is the most there can be.
  /// - Section: Listeners
  /// - Mosquitto: same
  case maximumConnections
  /// `max_inflight_bytes BYTES`
  ///
  /// Bytes of payloads on their way to a client and not acknowledged, from which on it is sent nothing more: 0 for any.
  /// - Section: Clients and messages
  /// - Mosquitto: same
  case maximumInflightBytes
  /// `max_inflight_messages NUMBER`
  ///
  /// Messages on their way to a client and not acknowledged: 20; 0 for any. It is our Receive Maximum too.
  /// - Section: Clients and messages
  /// - Mosquitto: same
  case maximumInflightMessages
  /// `max_keepalive SECONDS`
  ///
  /// The longest keep alive; 0 for any.
  /// - Section: Clients and messages
  /// - Mosquitto: differs: 5.0 clients are given it, 3.x clients above it are refused
  case maximumKeepAlive
  /// `max_packet_size BYTES`
  ///
  /// The largest packet: 2000000, or what the board has; with `tiny` 4608. It is our Maximum Packet Size too.
  /// - Section: Clients and messages
  /// - Mosquitto: differs: more than the board's is lowered, and warned of
  case maximumPacketBytes
  /// `message_size_limit BYTES`
  ///
  /// The largest payload, that of a Will too; 0 for any.
  /// - Section: Clients and messages
  /// - Mosquitto: same
  case maximumPayloadBytes
  /// `max_qos 0|1|2`
  ///
  /// The highest QoS of a PUBLISH: 2.
  /// - Section: Listeners
  /// - Mosquitto: same
  case maximumQoS
  /// `maximum_qos 0|1|2`
  ///
  /// The same as `max_qos`.
  /// - Section: Listeners
  /// - Mosquitto: same
  case maximumQoSToo
  /// `max_queued_bytes BYTES`
  ///
  /// Bytes of the messages that wait for a session besides those in flight: 0 for as many as the board has.
  /// - Section: Clients and messages
  /// - Mosquitto: same
  case maximumQueuedBytes
  /// `max_queued_messages NUMBER`
  ///
  /// Messages that wait for a session besides those in flight: 1000; 0 for as many as the board has.
  /// - Section: Clients and messages
  /// - Mosquitto: same
  case maximumQueuedMessages
  /// `max_topic_alias NUMBER`
  ///
  /// Topic aliases that a client may set: 10; at most the board's.
  /// - Section: Listeners
  /// - Mosquitto: same
  case maximumTopicAlias
  /// `global_max_connections NUMBER`
  ///
  /// Connections of all listeners together; -1 for as many as the board has, which is the most there can be.
  /// - Section: Clients and messages
  /// - Mosquitto: same
  case maximumTotalConnections
  /// `port PORT`
  ///
  /// Outdated, and warned of: write `listener`. Of the listener that keys before the first one are for.
  /// - Section: Listeners
  /// - Mosquitto: same
  case oldPort
  /// `enable_proxy_protocol 1|2`
  ///
  /// Each connection begins with a PROXY header of this version, which says who the client is. Not together
  /// with TLS.
  /// - Section: Listeners
  /// - Mosquitto: same
  case proxyVersion
  /// `queue_full_wait SECONDS`
  ///
  /// How long a publisher without reason codes waits for room, and how long a client need not acknowledge
  /// anything that makes others wait by `queue_full reject`: 10.
  /// - Section: Clients and messages
  /// - Mosquitto: ours
  case queueFullWait
  /// `retain_expiry_interval MINUTES`
  ///
  /// After which a retained message is forgotten: never.
  /// - Section: Clients and messages
  /// - Mosquitto: same
  case retainExpiryMinutes
  /// `sys_interval SECONDS`
  ///
  /// Between two updates of $SYS: 10; 0 for no $SYS.
  /// - Section: Clients and messages
  /// - Mosquitto: same
  case sysInterval
  /// `websockets_headers_size BYTES`
  ///
  /// Bytes of the HTTP header of a WebSocket connection, for all listeners; 0 for the board's.
  /// - Section: Listeners
  /// - Mosquitto: differs: it is for all listeners
  case webSocketHeaderBytes
  /// `write_timeout SECONDS`
  ///
  /// In which a client must take something of what it is sent, or it is disconnected: 120; 0 for any time.
  /// - Section: Clients and messages
  /// - Mosquitto: ours
  case writeTimeout
}
