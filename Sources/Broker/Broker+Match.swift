import Access
import Board
import MQTT
import Memory
import Sessions
import Topics

/// What decides who gets a message.
struct Offer: ~Escapable {
  let topic: Span<UInt8>
  /// Of no meaning while there are no rules.
  let topicHash: UInt64
  let qos: QoS
  let byteCount: Int

  @_lifetime(copy topic)
  init(_ topic: Span<UInt8>, hash: UInt64, qos: QoS, byteCount: Int) {
    self.topic = topic
    topicHash = hash
    self.qos = qos
    self.byteCount = byteCount
  }
}

/// Who of a group gets a message, as far as its members have been asked.
struct Choice: BitwiseCopyable {
  /// How many are still to be asked; nil before the first.
  var remaining: Int?
  /// The first who can keep it until he can take it.
  var keeper: Handle<Subscription> = .null
  /// Who misses it when nobody can: who decides whether it may be missed.
  var loser: Handle<Subscription> = .null
}

// From a message to those who are to get it. [3.3.4] [4.8.2]
extension Broker {
  /// What decides who gets a message.
  @_lifetime(copy topic)
  func offer(_ topic: Span<UInt8>, qos: QoS, byteCount: Int) -> Offer {
    let topicHash = access.hasRules ? hash.wide(topic) : 0
    return Offer(topic, hash: topicHash, qos: qos, byteCount: byteCount)
  }

  /// QoS of the copy: the lower of what was published and what was subscribed, and never above the
  /// latter, which for a group is that of the member chosen. [MQTT-3.8.4-8] [MQTT-4.8.2-3]
  func outgoingQoS(_ qos: QoS, _ match: Match) -> QoS {
    policy.upgradesOutgoingQoS ? match.qos : min(qos, match.qos)
  }

  /// Finds all who get a message; false when that takes too much for once, or an earlier message of
  /// the topic has not reached all yet, and it has to go the slow way.
  mutating func matchAtOnce(
    _ offer: Offer, from publisher: Int?, _ work: inout Work
  ) -> Bool {
    if lane.isBusy && lane.concerns(hash.wide(offer.topic)) { return false }
    var attempt = Work(limits.pieceWork)
    let isFound =
      subscriptions.match(offer.topic, from: publisher, texts: texts, &attempt)
      && prepareAll(offer, &attempt)
    work.settle(attempt)
    return isFound
  }

  /// Judges all matches that were found at once; false when there was not enough work for that.
  @inline(__always)
  private mutating func prepareAll(_ offer: Offer, _ work: inout Work) -> Bool {
    guard access.hasRules || subscriptions.hasGroups(in: .quick) else { return true }
    for place in 0..<subscriptions.matchCount(in: .quick) {
      var choice = Choice()
      guard prepare(place, in: .quick, offer, &choice, &work) else { return false }
    }
    return true
  }

  /// Judges a match: who may not read the topic gets nothing, and of a group one is chosen. False when
  /// there was not enough work for that.
  @inline(never)
  mutating func prepare(
    _ place: Int, in lane: Lane, _ offer: Offer, _ choice: inout Choice, _ work: inout Work
  ) -> Bool {
    guard !work.isSpent else { return false }
    work.pay()
    let match = subscriptions.match(at: place, in: lane)
    if match.isVoid { return true }
    guard match.group.isNull else {
      return chooseMember(of: match.group, at: place, in: lane, offer, &choice, &work)
    }
    if !mayRead(offer, Int(match.subscriber), &work) {
      log.count(.deliveryDenied)
      subscriptions.void(at: place, in: lane)
    }
    return true
  }

  /// Chooses who of a group gets the message: the next in turn who is connected and can take it, else
  /// the next who can keep it, else who misses it. Void when nobody may have it.
  private mutating func chooseMember(
    of group: Handle<SharedGroup>, at place: Int, in lane: Lane, _ offer: Offer,
    _ choice: inout Choice, _ work: inout Work
  ) -> Bool {
    var remaining = choice.remaining ?? subscriptions.memberCount(of: group)
    while remaining > 0 {
      guard !work.isSpent else {
        choice.remaining = remaining
        return false
      }
      work.pay(WorkPrice.copy)
      remaining -= 1
      let candidate = subscriptions.takeTurn(in: group)
      if ask(candidate, offer, &choice, &work) {
        subscriptions.choose(candidate, at: place, in: lane)
        return true
      }
    }
    conclude(choice, at: place, in: lane)
    return true
  }

  /// Whether a member of a group can take the message at once; otherwise notes what it can.
  private mutating func ask(
    _ candidate: Handle<Subscription>, _ offer: Offer, _ choice: inout Choice,
    _ work: inout Work
  ) -> Bool {
    // Whose session has ended is no member any more.
    guard let session = sessions.session(at: Int(subscriptions[candidate].subscriber)),
      mayRead(offer, session.index, &work)
    else { return false }
    let qos = min(offer.qos, subscriptions[candidate].options.qos)
    if canTakeNow(session, qos, offer.byteCount) { return true }
    if choice.keeper.isNull && canKeep(session, qos, offer.byteCount) { choice.keeper = candidate }
    let isWorse =
      choice.loser.isNull || !subscriptions.contains(choice.loser)
      || subscriptions[candidate].options.qos > subscriptions[choice.loser].options.qos
    if isWorse { choice.loser = candidate }
    return false
  }

  private mutating func conclude(_ choice: Choice, at place: Int, in lane: Lane) {
    if !choice.keeper.isNull && subscriptions.contains(choice.keeper) {
      subscriptions.setTurn(behind: choice.keeper)
      subscriptions.choose(choice.keeper, at: place, in: lane)
    } else if !choice.loser.isNull && subscriptions.contains(choice.loser) {
      subscriptions.choose(choice.loser, at: place, in: lane)
    } else {
      subscriptions.void(at: place, in: lane)
    }
  }

  private func canTakeNow(_ session: Handle<Session>, _ qos: QoS, _ byteCount: Int) -> Bool {
    let connection = presence[session]
    if connection.isNull { return false }
    if qos > .atMostOnce { return hasQueueRoom(session, byteCount) }
    return !connections[connection].isBlocked || queuesQoS0(byteCount, for: session)
  }

  private func canKeep(_ session: Handle<Session>, _ qos: QoS, _ byteCount: Int) -> Bool {
    qos > .atMostOnce ? hasQueueRoom(session, byteCount) : queuesQoS0(byteCount, for: session)
  }
}
