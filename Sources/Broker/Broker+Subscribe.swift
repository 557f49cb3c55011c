import Access
import Board
import MQTT
import Memory
import Sessions
import Topics

// SUBSCRIBE and UNSUBSCRIBE: each Topic Filter as a packet of its own, answered together. [3.8.4]
// [3.10.4] [MQTT-3.8.4-5] [MQTT-3.10.4-6] [MQTT3-3.8.4-4] [MQTT3-3.10.4-3]
extension Broker {
  /// Subscribes the Client of a connection to one filter; the code of the SUBACK.
  mutating func beginSubscription(
    to written: Span<UInt8>, _ options: SubscriptionOptions, _ identifier: UInt32,
    on connection: Handle<Connection>, _ work: inout Work
  ) -> ReasonCode {
    let session = connections[connection].session
    guard written.count <= limits.topicBytes, let filter = mounted(filter: written, on: connection)
    else { return .topicFilterInvalid }
    guard maySubscribe(filter, session, &work) else {
      note(.subscribeDenied, session, "")
      return .notAuthorized
    }
    guard subscribe(session, to: filter, options, identifier, &work) else {
      return .quotaExceeded
    }
    note(.subscribed, session, "")
    // Every QoS is granted, even where the listener takes no such PUBLISH. The reasons above are
    // those that a SUBACK may hold. [MQTT-3.2.2-10] [MQTT-3.8.4-7] [MQTT-3.9.3-2]
    return ReasonCode(rawValue: options.qos.rawValue)
  }

  /// Ends the subscription of a connection's Client to one filter; the code of the UNSUBACK.
  mutating func endSubscription(
    from written: Span<UInt8>, on connection: Handle<Connection>, _ work: inout Work
  ) -> ReasonCode {
    let session = connections[connection].session
    var isEnded = false
    if let mounted = mounted(filter: written, on: connection) {
      work.pay(subscriptions.cost(of: mounted, blockBytes: texts.blockBytes).levels)
      let replaying = subscriptions.replaying(session.index)
      isEnded = subscriptions.unsubscribe(session.index, from: mounted, texts: &texts)
      if subscriptions.replaying(session.index) != replaying {
        retention.replays.reset(session, &retention.index)
      }
    }
    note(.unsubscribed, session, "")
    return isEnded ? .success : .noSubscriptionExisted  // [MQTT-3.11.3-2]
  }

  /// Gives a session a subscription, or other options to one that it has; false when it has its share.
  private mutating func subscribe(
    _ session: Handle<Session>, to filter: Span<UInt8>, _ options: SubscriptionOptions,
    _ identifier: UInt32, _ work: inout Work
  ) -> Bool {
    if let known = subscriptions.find(filter, of: session.index, texts: texts) {
      // [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11] [MQTT-3.8.4-4] [MQTT3-3.8.4-3]
      subscriptions.replace(known, options: options, identifier: identifier)
      if options.retainHandling == .send { beginReplay(of: known, to: session) }
    } else {
      guard let added = add(filter, options, identifier, to: session, &work) else { return false }
      if options.retainHandling != .doNotSend { beginReplay(of: added, to: session) }
    }
    return true
  }

  /// Adds a subscription that a session does not have yet; nil when it has its share of them, of
  /// levels or of text blocks.
  private mutating func add(
    _ filter: Span<UInt8>, _ options: SubscriptionOptions, _ identifier: UInt32,
    to session: Handle<Session>, _ work: inout Work
  ) -> Handle<Subscription>? {
    let cost = subscriptions.cost(of: filter, blockBytes: texts.blockBytes)
    work.pay(2 * cost.levels)
    if let shortage = subscriptionShortage(cost, session) {
      subscriptions.refuse()
      note(.subscriptionsFull, session, shortage.words)
      return nil
    }
    let added = subscriptions.add(
      session.index, to: filter, options: options, identifier: identifier, texts: &texts)
    if added == nil { note(.subscriptionsFull, session, words(ofMissing: cost.levels)) }
    return added
  }

  /// What there is not enough of for one more subscription of a session; nil when there is.
  private func subscriptionShortage(
    _ cost: (levels: Int, blocks: Int, groups: Int), _ session: Handle<Session>
  ) -> Shortage? {
    let held = subscriptions.holding(of: session.index)
    return shares.subscriptions.shortage(
      of: .subscriptions, for: 1, holding: held.subscriptions,
      free: subscriptions.occupancy.free)
      ?? shares.topicLevels.shortage(
        of: .topicLevels, for: cost.levels, holding: held.blocks,
        free: subscriptions.levelOccupancy.free)
      ?? shares.sharedGroups.shortage(
        of: .sharedGroups, for: cost.groups, holding: held.groups,
        free: subscriptions.groupOccupancy.free)
      ?? shares.textBlocks.shortage(
        of: .textBlocks, for: cost.blocks, holding: textsHeld(by: session),
        free: texts.occupancy.free)
  }

  /// What was missing for a subscription of which the session had not its share.
  private func words(ofMissing levels: Int) -> StaticString {
    if levels > limits.topicLevels { return "its Topic Filter has too many levels" }
    let hasGroups = subscriptions.groupOccupancy.free > 0
    return Shortage.of(hasGroups ? .textBlocks : .sharedGroups).words
  }

  /// Retained messages are not sent for Shared Subscriptions. [4.8.2]
  private mutating func beginReplay(
    of subscription: Handle<Subscription>, to session: Handle<Session>
  ) {
    guard subscriptions[subscription].group.isNull else { return }
    if subscriptions.replaying(session.index) == subscription {
      retention.replays.reset(session, &retention.index)
    }
    if subscriptions.replayCount == .max {
      subscriptions.restartReplayNumbers()
      retention.index.forgetOvertaken()
    }
    subscriptions.beginReplay(of: subscription)
  }
}
