import Support
import Testing

@testable import Broker

@Test func eachMatchingSubscriptionsIdentifierIsTold() {
  // [MQTT-3.3.4-3] [MQTT-3.3.4-4] [MQTT-3.3.4-2]
  let world = World(World.policy { $0.allowsDuplicates = false })
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

@Test(arguments: Version.allCases)
func eachMatchingSubscriptionHasItsOwnCopy(version: Version) {
  // [MQTT-3.3.4-2] [MQTT-3.3.4-3] [MQTT3-3.3.5-1]
  let world = World()
  let (client, sender) = (world.connect("a", version), world.connect("s"))
  let filters: [(String, UInt8)] = [("t/+", 0), ("t/#", 2), ("#", 1), ("t/x", 1), ("u", 2)]
  for (number, wanted) in filters.enumerated() {
    let identifier: Properties = version == .v5 ? .subscriptionIdentifier(number + 1) : .none
    #expect(client.subscribe(wanted.0, wanted.1, identifier) == wanted.1)
  }
  for qos in 0...2 as ClosedRange<UInt8> {
    sender.publish("t/x", "m", qos: qos, identifier: 1, retain: true)
    let delivered = client.deliveries()
    let expected = filters.dropLast().enumerated().map { number, wanted in
      [min(qos, wanted.1), version == .v5 ? UInt8(number + 1) : 0]
    }
    let copies = delivered.map { [$0.qos, $0.properties.bytes.last ?? 0] }
    #expect(Set(copies) == Set(expected) && copies.count == 4, "\(qos)")
    for message in delivered where message.qos > 0 {
      client.send(Packet.acknowledgement(message.qos == 1 ? 4 : 5, message.identifier))
      if message.qos == 2 { client.send(Packet.acknowledgement(7, message.identifier)) }
    }
    sender.send(Packet.acknowledgement(6, 1))
  }
  #expect(world.used("deliveries") == 0)
  // A reload changes it from the next message on.
  world.adopt(World.policy { $0.allowsDuplicates = false })
  sender.publish("t/x", "m", qos: 2, identifier: 1)
  #expect(client.deliveries().map(\.qos) == [2])
}

@Test func noLocalIsAskedOfEachSubscription() {
  let world = World()
  let client = world.connect("a")
  #expect(client.subscribe("t/+", 0b100) == 0 && client.subscribe("t/#") == 0)
  client.publish("t/x", "m")
  #expect(client.texts() == ["m"])
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
  // What it has not acknowledged is another's.
  let unacknowledged = texts[0].filter { (Int($0) ?? 0) % 2 == 1 }
  #expect(Set(members.dropFirst().flatMap { $0.texts() }) == Set(unacknowledged))
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
