import Board
import MQTT
import Memory

/// What comes in: blocks for packets that have arrived in part, whose turn it is, and who waits.
///
/// Every connection there can be keeps the right to one block. Beyond that a connection is given
/// blocks, within its share, only when there are enough for all of its packet, and they are put by for
/// it then: else all could wait for one another.
package struct Arrivals: ~Copyable {
  private let anchor = Anchor()
  private(set) var blocks: ByteChains
  /// A whole packet in one piece, while it is read.
  var packet: Buffer
  /// How many connections there may be.
  private let places: Int
  private let share: Share
  /// How many of them hold blocks.
  private var holders = 0
  /// Blocks that are put by for packets that have begun to arrive.
  package private(set) var promised = 0
  /// Connections that hold blocks beyond that one, the one that has begun to first in front, and when
  /// each began. Those that have not come in yet stand apart: theirs are only lent.
  private var greedy: SlotQueue
  private var lent: SlotQueue
  private var holdingSince: SlotTable<Instant>
  /// Connections whose input is to be looked at, each in its turn.
  private var agenda: Agenda
  /// What a connection has used beyond its turns.
  private var debts: SlotTable<Int32>
  /// Connections whose input waits until something has room again, and for what it waits.
  private var waiting: SlotQueue
  private var waits: SlotTable<Wait>
  /// How many of them wait for receive blocks, and how many for send blocks.
  private var short = 0
  private var shortOfSendBlocks = 0
  /// How many of them have still to be looked at since something was given back.
  private var unasked = 0
  /// Connections that the network was told not to read and may read again.
  private var resumed: SlotQueue

  init(places: Int, share: Share, limits: Limits, in region: inout Region) {
    self.places = places
    self.share = share
    blocks = ByteChains(
      "receive blocks", count: limits.receiveBlocks, blockBytes: limits.receiveBlockBytes,
      in: &region)
    packet = Buffer("packet", capacity: limits.packetBytes + limits.receiveBytes, in: &region)
    greedy = SlotQueue("connections with receive blocks", capacity: places, in: &region)
    lent = SlotQueue("connections lent receive blocks", capacity: places, in: &region)
    holdingSince = SlotTable("receive blocks since", count: places, in: &region)
    agenda = Agenda(
      "connections ready", goingOn: "connections going on", capacity: places,
      quantum: limits.connectionWork, in: &region)
    debts = SlotTable("connections in debt", count: places, in: &region)
    waiting = SlotQueue("connections waiting", capacity: places, in: &region)
    waits = SlotTable("waits", count: places, in: &region)
    resumed = SlotQueue("connections resumed", capacity: places, in: &region)
  }

  // MARK: Blocks

  /// How many more bytes of a connection can be kept.
  ///
  /// Where all of the largest packet may find no room, no more than one block is taken of a packet that
  /// is not known yet: its other blocks would be held while the rest waits, and all could wait for one
  /// another.
  ///
  /// - Parameter held: blocks that count for it.
  /// - Parameter largest: bytes of the largest packet that it may send.
  func room(for input: Input, holding held: Int, largest: Int) -> Int {
    let shared = sharedBlocks(for: input, holding: held)
    let own =
      input.pending.isEmpty
      ? blocks.blockBytes : blocks.roomInLastBlock(of: input.pending)
    guard blocksWanted(by: input) <= shared else { return own }
    if blocks.blocksNeeded(toAppend: largest, to: Chain()) - 1 <= shared {
      return own + shared * blocks.blockBytes
    }
    return max(own, Int(input.needed) - input.pending.count)
  }

  /// Blocks that a connection holds beyond the one that is its right, with those put by for it.
  func held(by input: Input) -> Int {
    max(0, blocks.blockCount(of: input.pending) - 1) + Int(input.promised)
  }

  /// Keeps bytes of a packet that is not complete, or not to be processed yet.
  ///
  /// There must be room for them: no more is to be read than `room(for:)` says.
  mutating func keep(_ bytes: Span<UInt8>, of input: inout Input, holding held: Int) {
    if input.pending.isEmpty { holders += 1 }
    let isKept = blocks.append(bytes, to: &input.pending)
    precondition(isKept)
    promise(blocksWanted(by: input), to: &input, holding: held)
  }

  /// Copies so many bytes of what had arrived before to the front of the packet buffer, and leaves
  /// them where they are.
  mutating func copy(_ count: Int, of input: Input) {
    var cursor = ChainCursor(startOf: input.pending)
    var target = packet.mutableBytes(0..<count)
    blocks.read(&cursor, into: &target)
  }

  /// Forgets so many bytes at the front of what had arrived before.
  mutating func drop(_ count: Int, of input: inout Input, holding held: Int) {
    guard count < input.pending.count else { return release(&input) }
    blocks.removeFirst(count, from: &input.pending)
    promise(blocksWanted(by: input), to: &input, holding: held)
  }

  /// Forgets all that has arrived and was not taken.
  mutating func release(_ input: inout Input) {
    guard !input.pending.isEmpty else { return }
    blocks.release(&input.pending)
    holders -= 1
    promised -= Int(input.promised)
    input.promised = 0
  }

  /// Blocks that this connection may claim: what is promised to others is theirs.
  private func sharedBlocks(for input: Input, holding held: Int) -> Int {
    let reserve = places - holders
    let promisedToOthers = promised - Int(input.promised)
    let free = max(0, blocks.occupancy.free - reserve - promisedToOthers)
    let ofShare = share.room(holding: held - Int(input.promised), free: free)
    // What was put by for it is its own.
    return max(ofShare, Int(input.promised))
  }

  /// Blocks that the rest of the packet takes that has begun to arrive.
  private func blocksWanted(by input: Input) -> Int {
    let rest = Int(input.needed) - input.pending.count
    return rest > 0 ? blocks.blocksNeeded(toAppend: rest, to: input.pending) : 0
  }

  /// Puts blocks by for the rest of a packet, if there are enough for all of it.
  private mutating func promise(_ wanted: Int, to input: inout Input, holding held: Int) {
    let granted = wanted <= sharedBlocks(for: input, holding: held) ? wanted : 0
    promised += granted - Int(input.promised)
    input.promised = UInt32(granted)
  }

  // MARK: Who holds them

  /// Remembers since when a connection holds blocks, or that it holds none any more.
  mutating func noteHolding(
    _ connection: Handle<Connection>, _ input: Input, isLent: Bool, at now: Instant
  ) {
    let place = connection.index
    guard held(by: input) > 0 else { return forgetHolding(place) }
    guard isLent ? !lent.contains(place) : !greedy.contains(place) else { return }
    beginHolding(place, isLent: isLent, at: now)
  }

  /// Lets a connection count as one that has only just begun to hold blocks.
  mutating func noteProgress(_ place: Int, at now: Instant) {
    beginHolding(place, isLent: lent.contains(place), at: now)
  }

  private mutating func beginHolding(_ place: Int, isLent: Bool, at now: Instant) {
    forgetHolding(place)
    if isLent { lent.append(place) } else { greedy.append(place) }
    holdingSince[place] = now
  }

  private mutating func forgetHolding(_ place: Int) {
    greedy.remove(place)
    lent.remove(place)
  }

  /// The place that has held blocks longest, and since when; nil when nobody holds any.
  var greediest: (place: Int, since: Instant)? {
    guard let one = greedy.front else { return lent.front.map { ($0, holdingSince[$0]) } }
    guard let other = lent.front, holdingSince[other] < holdingSince[one] else {
      return (one, holdingSince[one])
    }
    return (other, holdingSince[other])
  }

  /// The place that has had blocks lent longest; nil when nobody has.
  var firstLent: Int? { lent.front }

  // MARK: Turns

  /// How many connections have their turn to come.
  package var agendaCount: Int { agenda.count }

  /// Whether all whose turn is to come go on.
  package var hasOnlyGoing: Bool { agenda.hasOnlyGoing }

  /// Lets a connection have its turn, behind those like it; whether it has just come, and is not one
  /// that goes on.
  @discardableResult
  mutating func callUp(_ connection: Handle<Connection>, isComing: Bool) -> Bool {
    if isComing && debts[connection.index] == 0 { return agenda.append(connection.index) }
    agenda.appendGoingOn(connection.index)
    return false
  }

  /// Takes out the place whose turn it is.
  mutating func nextPlace() -> Int? { agenda.removeFirst() }

  /// Lets a connection that has no turn now, since it has used more than its turns, have one behind all;
  /// it counts as one that those who go on have had.
  mutating func putOff(_ place: Int, quantum: Int) {
    agenda.pay(quantum)
    agenda.appendGoingOn(place)
  }

  /// What of its next turn a connection may use: nothing while it has used more than its turns.
  ///
  /// - Parameter quantum: units of work for each turn.
  mutating func credit(of place: Int, quantum: Int) -> Int {
    let debt = Int(debts[place])
    guard debt > 0 else { return quantum }
    debts[place] = Int32(max(0, debt - quantum))
    return max(0, quantum - debt)
  }

  /// Lets a connection count as one that goes on.
  mutating func expectMore(of place: Int) { if debts[place] == 0 { debts[place] = 1 } }

  /// Ends the turn of a connection: who has used all of it goes on behind all, and who has used more
  /// has less of the next ones.
  mutating func endTurn(of place: Int, _ share: Work) {
    agenda.pay(share.paid)
    guard share.isSpent else { return }
    debts[place] = Int32(clamping: Int(debts[place]) - share.left)
    expectMore(of: place)
    if agenda.contains(place) { agenda.appendGoingOn(place) }
  }

  /// Forgets a connection that is closed.
  mutating func forget(_ connection: Handle<Connection>) {
    let place = connection.index
    agenda.remove(place)
    waiting.remove(place)
    resumed.remove(place)
    forgetHolding(place)
    if debts[place] != 0 { debts[place] = 0 }
    forgetWait(of: connection)
  }

  // MARK: Whose input waits

  /// Lets the input of a connection wait.
  mutating func hold(
    _ handle: Handle<Connection>, _ connection: inout Connection, _ wait: Wait
  ) {
    connection.isWaiting = true
    waits[handle.index] = wait
    if wait.isForReceiveBlocks { short += 1 }
    if wait.isForSendBlocks { shortOfSendBlocks += 1 }
    // Who waits for its own answers is woken by their leaving, and by the Server when it has gone on.
    guard !wait.isForAnswers && !wait.isForPublication else { return }
    waiting.append(handle.index)
  }

  /// How many bytes a PUBLISH lacks that has arrived in part; zero for all other packets.
  func lacking(_ input: Input) -> Int {
    guard !input.pending.isEmpty && input.pending.count < Int(input.needed) else { return 0 }
    var first = InlineArray<1, UInt8>(repeating: 0)
    var cursor = ChainCursor(startOf: input.pending)
    var target = first.mutableSpan
    blocks.read(&cursor, into: &target)
    guard first[0] >> 4 == PacketType.publish.rawValue else { return 0 }
    return Int(input.needed) - input.pending.count
  }

  /// Ends the waiting of a connection's input, whatever it waits for.
  mutating func withdraw(_ handle: Handle<Connection>, _ connection: inout Connection) {
    waiting.remove(handle.index)
    letGo(handle, &connection)
  }

  /// Ends the waiting of a connection's input.
  mutating func letGo(_ handle: Handle<Connection>, _ connection: inout Connection) {
    guard connection.isWaiting else { return }
    connection.isWaiting = false
    if waits[handle.index].isForReceiveBlocks { short -= 1 }
    if waits[handle.index].isForSendBlocks { shortOfSendBlocks -= 1 }
  }

  /// Whether anybody waits for receive blocks.
  var isShort: Bool { short > 0 }

  /// Whether anybody waits for send blocks before its request is looked at.
  var isShortOfSendBlocks: Bool { shortOfSendBlocks > 0 }

  /// For what a connection waits, or waited last.
  func wait(of connection: Handle<Connection>) -> Wait { waits[connection.index] }

  /// Forgets until when a connection may wait, as something of it has found room.
  mutating func forgetWait(of connection: Handle<Connection>) {
    if !waits[connection.index].isBlank { waits[connection.index] = Wait() }
  }

  /// Says that something was given back for which somebody may wait.
  mutating func askAll() { unasked = waiting.count }

  /// Whether somebody waits for whom there may be room now.
  package var hasUnasked: Bool { unasked > 0 }

  /// Whether anybody waits until something has room.
  var hasWaiting: Bool { !waiting.isEmpty }

  /// Takes out the next connection to be asked whether it still has to wait.
  mutating func nextUnasked() -> Int? {
    guard unasked > 0 else { return nil }
    unasked -= 1
    return waiting.removeFirst()
  }

  /// Puts a connection back that has still to wait.
  mutating func waitOn(_ place: Int) { waiting.append(place) }

  /// Lets the network read a connection again that it was told not to read, or not yet.
  mutating func resume(_ handle: Handle<Connection>, _ connection: inout Connection) {
    guard connection.heed != .anything else { return }
    connection.heed = .anything
    resumed.append(handle.index)
  }

  /// Takes out a place that may be read again.
  mutating func nextResumed() -> Int? { resumed.removeFirst() }
}
