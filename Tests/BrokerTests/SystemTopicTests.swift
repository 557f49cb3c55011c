import Support
import Testing

@testable import Broker

private func world() -> World { World(World.policy { $0.systemInterval = 10 }) }

@Test func theTreeIsRetainedForWhoAsksAndNotMatchedByHashAlone() {
  // [MQTT-4.7.2-1] [MQTT3-4.7.2-1]
  let world = world()
  let client = world.connect("a")
  #expect(client.subscribe("#") == 0 && client.deliveries().isEmpty)
  #expect(client.subscribe("$SYS/broker/version") == 0)
  let version = client.deliveries()
  #expect(version.map(\.text) == ["swiftlet version 0.1.0"] && version.allSatisfy(\.retain))
  #expect(client.subscribe("$SYS/#") == 0)
  let all = client.deliveries()
  // Nobody has told of pools that are not the Broker's: four topics each.
  let expected = SystemTopic.count - 4 * Broker.foreignPoolCount
  #expect(all.count == expected && Set(all.map(\.topic)).count == all.count)
  let values = Dictionary(uniqueKeysWithValues: all.map { ($0.topic, $0.text) })
  #expect(values["$SYS/broker/clients/connected"] == "1")
  #expect(values["$SYS/broker/uptime"] == "0 seconds")
  #expect(values["$SYS/broker/subscriptions/count"] == "3")
  #expect(values["$SYS/broker/retained messages/count"] == "0")
  #expect(values["$SYS/broker/limits/sessions/capacity"] == "24")
  #expect(values["$SYS/broker/load/connections/1min"] == "0.00")
}

@Test func whatIsCountedHasOnePlaceForEachCase() {
  #expect(Load(rawValue: UInt8(LoadAverages.kinds) - 1) != nil)
  #expect(Load(rawValue: UInt8(LoadAverages.kinds)) == nil)
  #expect(PoolAspect(rawValue: UInt8(PoolAspect.count) - 1) != nil)
  #expect(PoolAspect(rawValue: UInt8(PoolAspect.count)) == nil)
  #expect(Event(rawValue: UInt8(World().broker.log.counts.count)) == nil)
}

@Test func changesAreToldOnceAnInterval() {
  let world = world()
  let client = world.connect("a")
  #expect(client.subscribe("$SYS/broker/clients/+", 0x20) == 0)
  #expect(client.deliveries().isEmpty)
  world.pass(seconds: 10)
  let first = client.deliveries()
  #expect(first.contains { $0.topic.hasSuffix("/connected") && $0.text == "1" && !$0.retain })
  world.pass(seconds: 10)
  #expect(client.deliveries().isEmpty)
  let other = world.connect("b")
  world.pass(milliseconds: 9999)
  #expect(client.deliveries().isEmpty)
  world.pass(milliseconds: 1)
  #expect(client.deliveries().first { $0.topic.hasSuffix("/connected") }?.text == "2")
  other.lose()
  #expect(world.used("messages") == 0)
}

@Test func withoutAnIntervalThereIsNoTree() {
  let world = World()
  let client = world.connect("a")
  #expect(client.subscribe("$SYS/#") == 0)
  world.pass(seconds: 100)
  #expect(client.deliveries().isEmpty)
}

@Test func aChangeThatFoundNoRoomIsToldLater() {
  let world = World(World.policy { $0.systemInterval = 10 }) { $0.messages = 2 }
  let client = world.connect("a")
  #expect(client.subscribe("$SYS/broker/clients/connected", 0x20) == 0)
  world.pass(seconds: 10)
  #expect(client.texts() == ["1"])
  // Wills take the only places there are for messages.
  let others = [("b", 1), ("c", 2)].map {
    world.connect($0.0, will: WillMessage(topic: "w"), address: $0.1)
  }
  world.pass(seconds: 10)
  #expect(client.texts() == [])
  for other in others { other.send(Packet.disconnect()) }
  world.connect("d")
  world.pass(seconds: 10)
  #expect(client.texts() == ["2"])
}

