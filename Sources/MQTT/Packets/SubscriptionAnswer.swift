/// SUBACK and UNSUBACK. [3.9] [3.11]
///
/// The codes follow what `writeHead` writes, one byte for each filter, in their order.
/// [MQTT-3.9.3-1] [MQTT-3.11.3-1]
package struct SubscriptionAnswer: BitwiseCopyable {
  private let type: PacketType
  private let packetIdentifier: UInt16
  private let codeCount: Int
  private let version: ProtocolVersion

  package init(
    type: PacketType, packetIdentifier: UInt16, codeCount: Int, version: ProtocolVersion
  ) {
    self.type = type
    self.packetIdentifier = packetIdentifier
    self.codeCount = codeCount
    self.version = version
  }

  /// Whether codes follow: UNSUBACK has none in 3.x.
  package var hasCodes: Bool { version == .v5 || type == .suback }

  /// Everything before the codes: at most 9 bytes. [MQTT-2.2.1-6] [MQTT3-2.3.1-7]
  package func writeHead(to sink: inout some ByteSink & ~Copyable) {
    sink.append(byte: type.rawValue << 4)
    let length = 2 + (version == .v5 ? 1 : 0) + (hasCodes ? codeCount : 0)
    VariableByteInteger.write(length, to: &sink)
    sink.append(twoBytes: packetIdentifier)
    if version == .v5 { sink.append(byte: 0) }
  }
}
