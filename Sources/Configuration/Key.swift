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
    case text(TextSetting, most: UInt8)
    /// The same, once for each listener.
    case listenerText(ListenerTextSetting, most: UInt8)
    /// The same, once or once for each listener: `per_listener_settings` says which.
    case securityText(SecurityTextSetting, most: UInt8)
    /// One of a few words, or words with a rule of their own.
    case words(WordsSetting)
    /// A number and its unit, as in `14d`.
    case duration
    /// A key of Mosquitto that has no effect here and does no harm: why.
    case ignored(StaticString)
    /// A key of Mosquitto that is not here: why, or what to write instead.
    case refused(StaticString)
  }
}

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

/// The settings that are true or false.
enum BooleanSetting {
  case allowsAnonymous
  case allowsAnonymousHere
  case allowsEmptyClientIdentifier
  case checksRetainSource
  case ignoresUnknownKeys
  case isLogTimestamped
  case isPersistent
  case isRetainAvailable
  case isSandboxed
  case locksMemory
  case logsConnections
  case queuesQoS0Messages
  case requiresCertificate
  case setsTCPNoDelay
  case upgradesOutgoingQoS
  case usesIdentityAsUserName
  case usesListenerSettings
  case usesSubjectAsUserName
  case usesUserNameAsClientIdentifier
}

/// The settings that are whole numbers.
enum NumberSetting {
  case connectTimeout
  case logFacility
  case maximumBrokerTopicAlias
  case maximumClients
  case maximumConnections
  case maximumInflightMessages
  case maximumKeepAlive
  case maximumPacketBytes
  case maximumPayloadBytes
  case maximumQoS
  case maximumQueuedBytes
  case maximumQueuedMessages
  case maximumTopicAlias
  case maximumTotalConnections
  case oldPort
  case proxyVersion
  case queueFullWait
  case retainExpiryMinutes
  case sysInterval
  case webSocketHeaderBytes
}

/// The settings that are free text.
enum TextSetting {
  case clientIdentifierPrefix
  case logTimestampFormat
  case oldAddress
  case pidFile
  case user
}

/// The settings with words of their own.
enum WordsSetting {
  case acceptedVersions
  case assignedIdentifierPrefixHere
  case includedDirectory
  case listener
  case logDestination
  case logType
  case origin
  case queueFull
  case socketFamily
  case socketMode
  case tlsVersion
  case transport
}
