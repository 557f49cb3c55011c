/// Every limit of the broker: its unit, what happens when it is reached, and its rule.
///
/// Every table is sized here and nowhere else. A rule leans on nothing but what each board has to
/// choose, `Chosen`; where it does not suit a board, that board's `chooseOtherwise()` says so. A
/// configuration may lower a limit.
package struct Limits: BitwiseCopyable {
  /// The name of the board.
  package static var board: StaticString { Chosen.board }

  package init() { chooseOtherwise() }

  // MARK: Connections

  /// Network Connections at once. Full: CONNACK 0x97 (3.x: 3), then closed.
  package var connections = Chosen.connections
  /// Places beyond those, for Clients from addresses that have hardly any, and to read a CONNECT and
  /// refuse it in its own version. Full: closed unread.
  package var reservedPlaces: Int { Limits.reserved(for: connections) }
  /// All of them.
  package var places: Int { connections + reservedPlaces }
  /// Sessions, connected or not. Full: the same; a live session is never evicted.
  package var sessions = 2 * Chosen.connections
  /// Users and addresses that are counted apart. Full: those who come then are counted as one.
  package var owners = places + 2 * Chosen.connections
  /// What each listener has one of.
  package typealias PerListener<Element> = Chosen.PerListener<Element>
  /// Listening sockets. More in the configuration: an error at start.
  package var listeners = PerListener<UInt8>.count

  /// Connections with TLS at once: 40 KiB of buffers each. Full: the connection is closed. The last
  /// quarter, at most 64, is kept for addresses that have hardly any; so it is with handshakes.
  package var tlsConnections = Chosen.tlsConnections
  /// TLS handshakes at once. More: they wait, up to `connect_timeout`, and addresses take turns; those
  /// that do not go on for half of that, five seconds at most, give their place up.
  package var tlsHandshakes = min(16, Chosen.tlsConnections / 2)
  /// Bytes for certificates, keys and all else that TLS holds. Full: the connection is closed; at
  /// start or on a reload, an error.
  package var tlsHeapBytes = tlsHeap(of: Chosen.tlsConnections)

  /// WebSocket connections at once, with those that still owe a PROXY header. Full: answered with
  /// 503 and closed. None at all: `protocol websockets` and `enable_proxy_protocol` are an error. The
  /// last quarter, at most 64, is kept for addresses that have hardly any, of these and of the next two.
  package var webSockets = Chosen.webSockets
  /// Those of them whose PROXY header or HTTP request has arrived in part. Full: as above.
  package var webSocketHandshakes = forWebSockets(
    within(4...512, powerOfTwo(atLeast: Chosen.webSockets / 16)))
  /// Bytes of such a request at most. More: 431, closed.
  package var webSocketHeaderBytes = forWebSockets(min(8192, Chosen.packetBytes / 32))
  /// Control frames that have arrived in part, or wait until the network takes them, 384 bytes each.
  /// Full: the connection that needs one is closed.
  package var webSocketControls = forWebSockets(
    within(8...512, powerOfTwo(atLeast: Chosen.webSockets / 8)))
  /// Bytes in one WebSocket frame, which may carry several packets. More: closed with 1009.
  package var webSocketFrameBytes = forWebSockets(4 * Chosen.packetBytes)

  // MARK: Topics

  /// Subscriptions of all sessions. Full: SUBACK 0x97 (3.x: 0x80).
  package var subscriptions = Chosen.subscriptions
  /// Levels of all Topic Filters, shared ones counted once. Full: SUBACK 0x97 (3.x: 0x80).
  package var topicNodes = 3 * Chosen.subscriptions
  /// Levels of one Topic Filter. More: SUBACK 0x97 (3.x: 0x80). Topic Names have no such limit.
  package var topicLevels = within(32...256, Chosen.packetBytes / 1024)
  /// Groups of Shared Subscriptions. Full: SUBACK 0x97.
  package var sharedGroups = Chosen.connections
  /// Blocks of 32 bytes for client identifiers, filters' levels and topic aliases.
  /// Full: the CONNECT or SUBSCRIBE is refused with 0x97.
  package var textBlocks = 4 * Chosen.subscriptions
  /// Topic Name bytes in one packet. More: 0x90 Topic Name invalid (3.x: closed).
  package var topicBytes = within(128...65_535, Chosen.packetBytes / 64)
  /// Topic Aliases a Client may set on one connection, and the most we set towards it.
  /// More: 0x94 Topic Alias invalid. Unless chosen otherwise, Mosquitto's default.
  package var topicAliases = 10
  /// Connections that use Topic Aliases at once. Full: aliases are not set towards a Client;
  /// one that a Client sets is answered with 0x97 and the connection closed.
  package var aliasTables = Chosen.connections

  // MARK: Messages

  /// Application Messages held: retained, queued, in flight, wills. Full: as a full queue.
  package var messages = Chosen.messages
  /// Blocks for what those messages carry, `Chosen.messageBytes` together. Full: as a full queue.
  package var messageBlocks = Chosen.messageBytes / messageBlockBytes
  /// Bytes of such a block.
  package var messageBlockBytes = Self.messageBlockBytes
  /// Retained messages. Full: a PUBLISH that would add one is refused with 0x97.
  package var retained = Chosen.messages / 2
  /// Levels that the topics of retained messages have above their last one, shared ones counted once.
  /// Full: the same.
  package var retainedLevels = Chosen.messages / 2
  /// Messages owed to sessions and not yet acknowledged, of all sessions. Full: as a full queue.
  package var deliveries = Chosen.messages * 5 / 2
  /// QoS 2 messages received and not yet released, of all sessions. Full: as a full queue.
  package var unreleased = Chosen.messages * 5 / 4

  // MARK: Packets

  /// The largest packet, whatever the configuration says. Larger: 0x95 (3.x: closed).
  package var packetBytes = Chosen.packetBytes
  /// The largest packet unless the configuration says otherwise: Mosquitto's default, if it may be
  /// as large.
  package var defaultPacketBytes = min(2_000_000, Chosen.packetBytes)
  /// Bytes read from one connection in one turn. More: the rest is read in the next.
  package var receiveBytes = within(1024...262_144, Chosen.packetBytes / 8)
  /// Blocks for packets that have arrived in part. Short: the connection is not read until there
  /// are some, or the network has all of its message; who has not come in gives way to clients, and
  /// who holds some longest and does not complete its packet is closed; each connection can always
  /// claim one, and one of them all of the largest packet.
  package var receiveBlocks =
    places + blocks(of: receiveBlockBytes, for: Chosen.packetBytes * 3 / 2)
  /// Bytes of such a block.
  package var receiveBlockBytes = Self.receiveBlockBytes
  /// Blocks for bytes on their way out. Short: QoS 0 is dropped and counted, the rest waits. One is
  /// kept for the answers of each connection; beyond those there is room for a packet of the largest
  /// that is all properties, and for what a subscription adds.
  package var sendBlocks = places + 1 + blocks(of: sendBlockBytes, for: Chosen.packetBytes)
  /// Bytes of such a block.
  package var sendBlockBytes = Self.sendBlockBytes
  /// Bytes waiting to leave on one connection. More: QoS 0 is queued or dropped, the rest waits.
  package var sendBytes = within(6144...1_048_576, Chosen.packetBytes / 2)

  // MARK: Log and configuration

  /// Bytes of log lines that wait to be written out. More in one turn: left out and counted.
  package var logBytes = within(768...16_384, powerOfTwo(atLeast: 8 * Chosen.connections))
  /// Addresses whose log lines of one second are counted apart. Full: who comes then takes over the
  /// count of the one with the fewest.
  package var logAddresses = within(4...64, powerOfTwo(atLeast: Chosen.connections / 8))
  /// Bytes of all the texts of a configuration together. Full: an error at start.
  package typealias ConfigurationText = Chosen.ConfigurationText
  /// Origins that the WebSocket listeners name together. More: an error at start.
  package typealias Origins<Element> = Chosen.Origins<Element>
  /// Bytes of all mount points and prefixes of client identifiers. More: an error at start.
  package typealias PolicyTexts = Chosen.PolicyTexts
  /// Bytes of the configuration's files together, and of a file of users or rules. More: an error at
  /// start, and a reload is refused.
  package var configurationBytes = Chosen.configurationBytes

  // MARK: Access

  /// Users of the password files, and users that the ACL files name. Full: an error at start, and a
  /// reload is refused.
  package var users = Chosen.users
  /// Rules of the ACL files. Full: the same.
  package var accessRules = 2 * Chosen.users
  /// Bytes of names, hashes and filters of those files. Full: the same.
  package var accessTextBytes = powerOfTwo(atLeast: 128 * Chosen.users)
  /// Decisions by those rules that are remembered. Full: the newest takes the place of another.
  package var accessDecisions = min(16_384, powerOfTwo(atLeast: 4 * Chosen.connections))
  /// Addresses that wrong passwords came from. Full: the one quiet longest is forgotten.
  package var failedAddresses = within(4...256, powerOfTwo(atLeast: Chosen.connections / 8))

  // MARK: Work

  /// Units of work in one turn, some milliseconds of that board: an entry looked at is one. Full: the
  /// rest follows in the next. Who comes in the middle of it waits for two shares of a connection.
  package var turnWork = Chosen.turnWork
  /// Units of work that a connection has in its turn. Full: the others have theirs first, and what it
  /// took beyond that is made up.
  package var connectionWork = Chosen.turnWork / 128
}

