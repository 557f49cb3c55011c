import Access
import MQTT
import Memory
import Messages
import Sessions
import Topics

// Messages that go to so many that it takes several turns.
extension Broker {
  /// Goes on with them, as far as work goes.
  mutating func runLane(_ work: inout Work) {
    while !work.isSpent {
      if let publication = lane.current {
        distribute(publication, &work)
      } else {
        guard lane.beginNext(), let next = lane.current else { return }
        let topic = names.slow.bytes(0..<messages.copyTopic(of: next.message, to: &names.slow))
        subscriptions.beginSlowMatch(topic, for: next.group)
        if !next.group.isNull { lane.begin(.delivering) }
      }
    }
  }

  private mutating func distribute(_ publication: SlowPublication, _ work: inout Work) {
    let message = messages[publication.message]
    let topic = names.slow.bytes(0..<Int(message.topicCount))
    let offer = offer(topic, qos: message.qos, byteCount: message.byteCount)
    switch lane.stage {
    case .matching: match(publication, topic, &work)
    case .asking: ask(publication, offer, &work)
    case .delivering: deliver(publication, offer, &work)
    }
  }

  private mutating func match(
    _ publication: SlowPublication, _ topic: Span<UInt8>, _ work: inout Work
  ) {
    let publisher = sessions.contains(publication.session) ? publication.session.index : nil
    let progress = subscriptions.continueSlowMatch(
      topic, from: publisher, texts: texts, &work)
    if progress == .underWay { return }
    passOverRetained(topic)
    lane.begin(policy.whenQueueIsFull == .reject ? .asking : .delivering)
  }

  /// Lets the message wait for a queue that is full, if such a one refuses it. The members of groups
  /// are not asked: they change until it is delivered.
  private mutating func ask(
    _ publication: SlowPublication, _ offer: Offer, _ work: inout Work
  ) {
    let isHeldUp = connections.contains(publication.connection)
    while isHeldUp && lane.place < subscriptions.matchCount(in: .slow) {
      guard !work.isSpent else { return }
      work.pay()
      let isOfGroup = !subscriptions.match(at: lane.place, in: .slow).group.isNull
      let full = fullQueue(at: lane.place, in: .slow, offer, from: publication.session)
      if let full, !isOfGroup { return refuse(publication, offer, for: full) }
      lane.advance()
    }
    lane.begin(.delivering)
  }

  private mutating func refuse(
    _ publication: SlowPublication, _ offer: Offer, for full: Handle<Session>
  ) {
    let connection = publication.connection
    subscriptions.endSlowMatch()
    arrivals.letGo(connection, &connections[connection])
    let cause = wait(for: full, offer.byteCount, by: publication.session)
    if connections[connection].version != .v5, case .queue = cause {
      lane.setAside()
      return wait(connection, for: cause)
    }
    lane.end()
    giveUp(publication)
    if connections[connection].version == .v5 {
      note(.publishRejected, publication.session, words(of: cause, on: connection))
      answer(publication, offer.qos, .quotaExceeded)
    } else {
      refuse(connection, .quotaExceeded, .publishRejected, "it would have to wait for itself")
    }
  }

  private mutating func deliver(
    _ publication: SlowPublication, _ offer: Offer, _ work: inout Work
  ) {
    while lane.place < subscriptions.matchCount(in: .slow) {
      var choice = lane.choice
      let isPrepared = prepare(lane.place, in: .slow, offer, &choice, &work)
      lane.choice = choice
      guard isPrepared else { return }
      work.pay(WorkPrice.copy)
      let match = subscriptions.match(at: lane.place, in: .slow)
      deliver(
        stored: publication.message, offer.topic, to: match, from: publication.session, in: .slow,
        &work)
      lane.advance()
    }
    subscriptions.endSlowMatch()
    lane.end()
    retain(publication, offer.topic)
    messages.release(publication.message)
    guard connections.contains(publication.connection) else { return }
    answer(publication, offer.qos, reason(in: .slow))
  }

  /// Retains a message that has gone to all. Nobody would know who retained it when the session is over,
  /// so that nobody could tell whether he still may.
  private mutating func retain(_ publication: SlowPublication, _ topic: Span<UInt8>) {
    let isKnown = sessions.contains(publication.session) || !access.hasRules
    guard publication.isToBeRetained && isKnown else { return }
    retain(publication.message, topic, from: publication.session)
  }

  /// Acknowledges a message that has gone to all, or to nobody, and goes on with its publisher.
  private mutating func answer(
    _ publication: SlowPublication, _ qos: QoS, _ reason: ReasonCode
  ) {
    let connection = publication.connection
    guard connections[connection].state == .established else { return }
    connections[connection].lastReceived = now
    acknowledge(publication.packetIdentifier, qos, reason, on: connection)
    arrivals.forgetWait(of: connection)
    guard connections[connection].isLive else { return }
    arm(connection)
    wake(connection)
  }

  /// Forgets a message that has not gone to anybody: the Client sends it again.
  mutating func giveUp(_ publication: SlowPublication) {
    statistics.publishesDropped += 1
    if messages[publication.message].qos == .exactlyOnce, sessions.contains(publication.session) {
      _ = sessions.release(publication.packetIdentifier, of: publication.session)
    }
    messages.release(publication.message)
  }

  /// Publishes a message in the store to all who match: a Will, `$SYS`, a line of the log. Who has no
  /// room does not get it, and that is counted.
  mutating func distribute(
    _ message: Handle<Message>, _ topic: Span<UInt8>, from session: Handle<Session>,
    _ work: inout Work
  ) {
    let stored = messages[message]
    let offer = offer(topic, qos: stored.qos, byteCount: stored.byteCount)
    let publisher = session.isNull ? nil : session.index
    guard !work.isSpent, matchAtOnce(offer, from: publisher, &work) else {
      return distributeSlowly(message, topic, from: session)
    }
    for place in 0..<subscriptions.matchCount(in: .quick) {
      work.pay(WorkPrice.copy)
      let match = subscriptions.match(at: place, in: .quick)
      deliver(stored: message, topic, to: match, from: session, in: .quick, &work)
    }
    endPreceding()
  }

  private mutating func distributeSlowly(
    _ message: Handle<Message>, _ topic: Span<UInt8>, from session: Handle<Session>
  ) {
    let slow = SlowPublication(of: message, topicHash: hash.wide(topic), from: session)
    messages.retain(message)
    let isIn = session.isNull ? lane.enter(slow) : lane.enter(slow, of: session)
    if isIn { return }
    messages.release(message)
    countDropped(nil, "too many messages of the Server's own wait")
  }
}
