import Board
import Memory

/// How each table that clients fill is shared by them: sessions, unless it says otherwise.
package struct Shares: BitwiseCopyable {
  /// Places of connections that have not come in yet, by address.
  let entering: Share
  /// Clients that are connected, by address.
  let clients: Share
  /// Sessions, by user and address.
  let sessions: Share
  let subscriptions: Share
  let topicLevels: Share
  let sharedGroups: Share
  let textBlocks: Share
  let deliveries: Share
  let messages: Share
  let messageBlocks: Share
  let unreleased: Share
  /// Retained messages and the levels of their topics, by user and address.
  let retained: Share
  let retainedLevels: Share
  /// Blocks, by connection.
  let receiveBlocks: Share
  let sendBlocks: Share

  package init(_ limits: Limits) {
    let (places, owners) = (limits.places, limits.sessions)
    entering = Share(capacity: places, freely: places / 2, kept: limits.reservedPlaces, part: 8)
    // The last few places are for those who are refused.
    clients = Share(
      capacity: places - Limits.refusalPlaces, freely: limits.connections,
      kept: limits.reservedPlaces - Limits.refusalPlaces, part: 4)
    // All who are connected may come from one address, without names.
    sessions = Share(
      capacity: limits.sessions,
      freely: max(limits.sessions / 2, min(limits.connections, limits.sessions * 3 / 4)),
      owners: places,
      need: 4)
    subscriptions = Share(capacity: limits.subscriptions, owners: owners, need: 2)
    topicLevels = Share(capacity: limits.topicNodes, owners: owners, need: 6)
    sharedGroups = Share(capacity: limits.sharedGroups, owners: owners, need: 1)
    textBlocks = Share(capacity: limits.textBlocks, owners: owners, need: 16)
    deliveries = Share(capacity: limits.deliveries, owners: owners, need: 4)
    messages = Share(capacity: limits.messages, owners: owners, need: 4)
    messageBlocks = Share(capacity: limits.messageBlocks, owners: owners, need: 8)
    unreleased = Share(capacity: limits.unreleased, owners: owners, need: 2)
    retained = Share(capacity: limits.retained, owners: places, need: 4)
    retainedLevels = Share(capacity: limits.retainedLevels, owners: places, need: 4)
    // Those beyond the one that each connection can always claim.
    let shared = limits.receiveBlocks - places
    receiveBlocks = Share(
      capacity: shared, freely: max(limits.packetBytes / limits.receiveBlockBytes, shared / 2),
      owners: places, need: 4)
    sendBlocks = Share(
      capacity: limits.sendBlocks - places, freely: (limits.sendBlocks - places) / 2, kept: 0,
      part: 1)
  }
}

extension Shares {
  /// How a pool of the plan is shared; nil for one that is not.
  package func share(of entry: PlanEntry) -> Share? {
    for number in 0..<SystemTopic.ownPools {
      guard let pool = BrokerPool(rawValue: UInt8(number)), entry.isNamed(pool.name) else {
        continue
      }
      return share(of: pool)
    }
    return nil
  }

  private func share(of pool: BrokerPool) -> Share? {
    switch pool {
    case .connections: clients
    case .sessions: sessions
    case .subscriptions: subscriptions
    case .topicLevels: topicLevels
    case .retainedMessages: retained
    case .messages: messages
    case .messageBlocks: messageBlocks
    case .deliveries: deliveries
    case .textBlocks: textBlocks
    case .receiveBlocks: receiveBlocks
    case .unreleasedMessages: unreleased
    case .sendBlocks: sendBlocks
    case .sharedGroups, .retainedLevels, .topicAliases, .owners: nil
    }
  }
}
