import Memory
import Support
import Testing

@testable import Topics

@Test func theRulesOfFiltersAreThoseOfTheStandard() {
  // [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.2-1] [MQTT-4.7.3-4] [MQTT3-4.7.1-1] [MQTT3-4.7.2-1]
  let filters = filters(depth: 4).map { ($0, $0.bytes) }
  let names = names(depth: 4).map { ($0, $0.bytes) }
  var wrong: [String] = []
  for (filter, filterBytes) in filters {
    for (name, nameBytes) in names where says(filterBytes, nameBytes) != matches(filter, name) {
      wrong.append("\(filter) and \(name)")
    }
  }
  #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(10))")
}

@Test func theIndexFindsExactlyTheFiltersThatMatch() {
  // One subscriber for each filter of up to four levels. [4.7.1]
  let filters = filters(depth: 4)
  let index = Index(
    subscriptions: filters.count, subscribers: filters.count, nodes: 3000, levels: 4, texts: 3000)
  for (subscriber, filter) in filters.enumerated() {
    let outcome = index.subscribe(subscriber, filter)
    #expect(outcome == .added)
  }
  for name in names(depth: 4) + ["c", "c/a", "a/c/b", "a/a/a/a/a", "/////", "$a/c"] {
    let found = index.subscribers(of: name)
    let expected = filters.indices.filter { matches(filters[$0], name) }
    #expect(found == expected, "\(name)")
  }
}

@Test func eachFilterAloneMatchesWhatItShould() {
  // Alone, so that no other filter's levels lead the way.
  let names = names(depth: 3)
  let index = Index(subscriptions: 1, subscribers: 1, nodes: 4, levels: 4, texts: 8)
  for filter in filters(depth: 3) {
    let outcome = index.subscribe(0, filter)
    #expect(outcome == .added)
    let found = names.filter { index.subscribers(of: $0) == [0] }
    #expect(found == names.filter { matches(filter, $0) }, "\(filter)")
    let isEnded = index.unsubscribe(0, filter)
    #expect(isEnded && index.used == [0, 0, 0, 0])
  }
}

@Test func ofOverlappingSubscriptionsTheBestOfEachIsKept() {
  // [MQTT-3.3.4-2] [MQTT-3.3.4-4] [MQTT-3.3.1-13] [MQTT3-3.3.5-1]
  let filters = ["a/b", "a/+", "+/b", "a/#", "#", "a/b/#"]
  var random = Random(seed: 3)
  for round in 0..<200 {
    let index = Index(seed: UInt64(round))
    var expected: [Int: (qos: UInt8, retain: Bool, identifiers: [UInt32])] = [:]
    for (place, filter) in filters.enumerated() {
      for subscriber in 0..<3 where random.oneIn(2) {
        let bits = UInt8(random.below(3)) | (random.oneIn(3) ? 8 : 0)
        let identifier = UInt32(random.oneIn(2) ? place + 1 : 0)
        let outcome = index.subscribe(subscriber, filter, bits, identifier: identifier)
        #expect(outcome == .added)
        var entry = expected[subscriber] ?? (0, false, [])
        entry.qos = max(entry.qos, bits & 3)
        entry.retain = entry.retain || bits & 8 != 0
        if identifier != 0 { entry.identifiers.append(identifier) }
        expected[subscriber] = entry
      }
    }
    let found = index.match("a/b")
    #expect(found.map { Int($0.subscriber) }.sorted() == expected.keys.sorted())
    for match in found {
      guard let entry = expected[Int(match.subscriber)] else { continue }
      let identifiers = index.identifiers(of: match)
      #expect(match.qos.rawValue == entry.qos && match.isRetainAsPublished == entry.retain)
      #expect(identifiers == entry.identifiers)
      #expect(match.hasIdentifiers == !entry.identifiers.isEmpty)
    }
  }
}

