import Board
import Support
import Testing

@testable import Broker

// One Client holds all it can of a table: those who come anew find room nevertheless.

/// What a Client has of a table, as much as it is given.
private enum Hog: CaseIterable {
  case filters, levels, texts, groups
  case retainedMessages, retainedLevels, retainedBytes
  case queue, queueBytes, unreleased, aliases
  case sessions, places

  /// The pool that is used up for it.
  var pool: String {
    switch self {
    case .filters: "subscriptions"
    case .levels: "topic levels"
    case .texts, .aliases: "text blocks"
    case .groups: "shared groups"
    case .retainedMessages: "retained messages"
    case .retainedLevels: "retained levels"
    case .retainedBytes, .queueBytes: "message blocks"
    case .queue: "deliveries"
    case .unreleased: "unreleased messages"
    case .sessions: "sessions"
    case .places: "connections"
    }
  }

  /// Asks for more and more of it, from one address.
  func grow(in world: World) throws {
    switch self {
    case .places: while world.open(address: Hog.address) != nil {}
    case .sessions: try takeSessions(in: world)
    case .queue, .queueBytes: fillQueue(in: world)
    case .filters, .levels, .texts, .groups: subscribe(in: world)
    case .retainedMessages, .retainedLevels, .retainedBytes, .unreleased, .aliases:
      publish(in: world)
    }
  }

  private static var address: UInt32 { 99 }

  private func client(in world: World) -> Client { world.connect("hog", address: Hog.address) }

  private func takeSessions(in world: World) throws {
    for number in 0..<40 {
      let client = try #require(world.open(address: Hog.address))
      // A Will that is still to come is something to lose.
      let will = WillMessage(topic: "w", properties: .willDelay(1000))
      client.send(Packet.connect("hog\(number)", .v5, .sessionExpiry(10_000), will: will))
      client.lose()
    }
  }

  private func fillQueue(in world: World) {
    let hog = client(in: world)
    #expect(hog.subscribe("hog", 1) == 1)
    hog.isDeaf = true
    let sender = world.connect("sender", address: Hog.address)
    let payload = [UInt8](repeating: 1, count: self == .queue ? 1 : 1000)
    for number in 1...400 {
      sender.send(Packet.publish("hog", payload, qos: 1, identifier: number))
    }
  }

  private func subscribe(in world: World) {
    let hog = client(in: world)
    for number in 0..<200 { _ = hog.subscribe(filter(number)) }
  }

  private func filter(_ number: Int) -> String {
    switch self {
    case .levels: "hog/\(number)/a/b/c/d/e/f/g/h/i/j/k"
    case .texts: "hog\(number)" + String(repeating: "x", count: 900)
    case .groups: "$share/hog\(number)/t"
    default: "hog\(number)"
    }
  }

  private func publish(in world: World) {
    let hog = client(in: world)
    defer { if self == .retainedLevels { takeLastLevels(hog) } }
    for number in 1...400 {
      switch self {
      case .unreleased: hog.send(Packet.publish("x", [1], qos: 2, identifier: number))
      case .aliases:
        let topic = "\(number)" + String(repeating: "x", count: 990)
        hog.send(Packet.publish(topic, [1], .v5, .topicAlias(number % 4 + 1)))
      case .retainedLevels:
        hog.publish("hog/\(number)/a/b/c/d/e/f", "x", qos: 1, identifier: 1, retain: true)
      case .retainedBytes:
        let text = String(repeating: "x", count: 1000)
        hog.publish("hog/\(number)", text, qos: 1, identifier: 1, retain: true)
      default: hog.publish("hog/\(number)", "x", qos: 1, identifier: 1, retain: true)
      }
    }
  }
}

extension Hog {
  /// Takes what is left of the levels one by one.
  private func takeLastLevels(_ hog: Client) {
    for number in 1...20 {
      hog.publish("last\(number)/a", "x", qos: 1, identifier: 1, retain: true)
    }
  }
}

/// A new Client comes, subscribes, publishes, and gets what it has published.
private func comeAnew(_ number: Int, to world: World) throws {
  let client = try #require(world.open(address: UInt32(number)))
  let name = "new\(number)"
  #expect(
    client.ask(Packet.connect(name, .v5, .sessionExpiry(10), will: WillMessage(topic: "w")))
      == [.connack(present: false, code: 0)], "\(name)")
  #expect(client.subscribe("\(name)/#", 1) == 1, "\(name)")
  #expect(client.subscribe("$share/\(name)/t", 1) == 1, "\(name)")
  let kept = Packet.publish("\(name)/kept", name.bytes, qos: 1, identifier: 1, retain: true)
  let sent = Packet.publish("\(name)/sent", name.bytes, qos: 2, identifier: 2)
  let answers = client.ask(kept + sent)
  #expect(answers.contains(.puback(1, 0)) && answers.contains(.pubrec(2, 0)), "\(name) \(answers)")
  #expect(answers.count == 4, "\(name) \(answers)")
}

@Test(arguments: Hog.allCases)
private func newcomersFindRoomWhateverOneClientHolds(hog: Hog) throws {
  let world = World(
    World.policy {
      $0.maximumQueued = 10_000
      $0.maximumInFlight = 0
    })
  let base = world.usedPools
  try hog.grow(in: world)
  let refused = world.refused(hog.pool)
  // It has been given much of it, and not all.
  #expect(world.used(hog.pool) * 4 > capacity(hog.pool, of: world), "\(world.used(hog.pool))")
  for number in 1...3 { try comeAnew(number, to: world) }
  #expect(world.refused(hog.pool) == refused)
  world.broker.stop()
  for _ in 0..<3 { world.pass(seconds: 100_000) }
  #expect(
    world.usedPools.keys.allSatisfy {
      base[$0] != nil || $0.hasPrefix("retained") || $0.hasPrefix("message") || $0 == "owners"
    })
}

private func capacity(_ pool: String, of world: World) -> Int {
  for number in 0..<Broker.poolCount {
    if let status = world.broker.pool(number), status.name.description == pool {
      return status.occupancy.capacity
    }
  }
  return .max
}
