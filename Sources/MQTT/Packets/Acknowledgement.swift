/// PUBACK, PUBREC, PUBREL and PUBCOMP. [3.4] [3.5] [3.6] [3.7]
package struct Acknowledgement: BitwiseCopyable {
  package let type: PacketType
  package let packetIdentifier: UInt16
  package let reason: ReasonCode

  package init(type: PacketType, packetIdentifier: UInt16, reason: ReasonCode) {
    self.type = type
    self.packetIdentifier = packetIdentifier
    self.reason = reason
  }

  package init(
    parsing bytes: Span<UInt8>, header: FixedHeader, version: ProtocolVersion
  ) throws(MalformedPacket) {
    var reader = PacketReader(bytes, header)
    type = header.type
    packetIdentifier = try reader.packetIdentifier()
    guard version == .v5 && reader.remaining > 0 else {
      reason = .success
      try reader.expectEnd()
      return
    }
    reason = ReasonCode(rawValue: try reader.byte())
    guard Acknowledgement.isAllowed(reason, in: type) else { throw .invalidReasonCode }
    if reader.remaining > 0 {
      var properties = try PropertyReader(&reader, allowed: Property.ofAcknowledgement)
      try properties.skip(&reader)
    }
    try reader.expectEnd()
  }

  /// Writes it in its shortest form. [MQTT-2.2.1-5] [MQTT3-2.3.1-6]
  package func write(to sink: inout some ByteSink & ~Copyable, version: ProtocolVersion) {
    let hasReason = version == .v5 && reason != .success
    sink.append(byte: type.rawValue << 4 | (type.reservedFlags ?? 0))
    sink.append(byte: hasReason ? 3 : 2)
    sink.append(twoBytes: packetIdentifier)
    if hasReason { sink.append(byte: reason.rawValue) }
  }

  /// [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
  private static func isAllowed(_ reason: ReasonCode, in type: PacketType) -> Bool {
    switch reason {
    case .success: true
    case .packetIdentifierNotFound: type == .pubrel || type == .pubcomp
    case .noMatchingSubscribers, .unspecifiedError, .implementationSpecificError,
      .notAuthorized, .topicNameInvalid, .packetIdentifierInUse, .quotaExceeded,
      .payloadFormatInvalid:
      type == .puback || type == .pubrec
    default: false
    }
  }
}
