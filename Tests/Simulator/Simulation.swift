import Board
import Broker
import Memory
import Server

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// One run: a server, its clients and a day of their life, all drawn from one seed.
@safe package struct Simulation: ~Copyable {
  private let options: Options
  package let world: World
  package let oracle: Oracle
  private var server:
    Server<
      SimulatedNetwork, SimulatedClock, SimulatedConsole, SimulatedHasher
    >
  private let memory: UnsafeMutableRawPointer
  private var honest: [HonestClient] = []
  private var hostile: [HostileClient] = []
  private var breaker: RuleBreaker?
  private var newcomer: Newcomer?
  private let turnLimits: TurnLimits
  /// The most that a phase of a turn has taken beyond its part.
  private var largestStep = 0
  /// What the broker had counted before the turn.
  private var counted = TurnCount(packets: 0, copies: 0)
  private let marks = Marks()
  private let policy: Policy

  package init(_ options: Options) {
    self.options = options
    let seed = options.seed
    var chance = Chance(seed: seed ^ 0x5741_4C4C)
    let profile = Profile(from: &chance, hasFiles: Simulation.hasFiles(options))
    policy = profile.policy
    turnLimits = TurnLimits(profile, hasRules: Simulation.hasFiles(options))
    oracle = Oracle(profile, knowsMembers: Simulation.hasOwnGroups(options))
    oracle.answersAtOnce = profile.answersAtOnce
    oracle.breaksPromiseAt = options.breaksPromiseAt
    var faults = Faults(from: &chance)
    for name in options.without { faults.remove(name) }
    world = World(seed: seed, faults: faults, observer: oracle)
    let start = Instant(milliseconds: world.now)
    var counting = Region()
    _ = Broker(
      limits: profile.limits, policy: profile.policy, seed: seed, at: start, in: &counting)
    unsafe memory = zeroedMemory(byteCount: counting.byteCount)
    var region = unsafe Region(memory, byteCount: counting.byteCount)
    var broker = Broker(
      limits: profile.limits, policy: profile.policy, seed: seed, at: start, in: &region)
    region.seal()
    if chance.oneIn(2) { broker.windUp() }
    let network = SimulatedNetwork(world: world, places: broker.places)
    world.marks = marks
    server = Server(
      broker: broker, network: network, clock: SimulatedClock(world: world),
      console: SimulatedConsole(world: world), hasher: SimulatedHasher())
    let users = Simulation.addAdministrator(to: world, options, profile)
    for number in 0..<profile.honestClients {
      let client = HonestClient(
        name: "honest-\(number)", version: UInt8(chance.pick([3, 4, 5, 5])),
        habits: profile.habits(options.pace, &chance), world: world, oracle: oracle,
        seed: chance.next(), address: UInt64(number + 1), user: users[number])
      if !options.without.contains(client.name) { honest.append(client) }
    }
    let breaker = RuleBreaker(profile: profile, marks: marks, world: world, seed: chance.next())
    if !options.without.contains("breaker") { self.breaker = breaker }
    for number in 0..<chance.within(1...3) {
      let client = HostileClient(
        number: number, version: UInt8(chance.pick([3, 4, 5])), pause: 2 * options.pace,
        world: world, joinsGroups: !oracle.knowsMembers, profile: profile,
        seed: chance.next())
      if !options.without.contains(client.name) { hostile.append(client) }
    }
    let newcomer = Newcomer(
      profile: profile, hasLogins: Simulation.hasFiles(options), world: world,
      seed: chance.next())
    if !options.without.contains(newcomer.name) { self.newcomer = newcomer }
  }

  deinit { unsafe free(memory) }

  /// In some runs hostile clients leave the groups of honest ones alone.
  private static func hasOwnGroups(_ options: Options) -> Bool {
    var chance = Chance(seed: options.seed ^ 0x4752_4F55_50)
    return !chance.oneIn(3)
  }

  /// In some runs there are files of users and rules.
  private static func hasFiles(_ options: Options) -> Bool {
    var chance = Chance(seed: options.seed ^ 0x4649_4C45_53)
    return chance.oneIn(3) && !options.without.contains("access")
  }

  /// Adds who writes those files; returns the user of each honest client.
  private static func addAdministrator(
    to world: World, _ options: Options, _ profile: Profile
  ) -> [String?] {
    var chance = Chance(seed: options.seed ^ 0x4143_4345_5353)
    let names = ["a", "b", "c", "d", "1", "2"].prefix(profile.honestClients)
    guard hasFiles(options) else { return names.map { _ in nil } }
    world.administrator = Administrator(
      users: Array(names), policy: profile.policy, seed: chance.next())
    return names.map { chance.oneIn(4) ? nil : $0 }
  }

  /// Has the files read again, over and over.
  private static func askForReload(_ world: World) {
    guard let administrator = world.administrator, administrator.pause > 0 else { return }
    world.after(world.chance.within(1...2 * administrator.pause)) {
      guard !administrator.isGenerous else { return }
      world.requests.append(.reload)
      askForReload(world)
    }
  }

  /// What a run showed.
  package struct Outcome {
    package let failure: String?
    package let hash: UInt64
    package let counts: Oracle.Counts
    package let last: [String]
    package let milliseconds: UInt64
    package let marks: Marks
    /// The faults and clients there were, by name.
    package let parts: [String]
    /// The largest turn, the largest last step of a phase, and the longest wait of a newcomer, in
    /// hundredths of what is allowed.
    package let largestTurn: Int
    package let largestStep: Int
    package let longestWait: Int
  }

  /// The faults and clients of the run, by name.
  private var parts: [String] {
    var clients = hostile.map(\.name) + honest.map(\.name)
    if breaker != nil { clients.append("breaker") }
    if newcomer != nil { clients.append("newcomer") }
    return clients + world.faults.names + (world.administrator == nil ? [] : ["access"])
  }

  /// Runs for a while, then lets everybody have what is owed and go.
  package consuming func run() -> Outcome {
    let start = world.now
    let parts = parts
    var first = Reloaded(policy: policy, logLevels: 0xFFFF & ~16)
    _ = server.load { console, access in
      if let reloaded = console.reload(into: &access) { first = reloaded }
      return true
    }
    server.start(first)
    Simulation.askForReload(world)
    for client in honest { client.act() }
    for client in hostile { client.act() }
    breaker?.act()
    newcomer?.act()
    turn(forSeconds: options.seconds)
    notePools()
    settle()
    leave()
    stop()
    marks.take(server.broker)
    oracle.countPackets(server.broker.statistics.packetsReceived)
    return Outcome(
      failure: world.failure, hash: world.trace.hash, counts: oracle.counts,
      last: world.trace.last(max(120, world.trace.depth / 3)), milliseconds: world.now - start,
      marks: marks, parts: parts,
      largestTurn: 100 * server.broker.statistics.largestTurn / turnLimits.most,
      largestStep: 100 * largestStep / turnLimits.largestStep,
      longestWait: 100 * world.longestWait / turnLimits.longestWait)
  }

  /// Writes down how full everything is.
  private func notePools() {
    for number in 0..<Broker.poolCount {
      guard let pool = server.broker.pool(number) else { continue }
      world.trace.note(
        world.now,
        "\(pool.name): \(pool.occupancy.used), at most \(pool.occupancy.peak), of "
          + "\(pool.occupancy.capacity), refused \(pool.occupancy.refused)")
    }
    let (largest, waited) = (server.broker.statistics.largestTurn, world.longestWait)
    let limits = turnLimits
    world.trace.note(
      world.now,
      "turns: \(largest) units at most, \(limits.most) allowed; "
        + "newcomers: \(waited) turns at most, \(limits.longestWait) allowed")
  }

  private mutating func turn(forSeconds seconds: Int) {
    world.horizon = world.now + UInt64(seconds) * 1000
    while world.failure == nil && world.now < world.horizon { turn() }
  }

  /// One turn, and what it has cost.
  private mutating func turn() {
    server.turn()
    // No turn ends in a wait while something could go on.
    if server.isResting, let words = server.broker.forgotten { world.fail(words.description) }
    newcomer?.check()
    let (packets, copies) = (
      Int(server.broker.statistics.packetsReceived), Int(server.broker.statistics.publishesSent)
    )
    let turn = TurnCount(packets: packets - counted.packets, copies: copies - counted.copies)
    counted = TurnCount(packets: packets, copies: copies)
    let complaint = turnLimits.complaint(
      about: server.broker.lastTurn, overdraft: server.overdraft, turn, world.calls)
    largestStep = max(largestStep, server.overdraft)
    if let complaint { world.fail(complaint) }
  }

  /// Ends all faults; what is owed must arrive now.
  private mutating func settle() {
    world.faults = Faults()
    if let administrator = world.administrator {
      administrator.isGenerous = true
      world.requests.append(.reload)
    }
    world.acceptsAgainAt = 0
    for client in hostile { client.leave() }
    breaker?.leave()
    newcomer?.leave()
    for client in honest {
      client.isQuiet = true
      client.wire?.heal()
    }
    for wire in world.wires { wire?.heal() }
    for wire in world.incoming { wire.heal() }
    turn(forSeconds: 120)
    for round in 0..<150 where world.failure == nil {
      // A 3.x server has no word for no: what it does not take is offered for ever. Two clients
      // that wait for each other's acknowledgements behind such an offer wait for ever.
      if round > 10 { for client in honest where client.isBusy { client.giveUp() } }
      for client in honest where !client.isConnected { client.connect(clean: false, expiry: 7200) }
      turn(forSeconds: 30)
      let isDone =
        honest.allSatisfy { $0.isConnected && !$0.isBusy } && missing.isEmpty
        && groupsWithout.isEmpty
      if isDone && round > 1 { return }
    }
    guard world.failure == nil else { return }
    if let missing = missing.first {
      world.fail(
        "message \(missing.message.number) never arrived at \(missing.session.clientIdentifier)")
    } else if let owed = groupsWithout.first {
      world.fail("messages \(owed.value.keys.sorted()) never arrived at any member of \(owed.key)")
    } else {
      world.fail(
        "clients do not come to rest: \(honest.map { ($0.name, $0.isConnected, $0.isBusy) })")
    }
  }

  /// What must arrive and has not arrived: more than the server says that it has dropped.
  private var missing: [(session: ModelSession, message: ModelMessage)] {
    let isRoomy = oracle.isRoomy
    return oracle.missing { isRoomy ? 0 : server.broker.losses(of: $0) }
  }

  /// Groups that have still to be given something, unless something was dropped.
  private var groupsWithout: [String: [UInt64: ModelMessage]] {
    let isExcused = !oracle.isRoomy && server.broker.statistics.publishesDropped > 0
    return isExcused ? [:] : oracle.owedToGroups.filter { !$0.value.isEmpty }
  }

  /// Says goodbye to all at the end: 5.0 clients are told, and nobody comes in any more.
  private mutating func stop() {
    guard world.failure == nil else { return }
    for client in honest { client.connect(clean: true, expiry: 0) }
    turn(forSeconds: 60)
    oracle.isStopping = true
    world.requests.append(.stop)
    turn(forSeconds: 10)
    for client in honest where client.isConnected {
      world.fail("\(client.name) is still connected to a server that stopped")
    }
    for client in honest { client.connect(clean: true, expiry: 0) }
    turn(forSeconds: 60)
    for client in honest where client.isConnected {
      world.fail("\(client.name) came in to a server that stopped")
    }
    if !server.isStopped { world.fail("the server does not stop") }
    checkPools()
  }

  /// Lets all clients go: nothing may be left.
  private mutating func leave() {
    guard world.failure == nil else { return }
    // Sessions of hostile clients end.
    turn(forSeconds: 3700)
    for client in honest { client.disconnect() }
    turn(forSeconds: 60)
    for client in honest { client.connect(clean: true, expiry: 0) }
    turn(forSeconds: 60)
    for client in honest { client.disconnect() }
    let collector = RetainedCollector(world: world)
    collector.start()
    for filter in RetainedCollector.filters {
      collector.subscribe(to: filter)
      turn(forSeconds: 60)
      collector.unsubscribe(from: filter)
    }
    turn(forSeconds: 60)
    world.trace.note(world.now, "retained: \(collector.topics.keys.sorted())")
    check(collector.topics)
    collector.removeAll()
    turn(forSeconds: 60)
    collector.leave()
    turn(forSeconds: 60)
    checkPools()
  }

  /// Whether every pool is back to its base.
  private func checkPools() {
    for number in 0..<Broker.poolCount {
      guard let pool = server.broker.pool(number) else { continue }
      guard pool.occupancy.used == 0 else {
        return world.fail("\(pool.name): \(pool.occupancy.used) are left when all have gone")
      }
    }
    let promised = server.broker.arrivals.promised
    if promised > 0 { world.fail("\(promised) receive blocks are promised when all have gone") }
  }

  /// Compares the retained messages with what may be retained.
  private func check(_ found: [String: [UInt8]]) {
    for (topic, published) in oracle.retained {
      let given = published.filter { $0.firstGiven != nil && !$0.isGone }
      let certain = given.filter { $0.firstAcknowledged != nil && !$0.isDoubtful }
      let latest = certain.compactMap(\.firstGiven).max() ?? 0
      let candidates = given.filter { $0.lastPossible >= latest }
      let isCertain = candidates.contains { $0.firstAcknowledged != nil && !$0.isDoubtful }
      let mayBeNone =
        !isCertain || oracle.retainedExpire
        || candidates.contains { $0.isEmpty || $0.expiry != nil || $0.qos == 0 || $0.isWill }
      guard let payload = found[topic] else {
        if !mayBeNone { world.fail("\(topic) has lost its retained message") }
        continue
      }
      // A hostile client, read from the wrong byte on, may name any topic.
      guard ModelMessage.isOurs(payload) else { continue }
      let number = ModelMessage.number(in: payload)
      if !candidates.contains(where: { $0.number == number }) {
        world.fail(
          "\(topic) has retained message \(number ?? 0), not one of \(candidates.map(\.number))")
      }
    }
  }
}

extension Broker {
  /// Messages that were dropped instead of being queued for a client, since its session began.
  fileprivate func losses(of clientIdentifier: String) -> Int {
    losses(of: clientIdentifier.utf8.span)
  }
}

/// Memory whose pages are not there before they are used, as the product has it.
private func zeroedMemory(byteCount: Int) -> UnsafeMutableRawPointer {
  guard let memory = unsafe calloc(byteCount / 64 + 1, 64) else { fatalError("no memory") }
  return unsafe memory
}
