// PUBLISH packets that the server has sent, and Wills.
extension Oracle {
  func sendPublish(_ packet: Packet, on view: ConnectionView, _ session: ModelSession) {
    let topic = topic(of: packet, on: view)
    let number = ModelMessage.number(in: packet.payload)
    let message = number.flatMap { messages[$0] }
    if ModelMessage.isOurs(packet.payload) && message == nil && Habits.topics.contains(topic) {
      fail("an altered or unknown payload on \(topic)")
    }
    let isResent = packet.qos > 0 && checkIdentifier(packet, message, on: view, session)
    guard let message else { return }
    if message.topic != topic { fail("message \(message.number) came on \(topic)") }
    session.owedReplays.forEach { session.owedReplays[$0.key]?[message.number] = nil }
    check(packet, message, on: view, session, isResent: isResent)
  }

  private func topic(of packet: Packet, on view: ConnectionView) -> String {
    guard let alias = packet.number(PropertyName.topicAlias) else { return packet.topic }
    let maximum = view.connect?.number(PropertyName.topicAliasMaximum) ?? 0
    if alias == 0 || alias > maximum { fail("Topic Alias \(alias), the client allows \(maximum)") }
    if !packet.topic.isEmpty { view.aliases[alias] = packet.topic }
    guard let topic = view.aliases[alias] else {
      fail("unknown Topic Alias \(alias)")
      return ""
    }
    return topic
  }

  /// Whether it was sent before; checks identifier, DUP and Receive Maximum.
  private func checkIdentifier(
    _ packet: Packet, _ message: ModelMessage?, on view: ConnectionView, _ session: ModelSession
  ) -> Bool {
    let identifier = packet.identifier
    let isOnThis = view.sentIdentifiers.contains(identifier)
    if let before = session.outstanding.first(where: { $0.identifier == identifier }) {
      // [MQTT-2.2.1-4]
      if isOnThis || before.message !== message || before.qos != packet.qos {
        fail("packet identifier \(identifier) is used while it is in use")
      }
      if !packet.isDuplicate { fail("message sent again without DUP") }
      // A PUBREC that was read and never looked at does not count.
      if !before.isLate && !before.isReleased { checkResend(identifier, on: view) }
      countDuplicate()
    } else {
      // What was on its way when a connection ended may have been sent without a trace.
      if packet.isDuplicate, !session.mayHaveSentUnseen, let message, fits(message, view),
        session.acknowledged[identifier] !== message
      {
        fail("DUP on message \(message.number), which was never sent before")
      }
      session.outstanding.append(
        ModelSession.Outstanding(
          identifier: identifier, message: message, qos: packet.qos,
          isLate: packet.isDuplicate))
      if packet.isDuplicate {
        countDuplicate()
        if let message, session.completed[identifier] === message {
          fail("message \(message.number) was sent again, which was acknowledged")
        }
      }
    }
    session.completed[identifier] = nil
    view.sentIdentifiers.insert(identifier)
    let underway = session.outstanding.count { view.sentIdentifiers.contains($0.identifier) }
    let quota = min(view.receiveMaximum, sendQuota)
    if underway > quota { fail("\(underway) messages under way, \(quota) are allowed") }
    return packet.isDuplicate
  }

  /// Unacknowledged messages come again in the order they were sent. [MQTT-4.6.0-1]
  private func checkResend(_ identifier: UInt16, on view: ConnectionView) {
    guard let index = view.resends.firstIndex(of: identifier) else {
      return fail("packet identifier \(identifier) is sent again out of order")
    }
    view.resends.removeFirst(index + 1)
  }

