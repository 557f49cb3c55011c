import MQTT
import Memory
import Support

@testable import Topics

/// An index with the texts that it needs beside it.
final class Index {
  var index: SubscriptionIndex
  var texts: ByteChains

  init(
    subscriptions: Int = 64, subscribers: Int = 64, groups: Int = 8, nodes: Int = 128,
    levels: Int = 8, texts: Int = 256, seed: UInt64 = 1
  ) {
    index = carved {
      SubscriptionIndex(
        subscriptions: subscriptions, subscribers: subscribers, groups: groups, nodes: nodes,
        levels: levels, hash: SeededHash(seed: seed), in: &$0)
    }
    self.texts = carved { ByteChains("texts", count: texts, blockBytes: 4, in: &$0) }
  }

  enum Outcome { case added, replaced, full }

  func subscribe(
    _ subscriber: Int, _ filter: String, _ bits: UInt8 = 0, identifier: UInt32 = 0
  ) -> Outcome {
    let bytes = filter.bytes
    let outcome = index.subscribe(
      subscriber, to: bytes.span, options: options(bits), identifier: identifier, texts: &texts)
    switch outcome {
    case .added: return .added
    case .replaced: return .replaced
    case .full: return .full
    }
  }

  /// Subscribes where there is room, and returns the subscription.
  func added(_ subscriber: Int, _ filter: String) -> Handle<Subscription> {
    let bytes = filter.bytes
    let outcome = index.subscribe(
      subscriber, to: bytes.span, options: options(), identifier: 0, texts: &texts)
    switch outcome {
    case .added(let handle), .replaced(let handle): return handle
    case .full: preconditionFailure("there is no room")
    }
  }

  func unsubscribe(_ subscriber: Int, _ filter: String) -> Bool {
    let bytes = filter.bytes
    return index.unsubscribe(subscriber, from: bytes.span, texts: &texts)
  }

  func removeAll(of subscriber: Int) { index.removeAll(of: subscriber, texts: &texts) }

  func match(_ name: String, from publisher: Int? = nil) -> [Match] {
    let bytes = name.bytes
    index.match(bytes.span, from: publisher, texts: texts)
    return (0..<index.matches.count).map { index.matches[$0] }
  }

  /// The subscribers that a name matches, sorted; one that comes twice stands twice.
  func subscribers(of name: String, from publisher: Int? = nil) -> [Int] {
    match(name, from: publisher).map { Int($0.subscriber) }.sorted()
  }

  /// The Subscription Identifiers of a match, sorted.
  func identifiers(of match: Match) -> [UInt32] {
    var identifiers: [UInt32] = []
    var handle = match.subscription
    while !handle.isNull {
      if index[handle].identifier != 0 { identifiers.append(index[handle].identifier) }
      handle = index[handle].alsoMatched
    }
    return identifiers.sorted()
  }

  /// What is in use of subscriptions, levels, groups and texts.
  var used: [Int] {
    [
      index.occupancy.used, index.levelOccupancy.used, index.groupOccupancy.used,
      texts.occupancy.used,
    ]
  }
}
