import Board

// The values with words of their own.
extension Settings {
  /// Sets what the key with these words is for; returns what there is to be said about it.
  mutating func set(
    _ setting: WordsSetting, to value: Span<UInt8>
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    let word = value.firstWord
    switch setting {
    case .listener: return try addListener(value)
    case .logDestination: return try addLogDestination(value)
    case .logType: return try addLogTypes(value)
    case .queueFull: queueFull = try word.policy()
    case .includedDirectory: return try checkFolder(value)
    case .sessionExpiry: maximumSessionExpirySeconds = try word.duration()
    case .acceptedVersions: return try setForListener(setting, value)
    case .assignedIdentifierPrefixHere:
      return try setForListener(setting, value) ?? value.noteOfText
    default: return try setForListener(setting, value) ?? value.noteOfMoreWords
    }
    return value.noteOfMoreWords
  }

  private func checkFolder(
    _ value: Span<UInt8>
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    try value.checkText(most: 190)
    return nil
  }

  private mutating func setForListener(
    _ setting: WordsSetting, _ value: Span<UInt8>
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    var listener = lastListener
    switch setting {
    case .acceptedVersions: listener.acceptedVersions = try value.versions()
    case .socketFamily: listener.family = try value.firstWord.family()
    case .socketMode: listener.unixMode = try value.firstWord.fileMode()
    case .tlsVersion: listener.tls.version = try value.firstWord.tlsVersion()
    case .transport: listener.transport = try value.firstWord.transport()
    case .origin: try addOrigin(value.firstWord, to: &listener)
    case .assignedIdentifierPrefixHere:
      listener.security.assignedIdentifierPrefixHere = try keep(value, most: 50)
    case .includedDirectory, .listener, .logDestination, .logType, .queueFull, .sessionExpiry:
      break
    }
    updateListener { $0 = listener }
    return nil
  }

  /// A listener's origins follow one another.
  private mutating func addOrigin(
    _ word: Span<UInt8>, to listener: inout Listener
  ) throws(ConfigurationError.Reason) {
    let isFirst = listener.origins.isEmpty
    guard let place = append(origin: try keep(word, most: 255)) else {
      throw .noRoom("Origins", Int64(Settings.originCapacity))
    }
    listener.origins = (isFirst ? place : listener.origins.lowerBound)..<place + 1
  }

  /// Adds the listener of `listener PORT [ADDRESS]` or `listener 0 PATH`.
  ///
  /// When it is wrong, what follows is for one that is not there: its keys are checked all the same.
  private mutating func addListener(
    _ value: Span<UInt8>
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    missListener()
    let word = value.firstWord
    let port = try word.number(within: Bounds(0...65_535))
    let rest = value.extracting(value.skipBlanks(from: word.count)..<value.count)
    let isComment = !rest.isEmpty && rest[0] == UInt8(ascii: "#")
    return try addListener(port: UInt16(clamping: port), place: isComment ? Span() : rest)
  }

  private mutating func addListener(
    port: UInt16, place: Span<UInt8>
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    var listener = Listener()
    listener.port = port
    listener.file = file
    listener.line = line
    var note: ConfigurationError.Reason?
    if port == 0 {
      guard !place.isEmpty else { throw .invalid("port 0 needs the path of a socket") }
      // The system's own limit for the name of a socket.
      listener.unixPath = try keep(place, most: 107)
    } else if !place.isEmpty {
      note = place.noteOfMoreWords
      let address = place.firstWord
      // As the resolver that Mosquitto asks has it: all addresses.
      if !address.equals("*") { listener.address = try keep(address, most: 255) }
    }
    try add(listener)
    return note
  }

  /// `port` of old: of the listener that the keys before the first `listener` are for.
  mutating func setPort(_ port: UInt16) -> ConfigurationError.Reason? {
    let isAgain = isPortGiven
    isPortGiven = true
    updateDefaultListener { $0.port = port }
    if isAgain {
      return .outdated("write \"listener PORT\" instead; of several the last one counts")
    }
    return .outdated("write \"listener PORT\" instead")
  }

  /// `bind_address` of old: of the same.
  mutating func setAddress(
    _ value: Span<UInt8>, most: Int
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    let address = try keep(value.firstWord, most: most, insteadOf: listenerDefaults.address)
    updateDefaultListener { $0.address = address }
    return .outdated("write \"listener PORT ADDRESS\" instead")
  }

  /// Adds a listener, when the board has one more.
  mutating func add(_ listener: Listener) throws(ConfigurationError.Reason) {
    guard append(listener) else { throw .noRoom("listeners", Int64(Limits().listeners)) }
  }

  /// The first `log_type` takes the place of what is usual, each further word adds to it.
  private mutating func addLogTypes(
    _ value: Span<UInt8>
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    var start = 0
    while start < value.count, value[start] != UInt8(ascii: "#") {
      let end = value.skipWord(from: start)
      try addLogType(value.extracting(start..<end))
      start = value.skipBlanks(from: end)
    }
    return nil
  }

  private mutating func addLogType(_ word: Span<UInt8>) throws(ConfigurationError.Reason) {
    let types = try word.logTypes()
    let isFirst = !isLogTypeGiven || types.rawValue == 0
    logTypes = isFirst ? types : logTypes.union(types)
    isLogTypeGiven = true
  }

  /// The first `log_dest` takes the place of the standard error, each further one is added.
  private mutating func addLogDestination(
    _ value: Span<UInt8>
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason? {
    let word = value.firstWord
    let rest = value.extracting(value.skipBlanks(from: word.count)..<value.count)
    if !isLogDestinationGiven { logDestinations = .none }
    isLogDestinationGiven = true
    if word.equals("file") {
      try setLogFile(rest)
      return rest.noteOfText
    }
    // Mosquitto takes them where it is built without them.
    if word.equals("dlt") || word.equals("android") { return .note("lines do not go there") }
    try setLogStream(word)
    // Whatever we write is unbuffered.
    let isUnbuffered = word.equals("stdout") && rest.equals("unbuffered")
    return isUnbuffered ? nil : value.noteOfMoreWords
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
