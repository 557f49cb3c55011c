import MQTT
import Memory

/// Which of the two places a Topic Name is matched in.
package enum Lane: UInt8, BitwiseCopyable {
  /// From beginning to end at once.
  case quick
  /// Over as many turns as it takes, one name at a time.
  case slow
}

/// The subscriptions that match one Topic Name, as far as they have been found.
///
/// Over several turns, subscriptions come and go meanwhile: one that has come since may be found or
/// not; of those that have gone nothing is said any more.
struct Matching: ~Copyable {
  private let anchor = Anchor()
  /// The nodes of the tree that have still to be visited.
  var walk: TopicWalk
  /// Who is to be sent the message: each session once, and each group of a Shared Subscription.
  private var matches: FixedList<Match>
  /// Which name each session matched last, and its place among the matches.
  private var stamps: SlotTable<Stamp>
  /// By the slot of a subscription: another one of the same session that matched, and one.
  private var others: SlotTable<UInt32>
  /// During which name the subscription of each slot was found, or has ended: then one more.
  private var marks: SlotTable<UInt32>
  /// During which name the group of each slot has ended.
  private var endedGroups: SlotTable<UInt32>
  /// What distinguishes this name from those before: an even number.
  private var number: UInt32 = 0
  /// Where the walk stands within a node.
  private var subscription: Handle<Subscription> = .null
  private var group: Handle<SharedGroup> = .null
  /// Whether the subscriptions of a session make one match, from the next name on.
  var mergesOverlapping = true
  /// The same of this name.
  private var isMerging = true
  /// Whether any group is among the matches.
  private(set) var hasGroups = false
  /// Whether anybody has subscribed to it, also if only the publisher, who does not want it.
  private(set) var hasSubscribers = false
  /// Whether the matches are still needed, while subscriptions come and go.
  private(set) var isUnderWay = false

  private struct Stamp: BitwiseCopyable {
    var number: UInt32 = 0
    var place: UInt32 = 0
  }

  init(_ names: Names, _ sizes: Sizes, keepsEnded: Bool, in region: inout Region) {
    walk = TopicWalk(names.walk, levels: sizes.levels, in: &region)
    matches = FixedList(names.matches, capacity: sizes.matches, in: &region)
    stamps = SlotTable(names.stamps, count: sizes.subscribers, in: &region)
    others = SlotTable(names.others, count: sizes.subscriptions, in: &region)
    marks = SlotTable(names.marks, count: keepsEnded ? sizes.subscriptions : 0, in: &region)
    endedGroups = SlotTable(names.ended, count: keepsEnded ? sizes.groups : 0, in: &region)
  }

  /// What its tables are called in the plan.
  struct Names {
    let walk: StaticString
    let matches: StaticString
    let stamps: StaticString
    let others: StaticString
    let marks: StaticString
    let ended: StaticString
  }

  /// How large they are.
  struct Sizes {
    let matches: Int
    let subscriptions: Int
    let groups: Int
    let subscribers: Int
    let levels: Int
  }

  /// Begins with another name.
  mutating func begin(_ topic: Span<UInt8>) {
    matches.removeAll()
    subscription = .null
    group = .null
    hasGroups = false
    hasSubscribers = false
    isMerging = mergesOverlapping
    walk.begin(topic)
    isUnderWay = true
    number &+= 2
    if number == 0 { beginNumbers() }
  }

  /// Says that nobody needs the matches any more.
  mutating func end() {
    isUnderWay = false
    walk.end()
  }

  /// Nobody is to be taken for one who matched as many names ago as there are numbers.
  private mutating func beginNumbers() {
    for slot in 0..<stamps.count where stamps[slot].number != 0 { stamps[slot] = Stamp() }
    for slot in 0..<marks.count where marks[slot] != 0 { marks[slot] = 0 }
    for slot in 0..<endedGroups.count where endedGroups[slot] != 0 { endedGroups[slot] = 0 }
    number = 2
  }

