import MQTT
import Memory
import Support
import Testing

@testable import Topics

/// A subscription as the model knows it.
private struct Entry {
  let subscriber: Int
  let filter: String
  let qos: UInt8
  let identifier: UInt32

  /// The group of a Shared Subscription and the filter it has in it.
  var group: String? { filter.hasPrefix("$share/") ? filter : nil }

  func matches(_ name: String) -> Bool {
    let path = group == nil ? filter : levels(filter).dropFirst(2).joined(separator: "/")
    return TopicsTests.matches(path, name)
  }
}

/// A name is matched over several turns, and then its copies wait to be made, while subscriptions and
/// sessions come and go; and what may and must come of it.
private final class SlowMatchModel {
  private let index: Index
  private var random: Random
  /// By serial numbers, so that one that comes again is another one.
  private var live: [Int: Entry] = [:]
  private var serial = 0
  /// Sessions that have ended and whose subscriptions are being released.
  private var retired: Set<Int> = []
  private let filters: [String]
  private let subscribers = 5

  /// The name that is being matched.
  private var name = ""
  /// What matched it at some time since it began, and what did all the time.
  private var ever: [Int: Entry] = [:]
  private var steady: Set<Int> = []
  /// Groups that were there all the time.
  private var steadyGroups: Set<String> = []

  init(seed: Int) {
    random = Random(seed: UInt64(seed))
    index = Index(
      subscriptions: 60, subscribers: subscribers, groups: seed % 3 == 0 ? 1 : 12, nodes: 80,
      texts: 300,
      seed: UInt64(seed))
    filters = [
      "a/b", "a/+", "+/b", "a/#", "#", "+/+", "a/b/#", "+/#", "a", "b/#", "+", "a/c", "x/y/z",
      "$share/g/a/b", "$share/g/#", "$share/h/a/b", "$share/h/+/b", "$share/i/a/b", "$share/g/b",
    ]
  }

  func run(names count: Int) {
    for _ in 0..<count {
      if random.oneIn(4) { index.index.windUp() }
      begin(["a/b", "a/b", "a", "b/b", "a/c"][random.below(5)])
      // Where the list of matches is full, those that have ended are taken out of it.
      while !index.continueSlowMatch(name, units: random.below(4), more: 17) {
        for _ in 0..<random.below(6) { change() }
      }
      for _ in 0..<random.below(12) {
        check()
        change()
      }
      check()
      index.index.endSlowMatch()
      for _ in 0..<random.below(20) { change() }
    }
    for subscriber in 0..<subscribers { index.removeAll(of: subscriber) }
    #expect(index.used == [0, 0, 0, 0])
  }

  private func begin(_ name: String) {
    self.name = name
    index.beginSlowMatch(name)
    ever = live.filter { $0.value.matches(name) && !retired.contains($0.value.subscriber) }
    steady = Set(ever.keys)
    steadyGroups = Set(live.values.filter { $0.matches(name) }.compactMap(\.group))
  }

  // MARK: Changes

  private func change() {
    switch random.below(10) {
    case 0...4: subscribe()
    case 5...7: unsubscribe()
    case 8: end(random.below(subscribers))
    default: release()
    }
  }

  private func subscribe() {
    let subscriber = random.below(subscribers)
    let filter = filters[random.below(filters.count)]
    guard !retired.contains(subscriber), index.find(subscriber, filter) == nil else { return }
    serial += 1
    let entry = Entry(
      subscriber: subscriber, filter: filter, qos: UInt8(random.below(3)),
      identifier: random.oneIn(2) ? UInt32(serial) : 0)
    let outcome = index.subscribe(subscriber, filter, entry.qos, identifier: entry.identifier)
    guard outcome == .added else { return }
    live[serial] = entry
    if entry.matches(name) { ever[serial] = entry }
  }

  private func unsubscribe() {
    guard let gone = live.keys.sorted().randomElement(using: &random), let entry = live[gone],
      !retired.contains(entry.subscriber)
    else { return }
    #expect(index.unsubscribe(entry.subscriber, entry.filter))
    forget(gone)
  }

  private func end(_ subscriber: Int) {
    guard retired.insert(subscriber).inserted else { return }
    index.index.retire(subscriber)
    for (number, entry) in live where entry.subscriber == subscriber { steady.remove(number) }
  }

  /// Releases some of what a session had that has ended; its slot is free when all is.
  private func release() {
    guard let subscriber = retired.sorted().first else { return }
    let before = index.used[0]
    var work = Work(random.below(20))
    let isOver = index.index.removeAll(of: subscriber, texts: &index.texts, &work)
    let mine = live.filter { $0.value.subscriber == subscriber }
    // Those that came last go first.
    for gone in mine.keys.sorted().suffix(before - index.used[0]) { forget(gone) }
    #expect(isOver == !live.values.contains { $0.subscriber == subscriber })
    if isOver { retired.remove(subscriber) }
  }

  private func forget(_ gone: Int) {
    guard let entry = live.removeValue(forKey: gone) else { return }
    steady.remove(gone)
    guard let group = entry.group, !live.values.contains(where: { $0.group == group }) else {
      return
    }
    steadyGroups.remove(group)
  }

  // MARK: Checks

  private func check() {
    let found = index.matches(in: .slow)
    let sessions = found.filter { $0.group.isNull }
    for subscriber in 0..<subscribers {
      let mine = sessions.filter { $0.subscriber == subscriber }
      #expect(mine.count <= 1, "\(name) goes to \(subscriber) twice")
      check(mine.first, of: subscriber)
    }
    let groups = found.count - sessions.count
    let possible = Set(live.values.filter { $0.matches(name) }.compactMap(\.group))
    #expect(groups >= steadyGroups.count && groups <= possible.count)
    #expect(Set(found.map(\.group.raw)).count == groups + (sessions.isEmpty ? 0 : 1))
  }

  private func check(_ match: Match?, of subscriber: Int) {
    let isMine = { (entry: Entry) in entry.subscriber == subscriber && entry.group == nil }
    let sure = steady.compactMap { live[$0] }.filter(isMine)
    let possible = ever.filter { isMine($0.value) && live[$0.key] != nil }.values
    guard let match else { return #expect(sure.isEmpty, "\(name) misses \(subscriber)") }
    #expect(
      !possible.isEmpty && !retired.contains(subscriber), "\(name) still goes to \(subscriber)")
    #expect(match.qos.rawValue >= sure.map(\.qos).max() ?? 0)
    let identifiers = index.identifiers(of: match, in: .slow)
    #expect(Set(identifiers).isSuperset(of: sure.map(\.identifier).filter { $0 > 0 }))
    #expect(Set(identifiers).isSubset(of: possible.map(\.identifier)))
    #expect(Set(identifiers).count == identifiers.count)
  }
}

@Test(arguments: 0..<20)
func whatComesAndGoesWhileANameIsMatchedIsFoundOrForgotten(seed: Int) {
  SlowMatchModel(seed: seed).run(names: 200)
}