@Test func theLoadApproachesTheRate() {
  let world = world()
  let client = world.connect("a")
  #expect(client.subscribe("$SYS/broker/load/publish/received/+") == 0)
  _ = client.deliveries()
  var last: [String: Double] = [:]
  // 6 messages every 10 seconds are 36 a minute.
  for _ in 0..<60 {
    for _ in 0..<6 { client.publish("x", "y") }
    world.pass(seconds: 10)
    for message in client.deliveries() { last[message.topic] = Double(message.text) }
  }
  let minute = last["$SYS/broker/load/publish/received/1min"] ?? 0
  let five = last["$SYS/broker/load/publish/received/5min"] ?? 0
  let fifteen = last["$SYS/broker/load/publish/received/15min"] ?? 0
  #expect(minute > 35.9 && minute < 36.1 && five > 30 && five < minute && fifteen < five)
}

@Test func theReportNamesEachPool() {
  let world = World()
  world.broker.report()
  var lines: [String] = []
  world.broker.log.drain { line, _ in lines.append(String(copying: line.span)) }
  #expect(lines.count == Broker.poolCount - Broker.foreignPoolCount)
  #expect(lines[1] == "sessions: 0 of 24 used, at most 0, refused 0 times.")
}

@Test func anAddressHasSoManyLinesASecondAndEverythingIsCounted() {
  let world = World()
  world.broker.log.levels = LogLevel.debug.rawValue | LogLevel.warning.rawValue
  func come(from address: UInt32, times: Int) {
    for _ in 0..<times { world.open(address: address)?.lose() }
  }
  come(from: 0xC000_0207, times: 30)
  come(from: 0xC000_0208, times: 2)
  let lines = world.log()
  #expect(lines.filter { $0 == "New connection from 192.0.2.7:1883 on port 0." }.count == 10)
  #expect(lines.filter { $0 == "New connection from 192.0.2.8:1883 on port 0." }.count == 2)
  #expect(world.count(.connectionOpened) == 32)
  world.pass(seconds: 1)
  #expect(world.log() == ["20 more log lines were left out, 20 of them from 192.0.2.7."])
}

@Test func whatNobodyWantsToReadIsNotLeftOut() {
  let world = World()
  world.broker.log.levels = LogLevel.warning.rawValue | LogLevel.notice.rawValue
  world.broker.policy.logsConnections = false
  for number in 0..<30 { world.connect("c\(number)").lose() }
  world.pass(seconds: 1)
  #expect(world.log() == [])
  #expect(world.count(.clientConnected) == 30 && world.count(.connectionOpened) == 30)
}

@Test func aClientsNameWritesNoLines() {
  let world = World()
  world.broker.log.levels = LogLevel.notice.rawValue
  world.connect("a\u{202E}d", userName: "e\u{2028}f")
  #expect(world.log().last == "New client connected from unknown as a?d (p5, c1, k0, u'e?f').")
}

extension World {
  /// The lines that were kept since this was asked last.
  fileprivate func log() -> [String] {
    var lines: [String] = []
    broker.log.drain { line, _ in lines.append(String(copying: line.span)) }
    return lines
  }
}

@Test func whoHasItsShareOfDeliveriesWaitsForTheTreeAtRest() {
  let policy = World.policy {
    $0.systemInterval = 10
    $0.maximumInFlight = 0
  }
  let world = World(policy) { $0.deliveries = 40 }
  let (client, sender) = (world.connect("a"), world.connect("s"))
  #expect(client.subscribe("t", 1) == 1)
  for number in 1...30 { sender.publish("t", "\(number)", qos: 1, identifier: number) }
  let held = client.deliveries()
  #expect(held.count == world.used("deliveries") && held.count < 30)
  // The broker comes to rest, though there is nothing yet that could be sent.
  #expect(client.subscribe("$SYS/broker/#", 1) == 1 && client.deliveries().isEmpty)
  var values = Set<String>()
  var delivered = held
  while !delivered.isEmpty {
    for message in delivered { client.send(Packet.acknowledgement(4, message.identifier)) }
    delivered = client.deliveries()
    values.formUnion(delivered.map(\.topic))
  }
  #expect(values.count == SystemTopic.count - 4 * Broker.foreignPoolCount)
}
