import Board
import Support
import Testing

@testable import Broker

@Test(arguments: [2, 4])
func connectionsOverTheLimitAreRefusedPolitely(limit: Int) throws {
  let world = World { $0.connections = limit }
  let clients = (0..<limit).map { world.connect("c\($0)") }
  for (version, code) in [(.v5, 0x97), (.v3_1_1, 3), (.v3_1, 3)] as [(Version, UInt8)] {
    let client = try #require(world.open(version))
    #expect(client.ask(Packet.connect("x", version)) == [.connack(present: false, code: code)])
    #expect(!client.isOpen)
  }
  #expect(world.count(.clientsFull) == 3)
  // One that is connected already takes its own place.
  world.connect("c0")
  #expect(world.broker.statistics.clientsConnected == limit)
  // The last two of the places to refuse politely are for addresses that have none.
  let waiting = (2..<Limits.refusalPlaces).compactMap { _ in world.open() }
  #expect(waiting.count == Limits.refusalPlaces - 2 && world.open() == nil)
  let others = (1...2).compactMap { world.open(address: $0) }
  #expect(others.count == 2 && world.open(address: 3) == nil)
  #expect(world.count(.connectionRefused) == 2)
  clients[1].lose()
  world.turn()
  world.connect("new", address: 9)
}

@Test func aListenerHasALimitOfItsOwn() throws {
  let world = World(World.policy { $0.listeners[1].maximumConnections = 1 })
  let first = world.connect("a", listener: 1)
  let client = try #require(world.open(.v3_1_1, listener: 1))
  #expect(client.ask(Packet.connect("b", .v3_1_1)) == [.connack(present: false, code: 3)])
  world.connect("b")
  first.lose()
  world.connect("c", listener: 1)
}

@Test func aFullTableOfSessionsRefusesTheNewOne() throws {
  let world = World { $0.sessions = 2 }
  for (name, address) in [("a", 1), ("b", 2)] as [(String, UInt32)] {
    // What is owed to it nobody takes away from it.
    let client = world.connect(name, .v5, .sessionExpiry(100), address: address)
    #expect(client.subscribe("t", 1) == 1)
    client.publish("t", "x", qos: 1, identifier: 1)
    client.lose()
  }
  let client = try #require(world.open(address: 1))
  #expect(client.ask(Packet.connect("c")) == [.connack(present: false, code: 0x97)])
  #expect(world.count(.sessionsFull) == 1 && world.used("sessions") == 2)
  #expect(world.refused("sessions") == 1 && world.count(.sessionCrowdedOut) == 0)
  world.connect("a", clean: false, present: true, address: 1)
  world.connect("b", clean: true, address: 2)
}

@Test func aSessionWithNothingToLoseMakesRoomForAnotherOfItsUser() throws {
  let world = World {
    $0.connections = 4
    $0.sessions = 8
  }
  for (number, name) in ["a", "b", "c", "d"].enumerated() {
    world.connect(name, .v5, .sessionExpiry(100), address: number < 2 ? 1 : 2).lose()
  }
  // The one that has been away longest of those from the same address.
  world.connect("e", address: 2)
  #expect(world.count(.sessionCrowdedOut) == 1 && world.used("sessions") == 4)
  world.connect("d", clean: false, present: true, address: 2)
  world.connect("a", clean: false, present: true, address: 1)
  world.connect("b", clean: false, present: true, address: 1)
}

@Test func fullTablesRefuseSubscriptions() {
  let changes: [(String, (inout Limits) -> Void)] = [
    ("subscriptions", { $0.subscriptions = 4 }), ("topic levels", { $0.topicNodes = 4 }),
  ]
  for (pool, change) in changes {
    let world = World(change: change)
    let (newer, older) = (world.connect("a"), world.connect("b", .v3_1_1))
    // Half of the table is for anybody; the last quarter is for who has nothing yet.
    let answers = newer.ask(Packet.subscribe([("a", 0), ("b", 1), ("c", 1)]))
    #expect(answers == [.suback(1, [0, 1, 0x97])])
    #expect(older.subscribe("x") == 0 && older.subscribe("y") == 0x80)
    #expect(newer.subscribe("a", 2) == 2 && world.used(pool) == 3)
    #expect(world.count(.subscriptionsFull) == 2 && world.refused("subscriptions") == 2)
    #expect(newer.ask(Packet.unsubscribe(["a", "b"])) == [.unsuback(1, [0, 0])])
    #expect(older.subscribe("y") == 0)
  }
}

