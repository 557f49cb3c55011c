import MQTT
import Memory
import Support
import Testing

@testable import Topics

/// A retained message as the model knows it.
private struct Entry {
  var payload: UInt8
  var expiry: Instant
  /// Which message of its topic it is: the number changes when the topic had none for a while.
  let tenure: Int
}

/// A walk under way, and what it may and must find.
private struct Wanderer {
  var walk = RetainedWalk()
  let filter: String
  /// Messages that match and were there all the time.
  var owed: Set<Int>
  var met: Set<Int> = []
}

/// Random operations on retained messages, and the obvious array beside them.
private final class RetainedModel {
  private let retained: Retained
  private let deepest: Int
  private var random: Random
  private var entries: [String: Entry] = [:]
  private var wanderers: [Wanderer] = []
  private var tenures = 0
  private let topics: [String]
  private let filters: [String]

  init(seed: Int) {
    random = Random(seed: UInt64(seed))
    deepest = [0, 1, 2, 3, 16][seed % 5]
    let isTight = seed % 2 == 0
    retained = Retained(
      count: isTight ? 20 : 400, levels: isTight ? 12 : 400, deepest: deepest, seed: UInt64(seed))
    let deep = ["a/a/a/a/a", "a/a/b/a/b/a", "b//////", "$a/b/a/b/a/b"]
    topics = Array(names(depth: 3).shuffled(using: &random).prefix(40)) + deep
    filters =
      Array(TopicsTests.filters(depth: 3).shuffled(using: &random).prefix(60)) + topics.prefix(9)
      + ["#", "+/#", "a/#", "+/+", "+/+/+", "a/+/+/+/+", "a/a/#", "+/+/b/#", "b/+/+/+/#", "$a/#"]
  }

  func run(steps: Int) {
    for _ in 0..<steps {
      switch random.below(12) {
      case 0...3: retain(topics[random.below(topics.count)])
      case 4: remove(topics[random.below(topics.count)])
      case 5: pass()
      case 6: begin()
      case 7: end()
      default: stroll()
      }
      check()
    }
    while !wanderers.isEmpty { stroll() }
    for topic in topics { remove(topic) }
    #expect(retained.used == [0, 0, 0])
  }

  private func retain(_ topic: String) {
    let payload = UInt8(random.below(256))
    let seconds = random.oneIn(4) ? UInt64(random.below(5)) : nil
    let hasRoom = retained.hasRoom(for: topic)
    #expect(retained.retain(topic, payload, seconds: seconds) == hasRoom)
    guard hasRoom else { return #expect(entries[topic] == nil) }
    let before = entries[topic]
    if before == nil { tenures += 1 }
    let expiry = seconds.map { retained.now.adding(seconds: $0) } ?? .never
    entries[topic] = Entry(payload: payload, expiry: expiry, tenure: before?.tenure ?? tenures)
    forgetExpired()
  }

  private func remove(_ topic: String) {
    retained.remove(topic)
    if let gone = entries.removeValue(forKey: topic) { forget(gone) }
  }

  /// Time passes, and now and then what has expired is swept out.
  private func pass() {
    retained.now = retained.now.adding(milliseconds: UInt64(random.below(2000)))
    forgetExpired()
    guard random.oneIn(2) else { return }
    let expired = entries.filter { $0.value.expiry <= retained.now }
    #expect(retained.sweep() == expired.count)
    for topic in expired.keys { entries[topic] = nil }
  }

  /// What is gone, if only for a while, no walk has to find.
  private func forget(_ gone: Entry) {
    for place in wanderers.indices { wanderers[place].owed.remove(gone.tenure) }
  }

  private func forgetExpired() {
    for entry in entries.values where entry.expiry <= retained.now { forget(entry) }
  }

  private func begin() {
    guard wanderers.count < 6 else { return }
    let filter = filters[random.below(filters.count)]
    let matching = entries.filter { matches(filter, $0.key) && $0.value.expiry > retained.now }
    wanderers.append(Wanderer(filter: filter, owed: Set(matching.values.map(\.tenure))))
  }

  private func end() {
    guard !wanderers.isEmpty else { return }
    let place = random.below(wanderers.count)
    retained.index.end(&wanderers[place].walk)
    #expect(!wanderers[place].walk.hasBegun)
    wanderers.remove(at: place)
  }

  /// One of the walks goes on a little.
  private func stroll() {
    guard !wanderers.isEmpty else { return }
    let place = random.below(wanderers.count)
    var work = Work(random.below(8))
    let passes = !random.oneIn(4)
    switch retained.next(&wanderers[place].walk, wanderers[place].filter, &work, passes: passes) {
    case .paused: #expect(work.isSpent)
    case .found(let topic, let payload):
      meet(topic, payload, at: place, passes: passes)
    case .ended:
      #expect(wanderers[place].owed.isEmpty, "\(wanderers[place].filter)")
      retained.index.end(&wanderers[place].walk)
      wanderers.remove(at: place)
    }
  }

  private func meet(_ topic: String, _ payload: UInt8, at place: Int, passes: Bool) {
    guard let entry = entries[topic] else {
      Issue.record("\(topic) is not retained")
      return
    }
    #expect(entry.payload == payload && entry.expiry > retained.now)
    #expect(matches(wanderers[place].filter, topic))
    #expect(!wanderers[place].met.contains(entry.tenure), "\(topic) for the second time")
    guard passes else { return }
    wanderers[place].met.insert(entry.tenure)
    wanderers[place].owed.remove(entry.tenure)
  }

  /// Nothing is in use but what is retained, and what walks stand on.
  private func check() {
    let levels = levelCount(of: entries.keys, deepest: deepest)
    let used = retained.used
    let count = retained.index.count
    #expect(count == entries.count && used[2] == entries.count)
    #expect(used[0] >= entries.count && used[0] <= entries.count + wanderers.count)
    #expect(used[1] >= levels && used[1] <= levels + wanderers.count * (min(deepest, 6) + 1))
    if wanderers.isEmpty { #expect(used[0] == entries.count && used[1] == levels) }
  }
}

@Test(arguments: 0..<20)
func walksMeetWhatIsThereWhileMessagesComeAndGo(seed: Int) {
  RetainedModel(seed: seed).run(steps: 2000)
}
