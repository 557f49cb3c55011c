/// SUBACK and UNSUBACK, but for their reason codes. [3.9] [3.11]
///
/// The codes, one for each filter and in their order, follow what `writeHead` writes: there may be
/// hundreds of thousands. [MQTT-3.9.3-1] [MQTT-3.11.3-1]
package struct SubscriptionAnswer: BitwiseCopyable {
  private let type: PacketType
  private let packetIdentifier: UInt16
  private let codeCount: Int
  private let version: ProtocolVersion

  /// Answers a SUBSCRIBE or UNSUBSCRIBE of that identifier with so many codes.
  package init(
    _ type: PacketType, packetIdentifier: UInt16, codeCount: Int, version: ProtocolVersion
  ) {
    self.type = type
    self.packetIdentifier = packetIdentifier
    self.codeCount = codeCount
    self.version = version
  }

  /// Whether codes follow: the UNSUBACK of 3.x has none.
  package var hasCodes: Bool { version == .v5 || type == .suback }

  /// Bytes of the whole packet.
  package var packetLength: Int { 1 + VariableByteInteger.length(of: remaining) + Int(remaining) }

  /// Writes everything before the codes, at most 8 bytes, and no property.
  ///
  /// [MQTT-2.2.1-6] [MQTT-2.2.2-1] [MQTT-3.1.2-32] [MQTT-3.8.4-2] [MQTT-3.8.4-6] [MQTT-3.9.2-1]
  /// [MQTT-3.9.2-2] [MQTT-3.10.4-5] [MQTT-3.11.2-1] [MQTT-3.11.2-2] [MQTT3-2.3.1-7]
  /// [MQTT3-3.8.4-2] [MQTT3-3.8.4-5] [MQTT3-3.10.4-1]
  package func writeHead(to sink: inout some ByteSink & ~Copyable) {
    sink.append(byte: type.rawValue << 4)
    sink.append(variableByteInteger: remaining)
    sink.append(twoBytes: packetIdentifier)
    if version == .v5 { sink.append(byte: 0) }
  }

  private var remaining: UInt32 {
    UInt32(2 + (version == .v5 ? 1 : 0) + (hasCodes ? codeCount : 0))
  }
}
