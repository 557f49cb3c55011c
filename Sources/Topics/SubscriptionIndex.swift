import Memory
import MQTT

/// Who is to be sent what: Topic Filters to sessions.
package struct SubscriptionIndex: ~Copyable {
  private let anchor = Anchor()
  var tree: TopicTree
  var subscriptions: Pool<Subscription>
  var groups: Pool<SharedGroup>
  var subscribers: SlotTable<Subscriber>
  /// The matches of a name that is matched at once, and of one that takes several turns.
  var quick: Matching
  var slow: Matching
  private var index: HashIndex
  var groupIndex: HashIndex
  let hash: SeededHash

  /// Whether subscriptions of one session that match the same name make one copy. [3.3.4]
  package var mergesOverlapping: Bool {
    get { quick.mergesOverlapping }
    set {
      quick.mergesOverlapping = newValue
      slow.mergesOverlapping = newValue
    }
  }

  /// How often retained messages were to be sent for a subscription.
  package internal(set) var replayCount: UInt32 = 0

  /// How many subscriptions are shared ones.
  package private(set) var sharedCount = 0

  /// How large its tables are.
  package struct Sizes {
    let subscriptions: Int
    let subscribers: Int
    let groups: Int
    let nodes: Int
    let levels: Int
    let quickMatches: Int

    /// - Parameter quickMatches: how many matches a name may have to be matched at once.
    package init(
      subscriptions: Int, subscribers: Int, groups: Int, nodes: Int, levels: Int,
      quickMatches: Int
    ) {
      self.subscriptions = subscriptions
      self.subscribers = subscribers
      self.groups = groups
      self.nodes = nodes
      self.levels = levels
      self.quickMatches = quickMatches
    }

    fileprivate func matching(_ count: Int) -> Matching.Sizes {
      Matching.Sizes(
        matches: min(count, max(subscribers + groups, subscriptions)), subscriptions: subscriptions,
        groups: groups,
        subscribers: subscribers, levels: levels)
    }
  }

  package init(_ sizes: Sizes, hash: SeededHash, in region: inout Region) {
    tree = TopicTree(nodes: sizes.nodes, levels: sizes.levels, hash: hash, in: &region)
    subscriptions = Pool("subscriptions", capacity: sizes.subscriptions, in: &region)
    index = HashIndex(capacity: sizes.subscriptions, in: &region)
    groups = Pool("shared groups", capacity: sizes.groups, in: &region)
    groupIndex = HashIndex(capacity: sizes.groups, in: &region)
    subscribers = SlotTable("subscribers", count: sizes.subscribers, in: &region)
    quick = Matching(
      Matching.Names(
        walk: "topic walk", matches: "matches", stamps: "matched sessions",
        others: "overlapping matches", marks: "matched subscriptions", ended: "ended matches"),
      sizes.matching(sizes.quickMatches), keepsEnded: false, in: &region)
    slow = Matching(
      Matching.Names(
        walk: "slow topic walk", matches: "slow matches", stamps: "slowly matched sessions",
        others: "slow overlapping matches", marks: "slowly matched subscriptions",
        ended: "slow ended matches"),
      sizes.matching(.max), keepsEnded: true, in: &region)
    self.hash = hash
  }

  package var occupancy: Occupancy { subscriptions.occupancy }
  package var levelOccupancy: Occupancy { tree.occupancy }
  package var groupOccupancy: Occupancy { groups.occupancy }

  package subscript(handle: Handle<Subscription>) -> Subscription {
    _read { yield subscriptions[handle] }
    _modify { yield &subscriptions[handle] }
  }

  /// The session's subscription to exactly this filter, which may begin with `$share/`.
  package func find(
    _ filter: Span<UInt8>, of subscriber: Int, texts: borrowing ByteChains
  ) -> Handle<Subscription>? {
    let shared = SharedFilter(parsing: filter)
    guard let node = tree.find(path(of: filter, shared), texts: texts) else { return nil }
    var group = Handle<SharedGroup>.null
    if let shared {
      guard let found = findGroup(named: shared.group.in(filter), at: node, texts: texts) else {
        return nil
      }
      group = found
    }
    return find(node, group, of: subscriber)
  }

  /// Gives a subscription other options. [MQTT-3.8.4-3]
  package mutating func replace(
    _ subscription: Handle<Subscription>, options: SubscriptionOptions, identifier: UInt32
  ) {
    subscriptions[subscription].options = options
    subscriptions[subscription].identifier = identifier
  }

  /// What a subscription to `filter` takes: a level and at least a block of text for each of its
  /// levels, as if nobody else had any of them, and its group and the name of that.
  package func cost(
    of filter: Span<UInt8>, blockBytes: Int
  ) -> (levels: Int, blocks: Int, groups: Int) {
    let shared = SharedFilter(parsing: filter)
    let path = path(of: filter, shared)
    var levels = TopicLevels(path)
    var (count, blocks) = (0, 0)
    while let level = levels.next() {
      count += 1
      blocks += max(1, (level.length + blockBytes - 1) / blockBytes)
    }
    if let shared { blocks += (shared.group.length + blockBytes - 1) / blockBytes }
    return (count, blocks, shared == nil ? 0 : 1)
  }

  /// How many subscriptions a session has, the blocks of text that are charged for them, and the groups,
  /// as if nobody else were a member.
  package func holding(of subscriber: Int) -> (subscriptions: Int, blocks: Int, groups: Int) {
    let holding = subscribers[subscriber]
    return (Int(holding.count), Int(holding.blocks), Int(holding.shared))
  }

  /// Subscribes a session to `filter`, to which it has no subscription; nil when something is full.
  package mutating func add(
    _ subscriber: Int, to filter: Span<UInt8>, options: SubscriptionOptions, identifier: UInt32,
    texts: inout ByteChains
  ) -> Handle<Subscription>? {
    guard subscriptions.occupancy.free > 0 else {
      subscriptions.refuse()
      return nil
    }
    let shared = SharedFilter(parsing: filter)
    let path = path(of: filter, shared)
    guard let node = tree.insert(path, texts: &texts, forgottenBy: &slow.walk) else { return nil }
    tree.hold(node)
    var group = Handle<SharedGroup>.null
    if let shared {
      group = claimGroup(named: shared.group.in(filter), at: node, texts: &texts)
      if group.isNull {
        tree.drop(node, texts: &texts, forgottenBy: &slow.walk)
        return nil
      }
    }
    let subscription = Subscription(
      subscriber: UInt32(subscriber), node: node, group: group, options: options,
      identifier: identifier)
    guard let handle = subscriptions.claim(subscription) else { return nil }
    link(handle)
    subscribers[subscriber].count += 1
    subscribers[subscriber].blocks += UInt32(
      cost(of: filter, blockBytes: texts.blockBytes).blocks)
    if !group.isNull { subscribers[subscriber].shared += 1 }
    return handle
  }

  /// Counts a subscription that was turned away because its session has its share of them.
  package mutating func refuse() { subscriptions.refuse() }

  /// Ends the session's subscription to exactly this filter; false when there is none.
  ///
  /// From now on it matches nothing; what the session is already owed stays owed. [MQTT-3.10.4-1]
  /// [MQTT-3.10.4-2] [MQTT-3.10.4-3] [MQTT3-3.10.4-4] [MQTT3-3.10.4-5]
  package mutating func unsubscribe(
    _ subscriber: Int, from filter: Span<UInt8>, texts: inout ByteChains
  ) -> Bool {
    guard let handle = find(filter, of: subscriber, texts: texts) else { return false }
    remove(handle, texts: &texts)
    return true
  }

  /// Lets nothing match for a session any more whose subscriptions are to be ended.
  package mutating func retire(_ subscriber: Int) {
    slow.forget(subscriber: subscriber)
    guard !subscribers[subscriber].first.isNull else { return }
    subscribers[subscriber].isRetired = true
  }

  /// Ends all subscriptions of the session, as far as work goes; true when none is left.
  package mutating func removeAll(
    of subscriber: Int, texts: inout ByteChains, _ work: inout Work
  ) -> Bool {
    while !subscribers[subscriber].first.isNull {
      guard !work.isSpent else { return false }
      let levels = remove(subscribers[subscriber].first, texts: &texts)
      work.pay(4 + levels)
    }
    if subscribers[subscriber].isRetired { subscribers[subscriber] = Subscriber() }
    return true
  }

  /// Writes the filter of a subscription, without `$share`, into the end of `buffer`.
  package func filter(
    of handle: Handle<Subscription>, texts: borrowing ByteChains, in buffer: inout Buffer
  ) -> Range<Int> {
    tree.text(of: subscriptions[handle].node, texts: texts, in: &buffer)
  }

  /// Whether any filter begins with this level, other than by a wildcard.
  package func hasFirstLevel(_ level: Span<UInt8>, texts: borrowing ByteChains) -> Bool {
    tree.find(level, texts: texts) != nil
  }

  private func find(
    _ node: Handle<TopicNode>, _ group: Handle<SharedGroup>, of subscriber: Int
  ) -> Handle<Subscription>? {
    var slot = index.first(key(node, group, subscriber))
    while let candidate = slot {
      if let handle = subscriptions.handle(at: candidate), subscriptions[handle].node == node,
        subscriptions[handle].subscriber == UInt32(subscriber), subscriptions[handle].group == group
      {
        return handle
      }
      slot = index.next(candidate)
    }
    return nil
  }

  /// What names are matched against: the filter without `$share/` and the group.
  @_lifetime(copy filter)
  private func path(of filter: Span<UInt8>, _ shared: SharedFilter?) -> Span<UInt8> {
    guard let shared else { return filter }
    return shared.filter.in(filter)
  }

  private func key(
    _ node: Handle<TopicNode>, _ group: Handle<SharedGroup>, _ subscriber: Int
  ) -> UInt32 {
    hash(hash(node.raw, group.raw), UInt32(subscriber))
  }

  private mutating func link(_ handle: Handle<Subscription>) {
    let subscriber = Int(subscriptions[handle].subscriber)
    let group = subscriptions[handle].group
    index.insert(handle.index, hash: key(subscriptions[handle].node, group, subscriber))
    linkToSubscriber(handle, subscriber)
    guard group.isNull else {
      sharedCount += 1
      return addMember(handle, to: group)
    }
    let node = subscriptions[handle].node
    let first = tree[node].firstSubscription
    subscriptions[handle].next = first
    if !first.isNull { subscriptions[first].previous = handle }
    tree[node].firstSubscription = handle
  }

  private mutating func linkToSubscriber(_ handle: Handle<Subscription>, _ subscriber: Int) {
    let first = subscribers[subscriber].first
    subscriptions[handle].nextOfSubscriber = first
    if !first.isNull { subscriptions[first].previousOfSubscriber = handle }
    subscribers[subscriber].first = handle
  }

  /// Removes a subscription; how many levels its filter had.
  @discardableResult
  private mutating func remove(
    _ handle: Handle<Subscription>, texts: inout ByteChains
  ) -> Int {
    endReplay(of: handle)
    let gone = subscriptions[handle]
    slow.forget(handle, gone)
    index.remove(handle.index, hash: key(gone.node, gone.group, Int(gone.subscriber)))
    let levels = discharge(gone, blockBytes: texts.blockBytes)
    unlinkFromSubscriber(gone)
    if gone.group.isNull {
      unlinkFromNode(gone)
    } else {
      sharedCount -= 1
      removeMember(handle, texts: &texts)
    }
    subscriptions.release(handle)
    tree.drop(gone.node, texts: &texts, forgottenBy: &slow.walk)
    return levels
  }

  /// Takes what a subscription was charged off its session's account; how many levels there were.
  private mutating func discharge(_ gone: Subscription, blockBytes: Int) -> Int {
    var (levels, blocks) = tree.cost(of: gone.node, blockBytes: blockBytes)
    if !gone.group.isNull {
      subscribers[Int(gone.subscriber)].shared -= 1
      blocks += (groups[gone.group].name.count + blockBytes - 1) / blockBytes
    }
    subscribers[Int(gone.subscriber)].count -= 1
    subscribers[Int(gone.subscriber)].blocks -= UInt32(blocks)
    return levels
  }

  private mutating func unlinkFromSubscriber(_ gone: Subscription) {
    let (previous, next) = (gone.previousOfSubscriber, gone.nextOfSubscriber)
    if !next.isNull { subscriptions[next].previousOfSubscriber = previous }
    if previous.isNull {
      subscribers[Int(gone.subscriber)].first = next
    } else {
      subscriptions[previous].nextOfSubscriber = next
    }
  }

  private mutating func unlinkFromNode(_ gone: Subscription) {
    if !gone.next.isNull { subscriptions[gone.next].previous = gone.previous }
    if gone.previous.isNull {
      tree[gone.node].firstSubscription = gone.next
    } else {
      subscriptions[gone.previous].next = gone.next
    }
  }
}
