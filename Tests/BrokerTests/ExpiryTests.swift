import Support
import Testing

@testable import Broker

// Message Expiry Interval, and the longest that a session may live. [3.3.2.3.3]

@Test(arguments: [0, 1, 2] as [UInt8])
func anIntervalOfZeroIsForWhomeverItCanBeSentAtOnce(qos: UInt8) {
  let world = World()
  let away = world.connect("away", clean: false, .sessionExpiry(1000))
  #expect(away.subscribe("t", 2) == 2)
  away.lose()
  let reader = world.connect("r")
  #expect(reader.subscribe("t", 2) == 2)
  let member = world.connect("m")
  #expect(member.subscribe("$share/g/t", 2) == 2)
  world.connect("s").publish("t", "m", qos: qos, identifier: 1, retain: true, .messageExpiry(0))
  for client in [reader, member] {
    let delivered = client.deliveries()
    #expect(delivered.map(\.text) == ["m"] && delivered.first?.qos == qos)
    #expect(delivered.first?.properties == .messageExpiry(0))
  }
  world.pass(milliseconds: 1)
  let back = world.connect("away", clean: false, present: true)
  #expect(back.texts() == [] && back.subscribe("t") == 0 && back.texts() == [])
}

@Test func whatIsLeftOfASecondCountsAsOne() {
  // [MQTT-3.3.2-6]
  let world = World()
  let reader = world.connect("r", clean: false, .sessionExpiry(1000))
  #expect(reader.subscribe("t", 1) == 1)
  reader.lose()
  let sender = world.connect("s")
  sender.publish("t", "m", qos: 1, identifier: 1, retain: true, .messageExpiry(3))
  for (passed, left) in [(0, 3), (20, 3), (980, 2), (1980, 1)] as [(UInt64, Int)] {
    world.pass(milliseconds: passed)
    let late = world.connect("late")
    #expect(late.subscribe("t", 1) == 1)
    #expect(late.deliveries().map(\.properties) == [.messageExpiry(left)])
    late.lose()
  }
  let back = world.connect("r", clean: false, present: true)
  #expect(back.deliveries().map(\.properties) == [.messageExpiry(1)])
}

@Test func whatIsQueuedIsTheLongerForItsLastSecond() {
  // [MQTT-3.3.2-5] [MQTT-3.3.2-6]
  let world = World()
  for (passed, expected) in [(999, [1]), (1001, [])] as [(UInt64, [Int])] {
    let reader = world.connect("r\(passed)", clean: false, .sessionExpiry(1000))
    #expect(reader.subscribe("t/\(passed)", 1) == 1)
    reader.lose()
    world.connect("s").publish(
      "t/\(passed)", "m", qos: 1, identifier: 1, .messageExpiry(1))
    world.pass(milliseconds: passed)
    let back = world.connect("r\(passed)", clean: false, present: true)
    #expect(back.deliveries().map(\.properties) == expected.map(Properties.messageExpiry))
  }
}

@Test func noSessionLivesLongerThanTheConfigurationSays() {
  let world = World(World.policy { $0.persistentClientExpiration = 20 })
  for (asked, told, lives) in [(0xFFFF_FFFF, 20, 20), (21, 20, 20), (20, nil, 20), (5, nil, 5)]
    as [(Int, Int?, UInt64)]
  {
    let client = world.connect("a", clean: false, .sessionExpiry(asked))
    _ = client.answers()
    #expect(client.welcome.number(0x11) == told, "\(asked)")
    client.lose()
    world.pass(milliseconds: lives * 1000 - 1)
    #expect(world.used("sessions") == 1, "\(asked)")
    world.pass(milliseconds: 1)
    #expect(world.used("sessions") == 0, "\(asked)")
  }
  // Nor if that is asked for at the end.
  world.connect("a", .v5, .sessionExpiry(5)).send(Packet.disconnect(0, .sessionExpiry(1000)))
  world.pass(seconds: 20)
  #expect(world.usedPools.isEmpty)
}

@Test(arguments: Version.allCases)
func aWillLargerThanAMessageMayBeIsRefused(version: Version) {
  let world = World(World.policy { $0.maximumPayloadSize = 10 })
  for (size, code) in [(10, 0), (11, version == .v5 ? 0x95 : 5)] as [(Int, UInt8)] {
    guard let client = world.open(version) else { preconditionFailure("no place") }
    let will = WillMessage(topic: "w", payload: String(repeating: "x", count: size))
    let answers = client.ask(Packet.connect("a", version, will: will))
    #expect(answers == [.connack(present: false, code: code)], "\(size)")
    #expect(client.isOpen == (code == 0))
    client.lose()
  }
}
