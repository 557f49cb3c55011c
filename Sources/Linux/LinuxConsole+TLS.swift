import CLinux
import Configuration
import Memory

// Certificates, keys and the like: read from the files that the configuration names.
extension LinuxConsole {
  /// Makes what each listener of these settings shows by TLS; nil, and why is told, when one of them
  /// is not wholly valid.
  package mutating func loadTLS(of settings: Settings) -> TLSConfigurations? {
    var configurations = TLSConfigurations()
    for index in 0..<settings.listenerCount {
      let listener = settings.listener(at: index)
      guard listener.tls.isUsed else { continue }
      configurations[index] = TLSConfiguration()
      guard let made = configurations[index], fill(made, listener, settings) else {
        if configurations[index] == nil {
          complainAboutTLS("certfile", listener.tls.certificateFile, settings)
        }
        configurations.release()
        return nil
      }
    }
    return configurations
  }

  private mutating func fill(
    _ made: TLSConfiguration, _ listener: Listener, _ settings: Settings
  ) -> Bool {
    let tls = listener.tls
    return read(tls.certificateFile, .certificate, settings, into: made)
      && read(tls.keyFile, .key, settings, into: made)
      && read(tls.authorityFile, .authority, settings, into: made)
      && readAuthorities(in: tls.authorityPath, settings, into: made)
      && read(tls.revocationFile, .revocations, settings, into: made)
      && read(listener.security.pskFile, .identities, settings, into: made)
      && use(tls.ciphers, settings, of: made) && finish(made, listener, settings)
  }

  /// Gives the bytes of a file to the TLS library; true also when no file is named.
  private mutating func read(
    _ path: TextReference, _ part: TLSPart, _ settings: Settings, into made: TLSConfiguration
  ) -> Bool {
    guard !path.isEmpty else { return true }
    let result = unsafe readText(settings.span(of: path)) { unsafe part.give($0, $1, to: made) }
    if result < 0 { complainAboutTLS(part.name, path, settings, result) }
    return result >= 0
  }

  /// Gives the certificates of a folder to the TLS library: files whose names end with `.pem` or
  /// `.crt`, in the order of their bytes.
  private mutating func readAuthorities(
    in folder: TextReference, _ settings: Settings, into made: TLSConfiguration
  ) -> Bool {
    guard !folder.isEmpty else { return true }
    let pem = readAuthorities(in: folder, ending: ".pem", settings, into: made)
    return pem && readAuthorities(in: folder, ending: ".crt", settings, into: made)
  }

  private mutating func readAuthorities(
    in folder: TextReference, ending suffix: StaticString, _ settings: Settings,
    into made: TLSConfiguration
  ) -> Bool {
    var path = InlineArray<448, UInt8>(repeating: 0)
    while true {
      let length = nextPath(in: settings.span(of: folder), ending: suffix, &path)
      if length == 0 { return true }
      let file = path.span.extracting(0..<max(0, Int(length)))
      let result =
        length < 0
        ? length : unsafe readText(file) { unsafe TLSPart.authority.give($0, $1, to: made) }
      guard result >= 0 else {
        complainAboutTLS("capath", folder, settings, result)
        return false
      }
    }
  }

  /// Reads a file, puts a zero behind it, and lends it; what `body` or the system says.
  private mutating func readText(
    _ path: Span<UInt8>, _ body: (UnsafePointer<UInt8>, UInt64) -> Int32
  ) -> Int32 {
    var target = text.mutableBytes(0..<text.capacity)
    return unsafe target.withUnsafeMutableBufferPointer { buffer in
      unsafe path.withUnsafeBufferPointer { name in
        guard let base = buffer.baseAddress, let start = name.baseAddress else { return -1 }
        let count = unsafe linux_read_file(start, base, UInt64(buffer.count - 1))
        guard count >= 0 else { return Int32(count) }
        unsafe base[Int(count)] = 0
        return unsafe body(base, UInt64(count))
      }
    }
  }

  private mutating func use(
    _ ciphers: TextReference, _ settings: Settings, of made: TLSConfiguration
  ) -> Bool {
    guard !ciphers.isEmpty else { return true }
    let result = unsafe settings.span(of: ciphers).withUnsafeBufferPointer { names in
      guard let base = names.baseAddress else { return LINUX_TLS_CIPHER }
      return unsafe linux_tls_set_ciphers(made.pointer, base, UInt64(names.count))
    }
    if result < 0 { complainAboutTLS("ciphers", ciphers, settings, result) }
    return result >= 0
  }

  private mutating func finish(
    _ made: TLSConfiguration, _ listener: Listener, _ settings: Settings
  ) -> Bool {
    let options = linux_tls_options(
      lowest_version: listener.tls.version == .version13 ? 13 : 12,
      requires_certificate: listener.tls.requiresCertificate,
      shows_subject: listener.tls.usesSubjectAsUserName,
      is_web: listener.transport == .webSockets)
    let result = unsafe linux_tls_configuration_finish(made.pointer, options)
    if result < 0 { complainAboutTLS("certfile", listener.tls.certificateFile, settings, result) }
    return result >= 0
  }

  private mutating func complainAboutTLS(
    _ key: StaticString, _ value: TextReference, _ settings: Settings,
    _ result: Int32 = LINUX_TLS_NO_MEMORY
  ) {
    var line = Line()
    line.append("Error: Unable to use ")
    line.append(key)
    line.append(" \"")
    line.append(foreign: settings.span(of: value))
    line.append("\": ")
    if result <= LINUX_TLS_NO_MEMORY {
      line.append(TLSRefusal.words(of: result))
    } else {
      line.append(systemError: result)
    }
    line.append(".")
    write(line)
  }
}

/// A file that belongs to what a listener shows by TLS.
private enum TLSPart {
  case certificate, key, authority, revocations, identities

  /// The key of the configuration that names it.
  var name: StaticString {
    switch self {
    case .certificate: "certfile"
    case .key: "keyfile"
    case .authority: "cafile"
    case .revocations: "crlfile"
    case .identities: "psk_file"
    }
  }

  func give(_ bytes: UnsafePointer<UInt8>, _ count: UInt64, to made: TLSConfiguration) -> Int32 {
    switch self {
    case .certificate: unsafe linux_tls_add_certificate(made.pointer, bytes, count)
    case .key: unsafe linux_tls_set_key(made.pointer, bytes, count)
    case .authority: unsafe linux_tls_add_authority(made.pointer, bytes, count)
    case .revocations: unsafe linux_tls_add_revocations(made.pointer, bytes, count)
    case .identities: unsafe linux_tls_set_identities(made.pointer, bytes, count)
    }
  }
}
