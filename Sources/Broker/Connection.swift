import MQTT
import Memory
import Messages
import Sessions

/// One Network Connection, from accept to close.
///
/// There is one for each Client that idles: the members are in an order that leaves no gaps, and what
/// few connections need stands in tables beside it.
package struct Connection: BitwiseCopyable {
  package enum State: UInt8, BitwiseCopyable {
    /// Nothing but a CONNECT is taken. [MQTT-3.1.0-1]
    case awaitsConnect
    case established
    /// What is still to be sent is sent, then it is closed; nothing more is taken from it.
    case closing
    /// The network let go of it; only the Server's own close is missing.
    case ended
  }

  /// For what of its input the network finds it ready.
  package enum Heed: UInt8, BitwiseCopyable {
    case anything
    /// All that its packet lacks, for which there are no receive blocks.
    case whole
    case nothing
  }

  package internal(set) var state = State.awaitsConnect
  /// How its packets come and go.
  package let transport: Transport
  var version = ProtocolVersion.v3_1_1
  /// The version that a CONNECT named which could not be read; nil if it was no MQTT at all.
  var announced: ProtocolVersion?
  /// Which listener it came in by.
  package let listener: UInt8
  /// The Client asked for reason strings and user properties. [3.1.2.11.7]
  var wantsProblemInformation = true
  /// The network took less than it was given; it will say when it takes more.
  package internal(set) var isBlocked = false
  /// Its input waits; `Arrivals` knows for what.
  package internal(set) var isWaiting = false
  /// What the network was told to find it ready for.
  package var heed = Heed.anything
  /// A Payload is under way, which `Departures` holds, and what comes behind it.
  var isStreaming = false
  /// Its SUBSCRIBE or UNSUBSCRIBE is under way, which `Departures` holds.
  var hasRequest = false
  /// It is not counted any more among those that have not come in yet.
  var hasEntered = false
  /// The log has told of it.
  var isAnnounced = false
  /// It is counted among those that hold send blocks.
  var isHolder = false
  /// It was told why it is closed.
  package internal(set) var isTold = false
  var login = LoginState.none
  /// Seconds between two packets of the Client; zero for any. [3.1.2.10]
  var keepAlive: UInt16 = 0
  var session: Handle<Session> = .null
  /// The largest packet the Client takes. [3.1.2.11.4]
  var maximumPacketSize = UInt32.max
  /// The number that the peer's address is known by; zero for none.
  package var address: UInt64 = 0
  /// Whom the tables count for the address.
  var owner: Handle<Owner> = .null
  /// When something was heard of it last; before its CONNECT, when it came in.
  package internal(set) var lastReceived: Instant

  /// Topic Aliases we may set. [3.1.2.11.5]
  var topicAliasMaximum: UInt16 = 0
  /// Topic Aliases that its CONNACK allowed the Client. [3.2.2.3.8]
  var topicAliasAllowed: UInt16 = 0
  var aliases: Handle<AliasTable> = .null

  package internal(set) var input = Input()
  /// Bytes ready to leave.
  package internal(set) var output = Chain()

  init(listener: UInt8, transport: Transport, at now: Instant) {
    self.listener = listener
    self.transport = transport
    lastReceived = now
  }

  /// Whether it is still of use: not on its way out.
  var isLive: Bool { state == .awaitsConnect || state == .established }
}

/// What has come in on a connection and was not taken yet.
package struct Input: BitwiseCopyable {
  /// Packets, the last one perhaps in part; how many bytes there must be for another look at it.
  package internal(set) var pending = Chain()
  var needed: UInt32 = 0
  /// Bytes of them that had come when the connection was heard of last.
  var heard: UInt32 = 0
  /// Receive blocks that are put by for the rest of that packet.
  var promised: UInt32 = 0

  /// Whether there may be a whole packet that was not taken yet.
  var hasUntaken: Bool { !pending.isEmpty && pending.count >= Int(needed) }
}
