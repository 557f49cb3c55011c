/// The bytes of a configuration file, cut into lines, keys and values, each applied in turn.
///
/// A line whose first byte is `#` is a comment. Any other is a key, blanks, and its value up to the
/// end of the line; blanks around either and a carriage return at the end do not matter.
package struct ConfigurationParser {
  /// Reads a whole file into the settings; what was read before an error stays in them.
  package static func parse(
    _ text: Span<UInt8>, into settings: inout Settings
  ) throws(ConfigurationError) {
    var line = 0
    var start = 0
    while start < text.count {
      let end = endOfLine(in: text, from: start)
      line += 1
      if let statement = Statement(line: line, start..<end, of: text) {
        try apply(statement, of: text, to: &settings)
      }
      start = end + 1
    }
  }

  private static func endOfLine(in text: Span<UInt8>, from start: Int) -> Int {
    var end = start
    while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
    return end
  }

  private static func apply(
    _ statement: Statement, of text: Span<UInt8>, to settings: inout Settings
  ) throws(ConfigurationError) {
    do throws(ConfigurationError.Reason) {
      let name = text.extracting(statement.key)
      guard let key = Key.named(name) else { throw unknown(name) }
      guard !statement.value.isEmpty else { throw .emptyValue }
      try settings.set(key, to: text.extracting(statement.value))
    } catch {
      throw ConfigurationError(statement, error)
    }
  }

  private static func unknown(_ name: Span<UInt8>) -> ConfigurationError.Reason {
    name[0] == UInt8(ascii: "#")
      ? .refused("a comment has its # in the first column") : .unknownKey
  }
}

/// A line of the configuration that says something.
struct Statement {
  let line: Int
  /// Where in the text the key is; never empty.
  let key: Range<Int>
  /// Where in the text the value is; empty when there is none.
  let value: Range<Int>

  /// The statement of a line; nil when it is blank or a comment.
  init?(line: Int, _ range: Range<Int>, of text: Span<UInt8>) {
    let bytes = text.extracting(range)
    let content = bytes.trimmed
    guard !content.isEmpty, bytes[0] != UInt8(ascii: "#") else { return nil }
    let start = range.lowerBound
    let endOfKey = bytes.skipWord(from: content.lowerBound)
    let value = min(bytes.skipBlanks(from: endOfKey), content.upperBound)
    self.line = line
    key = start + content.lowerBound..<start + endOfKey
    self.value = start + value..<start + content.upperBound
  }
}
