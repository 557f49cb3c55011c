import Memory
import MQTT
import Messages

/// All sessions, found by client identifier, and all that is owed to them.
package struct SessionDirectory: ~Copyable {
  private let anchor = Anchor()
  var sessions: Pool<Session>
  private var index: HashIndex
  private var remarks: SlotTable<Remark>
  var deliveries: Pool<Delivery>
  var deliveryIndex: HashIndex
  var unreleased: Pool<UnreleasedPublish>
  var unreleasedIndex: HashIndex
  let hash: SeededHash
  /// How many sessions have ended and still hold something.
  private var retiredCount = 0
  /// The Packet Identifier before the first one of a new session.
  private var firstPacketIdentifier: UInt16 = 0

  package init(
    sessions count: Int, deliveries deliveryCount: Int, unreleased unreleasedCount: Int,
    hash: SeededHash, in region: inout Region
  ) {
    sessions = Pool("sessions", capacity: count, in: &region)
    index = HashIndex(capacity: count, in: &region)
    remarks = SlotTable("remarks", count: count, in: &region)
    deliveries = Pool("deliveries", capacity: deliveryCount, in: &region)
    deliveryIndex = HashIndex(capacity: deliveryCount, in: &region)
    unreleased = Pool("unreleased messages", capacity: unreleasedCount, in: &region)
    unreleasedIndex = HashIndex(capacity: unreleasedCount, in: &region)
    self.hash = hash
  }

  package var occupancy: Occupancy { sessions.occupancy }
  package var deliveryOccupancy: Occupancy { deliveries.occupancy }
  package var unreleasedOccupancy: Occupancy { unreleased.occupancy }

  package subscript(session: Handle<Session>) -> Session {
    _read { yield sessions[session] }
    _modify { yield &sessions[session] }
  }

  /// What few sessions have to be remembered for: the table is not touched for the others.
  package subscript(remarkOf session: Handle<Session>) -> Remark {
    get { remarks[session.index] }
    set {
      guard !newValue.isBlank || !remarks[session.index].isBlank else { return }
      remarks[session.index] = newValue
    }
  }

  package subscript(delivery: Handle<Delivery>) -> Delivery { deliveries[delivery] }

  /// Whether the session still is, and has not ended.
  package func contains(_ session: Handle<Session>) -> Bool {
    sessions.contains(session) && !sessions[session].isRetired
  }

  /// The live session in a slot.
  package func session(at slot: Int) -> Handle<Session>? {
    guard let session = sessions.handle(at: slot), !sessions[session].isRetired else { return nil }
    return session
  }

  /// The session in a slot that has ended and still holds something.
  package func retired(at slot: Int) -> Handle<Session>? {
    guard let session = sessions.handle(at: slot), sessions[session].isRetired else { return nil }
    return session
  }

  /// No session's slot is at or above this one.
  package var endSlot: Int { sessions.endIndex }

  /// The session of a Client. [MQTT-3.1.3-2] [MQTT3-3.1.3-2]
  package func find(_ clientIdentifier: Span<UInt8>, texts: borrowing ByteChains) -> Handle<
    Session
  >? {
    let wanted = hash(clientIdentifier)
    var slot = index.first(wanted)
    while let candidate = slot {
      if let session = sessions.handle(at: candidate), sessions[session].hash == wanted,
        texts.equals(sessions[session].clientIdentifier, clientIdentifier)
      {
        return session
      }
      slot = index.next(candidate)
    }
    return nil
  }

  /// Makes a session for a Client that has none; nil when sessions or texts are full.
  package mutating func add(
    _ clientIdentifier: Span<UInt8>, version: ProtocolVersion, texts: inout ByteChains
  ) -> Handle<Session>? {
    var text = Chain()
    guard texts.append(clientIdentifier, to: &text) else { return nil }
    let wanted = hash(clientIdentifier)
    var new = Session(clientIdentifier: text, hash: wanted, version: version)
    new.lastPacketIdentifier = firstPacketIdentifier
    guard let session = sessions.claim(new) else {
      texts.release(&text)
      return nil
    }
    index.insert(session.index, hash: wanted)
    return session
  }

  /// Ends a session: nobody finds it by its Client Identifier any more.
  package mutating func retire(_ session: Handle<Session>) {
    index.remove(session.index, hash: sessions[session].hash)
    sessions[session].isRetired = true
    retiredCount += 1
  }

  /// Forgets what an ended session is owed, as far as work goes; true when nothing is left.
  package mutating func removeContents(
    of session: Handle<Session>, messages: inout MessageStore, texts: inout ByteChains,
    _ work: inout Work
  ) -> Bool {
    while let delivery = anyDelivery(of: session) {
      guard !work.isSpent else { return false }
      work.pay(4)
      remove(delivery, of: session, messages: &messages, texts: &texts)
    }
    while !sessions[session].firstUnreleased.isNull {
      guard !work.isSpent else { return false }
      work.pay(2)
      release(sessions[session].firstUnreleased, of: session)
    }
    return true
  }

  /// What is owed to a session first, sent or not; nil when nothing is.
  package func anyDelivery(of session: Handle<Session>) -> Handle<Delivery>? {
    let first = sessions[session].first
    let delivery = first.isNull ? sessions[session].firstQoS0 : first
    return delivery.isNull ? nil : delivery
  }

  /// Gives the slot of an ended session back, of which nothing is left.
  package mutating func remove(_ session: Handle<Session>, texts: inout ByteChains) {
    texts.release(&sessions[session].clientIdentifier)
    self[remarkOf: session] = Remark()
    sessions.release(session)
    retiredCount -= 1
  }

  /// Whether a session has nothing to lose: nothing is owed to it, and no exchange is under way.
  package func isEmpty(_ session: Handle<Session>) -> Bool {
    sessions[session].deliveryCount == 0 && sessions[session].firstUnreleased.isNull
      && sessions[session].will.isNull
  }

  /// Lets the Packet Identifiers of new sessions begin anew soon, for tests.
  package mutating func windUp() { firstPacketIdentifier = .max - 2 }

  /// Counts a session that was turned away because there was no room for it.
  package mutating func refuse() { sessions.refuse() }

  /// How many sessions there are, without those that have ended.
  package var count: Int { sessions.occupancy.used - retiredCount }

  /// Counts a delivery that was turned away because there was no room for it.
  package mutating func refuseDelivery() { deliveries.refuse() }
}
