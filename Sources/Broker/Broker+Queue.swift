import MQTT
import Memory
import Messages
import Sessions
import Topics

// The queue of a session, and what happens when it is full: its owner alone pays.
extension Broker {
  /// Whether one more message of QoS 1 or 2 can be promised to the session: its queue is not full, and
  /// it has not its share of what queues are made of.
  func hasQueueRoom(_ session: Handle<Session>, _ byteCount: Int) -> Bool {
    let state = sessions[session]
    let isOpen = state.isConnected && Int(state.inFlightBytes) < policy.maximumInFlightBytes
    let window = isOpen ? max(0, Int(state.sendQuota) - Int(state.inFlight)) : 0
    // What is retained has its place among the retained messages.
    return Int(state.unsent - state.unsentReplayed) - window < policy.maximumQueued
      && state.unsentBytes + byteCount <= policy.maximumQueuedBytes
      && hasShare(session, byteCount)
  }

  /// Whether a session may hold one more message of so many bytes, as far as the tables go that all
  /// share.
  private func hasShare(_ session: Handle<Session>, _ byteCount: Int) -> Bool {
    queueShortage(session, byteCount) == nil
  }

  private func queueShortage(_ session: Handle<Session>, _ byteCount: Int) -> Shortage? {
    let held = Int(sessions[session].deliveryCount)
    return shares.deliveries.shortage(
      of: .deliveries, for: 1, holding: held, free: sessions.deliveryOccupancy.free)
      ?? shares.messages.shortage(
        of: .messages, for: 1, holding: held, free: messages.messageOccupancy.free)
      ?? shares.messageBlocks.shortage(
        of: .messageBlocks, for: messages.blocksNeeded(for: byteCount),
        holding: Int(sessions[session].blocks), free: messages.blockOccupancy.free)
  }

  /// Why there is no room for a message of so many bytes in the queue of a session.
  func words(ofFull session: Handle<Session>, _ byteCount: Int) -> StaticString {
    queueShortage(session, byteCount)?.words ?? "its queue is full"
  }

  /// Counts a copy that its session does not get, and what there was not enough of for it.
  mutating func dropCopy(for session: Handle<Session>, _ byteCount: Int) {
    let shortage = queueShortage(session, byteCount)
    count(shortage)
    countDropped(session, shortage?.words ?? "its queue is full")
  }

  /// Counts a refusal of the table that was short, for who looks at how full they are.
  private mutating func count(_ shortage: Shortage?) {
    switch shortage {
    case .of(.deliveries), .ofShare(.deliveries): sessions.refuseDelivery()
    case .some: messages.refuse()
    case nil: return
    }
  }

  /// Whether a QoS 0 message that cannot be sent at once is queued for the session.
  func queuesQoS0(_ byteCount: Int, for session: Handle<Session>) -> Bool {
    guard sessions[session].isConnected || policy.queuesQoS0 else { return false }
    let queued = Int(sessions[session].unsent - sessions[session].unsentReplayed)
    return queued < policy.maximumQueued && hasRoomToSpare
      && hasShare(session, byteCount)
  }

  /// Whether a quarter of all that queues are made of is free. It is kept for QoS 1 and 2: a peer
  /// that does not read a flood of QoS 0 must not have the messages of others refused.
  private var hasRoomToSpare: Bool {
    hasQuarterFree(messages.messageOccupancy) && hasQuarterFree(messages.blockOccupancy)
      && hasQuarterFree(sessions.deliveryOccupancy)
  }

  private func hasQuarterFree(_ pool: Occupancy) -> Bool { pool.free >= pool.capacity / 4 }

