import Access
import Board
import Memory
import Support
import Testing

@testable import Broker

/// A broker with nobody connected, and the turns of a server around it.
final class World {
  var broker: Broker
  private(set) var now = Instant(milliseconds: 1_000_000)
  /// In the order they came, which decides who is read first.
  private var clients: [Client] = []
  /// How many bytes a client's network takes in one turn.
  var sendsAtOnce = Int.max

  /// - Parameter change: what differs from small limits that are not reached by chance.
  init(_ policy: Policy = World.policy(), change: (inout Limits) -> Void = { _ in }) {
    var limits = World.limits
    change(&limits)
    let (beginning, chosen) = (now, limits)
    broker = carved {
      Broker(limits: chosen, policy: policy, seed: 42, at: beginning, in: &$0)
    }
    broker.advance(to: now)
    broker.adopt(policy, levels: 0)
  }

  /// The configuration's defaults, without `$SYS`.
  static func policy(_ change: (inout Policy) -> Void = { _ in }) -> Policy {
    var policy = Policy()
    policy.systemInterval = 0
    policy.maximumPacketSize = 20_000
    for listener in policy.listeners.indices {
      policy.listeners[listener].maximumTopicAlias = 4
      policy.listeners[listener].maximumTopicAliasOut = 4
      policy.listeners[listener].maximumConnections = 1000
    }
    change(&policy)
    return policy
  }

  /// Takes another configuration over, as at SIGHUP.
  func adopt(_ policy: Policy) {
    broker.adopt(policy, levels: 0)
    turn()
  }

  private static var limits: Limits {
    var limits = Limits()
    limits.connections = 16
    limits.sessions = 24
    limits.subscriptions = 64
    limits.topicNodes = 200
    limits.topicLevels = 16
    limits.sharedGroups = 8
    limits.textBlocks = 400
    limits.topicBytes = 1000
    limits.topicAliases = 4
    limits.aliasTables = 16
    limits.messages = 300
    limits.messageBlocks = 600
    limits.messageBlockBytes = 128
    limits.retained = 100
    limits.retainedLevels = 200
    limits.deliveries = 300
    limits.unreleased = 60
    limits.packetBytes = 20_000
    limits.defaultPacketBytes = 20_000
    limits.receiveBytes = 4000
    limits.receiveBlocks = 200
    limits.receiveBlockBytes = 128
    limits.sendBlocks = 200
    limits.sendBlockBytes = 256
    limits.sendBytes = 8000
    limits.logBytes = 2000
    return limits
  }

  /// Opens a connection on which nothing was sent yet.
  func open(_ version: Version = .v5, listener: Int = 0, address: UInt64 = 0) -> Client? {
    let peer = address == 0 ? Peer.none : Peer(version4: UInt32(address), port: 1883)
    guard let handle = broker.open(listener: listener, peer: peer) else { return nil }
    let client = Client(self, handle, version)
    clients.append(client)
    return client
  }

  /// Connects a client that is accepted.
  @discardableResult
  func connect(
    _ name: String, _ version: Version = .v5, clean: Bool = true, keepAlive: Int = 0,
    _ properties: Properties = .none, will: WillMessage? = nil, present: Bool = false,
    userName: String? = nil, password: String? = nil, listener: Int = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> Client {
    guard let client = open(version, listener: listener) else {
      preconditionFailure("there is no place for a connection")
    }
    client.send(
      Packet.connect(
        name, version, clean: clean, keepAlive: keepAlive, properties, will: will,
        userName: userName, password: password))
    let answers = client.answers()
    #expect(
      answers.first == .connack(present: present, code: 0), "\(name)",
      sourceLocation: sourceLocation)
    client.unread = Array(answers.dropFirst())
    return client
  }

