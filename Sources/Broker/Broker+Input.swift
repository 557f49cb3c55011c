import MQTT
import Memory

// Bytes that have arrived and wait: they count for the address until the Client has come in, and for
// the connection from then on.
extension Broker {
  /// How many more bytes of a connection can be kept.
  func inputRoom(of connection: Handle<Connection>) -> Int {
    arrivals.room(
      for: connections[connection].input, holding: blocksCounted(for: connection),
      largest: maximumPacketSize(isFirst: connections[connection].state == .awaitsConnect))
  }

  /// Receive blocks that count for a connection.
  private func blocksCounted(for connection: Handle<Connection>) -> Int {
    connections[connection].hasEntered
      ? arrivals.held(by: connections[connection].input)
      : Int(owners[connections[connection].owner].receiveBlocks)
  }

  /// Keeps bytes of a packet that is not complete, or not to be processed yet.
  mutating func keep(_ range: Range<Int>, of connection: Handle<Connection>) {
    guard !range.isEmpty && connections[connection].isLive else { return }
    let counted = blocksCounted(for: connection)
    let before = arrivals.held(by: connections[connection].input)
    arrivals.keep(
      arrivals.packet.bytes(range), of: &connections[connection].input, holding: counted)
    recount(connection, before)
  }

  /// Moves what had arrived before to the front of the packet buffer, before the new bytes.
  mutating func gather(_ connection: Handle<Connection>) {
    let input = connections[connection].input
    guard !input.pending.isEmpty else { return }
    arrivals.copy(input.pending.count, of: input)
    forgetInput(of: connection)
  }

  /// Forgets so many bytes at the front of what had arrived before.
  mutating func drop(_ count: Int, of connection: Handle<Connection>) {
    let counted = blocksCounted(for: connection)
    let before = arrivals.held(by: connections[connection].input)
    arrivals.drop(count, of: &connections[connection].input, holding: counted)
    recount(connection, before)
  }

  /// Forgets all that has arrived and was not taken.
  mutating func forgetInput(of connection: Handle<Connection>) {
    let before = arrivals.held(by: connections[connection].input)
    arrivals.release(&connections[connection].input)
    recount(connection, before)
  }

  private mutating func recount(_ connection: Handle<Connection>, _ before: Int) {
    let input = connections[connection].input
    let held = arrivals.held(by: input)
    if before == 0 && held == 0 { return }
    let hasEntered = connections[connection].hasEntered
    arrivals.noteHolding(connection, input, isLent: !hasEntered, at: now)
    guard !hasEntered else { return }
    let owner = connections[connection].owner
    owners[owner].receiveBlocks = UInt32(Int(owners[owner].receiveBlocks) + held - before)
  }
}
