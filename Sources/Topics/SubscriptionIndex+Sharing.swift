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
  package mutating func choose(_ member: Handle<Subscription>, at place: Int) {
    matches[place] = Match(of: member, subscriptions[member])
  }

  /// Says that there is nobody who could have the copy, or miss it.
  package mutating func void(at place: Int) {
    matches[place].isSkipped = true
    matches[place].qos = .atMostOnce
  }

  /// Lets nobody have the copy.
  package mutating func skip(at place: Int) { matches[place].isSkipped = true }

  /// The group's handle, made if need be; null when something is full. The caller holds the node.
  mutating func claimGroup(
    named name: Span<UInt8>, at node: Handle<TopicNode>, texts: inout ByteChains
  ) -> Handle<SharedGroup> {
    if let existing = findGroup(named: name, at: node, texts: texts) { return existing }
    var text = Chain()
    guard texts.append(name, to: &text) else { return .null }
    guard let group = groups.claim(SharedGroup(node: node, name: text)) else {
      texts.release(&text)
      return .null
    }
    groups[group].next = tree[node].firstGroup
    tree[node].firstGroup = group
    return group
  }

  func findGroup(
    named name: Span<UInt8>, at node: Handle<TopicNode>, texts: borrowing ByteChains
  ) -> Handle<SharedGroup>? {
    var group = tree[node].firstGroup
    while !group.isNull {
      if texts.equals(groups[group].name, name) { return group }
      group = groups[group].next
    }
    return nil
  }

  mutating func addMember(_ handle: Handle<Subscription>, to group: Handle<SharedGroup>) {
    let first = groups[group].firstMember
    subscriptions[handle].next = first
    if !first.isNull { subscriptions[first].previous = handle }
    groups[group].firstMember = handle
    groups[group].memberCount += 1
    if groups[group].turn.isNull { groups[group].turn = handle }
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
    let (node, next) = (groups[group].node, groups[group].next)
    if tree[node].firstGroup == group {
      tree[node].firstGroup = next
    } else {
      groups[groupBefore(group, at: node)].next = next
    }
    texts.release(&groups[group].name)
    groups.release(group)
  }

  private func groupBefore(
    _ group: Handle<SharedGroup>, at node: Handle<TopicNode>
  ) -> Handle<SharedGroup> {
    var before = tree[node].firstGroup
    while groups[before].next != group { before = groups[before].next }
    return before
  }
}
