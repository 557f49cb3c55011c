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
  /// - Full: a new connection is refused; the last places are kept for addresses that have
  ///   hardly any
  /// - Felt by: who comes, first of those from an address with many
  /// - Seen: CONNACK 0x97 (3.x: 3), closed; with no place left even for that, closed unread
  /// - Raise: `connections`
  case connections
  /// `sessions`
  /// - Full: a Client without a session is refused. A user with its share makes room by its
  ///   session that is away longest and has nothing to lose
  /// - Felt by: new Clients, first of a user with many
  /// - Seen: CONNACK 0x97 (3.x: 3), closed
  /// - Raise: `sessions`, or a shorter persistent_client_expiration
  case sessions
  /// `subscriptions`
  /// - Full: no further one is made
  /// - Felt by: who subscribes
  /// - Seen: SUBACK 0x97 (3.x: 0x80)
  /// - Raise: `subscriptions`
  case subscriptions
  /// `topicNodes`
  /// - Full: no Topic Filter with new levels is taken
  /// - Felt by: who subscribes
  /// - Seen: SUBACK 0x97 (3.x: 0x80)
  /// - Raise: `topicNodes`
  case topicLevels
  /// `sharedGroups`
  /// - Full: no further group is made; who joins one that is there is let in
  /// - Felt by: who subscribes
  /// - Seen: SUBACK 0x97 (3.x: 0x80)
  /// - Raise: `sharedGroups`
  case sharedGroups
  /// `retained`
  /// - Full: a message on a topic that has none is refused; with QoS 0 it is delivered, not
  ///   retained
  /// - Felt by: who publishes with RETAIN
  /// - Seen: PUBACK or PUBREC 0x97; 3.x is not acknowledged nor read for queue_full_wait,
  ///   then disconnected
  /// - Raise: `retained`
  case retainedMessages
  /// `retainedLevels`
  /// - Full: the same, where the topic has levels that no other has
  /// - Felt by: who publishes with RETAIN
  /// - Seen: the same
  /// - Raise: `retainedLevels`
  case retainedLevels
  /// `messages`
  /// - Full: as when the queue of a session is full, which the next table tells. A session
  ///   with its share of them feels it first
  /// - Felt by: whose queues are long
  /// - Seen: messages that are missing, told in CONNACK (5.0) and $SYS
  /// - Raise: `messages`, or less by max_queued_messages
  case messages
  /// `messageBlocks`
  /// - Full: the same
  /// - Felt by: whose queues hold much
  /// - Seen: the same
  /// - Raise: `messageBlocks`, or less by max_queued_bytes
  case messageBlocks
  /// `deliveries`
  /// - Full: the same
  /// - Felt by: whose queues are long
  /// - Seen: the same
  /// - Raise: `deliveries`, or less by max_queued_messages
  case deliveries
  /// `textBlocks`
  /// - Full: no text is kept: of an identifier, User Name, Topic Filter, Topic Alias, or of
  ///   who retained a message
  /// - Felt by: who connects, subscribes, sets aliases or publishes with RETAIN
  /// - Seen: CONNACK, SUBACK, DISCONNECT or PUBACK with 0x97; 3.x as with sessions,
  ///   subscriptions and retained messages
  /// - Raise: `textBlocks`
  case textBlocks
  /// `receiveBlocks`
  /// - Full: a connection is not read until there are some, or without TLS and WebSocket
  ///   until the network has all of its message; each can always claim one. Who has not come
  ///   in gives way to clients; who holds some longest without completing its packet is closed
  /// - Felt by: who sends large packets
  /// - Seen: nothing is read; DISCONNECT 0x97 for who is closed
  /// - Raise: `receiveBlocks`
  case receiveBlocks
  /// `unreleased`
  /// - Full: a message of QoS 2 is refused
  /// - Felt by: who publishes with QoS 2 and does not send PUBREL
  /// - Seen: PUBREC 0x97 (3.x: disconnected)
  /// - Raise: `unreleased`
  case unreleasedMessages
  /// `aliasTables`
  /// - Full: a connection has none
  /// - Felt by: who would use aliases
  /// - Seen: CONNACK without Topic Alias Maximum; PUBLISH without aliases
  /// - Raise: `aliasTables`
  case topicAliases
  /// `sendBlocks`
  /// - Full: QoS 0 is queued or dropped, the rest waits; one is kept for the answers of each
  ///   connection
  /// - Felt by: who reads slowly, and who is sent large packets
  /// - Seen: nothing but slowness; lost QoS 0 is counted
  /// - Raise: `sendBlocks`
  case sendBlocks
  /// `owners`: users and addresses that are counted apart
  /// - Full: those who come then are counted as one, with one share
  /// - Felt by: who comes then
  /// - Seen: its share is spent earlier
  /// - Raise: `owners`
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
