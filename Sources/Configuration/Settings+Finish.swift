import Board
import Memory

// The rules that no single line can keep.
extension Settings {
  /// Adds what was not configured and what the command line says; then the settings are complete.
  package mutating func finish(
    with options: CommandLineOptions
  ) throws(ConfigurationError) {
    finishLog(isVerbose: options.isVerbose, isQuiet: options.isQuiet)
    do throws(ConfigurationError.Reason) {
      arePortsIgnored = listenerCount > 0 && options.portCount > 0
      if listenerCount == 0 && !oldAddress.isEmpty {
        _ = try addListener(oldPort: listenerDefaults.port)
      }
      if listenerCount == 0 { try addLoopbackListeners(options) }
      try finishSecurity()
      for index in 0..<listenerCount { try check(listener(at: index)) }
      try checkPolicyTexts()
    } catch {
      throw ConfigurationError(line: 0, key: 0..<0, value: 0..<0, reason: error)
    }
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

  /// Throws when the keys of a listener do not go together.
  private func check(_ listener: Listener) throws(ConfigurationError.Reason) {
    let tls = listener.tls
    let hasAuthority = !tls.authorityFile.isEmpty || !tls.authorityPath.isEmpty
    guard tls.certificateFile.isEmpty == tls.keyFile.isEmpty else {
      throw .listener(listener.port, "certfile and keyfile go together")
    }
    guard tls.certificateFile.isEmpty || tls.pskHint.isEmpty else {
      throw .listener(listener.port, "it has either certificates or pre-shared keys")
    }
    guard tls.pskHint.isEmpty || !listener.security.pskFile.isEmpty else {
      throw .listener(listener.port, "psk_hint needs a psk_file")
    }
    guard !tls.requiresCertificate || (hasAuthority && !tls.certificateFile.isEmpty) else {
      throw .listener(listener.port, "require_certificate needs cafile or capath, and certfile")
    }
    guard tls.isUsed || !hasAuthority else {
      throw .listener(listener.port, "cafile and capath need certfile and keyfile")
    }
    guard !tls.usesIdentityAsUserName || tls.requiresCertificate || !tls.pskHint.isEmpty else {
      throw .listener(
        listener.port, "use_identity_as_username needs require_certificate or psk_hint")
    }
    guard !tls.usesSubjectAsUserName || tls.requiresCertificate else {
      throw .listener(listener.port, "use_subject_as_username needs require_certificate")
    }
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
