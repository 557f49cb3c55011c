import Access
import CLinux
import Linux
import Memory

/// A password file in memory, read on one side and written anew on the other.
struct PasswordEditor: ~Copyable {
  private var source: Buffer
  private var sourceCount = 0
  private var target: Buffer
  private var targetCount = 0
  private var typed: Buffer
  private var typedAgain: Buffer

  /// The longest password, as in a CONNECT. [3.1.3.6]
  private static var mostPasswordBytes: Int { 65_535 }

  /// Bytes that an editor for files of so many bytes takes.
  static func byteCount(_ capacity: Int) -> Int { 2 * capacity + 2 * mostPasswordBytes + 256 }

  init(capacity: Int, in region: inout Region) {
    source = Buffer("password file", capacity: capacity, in: &region)
    target = Buffer("new password file", capacity: capacity, in: &region)
    typed = Buffer("password", capacity: PasswordEditor.mostPasswordBytes, in: &region)
    typedAgain = Buffer("password again", capacity: PasswordEditor.mostPasswordBytes, in: &region)
  }

  /// Reads the file; false, and why is told, when it cannot be read.
  mutating func read(_ path: Span<UInt8>) -> Bool {
    var bytes = source.mutableBytes(0..<source.capacity)
    let count = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      unsafe path.withUnsafeBufferPointer { name in
        guard let base = buffer.baseAddress, let start = name.baseAddress else { return Int64(-1) }
        return unsafe linux_read_file(start, base, UInt64(buffer.count))
      }
    }
    guard count >= 0 else {
      complain("Unable to open password file", path, Int32(count))
      return false
    }
    sourceCount = Int(count)
    return true
  }

  /// Puts the new file in the place of the old one; false, and why is told, when it cannot be.
  mutating func write(_ path: Span<UInt8>) -> Bool {
    let result = unsafe target.bytes(0..<targetCount).withUnsafeBufferPointer { bytes in
      unsafe path.withUnsafeBufferPointer { name in
        guard let start = name.baseAddress, let base = bytes.baseAddress else { return Int32(-1) }
        return unsafe linux_replace_file(start, base, UInt64(bytes.count))
      }
    }
    if result < 0 { complain("Unable to write password file", path, result) }
    return result >= 0
  }

  /// Sets the password of the user, in the place of an old one or at the end.
  mutating func set(_ options: PasswordOptions) -> Bool {
    let password = options.isBatch ? options.password : ask()
    guard let password else { return false }
    guard !password.isEmpty else {
      swiftlet.complain("Empty password")
      return false
    }
    var isSet = false
    let isCopied = copyLines(options.file) { editor, name, _ in
      guard name.equals(options.user) else { return nil }
      if isSet { return true }
      isSet = true
      return editor.append(options.user, password, options)
    }
    guard isCopied else { return false }
    return isSet || append(options.user, password, options)
  }

  /// Takes the user out; false when there is none.
  mutating func delete(_ options: PasswordOptions) -> Bool {
    var isThere = false
    let isCopied = copyLines(options.file) { _, name, _ in
      guard name.equals(options.user) else { return nil }
      isThere = true
      return true
    }
    guard isCopied && !isThere else { return isCopied }
    var line = Line()
    line.append("Warning: User ")
    line.append(foreign: options.user.extracting(first: 128))
    line.append(" not found in password file.\n")
    Standard.error.write(line.span)
    return false
  }

  /// Hashes what is not hashed yet. Unlike mosquitto_passwd it leaves alone what is.
  mutating func upgrade(_ options: PasswordOptions) -> Bool {
    copyLines(options.file) { editor, name, rest in
      do throws(AccessError.Reason) {
        _ = try PasswordHash(parsing: rest)
        return nil
      } catch {
        guard case .plainPassword = error, !rest.isEmpty else { return false }
        return editor.append(name, rest, options)
      }
    }
  }

  /// Goes through the lines; what `change` does not want to write itself is copied as it is.
  ///
  /// - Parameter change: given the name and what stands behind the colon; nil to copy the line,
  ///   false when something is wrong with it.
  private mutating func copyLines(
    _ path: Span<UInt8>,
    _ change: (inout PasswordEditor, Span<UInt8>, Span<UInt8>) -> Bool?
  ) -> Bool {
    var start = 0
    var number = 0
    var areValid = true
    while start < sourceCount {
      var end = start
      let text = source.bytes(0..<sourceCount)
      while end < sourceCount, text[end] != UInt8(ascii: "\n") { end += 1 }
      number += 1
      if !copy(text.extracting(start..<end), change) {
        complain(path, line: number)
        areValid = false
      }
      start = end + 1
    }
    return areValid
  }

  private mutating func copy(
    _ line: Span<UInt8>, _ change: (inout PasswordEditor, Span<UInt8>, Span<UInt8>) -> Bool?
  ) -> Bool {
    let content = PasswordHash.trimmed(line)
    guard !content.isEmpty, content[0] != UInt8(ascii: "#") else { return appendLine(line) }
    var colon = 0
    while colon < content.count, content[colon] != UInt8(ascii: ":") { colon += 1 }
    guard colon > 0, colon < content.count else { return false }
    let name = PasswordHash.trimmed(content.extracting(0..<colon))
    if let isDone = change(&self, name, content.extracting(colon + 1..<content.count)) {
      return isDone
    }
    return appendLine(line)
  }

  private mutating func append(
    _ user: Span<UInt8>, _ password: Span<UInt8>, _ options: PasswordOptions
  ) -> Bool {
    var salt = InlineArray<12, UInt8>(repeating: 0)
    var span = salt.mutableSpan
    let result = unsafe span.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return Int32(-1) }
      return unsafe linux_random(base, UInt64(buffer.count))
    }
    guard result >= 0 else {
      swiftlet.complain("the system has no random numbers")
      return false
    }
    var hash = PasswordHash(options.scheme, iterations: options.iterations, salt: salt)
    hash.digest = digest(of: password, like: hash)
    var line = Line()
    hash.write(to: &line)
    return append(user) && append(byte: UInt8(ascii: ":")) && appendLine(line.span)
  }

  private func digest(
    of password: Span<UInt8>, like hash: PasswordHash
  ) -> InlineArray<64, UInt8> {
    var hasher = LinuxPasswordHasher()
    hasher.begin(hash, password: password)
    var iterations = Int.max
    while !hasher.advance(&iterations) {}
    return hasher.finish()
  }

  private mutating func appendLine(_ bytes: Span<UInt8>) -> Bool {
    append(bytes) && append(byte: UInt8(ascii: "\n"))
  }

  private mutating func append(byte: UInt8) -> Bool {
    guard targetCount < target.capacity else { return false }
    var place = target.mutableBytes(targetCount..<targetCount + 1)
    place[0] = byte
    targetCount += 1
    return true
  }

  private mutating func append(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count <= target.capacity - targetCount else { return false }
    var place = target.mutableBytes(targetCount..<targetCount + bytes.count)
    for index in bytes.indices { place[index] = bytes[index] }
    targetCount += bytes.count
    return true
  }
}

