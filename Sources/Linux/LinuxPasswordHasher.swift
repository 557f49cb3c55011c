import Access
import CLinux
import Server

/// Hashes passwords on this machine's processor.
package struct LinuxPasswordHasher: PasswordHasher, ~Copyable {
  private var remaining: UInt32 = 0

  package init() {}

  package mutating func begin(_ hash: PasswordHash, password: Span<UInt8>) {
    remaining = hash.scheme == .pbkdf2 ? hash.iterations - 1 : 0
    let iterations = hash.scheme == .pbkdf2 ? hash.iterations : 0
    let salt = hash.salt
    unsafe password.withUnsafeBufferPointer { bytes in
      unsafe salt.span.withUnsafeBufferPointer { salt in
        guard let base = salt.baseAddress else { return }
        unsafe linux_hash_begin(
          bytes.baseAddress, UInt64(bytes.count), base, UInt32(hash.saltCount), iterations)
      }
    }
  }

  package mutating func advance(_ iterations: inout Int) -> Bool {
    let most = UInt32(clamping: max(1, iterations))
    let before = remaining
    remaining = linux_hash_continue(most)
    iterations -= Int(before - remaining)
    return remaining == 0
  }

  package mutating func finish() -> InlineArray<64, UInt8> {
    var digest = InlineArray<64, UInt8>(repeating: 0)
    var span = digest.mutableSpan
    unsafe span.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { unsafe linux_hash_finish(base) }
    }
    return digest
  }
}
