/// One key of the configuration: what kind of value it takes and which setting it is for.
enum Key: Equatable {
  /// `true` or `false`.
  case boolean(BooleanSetting)
  /// A whole number within bounds.
  case number(NumberSetting)
  /// The rest of the line; may be given once.
  case text(TextSetting)
  /// The same, once for each listener.
  case listenerText(ListenerTextSetting)
  /// The same, once or once for each listener: `per_listener_settings` says which.
  case securityText(SecurityTextSetting)
  /// One of a few words, or words with a rule of their own.
  case words(WordsSetting)
  /// A key of Mosquitto that has no effect here and does no harm.
  case ignored(IgnoredKey)
  /// A key of Mosquitto that is not here.
  case refused(RefusedKey)
}

/// The settings that are true or false.
enum BooleanSetting: UInt8 {
  case allowsAnonymous
  case allowsAnonymousHere
  case allowsEmptyClientIdentifier
  case checksRetainSource
  case ignoresUnknownKeys
  case isLogTimestamped
  case isPersistent
  case isPersistentToo
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
enum NumberSetting: UInt8 {
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
  case maximumQoSToo
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
enum TextSetting: UInt8 {
  case clientIdentifierPrefix
  case logTimestampFormat
  case oldAddress
  case pidFile
  case user
}

/// The texts that each listener has for itself.
enum ListenerTextSetting: UInt8 {
  case authorityFile
  case authorityPath
  case certificateFile
  case ciphers
  case interface
  case keyFile
  case mountPoint
  case pskHint
  case revocationFile
}

/// The texts that are for all listeners, or one each with `per_listener_settings`.
enum SecurityTextSetting: UInt8 {
  case aclFile
  case assignedIdentifierPrefix
  case passwordFile
  case pskFile
}

/// The settings with words of their own.
enum WordsSetting: UInt8 {
  case acceptedVersions
  case assignedIdentifierPrefixHere
  case includedDirectory
  case listener
  case logDestination
  case logType
  case origin
  case queueFull
  case sessionExpiry
  case socketFamily
  case socketMode
  case tlsVersion
  case transport
}
