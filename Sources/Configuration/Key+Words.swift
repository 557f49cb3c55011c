/// The settings with words of their own.
enum WordsSetting: UInt8 {
  /// `accept_protocol_versions NUMBERS`
  ///
  /// The versions of MQTT that clients may speak, 3, 4 and 5, with commas between them.
  /// - Section: Listeners
  /// - Mosquitto: same
  case acceptedVersions
  /// `listener_auto_id_prefix PREFIX`
  ///
  /// The same as `auto_id_prefix` for the last listener alone.
  /// - Section: Who may come in
  /// - Mosquitto: same
  case assignedIdentifierPrefixHere
  /// `include_dir FOLDER`
  ///
  /// Read every file of it whose name ends in .conf, in the order of the bytes of their names. A
  /// file that is included itself includes none.
  /// - Section: The program
  /// - Mosquitto: same
  case includedDirectory
  /// `listener PORT [ADDRESS]`
  ///
  /// Listen on this TCP port, at this address, or those of this name in /etc/hosts; at all addresses of both
  /// versions of IP when none is given, or `*`. With port 0 the address is the path of a socket in the file
  /// system; one that nobody listens on any more is replaced, and it is removed at the end. Keys of a
  /// listener stand behind it; before the first one, or without one, they are for a listener on port 1883.
  /// - Section: Listeners, 1
  /// - Mosquitto: differs: names are looked up in /etc/hosts alone
  case listener
  /// `log_dest DESTINATION`
  ///
  /// Where lines go; may be given several times: stderr. `stdout`, `stderr`, `syslog`, `topic`
  /// ($SYS/broker/log/, then E, W, N, I, M/subscribe or M/unsubscribe), `file` and a path, or `none`.
  /// Nothing is written to storage unless this names a file there; when that cannot be opened, lines go to
  /// the standard error.
  /// - Section: The log, 1
  /// - Mosquitto: differs: `dlt` and `android` are warned of
  case logDestination
  /// `log_type KIND`
  ///
  /// The kinds of lines, one or several, given once or several times: error, warning, notice and
  /// information. Also debug, subscribe, unsubscribe, websockets, internal, all and none.
  /// - Section: The log
  /// - Mosquitto: differs: each of several words counts, there the first
  case logType
  /// `websockets_origin ORIGIN`
  ///
  /// A page that browsers may come from. May be given several times; without it any may.
  /// - Section: Listeners
  /// - Mosquitto: same
  case origin
  /// `queue_full drop_newest|drop_oldest|end_session|reject`
  ///
  /// What becomes of a message of QoS 1 or 2 for a session whose queue is full: drop_newest, it is not queued;
  /// drop_oldest, the oldest not yet sent makes room; end_session, the session ends, which its client learns by
  /// Session Present 0; reject, who publishes is told, or waits, while that client is connected and acknowledges
  /// what it gets.
  /// - Section: Clients and messages
  /// - Mosquitto: ours
  case queueFull
  /// `persistent_client_expiration TIME`
  ///
  /// After which a session whose client is away ends: never. A number and a unit, as in `30s`, `1h`, `2d`,
  /// `1w`, `1m` or `1y`. A 5.0 client that asks for longer is told so in its CONNACK.
  /// - Section: Clients and messages
  /// - Mosquitto: same
  case sessionExpiry
  /// `socket_domain ipv4|ipv6`
  ///
  /// Listen on this version of IP alone.
  /// - Section: Listeners
  /// - Mosquitto: same
  case socketFamily
  /// `socket_mode MODE`
  ///
  /// The permissions of a socket in the file system, in octal: 660.
  /// - Section: Listeners
  /// - Mosquitto: ours
  case socketMode
  /// `tls_version VERSION`
  ///
  /// The lowest version of TLS: tlsv1.2 or tlsv1.3. An older one is warned of, and is 1.2.
  /// - Section: Encryption
  /// - Mosquitto: differs: nothing older than 1.2
  case tlsVersion
  /// `protocol mqtt|websockets`
  ///
  /// What clients speak here: mqtt.
  /// - Section: Listeners
  /// - Mosquitto: differs: there is no `http_api`
  case transport
}
