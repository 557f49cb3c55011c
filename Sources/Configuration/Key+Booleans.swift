/// The settings that are true or false.
enum BooleanSetting: UInt8 {
  /// `allow_anonymous true|false`
  ///
  /// Clients may come in without a user name: true, and false as soon as there is a listener.
  /// - Section: Who may come in
  /// - Mosquitto: same
  case allowsAnonymous
  /// `listener_allow_anonymous true|false`
  ///
  /// The same as `allow_anonymous` for the last listener alone.
  /// - Section: Who may come in
  /// - Mosquitto: same
  case allowsAnonymousHere
  /// `allow_duplicate_messages true|false`
  ///
  /// A message that several subscriptions of a client match comes once for each of them: true. With
  /// `false` it comes once, with the highest of their QoS and all of their identifiers.
  /// - Section: Clients and messages
  /// - Mosquitto: differs: `false` is for MQTT 5.0 too; the default is that of 2.1
  case allowsDuplicates
  /// `allow_zero_length_clientid true|false`
  ///
  /// A client may leave its identifier to us: true.
  /// - Section: Who may come in
  /// - Mosquitto: same
  case allowsEmptyClientIdentifier
  /// `check_retain_source true|false`
  ///
  /// A retained message is delivered only while who published it may still do so: true.
  /// - Section: Who may come in
  /// - Mosquitto: same
  case checksRetainSource
  /// `check_subscriptions true|false`
  ///
  /// A subscription to what may not be read is refused: false. Nothing of it is delivered either way.
  /// - Section: Who may come in
  /// - Mosquitto: ours
  case checksSubscriptions
  /// `disable_client_cert_date_checks true|false`
  ///
  /// Certificates of clients are good before and after their time, for boards without a clock: false.
  /// - Section: Encryption
  /// - Mosquitto: same
  case ignoresClientDates
  /// `ignore_unknown_keys true|false`
  ///
  /// From here on, keys that nobody knows are warned of instead of refused: false.
  /// - Section: The program
  /// - Mosquitto: ours
  case ignoresUnknownKeys
  /// `log_timestamp true|false`
  ///
  /// Lines begin with the time: true.
  /// - Section: The log
  /// - Mosquitto: same
  case isLogTimestamped
  /// `persistence true|false`
  ///
  /// Nothing is kept over a restart yet: false; `true` is warned of.
  /// - Section: The program
  /// - Mosquitto: not yet
  case isPersistent
  /// `retained_persistence true|false`
  ///
  /// The same as `persistence`.
  /// - Section: The program
  /// - Mosquitto: not yet
  case isPersistentToo
  /// `retain_available true|false`
  ///
  /// There are retained messages: true.
  /// - Section: Clients and messages
  /// - Mosquitto: same
  case isRetainAvailable
  /// `sandbox true|false`
  ///
  /// The kernel refuses what a broker never asks for: true.
  /// - Section: The program
  /// - Mosquitto: ours
  case isSandboxed
  /// `memory_lock true|false`
  ///
  /// All memory of `--plan` is resident from the start and is never swapped out; when the system does not
  /// allow it, that is an error: false.
  /// - Section: The program
  /// - Mosquitto: ours
  case locksMemory
  /// `connection_messages true|false`
  ///
  /// Clients that come and go are logged: true. Those who are not authorised are in any case; connections
  /// that are closed without a byte, as health checks make them, are told to debug alone.
  /// - Section: The log
  /// - Mosquitto: same
  case logsConnections
  /// `queue_qos0_messages true|false`
  ///
  /// Messages of QoS 0 wait for sessions that are away: false.
  /// - Section: Clients and messages
  /// - Mosquitto: same
  case queuesQoS0Messages
  /// `require_certificate true|false`
  ///
  /// A client must show a certificate: false. It needs `certfile`, and `cafile` or `capath`, else it is an
  /// error.
  /// - Section: Encryption
  /// - Mosquitto: same
  case requiresCertificate
  /// `set_tcp_nodelay true|false`
  ///
  /// Sockets of all listeners always send at once: true.
  /// - Section: Listeners
  /// - Mosquitto: differs: unless it is said, it is true here and false there
  case setsTCPNoDelay
  /// `upgrade_outgoing_qos true|false`
  ///
  /// Deliver with the QoS of the subscription, even if the message has a lower one: false.
  /// - Section: Clients and messages
  /// - Mosquitto: same
  case upgradesOutgoingQoS
  /// `use_identity_as_username true|false`
  ///
  /// The common name of the client's certificate, or its PSK identity, is its user name: false. Where nothing
  /// is encrypted it has no effect, which is warned of.
  /// - Section: Encryption
  /// - Mosquitto: same
  case usesIdentityAsUserName
  /// `per_listener_settings true|false`
  ///
  /// `acl_file`, `allow_anonymous`, `allow_zero_length_clientid`, `auto_id_prefix`, `password_file` and
  /// `psk_file` are for the last listener instead of all: false. It must come before them.
  /// - Section: Who may come in, 1
  /// - Mosquitto: same
  case usesListenerSettings
  /// `use_subject_as_username true|false`
  ///
  /// The whole subject of the client's certificate is its user name: false.
  /// - Section: Encryption
  /// - Mosquitto: same
  case usesSubjectAsUserName
  /// `use_username_as_clientid true|false`
  ///
  /// The user name of a client is its client identifier too: false.
  /// - Section: Listeners
  /// - Mosquitto: same
  case usesUserNameAsClientIdentifier
}
