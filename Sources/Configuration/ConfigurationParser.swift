/// The bytes of a configuration file, cut into lines, keys and values, each applied in turn.
///
/// A line whose first byte that is no blank is `#` is a comment. Any other is a key, blanks, and its value
/// up to the end of the line; blanks around either, a carriage return at the end and a mark of the order
/// of bytes at the beginning do not matter.
package struct ConfigurationParser {
  private var line = 0
  private var position = 0
  private let isIncluded: Bool

  /// What a line asks of who reads the file.
  package enum Demand {
    /// To tell the operator what is wrong, or what is to be said without being wrong.
    case remark(ConfigurationError)
    /// To read the files of the folder whose name is there in the text.
    case inclusion(Range<Int>)
  }

  /// - Parameter isIncluded: whether another file asked for this one, which then may ask for none.
  package init(isIncluded: Bool = false) { self.isIncluded = isIncluded }

  /// Reads on until a line asks for something, or to the end; what is wrong leaves no trace in the
  /// settings, and the lines behind it are read, so that all mistakes are told at once.
  package mutating func next(in text: Span<UInt8>, for settings: inout Settings) -> Demand? {
    if position == 0 { position = text.startOfText }
    while position < text.count {
      let end = endOfLine(in: text)
      line += 1
      let statement = Statement(line: line, position..<end, of: text)
      position = end + 1
      guard let statement else { continue }
      settings.line = UInt32(clamping: line)
      do throws(ConfigurationError.Reason) {
        if let demand = try apply(statement, of: text, to: &settings) { return demand }
      } catch {
        return .remark(ConfigurationError(statement, error))
      }
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
  ) throws(ConfigurationError.Reason) -> Demand? {
    let name = text.extracting(statement.key)
    let value = text.extracting(statement.value)
    guard let key = Key.named(name) else {
      let reason = name.unknownKey
      guard settings.ignoresUnknownKeys else { throw reason }
      return .remark(ConfigurationError(statement, .ignoredKey))
    }
    guard !value.isEmpty else { throw .emptyValue }
    guard !value.beginsWithEqualsSign else { throw .invalid("write a blank instead of =") }
    if let note = try settings.set(key, to: value) {
      return .remark(ConfigurationError(statement, note))
    }
    guard key == .words(.includedDirectory) else { return nil }
    guard isIncluded else { return .inclusion(statement.value) }
    return .remark(ConfigurationError(statement, .note("only the main file includes others")))
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
    guard !content.isEmpty, bytes[content.lowerBound] != UInt8(ascii: "#") else { return nil }
    let start = range.lowerBound
    let endOfKey = bytes.skipWord(from: content.lowerBound)
    let value = min(bytes.skipBlanks(from: endOfKey), content.upperBound)
    self.line = line
    key = start + content.lowerBound..<start + endOfKey
    self.value = start + value..<start + content.upperBound
  }
}
