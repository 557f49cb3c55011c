import Memory

/// One topic of the `$SYS` tree that shows a number the broker counts, under Mosquitto's names.
///
/// After these come three topics for each load average, and four for each bounded pool.
enum SystemTopic: UInt8 {
  case version, uptime
  case clientsTotal, clientsMaximum, clientsDisconnected, clientsInactive, clientsConnected
  case clientsActive, clientsExpired
  case messagesReceived, messagesSent, messagesStored
  case storeCount, storeBytes
  case publishReceived, publishSent, publishDropped, publishBytesReceived, publishBytesSent
  case bytesReceived, bytesSent
  case subscriptionsCount, sharedCount, retainedCount
  case heapCurrent, heapMaximum
  case packetOutCount, packetOutBytes, socketCount
  case longestTurn
  case loginsFailed, publishesDenied, subscriptionsDenied, deliveriesDenied

  static var counters: Int { 34 }
  static var averages: Int { LoadAverages.kinds * 3 }
  static var pools: Int { 15 + foreignPools }
  static var foreignPools: Int { 6 }
  static var count: Int { counters + averages + pools * 4 }

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
    case .loginsFailed: "access/logins/failed"
    case .publishesDenied: "access/publishes/denied"
    case .subscriptionsDenied: "access/subscriptions/denied"
    case .deliveriesDenied: "access/deliveries/denied"
    }
  }

  /// What each load average is of.
  static func averageName(_ kind: Int) -> StaticString {
    switch kind {
    case 0: "load/messages/received"
    case 1: "load/messages/sent"
    case 2: "load/publish/received"
    case 3: "load/publish/sent"
    case 4: "load/publish/dropped"
    case 5: "load/bytes/received"
    case 6: "load/bytes/sent"
    case 7: "load/sockets"
    default: "load/connections"
    }
  }

  static func spanName(_ span: Int) -> StaticString {
    switch span {
    case 0: "/1min"
    case 1: "/5min"
    default: "/15min"
    }
  }

  static func limitName(_ aspect: Int) -> StaticString {
    switch aspect {
    case 0: "/used"
    case 1: "/peak"
    case 2: "/capacity"
    default: "/refused"
    }
  }
}