  /// Takes these users and rules over, as a reload does.
  func take(passwords: String? = nil, rules: String? = nil, security: Int = 0) throws {
    broker.access.beginFilling()
    if let passwords {
      try broker.access.readPasswords(passwords.bytes.span, security: security)
    }
    if let rules { try broker.access.readRules(rules.bytes.span, security: security) }
    broker.adopt(broker.policy, levels: 0)
    turn()
  }

  /// Iterations of hashing that one turn does; the digest of a password is the password itself.
  var hashIterations = 1000
  /// Iterations that the password under way still needs.
  private var remaining: Int?
  private var digest = InlineArray<64, UInt8>(repeating: 0)

  private func checkPasswords() -> Bool {
    var left = hashIterations
    var isMoving = false
    while left > 0 {
      if !broker.awaitsLogin { remaining = nil }
      if remaining == nil {
        guard let hash = broker.nextLogin() else { return isMoving }
        remaining = Int(hash.iterations)
        digest = InlineArray(repeating: 0)
        let password = broker.password
        for index in 0..<min(64, password.count) { digest[index] = password[index] }
      }
      isMoving = true
      let count = min(left, remaining ?? 0)
      left -= count
      remaining = (remaining ?? 0) - count
      if remaining == 0 {
        remaining = nil
        broker.finishLogin(digest)
      }
    }
    return isMoving
  }

  /// Lets time pass, and does what is due.
  func pass(milliseconds: UInt64) {
    now = now.adding(milliseconds: milliseconds)
    turn()
  }

  func pass(seconds: UInt64) { pass(milliseconds: seconds * 1000) }

  /// Turns until nothing moves any more: input, what is due, output, closes.
  func turn() {
    for _ in 0..<400 where !step() { return }
  }

  /// One turn; false when nothing moved in it.
  func step() -> Bool {
    broker.advance(to: now)
    broker.retryStalled()
    var isMoving = false
    for client in clients where client.deliver() { isMoving = true }
    while let handle = broker.nextResumed() { broker[handle].isMuted = false }
    broker.expire()
    if checkPasswords() { isMoving = true }
    if send() { isMoving = true }
    while let handle = broker.nextDying() {
      for client in clients where client.handle == handle { client.close() }
      broker.release(handle)
    }
    return isMoving
  }

  private func send() -> Bool {
    var isMoving = false
    for _ in 0..<broker.departures.owedCount {
      guard let handle = broker.nextOwed() else { break }
      if broker.fill(handle) { isMoving = true }
      guard let client = clients.first(where: { $0.handle == handle }) else { continue }
      if client.takeOutgoing(atMost: sendsAtOnce) > 0 { isMoving = true }
      if !client.isDeaf && broker.hasMore(for: handle) { broker.owe(handle) }
    }
    return isMoving
  }

  func forget(_ client: Client) { clients.removeAll { $0 === client } }

  /// How often something happened.
  func count(_ event: Event) -> UInt64 { broker.log.count(of: event) }

  /// What is in use of a pool, by its name in `$SYS`.
  func used(_ name: String) -> Int { status(name).used }
  func refused(_ name: String) -> UInt64 { status(name).refused }

  private func status(_ name: String) -> Occupancy {
    for number in 0..<Broker.poolCount {
      guard let pool = broker.pool(number) else { continue }
      if pool.name.description == name { return pool.occupancy }
    }
    preconditionFailure("no pool is named \(name)")
  }

  /// The pools of which something is in use.
  var usedPools: [String: Int] {
    var pools: [String: Int] = [:]
    for number in 0..<Broker.poolCount {
      guard let pool = broker.pool(number) else { continue }
      if pool.occupancy.used > 0 { pools[pool.name.description] = pool.occupancy.used }
    }
    return pools
  }
}

/// The other end of a connection.
final class Client {
  private let world: World
  let handle: Handle<Connection>
  let version: Version
  private(set) var isOpen = true
  /// It does not read: the network takes nothing more for it.
  var isDeaf = false {
    didSet { listen() }
  }
  private var outbound: [UInt8] = []
  private(set) var inbound: [UInt8] = []
  fileprivate(set) var unread: [Answer] = []
  /// How many bytes arrive at once.
  var piece = Int.max

