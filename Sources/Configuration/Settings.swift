import Board
import Memory

/// What the configuration file and the command line say, with the defaults of what they do not say.
///
/// A value of fixed size without references: a reload reads into a new one beside the old and swaps
/// them when it is wholly valid.
package struct Settings: BitwiseCopyable {
  private var listeners = Limits.PerListener<Listener>(repeating: Listener())
  /// How many listeners there are: after `finish`, at least one.
  package private(set) var listenerCount = 0
  /// The listener that keys before the first `listener` are for, as in Mosquitto; when they say
  /// nothing that makes one, it is not there.
  var listenerDefaults = Listener()
  /// Whether keys are for it, and none of them makes it.
  var isDefaultListenerMissing = false
  /// Whether `port` is given.
  var isPortGiven = false
  /// Whether the last `listener` is wrong, and this is what its keys are for.
  private var isListenerMissed = false
  private var missedListener = Listener()
  /// The file that is being read, when another one includes it, and the line of it.
  package private(set) var file = TextReference.none
  var line: UInt32 = 0
  /// Whether no `listener` was configured, and these are the loopback ones: then not all of
  /// them need to exist, as on a machine without IPv6.
  package internal(set) var isLocalOnly = false
  /// Whether ports of the command line were ignored because the file has listeners.
  package internal(set) var arePortsIgnored = false
  private var origins = Limits.Origins<TextReference>(repeating: .none)
  private(set) var originCount = 0
  var text = SettingsText()

  /// Who may come in by every listener, unless each has rules of its own.
  var security = SecuritySettings()
  /// Whether each listener has rules of its own about who may come in.
  package internal(set) var usesListenerSettings = false
  /// Whether one of those rules was given.
  private(set) var isSecurityGiven = false
  /// Whether keys that nobody knows are warned of instead of refused, from here on: ours.
  var ignoresUnknownKeys = false
  /// What every Client Identifier must begin with; empty for anything.
  package internal(set) var clientIdentifierPrefix = TextReference.none
  /// Whether who published a retained message must still be allowed to when it is delivered.
  package internal(set) var checksRetainSource = true
  /// Whether a subscription to what may not be read is refused.
  package internal(set) var checksSubscriptions = false
  /// The most Clients that have a session, connected or not; -1 for as many as the board has.
  package internal(set) var maximumClients: Int32 = -1
  /// The most Network Connections of all listeners together; -1 for as many as the board has.
  package internal(set) var maximumTotalConnections: Int32 = -1
  /// Bytes of the HTTP header of a WebSocket connection; 0 for the board's.
  package internal(set) var webSocketHeaderBytes: UInt16 = 0
  /// Seconds until a connection must have sent its CONNECT packet: a key of ours.
  package internal(set) var connectTimeoutSeconds: UInt16 = 30
  /// The longest Keep Alive a Client may ask for; 0 for no limit, when none at all is allowed too.
  package internal(set) var maximumKeepAliveSeconds: UInt16 = 0

  /// Messages on their way to one Client and not acknowledged: our Receive Maximum too; 0 for 65535.
  package internal(set) var maximumInflightMessages: UInt16 = 20
  /// Bytes of payloads on their way to one Client from which on it is sent nothing more; 0 for no limit.
  package internal(set) var maximumInflightBytes: Int32 = 0
  /// Messages queued for one session besides those in flight; 0 for no limit but the board's.
  package internal(set) var maximumQueuedMessages: Int32 = 1000
  /// Bytes of messages queued for one session; 0 for no limit but the board's.
  package internal(set) var maximumQueuedBytes: Int32 = 0
  /// The largest packet that is received.
  package internal(set) var maximumPacketBytes = Int32(Limits().defaultPacketBytes)
  /// The largest payload that is accepted; 0 for any.
  package internal(set) var maximumPayloadBytes: Int32 = 0
  /// Whether a message comes once for each subscription of a client that matches it.
  package internal(set) var allowsDuplicates = true
  /// Whether messages of QoS 0 are queued for sessions that are away.
  package internal(set) var queuesQoS0Messages = false
  /// Whether a message is sent with the QoS of the subscription even when its own is lower.
  package internal(set) var upgradesOutgoingQoS = false
  /// What becomes of a message for a session whose queue is full: a key of ours.
  package internal(set) var queueFull = QueueFull.dropNewest
  /// How long the publisher of a message that is not accepted may be left waiting: ours.
  package internal(set) var queueFullWaitSeconds: UInt16 = 10
  /// In which a client must take something of what it is sent; 0 for any time: ours.
  package internal(set) var writeTimeoutSeconds: UInt16 = 120

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
  /// The user to go on as once all is open; empty for the one that the device chooses.
  package internal(set) var user = TextReference.none
  /// Whether the system is asked to refuse what a broker never does: ours.
  package internal(set) var isSandboxed = true
  /// Whether all memory is kept out of swap: ours.
  package internal(set) var locksMemory = false
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
  /// Which of the system log's local facilities lines are for; none: they are a daemon's.
  package internal(set) var logFacility: UInt8?
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

  /// All texts, one behind the other: what is told of a listener has its value there.
  package var texts: Span<UInt8> {
    @_lifetime(borrow self) get { text.bytes.span }
  }

  /// One of the listeners, in the order of the configuration; the index must be below their count.
  package func listener(at index: Int) -> Listener {
    precondition(index >= 0 && index < listenerCount)
    return listeners[index]
  }

  /// One of the origins that listeners name; the index must be in the range of one of them.
  package func origin(at index: Int) -> TextReference {
    precondition(index >= 0 && index < originCount)
    return origins[index]
  }

  /// The listener that a key is for: the last one, or the default one while there is none.
  var lastListener: Listener {
    if isListenerMissed { return missedListener }
    return listenerCount > 0 ? listeners[listenerCount - 1] : listenerDefaults
  }

  /// What follows is for a listener that is not there, until there is one.
  mutating func missListener() {
    isListenerMissed = true
    missedListener = Listener()
  }

  /// What is read from here on stands in a file that another one includes, or in that one again.
  ///
  /// - Parameter path: nil for the main file.
  package mutating func enter(_ path: Span<UInt8>?) {
    guard let path else { return file = .none }
    file = text.keep(path) ?? .none
  }

  /// Returns `false`, and changes nothing, when the board has no more listeners.
  mutating func append(_ listener: Listener) -> Bool {
    guard listenerCount < Settings.listenerCapacity else { return false }
    listeners[listenerCount] = listener
    listenerCount += 1
    isListenerMissed = false
    return true
  }

  /// Forgets all listeners, and nothing of what they are made of.
  mutating func removeListeners() { listenerCount = 0 }

  /// The place of one more origin; nil, and nothing changes, when the board has no more.
  mutating func append(origin: TextReference) -> Int? {
    guard originCount < Settings.originCapacity else { return nil }
    origins[originCount] = origin
    originCount += 1
    return originCount - 1
  }

  /// Changes the listener that a key is for.
  mutating func updateListener(_ update: (inout Listener) -> Void) {
    if isListenerMissed { return update(&missedListener) }
    guard listenerCount > 0 else { return updateDefaultListener(update) }
    update(&listeners[listenerCount - 1])
  }

  /// Changes the listener that keys before the first `listener` are for.
  mutating func updateDefaultListener(_ update: (inout Listener) -> Void) {
    let isFirst = listenerDefaults.line == 0
    update(&listenerDefaults)
    guard isFirst else { return }
    listenerDefaults.file = file
    listenerDefaults.line = line
  }

  /// Changes each listener.
  mutating func updateListeners(_ update: (inout Listener) -> Void) {
    for index in 0..<listenerCount { update(&listeners[index]) }
  }

  /// Changes who may come in: by the last listener, or by all.
  mutating func updateSecurity(_ update: (inout SecuritySettings) -> Void) {
    isSecurityGiven = true
    guard usesListenerSettings else { return update(&security) }
    updateListener { update(&$0.security) }
  }

  /// Appends how much of the board's limits the configuration takes.
  package func describeUse(in line: inout Line) {
    line.append("this configuration takes ")
    line.append(listenerCount)
    line.append(" listeners of ", number: Int64(Settings.listenerCapacity))
    line.append(", ", number: Int64(text.used))
    line.append(" bytes of texts of ", number: Int64(SettingsText.capacity))
    line.append(", ", number: Int64(originCount))
    line.append(" origins of ", number: Int64(Settings.originCapacity))
  }

  /// The most listeners of this board.
  static var listenerCapacity: Int {
    min(Limits().listeners, Limits.PerListener<Listener>.count)
  }

  /// The most origins of this board.
  static var originCapacity: Int { Limits.Origins<TextReference>.count }
}

/// What becomes of a message for a session whose queue is full.
package enum QueueFull: UInt8, BitwiseCopyable {
  /// The message is not queued for this session.
  case dropNewest
  /// The oldest message that is not in flight makes room.
  case dropOldest
  /// The session ends.
  case endSession
  /// The publisher learns it: 0x97, or no acknowledgement until there is room.
  case reject
}
