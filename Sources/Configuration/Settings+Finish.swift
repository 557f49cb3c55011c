import Board
import Memory

// The rules that no single line can keep.
extension Settings {
  /// Adds what was not configured and what the command line says; then the settings are complete.
  package mutating func finish(with options: CommandLineOptions) throws(ConfigurationError) {
    finishLog(isVerbose: options.isVerbose, isQuiet: options.isQuiet)
    arePortsIgnored = listenerCount > 0 && options.portCount > 0
    do throws(ConfigurationError.Reason) {
      try addDefaultListener(options)
      try finishSecurity()
      try checkPolicyTexts()
    } catch {
      throw ConfigurationError(line: 0, key: 0..<0, value: 0..<0, reason: error)
    }
  }

  /// Adds the listener that keys before the first `listener` are for; without any, those of the local
  /// machine alone.
  private mutating func addDefaultListener(
    _ options: CommandLineOptions
  ) throws(ConfigurationError.Reason) {
    if listenerDefaults.isMeant(isPortGiven: isPortGiven) { return try add(listenerDefaults) }
    if listenerCount == 0 { return try addLoopbackListeners(options) }
    isDefaultListenerMissing = listenerDefaults.line > 0
  }

  /// What there is to be told of the listener of that number, when the settings are complete, and behind
  /// the last of that which keys before them are for.
  package func remark(ofListener number: Int) -> ConfigurationError? {
    guard number < listenerCount else {
      return isDefaultListenerMissing ? remark(of: listenerDefaults, .missing) : nil
    }
    let listener = listener(at: number)
    if let wrong = listener.contradiction {
      return remark(of: listener, .listener(listener.port, wrong.key, wrong.words), wrong.value)
    }
    return listener.emptyWish.map { remark(of: listener, .listenerNote(listener.port, $0)) }
  }

  private func remark(
    of listener: Listener, _ reason: ConfigurationError.Reason, _ value: TextReference = .none
  ) -> ConfigurationError {
    var error = ConfigurationError(
      line: Int(listener.line), key: 0..<0, value: value.range, reason: reason)
    error.file = listener.file
    return error
  }

  private mutating func finishLog(isVerbose: Bool, isQuiet: Bool) {
    if isVerbose { logTypes = .all }
    if isQuiet { logTypes = .none }
  }

  /// Settles who may come in by each listener.
  private mutating func finishSecurity() throws(ConfigurationError.Reason) {
    let usual = try keep("auto-")
    let shared = usesListenerSettings ? nil : security
    let isLocalOnly = isLocalOnly
    updateListeners { $0.security.finish(with: shared, isLocalOnly: isLocalOnly, prefix: usual) }
  }

  /// Throws when there are more texts than the broker has room for.
  private func checkPolicyTexts() throws(ConfigurationError.Reason) {
    var count = Int(clientIdentifierPrefix.count)
    for index in 0..<listenerCount {
      let listener = listener(at: index)
      count += Int(listener.mountPoint.count)
      count += Int(listener.security.assignedIdentifierPrefix.count)
    }
    let most = Limits.PolicyTexts.count
    guard count <= most else { throw .policyTexts(Int64(most)) }
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

extension ConfigurationError.Reason {
  fileprivate static var missing: ConfigurationError.Reason {
    .listenerNote(1883, "it is not opened: keys of a listener stand behind its \"listener PORT\"")
  }
}

extension Listener {
  /// Which of its keys cannot be kept, and why: what was to be encrypted, or shown, would not be.
  fileprivate var contradiction: (key: StaticString, value: TextReference, words: StaticString)? {
    if tls.certificateFile.isEmpty && !tls.keyFile.isEmpty {
      return ("keyfile", tls.keyFile, "it needs certfile")
    }
    if !tls.certificateFile.isEmpty && tls.keyFile.isEmpty {
      return ("certfile", tls.certificateFile, "it needs keyfile")
    }
    if !tls.certificateFile.isEmpty && !tls.pskHint.isEmpty {
      return ("psk_hint", tls.pskHint, "it excludes certfile")
    }
    if !tls.pskHint.isEmpty && security.pskFile.isEmpty {
      return ("psk_hint", tls.pskHint, "it needs psk_file")
    }
    guard tls.requiresCertificate else { return nil }
    if tls.certificateFile.isEmpty {
      return ("require_certificate", .none, "true needs certfile and keyfile")
    }
    let hasAuthority = !tls.authorityFile.isEmpty || !tls.authorityPath.isEmpty
    return hasAuthority ? nil : ("require_certificate", .none, "true needs cafile or capath")
  }

  /// What its keys wish for in vain, as in Mosquitto.
  fileprivate var emptyWish: StaticString? {
    let usesName = tls.usesIdentityAsUserName || tls.usesSubjectAsUserName
    if usesName && tls.isUsed && !tls.requiresCertificate && tls.pskHint.isEmpty {
      return "nobody can come in: names of certificates need require_certificate"
    }
    if tls.usesSubjectAsUserName && !tls.pskHint.isEmpty {
      return "nobody can come in: use_subject_as_username needs certificates"
    }
    guard !tls.isUsed && tls.isGiven else { return nil }
    return "it is not encrypted: that takes certfile and keyfile, or psk_hint"
  }
}

extension SecuritySettings {
  /// Takes what all listeners share, unless this one has rules of its own, and adds the defaults:
  /// with any listener configured nobody comes in unless it is said.
  fileprivate mutating func finish(
    with shared: SecuritySettings?, isLocalOnly: Bool, prefix: TextReference
  ) {
    let (anonymityHere, prefixHere) = (givenAnonymityHere, assignedIdentifierPrefixHere)
    if let shared { self = shared }
    allowsAnonymous = anonymityHere ?? givenAnonymity ?? isLocalOnly
    if !prefixHere.isEmpty { assignedIdentifierPrefix = prefixHere }
    if assignedIdentifierPrefix.isEmpty { assignedIdentifierPrefix = prefix }
  }
}
