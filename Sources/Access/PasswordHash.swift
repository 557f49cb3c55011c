import Memory

/// A password as a password file holds it: hashed, with all that is needed to hash another alike.
package struct PasswordHash: BitwiseCopyable {
  /// How a password becomes its digest of 64 bytes.
  package enum Scheme: UInt8, BitwiseCopyable {
    /// SHA-512 of the password and the salt behind it, once; `$6$`.
    case sha512 = 6
    /// PBKDF2 with HMAC-SHA-512; `$7$`.
    case pbkdf2 = 7
  }

  package let scheme: Scheme
  /// How often HMAC is applied, at least once; 1 for `$6$`.
  package let iterations: UInt32
  package internal(set) var salt = InlineArray<64, UInt8>(repeating: 0)
  /// How many bytes of it count: 12 of Mosquitto to version 2.0, 64 since.
  package internal(set) var saltCount: Int
  package var digest = InlineArray<64, UInt8>(repeating: 0)

  /// A hash whose digest has still to be made, with a salt of 12 bytes, which every Mosquitto reads.
  package init(_ scheme: Scheme, iterations: UInt32, salt bytes: InlineArray<12, UInt8>) {
    self.scheme = scheme
    self.iterations = scheme == .sha512 ? 1 : iterations
    saltCount = bytes.count
    for index in bytes.indices { salt[index] = bytes[index] }
  }

  init(_ scheme: Scheme, iterations: UInt32, saltCount: Int) {
    self.scheme = scheme
    self.iterations = iterations
    self.saltCount = saltCount
  }

  /// Reads what stands behind the colon of a password file.
  package init(parsing text: Span<UInt8>) throws(AccessError.Reason) {
    guard !text.begins(with: "$argon2") else { throw .argon2 }
    guard text.begins(with: "$6$") || text.begins(with: "$7$") else { throw .plainPassword }
    scheme = text[1] == UInt8(ascii: "6") ? .sha512 : .pbkdf2
    var start = 3
    var count: UInt32 = 1
    if scheme == .pbkdf2 {
      let end = text.firstIndex(of: UInt8(ascii: "$"), from: start)
      guard let number = text.extracting(start..<end).iterations else { throw .badHash }
      count = number
      start = min(end + 1, text.count)
    }
    iterations = count
    let end = text.firstIndex(of: UInt8(ascii: "$"), from: start)
    guard end < text.count else { throw .badHash }
    saltCount = Base64.decode(text.extracting(start..<end), into: &salt)
    guard saltCount == 12 || saltCount == 64,
      Base64.decode(text.extracting(end + 1..<text.count), into: &digest) == digest.count
    else { throw .badHash }
  }

  /// Whether this can stand in front of the colon, and is read as it is written.
  package static func isUserName(_ name: Span<UInt8>) -> Bool {
    !name.isEmpty && name.isPlainText && name.trimmed.count == name.count
  }

  /// The bytes without blanks at either end, as they are read in a password file.
  @_lifetime(copy text)
  package static func trimmed(_ text: Span<UInt8>) -> Span<UInt8> { text.trimmed }

  /// The number of iterations that a text writes; nil when it writes none.
  package static func iterations(in text: Span<UInt8>) -> UInt32? { text.iterations }

  /// Whether the digests are the same; how long that takes tells nothing of where they differ.
  package func hasDigest(_ other: InlineArray<64, UInt8>) -> Bool {
    var difference: UInt8 = 0
    for index in digest.indices { difference |= digest[index] ^ other[index] }
    return difference == 0
  }

  /// Appends it as a password file holds it.
  package func write(to line: inout Line) {
    line.append(scheme == .sha512 ? "$6$" : "$7$")
    if scheme == .pbkdf2 {
      line.append(UInt64(iterations))
      line.append("$")
    }
    Base64.encode(salt.span.extracting(0..<saltCount), to: &line)
    line.append("$")
    Base64.encode(digest.span, to: &line)
  }
}

extension Span where Element == UInt8 {
  /// A decimal number of at least 1 that fits 31 bits.
  fileprivate var iterations: UInt32? {
    guard count > 0, count <= 10, self[0] != UInt8(ascii: "0") else { return nil }
    var number: UInt64 = 0
    for index in indices {
      let digit = self[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      number = number * 10 + UInt64(digit)
    }
    return number <= UInt64(Int32.max) ? UInt32(number) : nil
  }
}
