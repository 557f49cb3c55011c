import Memory
import MQTT

/// What one session asked to be sent. [4.8.1]
package struct Subscription: BitwiseCopyable {
  /// The slot of the session that subscribed.
  package let subscriber: UInt32
  let node: Handle<TopicNode>
  /// The group of a Shared Subscription; null otherwise.
  package let group: Handle<SharedGroup>
  package internal(set) var options: SubscriptionOptions
  /// Which it is of those whose retained messages were to be sent; zero when they have been.
  package internal(set) var replayNumber: UInt32 = 0
  /// The Subscription Identifier, or zero. [3.8.2.1.2]
  package internal(set) var identifier: UInt32

  /// Neighbours among those whose filter ends at the same node, or among the group's members.
  var next: Handle<Subscription> = .null
  var previous: Handle<Subscription> = .null
  var nextOfSubscriber: Handle<Subscription> = .null
  var previousOfSubscriber: Handle<Subscription> = .null
  var nextReplay: Handle<Subscription> = .null
  var previousReplay: Handle<Subscription> = .null

  /// Whether its retained messages have still to be sent.
  package var isReplaying: Bool { replayNumber != 0 }

  init(
    subscriber: UInt32, node: Handle<TopicNode>, group: Handle<SharedGroup>,
    options: SubscriptionOptions, identifier: UInt32
  ) {
    self.subscriber = subscriber
    self.node = node
    self.group = group
    self.options = options
    self.identifier = identifier
  }
}

/// The members of a Shared Subscription, of whom one gets each message. [4.8.2]
package struct SharedGroup: BitwiseCopyable {
  let node: Handle<TopicNode>
  var name: Chain
  let hash: UInt32
  /// Neighbours among the groups of the same filter.
  var next: Handle<SharedGroup> = .null
  var previous: Handle<SharedGroup> = .null
  /// The member whose turn it is.
  var turn: Handle<Subscription> = .null
  var firstMember: Handle<Subscription> = .null
  package internal(set) var memberCount: UInt32 = 0

  init(node: Handle<TopicNode>, name: Chain, hash: UInt32) {
    self.node = node
    self.name = name
    self.hash = hash
  }
}

/// What a group is known by after it may have ended: its handle alone may be another's by then.
package struct GroupMark: BitwiseCopyable {
  package let group: Handle<SharedGroup>
  let hash: UInt32
}

/// What a session has in the index.
struct Subscriber: BitwiseCopyable {
  var first: Handle<Subscription> = .null
  var firstReplay: Handle<Subscription> = .null
  var lastReplay: Handle<Subscription> = .null
  /// How many it has, and the blocks of text that are charged for them.
  var count: UInt32 = 0
  var blocks: UInt32 = 0
  /// How many of them are shared.
  var shared: UInt32 = 0
  /// Its session has ended: nothing matches for it any more.
  var isRetired = false
}
