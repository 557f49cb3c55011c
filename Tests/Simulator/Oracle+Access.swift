// Who may come in, publish, subscribe and read. What the files say changes in one step; which of them
// held when the server did something is known where all that held meanwhile say the same.
extension Oracle {
  /// Whatever held at any moment since a step.
  func regimes(since step: Int) -> ArraySlice<Regime> {
    guard let last = regimes.lastIndex(where: { $0.step <= step }) else { return regimes[...] }
    return regimes[last...]
  }

  /// Whether a client was allowed that all the time since a step.
  func mustAllow(
    _ right: UInt8, _ message: ModelMessage, to session: ModelSession, since step: Int
  ) -> Bool {
    regimes(since: step).allSatisfy { $0.allows(right, message.topicNumber, to: session) }
  }

  /// Whether a client was allowed that at any moment since a step.
  func mayAllow(
    _ right: UInt8, _ message: ModelMessage, to session: ModelSession, since step: Int
  ) -> Bool {
    let regimes = regimes(since: step)
    return regimes.isEmpty
      || regimes.contains { $0.allows(right, message.topicNumber, to: session) }
  }

  /// The server has read the files again.
  func adopted(_ regime: Regime) {
    world?.trace.note(now, "the files say: \(regime)")
    beginStep()
    for view in openViews where view.connect != nil && !view.isOver { judge(view, by: regime) }
    regime.step = step
    regimes.append(regime)
    owedToGroups = [:]
    for filter in groups { groupsForgivenAt[filter] = step }
    for session in sessions.values { forgive(session, under: regime) }
  }

  /// What is queued for a client that may not read it any more does not come, nor does what was
  /// retained by one that may not write it any more.
  private func forgive(_ session: ModelSession, under regime: Regime) {
    guard regime.hasRules else { return }
    session.owed = session.owed.filter {
      regime.allows(Regime.read, $0.value.topicNumber, to: session)
    }
    for (filter, owed) in session.owedReplays {
      session.owedReplays[filter] = owed.filter { _, message in
        guard let publisher = sessions[message.publisher] else { return false }
        return regime.allows(Regime.read, message.topicNumber, to: session)
          && regime.allows(Regime.write, message.topicNumber, to: publisher)
      }
    }
  }

  /// Whether a client that is connected may, or must, be sent away.
  private func judge(_ view: ConnectionView, by regime: Regime) {
    let versions = admissions(of: view)
    let unwelcome = versions.count { !regime.isWelcome(view.connect?.userName, admittedBy: $0) }
    if unwelcome > 0 { view.mayGo = true }
    if unwelcome == versions.count && view.isAccepted { view.mustGo = true }
  }

  /// The versions of its password by which a client can have been let in.
  private func admissions(of view: ConnectionView) -> Set<Int> {
    if let admissions = view.admissions { return admissions }
    guard !regimes.isEmpty else { return [0] }
    return Set(
      regimes(since: decisionStep(of: view)).compactMap {
        guard
          case .admitted(let version) = $0.admission(view.connect?.userName, view.connect?.password)
        else { return nil }
        return version
      })
  }

  /// The step before which nothing was decided about a CONNECT that is answered now: it is answered
  /// in the turn in which it is decided, when nothing keeps the answer and turns have work enough.
  private func decisionStep(of view: ConnectionView) -> Int {
    view.wasNeverBlocked && answersAtOnce ? step : view.connectStep
  }

  /// The server lets a client in.
  func checkAdmission(of view: ConnectionView) {
    let admissions = admissions(of: view)
    view.admissions = admissions
    if admissions.isEmpty { fail("wire \(view.wire.number) is let in, which nothing allows") }
  }