  /// Lets the next name but one at the latest be the first of a new round of numbers, for tests.
  mutating func windUp() { number = max(number, .max - 3) }

  // MARK: Collecting

  /// Collects matches as far as work and room go.
  mutating func advance(
    _ topic: Span<UInt8>, from publisher: Int?, tree: borrowing TopicTree,
    subscriptions: borrowing Pool<Subscription>, groups: borrowing Pool<SharedGroup>,
    subscribers: borrowing SlotTable<Subscriber>, texts: borrowing ByteChains, _ work: inout Work
  ) -> MatchProgress {
    while true {
      guard collect(publisher, subscriptions, groups, subscribers, &work) else { return .full }
      if work.isSpent { return .underWay }
      guard let node = tree.nextMatch(of: topic, on: &walk, texts: texts, &work) else {
        return walk.isEmpty ? .complete : .underWay
      }
      subscription = tree[node].firstSubscription
      group = tree[node].firstGroup
    }
  }

  /// Collects what ends at the node where the walk stands; false when there is no room for it.
  private mutating func collect(
    _ publisher: Int?, _ subscriptions: borrowing Pool<Subscription>,
    _ groups: borrowing Pool<SharedGroup>, _ subscribers: borrowing SlotTable<Subscriber>,
    _ work: inout Work
  ) -> Bool {
    while !work.isSpent && !subscription.isNull {
      work.pay()
      let found = subscriptions[subscription]
      let slot = Int(found.subscriber)
      // A Client with No Local does not get its own messages back. [MQTT-3.8.3-3]
      let isOwn = found.options.isNoLocal && slot == publisher
      if !subscribers[slot].isRetired && !hasEnded(subscription.index) {
        hasSubscribers = true
        guard isOwn || add(subscription, found, &work) else { return false }
      }
      subscription = found.next
    }
    while !work.isSpent && !group.isNull {
      work.pay()
      let found = groups[group]
      if !hasEnded(group) {
        hasSubscribers = true
        let match = Match(of: found.turn, subscriptions[found.turn])
        guard append(match, &work) else { return false }
        hasGroups = true
      }
      group = found.next
    }
    return true
  }

  /// Collects a group that was found before.
  mutating func collect(_ group: Match) {
    let isAdded = matches.append(group)
    precondition(isAdded)  // it is the first
    hasGroups = true
  }

  /// Adds a subscription; `false` when there is no room for it.
  private mutating func add(
    _ handle: Handle<Subscription>, _ subscription: Subscription, _ work: inout Work
  ) -> Bool {
    let slot = Int(subscription.subscriber)
    if others[handle.index] != 0 { others[handle.index] = 0 }
    if marks.count > 0 { marks[handle.index] = number }
    guard isMerging && stamps[slot].number == number else {
      guard append(Match(of: handle, subscription), &work) else { return false }
      stamps[slot] = Stamp(number: number, place: UInt32(matches.count - 1))
      return true
    }
    merge(handle, subscription, into: Int(stamps[slot].place))
    return true
  }

  /// There is room for each subscription, or each session and each group. So the list is full only of such as have ended: in
  /// their slots others may have come meanwhile.
  private mutating func append(_ match: Match, _ work: inout Work) -> Bool {
    if matches.append(match) { return true }
    guard marks.count > 0 else { return false }
    work.pay(matches.count)
    removeVoid()
    return matches.append(match)
  }

  private mutating func removeVoid() {
    var kept = 0
    for place in 0..<matches.count {
      let match = matches[place]
      let isKept = !isOver(match, at: place)
      if match.group.isNull { move(Int(match.subscriber), from: place, to: isKept ? kept : nil) }
      guard isKept else { continue }
      matches[kept] = match
      kept += 1
    }
    while matches.count > kept { _ = matches.removeLast() }
  }

