import Support
import Testing

@testable import Broker

private let pairs = Version.allCases.flatMap { left in Version.allCases.map { (left, $0) } }

@Test(arguments: pairs)
func aMessageGoesFromAnyVersionToAny(from: Version, to: Version) {
  // [MQTT-3.3.1-12] [MQTT-3.8.4-8] [MQTT3-3.3.5-1]
  let world = World()
  let (sender, receiver) = (world.connect("s", from), world.connect("r", to))
  for granted in 0...2 as ClosedRange<UInt8> {
    #expect(receiver.subscribe("t/+", granted) == granted)
    for qos in 0...2 as ClosedRange<UInt8> {
      let answers = sender.ask(Packet.publish("t/x", "m".bytes, from, qos: qos, identifier: 9))
      #expect(answers == [[], [.puback(9, 0)], [.pubrec(9, 0)]][Int(qos)])
      if qos == 2 { #expect(sender.ask(Packet.acknowledgement(6, 9)) == [.pubcomp(9, 0)]) }
      let delivered = receiver.deliveries()
      #expect(delivered.count == 1)
      #expect(delivered.first?.qos == min(qos, granted) && delivered.first?.text == "m")
      acknowledge(delivered, to: receiver)
    }
  }
  #expect(receiver.answers().isEmpty && world.used("messages") == 0)
}

/// Goes through the rest of the exchange that each message's QoS asks for.
private func acknowledge(_ delivered: [Delivered], to client: Client) {
  for message in delivered {
    switch message.qos {
    case 1: #expect(client.ask(Packet.acknowledgement(4, message.identifier)).isEmpty)
    case 2:
      #expect(
        client.ask(Packet.acknowledgement(5, message.identifier))
          == [.pubrel(message.identifier, 0)])
      #expect(client.ask(Packet.acknowledgement(7, message.identifier)).isEmpty)
    default: break
    }
  }
}

@Test func aDuplicateOfAnUnreleasedMessageIsAcknowledgedAndNotDelivered() {
  // [MQTT-4.3.3-10] [MQTT-4.3.3-12]
  let world = World()
  let (sender, receiver) = (world.connect("s"), world.connect("r"))
  #expect(receiver.subscribe("t", 0) == 0)
  for duplicate in [false, true, true] {
    let packet = Packet.publish("t", "m".bytes, qos: 2, identifier: 5, duplicate: duplicate)
    #expect(sender.ask(packet) == [.pubrec(5, 0)])
  }
  #expect(receiver.texts() == ["m"])
  #expect(sender.ask(Packet.acknowledgement(6, 5)) == [.pubcomp(5, 0)])
  #expect(sender.ask(Packet.acknowledgement(6, 5)) == [.pubcomp(5, 0x92)])
  #expect(sender.ask(Packet.publish("t", "n".bytes, qos: 2, identifier: 5)) == [.pubrec(5, 0)])
  #expect(receiver.texts() == ["n"])
}

@Test func anUnreleasedMessageOutlivesTheConnection() {
  // [MQTT-3.1.2-25]
  let world = World()
  let sender = world.connect("s", clean: false, .sessionExpiry(100))
  let receiver = world.connect("r")
  #expect(receiver.subscribe("t", 0) == 0)
  #expect(sender.ask(Packet.publish("t", "m".bytes, qos: 2, identifier: 5)) == [.pubrec(5, 0x00)])
  sender.lose()
  let again = world.connect("s", clean: false, .sessionExpiry(100), present: true)
  let packet = Packet.publish("t", "m".bytes, qos: 2, identifier: 5, duplicate: true)
  #expect(again.ask(packet) == [.pubrec(5, 0)])
  #expect(receiver.texts() == ["m"])
}

@Test func nobodyToSendToIsToldToNewerClients() {
  let world = World()
  let (newer, older) = (world.connect("a"), world.connect("b", .v3_1_1))
  #expect(newer.ask(Packet.publish("t", [], qos: 1, identifier: 1)) == [.puback(1, 0x10)])
  #expect(newer.ask(Packet.publish("t", [], qos: 2, identifier: 2)) == [.pubrec(2, 0x10)])
  #expect(older.ask(Packet.publish("t", [], .v3_1_1, qos: 1, identifier: 1)) == [.puback(1, 0)])
}

