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
    if publish.qos == .exactlyOnce && !hasRoomForUnreleased(session) {
      sessions.refuseUnreleased()
      // Behind such a message come the PUBRELs that would make room: nothing is there to wait for.
      return Wait.Cause.none
    }
    guard publish.isRetained && !publish.payload.isEmpty else { return nil }
    return retainedShortage(publish.byteCount(withTopic: topic.count), topic, from: session)
  }

  private func hasRoomForUnreleased(_ session: Handle<Session>) -> Bool {
    shares.unreleased.allows(
      1, holding: Int(sessions[session].unreleased), free: sessions.unreleasedOccupancy.free)
  }

  private mutating func retainedShortage(
    _ byteCount: Int, _ topic: Span<UInt8>, from session: Handle<Session>
  ) -> Wait.Cause? {
    let owner = owners.owner(of: session)
    guard mayRetain(byteCount, topic, by: owner) else {
      retention.index.refuse()
      note(.retainedFull, session, "")
      return .retained
    }
    guard messages.hasRoom(for: byteCount) else {
      messages.refuse()
      return .messages(UInt32(byteCount))
    }
    guard mayKeepSource(of: session, owner) else {
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
      note(.publishRejected, connections[connection].session, "")
      return refuse(publish, .quotaExceeded, on: connection)
    }
    if case .none = cause {
      refuse(connection, .quotaExceeded, .publishRejected, "it does not release what it has sent")
      return true
    }
    wait(connection, for: cause)
    return false
  }
}
