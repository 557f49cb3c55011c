import Access
import Board
import MQTT
import Memory
import Messages
import Sessions
import Topics

// What time brings. [3.1.2.10] [4.1]
extension Broker {
  /// When the next thing is due; `never` when nothing is.
  package var nextDeadline: Instant { schedule.next }

  /// Begins what recurs: `$SYS` and the sweep for messages that have expired.
  package mutating func start() {
    if policy.systemInterval > 0 {
      schedule.set(.systemTopics, to: now.adding(seconds: UInt64(policy.systemInterval)))
    }
  }

  /// Does what is due.
  package mutating func expire() {
    while let due = schedule.popDue(at: now) {
      switch due {
      case .connection(let place):
        if let connection = connections.handle(at: place) { expire(connection) }
      case .session(let slot):
        guard let session = sessions.session(at: slot) else { continue }
        // A session stays while its Client is connected. [MQTT-4.1.0-1]
        if !sessions[session].isConnected { expire(session) }
      case .task(let task): perform(task)
      }
    }
  }

  /// Sets the deadline by which the Client must be heard of again.
  mutating func armKeepAlive(_ connection: Handle<Connection>) {
    guard let due = keepAliveDue(connection) else { return schedule.cancel(connection) }
    schedule.set(connection, to: due)
  }

  /// One and a half times the Keep Alive after the last packet. [MQTT-3.1.2-24] [MQTT3-3.1.2-24]
  private func keepAliveDue(_ connection: Handle<Connection>) -> Instant? {
    let seconds = UInt64(connections[connection].keepAlive)
    guard seconds > 0 else { return nil }
    return connections[connection].lastReceived.adding(milliseconds: seconds * 1500)
  }

  /// The deadline is not moved with every packet: it is looked at again when it has come.
  private mutating func expire(_ connection: Handle<Connection>) {
    switch connections[connection].state {
    case .closing, .ended: return
    case .awaitsConnect:
      if connections[connection].login == .held && now < connectDue(connection) {
        return enqueueLogin(connection)
      }
      note(.connectTimedOut, nil, "")
      close(connection)
    case .established:
      if connections[connection].stalledUntil <= now { return expireStalled(connection) }
      guard let due = keepAliveDue(connection) else { return }
      guard due <= now else { return schedule.set(connection, to: due) }
      refuse(connection, .keepAliveTimeout, .keepAliveExceeded, "it exceeded its Keep Alive")
    }
  }

  /// What it sent could not be taken in time. It was not acknowledged, so nothing is lost.
  private mutating func expireStalled(_ connection: Handle<Connection>) {
    refuse(connection, .quotaExceeded, .publisherTimedOut, "there was no room for what it sent")
  }

  private mutating func expire(_ session: Handle<Session>) {
    if sessions[session].expiry <= now {
      statistics.clientsExpired += 1
      note(.sessionExpired, session, "")
    }
    settle(session)
  }

  private mutating func perform(_ task: BrokerTask) {
    switch task {
    case .systemTopics:
      publishSystemTopics()
      schedule.set(.systemTopics, to: now.adding(seconds: UInt64(max(1, policy.systemInterval))))
    case .sweep: sweep()
    }
  }

  /// Makes sure that what expires unseen, queued or retained, gives its memory back.
  mutating func armSweep() {
    guard !schedule.isSet(.sweep) else { return }
    schedule.set(.sweep, to: now.adding(seconds: 1))
  }

  /// Looks at a bounded number of messages and removes those that have expired. [MQTT-3.3.2-5]
  private mutating func sweep() {
    let end = max(retained.endPosition, sessions.endDeliverySlot)
    let last = min(end, sweepPosition + 4096)
    for position in sweepPosition..<max(sweepPosition, last) {
      if retained.removeExpired(at: position, now: now, messages: &messages) {
        forgetSource(at: position)
      }
      guard let delivery = sessions.expired(at: position, now: now, messages: messages),
        let session = sessions.session(at: Int(sessions[delivery].session))
      else { continue }
      note(.messageExpired, session, "")
      sessions.remove(delivery, of: session, messages: &messages, texts: &texts)
    }
    sweepPosition = last >= end ? 0 : last
    if messages.messageOccupancy.used > 0 { armSweep() }
  }
}
