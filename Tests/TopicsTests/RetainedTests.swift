import MQTT
import Memory
import Messages
import Support
import Testing

@testable import Topics

/// Retained messages with the store that holds them.
private final class Retained {
  var index: RetainedIndex
  var messages: MessageStore
  var now = Instant(milliseconds: 1000)

  init(count: Int) {
    index = carved { RetainedIndex(count: count, hash: SeededHash(seed: 4), in: &$0) }
    messages = carved { MessageStore(count: 100, blocks: 400, blockBytes: 8, in: &$0) }
  }

  func retain(_ topic: String, _ payload: UInt8, seconds: UInt64? = nil) -> Bool {
    let (bytes, payload) = (topic.bytes, [payload])
    let traits = MessageTraits(qos: .atMostOnce, isRetained: true, expiry: .never)
    let message = messages.keep(
      topic: bytes.span, properties: Span(), payload: payload.span, traits: traits)
    guard let message else { return false }
    defer { messages.release(message) }
    let expiry = seconds.map { now.adding(seconds: $0) } ?? .never
    return index.replace(bytes.span, by: message, expiring: expiry, messages: &messages)
  }

  func remove(_ topic: String) {
    let bytes = topic.bytes
    index.remove(bytes.span, messages: &messages)
  }

  /// The last byte of the topic's message.
  func payload(of topic: String) -> UInt8? {
    let bytes = topic.bytes
    return index.message(of: bytes.span, now: now, messages: messages).map { payload(of: $0) }
  }

  func hasRoom(for topic: String) -> Bool {
    let bytes = topic.bytes
    return index.hasRoom(for: bytes.span, messages: messages)
  }

  /// All that a walk over the positions finds.
  func walk() -> [UInt8] {
    (0..<index.endPosition).compactMap { index.message(at: $0, now: now) }.map { payload(of: $0) }
  }

  private func payload(of message: Handle<Message>) -> UInt8 {
    var chains: ByteChains = carved { ByteChains("test", count: 40, blockBytes: 8, in: &$0) }
    var (cursor, chain) = (messages[message].start, Chain())
    _ = messages.append(messages[message].byteCount, from: &cursor, to: &chain, of: &chains)
    return Array(copying: chain, of: chains).last ?? 0
  }

  var used: [Int] { [index.occupancy.used, messages.messageOccupancy.used] }
}

@Test(arguments: 0..<5)
func retainedMessagesAnswerAsADictionaryDoes(seed: Int) {
  // [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT3-3.3.1-5] [MQTT3-3.3.1-10]
  var random = Random(seed: UInt64(seed))
  let retained = Retained(count: 6)
  var model: [String: UInt8] = [:]
  let topics = (0..<10).map { "topic/\($0)" } + ["topic", "", "topic/"]
  for step in 0..<600 {
    let topic = topics[random.below(topics.count)]
    if random.oneIn(3) {
      retained.remove(topic)
      model[topic] = nil
    } else {
      let fits = model.count < 6 || model[topic] != nil
      #expect(retained.hasRoom(for: topic) == fits)
      let isRetained = retained.retain(topic, UInt8(step & 0xFF))
      #expect(isRetained == fits)
      if fits { model[topic] = UInt8(step & 0xFF) }
    }
    #expect(retained.used == [model.count, model.count])
    for topic in topics { #expect(retained.payload(of: topic) == model[topic]) }
    #expect(retained.walk().sorted() == model.values.sorted())
  }
}

@Test func anExpiredMessageIsNotShownAndItsPlaceIsGivenBack() {
  // [MQTT-3.3.2-5]
  let retained = Retained(count: 2)
  _ = retained.retain("a", 1, seconds: 10)
  _ = retained.retain("b", 2)
  retained.now = retained.now.adding(milliseconds: 9999)
  #expect(retained.walk() == [1, 2] && retained.payload(of: "a") == 1)
  retained.now = retained.now.adding(milliseconds: 1)
  #expect(retained.walk() == [2] && retained.payload(of: "a") == nil)
  let now = retained.now
  let removed = (0..<3).map {
    retained.index.removeExpired(at: $0, now: now, messages: &retained.messages)
  }
  #expect(removed == [true, false, false] && retained.used == [1, 1])
}

@Test func aMessageThatReplacesAnExpiredOneTakesItsPlace() {
  let retained = Retained(count: 1)
  _ = retained.retain("a", 1, seconds: 1)
  retained.now = retained.now.adding(seconds: 2)
  #expect(retained.hasRoom(for: "a") && !retained.hasRoom(for: "b"))
  #expect(retained.retain("a", 2) && retained.payload(of: "a") == 2)
  #expect(retained.used == [1, 1])
}

@Test func aRefusalIsCounted() {
  let retained = Retained(count: 0)
  #expect(!retained.retain("a", 1) && retained.used == [0, 0])
  retained.index.refuse()
  let refused = retained.index.occupancy.refused
  #expect(refused == 2)
}
