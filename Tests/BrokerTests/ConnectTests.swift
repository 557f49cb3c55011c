import Board
import Memory
import Support
import Testing

@testable import Broker

@Test(arguments: Version.allCases)
func aClientIsAcceptedInItsVersion(version: Version) {
  // [MQTT-3.1.4-5] [MQTT-3.2.0-1] [MQTT3-3.1.4-4] [MQTT3-3.2.0-1]
  let world = World()
  let client = world.connect("a", version)
  #expect(client.isOpen && client.ask(Packet.ping) == [.pingresp])
  #expect(world.count(.clientConnected) == 1 && world.broker.statistics.clientsConnected == 1)
}

@Test func theConnackOfTheDefaultsIsToTheByte() throws {
  let world = World(World.policy { $0.maximumKeepAlive = 60 })
  let client = try #require(world.open())
  client.send(Packet.connect("a", keepAlive: 100))
  world.turn()
  #expect(
    client.inbound == [
      0x20, 17, 0, 0, 14, 0x22, 0, 4, 0x13, 0, 60, 0x27, 0, 0, 0x4E, 0x20, 0x21, 0, 20,
    ])
}

@Test(arguments: Version.allCases)
func nothingButAConnectComesFirst(version: Version) throws {
  // [MQTT-3.1.0-1] [MQTT3-3.1.0-1]
  for packet in [Packet.ping, Packet.publish("a", [1], version), Packet.disconnect()] {
    let world = World()
    let client = try #require(world.open(version))
    #expect(client.ask(packet).isEmpty && !client.isOpen)
    #expect(world.count(.malformedPacket) == 1 && world.usedPools.isEmpty)
  }
}

@Test(arguments: Version.allCases)
func aSecondConnectIsAProtocolError(version: Version) {
  // [MQTT-3.1.0-2] [MQTT3-3.1.0-2]
  let world = World()
  let client = world.connect("a", version)
  let answers = client.ask(Packet.connect("a", version))
  #expect(answers == (version == .v5 ? [.disconnect(0x82)] : []) && !client.isOpen)
}

@Test func anUnknownVersionIsToldSo() throws {
  // [MQTT-3.1.2-2] [MQTT3-3.1.2-2]
  for (number, answer) in [(6, 0x84), (0, 1), (2, 1)] as [(UInt8, UInt8)] {
    let world = World()
    let client = try #require(world.open())
    var packet = Packet.connect("a")
    packet[8] = number
    #expect(client.ask(packet) == [.connack(present: false, code: answer)] && !client.isOpen)
  }
}

@Test func anEmptyIdentifierIsReplacedByOneOfItsOwn() throws {
  // [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16] [MQTT3-3.1.3-6]
  let world = World(World.policy { $0.listeners[0].automaticIdentifierPrefix = $0.text("auto-") })
  var names: Set<[UInt8]> = []
  for _ in 0..<3 {
    let client = try #require(world.open())
    client.send(Packet.connect(""))
    world.turn()
    // Behind the Topic Alias Maximum, before all that Mosquitto sends behind it.
    let name = client.inbound.dropFirst(11).prefix(41)
    #expect(Array(client.inbound.dropFirst(8).prefix(3)) == [0x12, 0, 41])
    #expect(name.starts(with: "auto-".bytes))
    names.insert(Array(name))
  }
  world.connect("", .v3_1_1)
  #expect(names.count == 3 && world.used("sessions") == 4)
}

