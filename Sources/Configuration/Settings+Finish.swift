import Memory

// The rules that no single line can keep.
extension Settings {
  /// Adds what was not configured and what the command line says; then the settings are complete.
  package mutating func finish(
    with options: CommandLineOptions
  ) throws(ConfigurationError) {
    finishLog(isVerbose: options.isVerbose, isQuiet: options.isQuiet)
    do throws(ConfigurationError.Reason) {
      try finishPrefix()
      arePortsIgnored = listenerCount > 0 && options.portCount > 0
      if listenerCount == 0 { try addLoopbackListeners(options) }
    } catch {
      throw ConfigurationError(line: 0, key: 0..<0, value: 0..<0, reason: error)
    }
  }

  private mutating func finishLog(isVerbose: Bool, isQuiet: Bool) {
    if isVerbose { logTypes = .all }
    if isQuiet { logTypes = .none }
  }

  private mutating func finishPrefix() throws(ConfigurationError.Reason) {
    guard assignedIdentifierPrefix.isEmpty else { return }
    assignedIdentifierPrefix = try keep("auto-")
  }

  /// Listens on each port of the command line, or on 1883, for the local machine alone.
  private mutating func addLoopbackListeners(
    _ options: CommandLineOptions
  ) throws(ConfigurationError.Reason) {
    isLocalOnly = true
    var listener = listenerDefaults
    let address4 = try keep("127.0.0.1")
    let address6 = try keep("::1")
    for index in 0..<max(1, options.portCount) {
      if options.portCount > 0 { listener.port = options.port(at: index) }
      try addLoopback(listener, .version4, address4)
      try addLoopback(listener, .version6, address6)
    }
  }

  /// Adds the listener with that address, unless it is for the other version of IP alone.
  private mutating func addLoopback(
    _ listener: Listener, _ family: SocketFamily, _ address: TextReference
  ) throws(ConfigurationError.Reason) {
    guard listener.family == .any || listener.family == family else { return }
    var listener = listener
    listener.family = family
    listener.address = address
    try add(listener)
  }

  private mutating func keep(
    _ words: StaticString
  ) throws(ConfigurationError.Reason) -> TextReference {
    var line = Line()
    line.append(words)
    return try keep(line.span, most: 255)
  }
}
