import Board
import Memory

/// What is wrong with a configuration, and in which line.
package struct ConfigurationError: Error {
  /// The line, counted from 1; 0 when it is no single line that is wrong.
  package let line: Int
  /// Where in the text the key stands.
  package let key: Range<Int>
  /// Where in the text the value stands.
  package let value: Range<Int>
  /// What is wrong.
  package let reason: Reason
  /// The file, a text of the settings, when it is known from them; else it is the one that is read. The
  /// value then stands among those texts.
  package var file = TextReference.none

  /// What can be wrong with a line.
  package enum Reason: Error {
    /// There is no such key: what may be meant, or no words.
    case unknownKey(StaticString)
    /// There is no such key, and the file wants that to be no error.
    case ignoredKey
    /// The key has no value.
    case emptyValue
    /// The key may be given once.
    case duplicate
    /// The value is neither true nor false.
    case notBoolean
    /// The value is not a decimal number.
    case notNumber
    /// The number is not between these.
    case outOfRange(least: Int64, most: Int64)
    /// More bytes than this.
    case tooLong(Int64)
    /// No room for one more: the limit of the board, and what it is.
    case noRoom(StaticString, Int64)
    /// More than the board has: the limit, and what it is.
    case aboveLimit(StaticString, Int64)
    /// More than the board has, which is taken instead: the limit, and what it is.
    case lowered(StaticString, Int64)
    /// The value is not one that the key takes: why.
    case invalid(StaticString)
    /// The key is not to be used: what to do about it.
    case refused(StaticString)
    /// More bytes of mount points and prefixes of client identifiers than the board has.
    case policyTexts(Int64)
    /// This key of the listener on this port, whose value stands in the settings, does not go with the
    /// others: why.
    case listener(UInt16, StaticString, StaticString)
    /// What the listener on this port does not do although a key says so: why.
    case listenerNote(UInt16, StaticString)
    /// The key has no effect: why.
    case note(StaticString)
    /// The key is understood but outdated: what to write instead.
    case outdated(StaticString)
    /// The value is taken, although it may not be meant so: why.
    case doubtful(StaticString)

    /// Whether the configuration is valid all the same.
    var isWarning: Bool {
      switch self {
      case .ignoredKey, .lowered, .listenerNote, .note, .outdated, .doubtful: true
      default: false
      }
    }
  }

  /// Whether the configuration is valid all the same.
  package var isWarning: Bool { reason.isWarning }

  init(_ statement: Statement, _ reason: Reason) {
    self.init(line: statement.line, key: statement.key, value: statement.value, reason: reason)
  }

  init(line: Int, key: Range<Int>, value: Range<Int>, reason: Reason) {
    self.line = line
    self.key = key
    self.value = value
    self.reason = reason
  }

  /// Appends the error, as in `Error: FILE:LINE: …`, or as a warning; `text` is the text that it
  /// was found in.
  package func describe(file: Span<UInt8>, text: Span<UInt8>, in line: inout Line) {
    line.append(isWarning ? "Warning: " : "Error: ")
    if self.line > 0 {
      line.append(foreign: file.extracting(first: 254))
      line.append(":")
      line.append(self.line)
      line.append(": ")
    }
    describe(key: text.extracting(key), value: text.extracting(value), in: &line)
    line.append(".")
  }

  private func describe(key: Span<UInt8>, value: Span<UInt8>, in line: inout Line) {
    switch reason {
    case .unknownKey, .ignoredKey:
      line.append("Unknown configuration variable", quoting: key)
    case .emptyValue:
      line.append("Empty", quoting: key)
      line.append(" value in configuration")
    case .duplicate:
      line.append("Duplicate", quoting: key)
      line.append(" value in configuration: ")
      line.append(foreign: value.extracting(first: 64))
    case .refused:
      line.append("The option", quoting: key)
      line.append(" is not available: ")
    case .note:
      line.append("The option", quoting: key)
      line.append(" has no effect: ")
    case .outdated:
      line.append("The option", quoting: key)
      line.append(" is outdated; ")
    case .doubtful, .lowered:
      line.append("The", quoting: key)
      line.append(" value", quoting: value)
      line.append(": ")
    case .listener(_, let name, _):
      line.append("Invalid \"")
      line.append(name)
      line.append("\" value")
      if !value.isEmpty { line.append("", quoting: value) }
      line.append(": ")
    case .listenerNote: break
    default:
      if key.isEmpty { line.append("The configuration cannot be completed: ") }
      if !key.isEmpty { line.append("Invalid", quoting: key) }
      if !key.isEmpty { line.append(" value", quoting: value) }
      if !key.isEmpty { line.append(": ") }
    }
    reason.describeValue(in: &line)
  }
}

extension ConfigurationError.Reason {
  /// Appends what a value should have been.
  fileprivate func describeValue(in line: inout Line) {
    switch self {
    case .notBoolean: line.append("it is neither true nor false")
    case .notNumber: line.append("it is not a decimal number")
    case .outOfRange(let least, let most):
      line.append("it must be between ", number: least)
      line.append(" and ", number: most)
    case .tooLong(let most): line.append("it must have at most ", number: most, " bytes")
    case .noRoom(let name, let most):
      line.append("there is room for only ", number: most)
      ConfigurationError.describe(limit: name, in: &line)
    case .aboveLimit(let name, let most):
      line.append("it must be at most ", number: most)
      ConfigurationError.describe(limit: name, in: &line)
    case .lowered(let name, let most):
      line.append("as much as there is, ", number: most)
      ConfigurationError.describe(limit: name, in: &line)
    case .invalid(let words),
      .refused(let words), .note(let words), .outdated(let words), .doubtful(let words):
      line.append(words)
    case .unknownKey(let words):
      if words.utf8CodeUnitCount > 0 { line.append(": ") }
      line.append(words)
    case .policyTexts(let most):
      line.append("mount points and prefixes of client identifiers have at most ", number: most)
      line.append(" bytes together")
      ConfigurationError.describe(limit: "PolicyTexts", in: &line)
    case .listener(let port, _, let words), .listenerNote(let port, let words):
      line.append("The listener on port ", number: Int64(port))
      line.append(": ")
      line.append(words)
    case .ignoredKey, .emptyValue, .duplicate: break
    }
  }
}

extension ConfigurationError {
  /// Appends which limit of the board it is.
  package static func describe(limit name: StaticString, in line: inout Line) {
    line.append(", the limit ")
    line.append(name)
    line.append(" of board ")
    line.append(Limits.board)
  }
}

extension Line {
  mutating func append(_ words: StaticString, number: Int64, _ unit: StaticString = "") {
    append(words)
    if number < 0 { append("-") }
    append(number.magnitude)
    append(unit)
  }

  /// Appends the words and at most 64 bytes of foreign text in quotation marks.
  mutating func append(_ words: StaticString, quoting text: Span<UInt8>) {
    append(words)
    append(" \"")
    append(foreign: text.extracting(first: 64))
    append(text.count > 64 ? "...\"" : "\"")
  }
}
