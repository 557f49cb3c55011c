import Support
import Testing

@testable import Broker

/// A conversation whose answers do not depend on when they leave, in one string of bytes.
private func conversation(_ version: Version) -> [UInt8] {
  Packet.connect("a", version, keepAlive: 60, will: WillMessage(topic: "w"))
    + Packet.subscribe([("t/#", 2), ("x", 1)], version, identifier: 1)
    + Packet.publish("t/a", "zero".bytes, version)
    + Packet.publish("t/b", "one".bytes, version, qos: 1, identifier: 2)
    + Packet.publish("t/c", "two".bytes, version, qos: 2, identifier: 3)
    + Packet.acknowledgement(6, 3)
    + Packet.acknowledgement(4, 99)
    + Packet.unsubscribe(["x"], version, identifier: 4)
    + Packet.ping
    + Packet.publish("t/d", [UInt8](repeating: 7, count: 500), version)
}

private func answers(
  _ version: Version, pieces: [Int], _ bytes: [UInt8]
) throws -> [SentPacket] {
  let world = World()
  let client = try #require(world.open(version))
  var rest = bytes[...]
  for count in pieces {
    client.send(Array(rest.prefix(count)))
    rest = rest.dropFirst(count)
  }
  client.send(Array(rest))
  defer {
    client.lose()
    #expect(world.usedPools.isEmpty)
  }
  return client.answers()
}

@Test(arguments: Version.allCases)
func bytesThatArriveOneByOneMeanTheSame(version: Version) throws {
  let bytes = conversation(version)
  let whole = Set(try answers(version, pieces: [], bytes).map(\.description))
  let single = try answers(version, pieces: [Int](repeating: 1, count: bytes.count), bytes)
  #expect(Set(single.map(\.description)) == whole && single.count == whole.count)
  #expect(single.count == 11)
}

@Test(arguments: Version.allCases)
func aPacketMayBeSplitAnywhere(version: Version) throws {
  let bytes = conversation(version)
  let whole = Set(try answers(version, pieces: [], bytes).map(\.description))
  for place in 1..<bytes.count {
    let split = try answers(version, pieces: [place], bytes)
    #expect(Set(split.map(\.description)) == whole, "\(place)")
  }
}

@Test func whatFollowsAGoodbyeIsNotRead() {
  // [MQTT-3.14.4-1] [MQTT3-3.14.4-1]
  let world = World()
  let client = world.connect("a")
  #expect(client.ask(Packet.disconnect() + Packet.ping).isEmpty && !client.isOpen)
}

@Test func aPacketThatIsTooLargeIsRefusedByItsLengthAlone() {
  // [MQTT-3.2.2-15]
  for version in [Version.v3_1_1, .v5] {
    let world = World(World.policy { $0.maximumPacketSize = 100 })
    let client = world.connect("a", version)
    let fits = Packet.publish("t", [UInt8](repeating: 0, count: 92), version)
    client.send(Array(fits.prefix(100)))
    #expect(client.isOpen)
    let other = world.connect("b", version)
    #expect(other.ask([0x30, 99]) == (version == .v5 ? [.disconnect(0x95)] : []))
    #expect(!other.isOpen && world.count(.packetTooLarge) == 1)
  }
}

@Test func hostileBytesEndTheConnectionAndNothingElse() throws {
  var random = Random(seed: 77)
  let world = World()
  let witness = world.connect("witness")
  #expect(witness.subscribe("t/#") == 0)
  for _ in 0..<600 {
    let version = Version.allCases[random.below(3)]
    var bytes = conversation(version)
    for _ in 0..<1 + random.below(3) {
      bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
    }
    let client = try #require(world.open(version))
    client.send(bytes)
    client.lose()
  }
  _ = witness.answers()
  #expect(witness.ask(Packet.ping).contains(.pingresp) && witness.isOpen)
  witness.lose()
  // Sessions that a mutated CONNECT made to last may be left, with what they subscribed to.
  #expect(world.used("connections") == 0 && world.used("receive blocks") == 0)
  #expect(world.used("send blocks") == 0)
}
