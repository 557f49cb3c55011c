import Support
import Testing

@testable import Broker

// A new subscription, what is retained for it, and what is published meanwhile: nobody ends with the
// old value, nobody misses it, and nothing holds it up. [MQTT-3.3.1-9] [MQTT-4.6.0-5]

/// What is under way at each QoS.
private struct Grades: CustomTestStringConvertible {
  let kept: UInt8
  let wanted: UInt8
  let new: UInt8
  let isRetained: Bool

  var testDescription: String { "\(kept) \(wanted) \(new) \(isRetained)" }

  static let all: [Grades] = (0..<3).flatMap { kept in
    (0..<3).flatMap { wanted in
      (0..<3).flatMap { new in
        [false, true].map {
          Grades(kept: UInt8(kept), wanted: UInt8(wanted), new: UInt8(new), isRetained: $0)
        }
      }
    }
  }
}

private func keep(_ topics: [String], _ world: World, qos: UInt8 = 0) {
  let sender = world.connect("keeper")
  for topic in topics {
    sender.publish(topic, "OLD", qos: min(qos, 1), identifier: 1, retain: true)
  }
  sender.lose()
}

@Test(arguments: Grades.all, Version.allCases)
private func theOldValueComesBeforeTheNewOne(grades: Grades, version: Version) {
  for filter in ["s/1", "s/+", "#"] {
    let world = World()
    keep(["s/1", "s/2"], world, qos: grades.kept)
    let client = world.connect("a", version)
    let request = Packet.subscribe([(filter, grades.wanted)], version, identifier: 9)
    let new = Packet.publish(
      "s/1", "NEW".bytes, version, qos: grades.new, identifier: 7, retain: grades.isRetained)
    client.send(request + new)
    let delivered = client.deliveries().filter { $0.topic == "s/1" }
    #expect(delivered.map(\.text) == ["OLD", "NEW"], "\(filter)")
    #expect(delivered.map(\.retain) == [true, false], "\(filter)")
  }
}

@Test(arguments: Grades.all)
private func theOldValueComesBeforeThatOfAnother(grades: Grades) {
  let world = World()
  keep(["s/1"], world, qos: grades.kept)
  // Who came first is read first.
  let (reader, sender) = (world.connect("r"), world.connect("s"))
  reader.queue(Packet.subscribe([("s/#", grades.wanted)], identifier: 9))
  sender.queue(
    Packet.publish(
      "s/1", "NEW".bytes, qos: grades.new, identifier: 7, retain: grades.isRetained))
  #expect(reader.deliveries().map(\.text) == ["OLD", "NEW"])
}

@Test(arguments: ["r/#", "#", "r/+/+", "+/+/#"], 0..<12)
func theOldValuesOfManyComeOnceAndBeforeTheNewOnes(filter: String, seed: Int) {
  let qos = UInt8(seed % 2)
  let world = World { $0.sendBytes = 300 }
  world.sendsAtOnce = 120
  let topics = (0..<60).map { "r/\($0 % 7)/\($0)" }
  keep(topics, world, qos: qos)
  let (sender, reader) = (world.connect("s"), world.connect("r", .v5, .receiveMaximum(5)))
  var random = Random(seed: UInt64(seed))
  reader.queue(Packet.subscribe([(filter, qos)], identifier: 9))
  var (published, received): ([String: [String]], [String: [String]]) = ([:], [:])
  func take() {
    for case .publish(let message) in reader.arrived() {
      received[message.topic, default: []].append(message.text)
      #expect(message.retain == (message.text == "OLD"))
      if message.qos > 0 { reader.queue(Packet.acknowledgement(4, message.identifier)) }
    }
  }
  for number in 0..<80 {
    for _ in 0..<random.below(3) { _ = world.step() }
    take()
    guard let topic = topics.randomElement(using: &random) else { continue }
    sender.queue(Packet.publish(topic, "\(number)".bytes, qos: qos, identifier: 1))
    published[topic, default: []].append("\(number)")
  }
  repeat {
    world.turn()
    take()
  } while reader.unsentCount > 0 || world.step()
  world.turn()
  take()
  for topic in topics {
    let all = received[topic] ?? []
    #expect(all.filter { $0 == "OLD" }.count == 1, "\(topic) \(all)")
    // What was published before the subscription is none of it.
    let live = Array(all.drop { $0 == "OLD" })
    #expect(Array((published[topic] ?? []).suffix(live.count)) == live, "\(topic) \(all)")
    #expect(live.isEmpty || all.first == "OLD", "\(topic) \(all)")
  }
}

@Test func whoDoesNotWantItsOwnMessagesGetsWhatIsRetained() {
  let world = World()
  keep(["s/1"], world)
  let client = world.connect("a")
  client.send(
    Packet.subscribe([("s/1", 0b100)], identifier: 9) + Packet.publish("s/1", "NEW".bytes))
  #expect(client.texts() == ["OLD"])
}

@Test func whatIsRetainedDoesNotWaitForAnEmptyQueue() {
  // There is always something else to be sent.
  let world = World { $0.sendBytes = 300 }
  world.sendsAtOnce = 100
  keep((0..<20).map { "r/\($0)" }, world)
  let (sender, reader) = (world.connect("s"), world.connect("r"))
  #expect(reader.subscribe("live") == 0)
  var kept: Set<String> = []
  reader.queue(Packet.subscribe([("r/#", 0)], identifier: 9))
  for turn in 0..<400 {
    for _ in 0..<20 { sender.queue(Packet.publish("live", "\(turn)".bytes)) }
    _ = world.step()
    for case .publish(let message) in reader.arrived() where message.retain {
      kept.insert(message.topic)
    }
    if kept.count == 20 { break }
  }
  #expect(kept.count == 20)
}

@Test(arguments: [0, 1, 2] as [UInt8])
func whatIsRetainedWithQoS0DoesNotWaitForAcknowledgements(qos: UInt8) {
  let world = World()
  keep(["r/plain"], world)
  keep(["r/promised"], world, qos: 1)
  let (sender, reader) = (world.connect("s"), world.connect("r", .v5, .receiveMaximum(2)))
  #expect(reader.subscribe("live", 2) == 2)
  for number in 1...5 { sender.publish("live", "\(number)", qos: 1, identifier: number) }
  #expect(reader.texts() == ["1", "2"])
  #expect(reader.subscribe("r/+", qos) == qos)
  let topics = reader.deliveries().map(\.topic)
  #expect(topics == (qos == 0 ? ["r/promised", "r/plain"] : ["r/plain"]))
}

@Test func whatNeedsNoAcknowledgementPassesWhatWaitsForOne() {
  let world = World(World.policy { $0.maximumQueued = 3 })
  let (sender, reader) = (world.connect("s"), world.connect("r", .v5, .receiveMaximum(1)))
  #expect(reader.subscribe("#", 1) == 1)
  for number in 1...3 { sender.publish("t", "\(number)", qos: 1, identifier: number) }
  #expect(reader.texts() == ["1"])
  // A Will is not sent at once but queued.
  world.connect("w", will: WillMessage(topic: "will", payload: "will")).lose()
  #expect(reader.texts() == ["will"])
  for number in 0..<50 { sender.publish("t", "live \(number)") }
  #expect(reader.texts() == (0..<50).map { "live \($0)" })
  #expect(world.broker.statistics.publishesDropped == 0)
}
