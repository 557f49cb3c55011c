import Broker
import CLinux
import Configuration
import Memory

// Certificates, keys and the like: read from the files that the configuration names.
extension LinuxConsole {
  /// Makes what each listener of these settings shows by TLS; nil, and all that is wrong is told, when
  /// one of them is not wholly valid.
  @inline(never)
  mutating func loadTLS(of settings: Settings) -> TLSConfigurations? {
    var configurations = TLSConfigurations()
    var areValid = true
    for index in 0..<settings.listenerCount {
      let listener = settings.listener(at: index)
      guard listener.tls.isUsed else { continue }
      guard TLSStreams.isHere else {
        complain(
          .certificate, settings.span(of: listener.tls.certificateFile), LINUX_TLS_UNAVAILABLE)
        return nil
      }
      configurations[index] = TLSConfiguration()
      guard let made = configurations[index], fill(made, listener, settings) else {
        if configurations[index] == nil {
          complain(
            .certificate, settings.span(of: listener.tls.certificateFile), LINUX_TLS_NO_MEMORY)
        }
        areValid = false
        continue
      }
    }
    if areValid { return configurations }
    configurations.release()
    return nil
  }

  private mutating func fill(
    _ made: TLSConfiguration, _ listener: Listener, _ settings: Settings
  ) -> Bool {
    let tls = listener.tls
    return read(tls.certificateFile, .certificate, settings, into: made)
      && read(tls.keyFile, .key, settings, into: made)
      && read(tls.authorityFile, .authority, settings, into: made)
      && readFolder(tls.authorityPath, settings, into: made)
      && read(tls.revocationFile, .revocations, settings, into: made)
      && read(listener.security.pskFile, .identities, settings, into: made)
      && use(tls.ciphers, settings, of: made) && finish(made, listener, settings)
  }

  /// Gives the bytes of a file to the TLS library; true also when no file is named.
  private mutating func read(
    _ path: TextReference, _ part: TLSPart, _ settings: Settings, into made: TLSConfiguration
  ) -> Bool {
    guard !path.isEmpty else { return true }
    let result = give(settings.span(of: path), part, to: made)
    guard result < 0 else { return true }
    // The others of it are as good without the one that is not known here.
    let isSpare = part == .authority && result == LINUX_TLS_UNKNOWN_KIND && made.hasAuthority
    let number = unsafe linux_tls_bad_certificate(made.pointer)
    complain(part, settings.span(of: path), result, certificate: number, isWarning: isSpare)
    return isSpare
  }

  /// Gives each certificate of a folder to the TLS library. Whatever else lies there is passed over,
  /// as are links that lead nowhere: folders of certificates are full of links.
  private mutating func readFolder(
    _ folder: TextReference, _ settings: Settings, into made: TLSConfiguration
  ) -> Bool {
    guard !folder.isEmpty else { return true }
    var path = InlineArray<448, UInt8>(repeating: 0)
    while true {
      let length = nextPath(in: settings.span(of: folder), endingWith: "", &path)
      var result = length
      if length > 0 { result = give(path.span.extracting(0..<Int(length)), .folder, to: made) }
      if length > 0 && isPassedOver(result) { continue }
      if length == 0 && !made.hasAuthority { result = LINUX_TLS_EMPTY_FOLDER }
      if result < 0 { complain(.folder, settings.span(of: folder), result) }
      return result >= 0
    }
  }

  private func isPassedOver(_ result: Int32) -> Bool {
    result >= 0 || result == -LINUX_ERROR_NOT_FOUND || result == -LINUX_ERROR_IS_FOLDER
  }

  /// Reads a file, puts a zero behind it, gives it, and forgets it: it may be a secret.
  private mutating func give(
    _ path: Span<UInt8>, _ part: TLSPart, to made: TLSConfiguration
  ) -> Int32 {
    var target = text.mutableBytes(0..<text.capacity)
    return unsafe target.withUnsafeMutableBufferPointer { buffer in
      unsafe path.withUnsafeBufferPointer { name in
        guard let base = buffer.baseAddress, let start = name.baseAddress else { return -1 }
        let count = unsafe linux_read_file(start, base, UInt64(buffer.count - 1))
        guard count >= 0 else { return Int32(count) }
        unsafe base[Int(count)] = 0
        let result = unsafe part.give(base, UInt64(count), to: made)
        unsafe linux_forget(base, UInt64(count))
        return result
      }
    }
  }

  /// Takes the cipher suites that are named. Others than those known here are passed over: what people
  /// copy has names of all kinds, of versions of TLS and of years.
  private mutating func use(
    _ ciphers: TextReference, _ settings: Settings, of made: TLSConfiguration
  ) -> Bool {
    guard !ciphers.isEmpty else { return true }
    let names = settings.span(of: ciphers)
    var (start, isAnyKnown) = (0, false)
    while start < names.count {
      let end = names.endOfCipher(from: start)
      let name = names.extracting(start..<end)
      start = end + 1
      // What is excluded, or put in another order, is not spoken anyhow unless it is named.
      guard let first = name.first, !first.isOperatorOfCiphers else { continue }
      let isKnown = add(name, to: made)
      if !isKnown { complain(.ciphers, name, LINUX_TLS_UNKNOWN_CIPHER, isWarning: true) }
      isAnyKnown = isAnyKnown || isKnown
    }
    if !isAnyKnown { complain(.ciphers, names, LINUX_TLS_NO_CIPHER) }
    return isAnyKnown
  }

