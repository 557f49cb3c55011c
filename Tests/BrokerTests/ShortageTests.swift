import Support
import Testing

@testable import Broker

// Peers that do not read, and peers that do not go on with what they have begun.

// MARK: Who does not read

@Test func whoReadsNothingIsClosedInTime() {
  let world = World(World.policy { $0.writeTimeout = 60_000 })
  let (reader, sender) = (
    world.connect("r", clean: false, .sessionExpiry(1000)), world.connect("s")
  )
  #expect(reader.subscribe("t", 1) == 1)
  reader.isDeaf = true
  world.pass(seconds: 100)
  // As long as there is nothing to be read nobody can tell.
  #expect(reader.isOpen)
  sender.publish("t", "1", qos: 1, identifier: 1)
  world.pass(milliseconds: 59_999)
  #expect(reader.isOpen && world.count(.readerTimedOut) == 0)
  world.pass(milliseconds: 1)
  #expect(!reader.isOpen && world.count(.readerTimedOut) == 1)
  #expect(world.used("send blocks") == 0)
  // What it was owed it is owed still.
  let back = world.connect("r", clean: false, .sessionExpiry(1000), present: true)
  #expect(back.texts() == ["1"])
}

@Test func whoReadsALittleIsNotClosed() {
  let world = World(World.policy { $0.writeTimeout = 60_000 })
  let (reader, sender) = (world.connect("r"), world.connect("s"))
  #expect(reader.subscribe("t", 1) == 1)
  for round in 1...5 {
    reader.isDeaf = true
    sender.publish("t", "\(round)", qos: 1, identifier: round)
    world.pass(milliseconds: 59_999)
    reader.isDeaf = false
    #expect(reader.texts() == ["\(round)"])
  }
  world.pass(seconds: 1000)
  #expect(reader.isOpen && world.count(.readerTimedOut) == 0)
}

@Test func withoutAWriteTimeoutNobodyIsClosed() {
  let world = World(World.policy { $0.writeTimeout = 0 })
  let (reader, sender) = (world.connect("r"), world.connect("s"))
  #expect(reader.subscribe("t", 1) == 1)
  reader.isDeaf = true
  sender.publish("t", "1", qos: 1, identifier: 1)
  world.pass(seconds: 100_000)
  reader.isDeaf = false
  #expect(reader.texts() == ["1"])
}

/// A world in which so many Clients that do not read hold send blocks, one second after the other.
private func worldOfTheDeaf(_ count: Int) -> (World, [Client]) {
  let world = World {
    $0.sendBlocks = 30
    $0.sendBlockBytes = 64
  }
  let deaf = (0..<count).map { world.connect("d\($0)") }
  for (number, client) in deaf.enumerated() {
    #expect(client.subscribe("deaf/\(number)", 1) == 1)
  }
  let sender = world.connect("s")
  for (number, client) in deaf.enumerated() {
    client.isDeaf = true
    sender.send(
      Packet.publish(
        "deaf/\(number)", [UInt8](repeating: 1, count: 5000), qos: 1, identifier: 1))
    world.pass(seconds: 1)
  }
  // Nobody waits for their blocks: they may be as slow as they like.
  world.pass(seconds: 60)
  #expect(deaf.allSatisfy { $0.isOpen })
  return (world, deaf)
}

/// Those who are closed, are closed in the order in which they ceased to read, and not all of them.
private func expectTheFirstClosed(_ deaf: [Client], _ world: World) {
  let closed = deaf.prefix { !$0.isOpen }
  #expect(!closed.isEmpty && closed.count < deaf.count)
  #expect(deaf.dropFirst(closed.count).allSatisfy { $0.isOpen })
  #expect(world.count(.readerTimedOut) == UInt64(closed.count))
}

@Test func whoHasNotReadLongestGoesFirstWhenAMessageNeedsBlocks() {
  let (world, deaf) = worldOfTheDeaf(8)
  let reader = world.connect("reader")
  #expect(reader.subscribe("t", 1) == 1)
  let sender = world.connect("another")
  // Its topic alone takes more than what is left.
  let topic = "t" + String(repeating: "/", count: 300)
  #expect(reader.subscribe("t/#", 1) == 1)
  sender.send(Packet.publish(topic, [1], qos: 1, identifier: 2))
  #expect(reader.answers().isEmpty)
  var seconds = 0
  while reader.arrived().isEmpty && seconds < 60 {
    world.pass(seconds: 1)
    seconds += 1
  }
  #expect(seconds < 60)
  expectTheFirstClosed(deaf, world)
}

@Test func whoHasNotReadLongestGoesFirstWhenAnAnswerNeedsBlocks() {
  let (world, deaf) = worldOfTheDeaf(8)
  let client = world.connect("client")
  let filters = (0..<300).map { ("\($0 % 10)", 1 as UInt8) }
  #expect(client.ask(Packet.subscribe(filters)).isEmpty)
  for _ in 0..<9 { world.pass(seconds: 1) }
  #expect(client.answers() == [.suback(1, [UInt8](repeating: 1, count: 300))] && client.isOpen)
  expectTheFirstClosed(deaf, world)
}

// MARK: Who does not go on

