/// A cursor over the lines of an HTTP header that is known to be whole. [RFC 9112]
struct HeaderReader: ~Escapable {
  private let bytes: Span<UInt8>
  private var position = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
  }

  /// The request line: exactly three words with one space between them. [RFC 9112, 3]
  mutating func nextRequestLine() throws(RequestRefusal) -> RequestLine {
    let line = nextLine()
    guard let first = bytes.firstIndex(of: UInt8(ascii: " "), in: line) else { throw .badRequest }
    let rest = first + 1..<line.upperBound
    guard let second = bytes.firstIndex(of: UInt8(ascii: " "), in: rest) else { throw .badRequest }
    return RequestLine(
      method: line.lowerBound..<first, target: first + 1..<second,
      version: second + 1..<line.upperBound)
  }

  /// The next field; nil at the empty line. [RFC 9112, 5]
  mutating func nextField() throws(RequestRefusal) -> HeaderField? {
    let line = nextLine()
    guard !line.isEmpty else { return nil }
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":"), in: line), colon > line.lowerBound
    else { throw .badRequest }
    for index in line.lowerBound..<colon where !bytes[index].isTokenCharacter {
      throw .badRequest
    }
    return HeaderField(
      name: line.lowerBound..<colon, value: bytes.trimmed(colon + 1..<line.upperBound))
  }

  /// The next line without its end; an empty one when none is left.
  private mutating func nextLine() -> Range<Int> {
    let start = position
    let rest = start..<bytes.count
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\r"), in: rest) else {
      position = bytes.count
      return start..<start
    }
    position = min(end + 2, bytes.count)
    return start..<end
  }
}

/// Where the three words of a request line stand.
struct RequestLine {
  let method: Range<Int>
  let target: Range<Int>
  let version: Range<Int>
}

/// Where the name and the value of a field stand.
struct HeaderField {
  let name: Range<Int>
  let value: Range<Int>
}

/// Calls `body` with each element of a list that commas separate. [RFC 9110, 5.6.1]
func forEachToken(in list: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
  var start = 0
  while start <= list.count {
    let end = list.firstIndex(of: UInt8(ascii: ","), in: start..<list.count) ?? list.count
    let token = list.trimmed(start..<end)
    if !token.isEmpty { body(list.extracting(token)) }
    start = end + 1
  }
}

extension UInt8 {
  /// Whether it may stand in a token: the name of a field, for one. [RFC 9110, 5.6.2]
  fileprivate var isTokenCharacter: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      return true
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"),
      UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"),
      UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      return true
    default: return false
    }
  }

  fileprivate var lowercased: UInt8 {
    self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
  }
}

extension Span<UInt8> {
  /// Where a byte first stands in `range`.
  func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
    for index in range where self[index] == byte { return index }
    return nil
  }

  /// `range` without spaces and tabs around it.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var start = range.lowerBound
    var end = range.upperBound
    while start < end && isBlank(start) { start += 1 }
    while start < end && isBlank(end - 1) { end -= 1 }
    return start..<end
  }

  private func isBlank(_ index: Int) -> Bool {
    self[index] == UInt8(ascii: " ") || self[index] == UInt8(ascii: "\t")
  }

  func hasPrefix(_ text: StaticString) -> Bool {
    count >= text.utf8CodeUnitCount && extracting(0..<text.utf8CodeUnitCount).equals(text)
  }

  func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for index in indices where unsafe self[index] != text.utf8Start[index] { return false }
    return true
  }

  func equalsIgnoringCase(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for index in indices where unsafe self[index].lowercased != text.utf8Start[index].lowercased {
      return false
    }
    return true
  }
}

/// Whether an Origin is the one that the configuration allows. [RFC 6454, 6.2]
package func isSameOrigin(_ origin: Span<UInt8>, _ allowed: Span<UInt8>) -> Bool {
  guard origin.count == allowed.count else { return false }
  for index in origin.indices where origin[index].lowercased != allowed[index].lowercased {
    return false
  }
  return true
}
