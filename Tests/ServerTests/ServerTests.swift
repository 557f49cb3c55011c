import Access
import Board
import Foundation
import Memory
import Support
import Testing

@testable import Broker
@testable import Server

/// A server on a fake machine.
private final class Machine {
  let wire = Wire()
  var server: Server<FakeNetwork, FakeClock, FakeConsole, FakeHasher>

  init(logLevels: UInt16 = 0, change: (inout Limits) -> Void = { _ in }) {
    var limits = Limits()
    limits.connections = 8
    limits.sessions = 24
    limits.subscriptions = 8
    limits.topicNodes = 20
    limits.sharedGroups = 2
    limits.textBlocks = 50
    limits.topicBytes = 200
    limits.aliasTables = 4
    limits.messages = 50
    limits.messageBlocks = 200
    limits.retained = 4
    limits.retainedLevels = 20
    limits.deliveries = 50
    limits.unreleased = 8
    limits.packetBytes = 9000
    limits.receiveBytes = 2000
    limits.receiveBlocks = 100
    limits.receiveBlockBytes = 128
    limits.sendBlocks = 60
    limits.sendBlockBytes = 256
    limits.sendBytes = 4000
    limits.owners = 40
    limits.users = 10
    limits.accessRules = 10
    limits.accessTextBytes = 4096
    limits.accessDecisions = 64
    change(&limits)
    var policy = Policy()
    policy.systemInterval = 0
    policy.maximumPacketSize = 9000
    policy.maximumQueued = 2
    let (chosen, settled) = (limits, policy)
    let broker = carved {
      Broker(
        limits: chosen, policy: settled, seed: 1, at: Instant(milliseconds: 1_000_000), in: &$0)
    }
    server = Server(
      broker: broker, network: FakeNetwork(wire), clock: FakeClock(wire: wire),
      console: FakeConsole(wire: wire, policy: policy), hasher: FakeHasher(wire))
    server.start(Reloaded(policy: policy, logLevels: logLevels))
  }

  /// Connects so many clients at places 0 and up, and forgets how.
  func connect(_ count: Int) {
    wire.arriving = count
    server.turn()
    for place in 0..<count { wire.incoming[place] = connectPacket("c\(place)") }
    turn(3)
    wire.calls = []
    wire.outgoing = [:]
  }

  func turn(_ count: Int = 1) { for _ in 0..<count { server.turn() } }

  func send(_ place: Int, _ bytes: [UInt8]) { wire.incoming[place, default: []] += bytes }

  /// The bytes that a place's peer has got since the last time.
  func received(_ place: Int) -> [UInt8] { wire.outgoing.removeValue(forKey: place) ?? [] }
}

/// CONNECT of 3.1.1 with a clean session.
private func connectPacket(_ name: String) -> [UInt8] {
  [0x10, UInt8(12 + name.utf8.count), 0, 4] + "MQTT".bytes + [
    4, 2, 0, 0, 0, UInt8(name.utf8.count),
  ]
    + name.bytes
}

private let subscribePacket: [UInt8] = [0x82, 6, 0, 1, 0, 1, 0x74, 0]
private let publishPacket: [UInt8] = [0x30, 4, 0, 1, 0x74, 0x78]
private let pingPacket: [UInt8] = [0xC0, 0]
private let pingAnswer: [UInt8] = [0xD0, 0]

@Test func aTurnWaitsThenAcceptsThenReceivesThenSendsThenCloses() {
  let machine = Machine()
  machine.connect(3)
  machine.wire.arriving = 1
  machine.send(0, pingPacket)
  machine.send(1, [0xE0, 0])
  machine.send(2, pingPacket)
  machine.turn()
  #expect(
    machine.wire.calls == [
      .wait(nil), .accept(3), .receive(0, 2), .receive(1, 2), .receive(2, 2), .send(0, 2),
      .send(2, 2), .close(1),
    ])
}

