import Support
import Testing

@testable import Broker

// The exchanges of QoS 1 and 2 go on by the packet that is awaited, and by no other.

/// A client that was sent a message with an identifier, in a world.
private struct Exchange {
  let world = World()
  let client: Client
  let message: Delivered

  init(_ version: Version, qos: UInt8) {
    client = world.connect("r", version)
    #expect(client.subscribe("t", qos) == qos)
    world.connect("s").publish("t", "m", qos: qos, identifier: 1)
    message = client.deliveries().first ?? Delivered(topic: "", payload: [])
    #expect(message.qos == qos)
  }

  func answer(_ type: UInt8, _ reason: UInt8? = nil) -> [SentPacket] {
    client.ask(Packet.acknowledgement(type, message.identifier, reason))
  }
}

@Test(
  arguments: Version.allCases,
  [(1, [5]), (1, [7]), (2, [4]), (2, [7]), (2, [5, 4])]
    as [(
      UInt8, [UInt8]
    )]
)
func anAcknowledgementThatIsNotAwaitedIsAProtocolError(
  version: Version, wrong: (qos: UInt8, types: [UInt8])
) {
  // [4.3.2] [4.3.3]
  let exchange = Exchange(version, qos: wrong.qos)
  for type in wrong.types.dropLast() {
    #expect(exchange.answer(type) == [.pubrel(exchange.message.identifier, 0)])
  }
  let told = version == .v5 ? [SentPacket.disconnect(0x82)] : []
  #expect(exchange.answer(wrong.types.last ?? 0) == told && !exchange.client.isOpen)
}

@Test func aReceiptThatRefusesIsNeverReleased() {
  // [MQTT-4.3.3-4]
  let exchange = Exchange(.v5, qos: 2)
  let nobodys = Packet.acknowledgement(5, 999, 0x97)
  #expect(exchange.client.ask(nobodys) == [] && exchange.client.isOpen)
  #expect(exchange.answer(5, 0x97) == [] && exchange.world.used("deliveries") == 0)
  #expect(exchange.answer(5, 0x97) == [] && exchange.client.isOpen)
}

@Test func aReceiptMayRefuseWhatWasReleased() {
  let exchange = Exchange(.v5, qos: 2)
  #expect(exchange.answer(5) == [.pubrel(exchange.message.identifier, 0)])
  #expect(exchange.answer(5, 0x80) == [] && exchange.world.used("deliveries") == 0)
  #expect(exchange.client.isOpen)
}

@Test(arguments: [Version.v3_1_1, .v5], [false, true])
func anIdentifierOfAnEarlierConnectionMayBringAnotherMessage(version: Version, duplicate: Bool) {
  let world = World()
  let reader = world.connect("r")
  #expect(reader.subscribe("#", 2) == 2)
  let expiry = version == .v5 ? Properties.sessionExpiry(100) : .none
  var sender = world.connect("s", version, clean: false, expiry)
  func send(_ topic: String, _ text: String, duplicate: Bool) -> [SentPacket] {
    sender.ask(
      Packet.publish(
        topic, text.bytes, version, qos: 2, identifier: 7, duplicate: duplicate))
  }
  #expect(send("t", "one", duplicate: false) == [.pubrec(7, 0)])
  #expect(reader.texts() == ["one"])
  sender.lose()
  sender = world.connect("s", version, clean: false, expiry, present: version != .v3_1)
  // The same again is the same; another payload or another topic is not.
  #expect(send("t", "one", duplicate: true) == [.pubrec(7, 0)] && reader.texts() == [])
  #expect(send("t", "two", duplicate: duplicate) == [.pubrec(7, 0)])
  #expect(send("u", "two", duplicate: duplicate) == [.pubrec(7, 0)])
  #expect(send("u", "two", duplicate: true) == [.pubrec(7, 0)])
  #expect(reader.texts() == ["two", "two"] && world.used("unreleased messages") == 1)
  #expect(sender.ask(Packet.acknowledgement(6, 7)) == [.pubcomp(7, 0)])
}

@Test(arguments: [1, 2] as [UInt8])
func whoSubscribedToItsOwnMessagesAloneIsASubscriber(qos: UInt8) {
  // [3.4.2.1]
  let world = World()
  let client = world.connect("a")
  let (noLocal, answer) = (UInt8(0b100), qos == 1 ? SentPacket.puback : SentPacket.pubrec)
  #expect(client.ask(Packet.publish("t/1", [], qos: qos, identifier: 1)) == [answer(1, 0x10)])
  #expect(client.subscribe("t/+", noLocal) == 0)
  #expect(client.ask(Packet.publish("t/1", [], qos: qos, identifier: 2)) == [answer(2, 0)])
  client.send(Packet.unsubscribe(["t/+"]))
  _ = client.answers()
  #expect(client.ask(Packet.publish("t/1", [], qos: qos, identifier: 3)) == [answer(3, 0x10)])
}
