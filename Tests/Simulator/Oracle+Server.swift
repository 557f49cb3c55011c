// Packets that the server has sent.
extension Oracle {
  func send(_ packet: Packet, on view: ConnectionView) {
    world?.trace.note(now, "wire \(view.wire.number) <- \(packet.summary)")
    if packet.kind != .publish { view.lastAnsweredAt = now }
    if view.isOver { fail("\(packet.summary) after DISCONNECT") }
    guard packet.kind != .connack else { return sendConnack(packet, on: view) }
    guard view.isAccepted, let session = view.session else {
      return fail("\(packet.summary) before CONNACK")
    }
    if isOvertaken(view, of: session) {
      // What was on its way when another connection took the session over.
      if packet.kind == .disconnect { view.isOver = true }
      return
    }
    switch packet.kind {
    case .publish: sendPublish(packet, on: view, session)
    case .puback: answer(packet, &view.pubacks, on: view)
    case .pubrec: answer(packet, &view.pubrecs, on: view)
    case .pubcomp:
      guard view.pubcomps.first == packet.identifier else {
        return fail("PUBCOMP \(packet.identifier) out of order, \(view.pubcomps) are awaited")
      }
      view.pubcomps.removeFirst()
    case .pubrel: sendPubrel(packet, on: view, session)
    case .suback: sendSuback(packet, on: view, session)
    case .unsuback: sendUnsuback(packet, on: view, session)
    case .pingresp:
      guard !view.pings.isEmpty else { return fail("PINGRESP without PINGREQ") }
      confirm(upTo: view.pings.removeFirst(), on: view)
    case .disconnect:
      checkDisconnect(packet, on: view)
      view.isOver = true
      if view.signedAt == nil { view.signedAt = now }
    default: break
    }
  }

  private func sendConnack(_ packet: Packet, on view: ConnectionView) {
    guard !view.isAccepted, let connect = view.connect, let session = view.session else {
      return fail("CONNACK without CONNECT")
    }
    guard packet.reason == 0 else {
      view.isOver = true
      return checkRefusal(packet, of: view, session)
    }
    checkAdmission(of: view)
    view.isAccepted = true
    view.acceptedStep = step
    view.quietSince = now
    if isOvertaken(view, of: session) { return }
    let isFollowed = session.connectCount > view.connectNumber
    // Logins may be through in another order than they came in.
    if isFollowed && !regimes.isEmpty { view.followsDoubt = true }
    let (isPresent, isCertain) = isPresent(packet, connect, on: view, session)
    if let last = session.view, last.closedAt == nil { noteUnseen(of: last, session) }
    let isUnknown = isPresent && (view.followsDoubt || connect.version == 3 && !isCertain)
    session.isUnknown = isUnknown
    session.isInDoubt = isUnknown || !isPresent || isFollowed
    if isUnknown || !isPresent { forgiveGroups(of: session) }
    if isUnknown { session.weaken() }
    if !isPresent { session.begin() }
    if isPresent { cancelWill(of: session, by: view) }
    session.exists = true
    session.wasPresent = isPresent
    session.view = view
    view.sessionNumber = session.number
    session.connectionCount += 1
    if view.maximumPacketSize < Int.max { session.outstanding.removeAll { !fits($0, view) } }
    view.releases =
      isUnknown
      ? []
      : Set(
        session.outstanding.filter(\.isReleaseSent).map(\.identifier))
    view.resends = session.outstanding.filter { !$0.isReleased }.map(\.identifier)
    let expiry = expiry(of: connect)
    session.shortestExpiry = expiry
    session.longestExpiry = expiry
  }

  /// Whether a later connection of the client was answered first, since this one was blocked: it has
  /// been taken over meanwhile. Where logins overtake one another the one let in last is the later one.
  private func isOvertaken(_ view: ConnectionView, of session: ModelSession) -> Bool {
    guard let last = session.view, last !== view else { return false }
    if regimes.isEmpty { return last.connectNumber > view.connectNumber }
    return last.isAccepted && last.acceptedStep > view.acceptedStep
  }

