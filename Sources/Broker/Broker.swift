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
  var presence: Presence
  var sessions: SessionDirectory
  /// Whom each session belongs to.
  var identities: SlotTable<Identity>
  var subscriptions: SubscriptionIndex
  /// By which group each delivery came that did.
  var groupsOfDeliveries: SlotTable<GroupMark>
  var messages: MessageStore
  var retention: Retention
  /// Client Identifiers, User Names, levels of filters, aliases.
  var texts: ByteChains
  var aliases: Aliases
  var names: Names

  package internal(set) var arrivals: Arrivals
  package internal(set) var departures: Departures
  var logins: Logins
  var schedule: Schedule
  /// How each table is shared by those who fill it.
  let shares: Shares
  /// Those for whom several tables count, and whose each session is.
  var owners: Owners

  package internal(set) var statistics = Statistics()
  package var log: Log
  var system: SystemFigures
  /// The moment of this turn: time comes in by `advance(to:)` alone.
  package private(set) var now: Instant
  let startedAt: Instant
  /// Work of this turn for what nobody waits for: it is done at once while there is some, and by and
  /// by when there is none.
  var courtesy = Work(0)
  /// Units of work that the last turn took, with all that was done out of courtesy.
  package private(set) var lastTurn = 0
  var endings: Endings
  /// Messages that go to so many that it takes several turns.
  var lane: SlowLane
  /// How often something had been given back when those who wait were asked last.
  var releasesSeen: UInt64 = 0
  /// Where the sweep for what has expired stands, and how many it has still to look at in this second.
  var sweep = (position: 0, left: 0)
  var assignedIdentifiers: UInt64
  var isStopping = false

  package init(
    limits: Limits, policy: Policy, seed: UInt64, at beginning: Instant, in region: inout Region
  ) {
    self.policy = policy
    self.limits = limits
    hash = SeededHash(seed: seed)
    assignedIdentifiers = seed
    now = beginning
    startedAt = beginning
    // Beyond the limit there are places to read a CONNECT and refuse it in its own version.
    let places = limits.places
    access = Access(limits: limits, hash: hash, in: &region)
    connections = Pool("connections", capacity: places, in: &region)
    presence = Presence(places: places, sessions: limits.sessions, in: &region)
    sessions = SessionDirectory(limits, hash: hash, in: &region)
    identities = SlotTable("identities", count: limits.sessions, in: &region)
    subscriptions = SubscriptionIndex(limits, hash: hash, in: &region)
    groupsOfDeliveries = SlotTable(
      "groups of deliveries", count: limits.deliveries, in: &region)
    messages = MessageStore(limits, in: &region)
    retention = Retention(limits, hash: hash, in: &region)
    texts = ByteChains("text blocks", count: limits.textBlocks, blockBytes: 32, in: &region)
    aliases = Aliases(limits, in: &region)
    names = Names(limits, in: &region)
    endings = Endings(sessions: limits.sessions, in: &region)
    lane = SlowLane(connections: places, sessions: limits.sessions, in: &region)
    shares = Shares(limits)
    owners = Owners(count: limits.owners, sessions: limits.sessions, in: &region)
    arrivals = Arrivals(
      places: places, share: shares.receiveBlocks, limits: limits, in: &region)
    departures = Departures(places: places, limits: limits, in: &region)
    logins = Logins(places: places, limits: limits, hash: hash, in: &region)
    schedule = Schedule(connections: places, sessions: limits.sessions, in: &region)
    log = Log(byteCount: limits.logBytes, addresses: limits.logAddresses, in: &region)
    system = SystemFigures(in: &region)
  }

  package subscript(connection: Handle<Connection>) -> Connection {
    _read { yield connections[connection] }
    _modify { yield &connections[connection] }
  }

  /// Says what time it is; called once a turn, before anything else.
  package mutating func advance(to now: Instant) {
    self.now = now
    courtesy = Work(limits.pieceWork)
    log.advance(to: now)
  }

  /// Takes a new Network Connection, or a visitor's; nil when there is no place even to refuse it.
  package mutating func open(
    listener: Int, peer: Peer, transport: Transport = .stream
  ) -> Handle<Connection>? {
    var new = Connection(
      listener: UInt8(truncatingIfNeeded: listener), transport: transport, at: now)
    new.address = peer.network
    new.owner = owners.hold(key: hash.wide(peer.network, 0))
    let shortage = shares.entering.shortage(
      of: .connections, for: 1, holding: Int(owners[new.owner].entering),
      free: placesLeft(for: new.owner))
    if let shortage {
      connections.refuse()
      return turnAway(new, peer, shortage.words)
    }
    guard let connection = connections.claim(new) else {
      preconditionFailure("the share saw to it")
    }
    owners[new.owner].places += 1
    owners[new.owner].entering += 1
    presence.setPeer(of: connection, to: peer)
    statistics.connectionsOpened += 1
    log.count(.connectionOpened)
    schedule.set(connection, to: now.adding(milliseconds: policy.connectTimeout))
    return connection
  }

  /// Places that are left for an owner: the last two are for those who have none at all, or one address
  /// could have all of the few that a small board keeps.
  private func placesLeft(for owner: Handle<Owner>) -> Int {
    let free = connections.occupancy.free
    return owners[owner].places == 0 ? free : max(0, free - 2)
  }

  private mutating func turnAway(
    _ connection: Connection, _ peer: Peer, _ words: StaticString
  ) -> Handle<Connection>? {
    owners.release(connection.owner)
    note(.connectionRefused, of: Culprit(peer: peer), words)
    return nil
  }

  /// Keeps who is at the other end of a connection, in place of a proxy that speaks for it: from now
  /// on it counts for that address.
  package mutating func setPeer(of connection: Handle<Connection>, to peer: Peer) {
    presence.setPeer(of: connection, to: peer)
    let (old, new) = (connections[connection].owner, owners.hold(key: hash.wide(peer.network, 0)))
    let entering: UInt32 = connections[connection].hasEntered ? 0 : 1
    owners[new].places += 1
    owners[new].entering += entering
    owners[old].places -= 1
    owners[old].entering -= entering
    owners.release(old)
    connections[connection].owner = new
    connections[connection].address = peer.network
  }

  /// Keeps who the peer of a connection has proved to be, by its certificate or a shared key.
  ///
  /// Without room for it, it has proved nothing.
  package mutating func identify(_ connection: Handle<Connection>, as name: Span<UInt8>) {
    guard !name.isEmpty else { return }
    presence.prove(name, of: connection, texts: &texts)
  }

  /// How many connections there may be, those that are refused included.
  package var places: Int { connections.capacity }

  /// The connection in a slot.
  package func connection(at place: Int) -> Handle<Connection>? { connections.handle(at: place) }

  /// The next connection that may be read again.
  package mutating func nextResumed() -> Handle<Connection>? {
    while let place = arrivals.nextResumed() {
      if let connection = connections.handle(at: place) { return connection }
    }
    return nil
  }

  /// Whether a connection is of use still: not on its way out.
  package func isLive(_ connection: Handle<Connection>) -> Bool { connections[connection].isLive }

  /// What is asked of those who came in by the same listener.
  ///
  /// Inlined, since whoever wants one member of it for each message needs no copy of all.
  @inline(__always)
  func listenerPolicy(of connection: Handle<Connection>) -> ListenerPolicy {
    policy.listeners[Int(connections[connection].listener)]
  }

  /// Lets the numbers that begin anew do so soon, for tests.
  package mutating func windUp() {
    subscriptions.windUp()
    sessions.windUp()
  }

  /// Units of work that a turn may take.
  package var turnWork: Int { limits.turnWork }

  /// Remembers the longest turn, and the one with most work.
  package mutating func measureTurn(microseconds: UInt64, work: Int) {
    lastTurn = work + courtesy.paid
    statistics.longestTurn = max(statistics.longestTurn, microseconds)
    statistics.largestTurn = max(statistics.largestTurn, lastTurn)
  }
}

extension SessionDirectory {
  init(_ limits: Limits, hash: SeededHash, in region: inout Region) {
    self.init(
      sessions: limits.sessions, deliveries: limits.deliveries, unreleased: limits.unreleased,
      hash: hash, in: &region)
  }
}

extension SubscriptionIndex {
  init(_ limits: Limits, hash: SeededHash, in region: inout Region) {
    self.init(
      Sizes(
        subscriptions: limits.subscriptions, subscribers: limits.sessions,
        groups: limits.sharedGroups, nodes: limits.topicNodes, levels: limits.topicLevels,
        quickMatches: limits.pieceWork / WorkPrice.copy),
      hash: hash, in: &region)
  }
}

extension MessageStore {
  init(_ limits: Limits, in region: inout Region) {
    self.init(
      count: limits.messages, blocks: limits.messageBlocks, blockBytes: limits.messageBlockBytes,
      in: &region)
  }
}
