import Board
import MQTT
import Memory
import Messages
import Sessions
import Topics

/// Messages that go to so many that it takes several turns: one after the other, in the order they
/// came, each held in the store meanwhile.
///
/// Whoever publishes to a topic that is here comes here too, so that all subscribers see the messages
/// of a topic in one order.
struct SlowLane: ~Copyable {
  private let anchor = Anchor()
  private var queue: SlotQueue
  private var publications: SlotTable<SlowPublication>
  /// How many here have a topic whose hash ends in this.
  private var topics = InlineArray<64, UInt32>(repeating: 0)
  private let connections: Int
  private let sessions: Int
  /// Places for messages of the Server's own, and which of them are taken, a bit for each.
  private let ownPlaces: Int
  private var taken: UInt64 = 0
  /// The publication that is being distributed, and how far it is.
  private(set) var current: SlowPublication?
  var stage = Stage.matching
  /// The match to look at next, and who of it has been asked.
  var place = 0
  var choice = Choice()

  enum Stage: UInt8, BitwiseCopyable {
    /// Who is to be sent it is collected.
    case matching
    /// Those are looked for whose full queues refuse it.
    case asking
    /// Each gets a copy.
    case delivering
  }

  init(connections: Int, sessions: Int, in region: inout Region) {
    self.connections = connections
    self.sessions = sessions
    ownPlaces = min(64, connections)
    let count = connections + sessions + ownPlaces
    queue = SlotQueue("slow publications", capacity: count, in: &region)
    publications = SlotTable("slow publication", count: count, in: &region)
  }

  /// Whether the Server may publish more of its own for now.
  var hasOwnRoom: Bool { taken.nonzeroBitCount < ownPlaces / 2 }

  /// Whether anything is here.
  var isBusy: Bool { current != nil || !queue.isEmpty }

  /// Whether a message of a topic with this hash may be here.
  func concerns(_ topicHash: UInt64) -> Bool {
    isBusy && topics[Int(SlowPublication.topicClass(of: topicHash))] > 0
  }

  /// Lets a connection's message wait for its turn.
  mutating func enter(_ publication: SlowPublication, of connection: Handle<Connection>) {
    enter(publication, at: connection.index)
  }

  /// Lets a session's Will wait for its turn; false when too many of its and of the Server's are here.
  mutating func enter(_ publication: SlowPublication, of session: Handle<Session>) -> Bool {
    let slot = connections + session.index
    // One Will of a session after another, before the first has had its turn.
    guard !queue.contains(slot) else { return enter(publication) }
    enter(publication, at: slot)
    return true
  }

  /// Lets a message of the Server's own wait for its turn; false when too many are here.
  mutating func enter(_ publication: SlowPublication) -> Bool {
    let free = (~taken).trailingZeroBitCount
    guard free < ownPlaces else { return false }
    taken |= 1 << UInt64(free)
    enter(publication, at: connections + sessions + free)
    return true
  }

  private mutating func enter(_ publication: SlowPublication, at slot: Int) {
    publications[slot] = publication
    topics[Int(publication.topicClass)] += 1
    queue.append(slot)
  }

  /// Puts the publication that is being distributed by, until there is room for it.
  mutating func setAside() {
    guard let current else { return }
    publications[current.connection.index] = current
    self.current = nil
  }

  /// Lets a connection's message that was put by have another turn; false when there is none.
  mutating func reenter(_ connection: Handle<Connection>) -> Bool {
    guard !publications[connection.index].message.isNull else { return false }
    queue.append(connection.index)
    return true
  }

  /// Says that a connection ends. What it has published goes on without it; the message is returned
  /// if it cannot, since it was put by or too many are here.
  mutating func leave(_ connection: Handle<Connection>) -> SlowPublication? {
    var publication = publications[connection.index]
    guard !publication.message.isNull else { return nil }
    let wasQueued = queue.contains(connection.index)
    queue.remove(connection.index)
    topics[Int(publication.topicClass)] -= 1
    publications[connection.index] = SlowPublication()
    publication.connection = .null
    return wasQueued && enter(publication) ? nil : publication
  }

  /// Begins with the next; false when there is none.
  mutating func beginNext() -> Bool {
    guard let slot = queue.removeFirst() else { return false }
    let first = connections + sessions
    if slot >= first { taken &= ~(1 << UInt64(slot - first)) }
    current = publications[slot]
    publications[slot] = SlowPublication()
    begin(.matching)
    return true
  }

  /// Ends with the one that is being distributed.
  mutating func end() {
    if let current { topics[Int(current.topicClass)] -= 1 }
    current = nil
  }

  /// Begins a stage with the first match.
  mutating func begin(_ stage: Stage) {
    self.stage = stage
    place = 0
    choice = Choice()
  }

  /// Goes on to the next match.
  mutating func advance() {
    place += 1
    choice = Choice()
  }
}

/// A message that goes the slow way.
struct SlowPublication: BitwiseCopyable {
  /// The message, which it holds.
  var message = Handle<Message>.null
  /// Who published it; null for the Server.
  var session = Handle<Session>.null
  /// The group that it is for alone; null for all who match.
  var group = Handle<SharedGroup>.null
  /// Who waits for its acknowledgement; null for nobody.
  var connection = Handle<Connection>.null
  /// Of its PUBLISH.
  var packetIdentifier: UInt16 = 0
  /// Whether it is to take its place among the retained messages when it has gone to all.
  var isToBeRetained = false
  /// The end of its topic's hash.
  private(set) var topicClass: UInt8 = 0

  init() {}

  init(
    of message: Handle<Message>, topicHash: UInt64, from session: Handle<Session>
  ) {
    self.message = message
    self.session = session
    topicClass = SlowPublication.topicClass(of: topicHash)
  }

  /// Topics are told apart by so much of their hashes.
  static func topicClass(of topicHash: UInt64) -> UInt8 { UInt8(topicHash & 63) }
}
