import Support
import Testing

@testable import Broker

@Test func anAliasStandsForTheTopicItWasGivenLast() {
  // [MQTT-3.3.2-12]
  let world = World()
  let (sender, receiver) = (world.connect("s"), world.connect("r"))
  #expect(receiver.subscribe("#", 2) == 2)
  for qos in 0...2 as ClosedRange<UInt8> {
    sender.publish("a/b", "1", qos: qos, identifier: 1, .topicAlias(1))
    sender.publish("", "2", qos: qos, identifier: 2, .topicAlias(1))
    sender.publish("c", "3", qos: qos, identifier: 3, .topicAlias(4))
    sender.publish("d", "4", qos: qos, identifier: 4, .topicAlias(1))
    sender.publish("", "5", qos: qos, identifier: 5, .topicAlias(1))
    for identifier in 1...5 { sender.send(Packet.acknowledgement(6, identifier)) }
    let delivered = receiver.deliveries()
    #expect(delivered.map(\.topic) == ["a/b", "a/b", "c", "d", "d"])
    #expect(delivered.allSatisfy { $0.properties == .none })
  }
}

@Test func anAliasEndsWithItsConnection() {
  // [MQTT-3.3.2-7]
  let world = World()
  world.connect("s", .v5, .sessionExpiry(100)).publish("a", "1", .topicAlias(1))
  let again = world.connect("s", clean: false, present: true)
  #expect(again.ask(Packet.publish("", [1], .v5, .topicAlias(1))) == [.disconnect(0x82)])
}

@Test(arguments: [0, 5, 65_535])
func anAliasIsBetweenOneAndTheMaximum(alias: Int) {
  // [MQTT-3.3.2-8] [MQTT-3.3.2-9]
  let world = World()
  let client = world.connect("s")
  let packet = Packet.publish("a", [1], .v5, .topicAlias(alias))
  #expect(client.ask(packet) == [.disconnect(0x94)] && !client.isOpen)
}

@Test func whereNoAliasIsAllowedNoneIsTaken() {
  // [MQTT-3.2.2-18]
  let world = World(World.policy { $0.listeners[0].maximumTopicAlias = 0 })
  let client = world.connect("s")
  #expect(client.ask(Packet.publish("a", [1], .v5, .topicAlias(1))) == [.disconnect(0x94)])
  #expect(!client.isOpen)
}

@Test func aliasesAreSetTowardsAClientThatAllowsThem() {
  // [MQTT-3.1.2-29] [MQTT-3.1.2-30] [MQTT-3.3.2-11]
  let world = World()
  let receiver = world.connect("r", .v5, .topicAliasMaximum(2))
  let sender = world.connect("s")
  #expect(receiver.subscribe("#", 1) == 1)
  var known: [UInt8: String] = [:]
  for round in 0..<3 {
    for topic in ["a", "long/topic/name", "third"] {
      sender.publish(topic, "x", qos: UInt8(round % 2), identifier: 1)
      let message = receiver.deliveries().first
      let bytes = message?.properties.bytes ?? []
      if bytes.isEmpty {
        #expect(message?.topic == "third")
      } else {
        #expect(bytes[0] == 0x23 && bytes[1] == 0 && (1...2).contains(bytes[2]))
        if message?.topic == "" {
          #expect(known[bytes[2]] == topic)
        } else {
          known[bytes[2]] = topic
        }
        #expect(round == 0 || message?.topic == "")
      }
    }
  }
  #expect(known.values.sorted() == ["a", "long/topic/name"])
  // Whoever is allowed aliases has a table.
  #expect(world.used("topic aliases") == 2)
  receiver.lose()
  #expect(world.used("topic aliases") == 1)
}

@Test func withoutRoomForAliasesNamesAreSent() {
  let world = World { $0.aliasTables = 1 }
  let first = world.connect("a", .v5, .topicAliasMaximum(2))
  let second = world.connect("b", .v5, .topicAliasMaximum(2))
  #expect(first.subscribe("t") == 0 && second.subscribe("t") == 0)
  let sender = world.connect("s")
  for _ in 0..<2 { sender.publish("t", "x") }
  let topics = [first.deliveries(), second.deliveries()].map { $0.map(\.topic) }
  #expect(topics.contains(["t", ""]) && topics.contains(["t", "t"]))
}

@Test func withoutATableTheConnackAllowsNoAliasAndNoneIsTaken() {
  // [MQTT-3.2.2-18]
  let world = World { $0.aliasTables = 1 }
  let first = world.connect("a")
  let second = world.connect("b")
  #expect(first.welcome.number(0x22) == 4 && second.welcome.number(0x22) == nil)
  #expect(world.refused("topic aliases") == 1)
  let packet = Packet.publish("t", [1], .v5, .topicAlias(1))
  #expect(second.ask(packet) == [.disconnect(0x94)] && !second.isOpen)
  #expect(first.ask(packet).isEmpty && first.isOpen)
  // The next one has the table that the first one gives back.
  first.lose()
  let third = world.connect("c")
  #expect(third.welcome.number(0x22) == 4 && third.ask(packet).isEmpty && third.isOpen)
}

@Test func whoCannotHaveAliasesTakesNoTable() {
  let world = World(World.policy { $0.listeners[0].maximumTopicAlias = 0 })
  let plain = world.connect("a")
  world.connect("b", .v3_1_1)
  #expect(plain.welcome.number(0x22) == nil && world.used("topic aliases") == 0)
  world.connect("c", .v5, .topicAliasMaximum(2))
  #expect(world.used("topic aliases") == 1)
}
