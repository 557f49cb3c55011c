/// The first two to five bytes of every packet. [2.1.1]
///
/// What is wrong with it in one version may pass in another, so that is asked once the version is known.
///
///     bit      7   6   5   4    3   2   1   0
///            ┌────────────────┬───────────────┐
///     byte 1 │      type      │     flags     │
///            ├────────────────┴───────────────┤
///     2…     │ remaining length, 1 to 4 bytes │
///            └────────────────────────────────┘
package struct FixedHeader: BitwiseCopyable {
  /// What the packet is for.
  package let type: PacketType
  /// The lower four bits of the first byte.
  package let flags: UInt8
  /// Whether the Remaining Length takes no more bytes than it needs.
  package let isShortest: Bool
  private let lengthBytes: UInt8
  private let remaining: UInt32

  /// The bytes of the header itself.
  package var headerLength: Int { 1 + Int(lengthBytes) }
  /// The bytes that follow the header. [2.1.4]
  package var remainingLength: Int { Int(remaining) }
  /// The bytes of the whole packet.
  package var packetLength: Int { headerLength + remainingLength }

  /// Parses the header that `bytes` begin with; `nil` when they end within it.
  package static func parse(_ bytes: Span<UInt8>) throws(MalformedPacket) -> FixedHeader? {
    guard bytes.count > 0 else { return nil }
    guard let type = PacketType(rawValue: bytes[0] >> 4) else { throw .reservedPacketType }
    guard let length = try VariableByteInteger.readAnyForm(bytes, at: 1) else { return nil }
    return FixedHeader(
      type: type, flags: bytes[0] & 0x0F,
      isShortest: length.length == VariableByteInteger.length(of: length.value),
      lengthBytes: UInt8(truncatingIfNeeded: length.length), remaining: length.value)
  }

  /// Throws what is wrong with a header of that version.
  package func validate(for version: ProtocolVersion) throws(MalformedPacket) {
    // [MQTT-2.1.3-1] [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1] [MQTT-3.14.1-1] [MQTT-3.15.1-1]
    // [MQTT3-2.2.2-1] [MQTT3-2.2.2-2] [MQTT3-3.6.1-1] [MQTT3-3.8.1-1] [MQTT3-3.10.1-1]
    guard type == .publish || flags == type.reservedFlags || version.disregardsFlags(of: type)
    else { throw .reservedFlags }
    // [MQTT-1.5.5-1]
    guard isShortest || version.isTolerant else { throw .variableByteIntegerNotMinimal }
  }
}