@Test func groupsAndLevelsAndTextsHaveLimits() {
  let world = World {
    $0.sharedGroups = 1
    $0.topicLevels = 3
    $0.textBlocks = 12
  }
  let client = world.connect("a")
  #expect(client.subscribe("$share/g/t") == 0 && client.subscribe("$share/h/t") == 0x97)
  #expect(client.subscribe("a/b/c") == 0 && client.subscribe("a/b/c/d") == 0x97)
  #expect(client.subscribe(String(repeating: "x", count: 400)) == 0x97)
  let used = world.used("text blocks")
  #expect(client.subscribe("a/b/" + String(repeating: "x", count: 400)) == 0x97)
  #expect(world.used("text blocks") == used && world.count(.subscriptionsFull) == 4)
  #expect(client.subscribe(String(repeating: "y", count: 1001)) == 0x8F)
}

@Test func aTopicNameThatIsTooLongEndsTheConnection() {
  for (version, answers) in [(.v5, [.disconnect(0x90)]), (.v3_1_1, [])] as [(Version, [SentPacket])]
  {
    let world = World()
    let client = world.connect("a", version)
    let name = String(repeating: "x", count: 1001)
    #expect(client.ask(Packet.publish(name, [1], version)) == answers && !client.isOpen)
  }
}

@Test func aFullTableOfRetainedMessagesRefusesAnother() {
  let world = World { $0.retained = 2 }
  let (other, client) = (world.connect("o", address: 1), world.connect("a", address: 2))
  for (topic, publisher) in [("a", other), ("b", client)] {
    #expect(
      publisher.ask(Packet.publish(topic, [1], qos: 1, identifier: 1, retain: true)) == [
        .puback(1, 0x10)
      ])
  }
  let packet = Packet.publish("c", [1], qos: 1, identifier: 1, retain: true)
  #expect(client.ask(packet) == [.puback(1, 0x97)] && world.count(.retainedFull) == 1)
  #expect(
    client.ask(Packet.publish("b", [2], qos: 1, identifier: 1, retain: true)) == [.puback(1, 0x10)])
  // With QoS 0 nobody can be told: it is not retained, and that is counted.
  client.publish("c", "x", retain: true)
  #expect(world.used("retained messages") == 2 && world.count(.retainedFull) == 2)
  client.publish("b", "", retain: true)
  #expect(client.ask(packet) == [.puback(1, 0x10)])
}

@Test func aFullTableOfLevelsRefusesARetainedMessage() {
  let world = World { $0.retainedLevels = 8 }
  let clients = (1...4).map { world.connect("c\($0)", address: UInt32($0)) }
  func publish(_ topic: String, by number: Int, _ payload: [UInt8] = [1]) -> SentPacket? {
    let packet = Packet.publish(topic, payload, qos: 1, identifier: 1, retain: true)
    return clients[number].ask(packet).first
  }
  let (kept, refused) = (SentPacket.puback(1, 0x10), SentPacket.puback(1, 0x97))
  // The root and three more are what anybody may have.
  #expect(publish("a/b/1", by: 0) == kept && publish("a/b/2", by: 0) == kept)
  #expect(publish("a/b/c/1", by: 0) == kept && publish("b/1", by: 0) == refused)
  #expect(world.used("retained levels") == 4 && world.refused("retained levels") == 1)
  // Two are for each who has none, as long as there are any.
  #expect(publish("b/1", by: 1) == kept && publish("c/1", by: 1) == kept)
  #expect(publish("d/1", by: 1) == refused && publish("e/f/1", by: 2) == kept)
  #expect(publish("g/1", by: 3) == refused && world.count(.retainedFull) == 3)
  // What takes no level is taken still.
  #expect(publish("a/1", by: 0) == kept && publish("1", by: 3) == kept)
  #expect(world.used("retained levels") == 8 && world.used("retained messages") == 8)
  for topic in ["a/b/1", "a/b/2", "a/b/c/1"] { _ = publish(topic, by: 0, []) }
  #expect(publish("g/1", by: 3) == kept && world.used("retained levels") == 7)
}

