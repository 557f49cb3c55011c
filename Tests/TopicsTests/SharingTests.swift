import Memory
import Support
import Testing

@testable import Topics

/// Whose turn it is, so many times.
private func turns(_ index: Index, _ name: String, _ count: Int) -> [Int] {
  (0..<count).map { _ in
    guard let group = index.match(name).first(where: { !$0.group.isNull })?.group else { return -1 }
    let handle = index.index.takeTurn(in: group)
    return Int(index.index[handle].subscriber)
  }
}

@Test func theMembersOfAGroupTakeTurns() {
  // [4.8.2]
  let index = Index()
  for subscriber in 0..<3 { #expect(index.subscribe(subscriber, "$share/g/a/+") == .added) }
  let order = turns(index, "a/b", 7)
  #expect(Set(order.prefix(3)) == [0, 1, 2])
  #expect(order.dropFirst(3) == order.prefix(4))
  #expect(index.match("a/b").count == 1)
}

@Test func aMemberThatLeavesPassesItsTurnOn() {
  for leaving in 0..<4 {
    let index = Index()
    for subscriber in 0..<4 { _ = index.subscribe(subscriber, "$share/g/a") }
    var order = turns(index, "a", 4)
    _ = turns(index, "a", 1)
    // It is the second one's turn now.
    #expect(index.unsubscribe(order[leaving], "$share/g/a"))
    let next = (order[1...] + order[...0]).filter { $0 != order[leaving] }
    order = turns(index, "a", 3)
    #expect(order == Array(next), "\(leaving)")
  }
}

@Test func theLastMemberTakesTheGroupWithIt() {
  let index = Index()
  _ = index.subscribe(1, "$share/g/a")
  _ = index.subscribe(2, "$share/g/a")
  #expect(index.unsubscribe(1, "$share/g/a"))
  let one = index.match("a")
  #expect(index.unsubscribe(2, "$share/g/a"))
  #expect(one.count == 1 && index.match("a").isEmpty && index.used == [0, 0, 0, 0])
}

@Test func groupsOfOneFilterAndOtherSubscriptionsDoNotMix() {
  // [4.8.2]: each group gets its own copy, and so does who subscribes alone.
  let index = Index()
  for group in ["g", "h", "i"] {
    for subscriber in 0..<2 { _ = index.subscribe(subscriber, "$share/\(group)/a") }
  }
  _ = index.subscribe(0, "a", 1)
  _ = index.subscribe(1, "#", 2)
  let found = index.match("a")
  #expect(found.filter { !$0.group.isNull }.count == 3)
  #expect(found.filter { $0.group.isNull }.map { $0.subscriber }.sorted() == [0, 1])
  for group in ["h", "g", "i"] {
    for subscriber in 0..<2 { #expect(index.unsubscribe(subscriber, "$share/\(group)/a")) }
  }
  #expect(index.match("a").allSatisfy { $0.group.isNull } && index.match("a").count == 2)
}

@Test func theCopyOfAGroupIsGivenToWhoIsChosenOrToNobody() {
  let index = Index()
  _ = index.subscribe(5, "$share/g/a", 0b1010, identifier: 9)
  let place = 0
  let group = index.match("a")[place].group
  let (count, hasGroups) = (index.index.memberCount(of: group), index.index.hasGroups(in: .quick))
  #expect(count == 1 && hasGroups)
  let member = index.index.takeTurn(in: group)
  index.index.choose(member, at: place, in: .quick)
  let chosen = index.matches(in: .quick)[place]
  #expect(chosen.subscriber == 5 && chosen.qos == .exactlyOnce && chosen.isRetainAsPublished)
  #expect(chosen.hasIdentifiers && index.identifiers(of: chosen) == [9])
  index.index.void(at: place, in: .quick)
  #expect(index.matches(in: .quick).isEmpty)
  _ = index.subscribe(5, "b")
  #expect(index.match("b").count == 1)
  let hasStill = index.index.hasGroups(in: .quick)
  #expect(!hasStill)
}

@Test func theTurnCanBeGivenToTheMemberBehindOneThatWasChosen() {
  let index = Index()
  let members = (0..<3).map { index.added($0, "$share/g/a") }
  let order = turns(index, "a", 3)
  for place in 0..<3 {
    index.index.setTurn(behind: members[order[place]])
    #expect(turns(index, "a", 1) == [order[(place + 1) % 3]])
  }
}

@Test func replaysQueueUpAndEndInAnyOrder() {
  var random = Random(seed: 8)
  for _ in 0..<50 {
    let index = Index()
    let handles = ["a", "b", "c", "d"].map { index.added(1, $0) }
    _ = index.added(2, "a")
    for handle in handles { index.index.beginReplay(of: handle) }
    // Once more, in its old place.
    index.index.beginReplay(of: handles[2])
    var queue = handles
    while !queue.isEmpty {
      let (first, other) = (index.index.replaying(1), index.index.replaying(2))
      #expect(first == queue[0] && other.isNull)
      let place = random.below(queue.count)
      if random.oneIn(2) {
        index.index.endReplay(of: queue.remove(at: place))
      } else {
        let gone = queue.remove(at: place)
        let filter = zip(handles, ["a", "b", "c", "d"]).first { $0.0 == gone }?.1 ?? ""
        #expect(index.unsubscribe(1, filter))
      }
      if random.oneIn(4), let last = queue.last {
        index.index.endReplay(of: last)
        queue.removeLast()
      }
    }
    #expect(index.index.replaying(1).isNull)
  }
}

@Test func thoseThatReplayAreNeighboursInBothDirections() {
  // So none of them has to be sought from an end of the list when it leaves.
  var random = Random(seed: 9)
  let index = Index()
  let handles = (0..<20).map { index.added(1, "\($0)") }
  var queue: [Int] = []
  for _ in 0..<2000 {
    let chosen = random.below(handles.count)
    if random.oneIn(2) {
      index.index.beginReplay(of: handles[chosen])
      if !queue.contains(chosen) { queue.append(chosen) }
    } else {
      index.index.endReplay(of: handles[chosen])
      queue.removeAll { $0 == chosen }
    }
    var before = Handle<Subscription>.null
    var current = index.index.replaying(1)
    for place in queue {
      #expect(current == handles[place] && index.index[current].previousReplay == before)
      (before, current) = (current, index.index[current].nextReplay)
    }
    let last = index.index.subscribers[1].lastReplay
    #expect(current.isNull && last == before)
  }
}

@Test func aSessionWithManyReplaysLeaves() {
  let count = 100_000
  let index = Index(
    subscriptions: count, subscribers: 1, nodes: count, levels: 1, texts: 2 * count)
  for number in 0..<count { index.index.beginReplay(of: index.added(0, "\(number)")) }
  index.removeAll(of: 0)
  #expect(index.used == [0, 0, 0, 0] && index.index.replaying(0).isNull)
}
