import Access
import MQTT
import Memory
import Messages
import Sessions
import Topics

// From a message to those who are owed it. [3.3.4] [4.8.2]
extension Broker {
  /// QoS of the copy: the lower of what was published and what was subscribed, and never above the
  /// latter, which for a group is that of the member chosen. [MQTT-3.8.4-8] [MQTT-4.8.2-3]
  func outgoingQoS(_ qos: QoS, _ match: Match) -> QoS {
    policy.upgradesOutgoingQoS ? match.qos : min(qos, match.qos)
  }

  /// Chooses who of a group gets the message: the next in turn who is connected and can take it,
  /// else the next who can keep it. When nobody can, the match is skipped.
  mutating func chooseMember(
    at place: Int, qos: QoS, byteCount: Int, _ topic: Span<UInt8>
  ) {
    let group = subscriptions.matches[place].group
    guard !group.isNull else { return }
    let count = subscriptions.memberCount(of: group)
    for _ in 0..<count {
      let candidate = subscriptions.takeTurn(in: group)
      if canTakeNow(candidate, qos, byteCount) && mayTake(candidate, topic) {
        return subscriptions.choose(candidate, at: place)
      }
    }
    // Who of them misses it decides whether it may be missed: with QoS 0, or not.
    var loser: Handle<Subscription>?
    for _ in 0..<count {
      let candidate = subscriptions.takeTurn(in: group)
      guard isMember(candidate), mayTake(candidate, topic) else { continue }
      if canKeep(candidate, qos, byteCount) { return subscriptions.choose(candidate, at: place) }
      let best = loser.map { subscriptions[$0].options.qos } ?? .atMostOnce
      if loser == nil || subscriptions[candidate].options.qos > best { loser = candidate }
    }
    guard let loser else { return subscriptions.void(at: place) }
    subscriptions.choose(loser, at: place)
    subscriptions.skip(at: place)
  }

  /// Whether a member's session has not ended.
  private func isMember(_ candidate: Handle<Subscription>) -> Bool {
    sessions.session(at: Int(subscriptions[candidate].subscriber)) != nil
  }

  private mutating func mayTake(
    _ candidate: Handle<Subscription>, _ topic: Span<UInt8>
  ) -> Bool {
    guard access.hasRules else { return true }
    let slot = Int(subscriptions[candidate].subscriber)
    guard let session = sessions.session(at: slot) else { return false }
    return may(.read, topic, session)
  }

  /// Makes room in the session's queue if the policy says how; false when there is none.
  mutating func makeRoom(for byteCount: Int, in match: Match) -> Bool {
    guard let session = sessions.session(at: Int(match.subscriber)) else { return false }
    while !hasQueueRoom(session, byteCount) {
      guard policy.whenQueueIsFull == .dropOldest else { return false }
      let oldest = sessions.oldestDroppable(of: session)
      guard !oldest.isNull else { return false }
      sessions.remove(oldest, of: session, messages: &messages, texts: &texts)
      countDropped(session)
    }
    return true
  }

  /// Counts a copy that its session does not get.
  mutating func countDropped(_ session: Handle<Session>?) {
    statistics.publishesDropped += 1
    if let session { sessions[session].dropped &+= 1 }
    note(.messageDropped, session, "its queue is full")
  }

  /// Sends a copy at once where that is possible, and queues it otherwise: with QoS 1 and 2 for
  /// those too who are away. [MQTT-4.5.0-1] [MQTT3-3.1.2-5] [MQTT3-4.5.0-1]
  mutating func deliver(
    _ publication: inout Publication, _ bytes: Span<UInt8>, _ topic: Span<UInt8>, to match: Match
  ) {
    guard !match.isSkipped, let session = sessions.session(at: Int(match.subscriber)) else {
      return countDropped(nil)
    }
    let qos = outgoingQoS(publication.publish.qos, match)
    let connection = presence[session]
    if qos == .atMostOnce {
      // QoS 0 stays in order with what is queued for the session. [MQTT-4.6.0-5]
      let isFirst = sessions[session].unsentQoS0 == 0
      if !connection.isNull && isFirst
        && sendAtOnce(publication, bytes, topic, to: match, on: connection)
      {
        return
      }
      guard queuesQoS0(for: session) else {
        // It is not owed to anybody who is away, and dropped for one who is too slow.
        return connection.isNull ? () : countDropped(session)
      }
    }
    guard keep(&publication, bytes, topic) else { return countDropped(session) }
    // 3.x cannot ask for the flag as it was published. [MQTT-3.3.1-12] [MQTT3-3.3.1-9]
    let isRetained = publication.publish.isRetained && match.isRetainAsPublished
    owe(publication.message, to: session, match, qos: qos, isRetained: isRetained)
  }

