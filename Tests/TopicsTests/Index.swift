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
    levels: Int = 8, texts: Int = 256, quickMatches: Int = .max, seed: UInt64 = 1
  ) {
    let sizes = SubscriptionIndex.Sizes(
      subscriptions: subscriptions, subscribers: subscribers, groups: groups, nodes: nodes,
      levels: levels, quickMatches: quickMatches)
    index = carved { SubscriptionIndex(sizes, hash: SeededHash(seed: seed), in: &$0) }
    self.texts = carved { ByteChains("texts", count: texts, blockBytes: 4, in: &$0) }
  }

  enum Outcome { case added, replaced, full }

  /// As a SUBSCRIBE does: a subscription to the same filter gets other options.
  func subscribe(
    _ subscriber: Int, _ filter: String, _ bits: UInt8 = 0, identifier: UInt32 = 0
  ) -> Outcome {
    if let known = find(subscriber, filter) {
      index.replace(known, options: options(bits), identifier: identifier)
      return .replaced
    }
    return add(subscriber, filter, bits, identifier: identifier) == nil ? .full : .added
  }

  func find(_ subscriber: Int, _ filter: String) -> Handle<Subscription>? {
    let bytes = filter.bytes
    return index.find(bytes.span, of: subscriber, texts: texts)
  }

  func add(
    _ subscriber: Int, _ filter: String, _ bits: UInt8 = 0, identifier: UInt32 = 0
  ) -> Handle<Subscription>? {
    let bytes = filter.bytes
    return index.add(
      subscriber, to: bytes.span, options: options(bits), identifier: identifier, texts: &texts)
  }

  /// Subscribes where there is room, and returns the subscription.
  func added(_ subscriber: Int, _ filter: String) -> Handle<Subscription> {
    guard let handle = find(subscriber, filter) ?? add(subscriber, filter) else {
      preconditionFailure("there is no room")
    }
    return handle
  }

  func unsubscribe(_ subscriber: Int, _ filter: String) -> Bool {
    let bytes = filter.bytes
    return index.unsubscribe(subscriber, from: bytes.span, texts: &texts)
  }

  /// Ends all subscriptions of a session, so much work at a time; all that it took.
  @discardableResult
  func removeAll(of subscriber: Int, pausing units: Int = .max) -> Int {
    var paid = 0
    while true {
      var work = Work(units)
      let isOver = index.removeAll(of: subscriber, texts: &texts, &work)
      paid += work.paid
      if isOver { return paid }
    }
  }

  /// Matches a name at once, and the matches that are not void.
  func match(_ name: String, from publisher: Int? = nil) -> [Match] {
    let bytes = name.bytes
    var work = Work(.max)
    let isComplete = index.match(bytes.span, from: publisher, texts: texts, &work)
    precondition(isComplete)
    return matches(in: .quick)
  }

  /// The matches in a lane that are not void.
  func matches(in lane: Lane) -> [Match] {
    (0..<index.matchCount(in: lane)).map { index.match(at: $0, in: lane) }.filter { !$0.isVoid }
  }

  /// The subscribers that a name matches, sorted; one that comes twice stands twice.
  func subscribers(of name: String, from publisher: Int? = nil) -> [Int] {
    match(name, from: publisher).map { Int($0.subscriber) }.sorted()
  }

  /// The Subscription Identifiers of a match, sorted.
  func identifiers(of match: Match, in lane: Lane = .quick) -> [UInt32] {
    var identifiers: [UInt32] = []
    var cursor = index.identifiers(of: match, in: lane)
    while let identifier = index.nextIdentifier(&cursor) { identifiers.append(identifier) }
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

// Matching over several turns.
extension Index {
  /// The most that one step of matching a name of short levels costs: a node, and a level looked up.
  static var largestStep: Int { 2 }

  func beginSlowMatch(_ name: String) {
    let bytes = name.bytes
    index.beginSlowMatch(bytes.span)
  }

  /// One turn of it, with so much work; whether it is complete.
  ///
  /// - Parameter more: what it may cost beyond a step.
  func continueSlowMatch(
    _ name: String, from publisher: Int? = nil, units: Int, more: Int = 0
  ) -> Bool {
    let bytes = name.bytes
    var work = Work(units)
    let progress = index.continueSlowMatch(bytes.span, from: publisher, texts: texts, &work)
    switch progress {
    case .complete: break
    case .underWay: precondition(work.isSpent)
    case .full: preconditionFailure("there is room for all sessions and groups")
    }
    precondition(units == 0 ? work.paid == 0 : work.paid < units + Index.largestStep + more)
    return progress == .complete
  }

  /// All matches of a name, found over as many turns as it takes.
  func slowMatch(_ name: String, from publisher: Int? = nil, units: Int) -> (
    matches: [Match], turns: Int
  ) {
    beginSlowMatch(name)
    var turns = 1
    while !continueSlowMatch(name, from: publisher, units: units) { turns += 1 }
    return (matches(in: .slow), turns)
  }
}
