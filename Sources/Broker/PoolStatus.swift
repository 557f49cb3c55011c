import Memory

/// How full one of the pools is that clients can fill.
package struct PoolStatus: BitwiseCopyable {
  /// Its name in `$SYS/broker/limits/`.
  package let name: StaticString
  package let occupancy: Occupancy

  package init(name: StaticString, occupancy: Occupancy) {
    self.name = name
    self.occupancy = occupancy
  }
}

/// What `$SYS` tells of each pool.
enum PoolAspect: UInt8 {
  case used
  case peak
  case capacity
  case refused

  static var count: Int { 4 }

  /// What follows the name of the pool.
  var name: StaticString {
    switch self {
    case .used: "/used"
    case .peak: "/peak"
    case .capacity: "/capacity"
    case .refused: "/refused"
    }
  }
}

/// The pools of the Broker that clients can fill, with the limit of the board that each is.
///
/// Whoever adds one is asked by the compiler for its name and for how full it is.
enum BrokerPool: UInt8 {
  /// `connections`, and four more to be refused in
  case connections
  /// `sessions`
  case sessions
  /// `subscriptions`
  case subscriptions
  /// `topicNodes`
  case topicLevels
  /// `sharedGroups`
  case sharedGroups
  /// `retained`
  case retainedMessages
  /// `retainedLevels`
  case retainedLevels
  /// `messages`
  case messages
  /// `messageBlocks`
  case messageBlocks
  /// `deliveries`
  case deliveries
  /// `textBlocks`
  case textBlocks
  /// `receiveBlocks`
  case receiveBlocks
  /// `unreleased`
  case unreleasedMessages
  /// `aliasTables`
  case topicAliases
  /// `sendBlocks`
  case sendBlocks
  /// `owners`: users and addresses that are counted apart
  case owners

  /// Its name in `$SYS/broker/limits/`.
  var name: StaticString {
    switch self {
    case .connections: "connections"
    case .sessions: "sessions"
    case .subscriptions: "subscriptions"
    case .topicLevels: "topic levels"
    case .sharedGroups: "shared groups"
    case .retainedMessages: "retained messages"
    case .retainedLevels: "retained levels"
    case .messages: "messages"
    case .messageBlocks: "message blocks"
    case .deliveries: "deliveries"
    case .textBlocks: "text blocks"
    case .receiveBlocks: "receive blocks"
    case .unreleasedMessages: "unreleased messages"
    case .topicAliases: "topic aliases"
    case .sendBlocks: "send blocks"
    case .owners: "owners"
    }
  }
}

/// The pools that are not the Broker's own: those of TLS and of WebSocket.
typealias ForeignPools = InlineArray<6, PoolStatus?>