@Test func nothingIsSentBeforeAllWereReceived() {
  let machine = Machine()
  machine.connect(6)
  for place in 0..<6 { machine.send(place, subscribePacket) }
  machine.turn()
  machine.wire.calls = []
  for place in 0..<6 { machine.send(place, publishPacket) }
  machine.turn()
  let lastReceive = machine.wire.calls.lastIndex { if case .receive = $0 { true } else { false } }
  let firstSend = machine.wire.calls.firstIndex { if case .send = $0 { true } else { false } }
  #expect(lastReceive == 6 && firstSend == 7)
  // What six have published leaves for each of them in one write.
  for place in 0..<6 { #expect(machine.wire.calls.suffix(6).contains(.send(place, 36))) }
}

@Test func aWriteThatBlocksGoesOnWhenTheNetworkSaysSo() {
  let machine = Machine()
  machine.connect(2)
  machine.send(0, subscribePacket)
  machine.turn()
  _ = machine.received(0)
  machine.wire.room[0] = 4
  machine.send(1, publishPacket + publishPacket)
  machine.wire.calls = []
  machine.turn()
  #expect(machine.wire.calls.contains(.watch(0, readable: true, writable: true)))
  #expect(machine.received(0) == Array(publishPacket.prefix(4)))
  // It is not tried again before, whatever else there is to send.
  machine.send(1, publishPacket)
  machine.wire.calls = []
  machine.turn(3)
  #expect(machine.wire.calls { if case .send(0, _) = $0 { true } else { false } }.isEmpty)
  machine.wire.room[0] = nil
  machine.turn()
  #expect(machine.wire.calls.contains(.watch(0, readable: true, writable: false)))
  #expect(
    machine.received(0) == Array((publishPacket + publishPacket + publishPacket).dropFirst(4)))
}

@Test func whatLeavesInPartGoesOnWithoutTheNetworkBeingAsked() {
  let machine = Machine()
  machine.connect(2)
  machine.send(0, subscribePacket)
  machine.turn()
  _ = machine.received(0)
  machine.wire.portions[0] = 4
  machine.send(1, publishPacket + publishPacket)
  machine.wire.calls = []
  machine.turn(6)
  #expect(machine.received(0) == publishPacket + publishPacket)
  #expect(machine.wire.calls { if case .watch = $0 { true } else { false } }.isEmpty)
  // Others have their turn between two parts of it, and nobody is waited for.
  let waits = machine.wire.calls { if case .wait(0) = $0 { true } else { false } }
  let parts = machine.wire.calls { if case .send(0, _) = $0 { true } else { false } }
  #expect(parts.count == (2 * publishPacket.count + 3) / 4 && waits.count == parts.count - 1)
}

@Test func whoDoesNotReadIsMutedAndHeardAgain() {
  let machine = Machine()
  machine.connect(1)
  machine.wire.room[0] = 0
  machine.send(0, Array([[UInt8]](repeating: pingPacket, count: 3000).joined()))
  machine.turn(10)
  #expect(machine.wire.calls.contains(.watch(0, readable: false, writable: true)))
  #expect(machine.wire.incoming[0]?.isEmpty == false)
  machine.wire.room[0] = nil
  machine.turn(10)
  #expect(machine.received(0) == Array([[UInt8]](repeating: pingAnswer, count: 3000).joined()))
  #expect(machine.wire.watched[0]?.readable == true && machine.wire.watched[0]?.writable == false)
  machine.send(0, pingPacket)
  machine.turn()
  #expect(machine.received(0) == pingAnswer)
}

@Test func aPeerThatClosesAndAConnectionThatBreaksAreClosed() {
  let machine = Machine()
  machine.connect(3)
  machine.wire.ended = [0]
  machine.wire.broken = [1]
  machine.turn()
  #expect(
    machine.wire.calls { if case .close = $0 { true } else { false } } == [.close(0), .close(1)])
  let used = machine.server.broker.pool(0)?.occupancy.used
  #expect(used == 1)
}

@Test func whatBreaksWhileSendingIsClosedInTheSameTurn() {
  let machine = Machine()
  machine.connect(2)
  machine.send(0, subscribePacket)
  machine.turn()
  machine.wire.watched[0] = (false, false)
  machine.wire.broken = [0]
  machine.send(1, publishPacket)
  machine.turn()
  #expect(machine.wire.calls.last == .close(0))
}

/// How many of so many new connections are turned away; all others are accepted.
private func countTurnedAway(of arriving: Int, change: (Wire) -> Void) -> Int {
  let machine = Machine()
  machine.wire.arriving = arriving
  change(machine.wire)
  machine.turn()
  let turnedAway = machine.wire.calls { $0 == .turnAway }.count
  let accepted = machine.wire.calls { if case .accept = $0 { true } else { false } }.count
  #expect(turnedAway + accepted == arriving && machine.server.broker.places == 12)
  return turnedAway
}

@Test func connectionsBeyondAllPlacesAreTurnedAway() {
  let count = countTurnedAway(of: 14) { wire in
    wire.peers = (0..<14).map { Peer(version4: $0, port: 1) }
  }
  #expect(count == 2)
}

@Test func oneAddressCannotHaveAllPlaces() {
  // Of twelve it may have six before a CONNECT, and two of those that are kept for who has few.
  #expect(countTurnedAway(of: 14) { $0.peer = Peer(version4: 1, port: 1) } == 6)
}

