import Access
import Broker
import MQTT
import Memory

/// The loop, on any machine: a turn is a list of phases, and nobody calls back.
package struct Server<
  N: Network & ~Copyable, C: Clock & ~Copyable, L: Console & ~Copyable,
  H: PasswordHasher & ~Copyable
>: ~Copyable
where L.NetworkSettings == N.Settings {
  package private(set) var broker: Broker
  package var network: N
  package var clock: C
  package var console: L
  private var hasher: H
  private var isHashing = false
  private var hasProgress = false
  private var hasRest = false
  /// Whether it was asked to stop and has said goodbye.
  package private(set) var isStopped = false

  package init(
    broker: consuming Broker, network: consuming N, clock: consuming C, console: consuming L,
    hasher: consuming H
  ) {
    self.broker = broker
    self.network = network
    self.clock = clock
    self.console = console
    self.hasher = hasher
  }

  /// Lets the console read the users and rules that the configuration names.
  package mutating func load(_ read: (inout L, inout Access) -> Bool) -> Bool {
    read(&console, &broker.access)
  }

  /// Begins, with what the configuration says.
  package mutating func start(_ configuration: Reloaded) {
    broker.advance(to: clock.now())
    broker.adopt(configuration.policy, levels: configuration.logLevels)
    network.adopt(console.networkSettings)
  }

  /// Sends the goodbyes and writes the last lines of the log.
  package mutating func finish() {
    send()
    close()
    broker.log.drain { console.write($0, $1) }
  }

  /// One turn. The order is the promise: nothing leaves before what it stands for was kept.
  package mutating func turn() {
    network.wait(milliseconds: patience())
    broker.advance(to: clock.now())
    let start = clock.microseconds()
    console.beat(at: broker.now)
    hasProgress = false
    hasRest = false
    readPools()
    if network.hasRequest { answerRequests() }
    accept()
    receive()
    broker.expire()
    checkPasswords()
    send()
    close()
    writeLog()
    broker.measureTurn(microseconds: clock.microseconds() - start)
  }

  /// How long the next turn may wait.
  private mutating func patience() -> UInt64? {
    if hasRest { return 0 }
    if broker.hasStalled || !broker.owed.isEmpty {
      return hasProgress ? 0 : 10
    }
    let next = min(broker.nextDeadline, console.nextBeat)
    guard next != .never else { return nil }
    let now = clock.now()
    return next <= now ? 0 : next.milliseconds - now.milliseconds
  }

  /// Hands the Broker the status of the pools that are not its own.
  private mutating func readPools() {
    for number in 0..<Broker.foreignPoolCount {
      guard let pool = network.pool(number) else { continue }
      broker.setForeignPool(number, pool)
    }
  }

  private mutating func answerRequests() {
    while let request = console.nextRequest() {
      switch request {
      case .stop:
        broker.stop()
        isStopped = true
      case .reload:
        if let reloaded = console.reload(into: &broker.access) { start(reloaded) }
      case .report: broker.report()
      case .save: broker.save()
      case .reopenLog: console.reopenLog()
      }
    }
  }

  /// Lines that are published leave in the next turn, at once.
  private mutating func writeLog() {
    guard !broker.log.isEmpty else { return }
    var heading = Line()
    console.appendTime(to: &heading)
    if broker.publishLog(heading) { hasRest = true }
    broker.log.drain { console.write($0, $1) }
  }

  /// At most so many a turn, so that a storm of connections starves nobody.
  private mutating func accept() {
    for _ in 0..<64 {
      guard let accepted = network.accept() else { return }
      hasProgress = true
      guard
        let connection = broker.open(listener: accepted.listener, address: accepted.address)
      else {
        network.turnAway()
        continue
      }
      network.adopt(place: connection.index)
    }
    hasRest = true
  }

  /// So many bytes in one turn and little more: what came in leaves while it is in the cache. The
  /// others have their turn next, before anybody is asked again.
  private static var receiveBytesInTurn: Int { 131_072 }

  private mutating func receive() {
    broker.retryStalled()
    var room = Self.receiveBytesInTurn
    while room > 0, let ready = network.nextReady() {
      guard let connection = broker.connection(at: ready.place) else { continue }
      hasProgress = true
      if ready.isWritable { unblock(connection, ready.place) }
      if ready.isReadable { room -= receive(on: connection, ready.place) }
    }
    if room <= 0 { hasRest = true }
    while let connection = broker.nextResumed() { watch(connection) }
  }

  /// Receives what is there, and returns how many bytes it was.
  private mutating func receive(on connection: Handle<Connection>, _ place: Int) -> Int {
    let room = broker.receiveRoom(of: connection)
    guard room > 0 else {
      refrain(connection)
      return 0
    }
    var target = broker.receiveTarget(of: connection, room: room)
    let received = network.receive(place: place, into: &target)
    if let address = network.takeProxiedAddress() { broker[connection].address = address }
    switch received {
    case .bytes(let count):
      broker.receive(count, on: connection)
      return count
    case .nothing: break
    case .ended: broker.connectionLost(connection, "the peer closed it")
    case .failed: broker.connectionLost(connection, "it is broken")
    case .opened: identify(connection)
    case .refused(let words): broker.connectionRefused(connection, words)
    }
    return 0
  }

  /// Found ready although nobody wants to read it: it is broken, and would be found so for ever.
  private mutating func refrain(_ connection: Handle<Connection>) {
    guard !broker[connection].isMuted else {
      return broker.connectionLost(connection, "it is broken")
    }
    mute(connection)
  }

  private mutating func identify(_ connection: Handle<Connection>) {
    var name = InlineArray<256, UInt8>(repeating: 0)
    var span = name.mutableSpan
    let count = network.identity(place: connection.index, into: &span)
    broker.identify(connection, as: name.span.extracting(0..<count))
  }

  /// Hashes the passwords of those who want to connect, in the order they came, for as long as this
  /// turn has for it.
  private mutating func checkPasswords() {
    var left = broker.hashIterations
    while left > 0 {
      // Who has gone needs no answer.
      if isHashing && !broker.awaitsLogin { isHashing = false }
      if !isHashing {
        guard let hash = broker.nextLogin() else { return }
        hasher.begin(hash, password: broker.password)
        isHashing = true
        hasProgress = true
        // The beginning takes as long as some iterations, with a long password some more.
        left -= 4 + broker.password.count / 256
      }
      if hasher.advance(&left) {
        isHashing = false
        broker.finishLogin(hasher.finish())
      }
    }
    hasRest = true
  }

  /// Sends for each connection what it is owed, in one gathered write where that is enough.
  private mutating func send() {
    for _ in 0..<broker.owed.count {
      guard let connection = broker.nextOwed() else { return }
      if broker.fill(connection) { hasRest = true }
      sendOutgoing(of: connection)
    }
  }

  private mutating func sendOutgoing(of connection: Handle<Connection>) {
    let outgoing = broker[connection].outgoing
    guard !broker[connection].isBlocked && broker[connection].state != .ended else { return }
    guard !outgoing.isEmpty else { return oweRest(of: connection) }
    switch network.send(outgoing, of: broker.sending, place: connection.index) {
    case .failed: broker.connectionLost(connection, "it is broken")
    case .bytes(let count):
      if count > 0 { hasProgress = true }
      broker.sent(count, on: connection)
      guard count == outgoing.count else { return block(connection) }
      oweRest(of: connection)
    }
  }

  /// What did not fit in one go follows in the next turn, after the others had theirs.
  private mutating func oweRest(of connection: Handle<Connection>) {
    if broker.hasMore(for: connection) { broker.owe(connection) }
  }

  private mutating func close() {
    while let connection = broker.nextDying() {
      network.close(place: connection.index)
      broker.release(connection)
    }
  }

  private mutating func block(_ connection: Handle<Connection>) {
    broker[connection].isBlocked = true
    watch(connection)
  }

  private mutating func unblock(_ connection: Handle<Connection>, _ place: Int) {
    guard broker[connection].isBlocked else { return }
    broker[connection].isBlocked = false
    watch(connection)
    broker.owe(connection)
  }

  private mutating func mute(_ connection: Handle<Connection>) {
    guard !broker[connection].isMuted else { return }
    broker[connection].isMuted = true
    watch(connection)
  }

  private mutating func watch(_ connection: Handle<Connection>) {
    let state = broker[connection]
    network.watch(place: connection.index, readable: !state.isMuted, writable: state.isBlocked)
  }
}

/// What a reload has brought.
package struct Reloaded: BitwiseCopyable {
  package let policy: Policy
  package let logLevels: UInt16

  package init(policy: Policy, logLevels: UInt16) {
    self.policy = policy
    self.logLevels = logLevels
  }
}
