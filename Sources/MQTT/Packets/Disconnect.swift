/// DISCONNECT – the last packet, of which MQTT 3.x knows only the Client's. [3.14]
package struct Disconnect: BitwiseCopyable, OutgoingPacket {
  /// Why it is the last.
  package let reason: ReasonCode
  /// A Session Expiry Interval that takes the place of CONNECT's. [3.14.2.2.2]
  package private(set) var sessionExpiry: UInt32?
  private var reasonString: StaticString?

  /// Makes a packet to send; its Reason String is left out when it would pass `maximumLength`.
  ///
  /// It has no other property. [MQTT-3.14.2-2] [MQTT-3.14.2-3] [MQTT-3.14.2-4]
  package init(
    reason: ReasonCode, reasonString: StaticString? = nil, maximumLength: UInt32 = UInt32.max
  ) {
    self.reason = reason
    self.reasonString = reasonString
    if encodedLength > Int(clamping: maximumLength) { self.reasonString = nil }
  }

  /// Parses a packet from a Client that `bytes` begin with.
  package init(
    parsing bytes: Span<UInt8>, header: FixedHeader, version: ProtocolVersion
  ) throws(MalformedPacket) {
    var reader = try PacketReader(bytes, header: header)
    let hasReason = version == .v5 && !reader.isAtEnd
    reason = hasReason ? ReasonCode(rawValue: try reader.readByte()) : .normalDisconnection
    // [MQTT-3.14.2-1]
    guard reason.isAllowedInDisconnectFromClient else { throw .reasonCodeNotAllowed }
    if hasReason && !reader.isAtEnd { try readProperties(&reader) }
    try reader.finish(version)
  }

  /// What the packet is for.
  package var type: PacketType { .disconnect }

  /// Writes reason and Reason String, and nothing that may be left out.
  package func writeBody(to sink: inout some ByteSink & ~Copyable) {
    if let reasonString {
      sink.append(byte: reason.rawValue)
      let length = 3 + reasonString.utf8CodeUnitCount
      sink.append(variableByteInteger: UInt32(truncatingIfNeeded: length))
      sink.append(.reasonString, reasonString)
    } else if reason != .normalDisconnection {
      sink.append(byte: reason.rawValue)
    }
  }

  private mutating func readProperties(_ reader: inout PacketReader) throws(MalformedPacket) {
    let block = try reader.readPropertyBlock()
    var properties = PropertyReader(reader.bytes, block: block, of: .disconnect)
    while let property = try properties.next() {
      if property.identifier == .sessionExpiryInterval { sessionExpiry = property.number }
    }
  }
}
