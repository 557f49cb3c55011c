/// The bytes of a configuration file, cut into lines, keys and values, each applied in turn.
///
/// A line whose first byte is `#` is a comment. Any other is a key, blanks, and its value up to the
/// end of the line; blanks around either and a carriage return at the end do not matter.
package struct ConfigurationParser {
  private var line = 0
  private var position = 0
  private let isIncluded: Bool

  /// What a line asks of who reads the file.
  package enum Demand {
    /// To tell the operator something that is no error.
    case warning(ConfigurationError)
    /// To read the files of the folder whose name is there in the text.
    case inclusion(Range<Int>)
  }

  /// - Parameter isIncluded: whether another file asked for this one, which then may ask for none.
  package init(isIncluded: Bool = false) { self.isIncluded = isIncluded }

  /// Reads on until a line asks for something, or to the end; what was read before an error stays
  /// in the settings.
  package mutating func next(
    in text: Span<UInt8>, for settings: inout Settings
  ) throws(ConfigurationError) -> Demand? {
    while position < text.count {
      let end = endOfLine(in: text)
      line += 1
      let statement = Statement(line: line, position..<end, of: text)
      position = end + 1
      guard let statement else { continue }
      if let demand = try apply(statement, of: text, to: &settings) { return demand }
    }
    return nil
  }

  private func endOfLine(in text: Span<UInt8>) -> Int {
    var end = position
    while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
    return end
  }

  private func apply(
    _ statement: Statement, of text: Span<UInt8>, to settings: inout Settings
  ) throws(ConfigurationError) -> Demand? {
    do throws(ConfigurationError.Reason) {
      let name = text.extracting(statement.key)
      guard let key = Key.named(name) else {
        return .warning(ConfigurationError(statement, try unknown(name, settings)))
      }
      guard !statement.value.isEmpty else { throw .emptyValue }
      if let note = try settings.set(key, to: text.extracting(statement.value)) {
        return .warning(ConfigurationError(statement, note))
      }
      guard key == .words(.includedDirectory) else { return nil }
      guard !isIncluded else { throw .refused("only the main file may include others") }
      return .inclusion(statement.value)
    } catch {
      throw ConfigurationError(statement, error)
    }
  }

  /// What there is to warn of; thrown unless unknown keys are ignored.
  private func unknown(
    _ name: Span<UInt8>, _ settings: Settings
  ) throws(ConfigurationError.Reason) -> ConfigurationError.Reason {
    let isComment = name[0] == UInt8(ascii: "#")
    guard settings.ignoresUnknownKeys && !isComment else {
      throw isComment ? .refused("a comment has its # in the first column") : .unknownKey
    }
    return .unknownKey
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
