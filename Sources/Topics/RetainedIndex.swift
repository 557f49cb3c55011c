import Memory
import MQTT
import Messages

/// The retained message of one topic. [3.3.1.3]
package struct RetainedMessage: BitwiseCopyable {
  /// Null when it was removed while walks stand on it.
  package internal(set) var message: Handle<Message>
  /// The level above its topic's last one.
  let level: Handle<RetainedLevel>
  /// Neighbours among those on the same level.
  var next: Handle<RetainedMessage> = .null
  var previous: Handle<RetainedMessage> = .null
  /// The milliseconds of `expiry`; all ones for never.
  private var expiryLow: UInt32 = 0
  private var expiryHigh: UInt16 = 0
  /// How many walks stand on it.
  var walkers: UInt16 = 0
  /// Which it is of all that were retained: of its neighbours, those behind it are older.
  var serial: UInt32 = 0
  /// The number of the last subscription that was sent it before its turn.
  var overtaken: UInt32 = 0

  init(_ message: Handle<Message>, on level: Handle<RetainedLevel>, expiring expiry: Instant) {
    self.message = message
    self.level = level
    self.expiry = expiry
  }

  /// When it goes.
  var expiry: Instant {
    get {
      let milliseconds = UInt64(expiryHigh) << 32 | UInt64(expiryLow)
      return milliseconds == RetainedMessage.never ? .never : Instant(milliseconds: milliseconds)
    }
    set {
      let milliseconds = min(newValue.milliseconds, RetainedMessage.never)
      expiryLow = UInt32(truncatingIfNeeded: milliseconds)
      expiryHigh = UInt16(truncatingIfNeeded: milliseconds >> 32)
    }
  }

  /// Some 8,900 years.
  private static var never: UInt64 { 0xFFFF_FFFF_FFFF }
}

