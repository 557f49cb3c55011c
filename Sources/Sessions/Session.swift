import Memory
import MQTT
import Messages

/// What the Server remembers of a Client, between connections too. [4.1]
package struct Session: BitwiseCopyable {
  package internal(set) var clientIdentifier: Chain
  let hash: UInt32
  /// Seconds it outlives its connection; `UInt32.max` for ever. [3.1.2.11.2]
  package var expiryInterval: UInt32 = 0
  /// When its connection ended; of no meaning while it has one.
  package var disconnectedAt: Instant = .never
  package var version: ProtocolVersion
  package var isConnected = true
  /// It has ended, and what it held is being released.
  var isRetired = false

  /// What is owed to it with QoS 1 and 2, oldest first: what was sent comes before what was not.
  package internal(set) var first: Handle<Delivery> = .null
  package internal(set) var last: Handle<Delivery> = .null
  /// The oldest delivery not yet sent on this connection.
  package internal(set) var firstUnsent: Handle<Delivery> = .null
  /// What is owed to it with QoS 0, oldest first: no quota holds it up.
  package internal(set) var firstQoS0: Handle<Delivery> = .null
  package internal(set) var lastQoS0: Handle<Delivery> = .null
  /// How many deliveries there have been, as far as that can be counted.
  var lastOrder: UInt32 = 0
  /// How many were sent and are not yet acknowledged. [4.9]
  package internal(set) var inFlight: UInt16 = 0
  /// Bytes of their Payloads; beyond 4 GiB, where nobody may limit them, of no meaning.
  package internal(set) var inFlightBytes: UInt32 = 0
  /// How many may be: the Client's Receive Maximum and ours.
  package var sendQuota: UInt16 = 1
  package internal(set) var lastPacketIdentifier: UInt16 = 0
  /// How many are not yet sent.
  package internal(set) var unsent: UInt32 = 0
  /// How many of them are retained messages for a new subscription, and of those with QoS 1 and 2.
  package internal(set) var unsentReplayed: UInt32 = 0
  package internal(set) var unsentPromisedReplayed: UInt32 = 0
  /// How many deliveries came by a group, sent or not.
  package internal(set) var shared: UInt32 = 0
  /// Bytes of the messages that are not yet sent.
  package internal(set) var unsentBytes = 0
  /// How much is held for it, sent or not: deliveries, blocks of messages, each counted in full for
  /// everybody who is owed it, and of text.
  package internal(set) var deliveryCount: UInt32 = 0
  package internal(set) var textBlocks: UInt32 = 0
  package internal(set) var blocks = 0
  /// QoS 2 messages received from it and not yet released.
  package internal(set) var unreleased: UInt32 = 0
  package internal(set) var firstUnreleased: Handle<UnreleasedPublish> = .null

  /// The message to publish when the connection ends; null when there is none. [3.1.2.5]
  package var will: Handle<Message> = .null

  init(clientIdentifier: Chain, hash: UInt32, version: ProtocolVersion) {
    self.clientIdentifier = clientIdentifier
    self.hash = hash
    self.version = version
  }

  /// When it ends unless the Client comes back.
  package var expiry: Instant {
    expiryInterval == UInt32.max ? .never : disconnectedAt.adding(seconds: UInt64(expiryInterval))
  }
}

/// What few sessions have to be remembered for; it stands beside them, in memory that the others do not
/// touch.
package struct Remark: BitwiseCopyable {
  /// Messages that were dropped instead of being queued for it.
  package var dropped: UInt32 = 0
  /// How many of them its Client has been told of, and `$SYS`.
  package var droppedTold: UInt32 = 0
  package var droppedPublished: UInt32 = 0
  /// Seconds between the connection's end and the Will. [3.1.3.2.2]
  package var willDelay: UInt32 = 0
  private var willExpirySeconds: UInt32 = 0
  private var willExpires = false

  /// The Message Expiry Interval that the Will gets when it is published; nil for none.
  package var willExpiry: UInt32? {
    get { willExpires ? willExpirySeconds : nil }
    set { (willExpires, willExpirySeconds) = (newValue != nil, newValue ?? 0) }
  }

  var isBlank: Bool { dropped == 0 && willDelay == 0 && !willExpires }
}