// The password, typed twice without being shown.
extension PasswordEditor {
  @_lifetime(immortal)
  private mutating func ask() -> Span<UInt8>? {
    let count = PasswordEditor.type("Password: ", into: &typed)
    let again = count < 0 ? count : PasswordEditor.type("Reenter password: ", into: &typedAgain)
    guard count >= 0, again >= 0 else {
      swiftlet.complain("the password cannot be read, or is too long")
      return nil
    }
    let password = typed.bytes(0..<count)
    guard !password.isEmpty else {
      swiftlet.complain("Empty password")
      return nil
    }
    guard password.equals(typedAgain.bytes(0..<again)) else {
      swiftlet.complain("Passwords do not match")
      return nil
    }
    return password
  }

  private static func type(_ prompt: StaticString, into buffer: inout Buffer) -> Int {
    Standard.output.write(prompt)
    linux_terminal_echo(false)
    var target = buffer.mutableBytes(0..<buffer.capacity)
    let count = unsafe target.withUnsafeMutableBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return Int64(-1) }
      return unsafe linux_read_line(base, UInt64(bytes.count))
    }
    linux_terminal_echo(true)
    Standard.output.write("\n")
    return Int(count)
  }

  private func complain(_ words: StaticString, _ path: Span<UInt8>, _ error: Int32) {
    var line = Line()
    line.append("Error: ")
    line.append(words)
    line.append(" ")
    line.append(foreign: path.extracting(first: 254))
    line.append(". ")
    line.append(systemError: error)
    line.append(".\n")
    Standard.error.write(line.span)
  }

  private func complain(_ path: Span<UInt8>, line number: Int) {
    var line = Line()
    line.append("Error: ")
    line.append(foreign: path.extracting(first: 254))
    line.append(":")
    line.append(number)
    line.append(": this line is malformed, or the file has become too long; it stays as it was.\n")
    Standard.error.write(line.span)
  }
}
