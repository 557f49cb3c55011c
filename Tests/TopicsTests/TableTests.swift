import Support
import Testing

@testable import Topics

private let mixed =
  filters(depth: 2) + filters(depth: 2).filter { !$0.hasPrefix("$") }.map { "$share/g/" + $0 }
  + ["$share/h/a", "$share/h/a/b", "$share/longer name/+/+"]

@Test(arguments: 0..<10)
func subscriptionsThatEndInAnyOrderLeaveNothing(seed: Int) {
  // [MQTT-3.10.4-1] [MQTT-3.10.4-2] [MQTT3-3.10.4-1]
  var random = Random(seed: UInt64(seed))
  let index = Index(subscriptions: 300, subscribers: 3, groups: 100, nodes: 200, texts: 900)
  var live: Set<String> = []
  let all = (0..<3).flatMap { subscriber in mixed.map { (subscriber, $0) } }
  for (subscriber, filter) in all.shuffled(using: &random).prefix(200) {
    #expect(index.subscribe(subscriber, filter) == .added)
    live.insert("\(subscriber) \(filter)")
  }
  for (subscriber, filter) in all.shuffled(using: &random) {
    let wasLive = live.remove("\(subscriber) \(filter)") != nil
    #expect(index.unsubscribe(subscriber, filter) == wasLive)
    #expect(index.unsubscribe(subscriber, filter) == false)
    if random.oneIn(10) { check(index, live) }
  }
  #expect(index.used == [0, 0, 0, 0])
  let shared = index.index.sharedCount
  #expect(shared == 0 && index.match("a/b").isEmpty && index.match("$a").isEmpty)
}

/// What is matched are those subscriptions that are still there, a group of them once.
private func check(_ index: Index, _ live: Set<String>) {
  for name in ["a", "a/b", "/", "$a", "b/$a"] {
    let matching = live.filter { entry in
      let filter = entry.dropFirst(2)
      guard filter.hasPrefix("$share/") else { return matches(String(filter), name) }
      return matches(levels(String(filter)).dropFirst(2).joined(separator: "/"), name)
    }
    let shared = matching.filter { $0.dropFirst(2).hasPrefix("$share/") }
    let found = index.match(name)
    let groups = Set(shared.map { $0.dropFirst(2) })
    #expect(found.filter { !$0.group.isNull }.count == groups.count)
    let subscribers = Set(matching.subtracting(shared).map { $0.prefix(1) })
    #expect(found.filter { $0.group.isNull }.count == subscribers.count)
  }
}

@Test func allSubscriptionsOfASessionEndTogether() {
  let index = Index(subscriptions: 300, subscribers: 3, groups: 100, nodes: 200, texts: 900)
  for subscriber in 0..<3 {
    for filter in mixed { #expect(index.subscribe(subscriber, filter) == .added) }
  }
  index.removeAll(of: 1)
  let left = index.used[0]
  #expect(left == 2 * mixed.count)
  #expect(!index.match("a/b").contains { $0.group.isNull && $0.subscriber == 1 })
  index.removeAll(of: 0)
  index.removeAll(of: 2)
  index.removeAll(of: 2)
  #expect(index.used == [0, 0, 0, 0])
}

/// Which table is short, and by how much.
enum Table: CaseIterable, Sendable {
  case subscriptions, nodes, texts, groups

  func index(_ size: Int) -> Index {
    switch self {
    case .subscriptions: Index(subscriptions: size)
    case .nodes: Index(nodes: size)
    case .texts: Index(texts: size)
    case .groups: Index(groups: size)
    }
  }
}

@Test(arguments: Table.allCases)
func aFullTableLeavesNothingHalfMade(table: Table) {
  let wanted = ["a/b/c", "$share/group/a/b/d", "a/b", "$share/other/a/b/d", "x/long level/#"]
  for size in 0..<24 {
    let index = table.index(size)
    var isFull = false
    var made: [String] = []
    for filter in wanted {
      let before = index.used
      switch index.subscribe(1, filter) {
      case .added: made.append(filter)
      case .replaced: Issue.record("nothing was there")
      case .full:
        isFull = true
        #expect(index.used == before)
        #expect(index.unsubscribe(1, filter) == false)
      }
    }
    #expect(isFull == (made.count < wanted.count))
    #expect(index.match("a/b/c").count == (made.contains("a/b/c") ? 1 : 0))
    for filter in made { #expect(index.unsubscribe(1, filter)) }
    #expect(index.used == [0, 0, 0, 0])
    // What was given back can be had again.
    for filter in made { #expect(index.subscribe(2, filter) == .added) }
  }
}

@Test func aRefusalIsCountedByTheTableThatWasFull() {
  let index = Index(subscriptions: 1)
  _ = index.subscribe(1, "a")
  _ = index.subscribe(1, "b")
  #expect(index.index.occupancy.refused == 1)
  let shallow = Index(nodes: 1)
  _ = shallow.subscribe(1, "a/b")
  #expect(shallow.index.levelOccupancy.refused == 1)
  let alone = Index(groups: 0)
  _ = alone.subscribe(1, "$share/g/a")
  #expect(alone.index.groupOccupancy.refused == 1)
}
