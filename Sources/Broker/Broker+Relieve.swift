import MQTT
import Memory

// When blocks are short, those go first who have held them longest and do not go on.
extension Broker {
  /// Sees to it that somebody who keeps others waiting for blocks is closed, in a while.
  mutating func armShortage() {
    guard !schedule.isSet(.shortage) else { return }
    schedule.set(.shortage, to: now.adding(milliseconds: max(1, patience / 4)))
  }

  /// Milliseconds for which somebody may keep others waiting: who waits for them is not closed before.
  private var patience: UInt64 { policy.queueFullWait / 2 }

  /// Closes who has not completed its packet, or not read, for too long while others wait.
  mutating func relieveShortage() {
    if arrivals.isShort { closeGreediest() }
    if lacksSendBlocks { closeLongestBlocked() }
    if arrivals.isShort || lacksSendBlocks { armShortage() }
  }

  /// Whether anybody waits for send blocks, for what it is owed or for an answer.
  private var lacksSendBlocks: Bool { departures.isShort || arrivals.isShortOfSendBlocks }

  private mutating func closeGreediest() {
    guard let (place, since) = arrivals.greediest, since.adding(milliseconds: patience) <= now,
      let connection = connections.handle(at: place)
    else { return }
    closeUnfinished(connection, "its packet is not complete, and others wait")
  }

  /// How many more bytes of a connection can be kept. Where there is no room for a Client's, those who
  /// have not come in yet give way: blocks are only lent to them.
  mutating func claimInputRoom(of connection: Handle<Connection>) -> Int {
    for _ in 0..<Broker.mostToGiveWay {
      let room = inputRoom(of: connection)
      guard room == 0 && connections[connection].hasEntered, let place = arrivals.firstLent,
        let stranger = connections.handle(at: place)
      else { return room }
      closeUnfinished(stranger, "it has not come in, and a Client needs its blocks")
    }
    return inputRoom(of: connection)
  }

  /// How many give way at once: the rest may be asked when the Client is woken.
  private static var mostToGiveWay: Int { 16 }

  private mutating func closeUnfinished(_ connection: Handle<Connection>, _ words: StaticString) {
    // Where the Server has still to go on, it is not the peer's fault.
    guard !isHeldUp(connection) && !connections[connection].login.isPending else {
      return arrivals.noteProgress(connection.index, at: now)
    }
    refuse(connection, .quotaExceeded, .packetUnfinished, words)
  }

  private mutating func closeLongestBlocked() {
    guard let (place, since) = departures.longestBlocked,
      since.adding(milliseconds: patience) <= now,
      let connection = connections.handle(at: place)
    else { return }
    note(.readerTimedOut, connections[connection].session, "it does not read, and others wait")
    connectionLost(connection, "it does not read, and others wait")
  }
}
