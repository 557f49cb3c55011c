import Support
import Testing

@testable import Broker

private func listener(_ world: World) -> Client {
  let client = world.connect("listener")
  #expect(client.subscribe("will/#", 2) == 2)
  return client
}

@Test(arguments: Version.allCases)
func aWillIsPublishedWhenTheConnectionIsLost(version: Version) {
  // [MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT3-3.1.2-8]
  let world = World()
  let listener = listener(world)
  let will = WillMessage(topic: "will/a", payload: "lost", qos: 1)
  world.connect("a", version, will: will).lose()
  let delivered = listener.deliveries()
  #expect(delivered.map(\.text) == ["lost"] && delivered.first?.qos == 1)
  // It is published once.
  world.connect("a", version).lose()
  #expect(listener.texts() == [] && world.count(.willPublished) == 1)
}

@Test(arguments: Version.allCases)
func aWillIsForgottenWhenTheClientSaysGoodbye(version: Version) {
  // [MQTT-3.14.4-3] [MQTT3-3.14.4-2] [MQTT3-3.1.2-10]
  let world = World()
  let listener = listener(world)
  let client = world.connect("a", version, will: WillMessage(topic: "will/a"))
  client.send(Packet.disconnect())
  #expect(!client.isOpen && listener.texts() == [] && world.used("messages") == 0)
}

@Test func aGoodbyeMayAskForTheWill() {
  let world = World()
  let listener = listener(world)
  world.connect("a", will: WillMessage(topic: "will/a")).send(Packet.disconnect(4))
  #expect(listener.texts() == ["gone"])
}

@Test func aWillIsPublishedOnAProtocolErrorAndATimeOut() {
  // [MQTT-3.1.2-8] [MQTT3-3.1.2-8]
  let world = World()
  let listener = listener(world)
  world.connect("a", will: WillMessage(topic: "will/a")).send([0xF0, 0])
  #expect(listener.texts() == ["gone"])
  world.connect("b", keepAlive: 2, will: WillMessage(topic: "will/b"))
  world.pass(seconds: 3)
  #expect(listener.texts() == ["gone"])
}

@Test func aWillWaitsForItsDelay() {
  // [MQTT-3.1.2-8]
  let world = World()
  let listener = listener(world)
  let will = WillMessage(topic: "will/a", properties: .willDelay(5) + .user("k", "v"))
  world.connect("a", .v5, .sessionExpiry(100), will: will).lose()
  world.pass(milliseconds: 4999)
  #expect(listener.texts() == [])
  world.pass(milliseconds: 1)
  #expect(listener.deliveries().map(\.properties) == [.user("k", "v")])
  world.pass(seconds: 95)
  #expect(world.count(.willPublished) == 1 && world.used("sessions") == 1)
}

@Test func aWillDoesNotOutliveItsSession() {
  let world = World()
  let listener = listener(world)
  let will = WillMessage(topic: "will/a", properties: .willDelay(50))
  world.connect("a", .v5, .sessionExpiry(3), will: will).lose()
  world.pass(milliseconds: 2999)
  #expect(listener.texts() == [])
  world.pass(milliseconds: 1)
  #expect(listener.texts() == ["gone"] && world.used("sessions") == 1)
}

@Test func aClientThatComesBackInTimeKeepsItsWillUnsaid() {
  // [MQTT-3.1.2-26]
  let world = World()
  let listener = listener(world)
  let will = WillMessage(topic: "will/a", properties: .willDelay(50))
  world.connect("a", .v5, .sessionExpiry(100), will: will).lose()
  world.pass(seconds: 10)
  let client = world.connect("a", clean: false, .sessionExpiry(100), present: true)
  world.pass(seconds: 1000)
  #expect(client.isOpen && listener.texts() == [] && world.used("messages") == 0)
}

@Test func aCleanStartEndsTheSessionAndSoPublishesItsWill() {
  let world = World()
  let listener = listener(world)
  let will = WillMessage(topic: "will/a", properties: .willDelay(50))
  world.connect("a", .v5, .sessionExpiry(100), will: will).lose()
  world.connect("a", clean: true)
  #expect(listener.texts() == ["gone"])
}

