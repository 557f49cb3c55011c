import Support
import Testing

@testable import Broker

// Messages that were dropped are told to whom they were meant for, and to the operator.

/// A world in which a persistent session that is away has lost so many messages.
private func world(losing count: Int, _ version: Version = .v5) -> World {
  let world = World(
    World.policy {
      $0.maximumQueued = 2
      $0.systemInterval = 10
    })
  let away = world.connect("away", version, clean: false, .sessionExpiry(10_000))
  #expect(away.subscribe("t", 1) == 1)
  away.lose()
  let sender = world.connect("sender")
  lose(count, in: world, by: sender, queued: 2)
  return world
}

private func lose(_ count: Int, in world: World, by sender: Client, queued: Int = 0) {
  for number in 1...count + queued {
    #expect(
      sender.ask(Packet.publish("t", [1], qos: 1, identifier: number)) == [.puback(number, 0)])
  }
}

/// Lets the Client come back and go again; the Reason String of its CONNACK.
private func comeBack(_ world: World, _ properties: Properties = .none) -> String? {
  let client = world.connect(
    "away", clean: false, .sessionExpiry(10_000) + properties, present: true)
  defer { client.lose() }
  return client.welcome.text(0x1F)
}

@Test func whoComesBackIsToldOnceHowManyMessagesItLost() {
  let world = world(losing: 3)
  #expect(world.count(.messageDropped) == 3)
  #expect(comeBack(world) == "3 messages were dropped: the queue of this session was full")
  #expect(comeBack(world) == nil)
  lose(1, in: world, by: world.connect("again"), queued: 2)
  #expect(comeBack(world) == "1 message was dropped: the queue of this session was full")
}

@Test func whoLostNothingIsToldNothing() {
  let world = World()
  world.connect("away", .v5, .sessionExpiry(10_000)).lose()
  #expect(comeBack(world) == nil)
}

@Test func whoWantsNoWordsOrHasNoRoomForThemGetsNone() {
  // Request Problem Information 0. [MQTT-3.1.2-29]
  #expect(comeBack(world(losing: 3), .byte(0x17, 0)) == nil)
  // [MQTT-3.2.2-19]
  #expect(comeBack(world(losing: 3), .maximumPacketSize(60)) == nil)
}

@Test func anOlderClientComesBackAsEver() {
  let world = world(losing: 3, .v3_1_1)
  let back = world.connect("away", .v3_1_1, clean: false, present: true)
  #expect(back.deliveries().count == 2)
}

@Test func theOperatorIsToldClientByClient() {
  let world = world(losing: 3)
  let watcher = world.connect("watcher")
  #expect(watcher.subscribe("$SYS/broker/clients/dropped/+", 0) == 0)
  world.broker.log.levels = LogLevel.warning.rawValue
  world.pass(seconds: 10)
  let told = watcher.deliveries()
  #expect(told.map(\.topic) == ["$SYS/broker/clients/dropped/away"] && told.map(\.text) == ["3"])
  #expect(told.allSatisfy { !$0.retain } && world.count(.messagesLost) == 1)
  var lines: [String] = []
  world.broker.log.drain { line, _ in lines.append(String(copying: line.span)) }
  #expect(lines == ["Messages for away were lost: see $SYS/broker/clients/dropped."])
  // Nothing new is nothing to be told.
  world.pass(seconds: 10)
  #expect(watcher.deliveries().isEmpty && world.count(.messagesLost) == 1)
  lose(2, in: world, by: world.connect("again"))
  world.pass(seconds: 10)
  #expect(watcher.texts() == ["5"] && world.count(.messagesLost) == 2)
  #expect(world.broker.losses(of: "away".bytes.span) == 5)
  #expect(world.broker.losses(of: "nobody".bytes.span) == 0)
}

@Test func aNameThatIsNoTopicIsToldInTheLogAlone() {
  let world = World(
    World.policy {
      $0.maximumQueued = 1
      $0.systemInterval = 10
    })
  for name in ["a/b", "a+", "#"] {
    let away = world.connect(name, clean: false, .sessionExpiry(10_000))
    #expect(away.subscribe("t", 1) == 1)
    away.lose()
  }
  let watcher = world.connect("watcher")
  #expect(watcher.subscribe("$SYS/broker/clients/dropped/#") == 0)
  lose(1, in: world, by: world.connect("sender"), queued: 1)
  world.pass(seconds: 10)
  #expect(watcher.deliveries().map(\.topic) == ["$SYS/broker/clients/dropped/a/b"])
  #expect(world.count(.messagesLost) == 3)
}
