import MQTT
import Memory

/// A session, or a group of which one will be chosen, that a message goes to.
package struct Match: BitwiseCopyable {
  /// The slot of the session; of no meaning when there is a group.
  package internal(set) var subscriber: UInt32
  /// The group of a Shared Subscription; null otherwise.
  package let group: Handle<SharedGroup>
  /// There is nobody any more, or nobody who may have it.
  package internal(set) var isVoid = false
  /// The highest QoS of the session's matching subscriptions. [MQTT-3.3.4-2]
  package internal(set) var qos: QoS
  /// Whether any of them asked for the RETAIN flag as it was published. [MQTT-3.3.1-13]
  package internal(set) var isRetainAsPublished: Bool
  /// Whether there is more than one of them, and the matching knows the rest.
  package internal(set) var isMerged = false
  /// The greatest number of those whose retained messages have still to be sent; zero when there are none.
  package internal(set) var replayNumber: UInt32
  /// How many of them have a Subscription Identifier.
  package internal(set) var identifierCount: UInt16
  /// How many of them still are, as far as they have been found; all ones for too many to be counted.
  var liveCount: UInt16 = 1
  /// The first of the session's matching subscriptions.
  package internal(set) var subscription: Handle<Subscription>

  /// The match of one subscription.
  package init(of handle: Handle<Subscription>, _ subscription: Subscription) {
    subscriber = subscription.subscriber
    group = subscription.group
    qos = subscription.options.qos
    isRetainAsPublished = subscription.options.isRetainAsPublished
    replayNumber = subscription.replayNumber
    identifierCount = subscription.identifier == 0 ? 0 : 1
    self.subscription = handle
  }

  /// Whether any of them has a Subscription Identifier.
  package var hasIdentifiers: Bool { identifierCount > 0 }

  /// Whether more of them have one than a copy can name.
  package var hasTooManyIdentifiers: Bool { identifierCount > Match.mostIdentifiers }

  /// As many Subscription Identifiers as one copy may have. More: the copy is dropped, and counted.
  static var mostIdentifiers: UInt16 { 2048 }
}

/// Where one stands among the Subscription Identifiers of a match.
package struct IdentifierCursor: BitwiseCopyable {
  /// One more than the slot of the subscription to look at next; zero at the end.
  var place: UInt32
  let isMerged: Bool
  let lane: Lane
}
