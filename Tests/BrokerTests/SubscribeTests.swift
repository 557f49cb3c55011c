import Support
import Testing

@testable import Broker

@Test func eachMatchingSubscriptionsIdentifierIsTold() {
  // [MQTT-3.3.4-3] [MQTT-3.3.4-4] [MQTT-3.3.4-2]
  let world = World()
  let client = world.connect("a")
  #expect(client.subscribe("t/+", 0, .subscriptionIdentifier(7)) == 0)
  #expect(client.subscribe("t/#", 1, .subscriptionIdentifier(268_435_455)) == 1)
  #expect(client.subscribe("#", 0) == 0)
  for qos in 0...1 as ClosedRange<UInt8> {
    client.publish("t/x", "m", qos: qos, identifier: 1)
    let delivered = client.deliveries()
    #expect(delivered.count == 1 && delivered.first?.qos == qos)
    let bytes = delivered.first?.properties.bytes ?? []
    #expect(bytes.count == 7 && bytes.filter { $0 == 0x0B }.count == 2)
  }
}

@Test func noLocalKeepsAClientsOwnMessagesFromIt() {
  // [MQTT-3.8.3-3]
  let world = World()
  let (client, other) = (world.connect("a"), world.connect("b"))
  #expect(client.subscribe("t", 0b100) == 0 && other.subscribe("t", 0b100) == 0)
  client.publish("t", "m")
  #expect(client.texts() == [] && other.texts() == ["m"])
}

@Test func subscriptionsOfAGroupShareTheMessages() {
  // [4.8.2]
  let world = World()
  let members = ["a", "b", "c"].map { world.connect($0) }
  let sender = world.connect("s")
  for member in members { #expect(member.subscribe("$share/g/t", 1) == 1) }
  for number in 1...9 {
    sender.publish("t", "\(number)", qos: UInt8(number % 2), identifier: number)
  }
  let texts = members.map { $0.texts() }
  #expect(texts.map(\.count) == [3, 3, 3])
  #expect(Set(texts.joined()) == Set((1...9).map { "\($0)" }))
  // One who is away is passed over while others are there.
  members[0].lose()
  for number in 1...4 { sender.publish("t", "\(number)") }
  #expect(members[1].texts().count == 2 && members[2].texts().count == 2)
}

@Test func unsubscribingAnswersForEachFilter() {
  // [MQTT-3.10.4-4] [MQTT-3.10.4-6] [MQTT-3.11.3-1] [MQTT3-3.10.4-4]
  let world = World()
  let (newer, older) = (world.connect("a"), world.connect("b", .v3_1_1))
  let answers = newer.ask(Packet.subscribe([("a", 0), ("b/#", 2), ("$share/g/c", 1)]))
  #expect(answers == [.suback(1, [0, 2, 1])])
  #expect(
    newer.ask(Packet.unsubscribe(["a", "b", "b/#", "$share/g/c"]))
      == [.unsuback(1, [0, 0x11, 0, 0])])
  #expect(older.subscribe("a") == 0)
  #expect(older.ask(Packet.unsubscribe(["a", "x"], .v3_1_1)) == [.unsuback(1, [])])
  #expect(world.used("subscriptions") == 0 && world.used("topic levels") == 0)
}
