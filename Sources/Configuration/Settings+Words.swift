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
    case .socketFamily:
      let family = try value.soleWord().family()
      updateListener { $0.family = family }
    case .transport: try value.soleWord().checkTransport()
    }
  }

  /// Adds the listener of `listener PORT [ADDRESS]`.
  private mutating func addListener(_ value: Span<UInt8>) throws(ConfigurationError.Reason) {
    let end = value.skipWord(from: 0)
    let port = try value.extracting(0..<end).number(within: Bounds(1...65_535))
    let address = value.extracting(value.skipBlanks(from: end)..<value.count)
    try addListener(port: UInt16(clamping: port), address: address)
  }

  private mutating func addListener(
    port: UInt16, address: Span<UInt8>
  ) throws(ConfigurationError.Reason) {
    var listener = listenerDefaults
    listener.port = port
    if !address.isEmpty, address[0] != UInt8(ascii: "#") {
      listener.address = try keep(address.soleWord(), most: 255)
    }
    try add(listener)
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
    if word.equals("file") { return try setLogFile(rest) }
    // Whatever we write is unbuffered.
    let isUnbuffered = word.equals("stdout") && rest.equals("unbuffered")
    try setLogStream(isUnbuffered ? word : value.soleWord())
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
