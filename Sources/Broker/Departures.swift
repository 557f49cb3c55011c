import Board
import Memory
import Messages

/// What goes out: blocks for bytes on their way, who has something to send, and who is to be closed.
package struct Departures: ~Copyable {
  private let anchor = Anchor()
  package internal(set) var blocks: ByteChains
  /// Of each connection: a SUBSCRIBE or UNSUBSCRIBE that takes several turns, and its answer. Most are
  /// done at once, so the last one stays out of the table: memory of it is touched only by those that
  /// have to wait for others.
  private var requests: SlotTable<LongRequest>
  private var lastRequest: (place: Int, request: LongRequest)?
  /// Payloads under way, and what follows them.
  var streams: SlotTable<PayloadStream>
  /// Connections of which the network takes nothing, the one in front longest, and since when.
  private var blocked: SlotQueue
  private var blockedSince: SlotTable<Instant>
  /// How many connections hold blocks.
  private(set) var holders = 0
  /// Connections that have something to send.
  private var owed: Agenda
  /// Connections that wait until there are send blocks for more.
  private var short: SlotQueue
  /// How many of them have still to try again since something was given back.
  private var unasked = 0
  /// Connections that are to be closed.
  private var dying: SlotQueue

  init(places: Int, limits: Limits, in region: inout Region) {
    blocks = ByteChains(
      "send blocks", count: limits.sendBlocks, blockBytes: limits.sendBlockBytes, in: &region)
    requests = SlotTable("requests under way", count: places, in: &region)
    streams = SlotTable("payloads under way", count: places, in: &region)
    blocked = SlotQueue("connections blocked", capacity: places, in: &region)
    blockedSince = SlotTable("blocked since", count: places, in: &region)
    owed = Agenda(
      "connections owed", goingOn: "connections owed more", capacity: places,
      quantum: limits.connectionWork, in: &region)
    short = SlotQueue("connections short of blocks", capacity: places, in: &region)
    dying = SlotQueue("connections dying", capacity: places, in: &region)
  }

  /// The SUBSCRIBE or UNSUBSCRIBE that a connection has under way.
  func request(of connection: Handle<Connection>) -> LongRequest {
    if let lastRequest, lastRequest.place == connection.index { return lastRequest.request }
    return requests[connection.index]
  }

  /// Keeps the SUBSCRIBE or UNSUBSCRIBE that a connection has under way.
  mutating func setRequest(of connection: Handle<Connection>, to request: LongRequest) {
    if let lastRequest, lastRequest.place != connection.index {
      requests[lastRequest.place] = lastRequest.request
    }
    lastRequest = (connection.index, request)
  }

  /// Forgets the SUBSCRIBE or UNSUBSCRIBE of a connection, which is done with.
  mutating func endRequest(of connection: Handle<Connection>) {
    if let lastRequest, lastRequest.place == connection.index { self.lastRequest = nil }
  }

  /// How many connections have something to send.
  package var owedCount: Int { owed.count }

  /// Lets a connection send what it has, behind the others that have not just been sent something.
  mutating func owe(_ connection: Handle<Connection>) { owed.append(connection.index) }

  /// Lets a connection send what did not fit in one go, behind all others.
  mutating func oweMore(_ connection: Handle<Connection>) {
    owed.appendGoingOn(connection.index)
  }

  /// Lets a connection send its last words, before whoever comes in its place is answered.
  mutating func oweLast(_ connection: Handle<Connection>) { owed.appendComing(connection.index) }

  /// Whether a connection has something to send.
  package func isOwed(_ connection: Handle<Connection>) -> Bool {
    owed.contains(connection.index)
  }

  /// Whether the next that has something to send goes on: all others have been sent what they had.
  package var owesOnlyMore: Bool { owed.hasOnlyGoing }

  /// Says what work was done for the connection that was taken out last.
  mutating func pay(_ units: Int) { owed.pay(units) }

  /// Takes out the place that has had something to send longest.
  mutating func nextOwed() -> Int? { owed.removeFirst() }

  /// Lets a connection wait until there are more send blocks.
  mutating func waitForBlocks(_ connection: Handle<Connection>) { short.append(connection.index) }

  /// Whether a connection waits for send blocks.
  func isShort(_ connection: Handle<Connection>) -> Bool { short.contains(connection.index) }

  /// Says that something was given back for which somebody may wait.
  mutating func askAll() { unasked = short.count }

  /// Takes out the place that has waited longest for send blocks and is to try again; nil when all
  /// have been asked.
  mutating func nextUnasked() -> Int? {
    guard unasked > 0, let place = short.removeFirst() else { return nil }
    unasked -= 1
    return place
  }

  /// Whether anybody waits for send blocks.
  var isShort: Bool { !short.isEmpty }

  /// Whether somebody waits for send blocks for whom there may be some now.
  package var hasUnasked: Bool { unasked > 0 }

  /// Counts a connection that has begun or ceased to hold blocks, after each change of its outgoing
  /// bytes.
  mutating func countHolder(_ connection: inout Connection) {
    let isHolder = !connection.output.isEmpty
    guard connection.isHolder != isHolder else { return }
    connection.isHolder = isHolder
    holders += isHolder ? 1 : -1
  }

  /// How many connections are to be closed.
  package var dyingCount: Int { dying.count }

  /// Lets a connection be closed.
  mutating func bury(_ connection: Handle<Connection>) { dying.append(connection.index) }

  /// Takes out the next place that is to be closed.
  mutating func nextDying() -> Int? { dying.removeFirst() }

  /// Forgets a connection that is closed.
  mutating func forget(_ connection: Handle<Connection>) {
    owed.remove(connection.index)
    short.remove(connection.index)
    dying.remove(connection.index)
    blocked.remove(connection.index)
  }

  /// Remembers since when the network takes nothing of a connection.
  mutating func block(_ connection: Handle<Connection>, at now: Instant) {
    blocked.append(connection.index)
    blockedSince[connection.index] = now
  }

  /// Says that the network takes something of a connection again.
  mutating func unblock(_ connection: Handle<Connection>) { blocked.remove(connection.index) }

  /// The place of which the network has taken nothing longest, and since when; nil for none.
  var longestBlocked: (place: Int, since: Instant)? {
    blocked.front.map { ($0, blockedSince[$0]) }
  }

  /// Since when the network has taken nothing of a connection that is blocked.
  func blockedSince(_ connection: Handle<Connection>) -> Instant {
    blockedSince[connection.index]
  }
}

/// A Payload that is moved to a connection's outgoing bytes piece by piece, and the bytes that leave
/// after it.
struct PayloadStream: BitwiseCopyable {
  var message: Handle<Message> = .null
  var cursor = ChainCursor(startOf: Chain())
  var remaining: UInt32 = 0
  var behind = Chain()
}