  /// The server refuses a CONNECT.
  func checkRefusal(_ packet: Packet, of view: ConnectionView, _ session: ModelSession) {
    guard packet.reason == (view.version == 5 ? 0x87 : 5) else { return }
    view.isRefused = true
    // The session is as it was.
    if session.connectCount == view.connectNumber { session.isInDoubt = view.followsDoubt }
    let isRight = regimes(since: decisionStep(of: view)).contains {
      let admission = $0.admission(view.connect?.userName, view.connect?.password)
      return admission == .wrongPassword || admission == .notAllowed
    }
    if !isRight {
      fail("wire \(view.wire.number) was refused with \(String(packet.reason, radix: 16))")
    }
  }

  /// Those who may not stay have been closed in the turn in which that was read.
  func checkUnwelcome() {
    for view in openViews where view.mustGo {
      fail("wire \(view.wire.number) stays, which is not allowed any more")
    }
  }

  /// A client that may not stay is told why.
  func checkFarewell(of view: ConnectionView) {
    guard view.mustGo, isRoomy, view.version == 5, !view.isOver, !view.isLost,
      !view.isDisconnectRead, view.wasNeverBlocked, view.fromServer.isAtBoundary,
      !hasOpenConnect(view.session, besides: view)
    else { return }
    fail("wire \(view.wire.number) was sent away without a word")
  }

  /// Whether what the server answers to a message is what the rules ask for: 5.0 is told, and to 3.x
  /// it seems as if all were well. False when the message went nowhere.
  func checkAnswer(
    _ packet: Packet, _ message: ModelMessage, readAt read: Int, on view: ConnectionView
  ) -> Bool {
    guard let session = view.session, !regimes.isEmpty else { return true }
    if packet.reason == 0x87 && mustAllow(Regime.write, message, to: session, since: read) {
      fail("message \(message.number) was denied")
    }
    guard packet.reason < 0x80 else { return true }
    let first = message.firstGiven ?? read
    let mayBe = mayAllow(Regime.write, message, to: session, since: first)
    if view.version == 5 && !mayBe {
      fail("message \(message.number) was acknowledged, which its client may not publish")
    }
    if view.version < 5 && !mustAllow(Regime.write, message, to: session, since: first) {
      message.isDoubtful = true
    }
    if !mayBe { message.isRefused = true }
    return mayBe
  }

  /// Whether a copy may be sent: its publisher could publish it, and its receiver may read it.
  func checkRights(
    _ packet: Packet, _ message: ModelMessage, _ possible: [ModelSubscription],
    on view: ConnectionView, _ session: ModelSession, _ name: String
  ) {
    guard !regimes.isEmpty, let publisher = sessions[message.publisher] else { return }
    if !mayAllow(Regime.write, message, to: publisher, since: message.firstGiven ?? 0) {
      fail("\(name), which \(message.publisher) may not publish")
    }
    if !mayAllow(Regime.read, message, to: session, since: view.cleanStep) {
      fail("\(name), which may not read it")
    }
    guard packet.isRetained, !possible.contains(where: \.request.isRetainAsPublished),
      regimes(since: message.firstGiven ?? 0).allSatisfy(\.hasRules),
      let first = possible.map(\.given).min()
    else { return }
    if !mayAllow(Regime.write, message, to: publisher, since: first) {
      fail("\(name), which \(message.publisher) may not publish any more")
    }
  }

  /// Whether the answer to a Topic Filter is what the rules ask for.
  func checkSubscription(
    _ filter: String, _ code: UInt8, readAt read: Int, on view: ConnectionView,
    _ session: ModelSession
  ) {
    guard !regimes.isEmpty else { return }
    guard checksSubscriptions else {
      if code == 0x87 { fail("\(filter) was denied to \(session.clientIdentifier)") }
      return
    }
    let regimes = regimes(since: read)
    if code < 0x80 && !regimes.contains(where: { $0.allowsSubscription(to: filter, by: session) }) {
      fail("\(filter) was granted to \(session.clientIdentifier), which may not read it")
    }
    let isDenial = code == 0x87 || view.version < 5 && code == 0x80 && isRoomy
    if isDenial && regimes.allSatisfy({ $0.allowsSubscription(to: filter, by: session) }) {
      fail("\(filter) was denied to \(session.clientIdentifier)")
    }
  }
}
