/// AUTH – authentication exchange, of 5.0. [3.15]
package struct Auth: BitwiseCopyable {
  package let reason: ReasonCode
  package private(set) var method: Field?

  package init(
    parsing bytes: Span<UInt8>, header: FixedHeader, version: ProtocolVersion
  ) throws(MalformedPacket) {
    guard version == .v5 else { throw .notIn3x }
    var reader = PacketReader(bytes, header)
    guard reader.remaining > 0 else {
      reason = .success
      return
    }
    reason = ReasonCode(rawValue: try reader.byte())
    // [MQTT-3.15.2-1]
    guard reason == .success || reason == .continueAuthentication || reason == .reauthenticate
    else { throw .invalidReasonCode }
    var properties = try PropertyReader(&reader, allowed: Property.ofAuth)
    while let (property, value) = try properties.next(&reader) {
      if property == .authenticationMethod { method = value.field }
    }
    try reader.expectEnd()
  }
}