  private func expiry(of connect: Packet) -> UInt64 {
    guard connect.version < 5 else {
      let seconds = connect.number(PropertyName.sessionExpiry) ?? 0
      return min(UInt64(seconds) * 1000, expiryLimit)
    }
    return connect.isCleanStart ? 0 : expiryLimit
  }

  /// Whether the session goes on; checks that it may and must. [MQTT-3.2.2-2] [MQTT-3.2.2-3]
  private func isPresent(
    _ packet: Packet, _ connect: Packet, on view: ConnectionView, _ session: ModelSession
  ) -> (isPresent: Bool, isCertain: Bool) {
    var mayBe = session.exists && !connect.isCleanStart
    var mustBe = mayBe
    if let last = session.view, mayBe {
      let closed = last.closedAt ?? now
      let signed = last.signedAt ?? now
      if let longest = session.longestExpiry {
        mayBe = longest > 0 && view.connectReadAt < closed + longest
      }
      if let shortest = session.shortestExpiry {
        // What it has ended it may close some turns later, where they are short: only that is seen.
        let delay: UInt64 = answersAtOnce ? 0 : 1000
        mustBe = shortest > 0 && now + delay < signed + shortest && !endsSessions
      }
    }
    if connect.version == 3 { return (mayBe, mustBe) }
    // A CONNECT whose answer never left may have begun or ended a session.
    if packet.isSessionPresent && !mayBe && !view.followsDoubt {
      fail("Session Present for \(session.clientIdentifier), which has no session")
    }
    if !packet.isSessionPresent && mustBe && !view.followsDoubt {
      fail("no Session Present for \(session.clientIdentifier), which has a session")
    }
    return (packet.isSessionPresent, true)
  }

  /// Whether what was sent fits the client for certain, whatever is said beside it.
  private func fits(_ outstanding: ModelSession.Outstanding, _ view: ConnectionView) -> Bool {
    outstanding.message.map { fits($0, view) } ?? false
  }

  func fits(_ message: ModelMessage, _ view: ConnectionView) -> Bool {
    message.size + 120 <= view.maximumPacketSize
  }

  /// PUBACK or PUBREC.
  private func answer(
    _ packet: Packet, _ awaited: inout [Awaited], on view: ConnectionView
  ) {
    guard let first = awaited.first, first.identifier == packet.identifier else {
      return fail(
        "\(packet.summary) out of order, \(awaited.map(\.identifier)) are awaited")
    }
    awaited.removeFirst()
    confirm(upTo: first.step, on: view)
    guard let message = first.message else { return }
    message.answerCount += 1
    message.lastAnswered = step
    message.lastAnsweredAt = now
    guard checkAnswer(packet, message, readAt: first.step, on: view), packet.reason < 0x80 else {
      countRefusal()
      if isRoomy && packet.reason == 0x97 {
        fail("message \(message.number) was refused, and there is room")
      }
      if message.firstAcknowledged == nil { message.isRefused = true }
      let wasSent = sessions.values.contains { $0.firstSent[message.number] != nil }
      if message.givenCount == 1 && wasSent {
        fail("message \(message.number) was refused and delivered all the same")
      }
      return
    }
    message.isRefused = false
    guard message.firstAcknowledged == nil else { return }
    message.firstAcknowledged = step
    if message.isDoubtful { return }
    promise(message, isWithoutSubscribers: packet.reason == 0x10)
  }

