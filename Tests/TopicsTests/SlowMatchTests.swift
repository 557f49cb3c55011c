import MQTT
import Memory
import Support
import Testing

@testable import Topics

/// All there is to know of a match, in a form that can be compared.
private func describe(_ index: Index, _ matches: [Match], in lane: Lane) -> [String] {
  matches.map { match in
    guard match.group.isNull else { return "group \(match.group.raw)" }
    let identifiers = index.identifiers(of: match, in: lane)
    return "\(match.subscriber) \(match.qos.rawValue) \(match.isRetainAsPublished) \(identifiers)"
  }.sorted()
}

private let mixed =
  filters(depth: 3).filter { !$0.hasPrefix("$") }.map { "$share/g/" + $0 } + filters(depth: 3)
  + ["$share/h/a", "$share/h/#", "$share/h/a/b", "a/b", "a/#", "#", "+/b"]

private func fill(_ index: Index, _ random: inout Random, count: Int) {
  for _ in 0..<count {
    let bits = UInt8(random.below(3)) | (random.oneIn(3) ? 8 : 0)
    let filter = mixed[random.below(mixed.count)]
    let isNoLocal: UInt8 = random.oneIn(4) && !filter.hasPrefix("$share") ? 4 : 0
    let identifier = UInt32(random.oneIn(2) ? random.below(1000) : 0)
    _ = index.subscribe(random.below(6), filter, bits | isNoLocal, identifier: identifier)
  }
}

@Test(arguments: 0..<12)
func overSeveralTurnsTheSameIsFoundAsAtOnce(seed: Int) {
  var random = Random(seed: UInt64(seed))
  let index = Index(
    subscriptions: 400, subscribers: 6, groups: 200, nodes: 600, texts: 1200, seed: UInt64(seed))
  fill(index, &random, count: 200)
  for name in names(depth: 3).shuffled(using: &random).prefix(40) {
    let publisher = random.oneIn(2) ? random.below(6) : nil
    if random.oneIn(10) { index.index.windUp() }
    let expected = describe(index, index.match(name, from: publisher), in: .quick)
    for units in [1, 2, 3, 7, 50, 100_000] {
      let (found, turns) = index.slowMatch(name, from: publisher, units: units)
      #expect(describe(index, found, in: .slow) == expected, "\(name)")
      #expect(units > 1 || turns > expected.count)
      #expect(units < 100_000 || turns == 1)
      index.index.endSlowMatch()
    }
    // A name that is matched at once does not disturb one that takes several turns.
    index.beginSlowMatch(name)
    while !index.continueSlowMatch(name, from: publisher, units: 3) { _ = index.match("a/b") }
    #expect(describe(index, index.matches(in: .slow), in: .slow) == expected)
    index.index.endSlowMatch()
  }
}

@Test func aNameIsMatchedAtOnceOnlyWithWorkAndRoomEnough() {
  let index = Index(quickMatches: 3)
  for subscriber in 0..<3 { _ = index.subscribe(subscriber, "a/+") }
  #expect(index.match("a/b").count == 3)
  let name = "a/b".bytes
  var work = Work(100)
  _ = index.index.match(name.span, from: nil, texts: index.texts, &work)
  for units in 0..<work.paid {
    var less = Work(units)
    let isComplete = index.index.match(name.span, from: nil, texts: index.texts, &less)
    #expect(!isComplete && less.paid < units + Index.largestStep)
  }
  var enough = Work(work.paid + 1)
  let isComplete = index.index.match(name.span, from: nil, texts: index.texts, &enough)
  #expect(isComplete)
  _ = index.subscribe(3, "#")
  var plenty = Work(.max)
  let hasRoom = index.index.match(name.span, from: nil, texts: index.texts, &plenty)
  #expect(!hasRoom)
  #expect(index.slowMatch("a/b", units: 1).matches.count == 4)
}

@Test func aLevelCostsMoreTheLongerItIs() {
  let index = Index(texts: 4000)
  let long = String(repeating: "x", count: 3200)
  _ = index.subscribe(1, long)
  let bytes = long.bytes
  var work = Work(.max)
  let isComplete = index.index.match(bytes.span, from: nil, texts: index.texts, &work)
  #expect(isComplete && work.paid >= 100 && work.paid < 120)
}

