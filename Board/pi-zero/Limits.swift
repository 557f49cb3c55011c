/// The limits of board `pi-zero`: 512 MB of RAM, of which the broker takes 18 MiB when all is in use.
///
/// Every table of the broker is sized here and nowhere else. A configuration may lower a limit.
package struct Limits: BitwiseCopyable {
  /// The name of the board.
  package static var board: StaticString { "pi-zero" }

  package init() {}

  /// Bytes of all the texts of a configuration together. Full: an error at start.
  package typealias ConfigurationText = InlineArray<4_096, UInt8>
  /// Origins that the WebSocket listeners name together. More: an error at start.
  package typealias Origins<Element> = InlineArray<8, Element>

  /// Bytes of all mount points and prefixes of client identifiers. More: an error at start.
  package typealias PolicyTexts = InlineArray<2_048, UInt8>

  /// Network Connections at once. Full: CONNACK 0x97 (3.x: 3), then closed.
  package var connections = 500
  /// Sessions, connected or not. Full: the same; a live session is never evicted.
  package var sessions = 1_000
  /// What each listener has one of: as many as `listeners`.
  package typealias PerListener<Element> = InlineArray<16, Element>
  /// Listening sockets. More in the configuration: an error at start.
  package var listeners = 16

  /// Connections with TLS at once: 40 KiB of buffers each. Full: the connection is closed.
  package var tlsConnections = 50
  /// TLS handshakes at once. More: they wait for their turn, up to `connect_timeout`.
  package var tlsHandshakes = 8
  /// Bytes for certificates, keys and all else that TLS holds. Full: the connection is closed; at
  /// start or on a reload, an error.
  package var tlsHeapBytes = 2 * 1024 * 1024

  /// WebSocket connections at once, with those that still owe a PROXY header. Full: answered with
  /// 503 and closed. None at all: `protocol websockets` and `enable_proxy_protocol` are an error.
  package var webSockets = 500
  /// Those of them whose PROXY header or HTTP request has arrived in part. Full: as above.
  package var webSocketHandshakes = 32
  /// Bytes of such a request at most. More: 431, closed.
  package var webSocketHeaderBytes = 4096
  /// Control frames that have arrived in part, or wait until the network takes them, 320 bytes each.
  /// Full: the connection that needs one is closed.
  package var webSocketControls = 64
  /// Bytes in one WebSocket frame. More: closed with 1009.
  package var webSocketFrameBytes = 1024 * 1024

  /// Subscriptions of all sessions. Full: SUBACK 0x97 (3.x: 0x80).
  package var subscriptions = 5_000
  /// Levels of all Topic Filters, shared ones counted once. Full: SUBACK 0x97 (3.x: 0x80).
  package var topicNodes = 15_000
  /// Levels of one Topic Filter. More: SUBACK 0x97 (3.x: 0x80). Topic Names have no such limit.
  package var topicLevels = 128
  /// Groups of Shared Subscriptions. Full: SUBACK 0x97.
  package var sharedGroups = 500
  /// Blocks of 32 bytes for client identifiers, filters' levels and topic aliases.
  /// Full: the CONNECT or SUBSCRIBE is refused with 0x97.
  package var textBlocks = 20_000
  /// Topic Name bytes in one packet. More: 0x90 Topic Name invalid (3.x: closed).
  package var topicBytes = 65_535
  /// Topic Aliases a Client may set on one connection, and the most we set towards it.
  package var topicAliases = 10
  /// Connections that use Topic Aliases at once. Full: aliases are not set towards a Client;
  /// one that a Client sets is answered with 0x97 and the connection closed.
  package var aliasTables = 500

  /// Application Messages held: retained, queued, in flight, wills.
  package var messages = 12_000
  /// Blocks of `messageBlockBytes`: 64 MiB. Full: as a full queue.
  package var messageBlocks = 24_576
  package var messageBlockBytes = 128
  /// Retained messages. Full: a PUBLISH that would add one is refused with 0x97.
  package var retained = 5_000
  /// Levels that the topics of retained messages have above their last one, shared ones counted once.
  /// Full: the same.
  package var retainedLevels = 20_000
  /// Messages owed to sessions and not yet acknowledged, of all sessions. Full: as a full queue.
  package var deliveries = 30_000
  /// QoS 2 messages received and not yet released, of all sessions. Full: as a full queue.
  package var unreleased = 10_000

  /// The largest packet, whatever the configuration says. Larger: 0x95 (3.x: closed).
  package var packetBytes = 512 * 1024
  /// The largest packet unless the configuration says otherwise: Mosquitto's default.
  package var defaultPacketBytes = 262_144
  /// Bytes read from one connection in one turn.
  package var receiveBytes = 65_536
  /// Blocks for packets that have arrived in part. Short: the connection is not read until there
  /// are some; each connection can always claim one.
  package var receiveBlocks = 2_000
  package var receiveBlockBytes = 1024
  /// Blocks for bytes on their way out. Short: QoS 0 is dropped and counted, the rest waits.
  package var sendBlocks = 512
  package var sendBlockBytes = 4096
  /// Bytes waiting to leave on one connection. More: QoS 0 is queued or dropped, the rest waits.
  package var sendBytes = 262_144
  /// Bytes of log lines that wait to be written out. More in one turn: left out and counted.
  package var logBytes = 4_096
  /// Bytes of the configuration file. More: an error at start, and a reload is refused.
  package var configurationBytes = 65_536

  /// Users of the password files, and users that the ACL files name. Full: an error at start, and a
  /// reload is refused.
  package var users = 1_000
  /// Rules of the ACL files. Full: the same.
  package var accessRules = 2_000
  /// Bytes of names, hashes and filters of those files. Full: the same.
  package var accessTextBytes = 128 * 1024
  /// Decisions by those rules that are remembered. Full: the newest takes the place of another.
  package var accessDecisions = 2_048
  /// Addresses that wrong passwords came from. Full: the one quiet longest is forgotten.
  package var failedAddresses = 64
  /// Iterations of hashing passwords in one turn. Full: the rest follows in the next.
  package var hashIterations = 64
}