@Test(arguments: [Version.v3_1_1, .v5])
func whatIsNotAcknowledgedIsSentAgainInOrder(version: Version) {
  // [MQTT-4.4.0-1] [MQTT-4.6.0-1] [MQTT-3.3.1-1] [MQTT3-4.4.0-1] [MQTT3-4.6.0-1] [MQTT3-3.3.1-1]
  let world = World()
  let sender = world.connect("s")
  let first = world.connect("r", version, clean: false, .sessionExpiry(100))
  #expect(first.subscribe("t", 2) == 2)
  for (identifier, qos) in [1, 2, 2, 1].enumerated() {
    sender.publish("t", "\(identifier)", qos: UInt8(qos), identifier: identifier + 1)
  }
  let sent = first.deliveries()
  #expect(sent.map(\.text) == ["0", "1", "2", "3"] && sent.allSatisfy { !$0.duplicate })
  // The third one has come as far as PUBREL.
  #expect(first.ask(Packet.acknowledgement(5, sent[2].identifier)).count == 1)
  // Nothing is sent again on the same connection.
  world.pass(seconds: 1000)
  #expect(first.answers().isEmpty)
  first.lose()
  sender.publish("t", "4", qos: 1, identifier: 9)
  let second = world.connect("r", version, clean: false, .sessionExpiry(100), present: true)
  let again = second.answers()
  #expect(again.first == .pubrel(sent[2].identifier, 0))
  let messages = again.compactMap { if case .publish(let it) = $0 { it } else { nil } }
  #expect(messages.map(\.text) == ["0", "1", "3", "4"])
  #expect(messages.map(\.duplicate) == [true, true, true, false])
  #expect(messages.dropLast().map(\.identifier) == [0, 1, 3].map { sent[$0].identifier })
}

@Test func aMessageTheClientRefusesIsNotSentAgain() {
  // [MQTT-4.4.0-2]
  let world = World()
  let sender = world.connect("s")
  let receiver = world.connect("r", clean: false, .sessionExpiry(100))
  #expect(receiver.subscribe("t", 2) == 2)
  sender.publish("t", "m", qos: 2, identifier: 1)
  let identifier = receiver.deliveries().first?.identifier ?? 0
  #expect(receiver.ask(Packet.acknowledgement(5, identifier, 0x97)).isEmpty)
  #expect(world.used("deliveries") == 0 && world.used("messages") == 0)
}

@Test func acknowledgementsOfNothingDoNoHarm() {
  let world = World()
  let client = world.connect("a")
  #expect(client.ask(Packet.acknowledgement(4, 7)).isEmpty)
  #expect(client.ask(Packet.acknowledgement(5, 7)) == [.pubrel(7, 0x92)])
  #expect(client.ask(Packet.acknowledgement(7, 7)).isEmpty)
  #expect(client.isOpen)
}

@Test func noMoreIsUnderWayThanTheReceiverTakes() {
  // [MQTT-3.3.4-9] [MQTT-4.9.0-1] [MQTT-4.9.0-2] [MQTT-3.3.4-10]
  let world = World()
  let sender = world.connect("s")
  let receiver = world.connect("r", .v5, .receiveMaximum(2))
  #expect(receiver.subscribe("t", 2) == 2)
  for number in 1...5 { sender.publish("t", "\(number)", qos: 1, identifier: number) }
  // One of QoS 0 is not held back.
  sender.publish("t", "free")
  var delivered = receiver.deliveries()
  #expect(delivered.map(\.text) == ["1", "2", "free"])
  #expect(receiver.ask(Packet.ping) == [.pingresp])
  for expected in [["3"], ["4"], ["5"], [], []] {
    receiver.send(Packet.acknowledgement(4, delivered.removeFirst { $0.qos == 1 }.identifier))
    let next = receiver.deliveries()
    #expect(next.map(\.text) == expected)
    delivered += next
  }
}

extension Array {
  /// Removes and returns the first element of that kind.
  fileprivate mutating func removeFirst(where isWanted: (Element) -> Bool) -> Element {
    guard let place = firstIndex(where: isWanted) else { preconditionFailure("there is none") }
    return remove(at: place)
  }
}

