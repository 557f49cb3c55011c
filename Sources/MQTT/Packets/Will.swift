/// The message that is published when its Client's connection is lost. [3.1.2.5]
package struct Will: BitwiseCopyable {
  /// The Topic Name.
  package let topic: Field
  /// The message itself.
  package let payload: Field
  /// As a PUBLISH has them; `needsFiltering` is also set by a Will Delay Interval.
  package let properties: PublishProperties
  /// How often the message may arrive. [3.1.2.6]
  package let qos: QoS
  /// Whether the message is to be kept for later subscribers. [3.1.2.7]
  package let isRetained: Bool

  /// How many seconds the Server waits before it publishes. [3.1.3.2.2]
  package var delay: UInt32 { properties.willDelay }

  /// Makes the Will of a Client that is in the same process; its fields lie in `bytes`.
  package init(
    topic: Field, payload: Field, properties: PublishProperties, qos: QoS, isRetained: Bool,
    in bytes: Span<UInt8>
  ) throws(MalformedPacket) {
    try TopicName.validate(topic.in(bytes))  // [MQTT-3.1.3-9]
    self.topic = topic
    self.payload = payload
    self.properties = properties
    self.qos = qos
    self.isRetained = isRetained
  }

  init(
    parsing reader: inout PacketReader, flags: ConnectFlags, version: ProtocolVersion
  ) throws(MalformedPacket) {
    properties = version == .v5 ? try .init(parsing: &reader, of: .will) : .none
    topic = try reader.readBinary()
    try TopicName.validate(topic.in(reader.bytes))  // [MQTT-3.1.3-9] [MQTT3-3.1.3-10]
    payload = try reader.readBinary()
    qos = flags.willQoS
    isRetained = flags.isWillRetained
  }
}
