import Memory
import MQTT

/// Who is to be sent what: Topic Filters to sessions.
package struct SubscriptionIndex: ~Copyable {
  private let anchor = Anchor()
  var tree: TopicTree
  var subscriptions: Pool<Subscription>
  var groups: Pool<SharedGroup>
  var subscribers: SlotTable<Subscriber>
  /// The matches of the name that was matched last.
  package internal(set) var matches: FixedList<Match>
  var publication: UInt32 = 0
  private var index: HashIndex
  private let hash: SeededHash

  /// How many subscriptions are shared ones.
  package private(set) var sharedCount = 0

  package init(
    subscriptions count: Int, subscribers: Int, groups groupCount: Int, nodes: Int, levels: Int,
    hash: SeededHash, in region: inout Region
  ) {
    tree = TopicTree(nodes: nodes, levels: levels, hash: hash, in: &region)
    subscriptions = Pool("subscriptions", capacity: count, in: &region)
    index = HashIndex(capacity: count, in: &region)
    groups = Pool("shared groups", capacity: groupCount, in: &region)
    self.subscribers = SlotTable("subscribers", count: subscribers, in: &region)
    matches = FixedList("matches", capacity: count, in: &region)
    self.hash = hash
  }

  package var occupancy: Occupancy { subscriptions.occupancy }
  package var levelOccupancy: Occupancy { tree.occupancy }
  package var groupOccupancy: Occupancy { groups.occupancy }

  package subscript(handle: Handle<Subscription>) -> Subscription {
    _read { yield subscriptions[handle] }
    _modify { yield &subscriptions[handle] }
  }

  /// What came of an attempt to subscribe.
  package enum Outcome {
    case added(Handle<Subscription>)
    /// There was one with the same filter; it has the new options now. [MQTT-3.8.4-3]
    case replaced(Handle<Subscription>)
    case full
  }

  /// Subscribes a session to `filter`, which may begin with `$share/`.
  package mutating func subscribe(
    _ subscriber: Int, to filter: Span<UInt8>, options: SubscriptionOptions, identifier: UInt32,
    texts: inout ByteChains
  ) -> Outcome {
    if let existing = find(filter, of: subscriber, texts: texts) {
      subscriptions[existing].options = options
      subscriptions[existing].identifier = identifier
      return .replaced(existing)
    }
    guard subscriptions.occupancy.free > 0 else {
      subscriptions.refuse()
      return .full
    }
    let shared = SharedFilter(parsing: filter)
    let path = path(of: filter, shared)
    guard let node = tree.insert(path, texts: &texts) else { return .full }
    tree.hold(node)
    var group = Handle<SharedGroup>.null
    if let shared {
      group = claimGroup(named: shared.group.in(filter), at: node, texts: &texts)
      if group.isNull {
        tree.drop(node, texts: &texts)
        return .full
      }
    }
    let subscription = Subscription(
      subscriber: UInt32(subscriber), node: node, group: group, options: options,
      identifier: identifier)
    guard let handle = subscriptions.claim(subscription) else { return .full }
    link(handle)
    return .added(handle)
  }

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
    guard !subscribers[subscriber].first.isNull else { return }
    subscribers[subscriber].isRetired = true
  }

  /// Ends all subscriptions of the session, as far as work goes; true when none is left.
  package mutating func removeAll(
    of subscriber: Int, texts: inout ByteChains, _ work: inout Work
  ) -> Bool {
    while !subscribers[subscriber].first.isNull {
      guard !work.isSpent else { return false }
      work.pay(8)
      remove(subscribers[subscriber].first, texts: &texts)
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
    _ filter: Span<UInt8>, of subscriber: Int, texts: borrowing ByteChains
  ) -> Handle<Subscription>? {
    let shared = SharedFilter(parsing: filter)
    let path = path(of: filter, shared)
    guard let node = tree.find(path, texts: texts) else { return nil }
    var group = Handle<SharedGroup>.null
    if let shared {
      guard let found = findGroup(named: shared.group.in(filter), at: node, texts: texts) else {
        return nil
      }
      group = found
    }
    var slot = index.first(key(node, subscriber))
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

  private func key(_ node: Handle<TopicNode>, _ subscriber: Int) -> UInt32 {
    hash(node.raw, UInt32(subscriber))
  }

  private mutating func link(_ handle: Handle<Subscription>) {
    let subscriber = Int(subscriptions[handle].subscriber)
    index.insert(handle.index, hash: key(subscriptions[handle].node, subscriber))
    linkToSubscriber(handle, subscriber)
    let group = subscriptions[handle].group
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

  private mutating func remove(_ handle: Handle<Subscription>, texts: inout ByteChains) {
    endReplay(of: handle)
    let gone = subscriptions[handle]
    index.remove(handle.index, hash: key(gone.node, Int(gone.subscriber)))
    unlinkFromSubscriber(gone)
    if gone.group.isNull {
      unlinkFromNode(gone)
    } else {
      sharedCount -= 1
      removeMember(handle, texts: &texts)
    }
    subscriptions.release(handle)
    tree.drop(gone.node, texts: &texts)
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