  private func check(
    _ packet: Packet, _ message: ModelMessage, on view: ConnectionView, _ session: ModelSession,
    isResent: Bool
  ) {
    let name = "message \(message.number) to \(session.clientIdentifier)"
    guard message.firstGiven != nil else { return fail("\(name) was never published") }
    if message.isGone { fail("\(name) was refused before") }
    let possible = session.possible(message)
    guard let highest = possible.map(\.request.qos).max() else {
      return fail("\(name), which has no matching subscription")
    }
    if packet.qos > qos(of: message, to: highest) { fail("\(name) came with QoS \(packet.qos)") }
    if packet.isRetained && !message.isRetained { fail("\(name) came with RETAIN") }
    checkProperties(packet, message, possible, on: view, name)
    if message.isWill { checkWill(message, name) }
    guard !isResent else { return }
    checkRights(packet, message, possible, on: view, session, name)
    checkExpiry(packet, message, on: view, name)
    checkCopies(packet, message, possible, session, name)
    checkAge(packet, message, possible, on: view, session, name)
    guard !message.isRetained, !possible.contains(where: \.isShared) else { return }
    checkCertain(packet, message, session, name)
    if session.firstSent[message.number] == 1 { checkOrder(packet, message, session, name) }
  }

  /// How often the message came as a new one: to a session once each time it was published, to a
  /// group once, or more often when the sessions of its members end, and with RETAIN once for each
  /// subscription that asks for retained messages.
  private func checkCopies(
    _ packet: Packet, _ message: ModelMessage, _ possible: [ModelSubscription],
    _ session: ModelSession, _ name: String
  ) {
    session.firstSent[message.number, default: 0] += 1
    if !packet.isRetained { session.firstSentLive[message.number, default: 0] += 1 }
    let times = message.qos == 2 ? 1 : message.givenCount
    let isOwn = possible.contains { !$0.isShared }
    let groupCount = Set(possible.filter(\.isShared).map(\.filter)).count
    let live = times * (groupCount + (isOwn ? 1 : 0))
    let count = session.firstSent[message.number, default: 0]
    // Where there is little room for that, a replay that was broken off begins anew.
    let attempts = isRoomy ? 1 : session.connectionCount
    let replays = message.isRetained ? attempts * session.replays(of: message) : 0
    if session.firstSentLive[message.number, default: 0] > live || count > live + replays {
      let what = "\(name) was sent as new \(count) times"
      if groupCount > 0 { hastyCopies.append((message, what)) } else { fail(what) }
    }
    if packet.isRetained && replays == 0 && !possible.contains(where: \.request.isRetainAsPublished)
    {
      fail("\(name) came with RETAIN, which nobody asked for")
    }
    guard !isOwn && !packet.isRetained else { return }
    message.groupCopies += 1
    let all = groups.count {
      TopicMatching.matches(TopicMatching.levels($0), message.levels)
    }
    if message.groupCopies > times * all {
      let what = "message \(message.number) came to \(message.groupCopies) members of its groups"
      hastyCopies.append((message, what))
    }
  }

  /// A retained message does not come behind a newer one of its topic and QoS that was published after
  /// the subscription, unless that came by a group. [MQTT-4.6.0-5]
  private func checkAge(
    _ packet: Packet, _ message: ModelMessage, _ possible: [ModelSubscription],
    on view: ConnectionView, _ session: ModelSession, _ name: String
  ) {
    guard !message.isWill, !possible.contains(where: \.request.isRetainAsPublished) else { return }
    // On another connection it may be another session.
    let source = "\(view.wire.number) \(message.publisher) \(packet.qos) \(message.topic)"
    guard packet.isRetained else {
      if session.newest[source].map({ $0.number < message.number }) ?? true {
        session.newest[source] = message
      }
      return
    }
    guard let newest = session.newest[source], newest.number > message.number else { return }
    let isOld = session.subscriptions.allSatisfy {
      !$0.mayReplay(message) || !$0.isShared && $0.given < newest.firstGiven ?? 0
    }
    if isOld { fail("\(name) is retained, and came after message \(newest.number)") }
  }

