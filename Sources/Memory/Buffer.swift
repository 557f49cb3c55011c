/// A row of bytes that lives as long as the program, for packets and names that must lie in one
/// piece while they are read.
///
/// Its spans depend on nothing, so that whoever reads them may change everything else. What that
/// gives up is for the one owner to keep: it does not write while somebody reads.
@safe package struct Buffer: ~Copyable {
  private let base: UnsafeMutablePointer<UInt8>
  package let capacity: Int

  package init(_ name: StaticString, capacity: Int, in region: inout Region) {
    self.init(name, count: 1, bytesEach: capacity, in: &region)
  }

  /// A row in which `count` owners have so many bytes each.
  package init(_ name: StaticString, count: Int, bytesEach: Int, in region: inout Region) {
    capacity = count * bytesEach
    region.begin(name, count: count)
    unsafe base = region.carve(byteCount: capacity, perSlot: bytesEach)
      .bindMemory(to: UInt8.self, capacity: capacity)
  }

  /// The bytes in `range`, to be read.
  @_lifetime(immortal)
  package func bytes(_ range: Range<Int>) -> Span<UInt8> {
    precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
    let span = unsafe Span(_unsafeStart: UnsafePointer(base + range.lowerBound), count: range.count)
    return unsafe _overrideLifetime(span, copying: ())
  }

  /// Copies `source`, which must fit, to the front or behind so many bytes, and returns the copy.
  @_lifetime(immortal)
  package mutating func fill(_ source: Span<UInt8>, behind start: Int = 0) -> Span<UInt8> {
    precondition(start >= 0 && source.count <= capacity - start)
    unsafe source.withUnsafeBytes { bytes in
      guard let from = bytes.baseAddress else { return }
      unsafe UnsafeMutableRawPointer(base + start).copyMemory(from: from, byteCount: bytes.count)
    }
    return bytes(start..<start + source.count)
  }

  /// The bytes in `range`, to be written.
  @_lifetime(immortal)
  package mutating func mutableBytes(_ range: Range<Int>) -> MutableSpan<UInt8> {
    precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
    let span = unsafe MutableSpan(_unsafeStart: base + range.lowerBound, count: range.count)
    return unsafe _overrideLifetime(span, copying: ())
  }

  /// Lends the bytes to a function that wants their address.
  package mutating func withUnsafePointer<Result>(
    _ body: (UnsafeMutablePointer<UInt8>) -> Result
  ) -> Result {
    unsafe body(base)
  }
}
