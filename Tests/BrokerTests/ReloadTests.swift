import MQTT
import Memory
import Support
import Testing

@testable import Broker

// What a new configuration does to those who are connected. [DISCONNECT 0x87, 0x98]

/// The answers of a Client of listener 0 to a new configuration; nil when it stays.
private func answers(
  _ version: Version, from old: Policy = World.policy(), userName: String? = nil,
  to change: (inout Policy) -> Void
) throws -> [SentPacket]? {
  let world = World(old)
  let other = world.connect("b", version, listener: 1)
  let client = try #require(world.open(version))
  #expect(
    client.ask(Packet.connect("a", version, userName: userName)).first
      == .connack(present: false, code: 0))
  world.adopt(World.policy(change))
  #expect(other.isOpen)
  let answers = client.answers()
  #expect(world.count(.noLongerAllowed) == (client.isOpen ? 0 : 1))
  return client.isOpen ? nil : answers
}

@Test(arguments: Version.allCases) func anonymousClientsGo(version: Version) throws {
  let said: [SentPacket] = version == .v5 ? [.disconnect(0x87)] : []
  #expect(try answers(version) { $0.listeners[0].allowsAnonymous = false } == said)
  // Without passwords a name proves nothing.
  #expect(
    try answers(version, userName: "ann") { $0.listeners[0].allowsAnonymous = false } == said)
}

@Test(arguments: Version.allCases) func versionsThatAreNoLongerAcceptedGo(version: Version) throws {
  let said: [SentPacket] = version == .v5 ? [.disconnect(0x98)] : []
  #expect(try answers(version) { $0.listeners[0].acceptedVersions = .none } == said)
  #expect(
    try answers(version) {
      $0.listeners[0].acceptedVersions.insert(ProtocolVersion(rawValue: version.rawValue) ?? .v5)
    } == nil)
}

@Test func identifiersWithoutThePrefixGo() throws {
  let world = World()
  let (long, short) = (world.connect("home-1"), world.connect("hom"))
  world.adopt(World.policy { $0.clientIdentifierPrefix = $0.text("home-") })
  #expect(long.isOpen && short.answers() == [.disconnect(0x98)] && !short.isOpen)
}

@Test func aMountPointThatChangesEndsTheConnections() throws {
  let mounted = World.policy { $0.listeners[0].mountPoint = $0.text("home/") }
  #expect(
    try answers(.v5) { $0.listeners[0].mountPoint = $0.text("home/") } == [.disconnect(0x98)])
  #expect(try answers(.v5, from: mounted) { _ in } == [.disconnect(0x98)])
  // The same text in another place is the same mount point.
  #expect(
    try answers(.v5, from: mounted) {
      _ = $0.text("else")
      $0.listeners[0].mountPoint = $0.text("home/")
    } == nil)
}

@Test func whoMayStayIsServedOn() {
  let world = World()
  let client = world.connect("a")
  #expect(client.subscribe("t", 1) == 1)
  world.adopt(World.policy { $0.maximumKeepAlive = 10 })
  client.publish("t", "x", qos: 1, identifier: 1)
  #expect(client.texts() == ["x"] && client.isOpen)
}

@Test func theWillOfWhoMustGoIsPublished() {
  let world = World()
  let watcher = world.connect("w", listener: 1)
  #expect(watcher.subscribe("w") == 0)
  world.connect("a", will: WillMessage(topic: "w"))
  world.adopt(World.policy { $0.listeners[0].allowsAnonymous = false })
  #expect(watcher.texts() == ["gone"])
}
