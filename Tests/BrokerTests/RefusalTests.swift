import Board
import Memory
import Support
import Testing

@testable import Broker

// A refusal names the pool by its name in --plan, and whether it is used up or somebody has his share.

extension World {
  /// A world whose log takes every line.
  fileprivate static func telling(
    _ policy: Policy = World.policy(), change: (inout Limits) -> Void = { _ in }
  ) -> World {
    let world = World(policy, change: change)
    world.broker.adopt(policy, levels: 0x7F)
    return world
  }

  /// The lines of warnings since the last time.
  fileprivate func warnings() -> [String] {
    var lines: [String] = []
    broker.log.drain { line, level in
      if level == .warning { lines.append(String(copying: line.span)) }
    }
    return lines
  }
}

@Test func whoHasItsShareOfSubscriptionsIsToldFromWhoFindsNone() {
  let world = World.telling { $0.subscriptions = 8 }
  let many = world.connect("many")
  for number in 0..<4 { #expect(many.subscribe("t\(number)") == 0) }
  #expect(many.subscribe("t4") == 0x97)
  #expect(
    world.warnings().last
      == "Client many [unknown] could not subscribe: it has its share of subscriptions.")
  for name in ["b", "c", "d", "e"] { #expect(world.connect(name).subscribe("t") == 0) }
  #expect(world.connect("f").subscribe("t") == 0x97)
  #expect(
    world.warnings().last == "Client f [unknown] could not subscribe: subscriptions are used up.")
}

@Test func eachPoolOfAFilterIsNamed() {
  let world = World.telling {
    $0.topicNodes = 16
    $0.sharedGroups = 1
    $0.topicLevels = 6
  }
  let client = world.connect("c")
  #expect(client.subscribe("$share/g/t") == 0 && client.subscribe("$share/h/t") == 0x97)
  #expect(
    world.warnings().last == "Client c [unknown] could not subscribe: shared groups are used up.")
  #expect(client.subscribe("1/2/3/4/5/6/7") == 0x97)
  #expect(
    world.warnings().last
      == "Client c [unknown] could not subscribe: its Topic Filter has too many levels.")
  #expect(client.subscribe("1/2/3/4/5/6") == 0 && client.subscribe("a/b/c/d/e/f") == 0x97)
  #expect(
    world.warnings().last
      == "Client c [unknown] could not subscribe: it has its share of topic levels.")
}

@Test func whoseUserHasItsShareOfSessionsIsToldInTheConnack() {
  let words = "its user has its share of sessions"
  for (properties, said) in [(.none, words), (.byte(0x17, 0), nil), (.maximumPacketSize(30), nil)]
    as [(Properties, String?)]
  {
    let world = World.telling {
      $0.connections = 12
      $0.sessions = 8
    }
    for number in 0..<6 { world.connect("s\(number)") }
    guard let refused = world.open() else { preconditionFailure("there is a place") }
    let answers = refused.ask(Packet.connect("late", .v5, properties))
    #expect(answers.first == .connack(present: false, code: 0x97))
    #expect(refused.welcome.text(0x1F) == said)
    #expect(world.warnings() == ["Client late [unknown] disconnected: \(words)."])
  }
}

@Test func aMessageThatIsNotRetainedNamesWhatThereIsNoRoomIn() {
  let world = World.telling { $0.retained = 8 }
  let client = world.connect("c")
  for number in 1...4 {
    _ = client.ask(Packet.publish("t\(number)", [1], qos: 1, identifier: number, retain: true))
  }
  _ = world.warnings()
  let answers = client.ask(Packet.publish("t5", [1], qos: 1, identifier: 5, retain: true))
  #expect(answers == [.puback(5, 0x97)])
  #expect(
    world.warnings() == [
      "A message was not retained: its user has its share of retained messages.",
      "Client c [unknown] was refused a message: it cannot be retained.",
    ])
}

@Test func whoReleasesNothingIsToldOfUnreleasedMessages() {
  let world = World.telling { $0.unreleased = 8 }
  let client = world.connect("c")
  for number in 1...4 {
    let answers = client.ask(Packet.publish("t", [1], qos: 2, identifier: number))
    #expect(answers == [.pubrec(number, 0x10)])
  }
  #expect(client.ask(Packet.publish("t", [1], qos: 2, identifier: 5)) == [.pubrec(5, 0x97)])
  #expect(
    world.warnings().last
      == "Client c [unknown] was refused a message: it has its share of unreleased messages.")
}

@Test func aLostMessageNamesTheShareOrTheQueue() {
  let world = World.telling(World.policy { $0.maximumQueued = 10 }) { $0.deliveries = 8 }
  let away = world.connect("away", clean: false, .sessionExpiry(1000))
  #expect(away.subscribe("t", 1) == 1)
  away.lose()
  let sender = world.connect("sender")
  for number in 1...5 { _ = sender.ask(Packet.publish("t", [1], qos: 1, identifier: number)) }
  #expect(
    world.warnings() == ["Outgoing message for away dropped: it has its share of deliveries."])
  let other = World.telling(World.policy { $0.maximumQueued = 1 })
  let full = other.connect("full", clean: false, .sessionExpiry(1000))
  #expect(full.subscribe("t", 1) == 1)
  full.lose()
  let writer = other.connect("writer")
  for number in 1...2 { _ = writer.ask(Packet.publish("t", [1], qos: 1, identifier: number)) }
  #expect(other.warnings() == ["Outgoing message for full dropped: its queue is full."])
}

@Test func thePlanKnowsTheShareOfEachPoolThatIsShared() {
  var limits = Limits()
  limits.sessions = 40
  limits.connections = 20
  let shares = Shares(limits)
  var region = Region()
  for name in ["sessions", "deliveries", "peers", "owners"] as [StaticString] {
    region.begin(name, count: 1)
  }
  let told = (0..<4).map { shares.share(of: region.entry($0)) }
  #expect(told[0]?.freely == 20 && told[0]?.kept == 10)
  #expect(told[1]?.capacity == limits.deliveries)
  #expect(told[2] == nil && told[3] == nil)
}
