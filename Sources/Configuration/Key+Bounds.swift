import Board

/// The least and the most a number may be, and the limit of the board that says so, if one does.
struct Bounds {
  let least: Int32
  let most: Int32
  var limit: StaticString?

  init(_ range: ClosedRange<Int32>) {
    least = range.lowerBound
    most = range.upperBound
  }

  init(from least: Int32, to most: Int, limit: StaticString) {
    self.least = least
    self.most = Int32(clamping: most)
    self.limit = limit
  }
}

extension NumberSetting {
  /// What the number may be.
  var bounds: Bounds {
    let limits = Limits()
    return switch self {
    case .connectTimeout: Bounds(1...3600)
    case .queueFullWait, .writeTimeout: Bounds(0...3600)
    case .logFacility: Bounds(0...7)
    case .maximumQoS, .maximumQoSToo: Bounds(0...2)
    case .proxyVersion: Bounds(1...2)
    case .oldPort: Bounds(1...65_535)
    case .maximumKeepAlive, .sysInterval, .webSocketHeaderBytes: Bounds(0...65_535)
    case .maximumInflightBytes: Bounds(0...Int32.max)
    case .maximumInflightMessages: Bounds(-1...65_535)
    case .maximumQueuedBytes, .maximumQueuedMessages: Bounds(-1...Int32.max)
    case .maximumPayloadBytes: Bounds(0...268_435_455)
    case .retainExpiryMinutes: Bounds(1...10_000_000)
    case .maximumPacketBytes: Bounds(from: 20, to: limits.packetBytes, limit: "packetBytes")
    case .maximumBrokerTopicAlias, .maximumTopicAlias:
      Bounds(from: 0, to: limits.topicAliases, limit: "topicAliases")
    case .maximumClients: Bounds(from: -1, to: limits.sessions, limit: "sessions")
    case .maximumConnections, .maximumTotalConnections:
      Bounds(from: -1, to: limits.connections, limit: "connections")
    }
  }
}

extension TextSetting {
  /// The most bytes of the text.
  var most: Int {
    switch self {
    case .logTimestampFormat: 100
    case .user: 64
    case .clientIdentifierPrefix, .oldAddress, .pidFile: 255
    }
  }
}

extension ListenerTextSetting {
  /// The most bytes of the text.
  var most: Int {
    switch self {
    case .interface: 15
    case .pskHint: 127
    // Lists that people copy name every cipher suite there ever was.
    case .ciphers: 2047
    default: 255
    }
  }
}

extension SecurityTextSetting {
  /// The most bytes of the text.
  var most: Int { self == .assignedIdentifierPrefix ? 50 : 255 }
}
