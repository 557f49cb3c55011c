import Support
import Testing

@testable import Broker

/// A world with a receiver that is away, or that takes two messages at a time, and a sender.
private struct Queue {
  let world: World
  let sender: Client
  var receiver: Client

  /// - Parameter isAway: the receiver is not connected.
  init(_ policy: Policy, sender version: Version = .v5, isAway: Bool = true) {
    world = World(policy)
    receiver = world.connect("r", clean: false, .sessionExpiry(10_000) + .receiveMaximum(2))
    #expect(receiver.subscribe("t", 1) == 1)
    if isAway { receiver.lose() }
    sender = world.connect("s", version)
  }

  func publish(_ number: Int, qos: UInt8 = 1) -> [SentPacket] {
    let packet = Packet.publish(
      "t", "\(number)".bytes, sender.version, qos: qos, identifier: number)
    return sender.ask(packet)
  }

  mutating func comeBack() {
    receiver = world.connect(
      "r", clean: false, .sessionExpiry(10_000) + .receiveMaximum(2), present: true)
  }

  /// Acknowledges all that comes, and returns it.
  func drain() -> [String] {
    var texts: [String] = []
    while case let delivered = receiver.deliveries(), !delivered.isEmpty {
      texts += delivered.map(\.text)
      for message in delivered where message.qos == 1 {
        receiver.send(Packet.acknowledgement(4, message.identifier))
      }
    }
    return texts
  }
}

/// Publishers are told, or wait, while a queue of so many is full.
private func rejecting(_ size: Int, _ change: (inout Policy) -> Void = { _ in }) -> Policy {
  World.policy {
    $0.whenQueueIsFull = .reject
    $0.maximumQueued = size
    change(&$0)
  }
}

@Test(arguments: [1, 3], [1, 2] as [UInt8])
func aFullQueueIsToldToANewerPublisher(size: Int, qos: UInt8) {
  let queue = Queue(rejecting(size), isAway: false)
  // Two are in flight, and those are queued.
  let room = size + 2
  for number in 1...room + 2 {
    let code: UInt8 = number <= room ? 0 : 0x97
    let expected = qos == 1 ? SentPacket.puback(number, code) : .pubrec(number, code)
    #expect(queue.publish(number, qos: qos) == [expected])
  }
  #expect(queue.world.count(.publishRejected) == 2 && queue.sender.isOpen)
  // What was refused is not held, so its identifier is free.
  #expect(queue.world.used("unreleased messages") == (qos == 2 ? room : 0))
  #expect(queue.drain() == (1...room).map { "\($0)" })
  #expect(queue.world.used("messages") == 0)
}

