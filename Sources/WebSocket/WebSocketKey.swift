/// The key of a handshake, and what proves that we have read it. [RFC 6455, 4.2.2]
package struct WebSocketKey: BitwiseCopyable {
  /// The key and the words that every server appends to it: what is to be digested.
  private var bytes = InlineArray<60, UInt8>(repeating: 0)

  /// Copies a key that is well formed.
  package init(_ key: Span<UInt8>) {
    precondition(key.count == WebSocketKey.textCount)
    for index in key.indices { bytes[index] = key[index] }
    let words: StaticString = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    for index in 0..<words.utf8CodeUnitCount {
      bytes[WebSocketKey.textCount + index] = unsafe words.utf8Start[index]
    }
  }

  /// What SHA-1 digests.
  package var span: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span }
  }

  /// Whether a text is the base64 of 16 bytes.
  static func isWellFormed(_ key: Span<UInt8>) -> Bool {
    guard key.count == textCount else { return false }
    for index in 0..<22 where !isBase64(key[index]) { return false }
    return key[22] == UInt8(ascii: "=") && key[23] == UInt8(ascii: "=")
  }

  private static var textCount: Int { 24 }

  private static func isBase64(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
      return true
    default: return false
    }
  }
}

/// The 20 bytes that SHA-1 makes of a key. [RFC 3174]
package typealias KeyDigest = InlineArray<20, UInt8>
