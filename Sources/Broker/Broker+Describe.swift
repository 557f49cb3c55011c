import MQTT
import Memory
import Messages
import Sessions
import Topics

/// How full one of the broker's pools is.
package struct PoolStatus: BitwiseCopyable {
  /// Its name in `$SYS/broker/limits/`.
  package let name: StaticString
  package let occupancy: Occupancy
}

// The broker in words: for the log, `$SYS` and SIGUSR2.
extension Broker {
  /// The version of the program, as `$SYS/broker/version` and `--version` tell it.
  package static var version: StaticString { "swiftlet version 0.1.0" }

  /// How many pools have a status.
  package static var poolCount: Int { SystemTopic.pools }

  /// The status of one of the pools that clients can fill.
  package func pool(_ number: Int) -> PoolStatus {
    switch number {
    case 0: PoolStatus(name: "connections", occupancy: connections.occupancy)
    case 1: PoolStatus(name: "sessions", occupancy: sessions.occupancy)
    case 2: PoolStatus(name: "subscriptions", occupancy: subscriptions.occupancy)
    case 3: PoolStatus(name: "topic levels", occupancy: subscriptions.levelOccupancy)
    case 4: PoolStatus(name: "shared groups", occupancy: subscriptions.groupOccupancy)
    case 5: PoolStatus(name: "retained messages", occupancy: retained.occupancy)
    case 6: PoolStatus(name: "messages", occupancy: messages.messageOccupancy)
    case 7: PoolStatus(name: "message blocks", occupancy: messages.blockOccupancy)
    case 8: PoolStatus(name: "deliveries", occupancy: sessions.deliveryOccupancy)
    case 9: PoolStatus(name: "text blocks", occupancy: texts.occupancy)
    case 10: PoolStatus(name: "receive blocks", occupancy: receiving.occupancy)
    default: PoolStatus(name: "send blocks", occupancy: sending.occupancy)
    }
  }

  /// Tells how full each pool is, as lines of the log.
  @inline(never)
  package mutating func report() {
    for number in 0..<Broker.poolCount {
      let pool = pool(number)
      var line = Line()
      line.append(pool.name)
      line.append(": ")
      line.append(pool.occupancy.used)
      line.append(" of ")
      line.append(pool.occupancy.capacity)
      line.append(" used, at most ")
      line.append(pool.occupancy.peak)
      line.append(", refused ")
      line.append(pool.occupancy.refused)
      line.append(" times.")
      log.append(line)
    }
  }

  /// Writes a log line about an event.
  @inline(never)
  func describe(
    _ event: Event, _ session: Handle<Session>?, _ words: StaticString, in line: inout Line
  ) {
    switch event {
    case .connectionOpened: line.append("New connection.")
    case .connectionRefused: line.append("Connection refused: there is no place for it.")
    case .clientConnected: describeConnected(session, in: &line)
    case .clientRefused: sentence("Client", nil, "refused", words, in: &line)
    case .clientDisconnected: sentence("Client", session, "disconnected.", "", in: &line)
    case .connectionLost: sentence("Client", session, "closed its connection", words, in: &line)
    case .keepAliveExceeded: sentence("Client", session, "has exceeded timeout, disconnecting.", "", in: &line)
    case .connectTimedOut: line.append("A connection without a CONNECT was closed.")
    case .malformedPacket: sentence("Client", session, "disconnected due to malformed packet or protocol error", words, in: &line)
    case .sessionTakenOver: sentence("Client", session, "already connected, closing old connection.", "", in: &line)
    case .sessionExpired: sentence("Expiring session of client", session, "now.", "", in: &line)
    case .sessionsFull: line.append("A client was refused: max_connections or the board's sessions are used up.")
    case .subscribed: sentence("Client", session, "subscribed.", "", in: &line)
    case .unsubscribed: sentence("Client", session, "unsubscribed.", "", in: &line)
    case .subscriptionsFull: sentence("Client", session, "could not subscribe: subscriptions, topic levels or text blocks are used up.", "", in: &line)
    case .publishRejected: sentence("Client", session, "was refused a message: a queue or the message store is full.", "", in: &line)
    case .publisherStalled: sentence("Client", session, "waits: a queue or the message store is full.", "", in: &line)
    case .publisherTimedOut: sentence("Client", session, "disconnected: a queue stayed full.", "", in: &line)
    case .messageDropped: sentence("Outgoing message for", session, "dropped", words, in: &line)
    case .messageExpired: sentence("A message for", session, "expired.", "", in: &line)
    case .messageTooLarge: sentence("A message is too large for", session, "and was not sent.", "", in: &line)
    case .packetTooLarge: sentence("Client", session, "disconnected", words, in: &line)
    case .retainedFull: line.append("A message was not retained: retained messages are used up.")
    case .willPublished: sentence("Will of", session, "published.", "", in: &line)
    case .willFull: line.append("A client was refused: there is no room for its Will.")
    case .aliasesFull: sentence("Client", session, "disconnected", words, in: &line)
    case .receiveBlocksShort: sentence("Client", session, "waits: receive blocks are used up.", "", in: &line)
    case .sendBlocksShort: sentence("Client", session, "waits: send blocks are used up.", "", in: &line)
    case .serverStopping: line.append("swiftlet terminating")
    }
  }

  private func sentence(
    _ subject: StaticString, _ session: Handle<Session>?, _ what: StaticString,
    _ words: StaticString, in line: inout Line
  ) {
    line.append(subject)
    line.append(byte: UInt8(ascii: " "))
    append(session, to: &line)
    line.append(byte: UInt8(ascii: " "))
    line.append(what)
    guard words.utf8CodeUnitCount > 0 else { return }
    line.append(": ")
    line.append(words)
    line.append(byte: UInt8(ascii: "."))
  }

  private func append(_ session: Handle<Session>?, to line: inout Line) {
    guard let session, sessions.contains(session) else { return line.append("<unknown>") }
    texts.forEachPiece(of: sessions[session].clientIdentifier, atMost: 4) { piece in
      line.append(foreign: piece)
      return true
    }
  }

  private func describeConnected(_ session: Handle<Session>?, in line: inout Line) {
    line.append("New client connected as ")
    append(session, to: &line)
    guard let session else { return }
    let connection = connectionOf[session.index]
    guard !connection.isNull else { return }
    line.append(" (p")
    line.append(UInt64(connections[connection].version.rawValue))
    line.append(", c")
    line.append(sessions[session].expiryInterval == 0 ? UInt64(1) : 0)
    line.append(", k")
    line.append(UInt64(connections[connection].keepAlive))
    line.append(").")
  }
}
