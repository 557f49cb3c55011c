import Board
import Memory

/// What is wrong with a file of passwords, rules or keys, and in which line.
package struct AccessError: Error {
  /// The line, counted from 1.
  package let line: Int
  /// What is wrong with it.
  package let reason: Reason

  /// What can be wrong with a line.
  package enum Reason: Error {
    /// There is no colon behind a name.
    case noColon
    /// The name has no bytes, or more than can be kept.
    case badName
    /// A control character, or what is not UTF-8.
    case notText
    /// The password is written down as it is.
    case plainPassword
    /// The password is hashed with argon2id.
    case argon2
    /// The hash cannot be read.
    case badHash
    /// The line begins with no word that an ACL file may have.
    case unknownWord
    /// `topic` or `pattern` without a filter.
    case noFilter
    /// Something other than read, write, readwrite or deny stands before the filter.
    case badRight
    /// What stands there is no Topic Filter. [4.7]
    case badFilter
    /// `user` without a name.
    case noUser
    /// The key is not written in pairs of hexadecimal digits.
    case badKey
    /// The user is named again: this line counts, and not the one before.
    case duplicate
    /// `pattern` with nothing that stands for a name.
    case noPlaceholder
    /// A table is full: the limit of the board, and what it is.
    case full(StaticString, Int)
  }

  /// Whether the file is valid all the same.
  package private(set) var isWarning: Bool

  package init(line: Int, _ reason: Reason, isWarning: Bool = false) {
    self.line = line
    self.reason = reason
    self.isWarning = isWarning
  }

  /// What it is where a good file is in use already: one that seems to be damaged, or half written,
  /// does not take its place.
  package var besideGoodFile: AccessError {
    var error = self
    if reason.isDamage { error.isWarning = false }
    return error
  }

  /// Appends the error, as in `Error: FILE:LINE: …`.
  package func describe(file: Span<UInt8>, in line: inout Line) {
    line.append(isWarning ? "Warning: " : "Error: ")
    line.append(foreign: file.extracting(first: 254))
    line.append(":")
    line.append(self.line)
    line.append(": ")
    reason.describe(in: &line)
    line.append(".")
  }
}

extension AccessError.Reason {
  /// Whether nothing more of the file can be kept.
  var isFull: Bool { if case .full = self { true } else { false } }

  /// Whether nobody would have written the line so.
  fileprivate var isDamage: Bool {
    switch self {
    case .noColon, .badName, .notText, .badHash: true
    default: false
    }
  }

  private func describe(limit name: StaticString, _ count: Int, in line: inout Line) {
    line.append("there is room for only ")
    line.append(count)
    line.append(" ")
    line.append(name)
    line.append(", a limit of board ")
    line.append(Limits.board)
  }

  fileprivate func describe(in line: inout Line) {
    if case .full(let name, let count) = self { return describe(limit: name, count, in: &line) }
    line.append(words)
  }

  private var words: StaticString {
    switch self {
    case .noColon: "a name and a colon are expected"
    case .badName: "the name is empty or too long"
    case .notText: "it is not UTF-8, or holds a control character"
    case .plainPassword:
      "the password is not hashed, nobody comes in with it: use swiftlet passwd -U"
    case .argon2:
      """
      the password is hashed with argon2id, which takes 46 MiB for each login, nobody comes in with it: \
      set it anew with swiftlet passwd, or with mosquitto_passwd -H sha512-pbkdf2
      """
    case .badHash: "the hash of the password is malformed, nobody comes in with it"
    case .unknownWord: "topic, pattern or user is expected"
    case .noFilter: "a Topic Filter is missing"
    case .badRight: "read, write, readwrite or deny is expected before the Topic Filter"
    case .badFilter: "this is no Topic Filter"
    case .noUser: "the name of the user is missing"
    case .badKey: "the key must have 1 to 32 bytes, two hexadecimal digits each"
    case .duplicate: "this user is named a second time: the last line counts"
    case .noPlaceholder: "the pattern has neither %c nor %u: it is for everybody"
    case .full: ""
    }
  }
}
