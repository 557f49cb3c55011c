import Memory
import MQTT

// QoS 2 messages on their way in: between PUBREC and PUBREL. [4.3.3]
extension SessionDirectory {
  /// Whether a PUBLISH with this Packet Identifier was received and not yet released.
  /// [MQTT-4.3.3-10]
  package func isUnreleased(_ packetIdentifier: UInt16, of session: Handle<Session>) -> Bool {
    findUnreleased(packetIdentifier, of: session) != nil
  }

  /// What tells the message that was received with this Packet Identifier, and not yet released, from
  /// another; nil when there is none.
  package func digest(
    ofUnreleased packetIdentifier: UInt16, of session: Handle<Session>
  ) -> UInt32? {
    findUnreleased(packetIdentifier, of: session).map { unreleased[$0].digest }
  }

  /// Remembers the identifier, and what tells its message from another; false when there is no room.
  package mutating func hold(
    _ packetIdentifier: UInt16, _ digest: UInt32, of session: Handle<Session>
  ) -> Bool {
    let new = UnreleasedPublish(
      session: UInt32(session.index), packetIdentifier: packetIdentifier, digest: digest,
      next: sessions[session].firstUnreleased)
    guard let handle = unreleased.claim(new) else { return false }
    let next = sessions[session].firstUnreleased
    if !next.isNull { unreleased[next].previous = handle }
    sessions[session].firstUnreleased = handle
    sessions[session].unreleased += 1
    unreleasedIndex.insert(handle.index, hash: key(packetIdentifier, session))
    return true
  }

  /// Whether one more identifier can be remembered.
  package var hasRoomForUnreleased: Bool { unreleased.occupancy.free > 0 }

  /// Counts a message that was turned away because `hasRoomForUnreleased` was false.
  package mutating func refuseUnreleased() { unreleased.refuse() }

  /// Forgets the identifier on PUBREL; false when it was not known.
  package mutating func release(
    _ packetIdentifier: UInt16, of session: Handle<Session>
  ) -> Bool {
    guard let handle = findUnreleased(packetIdentifier, of: session) else { return false }
    release(handle, of: session)
    return true
  }

  mutating func release(_ handle: Handle<UnreleasedPublish>, of session: Handle<Session>) {
    let gone = unreleased[handle]
    unreleasedIndex.remove(handle.index, hash: key(gone.packetIdentifier, session))
    if !gone.next.isNull { unreleased[gone.next].previous = gone.previous }
    if gone.previous.isNull {
      sessions[session].firstUnreleased = gone.next
    } else {
      unreleased[gone.previous].next = gone.next
    }
    sessions[session].unreleased -= 1
    unreleased.release(handle)
  }

  private func findUnreleased(
    _ packetIdentifier: UInt16, of session: Handle<Session>
  ) -> Handle<UnreleasedPublish>? {
    var slot = unreleasedIndex.first(key(packetIdentifier, session))
    while let candidate = slot {
      if let handle = unreleased.handle(at: candidate),
        unreleased[handle].packetIdentifier == packetIdentifier,
        unreleased[handle].session == UInt32(session.index)
      {
        return handle
      }
      slot = unreleasedIndex.next(candidate)
    }
    return nil
  }

  private func key(_ packetIdentifier: UInt16, _ session: Handle<Session>) -> UInt32 {
    hash(UInt32(session.index), UInt32(packetIdentifier))
  }
}
