/// What every packet begins with. [2.1.1]
package struct FixedHeader: BitwiseCopyable {
  package let type: PacketType
  /// The lower four bits of the first byte.
  let flags: UInt8
  /// Bytes of the header itself.
  let headerLength: Int
  /// Bytes that follow it.
  let remainingLength: Int

  /// Bytes of the whole packet.
  package var packetLength: Int { headerLength + remainingLength }

  /// Reads a header off the front; nil when it is not there completely.
  package static func parse(_ bytes: Span<UInt8>) throws(MalformedPacket) -> FixedHeader? {
    guard bytes.count > 0 else { return nil }
    guard let type = PacketType(rawValue: bytes[0] >> 4) else { throw .reservedType }
    let flags = bytes[0] & 0xF
    // [MQTT-2.1.3-1] [MQTT3-2.2.2-1] [MQTT3-2.2.2-2] [MQTT-3.6.1-1] [MQTT-3.8.1-1]
    // [MQTT-3.10.1-1] [MQTT-3.14.1-1] [MQTT-3.15.1-1] [MQTT3-3.6.1-1] [MQTT3-3.8.1-1]
    // [MQTT3-3.10.1-1]
    if let reserved = type.reservedFlags, flags != reserved { throw .reservedFlags }
    guard let (length, count) = try VariableByteInteger.read(bytes, at: 1) else { return nil }
    return FixedHeader(
      type: type, flags: flags, headerLength: 1 + count, remainingLength: length)
  }
}
