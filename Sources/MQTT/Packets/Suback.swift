/// SUBACK – subscribe acknowledgement. [3.9]
package struct Suback: ~Escapable, OutgoingPacket {
  private let packetIdentifier: UInt16
  private let codes: Span<UInt8>
  private let version: ProtocolVersion

  /// Answers the SUBSCRIBE of that identifier with a reason code for each request, in order.
  @_lifetime(copy codes)
  package init(packetIdentifier: UInt16, codes: Span<UInt8>, version: ProtocolVersion) {
    self.packetIdentifier = packetIdentifier
    self.codes = codes
    self.version = version
  }

  /// What the packet is for.
  package var type: PacketType { .suback }

  /// Writes identifier, empty properties and codes.
  ///
  /// [MQTT-2.2.1-6] [MQTT-3.8.4-2] [MQTT-3.8.4-6] [MQTT-3.9.2-1] [MQTT-3.9.2-2] [MQTT-3.9.3-1]
  /// [MQTT3-2.3.1-7] [MQTT3-3.8.4-2] [MQTT3-3.8.4-5]
  package func writeBody(to sink: inout some ByteSink & ~Copyable) {
    sink.append(twoBytes: packetIdentifier)
    guard version != .v5 else {
      sink.append(byte: 0)  // [MQTT-2.2.2-1]
      return sink.append(codes)
    }
    // MQTT 3.1.1 knows one failure. [3.1.1: 3.9.3]
    for index in codes.indices { sink.append(byte: min(codes[index], 0x80)) }
  }
}

/// UNSUBACK – unsubscribe acknowledgement. [3.11]
package struct Unsuback: ~Escapable, OutgoingPacket {
  private let packetIdentifier: UInt16
  private let codes: Span<UInt8>
  private let version: ProtocolVersion

  /// Answers the UNSUBSCRIBE of that identifier with a reason code for each filter, in order.
  @_lifetime(copy codes)
  package init(packetIdentifier: UInt16, codes: Span<UInt8>, version: ProtocolVersion) {
    self.packetIdentifier = packetIdentifier
    self.codes = codes
    self.version = version
  }

  /// What the packet is for.
  package var type: PacketType { .unsuback }

  /// Writes the identifier and, in MQTT 5, empty properties and codes.
  ///
  /// [MQTT-2.2.1-6] [MQTT-3.10.4-5] [MQTT-3.11.2-1] [MQTT-3.11.2-2] [MQTT-3.11.3-1]
  /// [MQTT3-2.3.1-7] [MQTT3-3.10.4-1]
  package func writeBody(to sink: inout some ByteSink & ~Copyable) {
    sink.append(twoBytes: packetIdentifier)
    guard version == .v5 else { return }
    sink.append(byte: 0)  // [MQTT-2.2.2-1]
    sink.append(codes)
  }
}
