import Board
import MQTT

/// How the broker is to behave: what the configuration settled, in the broker's own terms.
package struct Policy: BitwiseCopyable {
  /// What happens when a queue cannot take a message of QoS 1 or 2.
  package enum WhenQueueIsFull: UInt8, BitwiseCopyable {
    /// The new message is not queued for that session.
    case dropNewest
    /// The oldest message not yet sent makes room.
    case dropOldest
    /// The session ends; its Client learns it by Session Present 0.
    case endSession
    /// The publisher is told (5.0), or not acknowledged and not read until there is room (3.x), as long
    /// as the Client of that session is connected and acknowledges what it gets.
    case reject
  }

  package init() {}

  /// The texts that the rest refers to.
  package var texts = PolicyTexts()
  /// What differs between the listeners.
  package var listeners = Limits.PerListener<ListenerPolicy>(repeating: ListenerPolicy())
  /// Clients that may be connected at once, by all listeners.
  package var maximumConnections = Limits().connections
  /// Sessions there may be, connected or not.
  package var maximumSessions = Limits().sessions
  /// Milliseconds a new connection has to send its CONNECT.
  package var connectTimeout: UInt64 = 30_000
  /// The largest Keep Alive granted, in seconds; zero for any. 3.x Clients that ask for more
  /// are refused.
  package var maximumKeepAlive: UInt16 = 0
  /// The largest packet taken from a Client, in bytes.
  package var maximumPacketSize = Limits().defaultPacketBytes
  /// The largest Payload taken, in bytes.
  package var maximumPayloadSize = Int.max
  /// QoS 1 and 2 messages under way to a Client at once, and from it: our Receive Maximum.
  package var maximumInFlight: UInt16 = 20
  /// Bytes of Payloads under way to a Client from which on nothing more of QoS 1 and 2 is sent to it.
  package var maximumInFlightBytes = Int.max
  /// Messages queued for one session beyond those in flight.
  package var maximumQueued = 1000
  /// Bytes of them.
  package var maximumQueuedBytes = Int.max
  /// Whether a message comes once for each subscription of a Client that matches it, instead of once.
  package var allowsDuplicates = true
  /// Whether QoS 0 messages are queued for a persistent session that is not connected.
  package var queuesQoS0 = false
  /// Whether a message is sent with the subscription's QoS where that is higher.
  package var upgradesOutgoingQoS = false
  package var whenQueueIsFull = WhenQueueIsFull.dropNewest
  /// Milliseconds a 3.x publisher waits for room in a queue before it is disconnected.
  package var queueFullWait: UInt64 = 10_000
  /// Milliseconds in which a peer must take something of what it is sent; zero for any time.
  package var writeTimeout: UInt64 = 120_000
  package var isRetainAvailable = true
  /// Seconds a retained message is kept when it has no expiry of its own; zero for ever.
  package var retainExpiryInterval: UInt32 = 0
  /// Seconds a persistent session outlives its connection; `UInt32.max` for ever.
  package var persistentClientExpiration = UInt32.max
  /// What every client identifier must begin with; none for anything.
  package var clientIdentifierPrefix = PolicyText.none
  /// Whether who published a retained message must still be allowed to when it is delivered.
  package var checksRetainSource = true
  /// Whether a subscription to what may not be read is refused.
  package var checksSubscriptions = false
  /// Seconds between two publications of `$SYS`; zero for none.
  package var systemInterval: UInt32 = 10
  /// Whether connections that come and go are logged.
  package var logsConnections = true
  /// Whether lines of the log are published under `$SYS/broker/log/`.
  package var publishesLog = false
}

/// How the broker is to behave towards those who come in by one listener.
package struct ListenerPolicy: BitwiseCopyable {
  package init() {}

  /// Whether nobody may come in any more.
  package var isClosed = false
  /// The TCP port it listens on; zero for none.
  package var port: UInt16 = 0
  /// Clients that may be connected at once.
  package var maximumConnections = Limits().connections
  /// The highest QoS that Clients may publish with.
  package var maximumQoS = QoS.exactlyOnce
  /// Topic Aliases a Client may set; at most the board's.
  package var maximumTopicAlias = UInt16(Limits().topicAliases)
  /// Topic Aliases we set towards a Client that allows it; at most the board's.
  package var maximumTopicAliasOut = UInt16(Limits().topicAliases)
  /// Whether Clients without a User Name may connect, or with one that there is no password for.
  package var allowsAnonymous = true
  /// Which set of users and rules is asked who may come in, and what they may do.
  package var security: UInt8 = 0
  /// The versions of MQTT that Clients may speak.
  package var acceptedVersions = VersionSet.all
  /// What stands before each Topic Name and Topic Filter, unseen by the Clients.
  package var mountPoint = PolicyText.none
  /// Whether a Client may leave the choice of its identifier to us. [MQTT-3.1.3-6]
  package var allowsZeroLengthClientIdentifier = true
  /// What assigned client identifiers begin with.
  package var automaticIdentifierPrefix = PolicyText.none
  /// Whether the User Name is what TLS has proved, and no password is asked for.
  package var usesIdentityAsUserName = false
  /// Whether the User Name of a Client is its identifier.
  package var usesUserNameAsClientIdentifier = false
}