  /// An acknowledged message must arrive at all who had a subscription all the time.
  private func promise(_ message: ModelMessage, isWithoutSubscribers: Bool) {
    promiseToGroups(message)
    if message.isRetained && !message.isEmpty && message.givenCount == message.answerCount
      && message.expiry == nil && !retainedWills.contains(message.topic) && !retainedExpire
    {
      noteRetained(message)
    }
    for session in sessions.values where session.exists {
      guard let qos = session.certainQoS(message),
        mustAllow(Regime.read, message, to: session, since: message.firstGiven ?? 0)
      else { continue }
      // Of the rest the broker may say that nobody is there when a session ends meanwhile.
      if qos > 0 { owe(message, to: session) }
      if isWithoutSubscribers && isCertainlyThere(session), let view = session.view {
        let subscriber = session.clientIdentifier
        hastyAnswers.append(
          (view, "message \(message.number) was said to have no subscribers, \(subscriber) is one"))
      }
    }
  }

  /// The message is the retained one, unless another was read before its acknowledgement left.
  private func noteRetained(_ message: ModelMessage) {
    let others = retained[message.topic] ?? []
    let isLast = others.allSatisfy {
      $0 === message || $0.lastPossible < message.firstGiven ?? 0
        || $0.firstGiven == nil || $0.firstGiven ?? 0 > step
    }
    if isLast { certainRetained[message.topic] = message }
  }

  /// A message that a group is promised goes to one of its members. [4.8.2]
  private func promiseToGroups(_ message: ModelMessage) {
    guard knowsMembers, message.expiry == nil, !message.isEmpty else { return }
    for filter in groups where groupsForgivenAt[filter, default: -1] < message.firstGiven ?? 0 {
      let members = sessions.values.flatMap(\.subscriptions).filter {
        $0.filter == filter && $0.mayMatch(message)
      }
      let isCertain = members.contains {
        guard let session = sessions[$0.session], session.exists else { return false }
        return $0.mustMatchAsMember(message)
          && mustAllow(Regime.read, message, to: session, since: message.firstGiven ?? 0)
      }
      let fits = members.allSatisfy {
        message.size + 120 <= sessions[$0.session]?.view?.maximumPacketSize ?? 0
          && $0.request.qos > 0 && sessions[$0.session]?.settled.contains(message.number) == false
      }
      if isCertain && fits {
        countPromise()
        owedToGroups[filter, default: [:]][message.number] = message
      }
    }
  }

  /// A session with members of groups ends: nobody else gets what they were given.
  func forgiveGroups(of session: ModelSession) {
    for subscription in session.subscriptions where subscription.isShared {
      owedToGroups[subscription.filter] = nil
      groupsForgivenAt[subscription.filter] = step
    }
  }

  private func isCertainlyThere(_ session: ModelSession) -> Bool {
    guard let view = session.view, !session.isInDoubt || session.view?.isAccepted == true else {
      return false
    }
    return view.signedAt == nil && view.closedAt == nil && !hasOpenConnect(session, besides: view)
  }

  func owe(_ message: ModelMessage, to session: ModelSession) {
    guard message.expiry == nil, !message.isEmpty, !session.settled.contains(message.number),
      message.size + 120 <= session.view?.maximumPacketSize ?? 0
    else { return }
    countPromise()
    session.owed[message.number] = message
  }

  private func sendPubrel(_ packet: Packet, on view: ConnectionView, _ session: ModelSession) {
    view.releases.remove(packet.identifier)
    for index in session.outstanding.indices
    where session.outstanding[index].identifier == packet.identifier {
      session.outstanding[index].isReleaseSent = true
    }
    guard packet.reason == 0, session.connectionCount == 1 else { return }
    let isReleased = session.outstanding.contains {
      $0.identifier == packet.identifier && $0.isReleased
    }
    if !isReleased { fail("PUBREL \(packet.identifier) without PUBREC") }
  }

  /// Packets of a connection are taken in order: what was read before one that is answered is done.
  func confirm(upTo step: Int, on view: ConnectionView) {
    guard let session = view.session, !view.completions.isEmpty else { return }
    while let first = view.completions.first, first.step < step {
      view.completions.removeFirst()
      guard session.acknowledged[first.identifier] === first.message else { continue }
      session.completed[first.identifier] = first.message
    }
  }
}
