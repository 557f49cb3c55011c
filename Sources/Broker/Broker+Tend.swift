import MQTT
import Memory
import Messages
import Sessions
import Topics

// What is done by and by, for nobody in particular.
extension Broker {
  /// Does what is due and what was put off, as far as work goes, and lets those go on who waited.
  ///
  /// Each kind has a part of its own, whatever the others have used: who waits is woken even while
  /// there are always messages that go to many, and those go on while sessions end without end.
  package mutating func tend(_ work: inout Work) {
    let part = Work(max(1, work.left / 8))
    var share = Work(max(1, work.left / 2))
    expire(&share)
    endDoomed(&share)
    bidFarewells(&share)
    work.settle(share)
    share = part
    publishSystemTopics(&share)
    publishLosses(&share)
    work.settle(share)
    share = Work(max(part.left, work.left - part.left))
    runLane(&share)
    work.settle(share)
    share = part
    wakeWaiting(&share)
    work.settle(share)
  }

  /// Whether anything could go on at once, so that there is no time to wait.
  package var isBusy: Bool {
    arrivals.agendaCount > 0 || departures.owedCount > 0 || departures.dyingCount > 0
      || !endings.isEmpty || lane.isBusy || hasSystemTopics || hasLosses
      || arrivals.hasUnasked || departures.hasUnasked
      || releases != releasesSeen && (arrivals.hasWaiting || departures.isShort)
      || logins.hasTurns
  }

  /// Publishes the Will and ends the session as soon as each is due, and sees to the rest later.
  /// [MQTT-3.1.2-8] [MQTT3-3.1.2-8] [MQTT-4.1.0-2]
  mutating func settle(_ session: Handle<Session>) {
    let expiry = sessions[session].expiry
    if expiry <= now { return end(session) }
    var due = expiry
    if !sessions[session].will.isNull {
      let delay = UInt64(sessions[remarkOf: session].willDelay)
      let willDue = sessions[session].disconnectedAt.adding(seconds: delay)
      if willDue <= now { publishWill(of: session) } else { due = min(due, willDue) }
    }
    schedule.set(session, to: due)
  }

  /// Ends a session that has no connection: its Will is published, all it held is released. What
  /// was retained is none of that: the retained table holds it for itself. [MQTT3-3.1.2-7]
  ///
  /// From here on nobody finds it. What it holds is released at once as far as this turn has work for
  /// that, and by and by from there on.
  mutating func end(_ session: Handle<Session>) {
    publishWill(of: session)
    schedule.cancel(session)
    endings.doomed.remove(session.index)
    retention.replays.reset(session, &retention.index)
    owners.comeBack(session)
    sessions.retire(session)
    subscriptions.retire(session.index)
    var work = courtesy
    if !dismantle(session, &work) { endings.farewells.append(session.index) }
    courtesy = work
  }

  mutating func bidFarewells(_ work: inout Work) {
    while !work.isSpent, let slot = endings.farewells.removeFirst() {
      guard let session = sessions.retired(at: slot) else { continue }
      if dismantle(session, &work) { continue }
      endings.farewells.append(slot)
      // With work left, it waits until the messages before its own have gone to their groups.
      if !work.isSpent { return }
    }
  }

  /// Releases what an ended session holds, as far as work goes; true when nothing is left of it.
  private mutating func dismantle(_ session: Handle<Session>, _ work: inout Work) -> Bool {
    guard subscriptions.removeAll(of: session.index, texts: &texts, &work),
      handOver(session, &work),
      sessions.removeContents(of: session, messages: &messages, texts: &texts, &work)
    else { return false }
    work.pay(WorkPrice.session)
    releaseIdentity(of: session)
    disown(session)
    sessions.remove(session, texts: &texts)
    return true
  }
}
