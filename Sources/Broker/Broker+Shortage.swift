import MQTT
import Memory
import Messages
import Sessions
import Topics

// What becomes of a message of QoS 1 or 2 for which there is no room.
extension Broker {
  /// What the publisher's own message has no room in, whoever it goes to; nil when there is room.
  ///
  /// A message of QoS 0 is never held up.
  mutating func shortage(
    of publish: Publish, _ topic: Span<UInt8>, from session: Handle<Session>
  ) -> Wait.Cause? {
    guard publish.qos > .atMostOnce else { return nil }
    if publish.qos == .exactlyOnce && unreleasedShortage(of: session) != nil {
      sessions.refuseUnreleased()
      // Behind such a message come the PUBRELs that would make room: nothing is there to wait for.
      return Wait.Cause.none
    }
    guard publish.isRetained && !publish.payload.isEmpty else { return nil }
    return retainedShortage(publish.byteCount(withTopic: topic.count), topic, from: session)
  }

  private func unreleasedShortage(of session: Handle<Session>) -> Shortage? {
    shares.unreleased.shortage(
      of: .unreleasedMessages, for: 1, holding: Int(sessions[session].unreleased),
      free: sessions.unreleasedOccupancy.free)
  }

  /// What there was no room in for a message.
  var messageShortage: Shortage {
    .of(messages.messageOccupancy.free == 0 ? .messages : .messageBlocks)
  }

  /// What of a cause to wait, or to be refused, is said: what there is not enough of.
  func words(of cause: Wait.Cause, on connection: Handle<Connection>) -> StaticString {
    let session = connections[connection].session
    switch cause {
    case .answers, .publication: return ""
    case .none: return unreleasedShortage(of: session)?.words ?? words(ofFull: session, 0)
    case .receiveBlocks:
      let isFull = arrivals.blocks.occupancy.free == 0
      return (isFull ? Shortage.of(.receiveBlocks) : .ofShare(.receiveBlocks)).words
    case .sendBlocks(let count):
      let isFull = departures.blocks.occupancy.free < Int(count)
      return (isFull ? Shortage.of(.sendBlocks) : .ofShare(.sendBlocks)).words
    case .queue(let full, _):
      return full == session ? words(ofFull: full, 0) : "the queue of a subscriber is full"
    case .messages: return messageShortage.words
    case .retained: return "it cannot be retained"
    case .texts(let byteCount): return textShortage(Int(byteCount), holding: 0)?.words ?? ""
    }
  }

  private mutating func retainedShortage(
    _ byteCount: Int, _ topic: Span<UInt8>, from session: Handle<Session>
  ) -> Wait.Cause? {
    let owner = owners.owner(of: session)
    if let shortage = retainedShortage(byteCount, topic, by: owner) {
      retention.index.refuse()
      note(.retainedFull, session, shortage.words)
      return .retained
    }
    guard messages.hasRoom(for: byteCount) else {
      messages.refuse()
      return .messages(UInt32(byteCount))
    }
    guard sourceShortage(of: session, owner) == nil else {
      texts.refuse()
      return .texts(UInt32(sourceBytes(of: session)))
    }
    return nil
  }

  /// A message that finds no room is given to nobody. 5.0 is told; 3.x can be told nothing but by
  /// waiting or by the end of the connection. False when it waits.
  mutating func reject(
    _ publish: Publish, for cause: Wait.Cause, on connection: Handle<Connection>
  ) -> Bool {
    guard publish.qos > .atMostOnce else { return refuse(publish, .quotaExceeded, on: connection) }
    if connections[connection].version == .v5 {
      note(.publishRejected, connections[connection].session, words(of: cause, on: connection))
      return refuse(publish, .quotaExceeded, on: connection)
    }
    if case .none = cause {
      refuse(
        connection, .quotaExceeded, .publishRejected, words(of: cause, on: connection))
      return true
    }
    wait(connection, for: cause)
    return false
  }
}
