import Memory

/// One topic of the `$SYS` tree that shows a number the broker counts, mostly under Mosquitto's names.
///
/// After these come three topics for each load average, and four for each bounded pool. Whoever adds
/// one is asked by the compiler for its name and its value; its comment here is what the table in
/// `Board/operations.md` says of it, which `make documents` writes.
enum SystemTopic: UInt8 {
  /// Swiftlet's name and version.
  case version
  /// Seconds since the start, as in `5 seconds`.
  case uptime
  /// Sessions, connected or not.
  case clientsTotal
  /// The most clients that were ever connected at once.
  case clientsMaximum
  /// Sessions whose client is away.
  case clientsDisconnected
  /// The same.
  case clientsInactive
  /// Clients that are connected.
  case clientsConnected
  /// The same.
  case clientsActive
  /// Sessions that have ended because their client was away for too long.
  case clientsExpired
  /// Control packets of all types that came in.
  case messagesReceived
  /// Control packets of all types that went out.
  case messagesSent
  /// Messages that are held: retained, queued, in flight, Wills.
  case messagesStored
  /// The same.
  case storeCount
  /// Bytes that those take in blocks.
  case storeBytes
  /// PUBLISH packets that were taken.
  case publishReceived
  /// PUBLISH packets that went out.
  case publishSent
  /// Messages that somebody missed, and those that were refused.
  case publishDropped
  /// Bytes of payload that came in.
  case publishBytesReceived
  /// Bytes of payload that went out.
  case publishBytesSent
  /// Bytes of MQTT that came in.
  case bytesReceived
  /// Bytes of MQTT that went out.
  case bytesSent
  /// Subscriptions of all sessions.
  case subscriptionsCount
  /// Those of them that are shared.
  case sharedCount
  /// Retained messages.
  case retainedCount
  /// Bytes of messages and of packets that wait to leave: there is no heap, what the pools hold stands for it.
  case heapCurrent
  /// The most bytes of messages that there ever were.
  case heapMaximum
  /// Connections that have something to send.
  case packetOutCount
  /// Bytes that wait to leave, in blocks.
  case packetOutBytes
  /// Connections that are open.
  case socketCount
  /// Ours: the longest turn of the loop since the start, in microseconds.
  case longestTurn
  /// Ours: the most work that a turn took since the start, in the units of the limit `turnWork`.
  case largestTurn
  /// Ours: logins with a wrong user name or password.
  case loginsFailed
  /// Ours: messages that the rules did not let in.
  case publishesDenied
  /// Ours: subscriptions that the rules did not let in.
  case subscriptionsDenied
  /// Ours: messages that the rules kept from somebody who is subscribed.
  case deliveriesDenied

  static var counters: Int { places { SystemTopic(rawValue: $0) != nil } }
  static var averages: Int { LoadAverages.kinds * LoadAverages.spans }
  static var ownPools: Int { places { BrokerPool(rawValue: $0) != nil } }
  static var pools: Int { ownPools + ForeignPools.count }
  static var count: Int { counters + averages + pools * PoolAspect.count }

  /// How many cases an enumeration has whose raw values count from zero.
  private static func places(_ exists: (UInt8) -> Bool) -> Int {
    var place: UInt8 = 0
    while exists(place) { place += 1 }
    return Int(place)
  }

  /// What follows `$SYS/broker/`.
  var name: StaticString {
    switch self {
    case .version: "version"
    case .uptime: "uptime"
    case .clientsTotal: "clients/total"
    case .clientsMaximum: "clients/maximum"
    case .clientsDisconnected: "clients/disconnected"
    case .clientsInactive: "clients/inactive"
    case .clientsConnected: "clients/connected"
    case .clientsActive: "clients/active"
    case .clientsExpired: "clients/expired"
    case .messagesReceived: "messages/received"
    case .messagesSent: "messages/sent"
    case .messagesStored: "messages/stored"
    case .storeCount: "store/messages/count"
    case .storeBytes: "store/messages/bytes"
    case .publishReceived: "publish/messages/received"
    case .publishSent: "publish/messages/sent"
    case .publishDropped: "publish/messages/dropped"
    case .publishBytesReceived: "publish/bytes/received"
    case .publishBytesSent: "publish/bytes/sent"
    case .bytesReceived: "bytes/received"
    case .bytesSent: "bytes/sent"
    case .subscriptionsCount: "subscriptions/count"
    case .sharedCount: "shared_subscriptions/count"
    case .retainedCount: "retained messages/count"
    case .heapCurrent: "heap/current"
    case .heapMaximum: "heap/maximum"
    case .packetOutCount: "packet/out/count"
    case .packetOutBytes: "packet/out/bytes"
    case .socketCount: "connections/socket/count"
    case .longestTurn: "turn/longest"
    case .largestTurn: "turn/work"
    case .loginsFailed: "access/logins/failed"
    case .publishesDenied: "access/publishes/denied"
    case .subscriptionsDenied: "access/subscriptions/denied"
    case .deliveriesDenied: "access/deliveries/denied"
    }
  }
}
