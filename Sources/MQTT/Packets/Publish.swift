/// PUBLISH – publish message. [3.3]
package struct Publish: BitwiseCopyable {
  package let isDuplicate: Bool
  package let qos: QoS
  package let isRetained: Bool
  package let topic: Field
  /// Zero with QoS 0.
  package let packetIdentifier: UInt16
  package let properties: PublishProperties
  package let payload: Field

  package init(
    parsing bytes: Span<UInt8>, header: FixedHeader, version: ProtocolVersion
  ) throws(MalformedPacket) {
    // [MQTT-3.3.1-4] [MQTT3-3.3.1-4]
    guard let qos = QoS(rawValue: header.flags >> 1 & 0b11) else { throw .qualityOfServiceThree }
    self.qos = qos
    isDuplicate = header.flags & 0b1000 != 0
    isRetained = header.flags & 0b0001 != 0
    // [MQTT-3.3.1-2] [MQTT3-3.3.1-2]
    if isDuplicate && qos == .atMostOnce { throw .duplicateWithoutQoS }
    var reader = PacketReader(bytes, header)
    // [MQTT-3.3.2-1] [MQTT3-3.3.2-1]
    topic = try reader.text()
    // [MQTT-2.2.1-2] [MQTT3-2.3.1-5]
    packetIdentifier = qos == .atMostOnce ? 0 : try reader.packetIdentifier()
    properties = version == .v5 ? try PublishProperties(&reader) : PublishProperties()
    payload = reader.rest()
    // Only an alias can stand for the name.
    guard !topic.isEmpty || properties.topicAlias != 0 else { throw .emptyTopic }
    guard TopicName.hasNoWildcards(topic.in(bytes)) else { throw .invalidTopicName }
  }
}

/// The properties of a PUBLISH. [3.3.2.3]
package struct PublishProperties: BitwiseCopyable {
  /// All of them, encoded, without their length.
  package let block: Field
  /// Zero for none.
  package private(set) var topicAlias: UInt16 = 0
  package private(set) var messageExpiry: UInt32?

  /// Whether there are some among them that a Server does not forward as they are.
  package var needsFiltering: Bool { topicAlias != 0 || messageExpiry != nil }

  init() { block = .none }

  init(_ reader: inout PacketReader) throws(MalformedPacket) {
    var properties = try PropertyReader(&reader, allowed: Property.ofPublish)
    block = properties.block
    while let (property, value) = try properties.next(&reader) {
      switch property {
      case .topicAlias:
        // [MQTT-3.3.2-8]
        guard value.number != 0 else { throw .zeroTopicAlias }
        topicAlias = UInt16(truncatingIfNeeded: value.number)
      case .messageExpiryInterval: messageExpiry = value.number
      case .responseTopic: try value.checkResponseTopic(reader.bytes)
      default: break
      }
    }
  }
}
