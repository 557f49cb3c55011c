/// The settings that are free text.
enum TextSetting: UInt8 {
  /// `clientid_prefixes PREFIX`
  ///
  /// What every client identifier must begin with, those that we assign too.
  /// - Section: Who may come in
  /// - Mosquitto: same
  case clientIdentifierPrefix
  /// `log_timestamp_format FORMAT`
  ///
  /// The time in front of lines, as strftime writes it; without it in seconds since 1970. Board `tiny`
  /// writes UTC.
  /// - Section: The log
  /// - Mosquitto: same
  case logTimestampFormat
  /// `bind_address ADDRESS`
  ///
  /// Outdated, and warned of: the address of `port`.
  /// - Section: Listeners
  /// - Mosquitto: same
  case oldAddress
  /// `pid_file FILE`
  ///
  /// Where the process identifier is written, as the user.
  /// - Section: The program
  /// - Mosquitto: same
  case pidFile
  /// `user NAME`
  ///
  /// Who the broker becomes, when root has started it, once its ports are open; without it the first that
  /// exists of swiftlet, mosquitto and nobody. With `root` it stays root and warns. Users are looked up in
  /// /etc/passwd alone. Ignored unless root starts it.
  /// - Section: The program
  /// - Mosquitto: same
  case user
}

/// The texts that each listener has for itself.
enum ListenerTextSetting: UInt8 {
  /// `cafile FILE`
  ///
  /// The authorities that clients' certificates may hang on. Without `certfile` nothing is encrypted, which
  /// is warned of.
  /// - Section: Encryption, 3
  /// - Mosquitto: same
  case authorityFile
  /// `capath FOLDER`
  ///
  /// A folder of authorities that clients' certificates may hang on.
  /// - Section: Encryption
  /// - Mosquitto: differs: every certificate in the folder counts, and no hashed names are needed
  case authorityPath
  /// `certfile FILE`
  ///
  /// Our certificate and those it hangs on, in PEM. It needs `keyfile`.
  /// - Section: Encryption, 1
  /// - Mosquitto: same
  case certificateFile
  /// `ciphers NAMES`
  ///
  /// The cipher suites of TLS 1.2, by the names of OpenSSL or mbedTLS, with colons between them. Other names
  /// are warned of and passed over.
  /// - Section: Encryption
  /// - Mosquitto: differs: words for many, as in `HIGH:!MD5`, stand for the usual ones
  case ciphers
  /// `bind_interface NAME`
  ///
  /// Listen only at the addresses that this network interface has at start, of both versions of IP. Those
  /// of the link alone are passed over.
  /// - Section: Listeners
  /// - Mosquitto: same
  case interface
  /// `keyfile FILE`
  ///
  /// The private key of our certificate, in PEM and not encrypted.
  /// - Section: Encryption, 2
  /// - Mosquitto: differs: encrypted keys are refused
  case keyFile
  /// `mount_point PREFIX`
  ///
  /// What is put before every topic of these clients.
  /// - Section: Listeners
  /// - Mosquitto: differs: a client is shown nothing that lies elsewhere; a name that is too long for the
  ///   board behind it is refused
  case mountPoint
  /// `psk_hint HINT`
  ///
  /// Clients have pre-shared keys instead of certificates, those of `psk_file`.
  /// - Section: Encryption
  /// - Mosquitto: differs: the hint is told to nobody
  case pskHint
  /// `crlfile FILE`
  ///
  /// Certificates that are no longer good.
  /// - Section: Encryption
  /// - Mosquitto: same
  case revocationFile
}

/// The texts that are for all listeners, or one each with `per_listener_settings`.
enum SecurityTextSetting: UInt8 {
  /// `acl_file FILE`
  ///
  /// Who may publish and subscribe what: lines `user NAME`, `topic [read|write|readwrite|deny] FILTER` for
  /// that user, or before any user for clients without a name, and `pattern` in the same way for all, with
  /// %c for the client identifier and %u for the user name. What no line allows is denied, and `deny` wins.
  /// - Section: Who may come in
  /// - Mosquitto: differs: `deny` wins over everything, %c and %u may be part of a level, and a SUBSCRIBE
  ///   that can bring nothing is refused
  case aclFile
  /// `auto_id_prefix PREFIX`
  ///
  /// What the identifiers that we choose begin with: auto-.
  /// - Section: Who may come in
  /// - Mosquitto: same
  case assignedIdentifierPrefix
  /// `password_file FILE`
  ///
  /// User names and hashes of passwords, as mosquitto_passwd and `swiftlet passwd` write them.
  /// A line that is neither is warned of, and lets nobody in; of two lines for one user the last counts.
  /// - Section: Who may come in
  /// - Mosquitto: differs: hashes of argon2id let nobody in, which would take 46 MiB for a login
  case passwordFile
  /// `psk_file FILE`
  ///
  /// Identities and pre-shared keys: lines `IDENTITY:KEY`, the key in hexadecimal digits.
  /// - Section: Who may come in
  /// - Mosquitto: differs: keys have at most 32 bytes
  case pskFile
}
