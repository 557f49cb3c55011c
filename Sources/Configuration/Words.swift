// How values are cut into words, and words turned into values.
extension Span where Element == UInt8 {
  /// Whether these are the bytes of `text`.
  func equals(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { bytes in
      guard bytes.count == count else { return false }
      for index in 0..<count where unsafe bytes[index] != self[index] { return false }
      return true
    }
  }

  /// Whether these are the same bytes.
  func equals(_ other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in 0..<count where self[index] != other[index] { return false }
    return true
  }

  /// Whether these bytes begin with those of `text`.
  func begins(with text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    return count >= length && extracting(0..<length).equals(text)
  }

  /// Which of the words in `list`, with one space between two, these bytes are.
  func place(in list: StaticString) -> UInt8? {
    var (place, start): (UInt8, Int) = (0, 0)
    let words = unsafe UnsafeBufferPointer(start: list.utf8Start, count: list.utf8CodeUnitCount)
    for index in 0...words.count {
      guard unsafe index == words.count || words[index] == UInt8(ascii: " ") else { continue }
      if unsafe equals(words, from: start, to: index) { return place }
      (place, start) = (place + 1, index + 1)
    }
    return nil
  }

  private func equals(_ words: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Bool {
    guard count == end - start else { return false }
    for index in 0..<count where unsafe words[start + index] != self[index] { return false }
    return true
  }

  /// Whether these are the letters of `text`, which has small ones alone, in capitals, in quotation marks
  /// or with a sign behind them.
  func looksLike(_ text: StaticString) -> Bool {
    var (start, end) = (0, count)
    while start < end, !self[start].isLetter { start += 1 }
    while end > start, !self[end - 1].isLetter { end -= 1 }
    guard end - start == text.utf8CodeUnitCount else { return false }
    return text.withUTF8Buffer { bytes in
      for index in 0..<bytes.count where unsafe bytes[index] != self[start + index] | 0x20 {
        return false
      }
      return true
    }
  }

  /// Why there is no key of this name: what may be meant.
  var unknownKey: ConfigurationError.Reason {
    if last(is: ":") || last(is: "=") { return .unknownKey("only a blank stands behind a key") }
    for index in indices where self[index] == UInt8(ascii: "=") {
      return .unknownKey("write a blank instead of =")
    }
    if self[0] == UInt8(ascii: ";") || self[0] == UInt8(ascii: "/") {
      return .unknownKey("comments begin with #")
    }
    if self[0] >= UInt8(ascii: "A") && self[0] <= UInt8(ascii: "Z") {
      return .unknownKey("keys have small letters")
    }
    for index in indices where self[index] == UInt8(ascii: "-") {
      return .unknownKey("keys have _ and no -")
    }
    return .unknownKey("")
  }

  private func last(is character: Unicode.Scalar) -> Bool {
    self[count - 1] == UInt8(ascii: character)
  }

  /// Where the text begins, behind a mark of the order of bytes.
  var startOfText: Int {
    count >= 3 && self[0] == 0xEF && self[1] == 0xBB && self[2] == 0xBF ? 3 : 0
  }

  /// The index of the first byte that is not a blank, or the end.
  func skipBlanks(from start: Int) -> Int {
    var index = start
    while index < count, self[index].isBlank { index += 1 }
    return index
  }

  /// The index of the first blank, or the end.
  func skipWord(from start: Int) -> Int {
    var index = start
    while index < count, !self[index].isBlank { index += 1 }
    return index
  }

  /// The bytes without blanks at either end.
  var trimmed: Range<Int> {
    let start = skipBlanks(from: 0)
    var end = count
    while end > start, self[end - 1].isBlank { end -= 1 }
    return start..<end
  }

  /// The whole number these decimal digits write, with a sign or without.
  ///
  /// What Mosquitto would take for octal or hexadecimal is no number here: it would be another one.
  var number: Int64? {
    guard count > 0 else { return nil }
    let isNegative = self[0] == UInt8(ascii: "-")
    let digits = extracting(isNegative || self[0] == UInt8(ascii: "+") ? 1..<count : 0..<count)
    guard let magnitude = digits.unsignedNumber else { return nil }
    return isNegative ? -magnitude : magnitude
  }

  private var unsignedNumber: Int64? {
    guard count > 0, count <= 15, count == 1 || self[0] != UInt8(ascii: "0") else { return nil }
    var number: Int64 = 0
    for index in indices {
      let digit = self[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      number = number * 10 + Int64(digit)
    }
    return number
  }

  /// Whether these bytes are UTF-8 without control characters.
  var isPlainText: Bool {
    for index in indices where self[index] < 0x20 || self[index] == 0x7F { return false }
    return (try? UTF8Span(validating: self)) != nil
  }
}

extension UInt8 {
  fileprivate var isLetter: Bool {
    self | 0x20 >= UInt8(ascii: "a") && self | 0x20 <= UInt8(ascii: "z")
  }

  /// A space, a tab or a carriage return.
  var isBlank: Bool {
    self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") || self == UInt8(ascii: "\r")
  }
}
