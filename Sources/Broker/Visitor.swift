import MQTT
import Memory
import Messages

/// How the packets of a connection come and go.
package enum Transport: UInt8, BitwiseCopyable {
  /// As bytes, which the network carries.
  case stream
  /// As values, from within the process: a visitor's.
  case inside
}

/// What a visitor is told, in the order in which a Client would have it.
package enum VisitorAnswer: BitwiseCopyable, Equatable {
  /// CONNACK. The Client Identifier that was assigned is the session's.
  case connected(ReasonCode, isSessionPresent: Bool)
  /// PUBACK, PUBREC, PUBREL or PUBCOMP.
  case acknowledged(PacketType, packetIdentifier: UInt16, ReasonCode)
  /// DISCONNECT: nothing follows.
  case disconnected(ReasonCode)
}

/// A message that a visitor is given, which is kept until he gives it back.
package struct GivenMessage: BitwiseCopyable {
  /// What has to be given back.
  let message: Handle<Message>
  /// Where the Topic Name begins that the visitor is shown; properties and Payload follow.
  package let start: ChainCursor
  package let topicCount: Int
  package let propertiesCount: Int
  package let payloadCount: Int
  package let qos: QoS
  package let isRetained: Bool
  package let isDuplicate: Bool
  /// What his acknowledgement names; 0 at QoS 0.
  package let packetIdentifier: UInt16
  /// Seconds that the message is worth delivering; nil when that is for ever.
  package let messageExpiry: UInt32?
}