  /// What is asked of a copy by subscriptions that were there all the time.
  private func checkCertain(
    _ packet: Packet, _ message: ModelMessage, _ session: ModelSession, _ name: String
  ) {
    let certain = session.certain(message)
    guard let highest = certain.map(\.request.qos).max() else { return }
    // [MQTT-3.8.4-8]
    if packet.qos < qos(of: message, to: highest) { fail("\(name) came with QoS \(packet.qos)") }
    guard session.view?.version == 5 else { return }
    // [MQTT-3.3.4-4]
    for subscription in certain where subscription.identifiers != [0] {
      let isThere = packet.properties.contains {
        $0.identifier == PropertyName.subscriptionIdentifier
          && subscription.identifiers.contains($0.number)
      }
      if !isThere && !subscription.identifiers.contains(0) {
        fail("\(name) lacks the identifier of \(subscription.filter)")
      }
    }
  }

  /// A message that has expired is not sent for the first time. [MQTT-3.3.2-5]
  private func checkExpiry(
    _ packet: Packet, _ message: ModelMessage, on view: ConnectionView, _ name: String
  ) {
    guard let expiry = message.expiry, message.qos > 0, message.answerCount >= message.givenCount
    else { return }
    if view.cleanAt >= message.lastAnsweredAt + UInt64(expiry) * 1000 {
      fail("\(name) came after its expiry of \(expiry) seconds")
    }
  }

  /// [MQTT-4.6.0-5] [MQTT-4.6.0-6]
  private func checkOrder(
    _ packet: Packet, _ message: ModelMessage, _ session: ModelSession, _ name: String
  ) {
    guard !message.isWill, message.givenCount == 1 else { return }
    let lane = ModelSession.Lane(
      publisher: message.publisher, topic: message.topic, publishedQoS: message.qos,
      qos: packet.qos)
    if let last = session.lastInLane[lane], last > message.number {
      fail("\(name) came after message \(last)")
    }
    session.lastInLane[lane] = message.number
  }

  private func checkProperties(
    _ packet: Packet, _ message: ModelMessage, _ possible: [ModelSubscription],
    on view: ConnectionView, _ name: String
  ) {
    for property in packet.properties
    where property.identifier == PropertyName.subscriptionIdentifier {
      let isOurs = possible.contains { $0.identifiers.contains(property.number) }
      if !isOurs || property.number == 0 { fail("\(name) has identifier \(property.number)") }
    }
    let hasUserProperty = packet.properties.contains {
      $0.identifier == PropertyName.userProperty && $0.value == Array("\(message.number)".utf8)
    }
    if view.version == 5 && hasUserProperty != message.hasUserProperty {
      fail("\(name) has \(hasUserProperty ? "a" : "lost its") User Property")
    }
    guard let left = packet.number(PropertyName.messageExpiry) else {
      if view.version == 5 && message.expiry != nil { fail("\(name) has lost its expiry") }
      return
    }
    guard let expiry = message.expiry else { return fail("\(name) has an expiry") }
    let passed = (now - message.firstGivenAt) / 1000
    if left > expiry || UInt64(left) + passed + 1 < UInt64(expiry) && !message.isWill {
      fail("\(name) has \(left) of \(expiry) seconds left, after \(passed)")
    }
    guard message.answerCount >= message.givenCount, view.cleanAt > message.lastAnsweredAt else {
      return
    }
    let waited = (view.cleanAt - message.lastAnsweredAt) / 1000
    if UInt64(left) + waited > UInt64(expiry) && left > 0 {
      fail("\(name) has \(left) of \(expiry) seconds left, after \(waited) at least")
    }
  }

  private func checkWill(_ message: ModelMessage, _ name: String) {
    countWill()
    if message.isDiscarded { fail("\(name), a Will that was cancelled") }
    if message.willOf?.isRefused == true { fail("\(name), a Will of one that was not let in") }
    checkDelay(message, name)
    // The connection may end in this very turn; its close is seen after its Will then.
    if let view = message.willOf { hastyWills.append((view, name)) }
  }

