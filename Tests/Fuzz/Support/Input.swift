/// The bytes of one run, taken from the front; behind their end come zeros.
package struct Input {
  private let bytes: [UInt8]
  private var position = 0

  package init(_ start: UnsafePointer<UInt8>?, _ count: Int) {
    bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  }

  package var isAtEnd: Bool { position >= bytes.count }

  package mutating func byte() -> UInt8 {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return bytes[position]
  }

  /// So many bytes, or as many as there are.
  package mutating func take(_ count: Int) -> [UInt8] {
    let end = min(bytes.count, position + count)
    defer { position = end }
    return Array(bytes[min(position, end)..<end])
  }

  /// All that is left.
  package mutating func rest() -> [UInt8] { take(bytes.count) }
}

/// Ends the run, which keeps its input, unless the condition holds.
package func require(_ condition: Bool, _ words: @autoclosure () -> String) {
  if !condition { fatalError(words()) }
}
