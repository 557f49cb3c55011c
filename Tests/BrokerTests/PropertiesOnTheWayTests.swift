import Support
import Testing

@testable import Broker

/// A User Property so long.
private func property(_ length: Int) -> Properties {
  .user("k", String(repeating: "v", count: length))
}

// A reader would have got nothing more, ever: its queue stood still behind a message whose properties
// were longer than what may wait to leave on a connection.
@Test(arguments: [1000, 7000, 9000, 18_000], [0, 1] as [UInt8])
func aMessageThatIsMostlyPropertiesArrivesAndHoldsNothingUp(length: Int, qos: UInt8) {
  let world = World()
  let newer = world.connect("n", .v5, .topicAliasMaximum(2))
  let (older, sender) = (world.connect("o", .v3_1_1), world.connect("s"))
  for reader in [newer, older] { #expect(reader.subscribe("t", 1) == 1) }
  sender.send(Packet.publish("t", "large".bytes, qos: qos, identifier: 1, property(length)))
  sender.publish("t", "behind", qos: 1, identifier: 2)
  let delivered = newer.deliveries()
  #expect(delivered.map(\.text) == ["large", "behind"])
  // Its alias is set first.
  #expect(delivered.first?.properties == .topicAlias(1) + property(length))
  #expect(older.texts() == ["large", "behind"])
}

@Test func propertiesLeavePieceByPieceBetweenFewBlocks() {
  let world = World {
    $0.sendBlocks = 40
    $0.sendBlockBytes = 64
    $0.sendBytes = 600
  }
  let readers = (0..<4).map { world.connect("r\($0)") }
  for reader in readers {
    #expect(
      reader.ask(Packet.subscribe([("t", 1)], identifier: 1, .subscriptionIdentifier(300))).count
        == 1)
  }
  let sender = world.connect("s")
  world.sendsAtOnce = 50
  let payload = [UInt8](repeating: 7, count: 900)
  for number in 1...3 {
    sender.send(Packet.publish("t", payload, qos: 1, identifier: number, property(5000 + number)))
  }
  for reader in readers {
    let delivered = reader.deliveries()
    #expect(delivered.map(\.payload) == [payload, payload, payload])
    #expect(
      delivered.map(\.properties)
        == (1...3).map { .subscriptionIdentifier(300) + property(5000 + $0) })
  }
  #expect(world.used("send blocks") == 0)
}
