import Support
import Testing

@testable import Broker

private let reading = "user reader\ntopic read #\nuser writer\ntopic write #\n"

/// A world under these rules, in which everybody may come in under any name.
private func world(_ rules: String) throws -> World {
  let world = World()
  try world.take(rules: rules)
  return world
}

@Test(arguments: [Version.v3_1_1, .v5])
func aPublishThatIsDeniedGoesNowhere(version: Version) throws {
  // [MQTT3-3.3.5-2]
  let world = try world(reading)
  let reader = world.connect("r", userName: "reader")
  #expect(reader.subscribe("#", 2) == 2)
  let client = world.connect("c", version, userName: "reader")
  client.publish("t", "zero")
  client.publish("t", "one", qos: 1, identifier: 1)
  client.publish("t", "two", qos: 2, identifier: 2)
  client.publish("t", "kept", retain: true)
  // 5.0 is told; 3.x is acknowledged as if all were well.
  let code: UInt8? = version == .v5 ? 0x87 : 0
  #expect(
    client.answers() == [.puback(1, code ?? 0), .pubrec(2, code ?? 0)])
  #expect(reader.texts().isEmpty && world.used("retained messages") == 0)
  #expect(world.count(.publishDenied) == 4)
  #expect(world.broker.statistics.publishesDropped == 4)
  // The identifier of the message of QoS 2 is free again.
  #expect(
    world.connect("w", userName: "writer").ask(
      Packet.publish("t", "x".bytes, qos: 2, identifier: 2)) == [.pubrec(2, 0)])
  #expect(reader.texts() == ["x"])
}

@Test func whoMayNotReadGetsNothing() throws {
  let world = try world("user a\ntopic x/#\nuser b\ntopic x/1\ntopic y\n")
  let a = world.connect("a", userName: "a")
  let b = world.connect("b", userName: "b")
  #expect(a.subscribe("#", 1) == 1 && b.subscribe("#", 1) == 1)
  a.publish("x/1", "both", qos: 1, identifier: 1)
  a.publish("x/2", "a alone")
  b.publish("y", "b alone", qos: 1, identifier: 2)
  #expect(a.texts() == ["both", "a alone"] && b.texts() == ["both", "b alone"])
  #expect(world.count(.deliveryDenied) == 2)
}

@Test(arguments: Version.allCases)
func aSubscriptionThatCanBringNothingIsGranted(version: Version) throws {
  let world = try world("user a\ntopic x/#\ntopic write w\nuser b\ntopic y\n")
  let publisher = world.connect("p", userName: "b")
  publisher.publish("y", "kept", retain: true)
  let client = world.connect("a", version, userName: "a")
  #expect(
    client.ask(Packet.subscribe([("y", 1), ("w", 2), ("#", 0)], version, identifier: 9))
      == [.suback(9, [1, 2, 0])])
  publisher.publish("y", "new")
  #expect(client.deliveries().isEmpty && world.count(.subscribeDenied) == 0)
}

@Test func aSubscriptionThatCanBringNothingIsRefusedWhereThatIsWanted() throws {
  let world = World(World.policy { $0.checksSubscriptions = true })
  try world.take(rules: "user a\ntopic x/#\ntopic write w\n")
  let client = world.connect("a", userName: "a")
  #expect(
    client.ask(
      Packet.subscribe(
        [("x/1", 0), ("y", 1), ("w", 2), ("#", 2), ("$share/g/y", 0)], identifier: 9))
      == [.suback(9, [0, 0x87, 0x87, 2, 0x87])])
  let older = world.connect("b", .v3_1_1, userName: "a")
  #expect(
    older.ask(Packet.subscribe([("x/1", 0), ("y", 1)], .v3_1_1, identifier: 9))
      == [.suback(9, [0, 0x80])])
  #expect(world.count(.subscribeDenied) == 4 && world.used("subscriptions") == 3)
}

/// What the simulator found: a pattern with a User Name gives nothing to those who have none.
@Test func aPatternWithAUserNameGivesNothingToTheAnonymous() throws {
  let world = World(World.policy { $0.checksSubscriptions = true })
  try world.take(rules: "pattern read %u/#\npattern read x/%u\ntopic y\n")
  let anonymous = world.connect("n")
  #expect(
    anonymous.ask(Packet.subscribe([("+", 0), ("x/+", 0), ("z/#", 0)], identifier: 9))
      == [.suback(9, [0, 0x87, 0x87])])
  let user = world.connect("u", userName: "z")
  #expect(
    user.ask(Packet.subscribe([("+", 0), ("x/+", 0), ("z/#", 0)], identifier: 9))
      == [.suback(9, [0, 0, 0])])
}

