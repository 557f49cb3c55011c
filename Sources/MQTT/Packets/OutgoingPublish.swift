/// PUBLISH, as the Server sends it: the pieces around bytes that are stored elsewhere. [3.3]
///
///     writeFixedHeader      fixed header, length of the Topic Name
///     (the Topic Name)
///     writeBeforeForwarded  Packet Identifier, Property Length, our own properties
///     (forwarded properties, Subscription Identifiers, payload)
package struct OutgoingPublish: BitwiseCopyable {
  private let firstByte: UInt8
  private let hasProperties: Bool
  private let topicCount: UInt16
  package let topicAlias: UInt16
  /// Known last: it is chosen when the message is certain to be sent.
  package var packetIdentifier: UInt16
  private let messageExpiry: UInt32?
  private let propertyLength: UInt32
  private let remaining: UInt32

  /// Sums up a packet; what MQTT 3.x has no place for is left out, and the caller must not append
  /// it.
  ///
  /// The alias is 0 when there is none, the identifier at QoS 0. [MQTT-2.2.1-2] [MQTT-3.3.2-8]
  package init(
    version: ProtocolVersion, qos: QoS, isDuplicate: Bool, isRetained: Bool, topicCount: Int,
    topicAlias: UInt16 = 0, packetIdentifier: UInt16 = 0, messageExpiry: UInt32? = nil,
    forwardedCount: Int = 0, identifiersCount: Int = 0, payloadCount: Int
  ) {
    hasProperties = version == .v5
    // [MQTT-3.3.1-2] [MQTT-4.3.1-1] [MQTT3-3.3.1-2]
    let duplicate: UInt8 = isDuplicate && qos != .atMostOnce ? 0b1000 : 0
    firstByte =
      PacketType.publish.rawValue << 4 | duplicate | qos.rawValue << 1 | (isRetained ? 1 : 0)
    self.topicCount = UInt16(truncatingIfNeeded: topicCount)
    self.topicAlias = topicAlias
    self.packetIdentifier = packetIdentifier
    self.messageExpiry = messageExpiry
    let ownCount = (messageExpiry == nil ? 0 : 5) + (topicAlias == 0 ? 0 : 3)
    let properties = UInt32(truncatingIfNeeded: ownCount + forwardedCount + identifiersCount)
    propertyLength = properties
    let block = hasProperties ? VariableByteInteger.length(of: properties) + Int(properties) : 0
    let identifier = qos == .atMostOnce ? 0 : 2
    remaining = UInt32(truncatingIfNeeded: 2 + topicCount + identifier + block + payloadCount)
  }

  /// The bytes that follow the fixed header.
  package var remainingLength: Int { Int(remaining) }
  /// The bytes of the whole packet.
  package var packetLength: Int { 1 + VariableByteInteger.length(of: remaining) + remainingLength }
  /// Whether the packet can be written at all. [2.1.4]
  package var isRepresentable: Bool { remaining <= VariableByteInteger.maximum }

  /// Writes what stands before the Topic Name.
  package func writeFixedHeader(to sink: inout some ByteSink & ~Copyable) {
    sink.append(byte: firstByte)
    sink.append(variableByteInteger: remaining)
    sink.append(twoBytes: topicCount)
  }

  /// Writes what stands between the Topic Name and the forwarded properties. [MQTT-3.3.2-6]
  package func writeBeforeForwarded(to sink: inout some ByteSink & ~Copyable) {
    if firstByte & 0b0110 != 0 { sink.append(twoBytes: packetIdentifier) }
    guard hasProperties else { return }
    sink.append(variableByteInteger: propertyLength)
    if let messageExpiry { sink.append(.messageExpiryInterval, fourBytes: messageExpiry) }
    if topicAlias != 0 { sink.append(.topicAlias, twoBytes: topicAlias) }
  }
}

/// How a subscription is named in the messages that it yields. [3.3.2.3.8]
package enum SubscriptionIdentifier {
  /// The bytes of the property; 0 for identifier 0, which is none.
  package static func encodedLength(of identifier: UInt32) -> Int {
    identifier == 0 ? 0 : 1 + VariableByteInteger.length(of: identifier)
  }
}

extension ByteSink where Self: ~Copyable {
  /// Appends a Subscription Identifier, or nothing for 0, which is none. [3.3.2.3.8]
  package mutating func append(subscriptionIdentifier identifier: UInt32) {
    guard identifier != 0 else { return }
    append(byte: PropertyIdentifier.subscriptionIdentifier.rawValue)
    append(variableByteInteger: identifier)
  }
}