@Test func theQueueIsBeyondWhatIsInFlight() {
  let queue = Queue(rejecting(3), isAway: false)
  // Two are in flight, three are queued.
  for number in 1...5 { #expect(queue.publish(number) == [.puback(number, 0)]) }
  #expect(queue.publish(6) == [.puback(6, 0x97)])
  #expect(queue.drain() == ["1", "2", "3", "4", "5"])
}

@Test func aQueueIsLimitedByItsBytesToo() {
  let queue = Queue(rejecting(1000) { $0.maximumQueuedBytes = 6 }, isAway: false)
  for number in 1...5 { #expect(queue.publish(number) == [.puback(number, 0)]) }
  #expect(queue.publish(6) == [.puback(6, 0x97)])
  #expect(queue.drain() == ["1", "2", "3", "4", "5"])
  #expect(queue.publish(7) == [.puback(7, 0)])
}

@Test func anOlderPublisherWaitsAndGoesOnWhenThereIsRoom() {
  let queue = Queue(rejecting(2), sender: .v3_1_1, isAway: false)
  for number in 1...4 { #expect(queue.publish(number) == [.puback(number, 0)]) }
  #expect(queue.publish(5).isEmpty && queue.world.count(.publisherStalled) == 1)
  // What comes behind waits with it.
  #expect(queue.sender.ask(Packet.ping).isEmpty)
  queue.world.pass(seconds: 9)
  #expect(queue.sender.isOpen && queue.sender.answers().isEmpty)
  #expect(queue.drain() == ["1", "2", "3", "4", "5"])
  #expect(queue.sender.answers() == [.puback(5, 0), .pingresp])
  queue.world.pass(seconds: 1000)
  #expect(queue.sender.isOpen && queue.world.count(.publisherTimedOut) == 0)
}

@Test func anOlderPublisherDoesNotWaitForEver() {
  let queue = Queue(rejecting(1), sender: .v3_1_1, isAway: false)
  let rival = queue.world.connect("rival")
  for number in 1...3 { #expect(queue.publish(number) == [.puback(number, 0)]) }
  #expect(queue.publish(4).isEmpty)
  var held = queue.receiver.deliveries()
  // The receiver goes on, but a newer publisher takes each place before it is known to be free.
  for number in 0..<3 {
    queue.world.pass(seconds: 3)
    #expect(queue.sender.isOpen)
    queue.receiver.queue(Packet.acknowledgement(4, held.removeFirst().identifier))
    let packet = Packet.publish("t", "rival".bytes, qos: 1, identifier: number + 1)
    #expect(rival.ask(packet) == [.puback(number + 1, 0)])
    held += queue.receiver.deliveries()
  }
  queue.world.pass(milliseconds: 999)
  #expect(queue.sender.isOpen)
  queue.world.pass(milliseconds: 1)
  #expect(!queue.sender.isOpen && queue.world.count(.publisherTimedOut) == 1)
  #expect(queue.world.used("receive blocks") == 0 && queue.world.count(.messageDropped) == 0)
}

@Test func theWaitBeginsAnewWithEachMessageThatFoundRoom() {
  let queue = Queue(rejecting(1), sender: .v3_1_1, isAway: false)
  for number in 1...3 { #expect(queue.publish(number) == [.puback(number, 0)]) }
  // Several wait in one piece; every 6 seconds there is room for one.
  let packets = (4...8).map { Packet.publish("t", "\($0)".bytes, .v3_1_1, qos: 1, identifier: $0) }
  #expect(queue.sender.ask(Array(packets.joined())).isEmpty)
  var held = queue.receiver.deliveries()
  for number in 4...8 {
    queue.world.pass(seconds: 6)
    #expect(queue.sender.isOpen, "\(number)")
    guard let oldest = held.first else { break }
    held.removeFirst()
    queue.receiver.send(Packet.acknowledgement(4, oldest.identifier))
    #expect(queue.sender.answers() == [.puback(number, 0)])
    held += queue.receiver.deliveries()
  }
  queue.world.pass(seconds: 100)
  #expect(queue.sender.isOpen)
}

@Test func keepAliveCountsAgainAfterAWait() {
  // [MQTT-3.1.2-24] [MQTT3-3.1.2-24]
  let world = World(rejecting(1))
  let receiver = world.connect("r", .v5, .receiveMaximum(1))
  #expect(receiver.subscribe("t", 1) == 1)
  let sender = world.connect("s", .v3_1_1, keepAlive: 2)
  for number in 1...3 { sender.publish("t", "\(number)", qos: 1, identifier: number) }
  world.pass(seconds: 1)
  #expect(sender.answers() == [.puback(1, 0), .puback(2, 0)])
  for message in receiver.deliveries() {
    receiver.send(Packet.acknowledgement(4, message.identifier))
  }
  #expect(sender.answers() == [.puback(3, 0)])
  world.pass(milliseconds: 2999)
  #expect(sender.isOpen)
  world.pass(milliseconds: 1)
  #expect(!sender.isOpen && world.count(.keepAliveExceeded) == 1)
}

@Test func theOldestMakesRoomWhereThatIsWanted() {
  var queue = Queue(
    World.policy {
      $0.maximumQueued = 3
      $0.whenQueueIsFull = .dropOldest
    })
  for number in 1...6 { #expect(queue.publish(number) == [.puback(number, 0)]) }
  #expect(queue.world.count(.messageDropped) == 3)
  #expect(queue.world.broker.statistics.publishesDropped == 3)
  queue.comeBack()
  #expect(queue.drain() == ["4", "5", "6"])
}

@Test func theNewestIsDroppedWhereThatIsWanted() {
  var queue = Queue(
    World.policy {
      $0.maximumQueued = 3
      $0.whenQueueIsFull = .dropNewest
    }, sender: .v3_1_1)
  for number in 1...6 { #expect(queue.publish(number) == [.puback(number, 0)]) }
  #expect(queue.world.count(.messageDropped) == 3)
  queue.comeBack()
  #expect(queue.drain() == ["1", "2", "3"])
}

@Test func whatIsInFlightIsNotDropped() {
  let queue = Queue(
    World.policy {
      $0.maximumQueued = 1
      $0.whenQueueIsFull = .dropOldest
    }, isAway: false)
  for number in 1...6 { #expect(queue.publish(number) == [.puback(number, 0)]) }
  #expect(queue.drain() == ["1", "2", "6"])
}

@Test func noLimitOfTheQueueIsNoTrap() {
  let queue = Queue(World.policy { $0.maximumQueued = Int.max }, isAway: false)
  for number in 1...6 { #expect(queue.publish(number) == [.puback(number, 0)]) }
  #expect(queue.drain().count == 6)
}

@Test func oneFullQueueRefusesTheMessageForAll() {
  // Else who got it would get it again when the publisher tries once more.
  let queue = Queue(rejecting(1), isAway: false)
  let other = queue.world.connect("o")
  #expect(other.subscribe("t", 1) == 1)
  for number in 1...3 {
    #expect(queue.publish(number) == [.puback(number, 0)] && other.texts() == ["\(number)"])
  }
  #expect(queue.publish(4) == [.puback(4, 0x97)] && other.texts() == [])
}

@Test func messagesOfQoS0AreQueuedForWhoIsAwayOnlyIfThatIsWanted() {
  for isWanted in [false, true] {
    var queue = Queue(
      World.policy {
        $0.queuesQoS0 = isWanted
        $0.maximumQueued = 2
      })
    for number in 1...3 { #expect(queue.publish(number, qos: 0).isEmpty) }
    #expect(queue.world.count(.messageDropped) == 0)
    queue.comeBack()
    #expect(queue.drain() == (isWanted ? ["1", "2"] : []))
  }
}

@Test func aReceiverThatDoesNotReadLosesMessagesOfQoS0AloneAndInOrder() {
  let world = World(World.policy { $0.maximumQueued = 10 })
  let (receiver, sender) = (world.connect("r"), world.connect("s"))
  #expect(receiver.subscribe("t", 1) == 1)
  receiver.isDeaf = true
  let padding = String(repeating: "x", count: 500)
  for number in 1...60 { sender.publish("t", "\(number) " + padding) }
  #expect(sender.ask(Packet.publish("t", "last".bytes, qos: 1, identifier: 1)).count == 1)
  #expect(world.count(.messageDropped) > 0 && sender.isOpen && receiver.isOpen)
  receiver.isDeaf = false
  let texts = receiver.texts().map { $0.prefix { $0 != " " } }
  let numbers = texts.compactMap { Int($0) }
  #expect(numbers == numbers.sorted() && numbers.first == 1)
  #expect(UInt64(numbers.count) + world.count(.messageDropped) == 60)
}

@Test func aFloodOfQoS0ThatIsNotReadLeavesRoomForMessagesThatAreAcknowledged() {
  let world = World()
  let (deaf, receiver, sender) = (world.connect("d"), world.connect("r"), world.connect("s"))
  #expect(deaf.subscribe("flood") == 0 && receiver.subscribe("t", 1) == 1)
  deaf.isDeaf = true
  let padding = String(repeating: "x", count: 300)
  for _ in 1...400 { sender.publish("flood", padding) }
  #expect(world.count(.messageDropped) > 0 && deaf.isOpen)
  for number in 1...20 {
    let packet = Packet.publish("t", "\(number)".bytes, qos: 1, identifier: number)
    #expect(sender.ask(packet) == [.puback(number, 0)])
    #expect(receiver.texts() == ["\(number)"])
  }
}

@Test func aMessageInTheQueueExpiresAndItsCountDownGoesOn() {
  // [MQTT-3.3.2-5] [MQTT-3.3.2-6]
  var queue = Queue(World.policy())
  for (number, seconds) in [(1, 10), (2, 30), (3, 0)] {
    let expiry: Properties = seconds == 0 ? .none : .messageExpiry(seconds)
    let packet = Packet.publish("t", "\(number)".bytes, qos: 1, identifier: number, expiry)
    #expect(queue.sender.ask(packet) == [.puback(number, 0)])
  }
  queue.world.pass(milliseconds: 9500)
  #expect(queue.world.count(.messageExpired) == 0)
  for _ in 0..<3 { queue.world.pass(seconds: 1) }
  #expect(queue.world.count(.messageExpired) == 1 && queue.world.used("messages") == 2)
  queue.comeBack()
  let delivered = queue.receiver.deliveries()
  #expect(delivered.map(\.text) == ["2", "3"])
  #expect(delivered.map(\.properties) == [.messageExpiry(18), .none])
}

@Test func aMessageThatIsTooLargeForTheReceiverCountsAsSent() {
  // [MQTT-3.1.2-27] [MQTT-3.1.2-28]
  let world = World()
  let receiver = world.connect("r", .v5, .maximumPacketSize(30))
  let sender = world.connect("s")
  #expect(receiver.subscribe("t", 1) == 1)
  for qos in 0...1 as ClosedRange<UInt8> {
    sender.publish("t", String(repeating: "x", count: 27), qos: qos, identifier: 1)
    sender.publish("t", "fits", qos: qos, identifier: 1)
    #expect(receiver.texts() == ["fits"])
  }
  #expect(world.count(.messageTooLarge) == 2)
}
