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
  /// Whether it waits for retained messages or is being sent them.
  package internal(set) var isReplaying = false
  /// The Subscription Identifier, or zero. [3.8.2.1.2]
  package internal(set) var identifier: UInt32

  /// Neighbours among those whose filter ends at the same node, or among the group's members.
  var next: Handle<Subscription> = .null
  var previous: Handle<Subscription> = .null
  var nextOfSubscriber: Handle<Subscription> = .null
  var previousOfSubscriber: Handle<Subscription> = .null
  /// Neighbours among those of the session that are replaying.
  var nextReplay: Handle<Subscription> = .null
  var previousReplay: Handle<Subscription> = .null
  /// While matches are collected: another subscription of the same session that matched.
  package internal(set) var alsoMatched: Handle<Subscription> = .null

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
  var next: Handle<SharedGroup> = .null
  /// The member whose turn it is.
  var turn: Handle<Subscription> = .null
  var firstMember: Handle<Subscription> = .null
  package internal(set) var memberCount: UInt32 = 0

  init(node: Handle<TopicNode>, name: Chain) {
    self.node = node
    self.name = name
  }
}

/// A session, or a group of which one will be chosen, that a message goes to.
package struct Match: BitwiseCopyable {
  /// The slot of the session; of no meaning when there is a group.
  package internal(set) var subscriber: UInt32
  /// The group of a Shared Subscription; null otherwise.
  package let group: Handle<SharedGroup>
  /// Nobody gets this copy: no member of the group can take it, or its queue is full.
  package internal(set) var isSkipped = false
  /// The highest QoS of the session's matching subscriptions. [MQTT-3.3.4-2]
  package internal(set) var qos: QoS
  /// Whether any of them asked for the RETAIN flag as it was published. [MQTT-3.3.1-13]
  package internal(set) var isRetainAsPublished: Bool
  /// Whether any of them has a Subscription Identifier.
  package internal(set) var hasIdentifiers: Bool
  /// Whether there is more than one of them, and `alsoMatched` leads to the rest.
  package internal(set) var isMerged = false
  /// The first of the session's matching subscriptions.
  package internal(set) var subscription: Handle<Subscription>

  /// The match of one subscription.
  package init(of handle: Handle<Subscription>, _ subscription: Subscription) {
    subscriber = subscription.subscriber
    group = subscription.group
    qos = subscription.options.qos
    isRetainAsPublished = subscription.options.isRetainAsPublished
    hasIdentifiers = subscription.identifier != 0
    self.subscription = handle
  }
}

/// What a session has in the index.
struct Subscriber: BitwiseCopyable {
  var first: Handle<Subscription> = .null
  var firstReplay: Handle<Subscription> = .null
  var lastReplay: Handle<Subscription> = .null
  /// The number of the publication that it last matched, and its place among the matches.
  var publication: UInt32 = 0
  var place: UInt32 = 0
}