  /// Makes room in the session's queue if the policy says how; false when there is none, and the
  /// message is not for it.
  mutating func makeRoom(
    for byteCount: Int, in session: Handle<Session>, from publisher: Handle<Session>,
    _ work: inout Work
  ) -> Bool {
    while !hasQueueRoom(session, byteCount) {
      switch policy.whenQueueIsFull {
      case .dropNewest: return false
      // Who publishes to himself cannot wait: his own queue goes as far as his share.
      case .reject: return session == publisher && hasShare(session, byteCount)
      case .endSession:
        doom(session, words(ofFull: session, byteCount))
        return false
      case .dropOldest:
        let oldest = sessions.oldestDroppable(of: session)
        guard !oldest.isNull else { return false }
        work.pay(WorkPrice.copy)
        dropCopy(for: session, byteCount)
        sessions.remove(oldest, of: session, messages: &messages, texts: &texts)
        // What stood behind it may be sent now, whatever becomes of the new one.
        let connection = presence[session]
        if !connection.isNull { owe(connection) }
      }
    }
    return true
  }

  /// The session among those that were found whose full queue has the publisher refused or waiting;
  /// nil when there is none. `queue_full reject`
  mutating func fullQueue(
    in lane: Lane, _ offer: Offer, from publisher: Handle<Session>, _ work: inout Work
  ) -> Handle<Session>? {
    guard policy.whenQueueIsFull == .reject, offer.qos > .atMostOnce else { return nil }
    for place in 0..<subscriptions.matchCount(in: lane) {
      work.pay()
      if let full = fullQueue(at: place, in: lane, offer, from: publisher) { return full }
    }
    return nil
  }

  /// The same of one of those that were found.
  func fullQueue(
    at place: Int, in lane: Lane, _ offer: Offer, from publisher: Handle<Session>
  ) -> Handle<Session>? {
    let match = subscriptions.match(at: place, in: lane)
    guard !match.isVoid, outgoingQoS(offer.qos, match) > .atMostOnce,
      let session = sessions.session(at: Int(match.subscriber)),
      !hasQueueRoom(session, offer.byteCount)
    else { return nil }
    let isBound = session == publisher ? !hasShare(session, offer.byteCount) : binds(session)
    return isBound ? session : nil
  }

  /// What a publisher waits for when the queue of a session is full. Nobody waits for room that his own
  /// acknowledgements would make.
  func wait(
    for full: Handle<Session>, _ byteCount: Int, by publisher: Handle<Session>
  ) -> Wait.Cause {
    full == publisher ? .none : .queue(full, UInt32(byteCount))
  }

  /// Whether the full queue of a session binds those who publish to it: only while its Client is
  /// connected, is read, and acknowledges what it gets.
  func binds(_ session: Handle<Session>) -> Bool {
    let connection = presence[session]
    guard policy.whenQueueIsFull == .reject, !connection.isNull,
      !connections[connection].isWaiting
    else { return false }
    return now
      < presence.lastAcknowledgement(of: session).adding(milliseconds: policy.queueFullWait)
  }

  /// Remembers that a Client acknowledges what it gets.
  mutating func countProgress(of session: Handle<Session>) {
    if policy.whenQueueIsFull == .reject { presence.noteAcknowledgement(of: session, at: now) }
  }

  /// Lets a session end as soon as nobody stands in the middle of its queue. `queue_full end_session`
  private mutating func doom(_ session: Handle<Session>, _ words: StaticString) {
    guard !endings.doomed.contains(session.index) else { return }
    note(.sessionOverflowed, session, words)
    endings.doomed.append(session.index)
  }

  /// Ends the sessions whose queues have overflown: their Clients learn it by Session Present 0.
  mutating func endDoomed(_ work: inout Work) {
    while !work.isSpent, let slot = endings.doomed.removeFirst() {
      work.pay(WorkPrice.session)
      guard let session = sessions.session(at: slot) else { continue }
      sessions[session].expiryInterval = 0
      let connection = presence[session]
      if connection.isNull {
        end(session)
      } else {
        sayDisconnect(connection, .quotaExceeded, "its queue is full")
        close(connection)
      }
    }
  }
}
