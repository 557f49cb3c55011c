import Board

/// What the configuration file and the command line say, with the defaults of what they do not say.
///
/// A value of fixed size without references: a reload reads into a new one beside the old and swaps
/// them when it is wholly valid.
package struct Settings: BitwiseCopyable {
  /// The most listeners of any board: the ten ports of the command line on both loopbacks.
  static var listenerCapacity: Int { 20 }

  private var listeners = InlineArray<20, Listener>(repeating: Listener())
  /// How many listeners there are: after `finish`, at least one.
  package private(set) var listenerCount = 0
  /// What listener keys before the first `listener` say: the defaults of all listeners.
  var listenerDefaults = Listener()
  /// Whether no `listener` was configured, and these are the loopback ones: then not all of
  /// them need to exist, as on a machine without IPv6.
  package internal(set) var isLocalOnly = false
  /// Whether ports of the command line were ignored because the file has listeners.
  package internal(set) var arePortsIgnored = false
  var text = SettingsText()

  /// `allow_anonymous`, when it is given.
  var givenAnonymity: Bool?
  /// Whether a Client may connect without a User Name.
  package var isAnonymousAllowed: Bool { givenAnonymity ?? isLocalOnly }
  /// Whether a Client may leave the choice of its Client Identifier to us. [MQTT-3.1.3-6]
  package internal(set) var allowsEmptyClientIdentifier = true
  /// What the Client Identifiers that we assign begin with; at most 50 bytes, `auto-` by default.
  package internal(set) var assignedIdentifierPrefix = TextReference.none
  /// Seconds until a connection must have sent its CONNECT packet: a key of ours.
  package internal(set) var connectTimeoutSeconds: UInt16 = 10
  /// The longest Keep Alive a Client may ask for; 0 for no limit, when none at all is allowed too.
  package internal(set) var maximumKeepAliveSeconds: UInt16 = 0

  /// Messages on their way to one Client and not acknowledged: our Receive Maximum too; 0 for 65535.
  package internal(set) var maximumInflightMessages: UInt16 = 20
  /// Messages queued for one session besides those in flight; 0 for no limit but the board's.
  package internal(set) var maximumQueuedMessages: Int32 = 1000
  /// Bytes of messages queued for one session; 0 for no limit but the board's.
  package internal(set) var maximumQueuedBytes: Int32 = 0
  /// The largest packet that is received.
  package internal(set) var maximumPacketBytes = Int32(Limits().defaultPacketBytes)
  /// The largest payload that is accepted; 0 for any.
  package internal(set) var maximumPayloadBytes: Int32 = 0
  /// Whether messages of QoS 0 are queued for sessions that are away.
  package internal(set) var queuesQoS0Messages = false
  /// Whether a message is sent with the QoS of the subscription even when its own is lower.
  package internal(set) var upgradesOutgoingQoS = false
  /// What becomes of a message for a session whose queue is full: a key of ours.
  package internal(set) var queueFull = QueueFull.reject
  /// How long the publisher of a message that is not accepted may be left waiting: ours.
  package internal(set) var queueFullWaitSeconds: UInt16 = 10

  /// Whether there are retained messages at all. [3.2.2.3.5]
  package internal(set) var isRetainAvailable = true
  /// Seconds after which a retained message is forgotten; 0 for never.
  package internal(set) var retainExpirySeconds: UInt32 = 0
  /// The longest Session Expiry Interval, and that of 3.x Clients; `UInt32.max` for never.
  package internal(set) var maximumSessionExpirySeconds = UInt32.max
  /// Seconds between two updates of the `$SYS` tree; 0 for no `$SYS` tree.
  package internal(set) var sysIntervalSeconds: UInt16 = 10
  /// Whether sockets send at once what they are given (TCP_NODELAY).
  package internal(set) var setsTCPNoDelay = true
  /// The file to write the process identifier to, when there is one.
  package internal(set) var pidFile = TextReference.none

  /// Whether Clients that come and go are logged.
  package internal(set) var logsConnections = true
  /// The kinds of lines that are logged.
  package internal(set) var logTypes = LogTypes.usual
  var isLogTypeGiven = false
  /// Where log lines go.
  package internal(set) var logDestinations = LogDestinations()
  var isLogDestinationGiven = false
  /// Whether a log line begins with the time.
  package internal(set) var isLogTimestamped = true
  /// How `strftime` is to write that time; empty for seconds since 1970.
  package internal(set) var logTimestampFormat = TextReference.none

  /// What holds when nothing is configured; `finish` must follow before it is used.
  package init() {}

  /// The bytes of one of the texts; the byte behind them is zero, as C expects.
  @_lifetime(borrow self)
  package func span(of reference: TextReference) -> Span<UInt8> {
    text.bytes.span.extracting(reference.range)
  }

  /// One of the listeners, in the order of the configuration; the index must be below their count.
  package func listener(at index: Int) -> Listener {
    precondition(index >= 0 && index < listenerCount)
    return listeners[index]
  }

  /// Returns `false`, and changes nothing, when the board has no more listeners.
  mutating func append(_ listener: Listener) -> Bool {
    guard listenerCount < min(Limits().listeners, Settings.listenerCapacity) else { return false }
    listeners[listenerCount] = listener
    listenerCount += 1
    return true
  }

  /// Changes the last listener, or the defaults of all while there is none.
  mutating func updateListener(_ update: (inout Listener) -> Void) {
    guard listenerCount > 0 else { return update(&listenerDefaults) }
    update(&listeners[listenerCount - 1])
  }
}

/// What becomes of a message for a session whose queue is full.
package enum QueueFull: UInt8, BitwiseCopyable {
  /// The publisher learns it: 0x97, or no acknowledgement until there is room.
  case reject
  /// The oldest message that is not in flight makes room.
  case dropOldest
  /// The message is not queued for this session.
  case dropNewest
}
