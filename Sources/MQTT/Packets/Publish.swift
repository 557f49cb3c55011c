/// PUBLISH – publish message. [3.3]
package struct Publish: BitwiseCopyable {
  /// Whether the Client may have sent the packet before. [3.3.1.1]
  package let isDuplicate: Bool
  /// Whether its fixed header is one that a Server may send on as it is.
  package let hasPlainHeader: Bool
  /// How often the message may arrive. [3.3.1.2]
  package let qos: QoS
  /// Whether the message is to be kept for later subscribers. [3.3.1.3]
  package let isRetained: Bool
  /// The Topic Name; empty when a Topic Alias stands for it.
  package let topic: Field
  /// What the acknowledgements will name; 0 at QoS 0.
  package let packetIdentifier: UInt16
  /// None in MQTT 3.x.
  package let properties: PublishProperties
  /// The message itself.
  package let payload: Field

  /// Parses a packet from a Client that `bytes` begin with.
  package init(
    parsing bytes: Span<UInt8>, header: FixedHeader, version: ProtocolVersion
  ) throws(MalformedPacket) {
    // [MQTT-3.3.1-4] [MQTT3-3.3.1-4]
    guard let qos = QoS(rawValue: header.flags >> 1 & 0b11) else { throw .qualityOfServiceThree }
    var reader = try PacketReader(bytes, header: header)
    self.qos = qos
    isDuplicate = header.flags & 0b1000 != 0
    // [MQTT-3.3.1-2] [MQTT-1.5.5-1]: what older devices may send is not sent on.
    hasPlainHeader = header.isShortest && (!isDuplicate || qos != .atMostOnce)
    isRetained = header.flags & 0b0001 != 0
    topic = try reader.readBinary()  // [MQTT-3.3.2-1] [MQTT3-3.3.2-1]
    // [MQTT-2.2.1-2] [MQTT3-2.3.1-5]
    packetIdentifier = qos == .atMostOnce ? 0 : try reader.readPacketIdentifier()
    // [MQTT-2.2.2-1]
    properties = version == .v5 ? try .init(parsing: &reader, of: .publish) : .none
    payload = reader.readRest()
    try validate(topic.in(bytes), version: version)
  }

  /// Makes the PUBLISH of a Client that is in the same process; its fields lie in `bytes`.
  ///
  /// The Topic Name is written out: there is no alias within a process.
  package init(
    topic: Field, payload: Field, properties: PublishProperties = .none, qos: QoS,
    isRetained: Bool, isDuplicate: Bool = false, packetIdentifier: UInt16, in bytes: Span<UInt8>
  ) throws(MalformedPacket) {
    guard properties.topicAlias == 0 else { throw .topicNameMissing }
    guard qos == .atMostOnce || packetIdentifier != 0 else { throw .packetIdentifierZero }
    self.topic = topic
    self.payload = payload
    self.properties = properties
    self.qos = qos
    self.isRetained = isRetained
    self.isDuplicate = isDuplicate
    hasPlainHeader = true
    self.packetIdentifier = packetIdentifier
    try validate(topic.in(bytes), version: .v5)
  }

  private func validate(
    _ name: Span<UInt8>, version: ProtocolVersion
  ) throws(MalformedPacket) {
    // [MQTT-3.3.1-2] [MQTT3-3.3.1-2]
    guard !isDuplicate || qos != .atMostOnce || version.isTolerant else {
      throw .duplicateAtMostOnce
    }
    try TopicName.validateOrEmpty(name)
    guard name.isEmpty && properties.topicAlias == 0 else { return }
    throw version == .v5 ? .topicNameMissing : .topicNameEmpty  // [MQTT-4.7.3-1] [MQTT3-4.7.0-1]
  }
}
