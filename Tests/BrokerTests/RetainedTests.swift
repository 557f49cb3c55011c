import Support
import Testing

@testable import Broker

@Test(arguments: Version.allCases)
func aNewSubscriptionGetsWhatIsRetained(version: Version) {
  // [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT3-3.3.1-5] [MQTT3-3.3.1-6] [MQTT3-3.3.1-8] [MQTT3-3.3.1-10]
  let world = World()
  let sender = world.connect("s", version)
  sender.publish("a/b", "old", retain: true)
  sender.publish("a/b", "new", qos: 1, identifier: 1, retain: true)
  sender.publish("a/c", "other", retain: true)
  sender.publish("a/c", "", retain: true)
  sender.publish("a/d", "passing")
  let client = world.connect("r", version)
  #expect(client.subscribe("a/+", 2) == 2)
  let delivered = client.deliveries()
  #expect(delivered.map(\.text) == ["new"] && delivered.first?.retain == true)
  #expect(delivered.first?.qos == 1 && world.used("retained messages") == 1)
}

@Test func whoIsSubscribedAlreadyGetsThemAsOrdinaryMessages() {
  // [MQTT-3.3.1-12] [MQTT-3.3.1-13] [MQTT-3.3.1-8] [MQTT3-3.3.1-9] [MQTT3-3.3.1-11]
  let world = World()
  let (plain, asPublished) = (world.connect("p"), world.connect("q"))
  #expect(plain.subscribe("t") == 0 && asPublished.subscribe("t", 0b1000) == 0)
  let sender = world.connect("s")
  for text in ["m", ""] {
    sender.publish("t", text, retain: true)
    #expect(plain.deliveries().map(\.retain) == [false])
    #expect(asPublished.deliveries().map(\.retain) == [true])
  }
  sender.publish("t", "m", qos: 1, identifier: 1)
  #expect(asPublished.deliveries().map(\.retain) == [false])
}

@Test func retainHandlingSaysWhen() {
  // [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11] [MQTT-3.8.4-4]
  let world = World()
  world.connect("s").publish("t", "m", retain: true)
  for (handling, first, second) in [(0, 1, 1), (1, 1, 0), (2, 0, 0)] {
    let client = world.connect("r\(handling)")
    for expected in [first, second] {
      #expect(client.subscribe("t", UInt8(handling << 4)) == 0)
      #expect(client.texts().count == expected)
    }
    #expect(client.subscribe("$share/g/t") == 0 && client.texts().isEmpty)
  }
}

@Test func moreIsRetainedThanAQueueOrAConnectionTakes() {
  let world = World(World.policy { $0.maximumQueued = 3 })
  let sender = world.connect("s")
  let topics = (0..<90).map { "r/\($0)" }
  for topic in topics { sender.publish(topic, String(repeating: "x", count: 300), retain: true) }
  for qos in 0...2 as ClosedRange<UInt8> {
    let client = world.connect("r\(qos)", .v5, .receiveMaximum(2))
    #expect(client.subscribe("r/+", qos) == qos)
    #expect(client.deliveries().map(\.topic).sorted() == topics.sorted(), "\(qos)")
  }
}

@Test func retainedMessagesOfQoS1WaitForTheirAcknowledgements() {
  let world = World()
  let sender = world.connect("s")
  for number in 0..<90 { sender.publish("r/\(number)", "x", qos: 1, identifier: 1, retain: true) }
  let client = world.connect("r", .v5, .receiveMaximum(3))
  #expect(client.subscribe("r/#", 1) == 1)
  var topics: [String] = []
  while case let delivered = client.deliveries(), !delivered.isEmpty {
    #expect(delivered.count <= 3)
    topics += delivered.map(\.topic)
    for message in delivered { client.send(Packet.acknowledgement(4, message.identifier)) }
  }
  #expect(topics.count == 90 && Set(topics).count == 90)
  #expect(world.used("deliveries") == 0)
}

@Test func aReplayIsCutShortByTheEndOfTheSubscription() {
  let world = World()
  let sender = world.connect("s")
  for number in 0..<90 { sender.publish("r/\(number)", "x", qos: 1, identifier: 1, retain: true) }
  let client = world.connect("r", .v5, .receiveMaximum(3))
  #expect(client.subscribe("r/#", 1) == 1)
  let delivered = client.deliveries()
  #expect(client.ask(Packet.unsubscribe(["r/#"])) == [.unsuback(1, [0])])
  for message in delivered { client.send(Packet.acknowledgement(4, message.identifier)) }
  client.lose()
  #expect(world.used("deliveries") == 0 && world.used("subscriptions") == 0)
}

