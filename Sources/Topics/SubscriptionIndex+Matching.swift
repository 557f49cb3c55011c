import Memory
import MQTT

extension SubscriptionIndex {
  /// Collects in `matches` who is to be sent a message on `topic`: whoever has a filter that
  /// matches, and nobody else. [MQTT-3.3.2-3] [MQTT3-3.3.2-3]
  ///
  /// A session comes once, whatever number of its subscriptions match; a group of a Shared
  /// Subscription comes once for itself.
  ///
  /// - Parameter publisher: the slot of the publishing session, for No Local; nil for the Server.
  package mutating func match(
    _ topic: Span<UInt8>, from publisher: Int?, texts: borrowing ByteChains
  ) {
    matches.removeAll()
    publication &+= 1
    if publication == 0 { publication = 1 }
    tree.beginWalk(of: topic)
    while let node = tree.nextMatch(of: topic, texts: texts) {
      collectSubscriptions(at: node, from: publisher)
      collectGroups(at: node)
    }
  }

  /// Moves a match to another place, not behind its own.
  package mutating func keepMatch(at place: Int, as kept: Int) { matches[kept] = matches[place] }

  /// Forgets all matches but the first so many.
  package mutating func keepMatches(first count: Int) {
    while matches.count > count { _ = matches.removeLast() }
  }

  private mutating func collectSubscriptions(at node: Handle<TopicNode>, from publisher: Int?) {
    var handle = tree[node].firstSubscription
    while !handle.isNull {
      let subscriber = Int(subscriptions[handle].subscriber)
      // A Client with No Local does not get its own messages back. [MQTT-3.8.3-3]
      let isOwn = subscriptions[handle].options.isNoLocal && subscriber == publisher
      if !isOwn && !subscribers[subscriber].isRetired {
        collect(handle, of: subscriber)
      }
      handle = subscriptions[handle].next
    }
  }

  private mutating func collect(_ handle: Handle<Subscription>, of subscriber: Int) {
    subscriptions[handle].alsoMatched = .null
    guard subscribers[subscriber].publication == publication else {
      subscribers[subscriber].publication = publication
      subscribers[subscriber].place = UInt32(matches.count)
      return append(handle)
    }
    merge(handle, into: Int(subscribers[subscriber].place))
  }

  private mutating func append(_ handle: Handle<Subscription>) {
    let isAppended = matches.append(Match(of: handle, subscriptions[handle]))
    precondition(isAppended)  // there are as many places as subscriptions
  }

  /// Overlapping subscriptions of one session make one copy: the highest QoS and all Subscription
  /// Identifiers. [MQTT-3.3.4-2] [MQTT-3.3.4-4] [MQTT3-3.3.5-1]
  private mutating func merge(_ handle: Handle<Subscription>, into place: Int) {
    let subscription = subscriptions[handle]
    subscriptions[handle].alsoMatched = matches[place].subscription
    matches[place].subscription = handle
    matches[place].isMerged = true
    matches[place].qos = max(matches[place].qos, subscription.options.qos)
    if subscription.options.isRetainAsPublished { matches[place].isRetainAsPublished = true }
    if subscription.identifier != 0 { matches[place].hasIdentifiers = true }
  }

  private mutating func collectGroups(at node: Handle<TopicNode>) {
    var group = tree[node].firstGroup
    while !group.isNull {
      append(groups[group].turn)
      group = groups[group].next
    }
  }
}
