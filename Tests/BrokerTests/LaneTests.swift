import Board
import Support
import Testing

@testable import Broker

// Messages whose topics match so much that it takes several turns to find and serve all.

/// Levels of a slow topic; so many times two filters match it.
private let depth = 9

/// A topic that each level of the burden's filters matches in two ways.
private let slowTopic = [String](repeating: "a", count: depth).joined(separator: "/")

/// Small turns, a session with filters that make slow topics slow, and a reader.
private final class Lanes {
  let world: World
  let burden: Client
  let reader: Client

  init(
    _ policy: Policy = World.policy { $0.allowsDuplicates = false },
    change: (inout Limits) -> Void = { _ in }
  ) {
    world = World(policy) {
      $0.turnWork = 4096
      $0.connectionWork = 128
      $0.subscriptions = 2000
      $0.topicNodes = 4000
      $0.textBlocks = 40_000
      change(&$0)
    }
    burden = world.connect("burden", .v5, .topicAliasMaximum(0))
    let all = Lanes.filters(depth).map { ($0, 0 as UInt8) }
    for start in stride(from: 0, to: all.count, by: 256) {
      #expect(burden.ask(Packet.subscribe(Array(all[start..<start + 256]))).count == 1)
    }
    reader = world.connect("reader")
    #expect(reader.subscribe("a/#", 1) == 1 && reader.subscribe("quick/#", 1) == 1)
  }

  /// All filters of so many levels, each of which is `a` or a wildcard.
  private static func filters(_ depth: Int) -> [String] {
    depth == 1 ? ["a", "+"] : filters(depth - 1).flatMap { [$0 + "/a", $0 + "/+"] }
  }

  /// Whether a message is in the slow lane.
  var isSlow: Bool { world.broker.lane.isBusy }

  /// Lets the broker turn until it rests; the texts of what the reader got, in order, and in each turn
  /// whether the slow lane was busy then.
  func texts() -> [(text: String, isSlow: Bool)] {
    var texts: [(text: String, isSlow: Bool)] = []
    var isMoving = true
    while isMoving {
      let isSlow = isSlow
      isMoving = world.step()
      texts += reader.takeTexts().map { ($0, isSlow) }
    }
    return texts
  }
}

extension Client {
  /// The texts of what has come, acknowledged, without letting the broker turn.
  fileprivate func takeTexts() -> [String] {
    arrived().compactMap { answer in
      guard case .publish(let delivered) = answer else { return nil }
      if delivered.qos == 1 { queue(Packet.acknowledgement(4, delivered.identifier)) }
      return delivered.text
    }
  }

  fileprivate func publish(slowly text: String, _ identifier: Int, _ topic: String = slowTopic) {
    queue(Packet.publish(topic, text.bytes, version, qos: 1, identifier: identifier))
  }
}

@Test(arguments: [.v3_1_1, .v5] as [Version])
func aSlowTopicReachesEachOnceAndInOrder(version: Version) {
  // [MQTT-4.6.0-5] [MQTT3-4.6.0-6]
  let lanes = Lanes()
  let sender = lanes.world.connect("s", version)
  for number in 1...5 { sender.publish(slowly: "\(number)", number) }
  sender.queue(Packet.publish("quick/1", "behind".bytes, version, qos: 1, identifier: 6))
  let before = lanes.world.turns
  #expect(lanes.texts().map(\.text) == ["1", "2", "3", "4", "5", "behind"])
  #expect(lanes.world.turns - before > 10)
  #expect(sender.answers() == (1...6).map { .puback($0, 0) })
  // The burden has matched in many ways, and gets one copy.
  #expect(lanes.burden.texts() == ["1", "2", "3", "4", "5"])
  #expect(lanes.world.mostWork < lanes.world.broker.turnWork * 5 / 4)
}

@Test func anotherTopicIsDeliveredWhileASlowOneIsMatched() {
  let lanes = Lanes()
  let (slow, quick) = (lanes.world.connect("s"), lanes.world.connect("q"))
  slow.publish(slowly: "slow", 1)
  while !lanes.isSlow { _ = lanes.world.step() }
  for number in 1...3 { quick.publish(slowly: "\(number)", number, "quick/\(number)") }
  let texts = lanes.texts()
  #expect(texts.map(\.text) == ["1", "2", "3", "slow"])
  #expect(texts.prefix(3).map(\.isSlow) == [true, true, true])
  #expect(quick.answers() == (1...3).map { .puback($0, 0) } && slow.answers() == [.puback(1, 0)])
}

