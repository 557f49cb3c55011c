/// Where a packet is written to.
package protocol ByteSink: ~Copyable {
  mutating func append(byte: UInt8)
  mutating func append(_ bytes: Span<UInt8>)
}

extension ByteSink where Self: ~Copyable {
  mutating func append(twoBytes value: UInt16) {
    append(byte: UInt8(value >> 8))
    append(byte: UInt8(value & 0xFF))
  }

  mutating func append(fourBytes value: UInt32) {
    append(twoBytes: UInt16(value >> 16))
    append(twoBytes: UInt16(value & 0xFFFF))
  }

  /// A string with its length in front. [1.5.4]
  mutating func append(text: Span<UInt8>) {
    append(twoBytes: UInt16(truncatingIfNeeded: text.count))
    append(text)
  }

  mutating func append(text: StaticString) {
    text.withUTF8Buffer { buffer in
      append(twoBytes: UInt16(truncatingIfNeeded: buffer.count))
      for index in 0..<buffer.count { unsafe append(byte: buffer[index]) }
    }
  }
}

/// Counts the bytes of a packet: so its length comes from the code that writes it.
package struct ByteCounter: ByteSink, BitwiseCopyable {
  package private(set) var count = 0

  package init() {}
  package mutating func append(byte: UInt8) { count += 1 }
  package mutating func append(_ bytes: Span<UInt8>) { count += bytes.count }
}
