import Memory

extension ProxyHeader {
  /// One line of text: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 1883`. [PROXY protocol, 2.1]
  static func readVersion1(_ bytes: Span<UInt8>) throws(ProxyViolation) -> ProxyHeader? {
    let window = bytes.extracting(0..<min(bytes.count, neededMax))
    try checkBeginning(window)
    guard let lineFeed = window.firstIndex(of: UInt8(ascii: "\n"), in: 0..<window.count) else {
      guard window.count < neededMax else { throw ProxyViolation() }
      return nil
    }
    guard lineFeed > 0 && window[lineFeed - 1] == UInt8(ascii: "\r") else {
      throw ProxyViolation()
    }
    return try readLine(window.extracting(0..<lineFeed - 1), count: lineFeed + 1)
  }

  /// What is not even the beginning of the word is refused before its line ends, if it ever does.
  private static func checkBeginning(_ bytes: Span<UInt8>) throws(ProxyViolation) {
    let word: StaticString = "PROXY "
    for index in 0..<min(bytes.count, word.utf8CodeUnitCount) {
      guard unsafe bytes[index] == word.utf8Start[index] else { throw ProxyViolation() }
    }
  }

  private static func readLine(
    _ line: Span<UInt8>, count: Int
  ) throws(ProxyViolation) -> ProxyHeader {
    var words = WordReader(line.extracting(6..<line.count))
    let family = try words.next()
    if family.equals("UNKNOWN") { return ProxyHeader(.none, count: count) }
    guard family.equals("TCP4") || family.equals("TCP6") else { throw ProxyViolation() }
    let isFour = family.equals("TCP4")
    let source = try words.next()
    let target = try words.next()
    let peer = try peer(source, port: try port(try words.next()), isFour: isFour)
    _ = try self.peer(target, port: try port(try words.next()), isFour: isFour)
    guard words.isAtEnd else { throw ProxyViolation() }
    return ProxyHeader(peer, count: count)
  }

  private static func peer(
    _ text: Span<UInt8>, port: UInt16, isFour: Bool
  ) throws(ProxyViolation) -> Peer {
    if isFour {
      guard let number = AddressText.version4(text) else { throw ProxyViolation() }
      return Peer(version4: number, port: port)
    }
    guard let number = AddressText.version6(text) else { throw ProxyViolation() }
    return Peer(version6: number.high, number.low, port: port)
  }

  private static func port(_ text: Span<UInt8>) throws(ProxyViolation) -> UInt16 {
    guard let number = AddressText.decimal(text, digits: 5), number <= 65_535 else {
      throw ProxyViolation()
    }
    return UInt16(number)
  }
}

/// A cursor over words with exactly one space between them.
private struct WordReader: ~Escapable {
  private let bytes: Span<UInt8>
  private var position = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { position > bytes.count }

  @_lifetime(copy self)
  mutating func next() throws(ProxyViolation) -> Span<UInt8> {
    guard position <= bytes.count else { throw ProxyViolation() }
    let start = position
    let end = bytes.firstIndex(of: UInt8(ascii: " "), in: start..<bytes.count) ?? bytes.count
    guard end > start else { throw ProxyViolation() }
    position = end + 1
    return bytes.extracting(start..<end)
  }
}
