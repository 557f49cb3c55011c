/// The key of a client's frame, turned so that its first byte is for the next byte of the payload.
/// [RFC 6455, 5.3]
struct MaskingKey: BitwiseCopyable {
  /// The byte for the next byte of the payload is the lowest.
  private(set) var bytes: UInt32 = 0

  /// Takes one more byte of the four as they arrive.
  mutating func append(_ byte: UInt8) {
    bytes = bytes >> 8 | UInt32(byte) << 24
  }

  /// Unmasks `count` bytes at `source` and moves them down to `target` in the same span.
  ///
  /// Thirty-two at a time, then eight: what is written never reaches what is still to be read, since
  /// it moves down.
  mutating func unmask(
    _ span: inout MutableSpan<UInt8>, from source: Int, to target: Int, count: Int
  ) {
    precondition(target >= 0 && target <= source && count >= 0 && count <= span.count - source)
    let key = UInt64(bytes) << 32 | UInt64(bytes)
    let word = key.littleEndian
    let words = SIMD4(repeating: word)
    unsafe span.withUnsafeMutableBytes { buffer in
      var done = 0
      while count &- done >= 32 {
        let masked = unsafe buffer.loadUnaligned(
          fromByteOffset: source &+ done, as: SIMD4<UInt64>.self)
        unsafe buffer.storeBytes(
          of: masked ^ words, toByteOffset: target &+ done, as: SIMD4<UInt64>.self)
        done &+= 32
      }
      while count &- done >= 8 {
        let masked = unsafe buffer.loadUnaligned(fromByteOffset: source &+ done, as: UInt64.self)
        unsafe buffer.storeBytes(of: masked ^ word, toByteOffset: target &+ done, as: UInt64.self)
        done &+= 8
      }
      while done < count {
        let byte = UInt8(truncatingIfNeeded: key >> UInt64(8 &* (done & 3)))
        unsafe buffer[target &+ done] = buffer[source &+ done] ^ byte
        done &+= 1
      }
    }
    turn(by: count)
  }

  private mutating func turn(by count: Int) {
    let shift = UInt32(8 * (count & 3))
    if shift > 0 { bytes = bytes >> shift | bytes << (32 - shift) }
  }
}