@Test func aReplayGoesOnBehindWhatIsRemovedUnderIt() {
  let world = World()
  let sender = world.connect("s")
  for number in 0..<40 { sender.publish("r/\(number)/x", "x", qos: 1, identifier: 1, retain: true) }
  let client = world.connect("r", .v5, .receiveMaximum(3))
  #expect(client.subscribe("r/+/+", 1) == 1)
  var delivered = client.deliveries()
  let topics = delivered.map(\.topic)
  // All but what it has: what it stands on among them.
  for number in 0..<40 where !topics.contains("r/\(number)/x") {
    sender.publish("r/\(number)/x", "", retain: true)
  }
  #expect(world.broker.retention.index.count == 3)
  while !delivered.isEmpty {
    for message in delivered { client.send(Packet.acknowledgement(4, message.identifier)) }
    delivered = client.deliveries()
  }
  for topic in topics { sender.publish(topic, "", retain: true) }
  #expect(world.used("retained messages") == 0 && world.used("retained levels") == 0)
}

@Test func whatAReplayStandsOnIsGivenBackHoweverItEnds() {
  let ends: [(Client) -> Void] = [
    { #expect($0.ask(Packet.unsubscribe(["r/+/+"])).contains(.unsuback(1, [0]))) },
    { $0.lose() },
    { $0.send([0xE0, 0]) },
  ]
  for end in ends {
    let world = World()
    let sender = world.connect("s")
    for number in 0..<90 {
      sender.publish("r/\(number)/x", "x", qos: 1, identifier: 1, retain: true)
    }
    let client = world.connect("r", .v5, .receiveMaximum(3))
    #expect(client.subscribe("r/+/+", 1) == 1 && client.deliveries().count == 3)
    for number in 0..<90 { sender.publish("r/\(number)/x", "", retain: true) }
    #expect(world.used("retained messages") == 1)
    end(client)
    #expect(world.used("retained messages") == 0 && world.used("retained levels") == 0)
  }
}

@Test func aReplayBeginsAnewWhenItIsAskedForAgain() {
  // [MQTT-3.8.4-3]
  let world = World()
  let sender = world.connect("s")
  for number in 0..<90 { sender.publish("r/\(number)", "x", qos: 1, identifier: 1, retain: true) }
  let client = world.connect("r", .v5, .receiveMaximum(3))
  #expect(client.subscribe("r/+", 1) == 1)
  // It stands somewhere: what it has found is queued, and not all of it sent.
  #expect(client.subscribe("r/+", 1) == 1)
  var topics: [String] = []
  while case let delivered = client.deliveries(), !delivered.isEmpty {
    topics += delivered.map(\.topic)
    for message in delivered { client.send(Packet.acknowledgement(4, message.identifier)) }
  }
  let queued = topics.count - 90
  #expect(queued > 0 && Array(topics.prefix(queued)) == Array(topics[queued...].prefix(queued)))
  #expect(Set(topics).count == 90)
}

@Test func aReplayThatFindsNothingIsPutOffAndComesToItsEnd() {
  // More levels than are looked at in one go.
  let world = World {
    $0.retained = 2000
    $0.messages = 2100
    $0.messageBlocks = 2100
    $0.retainedLevels = 3000
  }
  let sender = world.connect("s")
  for number in 0..<1000 { sender.publish("r/\(number)/x", "x", retain: true) }
  let client = world.connect("c")
  #expect(client.ask(Packet.subscribe([("r/+/y", 0), ("r/7/x", 0)])).count == 2)
  #expect(client.deliveries().isEmpty)
  #expect(client.subscribe("r/+/x") == 0 && client.deliveries().count == 1000)
}

@Test func aRetainedMessageExpires() {
  // [MQTT-3.3.2-5] [MQTT-3.3.2-6]
  let world = World()
  let sender = world.connect("s")
  sender.publish("a", "m", retain: true, .messageExpiry(10))
  sender.publish("b", "m", retain: true)
  world.pass(seconds: 4)
  let client = world.connect("r")
  #expect(client.subscribe("a") == 0)
  #expect(client.deliveries().map(\.properties) == [.messageExpiry(6)])
  world.pass(seconds: 6)
  #expect(client.subscribe("a") == 0 && client.deliveries().isEmpty)
  world.pass(seconds: 1)
  #expect(world.used("retained messages") == 1 && world.used("messages") == 1)
}

@Test func theConfigurationMayExpireRetainedMessagesToo() {
  let world = World(World.policy { $0.retainExpiryInterval = 5 })
  let sender = world.connect("s")
  sender.publish("a", "m", retain: true)
  world.pass(seconds: 4)
  #expect(world.used("retained messages") == 1)
  world.pass(seconds: 1)
  world.pass(seconds: 1)
  #expect(world.used("retained messages") == 0 && world.used("messages") == 0)
}
