import Memory

extension ProxyHeader {
  /// Twelve bytes that no other protocol begins with, then what is meant, in binary:
  ///
  ///     | signature 12 | version, command | family, protocol | length 2 | addresses, more |
  ///
  /// [PROXY protocol, 2.2]
  static func readVersion2(_ bytes: Span<UInt8>) throws(ProxyViolation) -> ProxyHeader? {
    let signature: StaticString = "\r\n\r\n\0\r\nQUIT\n"
    for index in 0..<min(bytes.count, signature.utf8CodeUnitCount) {
      guard unsafe bytes[index] == signature.utf8Start[index] else { throw ProxyViolation() }
    }
    guard bytes.count >= 16 else { return nil }
    guard bytes[12] == 0x20 || bytes[12] == 0x21 else { throw ProxyViolation() }
    let length = Int(bytes[14]) << 8 | Int(bytes[15])
    // The proxy speaks for itself, to see whether we live: whatever follows is skipped.
    guard bytes[12] == 0x21 else { return ProxyHeader(.none, count: 16 + length) }
    return try readAddresses(bytes, family: bytes[13], length: length)
  }

  private static func readAddresses(
    _ bytes: Span<UInt8>, family: UInt8, length: Int
  ) throws(ProxyViolation) -> ProxyHeader? {
    let needed = try byteCount(ofFamily: family)
    guard length >= needed else { throw ProxyViolation() }
    guard bytes.count >= 16 + min(needed, 36) else { return nil }
    let count = 16 + length
    switch family {
    case 0x11:
      let port = UInt16(number(bytes, 24..<26))
      let address = UInt32(truncatingIfNeeded: number(bytes, 16..<20))
      return ProxyHeader(Peer(version4: address, port: port), count: count, fixedCount: 28)
    case 0x21:
      let port = UInt16(number(bytes, 48..<50))
      let (high, low) = (number(bytes, 16..<24), number(bytes, 24..<32))
      let peer = Peer(version6: high, low, port: port)
      return ProxyHeader(peer, count: count, fixedCount: 52)
    default: return ProxyHeader(.none, count: count)
    }
  }

  /// The bytes of both addresses and ports over TCP; a Unix socket's are skipped like the unknown.
  private static func byteCount(ofFamily family: UInt8) throws(ProxyViolation) -> Int {
    switch family {
    case 0x00, 0x31: return 0
    case 0x11: return 12
    case 0x21: return 36
    default: throw ProxyViolation()
    }
  }

  private static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64 {
    var number: UInt64 = 0
    for index in range { number = number << 8 | UInt64(bytes[index]) }
    return number
  }
}
