/// A number in one to four bytes, seven bits in each, the lowest first. [1.5.5]
package enum VariableByteInteger {
  /// The largest number that four bytes hold.
  package static var maximum: UInt32 { 268_435_455 }

  /// How many bytes the number takes in its shortest form.
  package static func length(of value: UInt32) -> Int {
    value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4
  }

  /// Reads the number at `offset`; `nil` when `bytes` end within it.
  package static func read(
    _ bytes: Span<UInt8>, at offset: Int
  ) throws(MalformedPacket) -> (value: UInt32, length: Int)? {
    guard let number = try readAnyForm(bytes, at: offset) else { return nil }
    // [MQTT-1.5.5-1]
    guard number.length == length(of: number.value) else { throw .variableByteIntegerNotMinimal }
    return number
  }

  /// Reads a number that may take more bytes than it needs.
  package static func readAnyForm(
    _ bytes: Span<UInt8>, at offset: Int
  ) throws(MalformedPacket) -> (value: UInt32, length: Int)? {
    var value: UInt32 = 0
    for index in 0..<4 {
      guard offset + index < bytes.count else { return nil }
      let byte = bytes[offset + index]
      value |= UInt32(byte & 0x7F) << UInt32(truncatingIfNeeded: 7 &* index)
      if byte < 0x80 { return (value, index + 1) }
    }
    throw .variableByteIntegerTooLong
  }
}

extension ByteSink where Self: ~Copyable {
  /// Appends a number in its shortest form. [MQTT-1.5.5-1]
  package mutating func append(variableByteInteger value: UInt32) {
    var rest = value
    while rest >= 0x80 {
      append(byte: UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(byte: UInt8(truncatingIfNeeded: rest))
  }
}
