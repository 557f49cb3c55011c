/// The headers of a PUBLISH on its way out, with the lengths of what stands between them. [3.3]
///
/// The order is: `writeFixedHeader`, the Topic Name, `writeBeforeForwarded`, the forwarded
/// properties, the Subscription Identifiers, the Payload.
package struct OutgoingPublish: BitwiseCopyable {
  private let version: ProtocolVersion
  private let qos: QoS
  private let isRetained: Bool
  package var isDuplicate = false
  package var packetIdentifier: UInt16 = 0
  /// Zero for none.
  package var topicAlias: UInt16 = 0
  package var messageExpiry: UInt32?
  /// Bytes of the Topic Name; zero when the alias alone stands for it.
  package var topicCount = 0
  package var forwardedCount = 0
  package var identifiersCount = 0
  package var payloadCount = 0

  package init(version: ProtocolVersion, qos: QoS, isRetained: Bool) {
    self.version = version
    self.qos = qos
    self.isRetained = isRetained
  }

  /// Bytes of the whole packet.
  package var packetLength: Int {
    1 + VariableByteInteger.length(of: remainingLength) + remainingLength
  }

  /// First byte, remaining length, length of the name: at most 7 bytes.
  package func writeFixedHeader(to sink: inout some ByteSink & ~Copyable) {
    // DUP is that of this delivery alone. [MQTT-3.3.1-1] [MQTT-3.3.1-3] [MQTT3-3.3.1-1]
    // [MQTT3-3.3.1-3] [MQTT-4.3.1-1] [MQTT-4.3.2-2] [MQTT-4.3.3-2]
    var flags = qos.rawValue << 1
    if isRetained { flags |= 0b0001 }
    if isDuplicate { flags |= 0b1000 }
    sink.append(byte: PacketType.publish.rawValue << 4 | flags)
    VariableByteInteger.write(remainingLength, to: &sink)
    sink.append(twoBytes: UInt16(truncatingIfNeeded: topicCount))
  }

  /// Packet Identifier, length of the properties, and those of this delivery: at most 14 bytes.
  package func writeBeforeForwarded(to sink: inout some ByteSink & ~Copyable) {
    if qos != .atMostOnce { sink.append(twoBytes: packetIdentifier) }
    guard version == .v5 else { return }
    VariableByteInteger.write(propertiesLength, to: &sink)
    if let messageExpiry {
      sink.append(byte: Property.messageExpiryInterval.rawValue)
      sink.append(fourBytes: messageExpiry)
    }
    if topicAlias != 0 {
      sink.append(byte: Property.topicAlias.rawValue)
      sink.append(twoBytes: topicAlias)
    }
  }

  private var propertiesLength: Int {
    (messageExpiry == nil ? 0 : 5) + (topicAlias == 0 ? 0 : 3) + forwardedCount + identifiersCount
  }

  private var remainingLength: Int {
    var length = 2 + topicCount + payloadCount
    if qos != .atMostOnce { length += 2 }
    if version == .v5 {
      length += VariableByteInteger.length(of: propertiesLength) + propertiesLength
    }
    return length
  }
}
