import MQTT
import Memory
import Messages
import Sessions

/// One Network Connection, from accept to close.
///
/// There is one for each Client that idles: the members are in an order that leaves no gaps.
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

  package internal(set) var state = State.awaitsConnect
  var version = ProtocolVersion.v3_1_1
  /// The version that a CONNECT named which could not be read; nil if it was no MQTT at all.
  var announced: ProtocolVersion?
  /// Which listener it came in by.
  package let listener: UInt8
  /// The Client asked for reason strings and user properties. [3.1.2.11.7]
  var wantsProblemInformation = true
  /// It stands in the list of connections that have something to send.
  var isOwed = false
  /// It stands in the list of connections that are to be closed.
  var isDying = false
  /// The network took less than it was given; it will say when it takes more.
  package var isBlocked = false
  /// Its input waits until there is room for what it brings.
  package internal(set) var isStalled = false
  /// The network was told not to read it.
  package var isMuted = false
  var login = LoginState.none
  /// Seconds between two packets of the Client; zero for any. [3.1.2.10]
  var keepAlive: UInt16 = 0
  var session: Handle<Session> = .null
  /// The largest packet the Client takes. [3.1.2.11.4]
  var maximumPacketSize = UInt32.max
  /// The number that the peer's address is known by; zero for none.
  package var address: UInt64 = 0
  package internal(set) var lastReceived: Instant
  /// Until when it may wait for room in a queue; `never` while it waits for its own answers to
  /// leave, or for nothing.
  var stalledUntil: Instant = .never

  /// Topic Aliases we may set. [3.1.2.11.5]
  var topicAliasMaximum: UInt16 = 0
  /// Topic Aliases that its CONNACK allowed the Client. [3.2.2.3.8]
  var topicAliasAllowed: UInt16 = 0
  var aliases: Handle<AliasTable> = .null
  /// Who its peer has proved to be, by a certificate or a shared key.
  var identity = Chain()

  package internal(set) var input = Input()
  package internal(set) var output = Output()

  init(listener: UInt8, at now: Instant) {
    self.listener = listener
    lastReceived = now
  }
}

/// What has come in on a connection and was not taken yet.
package struct Input: BitwiseCopyable {
  /// A packet that has arrived in part, and how long it must be for another look at it.
  package internal(set) var pending = Chain()
  var needed: UInt32 = 0
  /// Receive blocks that are put by for the rest of that packet.
  var promised: UInt32 = 0
}

/// What is to go out on a connection.
package struct Output: BitwiseCopyable {
  /// Bytes ready to leave.
  package internal(set) var bytes = Chain()
  /// A message whose Payload follows them piece by piece.
  var body = MessageBody()
  /// Bytes that leave after that Payload.
  var behind = Chain()
}

/// The part of a message that has still to be moved to a connection's outgoing bytes.
struct MessageBody: BitwiseCopyable {
  var message: Handle<Message> = .null
  var cursor = ChainCursor(startOf: Chain())
  var remaining: UInt32 = 0

  var isActive: Bool { !message.isNull }
}
