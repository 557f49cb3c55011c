import Memory

/// What there is not enough of for somebody, by the name that the pool has in `--plan`.
enum Shortage: BitwiseCopyable {
  /// Nothing is left for anybody.
  case of(BrokerPool)
  /// Something is left, for others: he has his share.
  case ofShare(BrokerPool)

  /// The same for the log, and for the Reason String of who is told.
  var words: StaticString {
    switch self {
    case .of(let pool): pool.usedUp
    case .ofShare(let pool): pool.shareUsedUp
    }
  }
}

extension Share {
  /// Why somebody who holds so much of a pool may not claim so much more; nil when he may.
  func shortage(
    of pool: BrokerPool, for wanted: Int, holding held: Int, free: Int
  ) -> Shortage? {
    if allows(wanted, holding: held, free: free) { return nil }
    return wanted > free ? .of(pool) : .ofShare(pool)
  }
}

extension BrokerPool {
  fileprivate var usedUp: StaticString {
    switch self {
    case .connections: "connections are used up"
    case .sessions: "sessions are used up"
    case .subscriptions: "subscriptions are used up"
    case .topicLevels: "topic levels are used up"
    case .sharedGroups: "shared groups are used up"
    case .retainedMessages: "retained messages are used up"
    case .retainedLevels: "retained levels are used up"
    case .messages: "messages are used up"
    case .messageBlocks: "message blocks are used up"
    case .deliveries: "deliveries are used up"
    case .textBlocks: "text blocks are used up"
    case .receiveBlocks: "receive blocks are used up"
    case .unreleasedMessages: "unreleased messages are used up"
    case .topicAliases: "topic aliases are used up"
    case .sendBlocks: "send blocks are used up"
    case .owners: "owners are used up"
    }
  }

  /// Of pools without shares nobody has one.
  fileprivate var shareUsedUp: StaticString {
    switch self {
    case .connections: "its address has its share of connections"
    case .sessions: "its user has its share of sessions"
    case .subscriptions: "it has its share of subscriptions"
    case .topicLevels: "it has its share of topic levels"
    case .retainedMessages: "its user has its share of retained messages"
    case .messages: "it has its share of messages"
    case .messageBlocks: "it has its share of message blocks"
    case .deliveries: "it has its share of deliveries"
    case .textBlocks: "it has its share of text blocks"
    case .receiveBlocks: "it has its share of receive blocks"
    case .unreleasedMessages: "it has its share of unreleased messages"
    case .sendBlocks: "it has its share of send blocks"
    case .sharedGroups: "it has its share of shared groups"
    case .retainedLevels: "its user has its share of retained levels"
    case .topicAliases, .owners: usedUp
    }
  }
}
