/// Where a field lies in the bytes of its packet.
package struct Field: BitwiseCopyable, Equatable {
  /// The place of the first byte, counted from the packet's first.
  package let start: UInt32
  /// How many bytes there are.
  package let count: UInt32

  /// Names `count` bytes from `start`; a packet has less than 2^28, so neither is cut off.
  package init(start: Int, count: Int) {
    self.start = UInt32(truncatingIfNeeded: start)
    self.count = UInt32(truncatingIfNeeded: count)
  }

  /// A field of no bytes.
  package static var none: Field { Field(start: 0, count: 0) }

  /// `start`, as a number to count with.
  package var offset: Int { Int(start) }
  /// `count`, as a number to count with.
  package var length: Int { Int(count) }
  /// The place just behind the last byte.
  package var end: Int { offset + length }
  /// The places of all bytes.
  package var range: Range<Int> { offset..<end }
  /// Whether there are no bytes.
  package var isEmpty: Bool { count == 0 }

  /// The field's bytes, in the bytes that it was parsed from.
  @_lifetime(copy bytes)
  package func `in`(_ bytes: Span<UInt8>) -> Span<UInt8> { bytes.extracting(range) }

  /// As much of the field as lies within so many bytes.
  func cut(to end: Int) -> Field {
    Field(start: offset, count: max(0, min(self.end, end) - offset))
  }

  /// What of the field lies behind a place within it.
  func behind(_ place: Int) -> Field { Field(start: place, count: end - place) }

  /// The same field, counted from `origin` instead of from the packet's first byte.
  package func relative(to origin: Int) -> Field { Field(start: offset - origin, count: length) }
}
