/// Where a packet is written to; with `ByteCounter`, its size is the same code as its bytes.
package protocol ByteSink: ~Copyable {
  /// Takes one byte.
  mutating func append(byte: UInt8)
  /// Takes many bytes.
  mutating func append(_ bytes: Span<UInt8>)
}

/// A sink that keeps nothing and counts.
package struct ByteCounter: ByteSink, BitwiseCopyable {
  /// The bytes so far.
  package private(set) var count = 0

  /// Starts at 0.
  package init() {}

  package mutating func append(byte: UInt8) { count &+= 1 }
  package mutating func append(_ bytes: Span<UInt8>) { count &+= bytes.count }
}

extension ByteSink where Self: ~Copyable {
  /// Appends a Two Byte Integer, the high byte first. [1.5.2]
  package mutating func append(twoBytes value: UInt16) {
    append(byte: UInt8(truncatingIfNeeded: value >> 8))
    append(byte: UInt8(truncatingIfNeeded: value))
  }

  /// Appends a Four Byte Integer, the highest byte first. [1.5.3]
  package mutating func append(fourBytes value: UInt32) {
    append(twoBytes: UInt16(truncatingIfNeeded: value >> 16))
    append(twoBytes: UInt16(truncatingIfNeeded: value))
  }

  /// Appends Binary Data or a UTF-8 Encoded String: its length, then its bytes. [1.5.4] [1.5.6]
  package mutating func append(counted bytes: Span<UInt8>) {
    precondition(bytes.count <= Int(UInt16.max))
    append(twoBytes: UInt16(truncatingIfNeeded: bytes.count))
    append(bytes)
  }

  /// Appends our own words as a UTF-8 Encoded String. [1.5.4]
  package mutating func append(counted text: StaticString) {
    append(twoBytes: UInt16(truncatingIfNeeded: text.utf8CodeUnitCount))
    append(text)
  }

  /// Appends the fixed header of a packet of which `remainingLength` bytes follow. [2.1.1]
  mutating func append(header type: PacketType, remainingLength: Int) {
    append(byte: type.rawValue << 4 | type.reservedFlags)  // [MQTT-2.1.3-1]
    append(variableByteInteger: UInt32(truncatingIfNeeded: remainingLength))
  }
}