@Test func aMemberOfAGroupWhoMayNotReadIsPassedOver() throws {
  let world = try world("user a\ntopic x/#\nuser b\ntopic x/1\ntopic readwrite x/3/#\n")
  let a = world.connect("a", userName: "a")
  let b = world.connect("b", userName: "b")
  #expect(a.subscribe("$share/g/#", 1) == 1 && b.subscribe("$share/g/#", 1) == 1)
  for number in 0..<6 { a.publish("x/2", "\(number)", qos: 1, identifier: number + 1) }
  #expect(a.texts() == ["0", "1", "2", "3", "4", "5"] && b.texts().isEmpty)
  for number in 0..<6 { a.publish("x/1", "\(number)") }
  #expect(a.texts().count == 3 && b.texts().count == 3)
  a.lose()
  // Nobody of the group may read it: that is no queue that is full.
  let c = world.connect("c", userName: "a")
  #expect(
    c.ask(Packet.publish("x/2", "x".bytes, qos: 1, identifier: 1))
      == [.puback(1, 0)])
}

/// What the simulator found (seed 538801501): a message was refused for a group in which only one who
/// wants QoS 0, and is away, may read it.
@Test func aMemberWhoMayMissAMessageKeepsNobodyFromPublishingIt() throws {
  let world = try world("user a\ntopic x/#\nuser b\ntopic write x/#\ntopic read y\n")
  let reader = world.connect("r", .v3_1_1, clean: false, userName: "a")
  let other = world.connect("o", .v3_1_1, clean: false, userName: "b")
  #expect(reader.subscribe("$share/g/+/#", 0) == 0 && other.subscribe("$share/g/+/#", 1) == 1)
  reader.lose()
  other.lose()
  let writer = world.connect("w", userName: "b")
  for number in 1...4 {
    #expect(
      writer.ask(Packet.publish("x/1", "x".bytes, qos: 1, identifier: number))
        == [.puback(number, 0)])
  }
}

/// CVE-2018-12546: who loses the right to read gets nothing of what was retained before.
@Test func whatIsRetainedIsNotForThoseWhoMayNotReadIt() throws {
  let world = try world("user a\ntopic x/#\nuser b\ntopic x/1\n")
  let a = world.connect("a", userName: "a")
  for number in 1...3 { a.publish("x/\(number)", "\(number)", retain: true) }
  let b = world.connect("b", userName: "b")
  #expect(b.subscribe("x/#") == 0)
  #expect(b.texts() == ["1"])
  #expect(a.subscribe("#") == 0 && a.texts().sorted() == ["1", "2", "3"])
  try world.take(rules: "user a\ntopic x/2\nuser b\ntopic x/#\n")
  #expect(a.subscribe("x/+") == 0)
  #expect(a.texts() == ["2"])
}

/// CVE-2018-12546 again: who loses the right to write has retained nothing.
@Test func whatIsRetainedGoesWithTheRightToWriteIt() throws {
  let rules = "user good\ntopic x/#\nuser bad\ntopic x/#\n"
  let world = try world(rules)
  world.connect("g", userName: "good").publish("x/good", "1", retain: true)
  world.connect("b", userName: "bad").publish("x/bad", "2", retain: true)
  world.connect("n").publish("x/none", "3", retain: true)
  try world.take(rules: "user good\ntopic x/#\nuser bad\ntopic read x/#\n")
  let reader = world.connect("r", userName: "good")
  #expect(reader.subscribe("x/#") == 0)
  #expect(reader.texts() == ["1"])
  #expect(reader.subscribe("x/bad") == 0)
  #expect(reader.texts().isEmpty)
  // It is held back, not gone.
  try world.take(rules: rules)
  #expect(reader.subscribe("x/bad") == 0)
  #expect(reader.texts() == ["2"])
}

@Test func theSourceOfARetainedMessageCanBeForgiven() throws {
  let world = World(World.policy { $0.checksRetainSource = false })
  try world.take(rules: "user a\ntopic x\n")
  let a = world.connect("a", userName: "a")
  a.publish("x", "1", retain: true)
  try world.take(rules: "user a\ntopic read x\n")
  #expect(a.subscribe("x") == 0 && a.texts() == ["1"])
}

@Test func aPatternDecidesWhoRetained() throws {
  let world = try world("pattern own/%c\ntopic read #\n")
  let a = world.connect("a")
  a.publish("own/a", "1", retain: true)
  a.publish("own/b", "2", retain: true)
  world.connect("b").publish("own/b", "3", retain: true)
  #expect(a.subscribe("#") == 0)
  #expect(a.texts().sorted() == ["1", "3"])
  try world.take(rules: "topic read #\npattern own/b\n")
  #expect(a.subscribe("#") == 0)
  #expect(a.texts() == ["3"])
}

