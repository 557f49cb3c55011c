/// How the connections of a listener are encrypted: texts are paths unless their comment says else.
package struct TLSSettings: BitwiseCopyable {
  /// Our certificate and those it hangs on (`certfile`).
  package internal(set) var certificateFile = TextReference.none
  /// The private key of our certificate (`keyfile`).
  package internal(set) var keyFile = TextReference.none
  /// The certificates that Clients' certificates may hang on (`cafile`).
  package internal(set) var authorityFile = TextReference.none
  /// A folder of such certificates (`capath`).
  package internal(set) var authorityPath = TextReference.none
  /// Certificates that are no longer good (`crlfile`).
  package internal(set) var revocationFile = TextReference.none
  /// Cipher suites of TLS 1.2, no path: names with colons between them (`ciphers`).
  package internal(set) var ciphers = TextReference.none
  /// What a Client with a pre-shared key is told, no path (`psk_hint`).
  package internal(set) var pskHint = TextReference.none
  /// The lowest version that is spoken.
  package internal(set) var version = TLSVersion.version12
  /// Whether a Client must show a certificate.
  package internal(set) var requiresCertificate = false
  /// Whether the common name of its certificate, or its PSK identity, is the Client's User Name.
  package internal(set) var usesIdentityAsUserName = false
  /// Whether the whole subject of its certificate is the Client's User Name.
  package internal(set) var usesSubjectAsUserName = false
  /// Whether certificates of Clients are good before and after their time.
  package internal(set) var ignoresClientDates = false

  /// Whether a key says anything of encryption.
  var isGiven: Bool {
    let isFile =
      !certificateFile.isEmpty || !keyFile.isEmpty || !authorityFile.isEmpty
      || !authorityPath.isEmpty || !revocationFile.isEmpty
    let isWord = !ciphers.isEmpty || !pskHint.isEmpty
    return isFile || isWord || requiresCertificate || usesIdentityAsUserName
      || usesSubjectAsUserName
  }

  /// Whether connections are encrypted at all.
  package var isUsed: Bool { !certificateFile.isEmpty || !pskHint.isEmpty }
}

/// A version of TLS.
package enum TLSVersion: UInt8, BitwiseCopyable {
  case version12
  case version13
}
