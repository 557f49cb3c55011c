import Memory
import MQTT
import Messages

/// What one session is owed of one message.
package struct Delivery: BitwiseCopyable {
  /// Where it is in the exchange of packets that its QoS asks for. [4.3]
  package enum Stage: UInt8, BitwiseCopyable {
    /// Not sent on this connection, or QoS 0.
    case unsent
    /// PUBLISH was sent with QoS 1: PUBACK is awaited.
    case awaitsPuback
    /// PUBLISH was sent with QoS 2: PUBREC is awaited. [MQTT-4.3.3-3]
    case awaitsPubrec
    /// PUBREL was sent: PUBCOMP is awaited.
    case awaitsPubcomp
  }

  /// Null once PUBREC came: only the Packet Identifier is needed then.
  package internal(set) var message: Handle<Message>
  package let session: UInt32
  /// Neighbours among those of the session with QoS 0, or with QoS 1 and 2.
  package internal(set) var next: Handle<Delivery> = .null
  var previous: Handle<Delivery> = .null
  /// When it came, among all of the session.
  var order: UInt32 = 0
  /// The Subscription Identifiers, encoded as properties. [3.3.2.3.8]
  package internal(set) var identifiers: Chain
  /// Zero until it is sent with QoS 1 or 2.
  package internal(set) var packetIdentifier: UInt16 = 0
  package let qos: QoS
  package internal(set) var stage = Stage.unsent
  private var marks: UInt8 = 0
  /// Whether it was sent on an earlier connection, which makes the next PUBLISH a duplicate; what
  /// the publisher set counts for nothing. [MQTT-3.3.1-1] [MQTT-3.3.1-3] [MQTT3-3.3.1-1]
  /// [MQTT3-3.3.1-3]
  package internal(set) var isDuplicate = false

  /// Whether it still has to be sent on this connection; the session counts these.
  var isCountedUnsent = false
  /// Whether it was sent on this connection and uses up one of the send quota. [4.9]
  var usesQuota = false

  package init(
    of message: Handle<Message>, to session: Int, qos: QoS, isRetained: Bool, identifiers: Chain
  ) {
    self.message = message
    self.session = UInt32(session)
    self.qos = qos
    self.identifiers = identifiers
    self.isRetained = isRetained
  }
}

extension Delivery {
  /// Whether it is sent with RETAIN set.
  package private(set) var isRetained: Bool {
    get { has(1) }
    set { mark(1, newValue) }
  }

  /// Whether it is a retained message for a new subscription.
  package var isReplayed: Bool {
    get { has(2) }
    set { mark(2, newValue) }
  }

  /// Whether one of QoS 0 must not be sent before those of QoS 1 and 2 that came before it: an older
  /// message of its topic is among them.
  package var isBound: Bool {
    get { has(4) }
    set { mark(4, newValue) }
  }

  /// Whether it came by a group, of which another member gets it should the session end.
  package var isShared: Bool {
    get { has(8) }
    set { mark(8, newValue) }
  }

  private func has(_ mark: UInt8) -> Bool { marks & mark != 0 }

  private mutating func mark(_ mark: UInt8, _ isSet: Bool) {
    marks = isSet ? marks | mark : marks & ~mark
  }
}

/// The Packet Identifier of a QoS 2 message that was received and not yet released. [4.3.3]
package struct UnreleasedPublish: BitwiseCopyable {
  let session: UInt32
  let packetIdentifier: UInt16
  /// What tells the message from another.
  let digest: UInt32
  var next: Handle<UnreleasedPublish> = .null
  var previous: Handle<UnreleasedPublish> = .null
}
