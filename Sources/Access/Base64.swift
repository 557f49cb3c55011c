import Memory

/// Base 64 with the usual alphabet and padding. [RFC 4648, 4]
enum Base64 {
  /// Decodes into `bytes`; how many they are, or -1 when the text is malformed or too long.
  static func decode(_ text: Span<UInt8>, into bytes: inout InlineArray<64, UInt8>) -> Int {
    guard text.count % 4 == 0 else { return -1 }
    var count = 0
    for start in stride(from: 0, to: text.count, by: 4) {
      let group = text.extracting(start..<start + 4)
      let length = group.significantCount
      guard length >= 2, length == 4 || start + 4 == text.count, count + length - 1 <= 64,
        let bits = group.bits(of: length)
      else { return -1 }
      for index in 0..<length - 1 {
        bytes[count] = UInt8(truncatingIfNeeded: bits >> UInt32(16 - 8 * index))
        count += 1
      }
      // What the last byte leaves over must be nothing.
      if bits << UInt32(8 + 8 * (length - 1)) != 0 { return -1 }
    }
    return count
  }

  /// Appends the text of these bytes.
  static func encode(_ bytes: Span<UInt8>, to line: inout Line) {
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let length = min(3, bytes.count - start)
      var bits: UInt32 = 0
      for index in 0..<length { bits |= UInt32(bytes[start + index]) << UInt32(16 - 8 * index) }
      for index in 0..<4 {
        let value = UInt8(truncatingIfNeeded: bits >> UInt32(18 - 6 * index)) & 0x3F
        line.append(byte: index <= length ? letter(value) : UInt8(ascii: "="))
      }
    }
  }

  private static func letter(_ value: UInt8) -> UInt8 {
    switch value {
    case 0..<26: UInt8(ascii: "A") + value
    case 26..<52: UInt8(ascii: "a") + value - 26
    case 52..<62: UInt8(ascii: "0") + value - 52
    case 62: UInt8(ascii: "+")
    default: UInt8(ascii: "/")
    }
  }
}

extension Span where Element == UInt8 {
  /// How many of four letters are no padding.
  fileprivate var significantCount: Int {
    if self[3] != UInt8(ascii: "=") { return 4 }
    return self[2] != UInt8(ascii: "=") ? 3 : 2
  }

  /// The bits of the first `count` letters, the first one's highest of 24; nil if one is no letter.
  fileprivate func bits(of count: Int) -> UInt32? {
    var bits: UInt32 = 0
    for index in 0..<count {
      guard let value = self[index].base64Value else { return nil }
      bits |= UInt32(value) << UInt32(18 - 6 * index)
    }
    return bits
  }
}

extension UInt8 {
  fileprivate var base64Value: UInt8? {
    switch self {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): self - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): self - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
