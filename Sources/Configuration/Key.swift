/// One key of the configuration: its name, and what its value is and sets.
struct Key {
  let name: StaticString
  let kind: Kind

  init(_ name: StaticString, _ kind: Kind) {
    self.name = name
    self.kind = kind
  }

  /// What a value looks like, and which setting it is for.
  enum Kind {
    /// `true` or `false`.
    case boolean(BooleanSetting)
    /// A whole number within bounds.
    case number(NumberSetting, Bounds)
    /// The rest of the line, of at most so many bytes; may be given once.
    case text(TextSetting, most: Int)
    /// One of a few words, or words with a rule of their own.
    case words(WordsSetting)
    /// A number and its unit, as in `14d`.
    case duration
    /// A key of old Mosquitto versions: what to write instead.
    case retired(StaticString)
  }
}

/// The least and the most a number may be, and the limit of the board that says so, if one does.
struct Bounds {
  let least: Int64
  let most: Int64
  var limit: StaticString?

  init(_ range: ClosedRange<Int64>) {
    least = range.lowerBound
    most = range.upperBound
  }

  init(from least: Int64, to most: Int, limit: StaticString) {
    self.least = least
    self.most = Int64(most)
    self.limit = limit
  }
}

/// The settings that are true or false.
enum BooleanSetting {
  case allowsAnonymous
  case allowsEmptyClientIdentifier
  case isLogTimestamped
  case isRetainAvailable
  case logsConnections
  case queuesQoS0Messages
  case setsTCPNoDelay
  case upgradesOutgoingQoS
  case usesListenerSettings
}

/// The settings that are whole numbers.
enum NumberSetting {
  case connectTimeout
  case maximumBrokerTopicAlias
  case maximumConnections
  case maximumInflightMessages
  case maximumKeepAlive
  case maximumPacketBytes
  case maximumPayloadBytes
  case maximumQoS
  case maximumQueuedBytes
  case maximumQueuedMessages
  case maximumTopicAlias
  case queueFullWait
  case retainExpiryMinutes
  case sysInterval
}

/// The settings that are free text.
enum TextSetting {
  case assignedIdentifierPrefix
  case logTimestampFormat
  case pidFile
}

/// The settings with words of their own.
enum WordsSetting {
  case listener
  case logDestination
  case logType
  case queueFull
  case socketFamily
  case transport
}