/// The last message of each topic that was published with RETAIN.
///
/// One is found by its whole topic in one step, or with those on the same level by a walk. One that is
/// removed while walks stand on it keeps its place until the last of them has moved on.
package struct RetainedIndex: ~Copyable {
  private let anchor = Anchor()
  var retained: Pool<RetainedMessage>
  var levels: RetainedLevels
  /// Finds messages by the hash of their topics.
  var index: HashIndex
  /// Those removed whose places are kept.
  private var removedCount = 0
  /// How many have been retained, as far as that can be counted.
  private var made: UInt32 = 0

  /// - Parameter deepest: levels of a topic that the tree goes down; what a topic has more of, a walk
  ///   looks at message by message.
  /// - Parameter walkers: the most walks there may be at once.
  package init(
    count: Int, levels levelCount: Int, deepest: Int, walkers: Int, hash: SeededHash,
    in region: inout Region
  ) {
    precondition(walkers <= Int(UInt16.max))
    retained = Pool("retained messages", capacity: count, in: &region)
    index = HashIndex(capacity: count, in: &region)
    levels = RetainedLevels(count: levelCount, deepest: deepest, hash: hash, in: &region)
  }

  /// How many messages are retained.
  package var count: Int { retained.occupancy.used - removedCount }
  /// The places in use, those kept for walks among them.
  package var occupancy: Occupancy { retained.occupancy }
  package var levelOccupancy: Occupancy { levels.occupancy }
  /// No retained message has a position at or above this one.
  package var endPosition: Int { retained.endIndex }

  /// The message that a walk stands on.
  package subscript(slot: Handle<RetainedMessage>) -> RetainedMessage { retained[slot] }

  /// The position of the retained message of `topic`, expired or not.
  package func position(of topic: Span<UInt8>, messages: borrowing MessageStore) -> Int? {
    find(topic, messages)?.index
  }

  /// Whether a message on `topic` could be retained now.
  package func hasRoom(for topic: Span<UInt8>, messages: borrowing MessageStore) -> Bool {
    if find(topic, messages) != nil { return true }
    return retained.occupancy.free > 0 && levels.missing(for: topic) <= levels.occupancy.free
  }

  /// How many levels have to be made for a message on `topic`.
  package func missingLevels(for topic: Span<UInt8>) -> Int { levels.missing(for: topic) }

  /// How many levels `topic` takes, as if nobody else had any of them.
  package func levelCount(of topic: Span<UInt8>) -> Int { levels.count(of: topic) }

  /// Counts a message that was not retained because `hasRoom` was false.
  package mutating func refuse() {
    if retained.occupancy.free == 0 { retained.refuse() } else { levels.refuse() }
  }

  /// Makes `message` the retained one of `topic`, and holds it; its position, or nil when there is no
  /// room. [MQTT-3.3.1-5] [MQTT3-3.3.1-5]
  package mutating func replace(
    _ topic: Span<UInt8>, by message: Handle<Message>, expiring expiry: Instant,
    messages: inout MessageStore
  ) -> Int? {
    if let slot = find(topic, messages) {
      messages.retain(message)
      messages.release(retained[slot].message)
      retained[slot].message = message
      retained[slot].expiry = expiry
      return slot.index
    }
    guard let slot = add(message, topic, expiring: expiry) else { return nil }
    messages.retain(message)
    return slot.index
  }

  /// Removes the retained message at a position, if there is one.
  package mutating func remove(at position: Int, messages: inout MessageStore) {
    guard let slot = retained.handle(at: position), !retained[slot].message.isNull else { return }
    remove(slot, messages: &messages)
  }

  /// Whether there is a retained message at a position that has expired.
  package func isExpired(at position: Int, now: Instant) -> Bool {
    guard let slot = retained.handle(at: position) else { return false }
    return !retained[slot].message.isNull && retained[slot].expiry <= now
  }

  /// The retained message of `topic`, expired or not; nil when there is none.
  package func find(
    _ topic: Span<UInt8>, _ messages: borrowing MessageStore
  ) -> Handle<RetainedMessage>? {
    var slot = index.first(levels.hash(of: topic))
    while let candidate = slot {
      if let handle = retained.handle(at: candidate),
        messages.hasTopic(retained[handle].message, topic)
      {
        return handle
      }
      slot = index.next(candidate)
    }
    return nil
  }

  /// Gives the place of a removed message back, with the last walk that stood on it.
  mutating func releaseIfRemoved(_ slot: Handle<RetainedMessage>) {
    guard retained[slot].message.isNull && retained[slot].walkers == 0 else { return }
    removedCount -= 1
    release(slot)
  }

  /// It stands before its neighbours, where no walk comes that is among them.
  private mutating func add(
    _ message: Handle<Message>, _ topic: Span<UInt8>, expiring expiry: Instant
  ) -> Handle<RetainedMessage>? {
    guard retained.occupancy.free > 0 else {
      retained.refuse()
      return nil
    }
    guard let level = levels.hold(for: topic),
      let slot = retained.claim(RetainedMessage(message, on: level, expiring: expiry))
    else { return nil }
    index.insert(slot.index, hash: levels.hash(of: topic))
    made &+= 1
    retained[slot].serial = made
    let first = levels[level].firstMessage
    retained[slot].next = first
    if !first.isNull { retained[first].previous = slot }
    levels[level].firstMessage = slot
    return slot
  }

  private mutating func remove(_ slot: Handle<RetainedMessage>, messages: inout MessageStore) {
    index.remove(slot.index, hash: index.hash(of: slot.index))
    messages.release(retained[slot].message)
    guard retained[slot].walkers > 0 else { return release(slot) }
    retained[slot].message = .null
    removedCount += 1
  }

  private mutating func release(_ slot: Handle<RetainedMessage>) {
    let gone = retained[slot]
    if !gone.next.isNull { retained[gone.next].previous = gone.previous }
    if gone.previous.isNull {
      levels[gone.level].firstMessage = gone.next
    } else {
      retained[gone.previous].next = gone.next
    }
    retained.release(slot)
    levels.drop(gone.level)
  }
}
