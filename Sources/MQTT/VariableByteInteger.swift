/// A number in one to four bytes, seven bits in each. [1.5.5]
package enum VariableByteInteger {
  /// The number that begins at `offset`, and its bytes; nil when it is not there completely.
  static func read(
    _ bytes: Span<UInt8>, at offset: Int
  ) throws(MalformedPacket) -> (value: Int, count: Int)? {
    var value = 0
    for index in 0..<4 {
      guard offset + index < bytes.count else { return nil }
      let byte = bytes[offset + index]
      value |= Int(byte & 0x7F) << (7 * index)
      if byte & 0x80 == 0 {
        if byte == 0 && index > 0 { throw .lengthNotMinimal }  // [MQTT-1.5.5-1]
        return (value, index + 1)
      }
    }
    throw .lengthTooLong
  }

  /// Bytes that it takes. [MQTT-1.5.5-1]
  static func length(of value: Int) -> Int {
    value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4
  }

  /// Writes a number up to 268,435,455.
  static func write(_ value: Int, to sink: inout some ByteSink & ~Copyable) {
    var rest = value
    while rest > 127 {
      sink.append(byte: UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    sink.append(byte: UInt8(truncatingIfNeeded: rest))
  }
}