/// The beginning of a CONNECT that announces so many bytes.
private func halfConnect(_ count: Int) -> [UInt8] {
  [0x10] + variableByteInteger(count) + field("MQTT".bytes) + [5, 2, 0, 0]
}

/// A world in which so many Clients have sent all of a PUBLISH but its last byte.
private func worldOfTheUnfinished(_ count: Int) -> (World, [Client]) {
  let world = World { $0.connections = 40 }
  let greedy = (0..<count).map { world.connect("greedy\($0)", address: UInt32(100 + $0)) }
  let half = [UInt8](Packet.publish("t", [UInt8](repeating: 1, count: 9000)).dropLast())
  for client in greedy { client.send(half) }
  return (world, greedy)
}

@Test func whoHasNotComeInGivesWayAtOnceToAClient() throws {
  let world = World { $0.connections = 40 }
  let greedy = try (0..<12).map { try #require(world.open(address: UInt32(100 + $0))) }
  for client in greedy { client.send(halfConnect(9000)) }
  world.pass(milliseconds: 1)
  #expect(greedy.allSatisfy { $0.isOpen })
  let honest = world.connect("honest", address: 1)
  let packet = Packet.publish("t", [UInt8](repeating: 1, count: 18_000), qos: 1, identifier: 1)
  #expect(honest.ask(packet) == [.puback(1, 0x10)])
  #expect(world.count(.receiveBlocksShort) == 0)
  expectTheFirstUnfinishedClosed(greedy, world)
}

@Test func whoDoesNotCompleteItsPacketIsClosedWhenOthersNeedTheBlocks() {
  let (world, greedy) = worldOfTheUnfinished(2)
  world.pass(milliseconds: 1)
  #expect(greedy.allSatisfy { $0.isOpen })
  let honest = world.connect("honest", address: 1)
  honest.isHidden = true
  honest.send(Packet.publish("t", [UInt8](repeating: 1, count: 9000), qos: 1, identifier: 1))
  #expect(honest.unsentCount > 0 && world.count(.receiveBlocksShort) > 0)
  var seconds = 0
  while honest.unsentCount > 0 && seconds < 9 {
    world.pass(seconds: 1)
    seconds += 1
  }
  #expect(honest.answers() == [.puback(1, 0x10)] && honest.isOpen)
  expectTheFirstUnfinishedClosed(greedy, world)
}

@Test func whoHasSentAllOfItsPacketWaitsForNobodyWhoHasNot() {
  let (world, greedy) = worldOfTheUnfinished(12)
  let honest = world.connect("honest", address: 1)
  #expect(honest.subscribe("t", 1) == 1)
  for round in 1...20 {
    honest.isDeaf = round % 2 == 0
    let payload = [UInt8](repeating: UInt8(round), count: 1000 * (1 + round % 18))
    honest.queue(Packet.publish("t", payload, qos: 1, identifier: round) + Packet.ping)
    world.turn()
    #expect(honest.unsentCount == 0 || honest.isDeaf)
    honest.isDeaf = false
    let answers = honest.answers()
    #expect(answers.count == 3 && answers.contains(.puback(round, 0)))
    for case .publish(let message) in answers {
      #expect(message.payload == payload)
      honest.send(Packet.acknowledgement(4, message.identifier))
    }
  }
  #expect(greedy.allSatisfy { $0.isOpen } && world.count(.packetUnfinished) == 0)
}

@Test func aMessageThatIsSeenWholeMayStillHaveToWaitForTheQueue() {
  let policy = World.policy { ($0.whenQueueIsFull, $0.maximumQueued) = (.reject, 1) }
  let world = World(policy) { $0.connections = 40 }
  let reader = world.connect("r", .v5, .receiveMaximum(1))
  #expect(reader.subscribe("t", 1) == 1)
  let half = Packet.publish("t", [UInt8](repeating: 1, count: 9000)).dropLast()
  for number in 0..<4 { world.connect("greedy\(number)").send([UInt8](half)) }
  let sender = world.connect("s", .v3_1_1)
  for number in 1...2 {
    let packet = Packet.publish("t", "\(number)".bytes, .v3_1_1, qos: 1, identifier: number)
    #expect(sender.ask(packet) == [.puback(number, 0)])
  }
  let payload = String(repeating: "3", count: 18_000)
  let last = Packet.publish("t", payload.bytes, .v3_1_1, qos: 1, identifier: 3)
  #expect(sender.ask(last + Packet.ping).isEmpty && sender.unsentCount > 17_000)
  #expect(world.count(.publisherTimedOut) == 0)
  var got: [String] = []
  while case let delivered = reader.deliveries(), !delivered.isEmpty {
    got += delivered.map(\.text)
    for message in delivered { reader.send(Packet.acknowledgement(4, message.identifier)) }
  }
  #expect(got == ["1", "2", payload])
  #expect(sender.answers() == [.puback(3, 0), .pingresp] && sender.unsentCount == 0)
}

/// Those who began first went first, and no more of them than had to.
private func expectTheFirstUnfinishedClosed(_ greedy: [Client], _ world: World) {
  let closed = greedy.map { !$0.isOpen }
  #expect(world.count(.packetUnfinished) == UInt64(closed.filter { $0 }.count))
  #expect(closed.contains(true) && closed.contains(false))
  #expect(closed == closed.sorted { $0 && !$1 })
}
