/// How far a file of passwords, rules or keys has been read.
package struct FilePlace: BitwiseCopyable {
  fileprivate var position = 0
  /// The number of the line that came last, counted from 1.
  fileprivate(set) var number = 0
  /// Whose rules come, by the place of that user.
  var user: Int?

  /// The beginning.
  package init() {}

  /// Whether nothing was read yet.
  var isBeginning: Bool { number == 0 }

  /// Reads no more of it.
  mutating func end() { position = .max }
}

/// The lines of a file of passwords, rules or keys, without blanks at their ends, comments left out.
struct FileLines: ~Escapable {
  private let text: Span<UInt8>
  var place: FilePlace

  @_lifetime(copy text)
  init(_ text: Span<UInt8>, from place: FilePlace) {
    self.text = text
    self.place = place
    // Behind a mark of the order of bytes.
    let isMarked = text.count >= 3 && text[0] == 0xEF && text[1] == 0xBB && text[2] == 0xBF
    if isMarked { self.place.position = max(3, place.position) }
  }

  /// The next line that says something; nil behind the last.
  @_lifetime(copy self)
  mutating func next() -> Span<UInt8>? {
    while place.position < text.count {
      let start = place.position
      place.position = text.firstIndex(of: UInt8(ascii: "\n"), from: start)
      let line = text.extracting(start..<place.position).trimmed
      place.position += 1
      place.number += 1
      if !line.isEmpty && line[0] != UInt8(ascii: "#") { return line }
    }
    return nil
  }
}

extension UInt8 {
  /// A space, a tab or a carriage return.
  fileprivate var isBlank: Bool {
    self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") || self == UInt8(ascii: "\r")
  }
}

extension Span where Element == UInt8 {
  /// The bytes without blanks at either end.
  var trimmed: Span<UInt8> {
    @_lifetime(copy self)
    get {
      var (start, end) = (0, count)
      while start < end, self[start].isBlank { start += 1 }
      while end > start, self[end - 1].isBlank { end -= 1 }
      return extracting(start..<end)
    }
  }

  /// The place of the first byte that is this one, or the end.
  func firstIndex(of byte: UInt8, from start: Int = 0) -> Int {
    var index = start
    while index < count, self[index] != byte { index += 1 }
    return index
  }

  /// The place of the first space or tab, or the end.
  var endOfWord: Int {
    var index = 0
    while index < count, !self[index].isBlank { index += 1 }
    return index
  }

  /// Whether these are the bytes of `text`.
  func equals(_ text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && begins(with: text)
  }

  /// Whether the bytes of `text` come first.
  func begins(with text: StaticString) -> Bool {
    text.withUTF8Buffer { bytes in
      guard bytes.count <= count else { return false }
      for index in 0..<bytes.count where unsafe bytes[index] != self[index] { return false }
      return true
    }
  }

  /// Whether these are the same bytes.
  func equals(_ other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index] != other[index] { return false }
    return true
  }

  /// Whether one of these bytes has a meaning in Topic Names or Topic Filters.
  var hasTopicSyntax: Bool {
    for index in indices {
      switch self[index] {
      case UInt8(ascii: "+"), UInt8(ascii: "#"), UInt8(ascii: "/"): return true
      default: continue
      }
    }
    return false
  }

  /// Whether these bytes are UTF-8 without control characters.
  var isPlainText: Bool {
    for index in indices where self[index] < 0x20 || self[index] == 0x7F { return false }
    return (try? UTF8Span(validating: self)) != nil
  }
}
