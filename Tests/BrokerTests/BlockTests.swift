import Support
import Testing

@testable import Broker

private func large(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var random = Random(seed: seed)
  return random.bytes(count)
}

@Test(arguments: 0...2 as ClosedRange<UInt8>)
func aPayloadLargerThanAnyBufferArrivesWhole(qos: UInt8) {
  let world = World { $0.sendBlocks = 40 }
  let (receiver, sender) = (world.connect("r"), world.connect("s"))
  #expect(receiver.subscribe("t", qos) == qos)
  let payload = large(19_000)
  sender.send(Packet.publish("t", payload, qos: qos, identifier: 1))
  let delivered = receiver.deliveries()
  #expect(delivered.count == 1 && delivered.first?.payload == payload)
  receiver.lose()
  #expect(world.used("messages") == 0 && world.used("send blocks") == 0)
}

@Test func whatHadToLeaveIsGivenBackWhenTheConnectionEnds() {
  let world = World()
  let sender = world.connect("s")
  for round in 0..<30 {
    let receiver = world.connect("r\(round)")
    #expect(receiver.subscribe("t", 1) == 1)
    receiver.isDeaf = true
    sender.publish("t", "short")
    sender.send(Packet.publish("t", large(15_000), qos: 1, identifier: 1))
    #expect(world.used("send blocks") > 0)
    if round % 2 == 0 { receiver.lose() } else { world.connect("r\(round)").lose() }
    #expect(!receiver.isOpen)
    #expect(world.used("send blocks") == 0 && world.used("messages") == 0)
  }
  #expect(sender.isOpen)
}

@Test func answersBehindAPayloadLeaveWhateverTheOthersHold() {
  let world = World {
    $0.connections = 8
    $0.sendBlocks = 32
    $0.sendBlockBytes = 64
    $0.sendBytes = 600
  }
  let (receiver, sender) = (world.connect("r"), world.connect("s"))
  let others = (0..<6).map { world.connect("o\($0)") }
  #expect(receiver.subscribe("t", 1) == 1)
  let payload = large(1201)
  // 600 bytes leave; of the rest all but 10 can be moved while answers gather behind them.
  sender.queue(Packet.publish("t", payload, qos: 1, identifier: 1))
  #expect(world.step())
  receiver.queue(Array([[UInt8]](repeating: Packet.ping, count: 30).joined()))
  receiver.isDeaf = true
  _ = world.step()
  // The others' answers take what they can: none that is kept for the place of somebody else.
  for identifier in 1...40 {
    for other in others {
      other.isDeaf = true
      other.send(Packet.publish("x", [], qos: 1, identifier: identifier))
    }
  }
  let used = world.used("send blocks")
  #expect(used > 16 && used < 32 && others.allSatisfy(\.isOpen))
  world.sendsAtOnce = 20
  receiver.isDeaf = false
  let answers = receiver.ask(Packet.ping)
  #expect(answers.count == 32 && answers.dropFirst().allSatisfy { $0 == .pingresp })
  if case .publish(let delivered) = answers.first { #expect(delivered.payload == payload) }
  for other in others {
    other.isDeaf = false
    let told = other.answers()
    #expect(told == (1...40).prefix(told.count).map { .puback($0, 0x10) })
  }
}

@Test func manyReceiversShareFewBlocks() {
  let world = World {
    $0.sendBlocks = 24; $0.sendBlockBytes = 64; $0.sendBytes = 500
  }
  let receivers = (0..<8).map { world.connect("r\($0)") }
  for receiver in receivers { #expect(receiver.subscribe("t", 1) == 1) }
  let sender = world.connect("s")
  let payloads = (0..<10).map { large(700, seed: UInt64($0)) }
  for (identifier, payload) in payloads.enumerated() {
    sender.send(Packet.publish("t", payload, qos: 1, identifier: identifier + 1))
  }
  #expect(sender.answers().count == 10)
  for receiver in receivers { #expect(receiver.deliveries().map(\.payload) == payloads) }
}

@Test func aClientThatDoesNotReadItsAnswersIsNotRead() {
  let world = World()
  let client = world.connect("a")
  client.isDeaf = true
  for _ in 0..<2000 { client.send(Packet.ping) }
  #expect(client.unsentCount > 0 && client.isOpen)
  #expect(world.used("send blocks") <= 3)
  client.isDeaf = false
  let answers = client.answers()
  #expect(answers.count == 2000 && answers.allSatisfy { $0 == .pingresp })
  #expect(client.unsentCount == 0)
}

@Test func aPayloadOnItsWayOutDoesNotSayThatBlocksAreShort() {
  let world = World()
  let (receiver, sender) = (world.connect("r"), world.connect("s"))
  #expect(receiver.subscribe("t", 1) == 1)
  receiver.isDeaf = true
  sender.send(Packet.publish("t", large(19_000), qos: 1, identifier: 1))
  for identifier in 2...5 { sender.publish("t", "x", qos: 1, identifier: identifier) }
  #expect(world.count(.sendBlocksShort) == 0)
  receiver.isDeaf = false
  #expect(receiver.deliveries().count == 5)
}

@Test func partialPacketsWaitForBlocksAndEachConnectionHasOne() {
  let world = World {
    $0.connections = 9; $0.receiveBlocks = 28; $0.receiveBlockBytes = 64
  }
  let clients = (0..<8).map { world.connect("c\($0)") }
  let payload = large(400)
  let packet = Packet.publish("t", payload, qos: 1, identifier: 1)
  // All begin a packet at once; the blocks do not suffice for all of them.
  for client in clients { client.send(Array(packet.dropLast())) }
  #expect(world.used("receive blocks") <= 28 && clients.contains { $0.unsentCount > 0 })
  for client in clients { client.send(Array(packet.suffix(1))) }
  world.turn()
  let done = clients.filter { $0.answers() == [.puback(1, 0x10)] }
  #expect(!done.isEmpty)
  world.pass(seconds: 10)
  // Who could not go on was disconnected, and gave room to the rest.
  #expect(world.count(.publisherTimedOut) == UInt64(clients.filter { !$0.isOpen }.count))
  #expect(world.used("receive blocks") == 0 && clients.allSatisfy { $0.unsentCount == 0 })
  #expect(world.connect("new").ask(packet) == [.puback(1, 0x10)])
}

@Test func wholePacketsOfAllComeInWhereThereIsRoomForFew() {
  let world = World {
    $0.connections = 9; $0.receiveBlocks = 28; $0.receiveBlockBytes = 64
    $0.receiveBytes = 256
  }
  let clients = (0..<8).map { world.connect("c\($0)") }
  let packet = Packet.publish("t", large(400), qos: 1, identifier: 1)
  // Nobody holds blocks that others wait for, while it waits for theirs.
  for client in clients { client.queue(packet) }
  for client in clients { #expect(client.answers() == [.puback(1, 0x10)]) }
  #expect(world.used("receive blocks") == 0 && clients.allSatisfy(\.isOpen))
}