@Test func anIdentifierThatIsNotValidIsRefused() throws {
  // [MQTT3-3.1.3-7] [MQTT3-3.1.3-8] [MQTT3-3.1.3-9] [MQTT-3.1.3-8]
  let long = String(repeating: "x", count: 24)
  let cases: [(Version, String, Bool, Bool, UInt8)] = [
    (.v3_1, "", true, true, 2), (.v3_1, long, true, true, 0), (.v3_1_1, "", false, true, 2),
    (.v3_1_1, "", true, false, 2), (.v5, "", true, false, 0x85), (.v3_1_1, long, true, true, 0),
  ]
  for (version, name, isClean, allowsEmpty, code) in cases {
    let world = World(
      World.policy { $0.listeners[0].allowsZeroLengthClientIdentifier = allowsEmpty })
    let client = try #require(world.open(version))
    client.send(Packet.connect(name, version, clean: isClean))
    #expect(client.answers() == [.connack(present: false, code: code)])
    #expect(client.isOpen == (code == 0))
  }
}

@Test func anonymityCanBeRefused() throws {
  for (version, code) in [(.v3_1_1, 5), (.v5, 0x87)] as [(Version, UInt8)] {
    let world = World(World.policy { $0.listeners[0].allowsAnonymous = false })
    let client = try #require(world.open(version))
    #expect(client.ask(Packet.connect("a", version)) == [.connack(present: false, code: code)])
    #expect(!client.isOpen && world.count(.clientNotAuthorized) == 1 && world.usedPools.isEmpty)
  }
}

@Test(arguments: Version.allCases)
func theSecondConnectionOfAClientTakesOver(version: Version) {
  // [MQTT-3.1.4-3] [MQTT3-3.1.4-2]
  let world = World()
  let first = world.connect("a", version, clean: false, .sessionExpiry(100))
  #expect(first.subscribe("t", 1) == 1)
  let second = world.connect(
    "a", version, clean: false, .sessionExpiry(100), present: version != .v3_1)
  #expect(first.answers() == (version == .v5 ? [.disconnect(0x8E)] : []) && !first.isOpen)
  #expect(second.isOpen && world.count(.sessionTakenOver) == 1)
  second.publish("t", "x", qos: 1, identifier: 1)
  #expect(second.texts() == ["x"])
  #expect(world.used("sessions") == 1 && world.broker.statistics.clientsConnected == 1)
}

@Test(arguments: [Version.v3_1_1, .v5])
func aSessionIsPresentUnlessItEndedOrACleanStartIsWanted(version: Version) {
  // [MQTT-3.1.2-4] [MQTT-3.1.2-5] [MQTT-3.1.2-6] [MQTT-3.2.2-2] [MQTT-3.2.2-3] [MQTT3-3.1.2-4]
  // [MQTT3-3.1.2-6] [MQTT3-3.2.2-1] [MQTT3-3.2.2-2] [MQTT3-3.2.2-3]
  let world = World()
  world.connect("a", version, clean: false, .sessionExpiry(50)).lose()
  world.connect("a", version, clean: false, .sessionExpiry(50), present: true).lose()
  world.connect("a", version, clean: true, .sessionExpiry(50)).lose()
  world.connect("a", version, clean: false, present: version == .v5).lose()
  if version == .v5 {
    // Its expiry is zero now.
    #expect(world.usedPools.isEmpty)
    world.connect("a", version, clean: false).lose()
  }
}

@Test func aSessionExpiresWhenItsTimeIsOver() {
  // [MQTT-3.1.2-25]
  let world = World()
  let client = world.connect("a", clean: false, .sessionExpiry(10))
  #expect(client.subscribe("a/b", 1) == 1)
  world.pass(seconds: 60)
  client.lose()
  world.pass(milliseconds: 9999)
  #expect(world.used("sessions") == 1 && world.count(.sessionExpired) == 0)
  world.pass(milliseconds: 1)
  #expect(world.usedPools.isEmpty && world.count(.sessionExpired) == 1)
  #expect(world.broker.statistics.clientsExpired == 1)
}

@Test func aSessionThatIsResumedDoesNotExpire() {
  let world = World()
  world.connect("a", clean: false, .sessionExpiry(10)).lose()
  world.pass(seconds: 9)
  let client = world.connect("a", clean: false, .sessionExpiry(10), present: true)
  world.pass(seconds: 100)
  #expect(client.isOpen && client.ask(Packet.ping) == [.pingresp])
}

