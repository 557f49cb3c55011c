import Support
import Testing

@testable import Broker

// What happens when the queue of one session is full: its owner alone pays. `queue_full`

private func policy(_ whenFull: Policy.WhenQueueIsFull) -> Policy {
  World.policy {
    $0.whenQueueIsFull = whenFull
    $0.maximumQueued = 2
  }
}

/// Ends the connection of a Client whose session stays.
private func persistent(_ world: World, present: Bool = false) -> Client {
  world.connect("away", clean: false, .sessionExpiry(10_000) + .receiveMaximum(2), present: present)
}

private func acknowledgeAll(_ client: Client) -> [String] {
  let delivered = client.deliveries()
  for message in delivered where message.qos == 1 {
    client.send(Packet.acknowledgement(4, message.identifier))
  }
  return delivered.map(\.text)
}

@Test func theDefaultIsToDropTheNewest() {
  #expect(Policy().whenQueueIsFull == .dropNewest)
}

@Test(arguments: [.dropNewest, .dropOldest, .endSession, .reject] as [Policy.WhenQueueIsFull])
func theFullQueueOfWhoIsAwayNeverStopsTheMessagesOfOthers(
  whenFull: Policy.WhenQueueIsFull
) {
  let world = World(policy(whenFull))
  let away = persistent(world)
  #expect(away.subscribe("t", 1) == 1)
  away.lose()
  let reader = world.connect("reader")
  #expect(reader.subscribe("t", 1) == 1)
  let senders = [world.connect("newer"), world.connect("older", .v3_1_1)]
  for number in 1...6 {
    for sender in senders {
      let packet = Packet.publish(
        "t", "\(number)".bytes, sender.version, qos: 1, identifier: number)
      #expect(sender.ask(packet) == [.puback(number, 0)])
      #expect(acknowledgeAll(reader) == ["\(number)"])
    }
  }
  #expect(world.count(.publishRejected) == 0 && world.count(.publisherStalled) == 0)
  let back = persistent(world, present: whenFull != .endSession)
  switch whenFull {
  case .dropNewest, .reject: #expect(acknowledgeAll(back) == ["1", "1"])
  case .dropOldest: #expect(acknowledgeAll(back) == ["6", "6"])
  case .endSession: #expect(acknowledgeAll(back) == [])
  }
  #expect(world.count(.sessionOverflowed) == (whenFull == .endSession ? 1 : 0))
  #expect(world.count(.messageDropped) == (whenFull == .endSession ? 1 : 10))
  #expect(world.used("messages") == 0 && world.used("deliveries") == 0)
}

@Test func aSessionThatOverflowsEndsWithItsConnection() {
  let world = World(policy(.endSession))
  let slow = persistent(world)
  #expect(slow.subscribe("t", 1) == 1)
  let sender = world.connect("s")
  for number in 1...4 {
    sender.publish("t", "\(number)", qos: 1, identifier: number)
    #expect(slow.isOpen)
  }
  sender.publish("t", "5", qos: 1, identifier: 5)
  let answers = slow.answers()
  #expect(answers.last == .disconnect(0x97) && !slow.isOpen)
  #expect(world.count(.sessionOverflowed) == 1 && world.used("subscriptions") == 0)
  #expect(sender.answers() == (1...4).map { .puback($0, 0) } + [.puback(5, 0)])
  _ = persistent(world, present: false)
}

