import MQTT

// How a value becomes a setting, for each kind of key.
extension Settings {
  /// Sets what the key is for to what the value, which is not empty, says.
  mutating func set(_ key: Key, to value: Span<UInt8>) throws(ConfigurationError.Reason) {
    switch key.kind {
    case .boolean(let setting): try set(setting, to: boolean(soleWord(of: value)))
    case .number(let setting, let bounds):
      set(setting, to: try number(soleWord(of: value), within: bounds))
    case .text(let setting, let most): try set(setting, to: value, most: most)
    case .words(let setting): try set(setting, to: value)
    case .duration: maximumSessionExpirySeconds = try duration(soleWord(of: value))
    case .retired(let hint): throw .refused(hint)
    }
  }

  /// The one word of a value; a comment may follow it, as it may in Mosquitto.
  @_lifetime(copy value)
  func soleWord(of value: Span<UInt8>) throws(ConfigurationError.Reason) -> Span<UInt8> {
    let end = value.skipWord(from: 0)
    let rest = value.skipBlanks(from: end)
    guard rest == value.count || value[rest] == UInt8(ascii: "#") else {
      throw .invalid("one word is expected")
    }
    return value.extracting(0..<end)
  }

  private func boolean(_ word: Span<UInt8>) throws(ConfigurationError.Reason) -> Bool {
    if word.equals("true") || word.equals("1") { return true }
    if word.equals("false") || word.equals("0") { return false }
    throw .notBoolean
  }

  /// The number that a word is, when it is within the bounds.
  func number(
    _ word: Span<UInt8>, within bounds: Bounds
  ) throws(ConfigurationError.Reason) -> Int64 {
    guard let number = word.number else { throw .notNumber }
    if let limit = bounds.limit, number > bounds.most { throw .aboveLimit(limit, bounds.most) }
    guard number >= bounds.least, number <= bounds.most else {
      throw .outOfRange(least: bounds.least, most: bounds.most)
    }
    return number
  }

  /// Seconds from a number and a unit: as many as fit, which is for ever.
  private func duration(_ word: Span<UInt8>) throws(ConfigurationError.Reason) -> UInt32 {
    let last = word.count - 1
    guard let count = word.extracting(0..<last).number, count > 0, count <= Int32.max,
      let seconds = secondsPerUnit(word[last])
    else { throw .invalid("a number and one of s h d w m y is expected, as in 14d") }
    return UInt32(clamping: count * seconds)
  }

  private func secondsPerUnit(_ unit: UInt8) -> Int64? {
    switch unit {
    case UInt8(ascii: "s"): 1
    case UInt8(ascii: "h"): 3600
    case UInt8(ascii: "d"): 86_400
    case UInt8(ascii: "w"): 7 * 86_400
    case UInt8(ascii: "m"): 30 * 86_400
    case UInt8(ascii: "y"): 365 * 86_400
    default: nil
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
    guard value.count <= most else { throw .tooLong(Int64(most)) }
    guard value.isPlainText else {
      throw .invalid("it is not UTF-8, or holds a control character")
    }
    guard let reference = text.keep(value) else {
      throw .noRoom("ConfigurationText", Int64(SettingsText.capacity))
    }
    return reference
  }
}
