import Access

/// What the Server wants of whoever hashes passwords: one at a time, in slices.
package protocol PasswordHasher: ~Copyable {
  /// Begins with a password, hashed as this hash was; what was under way is given up.
  mutating func begin(_ hash: PasswordHash, password: Span<UInt8>)
  /// Goes on, and takes the iterations that it does off those it may do; true once it is through.
  mutating func advance(_ iterations: inout Int) -> Bool
  /// The digest, once it is through.
  mutating func finish() -> InlineArray<64, UInt8>
}