@Test func rejectBindsWhileTheClientIsConnectedAndAcknowledges() {
  let world = World(policy(.reject))
  let slow = persistent(world)
  #expect(slow.subscribe("t", 1) == 1)
  let sender = world.connect("s")
  var number = 0
  func publish() -> SentPacket? {
    number += 1
    return sender.ask(Packet.publish("t", "\(number)".bytes, qos: 1, identifier: number)).first
  }
  for _ in 1...4 { #expect(publish() == .puback(number, 0)) }
  #expect(publish() == .puback(number, 0x97))
  // It acknowledges one of two: that is progress, and makes room for one.
  world.pass(milliseconds: 9999)
  let delivered = slow.deliveries()
  slow.send(Packet.acknowledgement(4, delivered[0].identifier))
  #expect(publish() == .puback(number, 0) && publish() == .puback(number, 0x97))
  world.pass(milliseconds: 9999)
  #expect(publish() == .puback(number, 0x97))
  // Ten seconds without any: its queue binds nobody any more, and it loses the message.
  world.pass(milliseconds: 1)
  #expect(world.count(.messageDropped) == 0)
  #expect(publish() == .puback(number, 0) && world.count(.messageDropped) == 1)
  // With the next acknowledgement it binds again.
  slow.send(Packet.acknowledgement(4, delivered[1].identifier))
  #expect(publish() == .puback(number, 0) && publish() == .puback(number, 0x97))
  // Who is away binds nobody.
  slow.lose()
  #expect(publish() == .puback(number, 0) && world.count(.messageDropped) == 2)
}

@Test func whoWaitsForAReaderThatGoesAwayGoesOn() {
  for isLost in [true, false] {
    let world = World(policy(.reject))
    let slow = persistent(world)
    #expect(slow.subscribe("t", 1) == 1)
    let other = world.connect("other")
    #expect(other.subscribe("t", 1) == 1)
    let sender = world.connect("s", .v3_1_1)
    for number in 1...5 { sender.publish("t", "\(number)", qos: 1, identifier: number) }
    #expect(sender.answers() == (1...4).map { .puback($0, 0) })
    if isLost { slow.lose() } else { world.pass(seconds: 10) }
    #expect(sender.answers() == [.puback(5, 0)] && sender.isOpen)
    #expect(other.texts() == ["1", "2", "3", "4", "5"])
    #expect(world.count(.messageDropped) == 1 && world.count(.publisherTimedOut) == 0)
  }
}

// MARK: Messages to oneself

/// Publishes so many messages of QoS 1 to itself in one burst and acknowledges what comes back behind
/// them; the texts that came, and the identifiers that were acknowledged.
private func talkToOneself(
  _ client: Client, _ world: World, count: Int
) -> (texts: [String], acknowledged: [Int]) {
  #expect(client.subscribe("me", 1) == 1)
  for number in 1...count {
    client.queue(Packet.publish("me", "\(number)".bytes, .v3_1_1, qos: 1, identifier: number))
  }
  var texts: [String] = []
  var acknowledged: [Int] = []
  var isMoving = true
  while isMoving {
    isMoving = world.step()
    for answer in client.arrived() {
      if case .puback(let identifier, 0) = answer { acknowledged.append(identifier) }
      guard case .publish(let delivered) = answer else { continue }
      texts.append(delivered.text)
      client.queue(Packet.acknowledgement(4, delivered.identifier))
      isMoving = true
    }
  }
  return (texts, acknowledged)
}

@Test(arguments: [.dropNewest, .dropOldest, .endSession, .reject] as [Policy.WhenQueueIsFull])
func whoPublishesThousandsToItselfGetsThemAll(whenFull: Policy.WhenQueueIsFull) {
  let policy = World.policy {
    $0.whenQueueIsFull = whenFull
    // The PUBACKs that make room lie behind its own PUBLISHes: what else would a queue be for?
    $0.maximumQueued = whenFull == .reject ? 1000 : 3000
  }
  let world = World(policy) {
    $0.messages = 8000
    $0.messageBlocks = 8000
    $0.deliveries = 8000
  }
  let client = world.connect("me", .v3_1_1)
  let (texts, acknowledged) = talkToOneself(client, world, count: 3000)
  #expect(texts == (1...3000).map { "\($0)" } && acknowledged == Array(1...3000))
  #expect(client.isOpen && world.count(.messageDropped) == 0)
  #expect(world.used("messages") == 0 && world.used("deliveries") == 0)
}

@Test func whoPublishesMoreToItselfThanItsQueueTakesLosesTheNewestAndIsNotClosed() {
  let world = World {
    $0.messages = 8000
    $0.messageBlocks = 8000
    $0.deliveries = 8000
  }
  let client = world.connect("me", .v3_1_1)
  let (texts, acknowledged) = talkToOneself(client, world, count: 3000)
  #expect(acknowledged == Array(1...3000) && client.isOpen)
  #expect(texts.count >= 1020 && Array(texts.prefix(1020)) == (1...1020).map { "\($0)" })
  #expect(texts.count + Int(world.count(.messageDropped)) == 3000)
  world.pass(seconds: 1000)
  #expect(client.isOpen && world.used("messages") == 0)
}