@Test func aTurnWaitsUntilTheNextDeadlineAndNoLonger() {
  let machine = Machine()
  machine.turn()
  machine.wire.arriving = 1
  machine.turn()
  machine.wire.now += 4000
  machine.wire.calls = []
  machine.turn()
  machine.wire.now += 26_000
  machine.turn(2)
  // Without a CONNECT a connection has thirty seconds.
  #expect(machine.wire.calls == [.wait(26_000), .wait(0), .close(0), .wait(nil)])
}

@Test func aLongAnswerLeavesPieceByPieceAndNobodyStarves() {
  let machine = Machine { $0.sendBytes = 500 }
  machine.connect(3)
  for place in 0..<2 { machine.send(place, subscribePacket) }
  machine.turn()
  _ = (machine.received(0), machine.received(1))
  let payload = [UInt8](repeating: 5, count: 5000)
  machine.send(2, [0x32, 0x8D, 0x27, 0, 1, 0x74, 0, 9] + payload)
  machine.turn(4)
  machine.send(2, pingPacket)
  machine.turn(1)
  #expect(machine.received(2) == [0x40, 2, 0, 9] + pingAnswer)
  machine.turn(20)
  for place in 0..<2 {
    let bytes = machine.received(place)
    #expect(bytes.count == 5006 && bytes.suffix(5000) == payload[...])
  }
}

@Test func theOperatorsRequestsAreAnsweredAndTheLogIsWritten() {
  let machine = Machine(logLevels: 15)
  machine.connect(1)
  #expect(
    machine.wire.lines == [
      "New connection from unknown on port 0.",
      "New client connected from unknown as c0 (p4, c1, k0).",
    ])
  machine.wire.lines = []
  machine.wire.requests = [.report, .reload]
  machine.turn()
  // There is no machine whose pools could be told of too.
  #expect(machine.wire.lines.count == Broker.poolCount - Broker.foreignPoolCount)
  // The reload has left notices alone to be logged.
  machine.wire.lines = []
  machine.wire.requests = [.stop]
  machine.turn()
  machine.server.finish()
  let isStopped = machine.server.isStopped
  #expect(isStopped && machine.wire.lines.isEmpty && machine.wire.calls.last == .close(0))
}

@Test func theNetworkIsToldOfAReloadOnlyWhenAllOfItIsValid() {
  let machine = Machine()
  let before = machine.wire.adopted
  machine.wire.settings = 2
  machine.wire.isValid = false
  machine.wire.requests = [.reload]
  machine.turn()
  #expect(machine.wire.adopted == before)
  machine.wire.isValid = true
  machine.wire.requests = [.reload]
  machine.turn()
  #expect(machine.wire.adopted == before + [2])
}

@Test func poolsOfTheNetworkAreToldWithTheOthers() {
  let machine = Machine(logLevels: 15)
  let occupancy = Occupancy(used: 3, peak: 5, refused: 7, capacity: 9)
  machine.wire.pools = [PoolStatus(name: "buoys", occupancy: occupancy)]
  machine.wire.requests = [.report]
  machine.turn()
  #expect(machine.wire.lines.last == "buoys: 3 of 9 used, at most 5, refused 7 times.")
}

@Test func aSupervisorIsToldInTimeAndAnIdleServerWakesForNothingElse() {
  let machine = Machine()
  machine.wire.beatInterval = 5000
  machine.turn(1)
  #expect(machine.wire.beats == [1_000_000])
  machine.wire.calls = []
  machine.turn(1)
  #expect(machine.wire.calls.contains(.wait(5000)))
  machine.wire.now += 4999
  machine.turn(1)
  #expect(machine.wire.beats == [1_000_000])
  machine.wire.now += 1
  machine.turn(1)
  #expect(machine.wire.beats == [1_000_000, 1_005_000])
}

@Test func savingAndReopeningTheLogAreAnswered() {
  let machine = Machine(logLevels: 0x7F)
  machine.wire.requests = [.save, .reopenLog]
  machine.turn(1)
  #expect(machine.wire.reopened == 1)
  #expect(machine.wire.lines.contains { $0.hasPrefix("There is nothing to save") })
  #expect(machine.wire.kinds.last == .information)
}

@Test func theAddressThatAProxyNamesTakesThePlaceOfItsOwn() throws {
  let machine = Machine()
  let (proxy, client) = (Peer(version4: 17, port: 1), Peer(version6: 18, 1, port: 2))
  machine.wire.peer = proxy
  machine.connect(2)
  machine.wire.proxiedPeer = client
  machine.send(1, pingPacket)
  machine.turn()
  for (place, peer) in [proxy, client].enumerated() {
    let found = machine.server.broker.connection(at: place)
    let connection = try #require(found)
    let address = machine.server.broker[connection].address
    let kept = machine.server.broker.presence.peer(of: connection)
    #expect(address == peer.network && kept == peer)
  }
}

