import Memory
import MQTT

extension SubscriptionIndex {
  /// How many members the group has.
  package func memberCount(of group: Handle<SharedGroup>) -> Int {
    Int(groups[group].memberCount)
  }

  /// The member whose turn it is; the turn passes on.
  package mutating func takeTurn(in group: Handle<SharedGroup>) -> Handle<Subscription> {
    let chosen = groups[group].turn
    let next = subscriptions[chosen].next
    groups[group].turn = next.isNull ? groups[group].firstMember : next
    return chosen
  }

  /// Gives the copy of a group to one of its members.
  package mutating func choose(_ member: Handle<Subscription>, at place: Int, in lane: Lane) {
    setMatch(Match(of: member, subscriptions[member]), at: place, in: lane)
  }

  /// Lets the turn pass to the member behind this one.
  package mutating func setTurn(behind member: Handle<Subscription>) {
    let group = subscriptions[member].group
    let next = subscriptions[member].next
    groups[group].turn = next.isNull ? groups[group].firstMember : next
  }

  /// What a group is known by, however long that takes.
  package func mark(of group: Handle<SharedGroup>) -> GroupMark {
    GroupMark(group: group, hash: groups[group].hash)
  }

  /// Whether a group still is.
  package func contains(_ mark: GroupMark) -> Bool {
    groups.contains(mark.group) && groups[mark.group].hash == mark.hash
  }

  /// Whether a subscription still is.
  package func contains(_ subscription: Handle<Subscription>) -> Bool {
    subscriptions.contains(subscription)
  }

  /// The group's handle, made if need be; null when something is full. The caller holds the node.
  mutating func claimGroup(
    named name: Span<UInt8>, at node: Handle<TopicNode>, texts: inout ByteChains
  ) -> Handle<SharedGroup> {
    if let existing = findGroup(named: name, at: node, texts: texts) { return existing }
    var text = Chain()
    guard texts.append(name, to: &text) else { return .null }
    let key = hash(name, after: node.raw)
    guard let group = groups.claim(SharedGroup(node: node, name: text, hash: key)) else {
      texts.release(&text)
      return .null
    }
    groupIndex.insert(group.index, hash: key)
    let first = tree[node].firstGroup
    groups[group].next = first
    if !first.isNull { groups[first].previous = group }
    tree[node].firstGroup = group
    return group
  }

  func findGroup(
    named name: Span<UInt8>, at node: Handle<TopicNode>, texts: borrowing ByteChains
  ) -> Handle<SharedGroup>? {
    let key = hash(name, after: node.raw)
    var slot = groupIndex.first(key)
    while let candidate = slot {
      if let group = groups.handle(at: candidate), groups[group].node == node,
        texts.equals(groups[group].name, name)
      {
        return group
      }
      slot = groupIndex.next(candidate)
    }
    return nil
  }

  /// Lets a member have its turn behind all who are there: it stands before the one whose turn it is.
  mutating func addMember(_ handle: Handle<Subscription>, to group: Handle<SharedGroup>) {
    groups[group].memberCount += 1
    let turn = groups[group].turn
    guard !turn.isNull else {
      groups[group].firstMember = handle
      groups[group].turn = handle
      return
    }
    let previous = subscriptions[turn].previous
    subscriptions[handle].previous = previous
    subscriptions[handle].next = turn
    subscriptions[turn].previous = handle
    if previous.isNull {
      groups[group].firstMember = handle
    } else {
      subscriptions[previous].next = handle
    }
  }

  mutating func removeMember(_ handle: Handle<Subscription>, texts: inout ByteChains) {
    let gone = subscriptions[handle]
    let group = gone.group
    if groups[group].turn == handle { _ = takeTurn(in: group) }
    if !gone.next.isNull { subscriptions[gone.next].previous = gone.previous }
    if gone.previous.isNull {
      groups[group].firstMember = gone.next
    } else {
      subscriptions[gone.previous].next = gone.next
    }
    groups[group].memberCount -= 1
    if groups[group].memberCount == 0 { releaseGroup(group, texts: &texts) }
  }

  private mutating func releaseGroup(_ group: Handle<SharedGroup>, texts: inout ByteChains) {
    let gone = groups[group]
    slow.forget(group, next: gone.next)
    groupIndex.remove(group.index, hash: gone.hash)
    if !gone.next.isNull { groups[gone.next].previous = gone.previous }
    if gone.previous.isNull {
      tree[gone.node].firstGroup = gone.next
    } else {
      groups[gone.previous].next = gone.next
    }
    texts.release(&groups[group].name)
    groups.release(group)
  }
}
