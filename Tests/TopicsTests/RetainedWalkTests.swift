import MQTT
import Memory
import Support
import Testing

@testable import Topics

@Test(arguments: [0, 1, 2, 3, 16], [1, Int.max])
func aWalkFindsExactlyWhatMatches(deepest: Int, pausing: Int) {
  // [4.7.1] [MQTT-4.7.2-1]: all names of up to four levels at once.
  let names = names(depth: 4) + ["c", "c/a", "a/c/b", "a/a/a/a/a", "/////", "$a/c", "$"]
  let retained = Retained(count: names.count, deepest: deepest)
  for name in names { #expect(retained.retain(name)) }
  let count = retained.used[1]
  #expect(count == levelCount(of: names, deepest: deepest))
  for filter in filters(depth: 4) + ["a/a/a/a/a", "+/+/+/+/+", "a/+/+/+/+/#", "c/+", "+/c/#"] {
    let expected = names.filter { matches(filter, $0) }.sorted()
    #expect(retained.walk(filter, pausing: pausing).topics == expected, "\(filter)")
  }
  for name in names { retained.remove(name) }
  #expect(retained.used == [0, 0, 0])
}

@Test(arguments: [0, 1, 16])
func aMessageAloneIsFoundByTheFiltersThatMatch(deepest: Int) {
  // Alone, so that no other topic's levels lead the way.
  let filters = filters(depth: 3)
  let retained = Retained(count: 1, levels: 5, deepest: deepest)
  for name in names(depth: 4) {
    #expect(retained.retain(name))
    let found = filters.filter { retained.walk($0).topics == [name] }
    #expect(found == filters.filter { matches($0, name) }, "\(name)")
    retained.remove(name)
  }
  #expect(retained.used == [0, 0, 0])
}

@Test func anExactFilterCostsNoMoreThanOneLookUp() {
  let retained = Retained(count: 20_000, levels: 21_000)
  for number in 0..<20_000 { _ = retained.retain("house/\(number)/a/b/state") }
  for filter in ["house/7/a/b/state", "house/7/a/b", "nothing", "a/b/c/d/e/f/g/h"] {
    let (topics, work) = retained.walk(filter)
    #expect(work <= 4 && topics.count == (filter.hasSuffix("state") ? 1 : 0), "\(filter): \(work)")
  }
}

@Test func aWildcardCostsWhatMayMatch() {
  let retained = Retained(count: 20_100, levels: 21_000)
  for number in 0..<20_000 { _ = retained.retain("b/\(number / 100)/\(number % 100)/state") }
  for number in 0..<100 { _ = retained.retain("a/\(number)/\(number == 5 ? "c" : "d")") }
  // [a filter: what it finds, and the most work that may take]
  let cases: [(String, Int, Int)] = [
    ("a/+/c", 1, 5 * 100), ("a/+/d", 99, 5 * 100), ("a/#", 100, 5 * 100), ("a/5/+", 1, 16),
    ("+/5/c", 1, 24), ("+/nothing/#", 0, 24), ("nothing/+/x", 0, 8), ("nothing/#", 0, 8),
    ("b/nothing/+/x", 0, 12), ("b/7/+/state", 100, 5 * 100), ("b/7/5/+", 1, 16), ("$a/#", 0, 2),
    ("+", 0, 8), ("b/+", 0, 8),
  ]
  for (filter, count, most) in cases {
    let (topics, work) = retained.walk(filter)
    #expect(topics.count == count && work <= most, "\(filter): \(work)")
  }
}

@Test func whatBeginsWithADollarIsNotOnTheWayOfAWildcard() {
  let retained = Retained(count: 1001, levels: 1100)
  for number in 0..<1000 { _ = retained.retain("$x/\(number)/y") }
  _ = retained.retain("x")
  for filter in ["#", "+", "+/#"] {
    let (topics, work) = retained.walk(filter)
    #expect(topics == ["x"] && work <= 8, "\(filter): \(work)")
  }
  #expect(retained.walk("$x/+/y").topics.count == 1000)
}

@Test func longTextsAreWork() {
  let retained = Retained(count: 10)
  let long = String(repeating: "x", count: 640)
  for number in 0..<10 { _ = retained.retain("\(number)/y") }
  #expect(retained.walk("+/\(long)").work >= 100 && retained.walk("+/y").work < 60)
  retained.remove("0/y")
  _ = retained.retain(long)
  #expect(retained.walk("#").work >= 10 + retained.walk("+/y").work)
}

@Test func aMessageIsFoundAgainUntilItIsPassed() {
  let retained = Retained(count: 4)
  for (number, topic) in ["a/b", "a/c"].enumerated() { _ = retained.retain(topic, UInt8(number)) }
  for filter in ["a/b", "a/+", "+/b"] {
    var (walk, work) = (RetainedWalk(), Work(100))
    let first = retained.next(&walk, filter, &work, passes: false)
    #expect(retained.next(&walk, filter, &work, passes: false) == first)
    // What replaces it comes instead.
    guard case .found(let topic, let payload) = first else {
      Issue.record("nothing was found")
      continue
    }
    _ = retained.retain(topic, payload + 10)
    #expect(retained.next(&walk, filter, &work) == .found(topic: topic, payload: payload + 10))
    #expect(retained.next(&walk, filter, &work) != first)
    retained.index.end(&walk)
  }
}

@Test(arguments: ["a/b", "a/+", "a/#", "+/b", "#"])
func whatIsRemovedUnderAWalkKeepsItsPlaceUntilTheLastHasMovedOn(filter: String) {
  let retained = Retained(count: 4)
  _ = retained.retain("a/b")
  var (one, other, work) = (RetainedWalk(), RetainedWalk(), Work(100))
  let found = Retained.Step.found(topic: "a/b", payload: 0)
  #expect(retained.next(&one, filter, &work, passes: false) == found)
  #expect(retained.next(&other, filter, &work) == found)
  retained.remove("a/b")
  let count = retained.index.count
  #expect(retained.used == [1, 2, 0] && count == 0 && retained.payload(of: "a/b") == nil)
  // Its topic is free for another message meanwhile, and there is nothing to expire.
  #expect(retained.retain("a/b", 1) && retained.sweep() == 0)
  #expect(retained.used == [2, 2, 1])
  retained.remove("a/b")
  #expect(retained.used == [1, 2, 0])
  #expect(retained.next(&one, filter, &work) == .ended)
  #expect(retained.used == [1, 2, 0])
  retained.index.end(&other)
  #expect(retained.used == [0, 0, 0])
  #expect(retained.next(&one, filter, &work) == .ended)
  retained.index.end(&one)
  retained.index.end(&one)
  #expect(!one.hasBegun && retained.used == [0, 0, 0])
}

@Test func aWalkThatStandsOnALevelKeepsIt() {
  let retained = Retained(count: 4)
  for pause in 1...12 {
    for topic in ["a/b/c", "d/e/f"] { _ = retained.retain(topic) }
    var (walk, work) = (RetainedWalk(), Work(pause))
    while case .found = retained.next(&walk, "#", &work) {}
    for topic in ["a/b/c", "d/e/f"] { retained.remove(topic) }
    let isStanding = retained.used[1] > 0
    #expect(isStanding == (walk.hasBegun && !walk.level.isNull))
    work = Work(100)
    #expect(retained.next(&walk, "#", &work) == .ended && retained.used == [0, 0, 0])
  }
}

@Test func aSpentBudgetMovesNothing() {
  let retained = Retained(count: 4)
  _ = retained.retain("a")
  var (walk, nothing) = (RetainedWalk(), Work(0))
  #expect(retained.next(&walk, "#", &nothing) == .paused && !walk.hasBegun)
}

@Test func topicsWhoseHashesAreTheSameAreToldApart() {
  // Two first levels that one level of the tree stands for.
  let (hash, deepest) = (SeededHash(seed: 4), 16)
  var (seen, number): ([UInt32: Int], Int) = ([:], 0)
  while case let bytes = "\(number)".bytes, seen[hash(bytes.span)] == nil {
    seen[hash(bytes.span)] = number
    number += 1
  }
  let bytes = "\(number)".bytes
  let (one, other) = ("\(seen[hash(bytes.span)] ?? 0)", "\(number)")
  let topics = ["\(one)/a", "\(other)/a", "\(one)/b", "\(other)/c", "\(other)/c/d", "x/a"]
  let retained = Retained(count: topics.count, levels: 5, deepest: deepest)
  for (number, topic) in topics.enumerated() { #expect(retained.retain(topic, UInt8(number))) }
  for (number, topic) in topics.enumerated() {
    #expect(retained.payload(of: topic) == UInt8(number))
  }
  let wanted = ["a", "b", "c", "+", "#", "+/#", "c/#", "a/#", "c/+"]
  for filter in wanted.flatMap({ ["\(one)/\($0)", "\(other)/\($0)", "+/\($0)"] }) + ["#"] {
    for pausing in [1, 2, Int.max] {
      let expected = topics.filter { matches(filter, $0) }.sorted()
      #expect(retained.walk(filter, pausing: pausing).topics == expected, "\(filter)")
    }
  }
  for topic in topics { retained.remove(topic) }
  #expect(retained.used == [0, 0, 0])
}
