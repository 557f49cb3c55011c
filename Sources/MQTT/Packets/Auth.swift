/// AUTH – a step of an authentication that takes several. [3.15]
package struct Auth: BitwiseCopyable {
  /// Which step it is.
  package let reason: ReasonCode
  /// How the Client is being authenticated.
  package private(set) var method = Field.none
  /// What the method needs to know; `nil` when it is nothing.
  package private(set) var authenticationData: Field?

  /// Parses a packet from a Client that `bytes` begin with.
  package init(
    parsing bytes: Span<UInt8>, header: FixedHeader
  ) throws(MalformedPacket) {
    var reader = try PacketReader(bytes, header: header)
    reason = reader.isAtEnd ? .success : ReasonCode(rawValue: try reader.readByte())
    // [MQTT-3.15.2-1]
    guard reason.isAllowedInAuthFromClient else { throw .reasonCodeNotAllowed }
    guard !reader.isAtEnd else { throw .authenticationMethodMissing }
    try readProperties(&reader)
    try reader.finish()
  }

  private mutating func readProperties(_ reader: inout PacketReader) throws(MalformedPacket) {
    let block = try reader.readPropertyBlock()
    var properties = PropertyReader(reader.bytes, block: block, of: .auth)
    var hasMethod = false
    while let property = try properties.next() {
      switch property.identifier {
      case .authenticationMethod:
        hasMethod = true
        method = property.field
      case .authenticationData: authenticationData = property.field
      default: continue
      }
    }
    guard hasMethod else { throw .authenticationMethodMissing }
  }
}

/// AUTH, as the Server sends it. [3.15]
package struct OutgoingAuth: ~Escapable, OutgoingPacket {
  private let reason: ReasonCode
  private let method: Span<UInt8>
  private let authenticationData: Span<UInt8>

  /// Makes a packet to send; empty data are left out.
  @_lifetime(copy method, copy authenticationData)
  package init(reason: ReasonCode, method: Span<UInt8>, authenticationData: Span<UInt8>) {
    self.reason = reason
    self.method = method
    self.authenticationData = authenticationData
  }

  /// What the packet is for.
  package var type: PacketType { .auth }

  /// Writes reason and properties, the method always. [MQTT-4.12.0-5] [MQTT-3.15.2-2]
  package func writeBody(to sink: inout some ByteSink & ~Copyable) {
    var counter = ByteCounter()
    writeProperties(to: &counter)
    sink.append(byte: reason.rawValue)
    sink.append(variableByteInteger: UInt32(truncatingIfNeeded: counter.count))
    writeProperties(to: &sink)
  }

  private func writeProperties(to sink: inout some ByteSink & ~Copyable) {
    sink.append(.authenticationMethod, method)
    if !authenticationData.isEmpty { sink.append(.authenticationData, authenticationData) }
  }
}
