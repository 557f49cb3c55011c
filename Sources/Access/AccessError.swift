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
    /// A table is full: the limit of the board, and what it is.
    case full(StaticString, Int)
  }

  package init(line: Int, _ reason: Reason) {
    self.line = line
    self.reason = reason
  }

  /// Appends the error, as in `Error: FILE:LINE: …`.
  package func describe(file: Span<UInt8>, in line: inout Line) {
    line.append("Error: ")
    line.append(foreign: file.extracting(first: 254))
    line.append(":")
    line.append(self.line)
    line.append(": ")
    reason.describe(in: &line)
    line.append(".")
  }
}

extension AccessError.Reason {
  private func describe(limit name: StaticString, _ count: Int, in line: inout Line) {
    line.append("there is room for only ")
    line.append(count)
    line.append(" ")
    line.append(name)
    line.append(", a limit of this board, set in Board/")
    line.append(Limits.board)
    line.append("/Chosen.swift")
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
    case .plainPassword: "the password is not hashed: use swiftlet passwd -U"
    case .argon2:
      """
      the password is hashed with argon2id, which takes 46 MiB for each login; set it anew with \
      swiftlet passwd, or with mosquitto_passwd -H sha512-pbkdf2
      """
    case .badHash: "the hash of the password is malformed"
    case .unknownWord: "topic, pattern or user is expected"
    case .noFilter: "a Topic Filter is missing"
    case .badRight: "read, write, readwrite or deny is expected before the Topic Filter"
    case .badFilter: "this is no Topic Filter"
    case .noUser: "the name of the user is missing"
    case .badKey: "the key must have 1 to 32 bytes, two hexadecimal digits each"
    case .full: ""
    }
  }
}