@Test func ourOwnReceiveMaximumIsKeptByTheClient() {
  // [MQTT-3.3.4-7]
  let world = World(World.policy { $0.maximumInFlight = 2 })
  let client = world.connect("a")
  for number in 1...2 {
    #expect(client.ask(Packet.publish("t", [], qos: 2, identifier: number)).count == 1)
  }
  // The same one again does not count.
  #expect(client.ask(Packet.publish("t", [], qos: 2, identifier: 1)).count == 1)
  #expect(client.ask(Packet.publish("t", [], qos: 2, identifier: 3)) == [.disconnect(0x93)])
  #expect(!client.isOpen)
}

@Test func thePropertiesOfAMessageAreForwardedInOrder() {
  // [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
  let world = World()
  let sender = world.connect("s")
  let (newer, older) = (world.connect("n"), world.connect("o", .v3_1_1))
  let forwarded: Properties =
    .byte(0x01, 1) + .user("b", "2") + .text(0x03, "text/plain") + .user("a", "1")
    + .text(0x08, "answer/here") + .text(0x09, "correlation") + .user("b", "1")
  for qos in 0...2 as ClosedRange<UInt8> {
    #expect(newer.subscribe("t", qos) == qos && older.subscribe("t", qos) == qos)
    sender.publish("t", "m", qos: qos, identifier: 1 + Int(qos), forwarded)
    #expect(newer.deliveries().map(\.properties) == [forwarded])
    #expect(older.texts() == ["m"])
  }
}

@Test func whatOlderVersionsDoNotKnowIsNotSentToThem() {
  // The session was begun in 5.0 and is resumed in 3.1.1: its identifiers stay behind.
  let world = World()
  let first = world.connect("r", clean: false, .sessionExpiry(100))
  #expect(first.subscribe("t", 1, .subscriptionIdentifier(7)) == 1)
  first.lose()
  let older = world.connect("r", .v3_1_1, clean: false, present: true)
  let sender = world.connect("s")
  for qos in 0...1 as ClosedRange<UInt8> {
    sender.publish("t", "m", qos: qos, identifier: 1, .user("a", "b") + .messageExpiry(9))
    #expect(older.texts() == ["m"])
  }
  #expect(older.ask(Packet.ping) == [.pingresp])
}

@Test func theServersTopicsAreNotForPublishing() {
  // [MQTT3-3.3.5-2]
  let world = World()
  let (newer, older) = (world.connect("a"), world.connect("b", .v3_1_1))
  #expect(older.subscribe("$SYS/#") == 0)
  #expect(newer.ask(Packet.publish("$SYS/a", [1], qos: 1, identifier: 1)) == [.puback(1, 0x87)])
  #expect(
    older.ask(Packet.publish("$SYS/a", [1], .v3_1_1, qos: 1, identifier: 1)) == [.puback(1, 0)])
  #expect(world.broker.statistics.publishesDropped == 2)
}

@Test func whatExceedsThePolicyEndsTheConnection() {
  // [MQTT-3.2.2-11] [MQTT-3.2.2-14]
  let policy = World.policy {
    $0.listeners[0].maximumQoS = .atLeastOnce
    $0.isRetainAvailable = false
  }
  let packets: [([UInt8], UInt8)] = [
    (Packet.publish("t", [], qos: 2, identifier: 1), 0x9B),
    (Packet.publish("t", [], retain: true), 0x9A),
    (Packet.publish("", []), 0x82), (Packet.publish("a/+", []), 0x90),
    ([0xF0, 0], 0x82), (Packet.publish("t", [], .v5, .topicAlias(0)), 0x94),
  ]
  for (packet, reason) in packets {
    let world = World(policy)
    let client = world.connect("a")
    #expect(client.ask(packet) == [.disconnect(reason)])
    #expect(!client.isOpen && world.usedPools.isEmpty)
  }
}

@Test func aMessageLargerThanTheConfiguredSizeGoesNowhere() {
  let world = World(World.policy { $0.maximumPayloadSize = 3 })
  let client = world.connect("a")
  #expect(client.subscribe("t") == 0)
  #expect(
    client.ask(Packet.publish("t", [1, 2, 3, 4], qos: 1, identifier: 1)) == [.puback(1, 0x83)])
  client.publish("t", "abc")
  #expect(client.texts() == ["abc"] && world.count(.messageTooLarge) == 1)
}