@Test func aGroupCostsOneStepHoweverManyMembersItHas() {
  let count = 2000
  let index = Index(
    subscriptions: 2 * count, subscribers: count, groups: count, nodes: 4, texts: 4 * count)
  func paid() -> Int {
    let name = "t".bytes
    var work = Work(.max)
    let isComplete = index.index.match(name.span, from: nil, texts: index.texts, &work)
    #expect(isComplete)
    return work.paid
  }
  let alone = paid()
  #expect(index.subscribe(0, "$share/g/t") == .added)
  let one = paid()
  for subscriber in 1..<count { #expect(index.subscribe(subscriber, "$share/g/t") == .added) }
  #expect(paid() == one && one <= alone + 4)
  for group in 1..<count { #expect(index.subscribe(0, "$share/g\(group)/t") == .added) }
  #expect(paid() == one + count - 1)
}

@Test(arguments: [1, 2, 17, 1000, Int.max])
func aSessionLeavesAtTheCostOfWhatItHas(units: Int) {
  // Whatever others have, and whoever of its subscriptions replays.
  let count = 10_000
  let index = Index(
    subscriptions: 2 * count + 100, subscribers: 3, groups: 100, nodes: 3 * count, texts: 8 * count)
  for number in 0..<count { #expect(index.subscribe(1, "house/\(number)/state") == .added) }
  for number in 0..<100 { _ = index.subscribe(0, "$share/g\(number)/house/+/state") }
  let others = index.used
  for number in 0..<count where number % 2 == 0 {
    index.index.beginReplay(of: index.added(2, "house/\(number)/state"))
  }
  index.index.retire(2)
  #expect(index.subscribers(of: "house/4/state").filter { $0 == 2 }.isEmpty)
  var paid = 0
  while true {
    var work = Work(units)
    let isOver = index.index.removeAll(of: 2, texts: &index.texts, &work)
    // One with three levels is a step of seven.
    #expect(work.paid - 7 < units)
    paid += work.paid
    if isOver { break }
  }
  #expect(paid == count / 2 * 7 && index.used == others)
  let holding = index.index.holding(of: 2)
  #expect(holding == (0, 0) && index.index.replaying(2).isNull)
  // The slot is another session's from now on.
  #expect(index.subscribe(2, "house/+/state") == .added)
  #expect(index.subscribers(of: "house/4/state").contains(2))
}

@Test func aSubscriptionIsChargedForWhatItWouldTakeAlone() {
  let index = Index(texts: 1000)
  let cases: [(String, Int, Int)] = [
    ("a", 1, 1), ("", 1, 1), ("a/b/c", 3, 3), ("/", 2, 2), ("abcd/abcde", 2, 3), ("+/#", 2, 2),
    ("$share/g/a/b", 2, 3), ("$share/abcde/a", 1, 3),
  ]
  var blocks = 0
  for (number, (filter, levels, texts)) in cases.enumerated() where !filter.isEmpty {
    let bytes = filter.bytes
    let cost = index.index.cost(of: bytes.span, blockBytes: 4)
    #expect(cost == (levels, texts), "\(filter)")
    #expect(index.subscribe(1, filter) == .added && index.subscribe(2, filter) == .added)
    blocks += texts
    let holding = index.index.holding(of: 1)
    #expect(holding == (number > 0 ? number : 1, blocks))
  }
  for (filter, _, texts) in cases.reversed() where !filter.isEmpty {
    #expect(index.unsubscribe(1, filter))
    blocks -= texts
    #expect(index.index.holding(of: 1).blocks == blocks)
  }
  #expect(blocks == 0)
}

@Test(arguments: [3, 8])
func whoHasTheSlotOfASessionThatHasEndedGetsHisOwnCopyAlone(subscribers: Int) {
  // With room for three matches those of the sessions that have ended are in the way.
  let index = Index(subscribers: subscribers, groups: 0)
  for subscriber in 0..<2 { _ = index.subscribe(subscriber, "a/b", 2, identifier: 1) }
  // The publisher's own, so that the levels are on the way.
  for filter in ["#", "a/#"] { _ = index.subscribe(2, filter, 4) }
  index.beginSlowMatch("a/b")
  while index.matches(in: .slow).count < 2 {
    #expect(!index.continueSlowMatch("a/b", from: 2, units: 1))
  }
  for subscriber in 0..<2 {
    index.index.retire(subscriber)
    #expect(index.matches(in: .slow).count == 1 - subscriber)
    index.removeAll(of: subscriber)
  }
  // What comes into the slot of a subscription that has ended meanwhile is not found; these are, later.
  for filter in ["x", "y"] { _ = index.subscribe(0, filter) }
  _ = index.subscribe(0, "a/#", 0, identifier: 2)
  _ = index.subscribe(1, "#", 1)
  _ = index.subscribe(0, "#", 0, identifier: 3)
  while !index.continueSlowMatch("a/b", from: 2, units: 1, more: 3) {}
  let found = index.matches(in: .slow)
  #expect(describe(index, found, in: .slow) == ["0 0 false [2, 3]", "1 1 false []"])
}