@Test func namesOfPublishersAreGivenBack() throws {
  let world = try world("topic #\n")
  let client = world.connect(String(repeating: "n", count: 100))
  let base = world.used("text blocks")
  for number in 0..<10 { client.publish("t/\(number)", "x", retain: true) }
  #expect(world.used("text blocks") == base + 40)
  for number in 0..<10 { client.publish("t/\(number)", "y", retain: true) }
  #expect(world.used("text blocks") == base + 40)
  for number in 0..<5 { client.publish("t/\(number)", "", retain: true) }
  #expect(world.used("text blocks") == base + 20)
  // Without rules nobody is remembered any more.
  try world.take()
  for number in 5..<8 { client.publish("t/\(number)", "z", retain: true) }
  #expect(world.used("text blocks") == base + 8)
  for number in 5..<10 { client.publish("t/\(number)", "", retain: true) }
  #expect(world.used("text blocks") == base && world.used("retained messages") == 0)
}

@Test func aRetainedMessageThatExpiresGivesTheNamesBack() throws {
  let world = try world("topic #\n")
  let client = world.connect("c")
  let base = world.used("text blocks")
  client.publish("t", "x", retain: true, .messageExpiry(5))
  #expect(world.used("text blocks") == base + 1)
  for _ in 0..<8 { world.pass(seconds: 1) }
  #expect(world.used("text blocks") == base && world.used("retained messages") == 0)
}

@Test func withoutRoomForThePublisherNothingIsRetained() throws {
  let world = World { $0.textBlocks = 28 }
  try world.take(rules: "topic #\n")
  let client = world.connect(String(repeating: "n", count: 100))
  var codes: [SentPacket] = []
  for number in 1...4 {
    codes += client.ask(
      Packet.publish("t/\(number)", "x".bytes, qos: 1, identifier: number, retain: true))
  }
  let wanted: [SentPacket] = [
    .puback(1, 0x10), .puback(2, 0x10), .puback(3, 0x97), .puback(4, 0x97),
  ]
  #expect(codes == wanted)
  client.publish("t/5", "x", retain: true)
  #expect(world.used("retained messages") == 2)
}

@Test func whatIsQueuedIsNotForThoseWhoMayNotReadItAnyMore() throws {
  let world = try world("user a\ntopic x/#\n")
  let a = world.connect("a", clean: false, .sessionExpiry(100), userName: "a")
  #expect(a.subscribe("x/#", 1) == 1)
  a.lose()
  let b = world.connect("b", userName: "a")
  for number in 1...3 { b.publish("x/\(number)", "\(number)", qos: 1, identifier: number) }
  try world.take(rules: "user a\ntopic x/2\n")
  let back = world.connect(
    "a", clean: false, .sessionExpiry(100), present: true, userName: "a")
  #expect(back.texts() == ["2"])
  #expect(world.used("deliveries") == 1)
}

/// It need not have arrived, so that to send it again would tell what may not be read any more.
@Test(arguments: [1, 2])
func whatWasSentIsNotSentAgainToThoseWhoMayNotReadItAnyMore(qos: UInt8) throws {
  let world = try world("user a\ntopic x/#\n")
  let a = world.connect("a", clean: false, .sessionExpiry(100), userName: "a")
  #expect(a.subscribe("x/#", qos) == qos)
  let b = world.connect("b", userName: "a")
  for number in 1...3 { b.publish("x/\(number)", "\(number)", qos: qos, identifier: number) }
  #expect(a.texts().sorted() == ["1", "2", "3"])
  a.lose()
  try world.take(rules: "user a\ntopic x/2\n")
  let back = world.connect(
    "a", clean: false, .sessionExpiry(100), present: true, userName: "a")
  #expect(back.texts() == ["2"])
  #expect(world.used("deliveries") == 1)
}

@Test func aSessionThatComesUnderAnotherNameGetsWhatThatOneMayRead() throws {
  let world = try world("user a\ntopic x/#\nuser b\ntopic x/2\ntopic read y\n")
  let a = world.connect("s", clean: false, .sessionExpiry(100), userName: "a")
  #expect(a.subscribe("#", 1) == 1)
  a.lose()
  let other = world.connect("o", userName: "a")
  for number in 1...3 { other.publish("x/\(number)", "\(number)", qos: 1, identifier: number) }
  let b = world.connect("s", clean: false, .sessionExpiry(100), present: true, userName: "b")
  #expect(b.texts() == ["2"])
  other.publish("x/1", "now", qos: 1, identifier: 9)
  #expect(b.texts().isEmpty)
}

