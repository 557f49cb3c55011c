// Texts: of the whole, of a listener, of its security.
extension Settings {
  mutating func set(
    _ setting: TextSetting, to value: Span<UInt8>
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    let most = setting.most
    switch setting {
    case .clientIdentifierPrefix:
      clientIdentifierPrefix = try keep(value, most: most, insteadOf: clientIdentifierPrefix)
    case .logTimestampFormat:
      logTimestampFormat = try keep(value, most: most, insteadOf: logTimestampFormat)
    case .oldAddress: return try setAddress(value, most: most)
    case .pidFile: pidFile = try keep(value, most: most, insteadOf: pidFile)
    case .user: user = try keep(value, most: most, insteadOf: user)
    }
    return nil
  }

  mutating func set(
    _ setting: ListenerTextSetting, to value: Span<UInt8>
  ) throws(ConfigurationError.Reason) {
    if setting == .mountPoint { try value.checkMountPoint() }
    let kept = try keep(value, most: setting.most, insteadOf: lastListener[setting])
    updateListener { $0[setting] = kept }
  }

  mutating func set(
    _ setting: SecurityTextSetting, to value: Span<UInt8>
  ) throws(ConfigurationError.Reason) {
    let old = usesListenerSettings ? lastListener.security[setting] : security[setting]
    let kept = try keep(value, most: setting.most, insteadOf: old)
    updateSecurity { $0[setting] = kept }
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
