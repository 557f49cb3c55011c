import Board
import Memory

/// What goes out: blocks for bytes on their way, who has something to send, and who is to be closed.
package struct Departures: ~Copyable {
  private let anchor = Anchor()
  package internal(set) var blocks: ByteChains
  /// The reason codes of a SUBACK or UNSUBACK.
  var codes: Buffer
  /// Connections that have something to send.
  private var owed: Ring<Handle<Connection>>
  /// Connections that are to be closed.
  private var dying: Ring<Handle<Connection>>

  init(places: Int, limits: Limits, in region: inout Region) {
    blocks = ByteChains(
      "send blocks", count: limits.sendBlocks, blockBytes: limits.sendBlockBytes, in: &region)
    codes = Buffer("reason codes", capacity: limits.packetBytes / 3, in: &region)
    owed = Ring("connections owed", capacity: places, in: &region)
    dying = Ring("connections dying", capacity: places, in: &region)
  }

  /// How many connections have something to send.
  package var owedCount: Int { owed.count }

  /// Puts a connection into the row of those that have something to send, where it stands once.
  mutating func owe(_ handle: Handle<Connection>, _ connection: inout Connection) {
    guard !connection.isOwed else { return }
    connection.isOwed = true
    let isQueued = owed.append(handle)
    precondition(isQueued)  // it has as many places as there are connections
  }

  /// Takes out the connection that has had something to send longest; it may be gone.
  mutating func nextOwed() -> Handle<Connection>? { owed.removeFirst() }

  /// Puts a connection into the row of those that are to be closed, where it stands once.
  mutating func bury(_ handle: Handle<Connection>, _ connection: inout Connection) {
    guard !connection.isDying else { return }
    connection.isDying = true
    let isQueued = dying.append(handle)
    precondition(isQueued)  // it has as many places as there are connections
  }

  /// Takes out the next connection that is to be closed.
  mutating func nextDying() -> Handle<Connection>? { dying.removeFirst() }

  /// Forgets what was on its way to a connection.
  mutating func release(_ output: inout Output) {
    blocks.release(&output.bytes)
    blocks.release(&output.behind)
  }
}
