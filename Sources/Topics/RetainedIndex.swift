import Memory
import MQTT
import Messages

/// The retained message of one topic. [3.3.1.3]
package struct RetainedMessage: BitwiseCopyable {
  package internal(set) var message: Handle<Message>
  let hash: UInt32
  /// When it goes.
  var expiry: Instant
}

/// The last message of each topic that was published with RETAIN.
///
/// A replay walks the slots in order, so that messages can come and go while it is under way.
package struct RetainedIndex: ~Copyable {
  private var retained: Pool<RetainedMessage>
  private var index: HashIndex
  private let hash: SeededHash

  package init(count: Int, hash: SeededHash, in region: inout Region) {
    retained = Pool("retained messages", capacity: count, in: &region)
    index = HashIndex(capacity: count, in: &region)
    self.hash = hash
  }

  package var occupancy: Occupancy { retained.occupancy }
  /// No retained message has a position at or above this one.
  package var endPosition: Int { retained.endIndex }

  /// The retained message at a position between 0 and `endPosition`, if there is one.
  package func message(at position: Int, now: Instant) -> Handle<Message>? {
    guard let slot = retained.handle(at: position), retained[slot].expiry > now else { return nil }
    return retained[slot].message
  }

  /// The retained message of `topic`.
  package func message(
    of topic: Span<UInt8>, now: Instant, messages: borrowing MessageStore
  ) -> Handle<Message>? {
    guard let slot = find(topic, messages), retained[slot].expiry > now else { return nil }
    return retained[slot].message
  }

  /// The position of the retained message of `topic`, expired or not.
  package func position(of topic: Span<UInt8>, messages: borrowing MessageStore) -> Int? {
    find(topic, messages)?.index
  }

  /// Whether a message on `topic` could be retained now.
  package func hasRoom(for topic: Span<UInt8>, messages: borrowing MessageStore) -> Bool {
    retained.occupancy.free > 0 || find(topic, messages) != nil
  }

  /// Counts a message that was not retained because `hasRoom` was false.
  package mutating func refuse() { retained.refuse() }

  /// Makes `message` the retained one of `topic`, and holds it; false when there is no room.
  /// [MQTT-3.3.1-5] [MQTT3-3.3.1-5]
  package mutating func replace(
    _ topic: Span<UInt8>, by message: Handle<Message>, expiring expiry: Instant,
    messages: inout MessageStore
  ) -> Bool {
    if let slot = find(topic, messages) {
      messages.retain(message)
      messages.release(retained[slot].message)
      retained[slot].message = message
      retained[slot].expiry = expiry
      return true
    }
    let wanted = hash(topic)
    guard
      let slot = retained.claim(
        RetainedMessage(message: message, hash: wanted, expiry: expiry))
    else { return false }
    messages.retain(message)
    index.insert(slot.index, hash: wanted)
    return true
  }

  /// Removes the retained message of `topic`, if there is one.
  package mutating func remove(_ topic: Span<UInt8>, messages: inout MessageStore) {
    guard let slot = find(topic, messages) else { return }
    remove(slot, messages: &messages)
  }

  /// Removes the retained message at a position, if there is one and it has expired.
  package mutating func removeExpired(
    at position: Int, now: Instant, messages: inout MessageStore
  ) -> Bool {
    guard let slot = retained.handle(at: position),
      retained[slot].expiry <= now
    else { return false }
    remove(slot, messages: &messages)
    return true
  }

  private mutating func remove(_ slot: Handle<RetainedMessage>, messages: inout MessageStore) {
    index.remove(slot.index, hash: retained[slot].hash)
    messages.release(retained[slot].message)
    retained.release(slot)
  }

  private func find(
    _ topic: Span<UInt8>, _ messages: borrowing MessageStore
  ) -> Handle<RetainedMessage>? {
    let wanted = hash(topic)
    var slot = index.first(wanted)
    while let candidate = slot {
      if let handle = retained.handle(at: candidate), retained[handle].hash == wanted,
        messages.hasTopic(retained[handle].message, topic)
      {
        return handle
      }
      slot = index.next(candidate)
    }
    return nil
  }
}
