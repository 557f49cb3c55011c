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

  /// Does what is due, as far as work goes.
  mutating func expire(_ work: inout Work) {
    while !work.isSpent, let due = schedule.popDue(at: now) {
      work.pay(WorkPrice.packet)
      switch due {
      case .connection(let place):
        if let connection = connections.handle(at: place) { expire(connection) }
      case .session(let slot):
        guard let session = sessions.session(at: slot) else { continue }
        // A session stays while its Client is connected. [MQTT-4.1.0-1]
        if !sessions[session].isConnected { expire(session) }
      case .task(let task): perform(task, &work)
      }
    }
  }

  /// Sets the deadline by which something must have been heard of a connection again.
  ///
  /// It is not moved with every packet: it is looked at again when it has come.
  mutating func arm(_ connection: Handle<Connection>) {
    let due = due(connection)
    if due == .never { schedule.cancel(connection) } else { schedule.set(connection, to: due) }
  }

  /// When a connection has to be looked at, whatever happens until then.
  private func due(_ connection: Handle<Connection>) -> Instant {
    var due =
      connections[connection].state == .established
      ? keepAliveDue(connection) : connectDue(connection)
    if let waitDue = waitDue(connection) { due = min(due, waitDue) }
    if let writeDue = writeDue(connection) { due = min(due, writeDue) }
    return due
  }

  /// When a connection must have sent its CONNECT, and that must have been answered.
  func connectDue(_ connection: Handle<Connection>) -> Instant {
    connections[connection].lastReceived.adding(milliseconds: policy.connectTimeout)
  }

  /// Takes bytes of a packet that comes in parts as a sign of life: a large one may take longer than the
  /// Keep Alive.
  ///
  /// A peer that drips is not alive: each byte stands for a twentieth of a second.
  mutating func hear(_ connection: Handle<Connection>) {
    guard connections[connection].state == .established else { return }
    let input = connections[connection].input
    let count = UInt32(input.pending.count)
    let new = count < input.heard ? count : count - input.heard
    let lastReceived = connections[connection].lastReceived
    guard now <= lastReceived.adding(milliseconds: UInt64(new) * 50) else { return }
    connections[connection].lastReceived = now
    connections[connection].input.heard = count
  }

  /// One and a half times the Keep Alive after the last packet, or enough of one. [MQTT-3.1.2-24]
  /// [MQTT3-3.1.2-24]
  private func keepAliveDue(_ connection: Handle<Connection>) -> Instant {
    let seconds = UInt64(connections[connection].keepAlive)
    guard seconds > 0 else { return .never }
    return isHeldUp(connection)
      ? .never : connections[connection].lastReceived.adding(milliseconds: seconds * 1500)
  }

  /// Whether it is the Server that has still to go on with what a connection has sent: so long nothing
  /// is heard of it.
  func isHeldUp(_ connection: Handle<Connection>) -> Bool {
    connections[connection].hasRequest
      || connections[connection].isWaiting && arrivals.wait(of: connection).isForPublication
  }

  /// When the input of a connection has waited too long; nil when it does not wait for room.
  private func waitDue(_ connection: Handle<Connection>) -> Instant? {
    guard connections[connection].isWaiting else { return nil }
    let wait = arrivals.wait(of: connection)
    // What waits for its turn waits for the Server.
    guard !wait.isForPublication else { return nil }
    return wait.hasEnd ? wait.until : nil
  }

  /// When the peer must have taken something of what it is sent; nil when it does.
  func writeDue(_ connection: Handle<Connection>) -> Instant? {
    guard connections[connection].isBlocked && policy.writeTimeout > 0 else { return nil }
    return departures.blockedSince(connection).adding(milliseconds: policy.writeTimeout)
  }

  private mutating func expire(_ connection: Handle<Connection>) {
    guard connections[connection].isLive else { return }
    if connections[connection].login == .held && now < connectDue(connection) {
      return enqueueLogin(connection)
    }
    if let due = waitDue(connection), due <= now { return expireWait(connection) }
    if let due = writeDue(connection), due <= now { return expireWrite(connection) }
    guard due(connection) <= now else { return arm(connection) }
    guard connections[connection].state == .established else {
      note(.connectTimedOut, on: connection, "it sent no CONNECT")
      return close(connection)
    }
    note(.keepAliveExceeded, on: connection)
    sayDisconnect(connection, .keepAliveTimeout, "it exceeded its Keep Alive")
    close(connection)
  }

  /// What it sent could not be taken in time. It was not acknowledged, so nothing is lost.
  private mutating func expireWait(_ connection: Handle<Connection>) {
    // Whose queue is full may have ceased to count, without giving anything back.
    let cause = arrivals.wait(of: connection).cause
    if case .queue = cause, isOver(cause, on: connection) {
      wake(connection)
      return arm(connection)
    }
    refuse(connection, .quotaExceeded, .publisherTimedOut, "there was no room for what it sent")
  }

  /// The peer takes nothing of what it is sent: it is dead, or as good as.
  private mutating func expireWrite(_ connection: Handle<Connection>) {
    refuse(connection, .quotaExceeded, .readerTimedOut, "it did not read for too long")
  }

  private mutating func expire(_ session: Handle<Session>) {
    if sessions[session].expiry <= now {
      statistics.clientsExpired += 1
      note(.sessionExpired, session, "")
    }
    settle(session)
  }

  private mutating func perform(_ task: BrokerTask, _ work: inout Work) {
    switch task {
    case .systemTopics:
      beginSystemTopics()
      schedule.set(.systemTopics, to: now.adding(seconds: UInt64(max(1, policy.systemInterval))))
    case .sweep: sweep(&work)
    case .shortage: relieveShortage()
    }
  }

  /// Makes sure that what expires unseen, queued or retained, gives its memory back.
  mutating func armSweep() {
    guard !schedule.isSet(.sweep) else { return }
    schedule.set(.sweep, to: now.adding(seconds: 1))
  }

  /// Looks at a bounded number of messages a second, in as many turns as that takes, and removes those
  /// that have expired. [MQTT-3.3.2-5]
  private mutating func sweep(_ work: inout Work) {
    let end = max(retention.index.endPosition, sessions.endDeliverySlot)
    if sweep.left == 0 { sweep.left = 4096 }
    // One at least: to be called up may have cost all there was.
    var isFirst = true
    while sweep.left > 0 && sweep.position < end && (isFirst || !work.isSpent) {
      isFirst = false
      work.pay()
      sweep(at: sweep.position)
      sweep.position += 1
      sweep.left -= 1
    }
    if sweep.position >= end { sweep = (0, 0) }
    guard messages.messageOccupancy.used > 0 else { return }
    if sweep.left > 0 { schedule.set(.sweep, to: now) } else { armSweep() }
  }

  private mutating func sweep(at position: Int) {
    if retention.index.isExpired(at: position, now: now) { removeRetained(at: position) }
    guard let delivery = sessions.expired(at: position, now: now, messages: messages),
      let session = sessions.session(at: Int(sessions[delivery].session))
    else { return }
    note(.messageExpired, session, "")
    sessions.remove(delivery, of: session, messages: &messages, texts: &texts)
    // What stood behind it may be sent now.
    let connection = presence[session]
    if !connection.isNull { owe(connection) }
  }
}
