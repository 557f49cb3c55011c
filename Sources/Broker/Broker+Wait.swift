import Board
import MQTT
import Memory
import Messages
import Sessions
import Topics

// Whose turn it is, and who waits until there is room.
extension Broker {
  /// Units of work that a connection has in its turn.
  package var quantum: Int { limits.connectionWork }

  /// Lets a connection have its turn, behind those like it; whether it has just come, and is not one
  /// that goes on. Who has not come in yet is behind those who have.
  @discardableResult
  package mutating func callUp(_ connection: Handle<Connection>) -> Bool {
    arrivals.callUp(connection, isComing: connections[connection].state != .awaitsConnect)
  }

  /// The next connection whose turn it is, and the work that it may do; nil when there is none.
  ///
  /// Who has used more than its turns in one piece lets the others go first until that is made up.
  package mutating func nextTurn(_ work: inout Work) -> (Handle<Connection>, Work)? {
    while !work.isSpent, let place = arrivals.nextPlace() {
      guard let connection = connections.handle(at: place) else { continue }
      work.pay()
      let credit = arrivals.credit(of: place, quantum: quantum)
      if credit > 0 { return (connection, Work(credit)) }
      arrivals.putOff(place, quantum: quantum)
    }
    return nil
  }

  /// Says that a connection has more than could be read: it goes on, behind those who have just come.
  package mutating func expectMore(of connection: Handle<Connection>) {
    arrivals.expectMore(of: connection.index)
  }

  /// Ends the turn of a connection: what it used is taken off the whole, and remembered as far as it
  /// was more than it had.
  package mutating func endTurn(
    of connection: Handle<Connection>, _ share: Work, _ work: inout Work
  ) {
    work.settle(share)
    arrivals.endTurn(of: connection.index, share)
  }

  /// Whether packets of this connection may be taken now.
  ///
  /// Behind a CONNECT that was rejected nothing is. [MQTT-3.1.4-6] [MQTT3-3.1.4-5]
  package func takesInput(_ connection: Handle<Connection>) -> Bool {
    connections[connection].isLive && !connections[connection].isWaiting
      && !connections[connection].login.isPending && hasAnswersLeft(connection)
  }

  /// Whether a connection reads its answers: one that does not may have a block of them at most, and
  /// nobody more than its share.
  func hasAnswersLeft(_ connection: Handle<Connection>) -> Bool {
    var waiting = connections[connection].output.count
    if connections[connection].isStreaming {
      waiting += departures.streams[connection.index].behind.count
    }
    if waiting < departures.blocks.blockBytes { return true }
    return !connections[connection].isBlocked && waiting < limits.sendBytes
      && sendBlocks(for: connection) > 0
  }

  /// Lets the input of a connection wait until its own answers have left, if that is why it is not
  /// taken.
  package mutating func waitForAnswers(_ connection: Handle<Connection>) {
    guard connections[connection].isLive && !connections[connection].isWaiting,
      !connections[connection].login.isPending
    else { return }
    arrivals.hold(connection, &connections[connection], Wait(cause: .answers))
  }

  /// Lets the input of a connection wait until there is room for what it brings; such a wait has an
  /// end.
  mutating func wait(_ connection: Handle<Connection>, for cause: Wait.Cause) {
    guard connections[connection].isLive && !connections[connection].isWaiting else { return }
    var wait = arrivals.wait(of: connection)
    if !wait.hasEnd {
      note(cause.event, connections[connection].session, words(of: cause, on: connection))
      wait.until = now.adding(milliseconds: policy.queueFullWait)
    }
    wait.cause = cause
    arrivals.hold(connection, &connections[connection], wait)
    schedule.advance(connection, to: wait.until)
    if wait.isForReceiveBlocks || wait.isForSendBlocks { armShortage() }
  }

  /// Sees to what becomes of a connection's input after some of it was taken: it has another turn,
  /// waits, or is read again.
  mutating func settleInput(of connection: Handle<Connection>) {
    guard connections[connection].isLive, !connections[connection].isWaiting,
      !connections[connection].login.isPending
    else { return }
    if hasUntaken(connection) && hasAnswersLeft(connection) {
      callUp(connection)
      return
    }
    guard hasAnswersLeft(connection) else { return waitForAnswers(connection) }
    guard claimInputRoom(of: connection) > 0 else {
      return wait(connection, for: .receiveBlocks)
    }
    switch connections[connection].transport {
    case .stream: arrivals.resume(connection, &connections[connection])
    case .inside: callUp(connection)
    }
  }

  /// Ends the waiting of a connection's input.
  mutating func wake(_ connection: Handle<Connection>) {
    arrivals.letGo(connection, &connections[connection])
    if lane.reenter(connection) {
      // Should it have to wait for room again, that has the same end.
      var wait = arrivals.wait(of: connection)
      wait.cause = .publication
      return arrivals.hold(connection, &connections[connection], wait)
    }
    settleInput(of: connection)
  }

  /// Lets those go on for whom there is room again, as far as work goes.
  mutating func wakeWaiting(_ work: inout Work) {
    if releases != releasesSeen {
      releasesSeen = releases
      arrivals.askAll()
      departures.askAll()
    }
    while !work.isSpent, let place = departures.nextUnasked() {
      work.pay()
      if let connection = connections.handle(at: place) { owe(connection) }
    }
    while !work.isSpent, let place = arrivals.nextUnasked() {
      work.pay()
      guard let connection = connections.handle(at: place), connections[connection].isWaiting
      else { continue }
      let wait = arrivals.wait(of: connection)
      if wait.isForReceiveBlocks { _ = claimInputRoom(of: connection) }
      if isOver(wait.cause, on: connection) {
        wake(connection)
      } else {
        arrivals.waitOn(place)
      }
    }
  }

  /// How often anything was given back that somebody may wait for.
  var releases: UInt64 {
    arrivals.blocks.occupancy.releases &+ departures.blocks.occupancy.releases
      &+ sessions.deliveryOccupancy.releases &+ sessions.unreleasedOccupancy.releases
      &+ messages.messageOccupancy.releases &+ texts.occupancy.releases
      &+ retention.index.occupancy.releases
  }

  /// Whether what a connection waits for is there, as far as can be seen without looking for all who
  /// are owed its message.
  func isOver(_ cause: Wait.Cause, on connection: Handle<Connection>) -> Bool {
    switch cause {
    case .none, .answers: true
    case .publication: false
    case .receiveBlocks: inputRoom(of: connection) > 0
    case .sendBlocks(let count): Int(count) <= sendBlocks(for: connection)
    case .queue(let session, let byteCount):
      !sessions.contains(session) || !binds(session) || hasQueueRoom(session, Int(byteCount))
    case .messages(let byteCount): messages.hasRoom(for: Int(byteCount))
    case .retained: retention.index.occupancy.free > 0
    case .texts(let byteCount): mayClaimTexts(Int(byteCount), holding: 0)
    }
  }
}