  init(_ world: World, _ handle: Handle<Connection>, _ version: Version) {
    self.world = world
    self.handle = handle
    self.version = version
  }

  /// Has bytes to send when the broker turns next.
  func queue(_ bytes: [UInt8]) { outbound += bytes }

  /// Sends bytes and lets the broker turn.
  func send(_ bytes: [UInt8]) {
    outbound += bytes
    world.turn()
  }

  /// All packets that came since the last time, once nothing moves.
  func answers() -> [Answer] {
    world.turn()
    defer { unread = [] }
    return unread + Decoder.packets(from: &inbound, version)
  }

  /// The PUBLISH packets that came since the last time; other packets are thrown away.
  func deliveries() -> [Delivered] {
    answers().compactMap { answer in
      if case .publish(let delivered) = answer { return delivered }
      return nil
    }
  }

  /// The texts of the messages that came since the last time.
  func texts() -> [String] { deliveries().map(\.text) }

  /// How many bytes the broker has not taken yet.
  var unsentCount: Int { outbound.count }

  /// The network breaks.
  func lose() {
    guard isOpen else { return }
    world.broker.connectionLost(handle, "a test broke it")
    world.turn()
  }

  /// Sends the packet and returns what comes back.
  func ask(_ bytes: [UInt8]) -> [Answer] {
    send(bytes)
    return answers()
  }

  func subscribe(_ filter: String, _ options: UInt8 = 0, _ properties: Properties = .none) -> UInt8
  {
    let answers = ask(Packet.subscribe([(filter, options)], version, identifier: 77, properties))
    for answer in answers {
      if case .suback(77, let codes) = answer, codes.count == 1 {
        unread = answers.filter { $0 != answer }
        return codes[0]
      }
    }
    Issue.record("\(answers) has no SUBACK")
    return 0xFF
  }

  func publish(
    _ topic: String, _ text: String, qos: UInt8 = 0, identifier: Int = 0, retain: Bool = false,
    _ properties: Properties = .none
  ) {
    send(
      Packet.publish(
        topic, text.bytes, version, qos: qos, identifier: identifier, retain: retain, properties))
  }

  /// Gives the broker what it has room for; false when nothing moved.
  fileprivate func deliver() -> Bool {
    guard isOpen, !outbound.isEmpty, !world.broker[handle].isMuted else { return false }
    let room = world.broker.receiveRoom(of: handle)
    guard room > 0 else {
      world.broker[handle].isMuted = true
      return false
    }
    let count = min(room, outbound.count, piece)
    var target = world.broker.receiveTarget(of: handle, room: room)
    for place in 0..<count { target[place] = outbound[place] }
    outbound.removeFirst(count)
    world.broker.receive(count, on: handle)
    return true
  }

  /// Takes what the broker has for it.
  fileprivate func takeOutgoing(atMost limit: Int) -> Int {
    guard isOpen, !world.broker[handle].isBlocked else { return 0 }
    let outgoing = world.broker[handle].output.bytes
    let count = isDeaf ? 0 : min(outgoing.count, limit)
    inbound += Array(copying: outgoing, of: world.broker.departures.blocks).prefix(count)
    if count > 0 { world.broker.sent(count, on: handle) }
    if isDeaf && outgoing.count > count { world.broker[handle].isBlocked = true }
    return count
  }

  private func listen() {
    guard isOpen, !isDeaf else { return }
    world.broker[handle].isBlocked = false
    world.broker.owe(handle)
  }

  fileprivate func close() {
    isOpen = false
    outbound = []
    world.forget(self)
  }
}

extension Policy {
  /// Keeps a text among those that it refers to.
  mutating func text(_ text: String) -> PolicyText {
    guard let kept = texts.keep(text.bytes.span) else { preconditionFailure("no room for texts") }
    return kept
  }
}