@Test func anOlderClientsSessionLivesAsLongAsTheConfigurationSays() {
  let world = World(World.policy { $0.persistentClientExpiration = 20 })
  world.connect("a", .v3_1_1, clean: false).lose()
  world.connect("b", .v3_1_1, clean: true).lose()
  #expect(world.used("sessions") == 1)
  world.pass(seconds: 20)
  #expect(world.used("sessions") == 0)
}

@Test func disconnectMayChangeTheExpiryButNotFromZero() {
  let world = World()
  world.connect("a", .v5, .sessionExpiry(10)).send(Packet.disconnect(0, .sessionExpiry(0)))
  #expect(world.usedPools.isEmpty)
  world.connect("a", .v5, .sessionExpiry(10)).send(Packet.disconnect(0, .sessionExpiry(100)))
  world.pass(seconds: 99)
  #expect(world.used("sessions") == 1)
  world.pass(seconds: 1)
  #expect(world.used("sessions") == 0)
  let client = world.connect("a")
  #expect(client.ask(Packet.disconnect(0, .sessionExpiry(5))) == [.disconnect(0x82)])
  #expect(!client.isOpen && world.usedPools.isEmpty)
}

@Test(arguments: Version.allCases)
func aClientThatIsSilentTooLongIsDisconnected(version: Version) {
  // [MQTT-3.1.2-24] [MQTT3-3.1.2-24]
  let world = World()
  let client = world.connect("a", version, keepAlive: 10)
  world.pass(milliseconds: 14_999)
  #expect(client.isOpen && client.ask(Packet.ping) == [.pingresp])
  world.pass(milliseconds: 14_999)
  #expect(client.isOpen)
  world.pass(milliseconds: 1)
  #expect(client.answers() == (version == .v5 ? [.disconnect(0x8D)] : []) && !client.isOpen)
  #expect(world.count(.keepAliveExceeded) == 1)
}

@Test func aClientWithoutKeepAliveMayBeSilent() {
  let world = World()
  let client = world.connect("a")
  world.pass(seconds: 1_000_000)
  #expect(client.isOpen)
}

@Test func aConnectionWithoutConnectIsClosed() throws {
  // [MQTT-3.1.4-1] and the note beside it.
  let world = World()
  let client = try #require(world.open())
  client.send(Array(Packet.connect("a").prefix(5)))
  world.pass(milliseconds: 29_999)
  #expect(client.isOpen)
  world.pass(milliseconds: 1)
  #expect(!client.isOpen && world.count(.connectTimedOut) == 1 && world.usedPools.isEmpty)
}

@Test func aKeepAliveAboveTheMaximumIsShortenedOrRefused() throws {
  // [MQTT-3.1.2-23] [MQTT-3.2.2-21]
  let world = World(World.policy { $0.maximumKeepAlive = 10 })
  let client = world.connect("a", keepAlive: 0)
  world.pass(seconds: 15)
  #expect(client.answers() == [.disconnect(0x8D)])
  let older = try #require(world.open(.v3_1_1))
  older.send(Packet.connect("b", .v3_1_1, keepAlive: 11))
  #expect(older.answers() == [.connack(present: false, code: 2)])
}

@Test func allAreToldWhenTheServerStops() {
  let world = World()
  let will = WillMessage(topic: "w")
  let (newer, older) = (world.connect("a", will: will), world.connect("b", .v3_1_1))
  world.broker.stop()
  #expect(newer.answers() == [.disconnect(0x8B)] && older.answers() == [])
  #expect(!newer.isOpen && !older.isOpen && world.usedPools.isEmpty)
  #expect(world.count(.willPublished) == 0 && world.count(.serverStopping) == 1)
}

extension ShortText {
  init(_ text: String) {
    let bytes = text.bytes
    self = ShortText(bytes.span) ?? ShortText()
  }
}
