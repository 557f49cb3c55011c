/// Properties: an identifier, then a value. [2.2.2.2]
extension ByteSink where Self: ~Copyable {
  mutating func append(_ identifier: PropertyIdentifier, byte value: UInt8) {
    append(byte: identifier.rawValue)
    append(byte: value)
  }

  mutating func append(_ identifier: PropertyIdentifier, twoBytes value: UInt16) {
    append(byte: identifier.rawValue)
    append(twoBytes: value)
  }

  mutating func append(_ identifier: PropertyIdentifier, fourBytes value: UInt32) {
    append(byte: identifier.rawValue)
    append(fourBytes: value)
  }

  mutating func append(_ identifier: PropertyIdentifier, _ value: Span<UInt8>) {
    append(byte: identifier.rawValue)
    append(counted: value)
  }

  mutating func append(_ identifier: PropertyIdentifier, _ value: StaticString) {
    append(byte: identifier.rawValue)
    append(counted: value)
  }
}