// MARK: Logins

/// CONNECT of 3.1.1 with a user name and a password.
private func loginPacket(_ name: String, _ user: String, _ password: String) -> [UInt8] {
  var body: [UInt8] = [0, 4] + "MQTT".bytes + [4, 0xC2, 0, 0]
  for text in [name, user, password] { body += [0, UInt8(text.utf8.count)] + text.bytes }
  return [0x10, UInt8(body.count)] + body
}

extension Machine {
  /// Lets this user in, with a password that takes so many iterations to hash.
  fileprivate func allow(_ user: String, _ password: String, iterations: Int) {
    let bytes = password.bytes + [UInt8](repeating: 0, count: 64 - password.utf8.count)
    let line =
      "\(user):$7$\(iterations)$AAECAwQFBgcICQoL$\(Data(bytes).base64EncodedString())"
    wire.fill = { access in
      access.beginFilling()
      let text = line.bytes
      var place = FilePlace()
      let remark = access.readPasswords(text.span, security: 0, from: &place)
      #expect(remark == nil)
    }
    wire.requests = [.reload]
    turn()
  }
}

@Test func aTurnHashesNoMoreThanItsSlice() {
  let machine = Machine { $0.turnWork = 16 * 100 * WorkPrice.hashIteration }
  machine.allow("u", "p", iterations: 1000)
  machine.wire.arriving = 1
  machine.send(0, loginPacket("a", "u", "p"))
  var done = 0
  for _ in 0..<100 where machine.received(0).isEmpty {
    machine.turn()
    let before = done
    done = machine.wire.slices.reduce(0, +)
    #expect(done - before <= 100)
  }
  #expect(done == 1000)
  // While it goes on nobody waits for anything else.
  let waits = machine.wire.calls { if case .wait(0) = $0 { true } else { false } }
  #expect(waits.count >= 10)
}

@Test func aStormOfLoginsLeavesTheOthersTheirTurn() {
  let machine = Machine { $0.turnWork = 16 * 100 * WorkPrice.hashIteration }
  machine.connect(2)
  machine.allow("u", "p", iterations: 1000)
  machine.send(0, subscribePacket)
  machine.turn()
  _ = machine.received(0)
  machine.wire.arriving = 6
  machine.turn()
  for place in 2..<8 { machine.send(place, loginPacket("l\(place)", "u", place == 5 ? "no" : "p")) }
  var published = 0
  var answered: [Int] = []
  for _ in 0..<80 {
    machine.send(1, publishPacket)
    machine.turn()
    // Each message has arrived in the very turn in which it was sent.
    if machine.received(0) == publishPacket { published += 1 }
    for place in 2..<8 {
      let answer = machine.received(place)
      guard !answer.isEmpty else { continue }
      answered.append(place)
      #expect(answer == [0x20, 2, 0, place == 5 ? 5 : 0])
    }
  }
  #expect(published == 80 && answered == [2, 3, 4, 5, 6, 7])
  #expect(machine.wire.slices.reduce(0, +) == 6000)
}

@Test func whoLeavesIsNotHashedToTheEnd() {
  let machine = Machine { $0.turnWork = 16 * 100 * WorkPrice.hashIteration }
  machine.allow("u", "p", iterations: 1_000_000)
  machine.wire.arriving = 1
  machine.send(0, loginPacket("a", "u", "p"))
  machine.turn(10)
  let done = machine.wire.slices.count
  #expect(done > 5)
  // It is not read meanwhile; that it is broken is seen when it could not be written either.
  machine.wire.now += 40_000
  machine.turn(5)
  #expect(machine.wire.slices.count <= done + 1)
  #expect(machine.wire.calls.contains(.close(0)))
}

@Test func theAddressOfAPeerIsKnownToTheLogin() {
  let machine = Machine()
  machine.allow("u", "p", iterations: 1)
  machine.wire.peer = Peer(version4: 77, port: 1)
  for _ in 0..<3 {
    machine.wire.arriving = 1
    machine.send(0, loginPacket("a", "u", "no"))
    machine.turn(4)
    #expect(machine.received(0) == [0x20, 2, 0, 5])
    machine.wire.incoming[0] = nil
  }
  machine.wire.arriving = 1
  machine.send(0, loginPacket("a", "u", "p"))
  machine.turn(4)
  #expect(machine.received(0).isEmpty)
  machine.wire.now += 250
  machine.turn(2)
  #expect(machine.received(0) == [0x20, 2, 0, 0])
}