  private func add(_ cipher: Span<UInt8>, to made: TLSConfiguration) -> Bool {
    unsafe cipher.withUnsafeBufferPointer { name in
      guard let base = name.baseAddress else { return false }
      return unsafe linux_tls_add_cipher(made.pointer, base, UInt64(name.count)) == 0
    }
  }

  private mutating func finish(
    _ made: TLSConfiguration, _ listener: Listener, _ settings: Settings
  ) -> Bool {
    let tls = listener.tls
    let options = linux_tls_options(
      lowest_version: tls.version == .version13 ? 13 : 12,
      requires_certificate: tls.requiresCertificate, shows_subject: tls.usesSubjectAsUserName,
      is_web: listener.transport == .webSockets, ignores_dates: tls.ignoresClientDates)
    let result = unsafe linux_tls_configuration_finish(made.pointer, options)
    switch result {
    case 0:
      if unsafe linux_tls_lacks_issuer(made.pointer) {
        let file = settings.span(of: tls.certificateFile)
        complain(.certificate, file, LINUX_TLS_LONE_CERTIFICATE, isWarning: true)
      }
      return true
    case LINUX_TLS_NO_VERSION:
      var word = Line()
      word.append("tlsv1.3")
      complain(.version, word.span, result)
    case LINUX_TLS_KEY_MISMATCH: complain(.key, settings.span(of: tls.keyFile), result)
    default: complain(.certificate, settings.span(of: tls.certificateFile), result)
    }
    return false
  }

  private mutating func complain(
    _ part: TLSPart, _ value: Span<UInt8>, _ result: Int32, certificate: UInt32 = 0,
    isWarning: Bool = false
  ) {
    guard !(isWarning && options.isQuiet) else { return }
    var line = Line()
    line.append(isWarning ? "Warning: Of " : "Error: Unable to use ")
    line.append(part.name)
    line.append(" \"")
    line.append(foreign: value)
    line.append("\": ")
    if certificate > 0 {
      line.append("certificate ")
      line.append(UInt64(certificate))
      line.append(" of it: ")
    }
    if result == -LINUX_ERROR_FILE_TOO_LARGE {
      line.append("it has more than ")
      line.append(UInt64(text.capacity - 1))
      line.append(" bytes")
      ConfigurationError.describe(limit: "configurationBytes", in: &line)
    } else if result <= LINUX_TLS_NO_MEMORY {
      line.append(TLSRefusal.words(of: result))
    } else {
      line.append(systemError: result)
    }
    line.append(".")
    if isWarning {
      write(line, .warning)
    } else {
      writeError(line)
    }
  }
}

// The list of `ciphers`, as OpenSSL has it.
extension Span where Element == UInt8 {
  fileprivate var first: UInt8? { isEmpty ? nil : self[0] }

  /// Where the name that begins here ends.
  fileprivate func endOfCipher(from start: Int) -> Int {
    for index in start..<count {
      let byte = self[index]
      if byte == UInt8(ascii: ":") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: " ") {
        return index
      }
    }
    return count
  }
}

extension UInt8 {
  fileprivate var isOperatorOfCiphers: Bool {
    self == UInt8(ascii: "!") || self == UInt8(ascii: "-") || self == UInt8(ascii: "+")
      || self == UInt8(ascii: "@")
  }
}

/// What belongs to that which a listener shows by TLS.
private enum TLSPart {
  case certificate, key, authority, folder, revocations, identities, ciphers, version

  /// The key of the configuration that says it.
  var name: StaticString {
    switch self {
    case .certificate: "certfile"
    case .key: "keyfile"
    case .authority: "cafile"
    case .folder: "capath"
    case .revocations: "crlfile"
    case .identities: "psk_file"
    case .ciphers: "ciphers"
    case .version: "tls_version"
    }
  }

  /// Gives the bytes of a file to the TLS library.
  func give(_ bytes: UnsafePointer<UInt8>, _ count: UInt64, to made: TLSConfiguration) -> Int32 {
    switch self {
    case .certificate: unsafe linux_tls_add_certificate(made.pointer, bytes, count)
    case .key: unsafe linux_tls_set_key(made.pointer, bytes, count)
    case .authority: unsafe linux_tls_add_authority(made.pointer, bytes, count)
    case .folder: unsafe linux_tls_add_authority_of_folder(made.pointer, bytes, count)
    case .revocations: unsafe linux_tls_add_revocations(made.pointer, bytes, count)
    case .identities: unsafe linux_tls_set_identities(made.pointer, bytes, count)
    // These are no files.
    case .ciphers, .version: LINUX_TLS_MALFORMED
    }
  }
}
