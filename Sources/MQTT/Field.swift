/// Where a field lies in the bytes of its packet.
package struct Field: BitwiseCopyable {
  let start: UInt32
  private let length: UInt32

  init(start: Int, count: Int) {
    self.start = UInt32(truncatingIfNeeded: start)
    length = UInt32(truncatingIfNeeded: count)
  }

  /// The field that is not there.
  package static var none: Field { Field(start: 0, count: 0) }

  /// How many bytes it has.
  package var count: Int { Int(length) }
  package var isEmpty: Bool { length == 0 }
  /// Where the field begins and ends.
  package var range: Range<Int> { Int(start)..<Int(start) + Int(length) }

  /// Its bytes.
  @_lifetime(copy bytes)
  package func `in`(_ bytes: Span<UInt8>) -> Span<UInt8> { bytes.extracting(range) }
}