@Test func aWillIsPublishedOnlyWhereItsClientMayWrite() throws {
  let world = try world("user a\ntopic w/#\nuser r\ntopic read #\n")
  let reader = world.connect("r", userName: "r")
  #expect(reader.subscribe("#") == 0)
  world.connect("1", will: WillMessage(topic: "w/1"), userName: "a").lose()
  world.connect("2", will: WillMessage(topic: "x"), userName: "a").lose()
  #expect(reader.deliveries().map(\.topic) == ["w/1"] && world.count(.publishDenied) == 1)
  // The right may be lost after the CONNECT, too.
  let third = world.connect("3", will: WillMessage(topic: "w/3", isRetained: true), userName: "a")
  try world.take(rules: "user r\ntopic read #\n")
  third.lose()
  #expect(reader.texts().isEmpty && world.used("retained messages") == 0)
}

@Test func onlyTheStateOfABridgeMayBeWrittenAmongTheServersTopics() throws {
  let world = World()
  let bridge = world.connect("bridge")
  let reader = world.connect("reader")
  #expect(reader.subscribe("$SYS/broker/connection/#") == 0)
  for topic in [
    "$SYS/broker/connection/other/state", "$SYS/broker/connection/bridge/state/x",
    "$SYS/broker/connection/bridge", "$SYS/broker/uptime", "$SYS", "$CONTROL/x",
    "$SYS/broker/connection//state",
  ] {
    #expect(
      bridge.ask(Packet.publish(topic, "x".bytes, qos: 1, identifier: 1))
        == [.puback(1, 0x87)], "\(topic)")
  }
  bridge.publish("$SYS/broker/connection/bridge/state", "1", retain: true)
  #expect(reader.texts() == ["1"])
  // With rules they must allow it too.
  try world.take(rules: "topic #\n")
  #expect(
    bridge.ask(
      Packet.publish("$SYS/broker/connection/bridge/state", "x".bytes, qos: 1, identifier: 1))
      == [.puback(1, 0x87)])
  try world.take(rules: "pattern write $SYS/broker/connection/%c/state\n")
  #expect(
    bridge.ask(
      Packet.publish("$SYS/broker/connection/bridge/state", "x".bytes, qos: 1, identifier: 1))
      == [.puback(1, 0)])
}

@Test func theServersTopicsAreReadByThoseWhoMay() throws {
  let world = World(
    World.policy {
      $0.systemInterval = 10
      $0.checksSubscriptions = true
    })
  try world.take(rules: "user a\ntopic read $SYS/broker/version\nuser b\ntopic #\n")
  let a = world.connect("a", userName: "a")
  #expect(a.subscribe("$SYS/#") == 0)
  #expect(a.deliveries().map(\.topic) == ["$SYS/broker/version"])
  let b = world.connect("b", userName: "b")
  #expect(b.subscribe("$SYS/#") == 0x87)
}

/// CVE-2021-34434: a reload changes what is allowed for those who are connected.
@Test func aReloadCountsForThoseWhoAreConnected() throws {
  let world = try world("user a\ntopic x\n")
  let a = world.connect("a", userName: "a")
  #expect(a.subscribe("x") == 0)
  a.publish("x", "1")
  #expect(a.texts() == ["1"])
  try world.take(rules: "user a\ntopic write x\n")
  a.publish("x", "2")
  #expect(a.texts().isEmpty)
  try world.take(rules: "user a\ntopic read x\n")
  a.publish("x", "3")
  #expect(a.texts().isEmpty && world.count(.publishDenied) == 1)
  try world.take()
  a.publish("x", "4")
  #expect(a.texts() == ["4"])
}

@Test func aThousandRulesAreAskedOncePerTopicAndClient() throws {
  let world = World {
    $0.accessRules = 1000
    $0.accessTextBytes = 40_000
    $0.accessDecisions = 1024
  }
  try world.take(rules: (0..<1000).map { "pattern p/\($0)/%c/#\n" }.joined())
  let clients = (0..<8).map { world.connect("c\($0)") }
  for client in clients { #expect(client.subscribe("#") == 0) }
  for _ in 0..<100 {
    for (number, client) in clients.enumerated() { client.publish("p/900/c\(number)/t", "x") }
  }
  for client in clients { #expect(client.texts().count == 100) }
  let counts = world.broker.access.decisionCounts
  // Each client writes one topic, and each of eight is read by eight.
  #expect(counts.asked == 7200 && counts.made == 72)
}

@Test func withoutRulesNothingIsAsked() throws {
  let world = World()
  let client = world.connect("c", userName: "u")
  #expect(client.subscribe("#") == 0)
  for number in 0..<50 { client.publish("t/\(number)", "x") }
  #expect(client.texts().count == 50 && world.broker.access.decisionCounts.asked == 0)
}