/// Limits of the tables that queues are made of, each so small that few messages fill it.
private let smallQueues: [@Sendable (inout Limits) -> Void] = [
  { $0.messages = 4 }, { $0.messageBlocks = 4 }, { $0.deliveries = 4 },
]

@Test func fullTablesOfMessagesRefuseOrDrop() {
  for policy in [Policy.WhenQueueIsFull.reject, .dropNewest] {
    for change in smallQueues {
      let world = World(World.policy { $0.whenQueueIsFull = policy }, change: change)
      let slow = world.connect("r", .v5, .receiveMaximum(1))
      #expect(slow.subscribe("t", 1) == 1)
      let sender = world.connect("s")
      let codes = (1...4).map { sender.ask(Packet.publish("t", [1], qos: 1, identifier: $0)) }
      // Two are what anybody may have of four.
      let full: UInt8 = policy == .reject ? 0x97 : 0
      #expect(
        codes == [[.puback(1, 0)], [.puback(2, 0)], [.puback(3, full)], [.puback(4, full)]])
      #expect(world.count(policy == .reject ? .publishRejected : .messageDropped) == 2)
      for message in slow.deliveries() { slow.send(Packet.acknowledgement(4, message.identifier)) }
      #expect(sender.ask(Packet.publish("t", [1], qos: 1, identifier: 5)) == [.puback(5, 0)])
    }
  }
}

@Test func aFullTableOfUnreleasedMessagesRefuses() {
  let world = World { $0.unreleased = 4 }
  let client = world.connect("a")
  for (identifier, code) in [(1, 0x10), (2, 0x10), (3, 0x97)] as [(Int, UInt8)] {
    let packet = Packet.publish("t", [1], qos: 2, identifier: identifier)
    #expect(client.ask(packet) == [.pubrec(identifier, code)])
  }
  #expect(client.ask(Packet.acknowledgement(6, 1)) == [.pubcomp(1, 0)])
  #expect(client.ask(Packet.publish("t", [1], qos: 2, identifier: 3)) == [.pubrec(3, 0x10)])
}

@Test func anOlderClientThatReleasesNothingIsClosed() {
  // Its PUBRELs would come behind the message for which they make room: it must not wait for them.
  let world = World { $0.unreleased = 4 }
  let client = world.connect("a", .v3_1_1)
  for identifier in 1...3 {
    client.send(Packet.publish("t", [1], .v3_1_1, qos: 2, identifier: identifier))
  }
  #expect(!client.isOpen && world.count(.publishRejected) == 1)
  #expect(world.used("unreleased messages") == 0 && world.used("receive blocks") == 0)
}

@Test func aWillThatFindsNoRoomRefusesTheConnection() throws {
  let world = World { $0.messages = 1 }
  world.connect("a", will: WillMessage(topic: "w"))
  let client = try #require(world.open())
  let packet = Packet.connect("b", will: WillMessage(topic: "w"))
  #expect(client.ask(packet) == [.connack(present: false, code: 0x97)])
  #expect(world.count(.willFull) == 1 && world.used("sessions") == 1)
}

@Test func whatIsQueuedOfQoS0LeavesRoomForWhatIsAcknowledged() {
  // Whoever comes first among the matches.
  for isFirst in [true, false] {
    let world = World { $0.deliveries = 8 }
    let slow = world.connect("slow")
    let away = world.connect("away", clean: false, .sessionExpiry(100))
    if isFirst { #expect(slow.subscribe("t") == 0) }
    #expect(away.subscribe("t", 1) == 1)
    if !isFirst { #expect(slow.subscribe("t") == 0) }
    away.lose()
    slow.isDeaf = true
    let sender = world.connect("s")
    let big = [UInt8](repeating: 1, count: 2000)
    // After three there is no room to send the slow one a fourth at once: those are queued, or dropped.
    for _ in 0..<20 { sender.send(Packet.publish("t", big)) }
    #expect(world.count(.messageDropped) > 0)
    #expect(sender.ask(Packet.publish("t", big, qos: 1, identifier: 1)) == [.puback(1, 0)])
    let back = world.connect("away", clean: false, .sessionExpiry(100), present: true)
    #expect(back.deliveries().map(\.payload) == [big], "\(isFirst)")
  }
}
