/// The rules of UTF-8 Encoded Strings. [1.5.4]
enum Text {
  /// Whether the bytes are well-formed UTF-8 without U+0000 and surrogates.
  /// [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-1.5.4-3] [MQTT3-1.5.3-1] [MQTT3-1.5.3-2] [MQTT3-1.5.3-3]
  static func isValid(_ bytes: Span<UInt8>) -> Bool {
    var index = asciiPrefix(of: bytes)
    while index < bytes.count {
      let first = bytes[index]
      guard first != 0 else { return false }
      if first < 0x80 {
        index += 1
        continue
      }
      let length = sequenceLength(first)
      guard length > 0 && index + length <= bytes.count else { return false }
      guard isSecond(bytes[index + 1], after: first) else { return false }
      for offset in 2..<max(2, length) where bytes[index + offset] & 0xC0 != 0x80 { return false }
      index += length
    }
    return true
  }

  /// How many bytes at the front are certainly ASCII other than U+0000: eight at a time.
  private static func asciiPrefix(of bytes: Span<UInt8>) -> Int {
    unsafe bytes.withUnsafeBytes { raw in
      var offset = 0
      while offset + 8 <= raw.count {
        let word = unsafe raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        // A byte above 0x7F has its high bit set, and so has a zero once one is taken away.
        let suspects = (word | word &- 0x0101_0101_0101_0101) & 0x8080_8080_8080_8080
        if suspects != 0 { break }
        offset += 8
      }
      return offset
    }
  }

  private static func sequenceLength(_ first: UInt8) -> Int {
    switch first {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 0
    }
  }

  /// Neither overlong, nor a surrogate, nor beyond U+10FFFF.
  private static func isSecond(_ second: UInt8, after first: UInt8) -> Bool {
    switch first {
    case 0xE0: (0xA0...0xBF).contains(second)
    case 0xED: (0x80...0x9F).contains(second)
    case 0xF0: (0x90...0xBF).contains(second)
    case 0xF4: (0x80...0x8F).contains(second)
    default: (0x80...0xBF).contains(second)
    }
  }
}
