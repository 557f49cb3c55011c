import Board

// The values with words of their own.
extension Settings {
  /// Sets what the key with these words is for.
  mutating func set(
    _ setting: WordsSetting, to value: Span<UInt8>
  ) throws(ConfigurationError.Reason) {
    switch setting {
    case .listener: try addListener(value)
    case .logDestination: try addLogDestination(value)
    case .logType: try addLogType(value.soleWord())
    case .queueFull: queueFull = try value.soleWord().policy()
    case .includedDirectory: try value.checkText(most: 190)
    case .sessionExpiry: maximumSessionExpirySeconds = try value.soleWord().duration()
    default: try setForListener(setting, value)
    }
  }

  private mutating func setForListener(
    _ setting: WordsSetting, _ value: Span<UInt8>
  ) throws(ConfigurationError.Reason) {
    var listener = lastListener
    switch setting {
    case .acceptedVersions: listener.acceptedVersions = try value.versions()
    case .socketFamily: listener.family = try value.soleWord().family()
    case .socketMode: listener.unixMode = try value.soleWord().fileMode()
    case .tlsVersion: listener.tls.version = try value.soleWord().tlsVersion()
    case .transport: listener.transport = try value.soleWord().transport()
    case .origin: try addOrigin(value.soleWord(), to: &listener)
    case .assignedIdentifierPrefixHere:
      listener.security.assignedIdentifierPrefixHere = try keep(value, most: 50)
    case .includedDirectory, .listener, .logDestination, .logType, .queueFull, .sessionExpiry:
      break
    }
    updateListener { $0 = listener }
  }

  /// A listener's origins follow one another; those of the defaults are not added to.
  private mutating func addOrigin(
    _ word: Span<UInt8>, to listener: inout Listener
  ) throws(ConfigurationError.Reason) {
    let isInherited = listenerCount > 0 && listener.origins == listenerDefaults.origins
    let isFirst = isInherited || listener.origins.isEmpty
    guard let place = append(origin: try keep(word, most: 255)) else {
      throw .noRoom("Origins", Int64(Settings.originCapacity))
    }
    listener.origins = (isFirst ? place : listener.origins.lowerBound)..<place + 1
  }

  /// Adds the listener of `listener PORT [ADDRESS]` or `listener 0 PATH`.
  private mutating func addListener(_ value: Span<UInt8>) throws(ConfigurationError.Reason) {
    let end = value.skipWord(from: 0)
    let port = try value.extracting(0..<end).number(within: Bounds(0...65_535))
    let rest = value.extracting(value.skipBlanks(from: end)..<value.count)
    let isComment = !rest.isEmpty && rest[0] == UInt8(ascii: "#")
    try addListener(port: UInt16(clamping: port), place: isComment ? Span() : rest)
  }

  private mutating func addListener(
    port: UInt16, place: Span<UInt8>
  ) throws(ConfigurationError.Reason) {
    var listener = listenerDefaults
    listener.port = port
    if port == 0 {
      guard !place.isEmpty else { throw .invalid("port 0 needs the path of a socket") }
      // The system's own limit for the name of a socket.
      listener.unixPath = try keep(place, most: 107)
    } else if !place.isEmpty {
      listener.address = try keep(place.soleWord(), most: 255)
    }
    try add(listener)
  }

  /// `port` of old: the listener of those who have one.
  mutating func addListener(
    oldPort port: UInt16
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    guard listenerCount == 0 else { throw .refused("write \"listener PORT\" instead") }
    var listener = listenerDefaults
    listener.port = port
    listener.address = oldAddress
    try add(listener)
    isOldListener = true
    return .outdated("write \"listener PORT\" instead")
  }

  /// `bind_address` of old, before or after `port`.
  mutating func setAddress(
    _ value: Span<UInt8>, most: Int
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    guard listenerCount == 0 || (listenerCount == 1 && isOldListener) else {
      throw .refused("write \"listener PORT ADDRESS\" instead")
    }
    let address = try keep(value.soleWord(), most: most, insteadOf: oldAddress)
    oldAddress = address
    if isOldListener { updateListener { $0.address = address } }
    return .outdated("write \"listener PORT ADDRESS\" instead")
  }

  /// Adds a listener, when the board has one more.
  mutating func add(_ listener: Listener) throws(ConfigurationError.Reason) {
    guard append(listener) else { throw .noRoom("listeners", Int64(Limits().listeners)) }
  }

  /// The first `log_type` takes the place of what is usual, each further one adds to it.
  private mutating func addLogType(_ word: Span<UInt8>) throws(ConfigurationError.Reason) {
    let types = try word.logTypes()
    let isFirst = !isLogTypeGiven || types.rawValue == 0
    logTypes = isFirst ? types : logTypes.union(types)
    isLogTypeGiven = true
  }

  /// The first `log_dest` takes the place of the standard error, each further one is added.
  private mutating func addLogDestination(
    _ value: Span<UInt8>
  ) throws(ConfigurationError.Reason) {
    let end = value.skipWord(from: 0)
    let word = value.extracting(0..<end)
    let rest = value.extracting(value.skipBlanks(from: end)..<value.count)
    if !isLogDestinationGiven { logDestinations = .none }
    isLogDestinationGiven = true
    if word.equals("file") {
      try setLogFile(rest)
    } else {
      // Whatever we write is unbuffered.
      let isUnbuffered = word.equals("stdout") && rest.equals("unbuffered")
      try setLogStream(isUnbuffered ? word : value.soleWord())
    }
  }

  private mutating func setLogFile(_ path: Span<UInt8>) throws(ConfigurationError.Reason) {
    guard !path.isEmpty else { throw .invalid("the path of a file is expected") }
    logDestinations.file = try keep(path, most: 255, insteadOf: logDestinations.file)
  }

  private mutating func setLogStream(_ word: Span<UInt8>) throws(ConfigurationError.Reason) {
    if word.equals("none") {
      logDestinations = .none
    } else if word.equals("stderr") {
      logDestinations.isStandardErrorUsed = true
    } else if word.equals("stdout") {
      logDestinations.isStandardOutputUsed = true
    } else if word.equals("syslog") {
      logDestinations.isSystemLogUsed = true
    } else if word.equals("topic") {
      logDestinations.isTopicUsed = true
    } else {
      throw .invalid("it is none of stderr, stdout, syslog, topic, file PATH and none")
    }
  }
}