extension Limits {
  /// Units of work for what is done in one piece, so that it comes about in the turn that asks for it.
  /// Full: it takes several turns, beside everything else.
  package var pieceWork: Int { turnWork / 32 }
}

// What the rules share.
extension Limits {
  private static var places: Int { Chosen.connections + reserved(for: Chosen.connections) }
  private static func reserved(for connections: Int) -> Int {
    refusalPlaces + max(0, connections / 16 - refusalPlaces)
  }
  /// Of the places, those that nobody keeps: there always is one to refuse a Client politely.
  package static var refusalPlaces: Int { 4 }
  private static var messageBlockBytes: Int { 128 }
  private static var receiveBlockBytes: Int { within(128...1024, Chosen.packetBytes / 256) }
  private static var sendBlockBytes: Int { within(512...4096, Chosen.packetBytes / 128) }
}

private func blocks(of blockBytes: Int, for bytes: Int) -> Int {
  (bytes + blockBytes - 1) / blockBytes
}

/// The number, or the end of the bounds that it lies beyond.
private func within(_ bounds: ClosedRange<Int>, _ number: Int) -> Int {
  min(max(number, bounds.lowerBound), bounds.upperBound)
}

private func powerOfTwo(atLeast number: Int) -> Int {
  number < 2 ? 1 : 1 << (Int.bitWidth - (number - 1).leadingZeroBitCount)
}

/// The number, on a board that has WebSocket connections.
private func forWebSockets(_ number: Int) -> Int { Chosen.webSockets > 0 ? number : 0 }

/// For certificates and keys, and for each connection; whole MiB where it is more than one.
private func tlsHeap(of connections: Int) -> Int {
  guard connections > 0 else { return 0 }
  let (least, megabyte) = (64 * 1024 + connections * 24 * 1024, 1024 * 1024)
  return least <= megabyte ? least : (least + megabyte - 1) / megabyte * megabyte
}
