import MQTT

// How a value becomes a setting, for each kind of key.
extension Settings {
  /// Sets what the key is for to what the value, which is not empty, says; returns what there is
  /// to be said about it.
  mutating func set(
    _ key: Key, to value: Span<UInt8>
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    switch key {
    case .boolean(let setting):
      return try set(setting, to: value.firstWord.boolean()) ?? value.noteOfMoreWords
    case .number(let setting): return try set(setting, toWords: value)
    case .text(let setting): return try set(setting, to: value) ?? value.noteOfText
    case .listenerText(let setting): try set(setting, to: value)
    case .securityText(let setting): try set(setting, to: value)
    case .words(let setting):
      let note = try set(setting, to: value)
      if setting == .tlsVersion, value.firstWord.isOldTLSVersion {
        return .outdated("nothing older than tlsv1.2 is spoken")
      }
      return note
    case .ignored(let key): return .note(key.reason)
    case .refused(let key): throw .refused(key.reason)
    }
    return value.noteOfText
  }

  private mutating func set(
    _ setting: NumberSetting, toWords value: Span<UInt8>
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    let (word, bounds) = (value.firstWord, setting.bounds)
    let note = try set(setting, to: word.number(within: bounds))
    if let limit = bounds.limit, let wanted = word.number, wanted > Int64(bounds.most) {
      return .lowered(limit, Int64(bounds.most))
    }
    return note ?? value.noteOfMoreWords
  }

  private mutating func set(
    _ setting: BooleanSetting, to value: Bool
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    switch setting {
    case .allowsAnonymous: updateSecurity { $0.givenAnonymity = value }
    case .allowsAnonymousHere: updateListener { $0.security.givenAnonymityHere = value }
    case .allowsDuplicates: allowsDuplicates = value
    case .allowsEmptyClientIdentifier:
      updateSecurity { $0.allowsEmptyClientIdentifier = value }
    case .checksRetainSource: checksRetainSource = value
    case .checksSubscriptions: checksSubscriptions = value
    case .ignoresUnknownKeys: ignoresUnknownKeys = value
    case .isLogTimestamped: isLogTimestamped = value
    case .isPersistent, .isPersistentToo:
      return value ? .note("nothing is kept over a restart yet") : nil
    case .isRetainAvailable: isRetainAvailable = value
    case .isSandboxed: isSandboxed = value
    case .locksMemory: locksMemory = value
    case .logsConnections: logsConnections = value
    case .queuesQoS0Messages: queuesQoS0Messages = value
    case .ignoresClientDates: updateListener { $0.tls.ignoresClientDates = value }
    case .requiresCertificate: updateListener { $0.tls.requiresCertificate = value }
    case .setsTCPNoDelay: setsTCPNoDelay = value
    case .upgradesOutgoingQoS: upgradesOutgoingQoS = value
    case .usesIdentityAsUserName: updateListener { $0.tls.usesIdentityAsUserName = value }
    case .usesListenerSettings: try useListenerSettings(value)
    case .usesSubjectAsUserName: updateListener { $0.tls.usesSubjectAsUserName = value }
    case .usesUserNameAsClientIdentifier:
      updateListener { $0.usesUserNameAsClientIdentifier = value }
    }
    return nil
  }

  private mutating func useListenerSettings(
    _ value: Bool
  ) throws(ConfigurationError.Reason) {
    guard value == usesListenerSettings || !isSecurityGiven else {
      throw .invalid("it must stand before all keys that it is about")
    }
    usesListenerSettings = value
  }

  private mutating func set(
    _ setting: NumberSetting, to value: Int64
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    switch setting {
    case .connectTimeout: connectTimeoutSeconds = UInt16(clamping: value)
    case .logFacility: logFacility = UInt8(clamping: value)
    case .maximumBrokerTopicAlias:
      updateListener { $0.maximumBrokerTopicAlias = UInt16(clamping: value) }
    case .maximumClients: maximumClients = value > 0 ? Int32(clamping: value) : -1
    case .maximumConnections:
      updateListener { $0.maximumConnections = value > 0 ? Int32(clamping: value) : -1 }
    case .maximumInflightBytes: maximumInflightBytes = Int32(clamping: value)
    case .maximumInflightMessages:
      maximumInflightMessages = value == 65_535 ? 0 : UInt16(clamping: value)
    case .maximumKeepAlive: maximumKeepAliveSeconds = UInt16(clamping: value)
    case .maximumPacketBytes: maximumPacketBytes = Int32(clamping: value)
    case .maximumPayloadBytes: maximumPayloadBytes = Int32(clamping: value)
    case .maximumQoS, .maximumQoSToo:
      updateListener { $0.maximumQoS = QoS(rawValue: UInt8(clamping: value)) ?? .exactlyOnce }
    case .maximumQueuedBytes: maximumQueuedBytes = Int32(clamping: max(0, value))
    case .maximumQueuedMessages: maximumQueuedMessages = Int32(clamping: max(0, value))
    case .maximumTopicAlias: updateListener { $0.maximumTopicAlias = UInt16(clamping: value) }
    case .maximumTotalConnections:
      maximumTotalConnections = value > 0 ? Int32(clamping: value) : -1
    case .oldPort: return setPort(UInt16(clamping: value))
    case .proxyVersion: updateListener { $0.proxyVersion = UInt8(clamping: value) }
    case .queueFullWait: queueFullWaitSeconds = UInt16(clamping: value)
    case .retainExpiryMinutes: retainExpirySeconds = UInt32(clamping: value * 60)
    case .sysInterval: sysIntervalSeconds = UInt16(clamping: value)
    case .webSocketHeaderBytes: webSocketHeaderBytes = UInt16(clamping: value)
    case .writeTimeout: writeTimeoutSeconds = UInt16(clamping: value)
    }
    return nil
  }
}
