import MQTT

// How a value becomes a setting, for each kind of key.
extension Settings {
  /// Sets what the key is for to what the value, which is not empty, says.
  mutating func set(_ key: Key, to value: Span<UInt8>) throws(ConfigurationError.Reason) {
    switch key.kind {
    case .boolean(let setting): try set(setting, to: value.soleWord().boolean())
    case .number(let setting, let bounds):
      set(setting, to: try value.soleWord().number(within: bounds))
    case .text(let setting, let most): try set(setting, to: value, most: most)
    case .words(let setting): try set(setting, to: value)
    case .duration: maximumSessionExpirySeconds = try value.soleWord().duration()
    case .retired(let hint): throw .refused(hint)
    }
  }

  private mutating func set(
    _ setting: BooleanSetting, to value: Bool
  ) throws(ConfigurationError.Reason) {
    switch setting {
    case .allowsAnonymous: givenAnonymity = value
    case .allowsEmptyClientIdentifier: allowsEmptyClientIdentifier = value
    case .isLogTimestamped: isLogTimestamped = value
    case .isRetainAvailable: isRetainAvailable = value
    case .logsConnections: logsConnections = value
    case .queuesQoS0Messages: queuesQoS0Messages = value
    case .setsTCPNoDelay: setsTCPNoDelay = value
    case .upgradesOutgoingQoS: upgradesOutgoingQoS = value
    case .usesListenerSettings:
      if value { throw .invalid("all listeners share one set of rules") }
    }
  }

  private mutating func set(_ setting: NumberSetting, to value: Int64) {
    switch setting {
    case .connectTimeout: connectTimeoutSeconds = UInt16(clamping: value)
    case .maximumBrokerTopicAlias:
      updateListener { $0.maximumBrokerTopicAlias = UInt16(clamping: value) }
    case .maximumConnections:
      updateListener { $0.maximumConnections = value > 0 ? Int32(clamping: value) : -1 }
    case .maximumInflightMessages:
      maximumInflightMessages = value == 65_535 ? 0 : UInt16(clamping: value)
    case .maximumKeepAlive: maximumKeepAliveSeconds = UInt16(clamping: value)
    case .maximumPacketBytes: maximumPacketBytes = Int32(clamping: value)
    case .maximumPayloadBytes: maximumPayloadBytes = Int32(clamping: value)
    case .maximumQoS:
      updateListener { $0.maximumQoS = QoS(rawValue: UInt8(clamping: value)) ?? .exactlyOnce }
    case .maximumQueuedBytes: maximumQueuedBytes = Int32(clamping: max(0, value))
    case .maximumQueuedMessages: maximumQueuedMessages = Int32(clamping: max(0, value))
    case .maximumTopicAlias: updateListener { $0.maximumTopicAlias = UInt16(clamping: value) }
    case .queueFullWait: queueFullWaitSeconds = UInt16(clamping: value)
    case .retainExpiryMinutes: retainExpirySeconds = UInt32(clamping: value * 60)
    case .sysInterval: sysIntervalSeconds = UInt16(clamping: value)
    }
  }

  private mutating func set(
    _ setting: TextSetting, to value: Span<UInt8>, most: Int
  ) throws(ConfigurationError.Reason) {
    switch setting {
    case .assignedIdentifierPrefix:
      assignedIdentifierPrefix = try keep(value, most: most, insteadOf: assignedIdentifierPrefix)
    case .logTimestampFormat:
      logTimestampFormat = try keep(value, most: most, insteadOf: logTimestampFormat)
    case .pidFile: pidFile = try keep(value, most: most, insteadOf: pidFile)
    }
  }

  /// Keeps a text of at most so many bytes that may be given once.
  mutating func keep(
    _ value: Span<UInt8>, most: Int, insteadOf old: TextReference = .none
  ) throws(ConfigurationError.Reason) -> TextReference {
    guard old.isEmpty else { throw .duplicate }
    try value.checkText(most: most)
    guard let reference = text.keep(value) else {
      throw .noRoom("ConfigurationText", Int64(SettingsText.capacity))
    }
    return reference
  }
}
