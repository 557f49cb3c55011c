/// PUBACK, PUBREC, PUBREL and PUBCOMP, which are alike. [3.4] [3.5] [3.6] [3.7]
package struct Acknowledgement: BitwiseCopyable, OutgoingPacket {
  /// Which of the four it is.
  package let type: PacketType
  /// The PUBLISH that is acknowledged.
  package let packetIdentifier: UInt16
  /// Always success in MQTT 3.x, which has no place for it.
  package let reason: ReasonCode

  /// Makes an acknowledgement to send; it holds no reason in MQTT 3.x.
  package init(
    _ type: PacketType, packetIdentifier: UInt16, reason: ReasonCode, version: ProtocolVersion
  ) {
    self.type = type
    self.packetIdentifier = packetIdentifier
    self.reason = version == .v5 ? reason : .success
  }

  /// Parses a packet from a Client that `bytes` begin with.
  package init(
    parsing bytes: Span<UInt8>, header: FixedHeader, version: ProtocolVersion
  ) throws(MalformedPacket) {
    var reader = try PacketReader(bytes, header: header)
    type = header.type
    packetIdentifier = try reader.readPacketIdentifier()
    let hasReason = version == .v5 && !reader.isAtEnd
    reason = hasReason ? ReasonCode(rawValue: try reader.readByte()) : .success
    try validateReason()
    if hasReason && !reader.isAtEnd {
      let block = try reader.readPropertyBlock()
      var properties = PropertyReader(bytes, block: block, of: .acknowledgement)
      try properties.skipAll()
    }
    try reader.finish(version)
  }

  private func validateReason() throws(MalformedPacket) {
    // [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
    let isReceipt = type == .puback || type == .pubrec
    guard isReceipt ? reason.isAllowedInReceipt : reason.isAllowedInRelease else {
      throw .reasonCodeNotAllowed
    }
  }

  /// Writes the shortest form: no reason when it is success, and never a property, whether the
  /// Client wants to hear of problems or not. [MQTT-3.1.2-32]
  ///
  /// [MQTT-2.2.1-5] [MQTT3-2.3.1-6] [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3]
  /// [MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-2] [MQTT-3.7.2-3]
  package func writeBody(to sink: inout some ByteSink & ~Copyable) {
    sink.append(twoBytes: packetIdentifier)
    if reason != .success { sink.append(byte: reason.rawValue) }
  }
}
