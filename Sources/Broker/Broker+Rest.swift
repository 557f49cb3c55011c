import MQTT
import Memory
import Sessions

// The proof that nothing which was made ready waits for another event.
extension Broker {
  /// What could go on while the broker rests, in words, for tests; nil when nothing could.
  ///
  /// It asks each connection, as nobody does who lets it go on: what was forgotten there is found here.
  package var forgotten: StaticString? {
    for place in 0..<connections.endIndex {
      guard let connection = connections.handle(at: place) else { continue }
      if let words = forgotten(of: connection) { return words }
    }
    return nil
  }

  private func forgotten(of connection: Handle<Connection>) -> StaticString? {
    let state = connections[connection]
    guard state.isLive else { return "a connection that has ended is not closed" }
    let isStream = state.transport == .stream
    if isStream && !state.isBlocked && hasMore(for: connection) {
      return "a connection could be sent more"
    }
    if state.isWaiting {
      return hasWaited(connection) ? "a connection waits for what is there" : nil
    }
    if state.login == .queued && logins.underWay == nil { return "a login is not begun" }
    guard takesInput(connection) else { return nil }
    if hasUntaken(connection) { return "a packet that has come is not taken" }
    return isStream && state.heed == .nothing ? "a connection is not read that may be" : nil
  }

  private func hasWaited(_ connection: Handle<Connection>) -> Bool {
    let wait = arrivals.wait(of: connection)
    switch wait.cause {
    case .answers: return hasAnswersLeft(connection)
    // Whether there is room for all of it is seen when it is tried: that is done after each release.
    case .retained: return false
    // Who ceases to bind others may do so because time passes; they do not wait much longer.
    case .queue(let session, let byteCount):
      return !sessions.contains(session) || hasQueueRoom(session, Int(byteCount))
    case .none, .publication, .receiveBlocks, .sendBlocks, .messages, .texts:
      return isOver(wait.cause, on: connection)
    }
  }
}
