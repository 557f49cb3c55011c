import Board
import Memory

/// What comes in: blocks for packets that have arrived in part, and whose input waits.
///
/// Every connection there can be keeps the right to one block. Beyond that a connection is given
/// blocks only when there are enough for all of its packet, and they are put by for it then: else all
/// could wait for one another.
package struct Arrivals: ~Copyable {
  private let anchor = Anchor()
  private(set) var blocks: ByteChains
  /// A whole packet in one piece, while it is read.
  var packet: Buffer
  /// How many connections there may be.
  private let places: Int
  /// How many of them hold blocks.
  private var holders = 0
  /// Blocks that are put by for packets that have begun to arrive.
  package private(set) var promised = 0
  /// Connections whose input waits for room.
  private var stalled: Ring<Handle<Connection>>
  /// Connections that the network was told not to read and may read again.
  private var resumed: Ring<Handle<Connection>>

  init(places: Int, limits: Limits, in region: inout Region) {
    self.places = places
    blocks = ByteChains(
      "receive blocks", count: limits.receiveBlocks, blockBytes: limits.receiveBlockBytes,
      in: &region)
    packet = Buffer("packet", capacity: limits.packetBytes + limits.receiveBytes, in: &region)
    stalled = Ring("connections stalled", capacity: places, in: &region)
    resumed = Ring("connections resumed", capacity: places, in: &region)
  }

  // MARK: Blocks

  /// How many more bytes of a connection can be kept.
  func room(for input: Input) -> Int {
    let shared = sharedBlocks(for: input)
    guard !input.pending.isEmpty else { return (1 + shared) * blocks.blockBytes }
    let own = blocks.roomInLastBlock(of: input.pending)
    return blocksWanted(by: input) <= shared ? own + shared * blocks.blockBytes : own
  }

  /// Keeps bytes of a packet that is not complete, or not to be processed yet.
  ///
  /// There must be room for them: no more is to be read than `room(for:)` says.
  mutating func keep(_ bytes: Span<UInt8>, of input: inout Input) {
    if input.pending.isEmpty { holders += 1 }
    let isKept = blocks.append(bytes, to: &input.pending)
    precondition(isKept)
    promise(blocksWanted(by: input), to: &input)
  }

  /// Moves what had arrived before to the front of the packet buffer, before the new bytes.
  mutating func gather(_ input: inout Input) {
    guard !input.pending.isEmpty else { return }
    copyPending(of: input)
    release(&input)
  }

  /// Copies what had arrived before to the front of the packet buffer, and leaves it where it is.
  mutating func copyPending(of input: Input) {
    var cursor = ChainCursor(startOf: input.pending)
    var target = packet.mutableBytes(0..<input.pending.count)
    blocks.read(&cursor, into: &target)
  }

  /// Forgets a packet that has arrived in part.
  mutating func release(_ input: inout Input) {
    guard !input.pending.isEmpty else { return }
    blocks.release(&input.pending)
    holders -= 1
    promise(0, to: &input)
  }

  /// Blocks that this connection may claim: what is promised to others is theirs.
  private func sharedBlocks(for input: Input) -> Int {
    let reserve = places - holders
    let promisedToOthers = promised - Int(input.promised)
    return max(0, blocks.occupancy.free - reserve - promisedToOthers)
  }

  /// Blocks that the rest of the packet takes that has begun to arrive.
  private func blocksWanted(by input: Input) -> Int {
    let rest = Int(input.needed) - input.pending.count
    return rest > 0 ? blocks.blocksNeeded(toAppend: rest, to: input.pending) : 0
  }

  /// Puts blocks by for the rest of a packet, if there are enough for all of it.
  private mutating func promise(_ wanted: Int, to input: inout Input) {
    let granted = wanted <= sharedBlocks(for: input) ? wanted : 0
    promised += granted - Int(input.promised)
    input.promised = UInt32(granted)
  }

  // MARK: Whose input waits

  /// How many connections wait for room.
  var stalledCount: Int { stalled.count }

  /// Lets the input of a connection wait; it stands in the row once.
  mutating func stall(_ handle: Handle<Connection>, _ connection: inout Connection) {
    guard !connection.isStalled else { return }
    connection.isStalled = true
    let isQueued = stalled.append(handle)
    precondition(isQueued)  // it has as many places as there are connections
  }

  /// Takes out the connection that waits longest; it may be gone.
  mutating func nextStalled() -> Handle<Connection>? { stalled.removeFirst() }

  /// Lets the network read a connection again that it was told not to read.
  mutating func resume(_ handle: Handle<Connection>, _ connection: inout Connection) {
    guard connection.isMuted else { return }
    connection.isMuted = false
    let isQueued = resumed.append(handle)
    precondition(isQueued)  // it has as many places as there are connections
  }

  /// Takes out a connection that may be read again; it may be gone.
  mutating func nextResumed() -> Handle<Connection>? { resumed.removeFirst() }
}
