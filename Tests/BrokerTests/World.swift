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
  private(set) var clients: [Client] = []
  /// How many bytes a client's network takes in one turn.
  var sendsAtOnce = Int.max
  /// Iterations of hashing that one turn does; the digest of a password is the password itself.
  var hashIterations = 1000
  /// The password that is being hashed.
  var hashing: Hashing?
  /// How many turns there were, and how much work the one with most of it took.
  var turns = 0
  var mostWork = 0

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

  static var limits: Limits {
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
    limits.retained = 200
    limits.retainedLevels = 300
    limits.deliveries = 300
    limits.unreleased = 60
    limits.packetBytes = 20_000
    limits.defaultPacketBytes = 20_000
    limits.receiveBytes = 4000
    limits.receiveBlocks = 340
    limits.receiveBlockBytes = 128
    limits.sendBlocks = 200
    limits.sendBlockBytes = 256
    limits.sendBytes = 8000
    limits.logBytes = 2000
    limits.owners = 80
    // A world is made thousands of times: what access has is not what a board has.
    limits.users = 100
    limits.accessRules = 1200
    limits.accessTextBytes = 65_536
    limits.accessDecisions = 1024
    limits.failedAddresses = 16
    return limits
  }

  /// Opens a connection on which nothing was sent yet.
  ///
  /// - Parameter address: where it comes from; zero for where nobody knows.
  func open(_ version: Version = .v5, listener: Int = 0, address: UInt32 = 0) -> Client? {
    let peer = address == 0 ? Peer.none : Peer(version4: address, port: 1883)
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
    userName: String? = nil, password: String? = nil, listener: Int = 0, address: UInt32 = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> Client {
    guard let client = open(version, listener: listener, address: address) else {
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
    if let bytes = passwords?.bytes {
      var place = FilePlace()
      let remark = broker.access.readPasswords(bytes.span, security: security, from: &place)
      if let remark { throw remark }
    }
    if let bytes = rules?.bytes {
      var place = FilePlace()
      while let remark = broker.access.readRules(bytes.span, security: security, from: &place) {
        if !remark.isWarning { throw remark }
      }
    }
    broker.adopt(broker.policy, levels: 0)
    turn()
  }

  /// Lets time pass, and does what is due.
  func pass(milliseconds: UInt64) {
    now = now.adding(milliseconds: milliseconds)
    turn()
  }

  func pass(seconds: UInt64) { pass(milliseconds: seconds * 1000) }

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

extension Policy {
  /// Keeps a text among those that it refers to.
  mutating func text(_ text: String) -> PolicyText {
    guard let kept = texts.keep(text.bytes.span) else { preconditionFailure("no room for texts") }
    return kept
  }
}
