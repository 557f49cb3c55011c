import Memory

/// What may stand behind the addresses of a PROXY header of version 2: a type, a length in two bytes, and
/// as many bytes, again and again. Nothing of it matters here but that the lengths are right.
/// [PROXY protocol, 2.2]
package struct ProxyExtensions: BitwiseCopyable {
  /// Bytes before the next type: of the addresses, or of a value.
  private var rest: UInt32
  /// Bytes of the next type and its length that have come.
  private var headCount: UInt8 = 0
  private var length: UInt32 = 0

  /// Begins so many bytes before the first type.
  package init(behind count: Int) { rest = UInt32(truncatingIfNeeded: count) }

  /// Whether the header may end here.
  package var isComplete: Bool { rest == 0 && headCount == 0 }

  /// Takes the next bytes of the header.
  package mutating func take(_ bytes: Span<UInt8>, _ work: inout Work) {
    work.pay(WebSocketPrice.scanning(bytes.count))
    var index = 0
    while index < bytes.count {
      guard rest == 0 else {
        let passed = min(Int(rest), bytes.count - index)
        rest -= UInt32(passed)
        index += passed
        continue
      }
      length = length << 8 & 0xFF00 | UInt32(bytes[index])
      index += 1
      headCount += 1
      guard headCount == 3 else { continue }
      headCount = 0
      rest = length
    }
  }
}