  /// Remembers that the match of a session has another place, or none any more.
  private mutating func move(_ subscriber: Int, from place: Int, to other: Int?) {
    let stamp = stamps[subscriber]
    guard stamp.number == number && stamp.place == UInt32(place) else { return }
    stamps[subscriber] = other.map { Stamp(number: number, place: UInt32($0)) } ?? Stamp()
  }

  /// Overlapping subscriptions of one session make one copy: the highest QoS and all Subscription
  /// Identifiers. [MQTT-3.3.4-2] [MQTT-3.3.4-4] [MQTT3-3.3.5-1]
  private mutating func merge(
    _ handle: Handle<Subscription>, _ subscription: Subscription, into place: Int
  ) {
    matches[place].isMerged = true
    if matches[place].liveCount < .max { matches[place].liveCount += 1 }
    matches[place].qos = max(matches[place].qos, subscription.options.qos)
    if subscription.options.isRetainAsPublished { matches[place].isRetainAsPublished = true }
    matches[place].replayNumber = max(matches[place].replayNumber, subscription.replayNumber)
    guard subscription.identifier != 0, !matches[place].hasTooManyIdentifiers else { return }
    others[handle.index] = UInt32(matches[place].subscription.index + 1)
    matches[place].subscription = handle
    matches[place].identifierCount += 1
  }

  // MARK: What was found

  var count: Int { matches.count }

  /// One of the matches; it is void when all that it is of has ended since.
  subscript(place: Int) -> Match {
    get {
      var match = matches[place]
      if marks.count > 0 && isOver(match, at: place) { match.isVoid = true }
      return match
    }
    set { matches[place] = newValue }
  }

  private func isOver(_ match: Match, at place: Int) -> Bool {
    guard match.group.isNull else { return hasEnded(match.group) }
    // Whoever has the slot of a session that has ended may match too.
    let stamp = stamps[Int(match.subscriber)]
    guard isMerging else {
      return stamp.number != number || hasEnded(match.subscription.index)
    }
    return match.liveCount == 0 || stamp.number != number || stamp.place != UInt32(place)
  }

  /// One more than the slot of another subscription of the same session that matched, and has an
  /// identifier; zero when there is none.
  func other(than slot: Int) -> UInt32 { others[slot] }

  /// Whether the subscription that was found in a slot has ended since.
  func hasEnded(_ slot: Int) -> Bool { marks.count > 0 && marks[slot] == number + 1 }

  private func hasEnded(_ group: Handle<SharedGroup>) -> Bool {
    endedGroups.count > 0 && endedGroups[group.index] == number
  }

  // MARK: What ends meanwhile

  /// Says that a subscription ends; the walk goes on behind it.
  mutating func forget(_ handle: Handle<Subscription>, _ gone: Subscription) {
    guard isUnderWay else { return }
    if subscription == handle { subscription = gone.next }
    if marks[handle.index] == number { discount(Int(gone.subscriber)) }
    marks[handle.index] = number + 1
  }

  /// One of a session's subscriptions that were found has ended.
  private mutating func discount(_ subscriber: Int) {
    guard stamps[subscriber].number == number else { return }
    let place = Int(stamps[subscriber].place)
    let count = matches[place].liveCount
    if count > 0 && count < .max { matches[place].liveCount = count - 1 }
  }

  /// Says that a group ends; the walk goes on behind it.
  mutating func forget(_ handle: Handle<SharedGroup>, next: Handle<SharedGroup>) {
    guard isUnderWay else { return }
    if group == handle { group = next }
    endedGroups[handle.index] = number
  }

  /// Says that a session ends.
  mutating func forget(subscriber: Int) {
    if isUnderWay && stamps[subscriber].number != 0 { stamps[subscriber] = Stamp() }
  }
}

/// How far the subscriptions that match a name have been collected.
package enum MatchProgress: BitwiseCopyable {
  case complete
  case underWay
  /// There is no room for more matches.
  case full
}