@Test func whoWantsNoLocalDoesNotHearItself() {
  // [MQTT-3.8.3-3]
  let index = Index()
  _ = index.subscribe(1, "a", 0b101)
  _ = index.subscribe(2, "a", 0b100)
  _ = index.subscribe(3, "#", 0)
  #expect(index.subscribers(of: "a", from: 1) == [2, 3])
  #expect(index.subscribers(of: "a", from: 2) == [1, 3])
  #expect(index.subscribers(of: "a", from: 3) == [1, 2, 3])
  #expect(index.subscribers(of: "a") == [1, 2, 3])
  // Another of its subscriptions, without the option, still brings the message.
  _ = index.subscribe(1, "+", 0)
  let match = index.match("a", from: 1).first { $0.subscriber == 1 }
  #expect(match?.qos == .atMostOnce)
}

@Test func aSecondSubscriptionReplacesTheFirst() {
  // [MQTT-3.8.4-3] [MQTT3-3.8.4-3]
  let index = Index()
  #expect(index.subscribe(1, "a/+", 0b1010, identifier: 5) == .added)
  #expect(index.subscribe(1, "a/+", 0, identifier: 0) == .replaced)
  #expect(index.subscribe(2, "a/+", 0) == .added)
  let match = index.match("a/b")[1]
  #expect(match.qos == .atMostOnce && !match.isRetainAsPublished && !match.hasIdentifiers)
  let count = index.index.occupancy.used
  #expect(count == 2)
}

@Test func aNameOfNothingButSlashesIsWalkedQuickly() {
  let name = String(repeating: "/", count: 65_535)
  let index = Index(nodes: 128, levels: 20)
  let filters = ["#", "+/#", "/#", "//+/+/+/#", "/+/+/+/+/+/+/+/+/+/+/+/+/+/+", "a/#", "/+"]
  for (subscriber, filter) in filters.enumerated() { _ = index.subscribe(subscriber, filter) }
  #expect(index.subscribers(of: name) == [0, 1, 2, 3])
}

@Test func wildcardsOnEveryLevelCostNoMoreThanTheirNodes() {
  // Filters with + or a on each of 10 levels: 2^11 nodes, all on the way of one name.
  let index = Index(
    subscriptions: 1024, subscribers: 1024, nodes: 2046, levels: 10, texts: 2046)
  for subscriber in 0..<1024 {
    let filter = (0..<10).map { subscriber >> $0 & 1 == 0 ? "+" : "a" }.joined(separator: "/")
    #expect(index.subscribe(subscriber, filter) == .added)
  }
  let name = [String](repeating: "a", count: 10).joined(separator: "/")
  #expect(index.subscribers(of: name) == Array(0..<1024))
  #expect(index.subscribers(of: name + "/a") == [])
}

@Test func aFilterHasAtMostSoManyLevels() {
  let index = Index(levels: 4)
  #expect(index.subscribe(0, "a/b/c/d") == .added)
  let used = index.used
  #expect(index.subscribe(0, "a/b/c/d/e") == .full)
  #expect(index.subscribe(0, "x////") == .full)
  #expect(index.used == used)
  // A name may have more.
  #expect(index.subscribe(1, "a/#") == .added)
  #expect(index.subscribers(of: "a/b/c/d/e/f/g") == [1])
}

@Test func aFilterIsPutTogetherAgain() {
  let index = Index()
  var buffer: Buffer = carved { Buffer("test", capacity: 40, in: &$0) }
  for filter in ["a", "/", "//", "a//b", "+/#", "/a/long level of several blocks/", "$SYS/+"] {
    for prefix in ["", "$share/group/"] {
      let handle = index.added(1, prefix + filter)
      let range = index.index.filter(of: handle, texts: index.texts, in: &buffer)
      let text = String(copying: buffer.bytes(range))
      #expect(text == filter)
    }
  }
}

@Test func theFirstLevelIsKnown() {
  let index = Index()
  _ = index.subscribe(1, "$SYS/#")
  let (system, other) = ("$SYS".bytes, "$SY".bytes)
  let hasSystem = index.index.hasFirstLevel(system.span, texts: index.texts)
  let hasOther = index.index.hasFirstLevel(other.span, texts: index.texts)
  #expect(hasSystem && !hasOther)
}