  /// A Will waits for its delay, unless the session ends before or begins anew. [MQTT-3.1.3-9]
  private func checkDelay(_ message: ModelMessage, _ name: String) {
    guard !endsSessions, let view = message.willOf, let session = view.session,
      let signedAt = view.signedAt, session.connectCount == view.connectNumber,
      let delay = view.connect?.will?.delay,
      // An earlier CONNECT whose password took longer begins the session anew after this one.
      !hasOpenConnect(session, besides: view)
    else { return }
    let expiry = view.connect?.number(PropertyName.sessionExpiry) ?? 0
    let other = view.disconnect?.number(PropertyName.sessionExpiry) ?? expiry
    if now < signedAt + min(UInt64(min(expiry, other, delay)) * 1000, expiryLimit) {
      fail("\(name), a Will whose delay of \(delay) seconds is not over")
    }
  }

  /// Whether no session has ended, to which the message may have been given for a group.
  private func haveMembersStayed(since message: ModelMessage) -> Bool {
    sessions.values.allSatisfy { session in
      guard let view = session.view, view.isAccepted,
        view.acceptedStep < message.firstGiven ?? 0
      else { return false }
      return view.signedAt == nil && view.closedAt == nil
        && !hasOpenConnect(session, besides: view)
    }
  }

  /// A turn of the server has ended.
  func turned() {
    for (message, what) in hastyCopies where knowsMembers && haveMembersStayed(since: message) {
      fail(what)
    }
    hastyCopies.removeAll()
    if world?.failure == nil { checkConnections() }
    checkUnwelcome()
    for (view, name) in hastyWills where view.signedAt == nil && view.closedAt == nil {
      if !hasOpenConnect(view.session, besides: view) { fail("\(name), whose client is connected") }
    }
    hastyWills.removeAll()
    for (view, what) in hastyAnswers where view.signedAt == nil && view.closedAt == nil {
      fail(what)
    }
    hastyAnswers.removeAll()
  }

  /// Whether another connection of the same client has sent its CONNECT.
  func hasOpenConnect(_ session: ModelSession?, besides view: ConnectionView) -> Bool {
    openViews.contains { $0 !== view && $0.session === session && $0.connect != nil }
  }

  /// A connection has ended: its Will must arrive where that is certain. [MQTT-3.1.2-8]
  func oweWill(of view: ConnectionView) {
    guard view.isAccepted, !view.isDisconnectRead || hasProcessedDisconnect(view, reason: 4),
      let will = view.will, let publisher = view.session,
      mustAllow(Regime.write, will, to: publisher, since: step),
      view.connect?.will?.properties.isEmpty ?? false, lastDropAt / 1000 != now / 1000,
      !hasOpenConnect(view.session, besides: view)
    else { return }
    for session in sessions.values where session.exists && session !== view.session {
      guard let qos = session.certainQoS(will), min(qos, will.qos) > 0,
        mustAllow(Regime.read, will, to: session, since: step)
      else { continue }
      owe(will, to: session)
      if session.owed[will.number] != nil { freshWills.append((session, will.number, now)) }
    }
  }

  /// The broker says that it dropped something. Of what is not promised that may be a Will, and of
  /// more than ten in a second it says nothing.
  func dropped() {
    lastDropAt = now
    for (session, number, time) in freshWills where time / 1000 == now / 1000 {
      session.owed[number] = nil
    }
    freshWills.removeAll()
  }
}

extension Packet {
  /// The packet in a few words.
  var summary: String {
    switch kind {
    case .connect:
      "connect \(clientIdentifier) v\(version) \(isCleanStart ? "clean" : "resume")"
        + (will.map { " will \(ModelMessage.number(in: $0.payload) ?? 0)" } ?? "")
    case .connack: "connack \(reason) present \(isSessionPresent)"
    case .publish:
      "publish \(topic) id \(identifier) q\(qos)\(isDuplicate ? " dup" : "")"
        + "\(isRetained ? " retain" : "") message \(ModelMessage.number(in: payload) ?? 0)"
        + " \(payload.count) bytes"
    case .subscribe, .unsubscribe:
      "\(kind) id \(identifier) \(requests.map { "\($0.filter)=\($0.options)" })"
    case .suback, .unsuback: "\(kind) id \(identifier) \(codes)"
    default: "\(kind) id \(identifier) reason \(reason)"
    }
  }
}
