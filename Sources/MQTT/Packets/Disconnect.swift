/// DISCONNECT – disconnect notification. [3.14]
package struct Disconnect: BitwiseCopyable {
  package let reason: ReasonCode
  /// A new Session Expiry Interval. [3.14.2.2.2]
  package private(set) var sessionExpiry: UInt32?
  private var reasonString: StaticString = ""

  package init(reason: ReasonCode, reasonString: StaticString) {
    self.reason = reason
    self.reasonString = reasonString
  }

  package init(
    parsing bytes: Span<UInt8>, header: FixedHeader, version: ProtocolVersion
  ) throws(MalformedPacket) {
    var reader = PacketReader(bytes, header)
    guard version == .v5 && reader.remaining > 0 else {
      reason = .success
      try reader.expectEnd()
      return
    }
    reason = ReasonCode(rawValue: try reader.byte())
    guard Disconnect.isAllowedFromClient(reason) else { throw .invalidReasonCode }
    if reader.remaining > 0 {
      var properties = try PropertyReader(&reader, allowed: Property.ofDisconnect)
      while let (property, value) = try properties.next(&reader) {
        if property == .sessionExpiryInterval { sessionExpiry = value.number }
      }
    }
    try reader.expectEnd()
  }

  /// Writes it, the reason string only where it does not make it longer than the Client takes.
  /// [MQTT-3.14.2-1] [MQTT-3.14.2-3]
  package func write(to sink: inout some ByteSink & ~Copyable, maximumLength: Int) {
    let count = reasonString.utf8CodeUnitCount
    let isTold = count > 0 && 7 + count <= maximumLength
    sink.append(byte: PacketType.disconnect.rawValue << 4)
    guard isTold else {
      sink.append(byte: 1)
      return sink.append(byte: reason.rawValue)
    }
    VariableByteInteger.write(1 + 1 + 3 + count, to: &sink)
    sink.append(byte: reason.rawValue)
    VariableByteInteger.write(3 + count, to: &sink)
    sink.append(byte: Property.reasonString.rawValue)
    sink.append(text: reasonString)
  }

  /// [MQTT-3.14.2-1]
  private static func isAllowedFromClient(_ reason: ReasonCode) -> Bool {
    switch reason {
    case .success, .disconnectWithWill, .unspecifiedError, .malformedPacket, .protocolError,
      .implementationSpecificError, .topicNameInvalid, .receiveMaximumExceeded,
      .topicAliasInvalid, .packetTooLarge, .messageRateTooHigh, .quotaExceeded,
      .administrativeAction, .payloadFormatInvalid:
      true
    default: false
    }
  }
}
