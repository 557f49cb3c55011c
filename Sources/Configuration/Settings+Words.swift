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
    case .logType: try addLogType(soleWord(of: value))
    case .queueFull: queueFull = try policy(soleWord(of: value))
    case .socketFamily:
      let family = try family(soleWord(of: value))
      updateListener { $0.family = family }
    case .transport: try checkTransport(soleWord(of: value))
    }
  }

  /// Adds the listener of `listener PORT [ADDRESS]`.
  private mutating func addListener(_ value: Span<UInt8>) throws(ConfigurationError.Reason) {
    let end = value.skipWord(from: 0)
    let port = try number(value.extracting(0..<end), within: Bounds(1...65_535))
    let address = value.extracting(value.skipBlanks(from: end)..<value.count)
    try addListener(port: UInt16(clamping: port), address: address)
  }

  private mutating func addListener(
    port: UInt16, address: Span<UInt8>
  ) throws(ConfigurationError.Reason) {
    var listener = listenerDefaults
    listener.port = port
    if !address.isEmpty, address[0] != UInt8(ascii: "#") {
      listener.address = try keep(soleWord(of: address), most: 255)
    }
    try add(listener)
  }

  /// Adds a listener, when the board has one more.
  mutating func add(_ listener: Listener) throws(ConfigurationError.Reason) {
    guard append(listener) else { throw .noRoom("listeners", Int64(Limits().listeners)) }
  }

  private func family(_ word: Span<UInt8>) throws(ConfigurationError.Reason) -> SocketFamily {
    if word.equals("ipv4") { return .version4 }
    if word.equals("ipv6") { return .version6 }
    throw .invalid("it is neither ipv4 nor ipv6")
  }

  private func checkTransport(_ word: Span<UInt8>) throws(ConfigurationError.Reason) {
    guard word.equals("mqtt") else { throw .invalid("only mqtt is available") }
  }

  private func policy(_ word: Span<UInt8>) throws(ConfigurationError.Reason) -> QueueFull {
    if word.equals("reject") { return .reject }
    if word.equals("drop_oldest") { return .dropOldest }
    if word.equals("drop_newest") { return .dropNewest }
    throw .invalid("it is none of reject, drop_oldest and drop_newest")
  }

  /// The first `log_type` takes the place of what is usual, each further one adds to it.
  private mutating func addLogType(_ word: Span<UInt8>) throws(ConfigurationError.Reason) {
    guard let type = logType(word) else {
      throw .invalid("it is none of the types of log lines")
    }
    let isFirst = !isLogTypeGiven || type.rawValue == 0
    logTypes = isFirst ? type : logTypes.union(type)
    isLogTypeGiven = true
  }

  private func logType(_ word: Span<UInt8>) -> LogTypes? {
    if word.equals("error") { return .error }
    if word.equals("warning") { return .warning }
    if word.equals("notice") { return .notice }
    if word.equals("information") { return .information }
    if word.equals("debug") { return .debug }
    if word.equals("subscribe") { return .subscribe }
    if word.equals("unsubscribe") { return .unsubscribe }
    if word.equals("websockets") { return .webSockets }
    if word.equals("internal") { return .internal }
    if word.equals("all") { return .all }
    return word.equals("none") ? LogTypes.none : nil
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
    if word.equals("file") { return try setLogFile(rest) }
    // Whatever we write is unbuffered.
    let isUnbuffered = word.equals("stdout") && rest.equals("unbuffered")
    try setLogStream(isUnbuffered ? word : soleWord(of: value))
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
    } else {
      throw .invalid("it is none of stderr, stdout, file PATH and none")
    }
  }
}