  /// Queues a copy of a stored message; it is sent in this turn's send phase if it may be.
  mutating func owe(
    _ message: Handle<Message>, to session: Handle<Session>, _ match: Match, qos: QoS,
    isRetained: Bool
  ) {
    guard let identifiers = encodeIdentifiers(of: match) else { return countDropped(session) }
    let delivery = Delivery(
      of: message, to: session.index, qos: qos, isRetained: isRetained, identifiers: identifiers)
    guard sessions.enqueue(delivery, for: session, messages: &messages) else {
      var identifiers = identifiers
      texts.release(&identifiers)
      return countDropped(session)
    }
    let connection = presence[session]
    if !connection.isNull { owe(connection) }
  }

  /// Publishes a message of the Server's own (a Will, `$SYS`) to all who match; who has no room
  /// does not get it, and that is counted.
  mutating func distribute(_ message: Handle<Message>, _ topic: Span<UInt8>, from session: Int?) {
    subscriptions.match(topic, from: session, texts: texts)
    dropUnreadable(topic)
    let stored = messages[message]
    for place in 0..<subscriptions.matches.count {
      chooseMember(at: place, qos: stored.qos, byteCount: stored.byteCount, topic)
      let match = subscriptions.matches[place]
      guard !match.isSkipped, let session = sessions.session(at: Int(match.subscriber)) else {
        countDropped(nil)
        continue
      }
      let qos = outgoingQoS(stored.qos, match)
      if qos == .atMostOnce && !queuesQoS0(for: session) {
        if !presence[session].isNull { countDropped(session) }
        continue
      }
      guard qos == .atMostOnce || makeRoom(for: stored.byteCount, in: match) else {
        countDropped(session)
        continue
      }
      let isRetained = stored.isRetained && match.isRetainAsPublished
      owe(message, to: session, match, qos: qos, isRetained: isRetained)
    }
  }

  /// The Subscription Identifiers of a match as encoded properties; nil when texts are full.
  ///
  /// The copy for a group names the subscription of the member chosen and no other. [MQTT-3.3.4-3]
  /// [MQTT-3.3.4-4] [MQTT-3.3.4-5]
  mutating func encodeIdentifiers(of match: Match) -> Chain? {
    var chain = Chain()
    guard match.hasIdentifiers else { return chain }
    var handle = match.subscription
    while !handle.isNull {
      let identifier = subscriptions[handle].identifier
      if identifier != 0 {
        var property = PacketBytes<8>()
        property.append(subscriptionIdentifier: identifier)
        guard texts.append(property.span, to: &chain) else {
          texts.release(&chain)
          return nil
        }
      }
      handle = match.isMerged ? subscriptions[handle].alsoMatched : .null
    }
    return chain
  }

  /// Text blocks that the identifiers of a match take.
  func identifierBlocks(of match: Match) -> Int {
    guard match.hasIdentifiers else { return 0 }
    var count = 0
    var handle = match.subscription
    while !handle.isNull {
      count += 1
      handle = match.isMerged ? subscriptions[handle].alsoMatched : .null
    }
    return (count * 5 + texts.blockBytes - 1) / texts.blockBytes
  }

  private func canTakeNow(_ candidate: Handle<Subscription>, _ qos: QoS, _ byteCount: Int) -> Bool {
    let slot = Int(subscriptions[candidate].subscriber)
    guard let session = sessions.session(at: slot) else { return false }
    let connection = presence[session]
    if connection.isNull { return false }
    if min(qos, subscriptions[candidate].options.qos) > .atMostOnce {
      return hasQueueRoom(session, byteCount)
    }
    return !connections[connection].isBlocked || queuesQoS0(for: session)
  }

  private func canKeep(_ candidate: Handle<Subscription>, _ qos: QoS, _ byteCount: Int) -> Bool {
    guard let session = sessions.session(at: Int(subscriptions[candidate].subscriber)) else {
      return false
    }
    return min(qos, subscriptions[candidate].options.qos) > .atMostOnce
      ? hasQueueRoom(session, byteCount) : queuesQoS0(for: session)
  }

  /// Whether one more message of QoS 1 or 2 can be promised to the session.
  func hasQueueRoom(_ session: Handle<Session>, _ byteCount: Int) -> Bool {
    let state = sessions[session]
    let window = state.isConnected ? max(0, Int(state.sendQuota) - Int(state.inFlight)) : 0
    return Int(state.unsent) - window < policy.maximumQueued
      && Int(state.unsentBytes) + byteCount <= policy.maximumQueuedBytes
  }

  /// Whether a QoS 0 message that cannot be sent at once is queued for the session.
  private func queuesQoS0(for session: Handle<Session>) -> Bool {
    guard sessions[session].isConnected || policy.queuesQoS0 else { return false }
    return Int(sessions[session].unsent) < policy.maximumQueued && hasRoomToSpare
  }

  /// Whether a quarter of all that queues are made of is free. It is kept for QoS 1 and 2: a peer
  /// that does not read a flood of QoS 0 must not have the messages of others refused.
  private var hasRoomToSpare: Bool {
    hasQuarterFree(messages.messageOccupancy) && hasQuarterFree(messages.blockOccupancy)
      && hasQuarterFree(sessions.deliveryOccupancy)
  }

  private func hasQuarterFree(_ pool: Occupancy) -> Bool { pool.free >= pool.capacity / 4 }
}
