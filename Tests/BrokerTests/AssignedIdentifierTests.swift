import Support
import Testing

@testable import Broker

// An identifier that the Server has chosen is told, however long it is. `use_username_as_clientid`

private func world() -> World {
  let policy = World.policy {
    $0.listeners[0].usesUserNameAsClientIdentifier = true
    $0.maximumPacketSize = 131_072
  }
  return World(policy) {
    $0.packetBytes = 131_072
    $0.receiveBlocks = 2200
    $0.textBlocks = 16_000
    $0.sendBlocks = 600
  }
}

@Test(arguments: [1, 60, 120, 121, 500, 60_000, 65_535])
func anIdentifierOfAnyLengthIsAssigned(length: Int) throws {
  // [MQTT-3.1.3-7] [MQTT-3.2.2-16]
  let world = world()
  let base = world.usedPools
  let name = String(repeating: "n", count: length)
  let client = try #require(world.open())
  #expect(
    client.ask(Packet.connect("", userName: name)) == [.connack(present: false, code: 0)])
  #expect(client.welcome.text(0x12) == name && client.isOpen)
  #expect(client.ask(Packet.ping) == [.pingresp])
  // It is the identifier: the same user takes the place, and whoever names an identifier is told none.
  let again = world.connect("x", userName: name)
  #expect(!client.isOpen && world.count(.sessionTakenOver) == 1)
  #expect(again.welcome.text(0x12) == nil)
  again.lose()
  #expect(world.usedPools == base)
}

@Test(arguments: [60_000, 500])
func anOlderClientIsToldNoIdentifier(length: Int) throws {
  let world = world()
  let client = try #require(world.open(.v3_1_1))
  let name = String(repeating: "n", count: length)
  #expect(
    client.ask(Packet.connect("", .v3_1_1, userName: name))
      == [.connack(present: false, code: 0)])
  #expect(client.isOpen && client.ask(Packet.ping) == [.pingresp])
}

@Test(arguments: [500, 60_000])
func anIdentifierThatTheClientCannotBeToldEndsTheConnection(length: Int) throws {
  // [MQTT-3.1.2-27]
  let world = world()
  let client = try #require(world.open())
  let name = String(repeating: "n", count: length)
  #expect(client.ask(Packet.connect("", .v5, .maximumPacketSize(100), userName: name)).isEmpty)
  #expect(!client.isOpen && world.used("sessions") == 0 && world.used("text blocks") == 0)
}

@Test func anAssignedIdentifierHasItsPrefixAndIsNobodyElses() throws {
  let world = World(
    World.policy { $0.listeners[0].automaticIdentifierPrefix = $0.text("auto-") })
  var names: Set<String> = []
  for _ in 0..<8 {
    let client = try #require(world.open())
    #expect(client.ask(Packet.connect("")) == [.connack(present: false, code: 0)])
    let name = try #require(client.welcome.text(0x12))
    #expect(name.hasPrefix("auto-") && name.utf8.count == 5 + 36)
    // A UUID, as some Clients of Mosquitto expect.
    #expect(name.split(separator: "-").map(\.utf8.count) == [4, 8, 4, 4, 4, 12])
    names.insert(name)
  }
  #expect(names.count == 8)
}
