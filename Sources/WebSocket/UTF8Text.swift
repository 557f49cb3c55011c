/// Whether bytes are UTF-8, U+0000 included, as a reason to close may be. [RFC 3629]
enum UTF8Text {
  static func isWellFormed(_ bytes: Span<UInt8>) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let length = scalarLength(bytes[offset], in: bytes, at: offset)
      guard length > 0 else { return false }
      offset &+= length
    }
    return true
  }

  /// How many bytes the scalar takes; 0 when it is none. [Unicode, table 3-7]
  private static func scalarLength(_ lead: UInt8, in bytes: Span<UInt8>, at offset: Int) -> Int {
    switch lead {
    case 0x00...0x7F: return 1
    case 0xC2...0xDF: return hasTail(2, 0x80...0xBF, bytes, offset) ? 2 : 0
    case 0xE0: return hasTail(3, 0xA0...0xBF, bytes, offset) ? 3 : 0
    case 0xED: return hasTail(3, 0x80...0x9F, bytes, offset) ? 3 : 0
    case 0xE1...0xEF: return hasTail(3, 0x80...0xBF, bytes, offset) ? 3 : 0
    case 0xF0: return hasTail(4, 0x90...0xBF, bytes, offset) ? 4 : 0
    case 0xF1...0xF3: return hasTail(4, 0x80...0xBF, bytes, offset) ? 4 : 0
    case 0xF4: return hasTail(4, 0x80...0x8F, bytes, offset) ? 4 : 0
    default: return 0
    }
  }

  /// The second byte's range leaves out overlong forms, surrogates and what is beyond U+10FFFF.
  private static func hasTail(
    _ count: Int, _ second: ClosedRange<UInt8>, _ bytes: Span<UInt8>, _ offset: Int
  ) -> Bool {
    guard bytes.count &- offset >= count, second.contains(bytes[offset &+ 1]) else { return false }
    for index in 2..<max(2, count) where bytes[offset &+ index] & 0xC0 != 0x80 { return false }
    return true
  }
}