@Test func allWhoPublishToASlowTopicAreServedInTurn() {
  let lanes = Lanes()
  let senders = (0..<12).map { lanes.world.connect("s\($0)", address: UInt32(1 + $0)) }
  for round in 1...3 {
    for (number, sender) in senders.enumerated() {
      sender.publish(slowly: "\(number) \(round)", round)
    }
  }
  let texts = lanes.texts().map(\.text)
  #expect(texts.count == 36 && Set(texts).count == 36)
  // Each publisher's in their order, and none is twice ahead of another.
  #expect(texts.map { $0.suffix(1) } == texts.map { $0.suffix(1) }.sorted())
  for sender in senders { #expect(sender.answers() == (1...3).map { .puback($0, 0) }) }
}

@Test func whatWasPublishedSlowlyOutlivesItsConnection() {
  let lanes = Lanes()
  let base = lanes.world.usedPools
  let senders = (0..<12).map { lanes.world.connect("s\($0)", address: UInt32(1 + $0)) }
  for sender in senders { sender.publish(slowly: "x", 1) }
  while lanes.world.used("messages") < 12 { _ = lanes.world.step() }
  for sender in senders { lanes.world.broker.connectionLost(sender.handle, "a test broke it") }
  #expect(lanes.texts().count == 12)
  #expect(lanes.burden.texts().count == 12 && lanes.world.usedPools == base)
}

@Test func moreWillsOnASlowTopicThanPlacesWaitAndAreNotLost() {
  let lanes = Lanes()
  let will = WillMessage(topic: slowTopic, payload: "gone", qos: 1)
  let mortals = (0..<12).map {
    lanes.world.connect("m\($0)", will: will, address: UInt32(1 + $0))
  }
  for mortal in mortals { lanes.world.broker.connectionLost(mortal.handle, "a test broke it") }
  #expect(lanes.texts().map(\.text) == [String](repeating: "gone", count: 12))
  #expect(lanes.world.count(.willPublished) == 12 && lanes.world.count(.messageDropped) == 0)
}

@Test func aRetainedMessageOnASlowTopicIsRetainedWhenItHasGoneToAll() {
  let lanes = Lanes()
  let sender = lanes.world.connect("s")
  sender.send(Packet.publish(slowTopic, "kept".bytes, qos: 1, identifier: 1, retain: true))
  #expect(lanes.reader.takeTexts() == ["kept"])
  let late = lanes.world.connect("late")
  #expect(late.subscribe("a/#") == 0)
  let delivered = late.deliveries()
  #expect(delivered.map(\.text) == ["kept"] && delivered.allSatisfy(\.retain))
  sender.send(Packet.publish(slowTopic, [], qos: 1, identifier: 1, retain: true))
  #expect(lanes.world.used("retained messages") == 0)
}

@Test func whoLeavesWhileASlowTopicIsMatchedGetsNothing() {
  for isLost in [true, false] {
    let lanes = Lanes()
    let other = lanes.world.connect("other")
    #expect(other.subscribe("+/#", 1) == 1)
    lanes.world.connect("s").publish(slowly: "x", 1)
    while !lanes.isSlow { _ = lanes.world.step() }
    if isLost {
      lanes.world.broker.connectionLost(other.handle, "a test broke it")
    } else {
      other.queue(Packet.unsubscribe(["+/#"]))
    }
    #expect(lanes.texts().map(\.text) == ["x"])
    #expect(isLost || other.answers() == [.unsuback(1, [0])])
  }
}

@Test func aSlowTopicIsRefusedForAFullQueueAsAQuickOneIs() {
  let lanes = Lanes(
    World.policy {
      $0.whenQueueIsFull = .reject
      $0.maximumQueued = 1
    })
  let full = lanes.world.connect("full", .v5, .receiveMaximum(1))
  #expect(full.subscribe("a/#", 1) == 1)
  let (newer, older) = (lanes.world.connect("n"), lanes.world.connect("o", .v3_1_1))
  for number in 1...3 { newer.publish(slowly: "\(number)", number) }
  #expect(lanes.texts().map(\.text) == ["1", "2"])
  older.publish(slowly: "waits", 1)
  #expect(lanes.texts().isEmpty)
  #expect(newer.answers() == [.puback(1, 0), .puback(2, 0), .puback(3, 0x97)])
  #expect(older.answers().isEmpty && lanes.world.count(.publisherStalled) == 1)
  // It goes on when there is room, and reaches each once.
  for message in full.deliveries() { full.queue(Packet.acknowledgement(4, message.identifier)) }
  #expect(lanes.texts().map(\.text) == ["waits"] && older.answers() == [.puback(1, 0)])
}

@Test func moreMatchesThanOneTurnServesGetTheMessageOnceEach() {
  // 128 are found at once; these are more.
  let lanes = Lanes {
    $0.turnWork = 512
    $0.connectionWork = 64
    $0.connections = 40
    $0.sessions = 80
  }
  let readers = (0..<20).map { lanes.world.connect("r\($0)", address: UInt32(1 + $0)) }
  for reader in readers { #expect(reader.subscribe("crowd", 1) == 1) }
  let sender = lanes.world.connect("s")
  for number in 1...3 { sender.publish(slowly: "\(number)", number, "crowd") }
  var isEverSlow = false
  while lanes.world.step() { isEverSlow = isEverSlow || lanes.isSlow }
  #expect(isEverSlow && sender.answers() == (1...3).map { .puback($0, 0) })
  for reader in readers { #expect(reader.takeTexts() == ["1", "2", "3"]) }
}
