import Access
import Board
import MQTT
import Memory
import Messages
import Sessions
import Topics

/// The protocol as a value: no socket, no clock, no file.
///
/// Bytes come in by `receive`, answers gather in the connections' outgoing bytes, and time comes
/// in as an argument. Whoever owns a Broker (the Server, a test) moves the bytes.
package struct Broker: ~Copyable {
  private let anchor = Anchor()
  package var policy: Policy
  let limits: Limits
  let hash: SeededHash
  package var access: Access

  var connections: Pool<Connection>
  /// The connection of each session's slot; null while it has none.
  var connectionOf: SlotTable<Handle<Connection>>
  var sessions: SessionDirectory
  var subscriptions: SubscriptionIndex
  var retained: RetainedIndex
  /// How far the replay of each session has come.
  var replays: SlotTable<Replay>
  var messages: MessageStore
  var texts: ByteChains
  var aliasTables: Pool<AliasTable>
  var aliasTexts: SlotTable<Chain>

  package internal(set) var receiving: ByteChains
  package internal(set) var sending: ByteChains
  /// A whole packet in one piece, while it is read.
  var packet: Buffer
  /// A Topic Name or Filter in one piece: of an alias, a Will, a replay.
  var name: Buffer
  var filter: Buffer
  /// A Topic Name or Filter behind the mount point of its listener.
  var mountedName: Buffer
  /// The reason codes of a SUBACK or UNSUBACK.
  var codes: Buffer

  /// Connections that have something to send.
  package internal(set) var owed: Ring<Handle<Connection>>
  /// Connections whose input waits for room.
  var stalled: Ring<Handle<Connection>>
  /// Connections that the network was told not to read and may read again.
  package internal(set) var resumed: Ring<Handle<Connection>>
  /// Connections that are to be closed.
  package internal(set) var dying: Ring<Handle<Connection>>
  /// How many connections hold receive blocks.
  var receivers = 0
  /// Receive blocks that are put by for packets that have begun to arrive.
  var promisedBlocks = 0
  /// Clients connected by each listener.
  var connected = Limits.PerListener<Int>(repeating: 0)
  /// First one place for each connection, then one for each session, then the broker's own.
  var deadlines: Deadlines

  package internal(set) var statistics = Statistics()
  package var log: Log
  var load = LoadAverages()
  var systemValues: SlotTable<UInt32>
  /// What the Server says of pools that are not the Broker's.
  var foreignPools = InlineArray<6, PoolStatus?>(repeating: nil)

  /// Whom each session belongs to.
  var identities: SlotTable<Identity>
  /// Who retained the message at each position; empty where that is not known.
  var retainedSources: SlotTable<Chain>
  var sourceCount = 0
  /// The places of connections whose passwords are to be hashed, in turn, and which stand there.
  var logins: Ring<UInt32>
  var isLoginQueued: SlotTable<Bool>
  var login: Login?
  var failures: FailedLogins
  /// Names in one piece, cut off where they are longer than any rule's.
  var userName: Buffer
  var clientName: Buffer
  var source: Buffer
  /// The moment of this turn: time comes in by `advance(to:)` alone.
  package private(set) var now: Instant
  let startedAt: Instant
  var sweepPosition = 0
  var assignedIdentifiers: UInt64
  var isStopping = false

  package init(
    limits: Limits, policy: Policy, seed: UInt64, at beginning: Instant, in region: inout Region
  ) {
    self.policy = policy
    self.limits = limits
    hash = SeededHash(seed: seed)
    access = Access(limits: limits, hash: hash, in: &region)
    assignedIdentifiers = seed
    now = beginning
    startedAt = beginning
    // Beyond the limit there are places to read a CONNECT and refuse it in its own version.
    let places = limits.connections + Broker.refusalPlaces
    connections = Pool("connections", capacity: places, in: &region)
    connectionOf = SlotTable("session connections", count: limits.sessions, in: &region)
    sessions = SessionDirectory(
      sessions: limits.sessions, deliveries: limits.deliveries, unreleased: limits.unreleased,
      hash: hash, in: &region)
    subscriptions = SubscriptionIndex(
      subscriptions: limits.subscriptions, subscribers: limits.sessions,
      groups: limits.sharedGroups, nodes: limits.topicNodes, levels: limits.topicLevels,
      hash: hash, in: &region)
    retained = RetainedIndex(
      count: limits.retained, levels: limits.retainedLevels, deepest: Broker.retainedDepth,
      walkers: limits.sessions, hash: hash, in: &region)
    replays = SlotTable("replays", count: limits.sessions, in: &region)
    messages = MessageStore(
      count: limits.messages, blocks: limits.messageBlocks, blockBytes: limits.messageBlockBytes,
      in: &region)
    texts = ByteChains("text blocks", count: limits.textBlocks, blockBytes: 32, in: &region)
    aliasTables = Pool("topic aliases", capacity: limits.aliasTables, in: &region)
    aliasTexts = SlotTable(
      "topic alias texts", count: limits.aliasTables * limits.topicAliases * 2, in: &region)
    receiving = ByteChains(
      "receive blocks", count: limits.receiveBlocks, blockBytes: limits.receiveBlockBytes,
      in: &region)
    sending = ByteChains(
      "send blocks", count: limits.sendBlocks, blockBytes: limits.sendBlockBytes, in: &region)
    packet = Buffer(
      "packet", capacity: limits.packetBytes + limits.receiveBytes, in: &region)
    name = Buffer("topic name", capacity: limits.topicBytes, in: &region)
    filter = Buffer("topic filter", capacity: limits.topicBytes + 2, in: &region)
    mountedName = Buffer("mounted name", capacity: limits.topicBytes, in: &region)
    codes = Buffer("reason codes", capacity: limits.packetBytes / 3, in: &region)
    owed = Ring("connections owed", capacity: places, in: &region)
    stalled = Ring("connections stalled", capacity: places, in: &region)
    resumed = Ring("connections resumed", capacity: places, in: &region)
    dying = Ring("connections dying", capacity: places, in: &region)
    deadlines = Deadlines(
      "deadlines", capacity: places + limits.sessions + BrokerDeadline.count, in: &region)
    log = Log(byteCount: limits.logBytes, in: &region)
    systemValues = SlotTable("system topics", count: SystemTopic.count, in: &region)
    identities = SlotTable("identities", count: limits.sessions, in: &region)
    retainedSources = SlotTable("retained sources", count: limits.retained, in: &region)
    logins = Ring("logins", capacity: places, in: &region)
    isLoginQueued = SlotTable("logins queued", count: places, in: &region)
    failures = FailedLogins(count: limits.failedAddresses, in: &region)
    // One byte more than a rule can have, so that what is cut off fits none.
    let nameBytes = min(limits.topicBytes + 1, Int(UInt16.max))
    userName = Buffer("user name", capacity: nameBytes, in: &region)
    clientName = Buffer("client name", capacity: nameBytes, in: &region)
    source = Buffer("retained source", capacity: 4 + 2 * nameBytes, in: &region)
  }

  /// How many connections there may be beyond the limit, to be refused politely.
  static var refusalPlaces: Int { 4 }

  /// The most levels that the topic of one retained message may take, however many it has.
  private static var retainedDepth: Int { 16 }

  package subscript(connection: Handle<Connection>) -> Connection {
    _read { yield connections[connection] }
    _modify { yield &connections[connection] }
  }

  /// Says what time it is; called once a turn, before anything else.
  package mutating func advance(to now: Instant) {
    self.now = now
    log.advance(to: now)
  }

  /// Takes a new Network Connection; nil when there is no place even to refuse it.
  ///
  /// - Parameter address: a number that its peer's address is known by; zero for none.
  package mutating func open(listener: Int, address: UInt64 = 0) -> Handle<Connection>? {
    var new = Connection(listener: UInt8(truncatingIfNeeded: listener), at: now)
    new.address = address
    guard let connection = connections.claim(new) else {
      note(.connectionRefused, nil, "there is no place for it")
      return nil
    }
    statistics.connectionsOpened += 1
    note(.connectionOpened, nil, "")
    deadlines.set(connection.index, to: now.adding(milliseconds: policy.connectTimeout))
    return connection
  }

  /// Keeps who the peer of a connection has proved to be, by its certificate or a shared key.
  ///
  /// Without room for it, it has proved nothing.
  package mutating func identify(_ connection: Handle<Connection>, as name: Span<UInt8>) {
    guard !name.isEmpty else { return }
    _ = texts.append(name, to: &connections[connection].identity)
  }

  /// How many connections there may be, those that are refused included.
  package var places: Int { connections.capacity }

  /// The connection in a slot.
  package func connection(at place: Int) -> Handle<Connection>? { connections.handle(at: place) }

  /// The next connection that may be read again.
  package mutating func nextResumed() -> Handle<Connection>? {
    while let connection = resumed.removeFirst() {
      if connections.contains(connection) { return connection }
    }
    return nil
  }

  /// What is asked of those who came in by the same listener.
  ///
  /// Inlined, since whoever wants one member of it for each message needs no copy of all.
  @inline(__always)
  func listenerPolicy(of connection: Handle<Connection>) -> ListenerPolicy {
    policy.listeners[Int(connections[connection].listener)]
  }

  /// Remembers the longest turn.
  package mutating func measureTurn(microseconds: UInt64) {
    statistics.longestTurn = max(statistics.longestTurn, microseconds)
  }

  /// Counts an event and logs it with the client it concerns.
  @inline(never)
  mutating func note(_ event: Event, _ session: Handle<Session>?, _ words: StaticString) {
    guard log.counts(event) && (policy.logsConnections || !event.isOfConnection) else { return }
    var line = Line()
    describe(event, session, words, in: &line)
    log.append(line, event.level)
  }
}

/// The deadlines that belong to the broker itself.
enum BrokerDeadline: UInt8 {
  case systemTopics
  case sweep

  static var count: Int { 2 }
}
