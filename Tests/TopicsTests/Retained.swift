import MQTT
import Memory
import Messages
import Support

@testable import Topics

/// Retained messages with the store that holds them.
final class Retained {
  var index: RetainedIndex
  var messages: MessageStore
  private var name: Buffer
  private var chains: ByteChains
  var now = Instant(milliseconds: 1000)

  init(count: Int, levels: Int = 400, deepest: Int = 16, seed: UInt64 = 4) {
    index = carved {
      RetainedIndex(
        count: count, levels: levels, deepest: deepest, walkers: 100, hash: SeededHash(seed: seed),
        in: &$0)
    }
    messages = carved {
      MessageStore(count: count + 10, blocks: 10 * count + 100, blockBytes: 8, in: &$0)
    }
    name = carved { Buffer("name", capacity: 70_000, in: &$0) }
    chains = carved { ByteChains("byte", count: 1, blockBytes: 8, in: &$0) }
  }

  func retain(_ topic: String, _ payload: UInt8 = 0, seconds: UInt64? = nil) -> Bool {
    let (bytes, payload) = (topic.bytes, [payload])
    let traits = MessageTraits(qos: .atMostOnce, isRetained: true, expiry: .never)
    let message = messages.keep(
      topic: bytes.span, properties: Span(), payload: payload.span, traits: traits)
    guard let message else { return false }
    defer { messages.release(message) }
    let expiry = seconds.map { now.adding(seconds: $0) } ?? .never
    let position = index.replace(bytes.span, by: message, expiring: expiry, messages: &messages)
    return position != nil
  }

  func remove(_ topic: String) {
    let bytes = topic.bytes
    guard let position = index.position(of: bytes.span, messages: messages) else { return }
    index.remove(at: position, messages: &messages)
  }

  /// Removes all that has expired; returns how many that were.
  func sweep() -> Int {
    let expired = (0..<index.endPosition).filter { index.isExpired(at: $0, now: now) }
    for position in expired { index.remove(at: position, messages: &messages) }
    return expired.count
  }

  /// The last byte of the topic's message.
  func payload(of topic: String) -> UInt8? {
    var (walk, work) = (RetainedWalk(), Work(100))
    defer { index.end(&walk) }
    guard case .found(topic, let payload) = next(&walk, topic, &work) else { return nil }
    return payload
  }

  func hasRoom(for topic: String) -> Bool {
    let bytes = topic.bytes
    return index.hasRoom(for: bytes.span, messages: messages)
  }

  enum Step: Equatable {
    case found(topic: String, payload: UInt8)
    case paused, ended
  }

  /// Goes on with a walk, past what it finds unless it is told to stay.
  func next(
    _ walk: inout RetainedWalk, _ filter: String, _ work: inout Work, passes: Bool = true
  ) -> Step {
    let filter = filter.bytes
    let step = index.next(
      of: &walk, along: filter.span, now: now, messages: messages, name: &name, work: &work)
    switch step {
    case .paused: return .paused
    case .ended: return .ended
    case .message(let slot):
      if passes { walk.pass() }
      let message = index[slot].message
      let topic = String(copying: name.bytes(0..<Int(messages[message].topicCount)))
      return .found(topic: topic, payload: payload(of: message))
    }
  }

  /// The topics that a walk finds, sorted, and the work it takes; it is put off after each so many units.
  func walk(_ filter: String, pausing units: Int = Int.max) -> (topics: [String], work: Int) {
    var (walk, topics, paid) = (RetainedWalk(), [String](), 0)
    while true {
      var work = Work(units)
      let step = next(&walk, filter, &work)
      paid += work.paid
      switch step {
      case .found(let topic, _): topics.append(topic)
      case .paused: continue
      case .ended: return (topics.sorted(), paid)
      }
    }
  }

  private func payload(of message: Handle<Message>) -> UInt8 {
    var (cursor, chain) = (messages[message].start, Chain())
    messages.skip(messages[message].byteCount - 1, with: &cursor)
    _ = messages.append(1, from: &cursor, to: &chain, of: &chains)
    defer { chains.release(&chain) }
    return Array(copying: chain, of: chains).last ?? 0
  }

  /// Messages and levels in use, those that are kept for walks included, and stored messages.
  var used: [Int] {
    [index.occupancy.used, index.levelOccupancy.used, messages.messageOccupancy.used]
  }
}

/// The levels that a tree needs for messages on these topics: everything they begin with, and roots.
func levelCount(of topics: some Sequence<String>, deepest: Int) -> Int {
  var prefixes: Set<[String]> = []
  for topic in topics {
    let root = topic.hasPrefix("$") ? "$" : ""
    let above = levels(topic).dropLast().prefix(deepest)
    for count in 0...above.count { prefixes.insert([root] + above.prefix(count)) }
  }
  return prefixes.count
}
