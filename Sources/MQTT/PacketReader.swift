/// Takes fields off the bytes of one packet, one after the other.
struct PacketReader: ~Escapable {
  let bytes: Span<UInt8>
  private(set) var offset: Int
  let end: Int

  /// Reads what follows the fixed header.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, _ header: FixedHeader) {
    self.bytes = bytes
    offset = header.headerLength
    end = min(header.packetLength, bytes.count)
  }

  var remaining: Int { end - offset }

  /// The rest of the packet as one field.
  mutating func rest() -> Field {
    defer { offset = end }
    return Field(start: offset, count: end - offset)
  }

  mutating func byte() throws(MalformedPacket) -> UInt8 {
    guard remaining >= 1 else { throw .truncated }
    defer { offset += 1 }
    return bytes[offset]
  }

  mutating func twoBytes() throws(MalformedPacket) -> UInt16 {
    guard remaining >= 2 else { throw .truncated }
    defer { offset += 2 }
    return UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
  }

  mutating func fourBytes() throws(MalformedPacket) -> UInt32 {
    UInt32(try twoBytes()) << 16 | UInt32(try twoBytes())
  }

  mutating func variableByteInteger() throws(MalformedPacket) -> Int {
    guard let (value, count) = try VariableByteInteger.read(bytes, at: offset),
      count <= remaining
    else { throw .truncated }
    offset += count
    return value
  }

  /// A Packet Identifier, which is never 0. [MQTT-2.2.1-3] [MQTT3-2.3.1-1]
  mutating func packetIdentifier() throws(MalformedPacket) -> UInt16 {
    let identifier = try twoBytes()
    guard identifier != 0 else { throw .zeroPacketIdentifier }
    return identifier
  }

  /// So many bytes.
  mutating func field(_ count: Int) throws(MalformedPacket) -> Field {
    guard remaining >= count else { throw .truncated }
    defer { offset += count }
    return Field(start: offset, count: count)
  }

  /// Binary Data. [1.5.6]
  mutating func data() throws(MalformedPacket) -> Field {
    let count = Int(try twoBytes())
    return try field(count)
  }

  /// A UTF-8 Encoded String. [1.5.4]
  mutating func text() throws(MalformedPacket) -> Field {
    let field = try data()
    guard Text.isValid(field.in(bytes)) else { throw .invalidText }
    return field
  }

  func expectEnd() throws(MalformedPacket) {
    guard offset == end else { throw .trailingBytes }
  }
}
