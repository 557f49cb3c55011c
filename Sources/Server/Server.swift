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
  /// Whether more connections may be had from the network at once.
  private var hasArrivals = false
  /// The most that a phase of the last turn has taken beyond its part: its last step.
  package private(set) var overdraft = 0
  /// Units of work since the network was looked at.
  private var unseen = 0
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
    var work = Work(.max)
    send(&work)
    close(&work)
    broker.log.drain { console.write($0, $1) }
  }

  /// One turn. The order is the promise: nothing leaves before what it stands for was kept.
  ///
  /// It is short, whatever there is to do: each phase has a part of the turn's work, and what does not
  /// fit into it follows in the next.
  package mutating func turn() {
    network.wait(milliseconds: patience())
    broker.advance(to: clock.now())
    let start = clock.microseconds()
    console.beat(at: broker.now)
    readPools()
    if network.hasRequest { answerRequests() }
    overdraft = 0
    unseen = 0
    var work = Work(broker.turnWork)
    var share = part(1)
    inPieces(&share) { $0.checkPasswords(&$1) }
    settle(share, &work)
    share = part(2)
    inPieces(&share) { $0.accept(&$1) }
    settle(share, &work)
    share = part(6)
    receive(&share)
    settle(share, &work)
    share = part(2)
    inPieces(&share) { $0.broker.tend(&$1) }
    settle(share, &work)
    share = part(4)
    send(&share)
    settle(share, &work)
    share = part(1)
    close(&share)
    settle(share, &work)
    while let connection = broker.nextResumed() { watch(connection) }
    writeLog()
    broker.measureTurn(microseconds: clock.microseconds() - start, work: work.paid)
  }

  /// Takes off what a phase has paid, and remembers how much of that was more than its part.
  private mutating func settle(_ share: Work, _ work: inout Work) {
    work.settle(share)
    overdraft = max(overdraft, -share.left)
  }

  /// So many sixteenths of a turn's work, for one phase of it.
  private func part(_ sixteenths: Int) -> Work {
    Work(broker.turnWork / 16 * sixteenths)
  }

  /// Goes through a phase in pieces, until there is little left to do or somebody has come meanwhile.
  private mutating func inPieces(
    _ work: inout Work, _ phase: (inout Server, inout Work) -> Void
  ) {
    var piece: Work
    repeat {
      piece = work.share(atMost: urgentWork)
      phase(&self, &piece)
      work.settle(piece)
    } while piece.paid >= urgentWork / 2 && !work.isSpent && !hasSomebodyCome(after: piece)
  }

  /// Units of work that somebody waits for at most who has come in the middle of a phase.
  private var urgentWork: Int { 2 * broker.quantum }

  /// Whether somebody has come meanwhile, and is not one who goes on.
  ///
  /// The network is not asked after each little piece: it tells of all who are ready, also of those who
  /// have been called up.
  private mutating func hasSomebodyCome(after piece: Work) -> Bool {
    unseen += piece.paid
    return unseen >= urgentWork && lookAgain()
  }

  /// Looks at the network in the middle of a turn; whether somebody has come who is not one who goes on.
  private mutating func lookAgain() -> Bool {
    unseen = 0
    network.look()
    return callUpReady()
  }

  /// Whether nothing could go on before somebody comes or something is due.
  package var isResting: Bool { !hasArrivals && !isHashing && !broker.isBusy }

  /// How long the next turn may wait: not at all while something could go on.
  private mutating func patience() -> UInt64? {
    if !isResting { return 0 }
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
    broker.publishLog(heading)
    broker.log.drain { console.write($0, $1) }
  }

  private mutating func accept(_ work: inout Work) {
    hasArrivals = true
    while !work.isSpent {
      guard let accepted = network.accept() else {
        hasArrivals = false
        return
      }
      work.pay(WorkPrice.connection)
      guard let connection = broker.open(listener: accepted.listener, peer: accepted.peer) else {
        network.turnAway()
        continue
      }
      network.adopt(place: connection.index)
    }
  }

  /// Connections that have sent something have their turns, and those that go on further ones, until
  /// somebody has come meanwhile: what he is owed leaves first.
  private mutating func receive(_ work: inout Work) {
    _ = callUpReady()
    // What those who go on may still take while somebody waits for what he is owed.
    var urgent = Work(.max)
    while !urgent.isSpent, let (connection, credit) = broker.nextTurn(&work) {
      let wasOwed = broker.departures.isOwed(connection)
      let share = takeTurn(of: connection, credit, &work)
      if share.isSpent {
        urgent.settle(share)
      } else if !wasOwed && broker.departures.isOwed(connection) {
        urgent = urgent.share(atMost: urgentWork)
      }
      if !work.isSpent { callUpLatecomers(after: share) }
    }
  }

  /// Lets those who come while others have their turns have one before anything is sent.
  ///
  /// When nobody is left, the network is always asked: what readers answer meanwhile makes room for more,
  /// and all of it leaves in one packet. With 100 readers this saves a quarter of the packets.
  private mutating func callUpLatecomers(after share: Work) {
    if broker.arrivals.agendaCount == 0 {
      _ = lookAgain()
    } else if broker.arrivals.hasOnlyGoing {
      _ = hasSomebodyCome(after: share)
    }
  }

  /// Lets those that the network has found ready have their turns; whether somebody has just come.
  private mutating func callUpReady() -> Bool {
    var isSomebodyNew = false
    while let ready = network.nextReady() {
      guard let connection = broker.connection(at: ready.place) else { continue }
      if ready.isWritable { unblock(connection) }
      guard ready.isReadable else { continue }
      if !broker.takesInput(connection) && !awaitsWhole(connection) {
        refrain(connection)
      } else if broker.callUp(connection) {
        isSomebodyNew = true
      }
    }
    return isSomebodyNew
  }

  private mutating func takeTurn(
    of connection: Handle<Connection>, _ credit: Work, _ work: inout Work
  ) -> Work {
    var share = credit
    if broker.hasUntaken(connection) {
      broker.goOn(connection, &share)
    } else {
      receive(on: connection, &share)
    }
    takeWhole(of: connection, &share)
    broker.endTurn(of: connection, share, &work)
    return share
  }

  /// Receives what is there.
  private mutating func receive(on connection: Handle<Connection>, _ work: inout Work) {
    let room = broker.receiveRoom(of: connection)
    guard room > 0 else { return }
    work.pay(WorkPrice.systemCall)
    var target = broker.receiveTarget(of: connection, room: room)
    let received = network.receive(place: connection.index, into: &target, &work)
    if let peer = network.takeProxiedPeer() { broker.setPeer(of: connection, to: peer) }
    switch received {
    case .bytes(let count):
      if count == room { broker.expectMore(of: connection) }
      broker.receive(count, on: connection, &work)
    case .nothing: break
    case .ended: broker.connectionEnded(connection, "connection closed by client")
    case .failed: broker.connectionLost(connection, "it is broken")
    case .opened: identify(connection)
    case .refused(let words): broker.connectionRefused(connection, words)
    }
  }

  /// Whether a connection is found ready because all is there that its packet lacks.
  private func awaitsWhole(_ connection: Handle<Connection>) -> Bool {
    broker[connection].heed == .whole && broker.wantedWhole(of: connection) > 0
  }

  /// Takes a packet for which there are no receive blocks out of the network, once all of it is there.
  private mutating func takeWhole(of connection: Handle<Connection>, _ work: inout Work) {
    let count = broker.wantedWhole(of: connection)
    guard count > 0 else { return }
    var target = broker.receiveTarget(of: connection, room: count)
    let peeked = network.peek(place: connection.index, into: &target)
    guard peeked != .hidden else { return }
    work.pay(WorkPrice.systemCall + WorkPrice.copying(count))
    switch peeked {
    case .whole:
      guard broker.receiveWhole(count, on: connection, &work) else { return }
      work.pay(WorkPrice.systemCall)
      network.skip(count, place: connection.index)
    // Found ready without it, it will not be found ready with it.
    case .notYet where broker[connection].heed == .whole: mute(connection)
    case .notYet, .hidden: broker[connection].heed = .whole
    }
  }

  /// Found ready although nobody wants to read it: the network is told so, once; what is found ready
  /// even then is broken, and would be found so for ever.
  private mutating func refrain(_ connection: Handle<Connection>) {
    guard broker.isLive(connection) else { return }
    guard broker[connection].heed != .nothing else {
      return broker.connectionLost(connection, "it is broken")
    }
    broker.waitForAnswers(connection)
    mute(connection)
  }

  private mutating func identify(_ connection: Handle<Connection>) {
    var name = InlineArray<256, UInt8>(repeating: 0)
    var span = name.mutableSpan
    let count = network.identity(place: connection.index, into: &span)
    broker.identify(connection, as: name.span.extracting(0..<count))
  }

  /// Hashes the passwords of those who want to connect, for as long as this turn has for it.
  private mutating func checkPasswords(_ work: inout Work) {
    while !work.isSpent {
      // Who has gone needs no answer.
      if isHashing && !broker.awaitsLogin { isHashing = false }
      if !isHashing {
        guard let hash = broker.nextLogin(&work) else { return }
        hasher.begin(hash, password: broker.password)
        isHashing = true
        // The beginning takes as long as some iterations, with a long password some more.
        work.pay(WorkPrice.hashIteration * (4 + broker.password.count / 256))
      }
      hash(&work)
    }
  }

  private mutating func hash(_ work: inout Work) {
    let most = max(1, work.left / WorkPrice.hashIteration)
    var left = most
    let isThrough = hasher.advance(&left)
    work.pay(WorkPrice.hashIteration * (most - left))
    guard isThrough else { return }
    isHashing = false
    broker.finishLogin(hasher.finish())
  }

  /// Sends for each connection what it is owed, in one gathered write where that is enough; those for
  /// whom that is not enough go on until somebody has come meanwhile.
  private mutating func send(_ work: inout Work) {
    for _ in 0..<broker.departures.owedCount {
      guard !work.isSpent, let connection = broker.nextOwed() else { return }
      var share = work.share(atMost: broker.quantum)
      broker.fill(connection, &share)
      sendOutgoing(of: connection, &share)
      broker.endSending(share, &work)
      if broker.departures.owesOnlyMore && !isStopped && hasSomebodyCome(after: share) { return }
    }
  }

  private mutating func sendOutgoing(of connection: Handle<Connection>, _ work: inout Work) {
    let outgoing = broker[connection].output
    guard !broker[connection].isBlocked && broker[connection].state != .ended else { return }
    guard !outgoing.isEmpty else { return oweRest(of: connection) }
    work.pay(WorkPrice.systemCall)
    let sent = network.send(
      outgoing, of: broker.departures.blocks, place: connection.index, &work)
    switch sent {
    case .failed: broker.connectionLost(connection, "it is broken")
    case .bytes(let count):
      work.pay(WorkPrice.copying(count))
      broker.sent(count, on: connection)
      guard count == outgoing.count else { return block(connection) }
      oweRest(of: connection)
    case .part(let count):
      work.pay(WorkPrice.copying(count))
      broker.sent(count, on: connection)
      oweRest(of: connection)
    }
  }

  /// What did not fit in one go follows in the next turn, after the others had theirs.
  private mutating func oweRest(of connection: Handle<Connection>) {
    if broker.hasMore(for: connection) { broker.oweMore(connection) }
  }

  private mutating func close(_ work: inout Work) {
    for _ in 0..<broker.departures.dyingCount {
      guard !work.isSpent else { return }
      guard let connection = broker.nextDying() else { continue }
      work.pay(WorkPrice.connection)
      network.close(place: connection.index, lingers: broker[connection].isTold)
      broker.release(connection)
    }
  }

  private mutating func block(_ connection: Handle<Connection>) {
    broker.block(connection)
    watch(connection)
  }

  private mutating func unblock(_ connection: Handle<Connection>) {
    guard broker[connection].isBlocked else { return }
    broker.unblock(connection)
    watch(connection)
  }

  private mutating func mute(_ connection: Handle<Connection>) {
    guard broker[connection].heed != .nothing else { return }
    broker[connection].heed = .nothing
    watch(connection)
  }

  private mutating func watch(_ connection: Handle<Connection>) {
    let state = broker[connection]
    network.watch(
      place: connection.index, readable: state.heed != .nothing, writable: state.isBlocked)
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
