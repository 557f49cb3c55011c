import Access
import Memory
import Support
import Testing

@testable import Broker

/// A password whose hash is under way.
struct Hashing {
  /// Iterations that it still needs.
  var remaining: Int
  let digest: InlineArray<64, UInt8>
}

// Turns as the Server has them: each phase has a part of the work, and what does not fit into it follows
// in the next.
extension World {
  /// Turns until the broker rests: nothing moves any more, and nothing could.
  func turn(sourceLocation: SourceLocation = #_sourceLocation) {
    for _ in 0..<30_000 where !step() {
      // Nothing that was made ready waits for another event.
      #expect(broker.forgotten == nil, sourceLocation: sourceLocation)
      return
    }
    Issue.record("the broker does not come to rest", sourceLocation: sourceLocation)
  }

  /// One turn; false when there is nothing left to do.
  func step() -> Bool {
    turns += 1
    broker.advance(to: now)
    var work = Work(broker.turnWork)
    checkPasswords(&work)
    phase(6, &work) { receive(&$0) }
    phase(2, &work) { broker.tend(&$0) }
    phase(4, &work) { send(&$0) }
    phase(1, &work) { close(&$0) }
    while broker.nextResumed() != nil {}
    mostWork = max(mostWork, work.paid)
    return broker.isBusy || hashing != nil || clients.contains { $0.isReady }
  }

  /// Does something with so many sixteenths of the turn's work.
  private func phase(_ sixteenths: Int, _ work: inout Work, _ body: (inout Work) -> Void) {
    var share = Work(broker.turnWork / 16 * sixteenths)
    body(&share)
    work.settle(share)
  }

  private func checkPasswords(_ work: inout Work) {
    var left = hashIterations
    while left > 0 {
      if !broker.awaitsLogin { hashing = nil }
      if hashing == nil { hashing = nextPassword(&work) }
      guard var current = hashing else { return }
      let count = min(left, current.remaining)
      left -= count
      current.remaining -= count
      hashing = current.remaining > 0 ? current : nil
      if hashing == nil { broker.finishLogin(current.digest) }
    }
  }

  private func nextPassword(_ work: inout Work) -> Hashing? {
    guard let hash = broker.nextLogin(&work) else { return nil }
    var digest = InlineArray<64, UInt8>(repeating: 0)
    let password = broker.password
    for index in 0..<min(64, password.count) { digest[index] = password[index] }
    return Hashing(remaining: Int(hash.iterations), digest: digest)
  }

  private func receive(_ work: inout Work) {
    for client in clients where client.isReady { callUp(client) }
    takeTurns(&work)
  }

  private func callUp(_ client: Client) {
    if broker.takesInput(client.handle) || client.hasWhole {
      broker.callUp(client.handle)
      return
    }
    broker.waitForAnswers(client.handle)
    broker[client.handle].heed = .nothing
  }

  private func takeTurns(_ work: inout Work) {
    while let (connection, credit) = broker.nextTurn(&work) {
      var share = credit
      if broker.hasUntaken(connection) {
        broker.goOn(connection, &share)
      } else {
        client(of: connection)?.deliver(&share)
      }
      client(of: connection)?.deliverWhole(&share)
      broker.endTurn(of: connection, share, &work)
    }
  }

  private func send(_ work: inout Work) {
    for _ in 0..<broker.departures.owedCount {
      guard !work.isSpent, let connection = broker.nextOwed() else { return }
      var share = work.share(atMost: broker.quantum)
      broker.fill(connection, &share)
      if let client = client(of: connection) { sendOutgoing(to: client, &share) }
      broker.endSending(share, &work)
    }
  }

  private func sendOutgoing(to client: Client, _ work: inout Work) {
    let connection = client.handle
    let outgoing = broker[connection].output
    guard !broker[connection].isBlocked && broker[connection].state != .ended else { return }
    work.pay(WorkPrice.systemCall + WorkPrice.copying(outgoing.count))
    let count = client.isDeaf ? 0 : min(outgoing.count, sendsAtOnce)
    client.take(Array(copying: outgoing, of: broker.departures.blocks).prefix(count))
    broker.sent(count, on: connection)
    if client.isDeaf && !outgoing.isEmpty { return broker.block(connection) }
    if broker.hasMore(for: connection) { broker.oweMore(connection) }
  }

  private func close(_ work: inout Work) {
    for _ in 0..<broker.departures.dyingCount {
      guard !work.isSpent else { return }
      guard let connection = broker.nextDying() else { continue }
      work.pay(WorkPrice.connection)
      client(of: connection)?.close()
      broker.release(connection)
    }
  }

  private func client(of connection: Handle<Connection>) -> Client? {
    clients.first { $0.handle == connection }
  }
}
