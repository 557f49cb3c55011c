/// The rules of a UTF-8 Encoded String. [1.5.4]
///
/// Nothing is skipped or changed, U+FEFF least of all. [MQTT-1.5.4-3] [MQTT3-1.5.3-3]
///
/// Control characters and non-characters are refused, as the standard lets a Server and as Mosquitto does:
/// its Clients close a connection on which they get one. [1.5.4]
package enum Text {
  /// Whether the bytes are a UTF-8 Encoded String's.
  package static func isWellFormed(_ bytes: Span<UInt8>) -> Bool {
    do throws(MalformedPacket) {
      _ = try findWildcard(validating: bytes)
      return true
    } catch {
      return false
    }
  }

  /// Whether `+` or `#` is in the text; throws when it is not a UTF-8 Encoded String's.
  ///
  /// Looks at eight bytes at a time as long as they are ASCII, since nearly all topics are.
  static func findWildcard(validating bytes: Span<UInt8>) throws(MalformedPacket) -> Bool {
    var offset = 0
    var wildcards: UInt64 = 0
    while bytes.count &- offset >= 8 {
      let word = load(bytes, at: offset)
      guard isPlain(word) else { break }
      wildcards |= wildcardMarks(in: word)
      offset &+= 8
    }
    return try findWildcard(validating: bytes, from: offset, found: wildcards != 0)
  }

  private static func findWildcard(
    validating bytes: Span<UInt8>, from start: Int, found: Bool
  ) throws(MalformedPacket) -> Bool {
    var offset = start
    var found = found
    while offset < bytes.count {
      let lead = bytes[offset]
      found = found || lead == UInt8(ascii: "+") || lead == UInt8(ascii: "#")
      offset &+= try scalarLength(lead, at: offset, in: bytes)
    }
    return found
  }

  /// How many bytes the scalar takes that begins with `lead`. [Unicode, table 3-7]
  private static func scalarLength(
    _ lead: UInt8, at offset: Int, in bytes: Span<UInt8>
  ) throws(MalformedPacket) -> Int {
    switch lead {
    case 0: throw .nullCharacter  // [MQTT-1.5.4-2] [MQTT-4.7.3-2] [MQTT3-1.5.3-2]
    case 0x01...0x1F, 0x7F: throw .controlCharacter
    case 0x20...0x7E: return 1
    case 0xC2...0xDF: return try check(bytes, at: offset, count: 2, second: 0x80...0xBF)
    case 0xE0: return try check(bytes, at: offset, count: 3, second: 0xA0...0xBF)
    case 0xED: return try check(bytes, at: offset, count: 3, second: 0x80...0x9F)
    case 0xE1...0xEF: return try check(bytes, at: offset, count: 3, second: 0x80...0xBF)
    case 0xF0: return try check(bytes, at: offset, count: 4, second: 0x90...0xBF)
    case 0xF1...0xF3: return try check(bytes, at: offset, count: 4, second: 0x80...0xBF)
    case 0xF4: return try check(bytes, at: offset, count: 4, second: 0x80...0x8F)
    default: throw .illFormedText  // [MQTT-1.5.4-1] [MQTT3-1.5.3-1]
    }
  }

  /// Checks what follows a lead byte; the second byte's range excludes overlong forms, surrogates
  /// and what lies beyond U+10FFFF. [MQTT-1.5.4-1] [MQTT3-1.5.3-1]
  private static func check(
    _ bytes: Span<UInt8>, at offset: Int, count: Int, second: ClosedRange<UInt8>
  ) throws(MalformedPacket) -> Int {
    guard bytes.count &- offset >= count else { throw .illFormedText }
    guard second.contains(bytes[offset &+ 1]) else { throw .illFormedText }
    for index in 2..<max(2, count) {
      guard bytes[offset &+ index] & 0xC0 == 0x80 else { throw .illFormedText }
    }
    try checkUse(bytes.extracting(offset..<offset &+ count))
    return count
  }

  /// Throws when the bytes of one scalar, of more than one byte, are not for use in texts.
  private static func checkUse(_ scalar: Span<UInt8>) throws(MalformedPacket) {
    // U+0080–U+009F
    if scalar[0] == 0xC2 && scalar[1] < 0xA0 { throw .controlCharacter }
    let last = scalar[scalar.count &- 1]
    // U+FDD0–U+FDEF
    if scalar[0] == 0xEF && scalar[1] == 0xB7 && last >= 0x90 && last <= 0xAF {
      throw .nonCharacter
    }
    // The last two of each plane, U+FFFE and U+FFFF, U+1FFFE …: all bits but these sixteen are in front.
    let isEndOfPlane =
      scalar[0] == 0xEF && scalar[1] == 0xBF || scalar[0] >= 0xF0 && scalar[1] & 0x0F == 0x0F
    guard isEndOfPlane && (scalar[0] == 0xEF || scalar[2] == 0xBF) else { return }
    if last >= 0xBE { throw .nonCharacter }
  }

  /// Whether all eight bytes are ASCII and none is a control character.
  private static func isPlain(_ word: UInt64) -> Bool {
    let controls = (word &- 0x2020_2020_2020_2020) & ~word
    // What lies above U+007E has its high bit when one is added, or has it already.
    let deletes = word &+ 0x0101_0101_0101_0101
    return (word | controls | deletes) & 0x8080_8080_8080_8080 == 0
  }

  /// Not 0 when one of eight ASCII bytes is `#` (0x23) or `+` (0x2B), which differ in one bit.
  private static func wildcardMarks(in word: UInt64) -> UInt64 {
    zeroMarks(in: (word & ~0x0808_0808_0808_0808) ^ 0x2323_2323_2323_2323)
  }

  /// Not 0 when one of the eight bytes is 0: only that borrows from its own high bit.
  private static func zeroMarks(in word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
  }

  /// Eight bytes as one number; the caller has seen that they are there, and the span looks again.
  private static func load(_ bytes: Span<UInt8>, at offset: Int) -> UInt64 {
    unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }
}

extension ByteSink where Self: ~Copyable {
  /// Appends our own words.
  package mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { buffer in
      for index in 0..<buffer.count { unsafe append(byte: buffer[index]) }
    }
  }
}
