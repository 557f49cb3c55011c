import Support
import Testing

@testable import Broker

// A SUBSCRIBE or UNSUBSCRIBE of so many Topic Filters that it takes several turns.

private let filterCount = 3000

private func filters() -> [String] { (0..<filterCount).map { "f/\($0)" } }

private func subscribe(_ version: Version = .v5, identifier: Int = 7) -> [UInt8] {
  Packet.subscribe(filters().map { ($0, 1) }, version, identifier: identifier)
}

/// A world with small turns, in which one session may have so many subscriptions.
private func world() -> World {
  World(World.policy { $0.maximumPacketSize = 60_000 }) {
    $0.turnWork = 4096
    $0.connectionWork = 128
    $0.subscriptions = 4 * filterCount
    $0.topicNodes = 8 * filterCount
    $0.textBlocks = 8 * filterCount
    $0.packetBytes = 60_000
    $0.receiveBlocks = 1200
  }
}

/// Lets the broker turn until the client has been sent something, and returns that. In between another
/// client has an answer in each turn.
private func firstAnswers(to client: Client, in world: World, beside other: Client) -> [SentPacket]
{
  for _ in 0..<10_000 {
    other.queue(Packet.ping)
    _ = world.step()
    #expect(other.arrived() == [.pingresp])
    let answers = client.arrived()
    if !answers.isEmpty { return answers }
  }
  return []
}

@Test(arguments: [.v3_1_1, .v5] as [Version])
func aSubscribeOfThousandsIsAnsweredOnceAndNothingOvertakesIt(version: Version) {
  // [MQTT-3.8.4-6] [MQTT3-3.8.4-5]
  let world = world()
  let (client, other) = (world.connect("c", version), world.connect("o"))
  client.queue(
    subscribe(version) + Packet.ping
      + Packet.publish("f/2999", "x".bytes, version, qos: 1, identifier: 8))
  let before = world.turns
  var answers = firstAnswers(to: client, in: world, beside: other)
  // A turn has work for some of the filters only.
  #expect(world.turns - before > filterCount * 8 / world.broker.turnWork)
  answers += client.answers()
  let codes = [UInt8](repeating: 1, count: filterCount)
  #expect(answers.first == .suback(7, codes) && answers.count == 4)
  #expect(answers.dropFirst().contains(.pingresp) && answers.contains(.puback(8, 0)))
  #expect(world.used("subscriptions") == filterCount)
  #expect(world.mostWork < world.broker.turnWork * 5 / 4)
}

@Test(arguments: [.v3_1_1, .v5] as [Version])
func anUnsubscribeOfThousandsIsAnsweredOnceAndNothingOvertakesIt(version: Version) {
  // [MQTT-3.10.4-5] [MQTT3-3.10.4-4]
  let world = world()
  let (client, other) = (world.connect("c", version), world.connect("o"))
  let base = world.usedPools
  #expect(client.ask(subscribe(version)).count == 1)
  client.queue(Packet.unsubscribe(filters() + ["g"], version, identifier: 9) + Packet.ping)
  let before = world.turns
  var answers = firstAnswers(to: client, in: world, beside: other)
  #expect(world.turns - before > filterCount * 8 / world.broker.turnWork)
  answers += client.answers()
  // Only 5.0 is told of each filter whether there was such a subscription.
  let codes = version == .v5 ? [UInt8](repeating: 0, count: filterCount) + [0x11] : []
  #expect(answers == [.unsuback(9, codes), .pingresp])
  #expect(world.usedPools == base)
}

/// How a connection ends in the middle of its request.
private enum End: CaseIterable {
  case lost, takenOver, stopped
}

@Test(arguments: End.allCases, [false, true])
private func theEndOfTheConnectionInTheMiddleLeavesNothingBehind(end: End, unsubscribes: Bool) {
  let world = world()
  let other = world.connect("o")
  let base = world.usedPools
  let client = world.connect("c")
  if unsubscribes { #expect(client.ask(subscribe()).count == 1) }
  client.queue(unsubscribes ? Packet.unsubscribe(filters()) : subscribe())
  for _ in 0..<30 { _ = world.step() }
  let done = world.used("subscriptions")
  #expect(done > 0 && done < filterCount && client.arrived().isEmpty)
  switch end {
  case .lost: client.lose()
  case .takenOver: world.connect("c").lose()
  case .stopped: world.broker.stop()
  }
  world.turn()
  #expect(
    !client.isOpen
      && client.arrived().allSatisfy { $0 == .disconnect(0x8E) || $0 == .disconnect(0x8B) })
  other.lose()
  #expect(world.used("subscriptions") == 0 && world.used("topic levels") == 0)
  #expect(world.usedPools.keys.allSatisfy { base[$0] != nil })
  #expect(world.used("send blocks") == 0 && world.used("receive blocks") == 0)
}

@Test func aPersistentSessionKeepsWhatItWasGivenBeforeItsConnectionBroke() {
  let world = world()
  let client = world.connect("c", clean: false, .sessionExpiry(100))
  client.queue(subscribe())
  for _ in 0..<30 { _ = world.step() }
  client.lose()
  let kept = world.used("subscriptions")
  #expect(kept > 0 && kept < filterCount)
  let back = world.connect("c", clean: false, .sessionExpiry(100), present: true)
  #expect(back.ask(subscribe()) == [.suback(7, [UInt8](repeating: 1, count: filterCount))])
  #expect(world.used("subscriptions") == filterCount)
}

@Test func theKeepAliveOfAClientDoesNotCountWhileItsRequestIsUnderWay() {
  let world = world()
  let client = world.connect("c", keepAlive: 1)
  client.queue(subscribe())
  for _ in 0..<30 { _ = world.step() }
  #expect(client.arrived().isEmpty)
  world.pass(seconds: 100)
  #expect(client.isOpen && client.answers().count == 1)
  world.pass(seconds: 2)
  #expect(!client.isOpen && world.count(.keepAliveExceeded) == 1)
}

@Test func anAnswerThatIsTooLargeForTheClientCannotBeSent() {
  // [MQTT-3.1.2-27]
  let world = world()
  let client = world.connect("c", .v5, .maximumPacketSize(500))
  let few = filters().prefix(400).map { ($0, 0 as UInt8) }
  #expect(client.ask(Packet.subscribe(few)).count == 1)
  #expect(client.ask(subscribe()) == [.disconnect(0x95)] && !client.isOpen)
  #expect(world.used("subscriptions") == 0 && world.used("send blocks") == 0)
}

@Test func aRequestWaitsUntilThereAreBlocksForAllOfItsAnswer() {
  let world = World(World.policy { $0.maximumPacketSize = 20_000 }) {
    $0.sendBlocks = 52
    $0.sendBlockBytes = 64
    $0.subscriptions = 2000
    $0.topicNodes = 4000
    $0.textBlocks = 4000
  }
  let (deaf, sender) = (world.connect("deaf"), world.connect("s"))
  #expect(deaf.subscribe("t", 1) == 1)
  deaf.isDeaf = true
  sender.send(Packet.publish("t", [UInt8](repeating: 1, count: 5000), qos: 1, identifier: 1))
  let client = world.connect("c")
  let few = filters().prefix(900).map { ($0, 1 as UInt8) }
  #expect(client.ask(Packet.subscribe(few) + Packet.ping).isEmpty)
  #expect(world.count(.sendBlocksShort) == 1 && world.used("subscriptions") == 1)
  deaf.isDeaf = false
  #expect(client.answers() == [.suback(1, [UInt8](repeating: 1, count: 900)), .pingresp])
  #expect(world.used("send blocks") == 0 && deaf.deliveries().count == 1)
}
