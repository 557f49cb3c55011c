import Support
import Testing

@testable import Broker

// What a group gave to a member whose session ends is another member's. [4.8.2]

/// How a session ends.
private enum Ending: CaseIterable {
  case goodbye, lost, expired, cleanStart

  func end(_ member: Client, _ world: World) {
    switch self {
    case .goodbye: member.send(Packet.disconnect(0, .sessionExpiry(0)))
    case .lost: member.lose()
    case .expired:
      member.lose()
      world.pass(seconds: 50)
    case .cleanStart:
      world.connect("b", clean: true)
    }
  }

  var expiry: Int { self == .lost ? 0 : 50 }
}

@Test(arguments: Ending.allCases, [1, 2] as [UInt8])
private func anotherMemberGetsWhatWasNotAcknowledged(ending: Ending, quota: UInt8) {
  let world = World()
  let (a, sender) = (world.connect("a"), world.connect("s"))
  #expect(a.subscribe("$share/g/t/#", 1, .subscriptionIdentifier(3)) == 1)
  let b = world.connect(
    "b", clean: false, .sessionExpiry(ending.expiry) + .receiveMaximum(Int(quota)))
  #expect(b.subscribe("$share/g/t/#", 1) == 1 && b.subscribe("u", 1) == 1)
  for number in 0..<6 {
    sender.publish("t/\(number)", "\(number)", qos: 1, identifier: 1)
    sender.publish("u", "mine", qos: 1, identifier: 1)
  }
  #expect(a.texts() == ["0", "2", "4"])
  #expect(b.texts().count == Int(quota))
  ending.end(b, world)
  let handed = a.deliveries()
  #expect(Set(handed.map(\.text)) == ["1", "3", "5"] && handed.count == 3)
  #expect(handed.allSatisfy { !$0.duplicate && $0.properties == .subscriptionIdentifier(3) })
  world.pass(seconds: 100)
  for client in [a, sender] { client.lose() }
  #expect(world.used("messages") == 0 && world.used("deliveries") == 0)
}

@Test func whatIsOnItsWayWithQoS2IsNobodyElses() {
  // [MQTT-4.8.2-4] [MQTT-4.8.2-5]
  let world = World()
  let (a, sender) = (world.connect("a"), world.connect("s"))
  let b = world.connect("b", .v5, .receiveMaximum(2))
  for member in [a, b] { #expect(member.subscribe("$share/g/t", 2) == 2) }
  for number in 0..<8 { sender.publish("t", "\(number)", qos: 2, identifier: number + 1) }
  let sent = b.deliveries()
  #expect(sent.map(\.text) == ["1", "3"] && a.texts() == ["0", "2", "4", "6"])
  b.send(Packet.acknowledgement(5, sent[0].identifier))
  b.lose()
  #expect(a.texts() == ["5", "7"])
}

@Test func whoWasNeverSentItInTimeLeavesNothing() {
  let world = World()
  let (a, sender) = (world.connect("a"), world.connect("s"))
  let b = world.connect("b", clean: false, .sessionExpiry(100))
  #expect(b.subscribe("$share/g/t", 1) == 1)
  b.lose()
  sender.publish("t", "old", qos: 1, identifier: 1, .messageExpiry(10))
  sender.publish("t", "new", qos: 1, identifier: 1, .messageExpiry(1000))
  #expect(a.subscribe("$share/g/t", 1) == 1)
  world.pass(seconds: 100)
  let handed = a.deliveries()
  #expect(handed.map(\.text) == ["new"] && handed.first?.properties == .messageExpiry(900))
}

@Test func theLastMemberTakesItAlong() {
  let world = World()
  let sender = world.connect("s")
  let b = world.connect("b")
  #expect(b.subscribe("$share/g/t", 1) == 1)
  sender.publish("t", "m", qos: 1, identifier: 1)
  b.lose()
  // Another group with the same name and filter is another group.
  let c = world.connect("c")
  #expect(c.subscribe("$share/g/t", 1) == 1 && c.texts() == [])
  #expect(world.used("messages") == 0)
}

@Test func manyAreHandedOverByAndBy() {
  let world = World()
  let (sender, b) = (world.connect("s"), world.connect("b", .v5, .receiveMaximum(1)))
  #expect(b.subscribe("$share/g/t", 1) == 1)
  let count = 100
  for number in 0..<count { sender.publish("t", "\(number)", qos: 1, identifier: 1) }
  #expect(b.texts().count == 1)
  let a = world.connect("a", .v5, .receiveMaximum(200))
  #expect(a.subscribe("$share/g/t", 1) == 1)
  b.lose()
  var handed: [String] = []
  while case let delivered = a.deliveries(), !delivered.isEmpty {
    handed += delivered.map(\.text)
    for message in delivered { a.send(Packet.acknowledgement(4, message.identifier)) }
  }
  #expect(handed == (0..<count).map(String.init))
}

@Test func membersHaveTheirTurnsInTheOrderInWhichTheyJoined() {
  let world = World()
  let sender = world.connect("s")
  var members: [Client] = []
  func join(_ name: String) {
    members.append(world.connect(name))
    #expect(members.last?.subscribe("$share/g/t", 1) == 1)
  }
  func turns(_ count: Int) -> [Int] {
    (0..<count).map { number in
      sender.publish("t", "\(number)")
      return members.firstIndex { !$0.texts().isEmpty } ?? -1
    }
  }
  for name in ["a", "b", "c"] { join(name) }
  #expect(turns(7) == [0, 1, 2, 0, 1, 2, 0])
  // Who joins now is behind all who were there.
  join("d")
  #expect(turns(5) == [1, 2, 0, 3, 1])
  members[2].lose()
  #expect(turns(4) == [0, 3, 1, 0])
}
