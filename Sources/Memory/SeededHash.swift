/// A hash of bytes under a secret seed, so that a peer cannot choose keys that collide.
package struct SeededHash: BitwiseCopyable {
  private let seed: UInt64

  package init(seed: UInt64) {
    self.seed = SeededHash.fold(seed ^ SeededHash.first, SeededHash.second)
  }

  /// The hash of `bytes`, after the number `prefix`.
  @inline(__always) package func callAsFunction(_ bytes: Span<UInt8>, after prefix: UInt32 = 0)
    -> UInt32
  {
    let state = wide(bytes, after: prefix)
    return UInt32(truncatingIfNeeded: state ^ state >> 32)
  }

  /// All 64 bits of the hash of `bytes`, where a collision must not happen at all.
  @inline(__always) package func wide(_ bytes: Span<UInt8>, after prefix: UInt32 = 0) -> UInt64 {
    var state = seed ^ UInt64(prefix) &* SeededHash.first
    unsafe bytes.withUnsafeBytes { raw in
      var offset = 0
      while offset + 8 <= raw.count {
        let word = unsafe raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        state = SeededHash.fold(state ^ word, SeededHash.second)
        offset += 8
      }
      var tail = UInt64(raw.count) << 56
      var shift: UInt64 = 0
      while offset < raw.count {
        tail ^= unsafe UInt64(raw[offset]) << shift
        shift += 8
        offset += 1
      }
      state = SeededHash.fold(state ^ tail, SeededHash.first)
    }
    return state
  }

  /// All 64 bits of the hash of two such hashes.
  @inline(__always) package func wide(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let state = SeededHash.fold(seed ^ left, SeededHash.second)
    return SeededHash.fold(state ^ right, SeededHash.first)
  }

  /// The hash of two numbers.
  @inline(__always) package func callAsFunction(_ left: UInt32, _ right: UInt32) -> UInt32 {
    let state = SeededHash.fold(seed ^ (UInt64(left) << 32 | UInt64(right)), SeededHash.second)
    return UInt32(truncatingIfNeeded: state ^ state >> 32)
  }

  /// A number that follows `number` in a sequence nobody outside can guess.
  package func next(after number: UInt64) -> UInt64 {
    SeededHash.fold(seed ^ number, SeededHash.first) &+ number &+ 1
  }

  /// Both halves of the product, so that every bit of either factor counts.
  @inline(__always) private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }

  private static var first: UInt64 { 0x9E37_79B9_7F4A_7C15 }
  private static var second: UInt64 { 0xD6E8_FEB8_6659_FD93 }
}