@Test(arguments: [true, false], [0, 50])
func aTakeOverPublishesTheWillUnlessItsDelayCanGoOn(isClean: Bool, delay: Int) {
  // [MQTT-3.1.4-3]
  let world = World()
  let listener = listener(world)
  let will = WillMessage(topic: "will/a", properties: .willDelay(delay))
  world.connect("a", .v5, .sessionExpiry(100), will: will)
  world.connect("a", clean: isClean, .sessionExpiry(100), present: !isClean)
  #expect(listener.texts() == (isClean || delay == 0 ? ["gone"] : []))
  world.pass(seconds: 200)
  #expect(listener.texts() == [])
}

@Test func aRetainedWillIsRetainedAndAnEmptyOneRemovesWhatWas() {
  // [MQTT-3.1.2-16] [MQTT-3.1.2-17] [MQTT3-3.1.2-16] [MQTT3-3.1.2-17]
  let world = World()
  world.connect("a", will: WillMessage(topic: "will/a", isRetained: true)).lose()
  let client = world.connect("late")
  #expect(client.subscribe("will/a") == 0)
  let delivered = client.deliveries()
  #expect(delivered.map(\.text) == ["gone"] && delivered.first?.retain == true)
  world.connect("a", will: WillMessage(topic: "will/a", payload: "", isRetained: true)).lose()
  #expect(world.used("retained messages") == 0)
  world.connect("a", will: WillMessage(topic: "will/a", isRetained: false)).lose()
  #expect(world.used("retained messages") == 0 && world.used("messages") == 0)
}

@Test func theExpiryOfAWillBeginsWhenItIsPublished() {
  let world = World()
  let away = world.connect("r", clean: false, .sessionExpiry(1000))
  #expect(away.subscribe("will/a", 1) == 1)
  away.lose()
  let properties: Properties = .willDelay(10) + .messageExpiry(20)
  let will = WillMessage(topic: "will/a", qos: 1, properties: properties)
  world.connect("a", .v5, .sessionExpiry(100), will: will).lose()
  world.pass(seconds: 10)
  world.pass(seconds: 15)
  let back = world.connect("r", clean: false, .sessionExpiry(1000), present: true)
  #expect(back.deliveries().map(\.properties) == [.messageExpiry(5)])
}

@Test(arguments: [1, 0xFFFF_FFFE, 0xFFFF_FFFF])
func theExpiryOfAWillIsWhatItsClientSaid(seconds: Int) {
  let world = World()
  let reader = world.connect("r")
  #expect(reader.subscribe("will/a") == 0)
  let will = WillMessage(topic: "will/a", properties: .messageExpiry(seconds))
  world.connect("a", .v5, will: will).lose()
  #expect(reader.deliveries().map(\.properties) == [.messageExpiry(seconds)])
}

@Test(arguments: Version.allCases)
func aWillForTheServersTopicsGoesNowhere(version: Version) {
  // Mosquitto lets such a Client in; bridges say there whether they are connected.
  let world = World()
  let reader = world.connect("r")
  #expect(reader.subscribe("$SYS/#") == 0)
  world.connect("a", version, will: WillMessage(topic: "$SYS/w")).lose()
  #expect(reader.deliveries().isEmpty && world.count(.publishDenied) == 1)
}

@Test func aWillThatMayNotBeRefusesTheConnection() throws {
  // [MQTT-3.2.2-12] [MQTT-3.2.2-13]
  let policy = World.policy {
    $0.listeners[0].maximumQoS = .atMostOnce
    $0.isRetainAvailable = false
  }
  let cases: [(WillMessage, UInt8)] = [
    (WillMessage(topic: "w", qos: 1), 0x9B), (WillMessage(topic: "w", isRetained: true), 0x9A),
    (WillMessage(topic: String(repeating: "w", count: 1001)), 0x90),
  ]
  for (will, code) in cases {
    let world = World(policy)
    let client = try #require(world.open())
    #expect(client.ask(Packet.connect("a", will: will)) == [.connack(present: false, code: code)])
    #expect(world.usedPools.isEmpty)
  }
}
