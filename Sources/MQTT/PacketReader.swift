/// A cursor over the fields of one packet, or of one of its property blocks.
///
/// Invariant: `position <= end <= bytes.count`.
struct PacketReader: ~Escapable {
  let bytes: Span<UInt8>
  private(set) var position: Int
  let end: Int

  /// Starts behind the fixed header; throws when `bytes` do not hold the whole packet.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, header: FixedHeader) throws(MalformedPacket) {
    guard header.packetLength <= bytes.count else { throw .truncated }
    self.bytes = bytes
    position = header.headerLength
    end = header.packetLength
  }

  /// Starts at the first byte of a field that lies within `bytes`.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, within field: Field) {
    self.bytes = bytes
    position = field.offset
    end = field.end
  }

  var isAtEnd: Bool { position == end }

  /// Throws when anything is left: every field was read. [4.13.1]
  func finish() throws(MalformedPacket) {
    guard isAtEnd else { throw .trailingBytes }
  }

  /// The same for a packet that may have more in it than its fields in some versions.
  func finish(_ version: ProtocolVersion) throws(MalformedPacket) {
    if !version.isTolerant { try finish() }
  }

  mutating func readByte() throws(MalformedPacket) -> UInt8 {
    guard position < end else { throw .truncated }
    let byte = bytes[position]
    position &+= 1
    return byte
  }

  /// A Two Byte Integer. [1.5.2]
  mutating func readTwoBytes() throws(MalformedPacket) -> UInt16 {
    guard end &- position >= 2 else { throw .truncated }
    let value = UInt16(bytes[position]) << 8 | UInt16(bytes[position &+ 1])
    position &+= 2
    return value
  }

  /// A Four Byte Integer. [1.5.3]
  mutating func readFourBytes() throws(MalformedPacket) -> UInt32 {
    let high = try readTwoBytes()
    let low = try readTwoBytes()
    return UInt32(high) << 16 | UInt32(low)
  }

  /// A Variable Byte Integer. [1.5.5]
  mutating func readVariableByteInteger() throws(MalformedPacket) -> UInt32 {
    let within = bytes.extracting(0..<end)
    guard let read = try VariableByteInteger.read(within, at: position) else { throw .truncated }
    position &+= read.length
    return read.value
  }

  mutating func readPacketIdentifier() throws(MalformedPacket) -> UInt16 {
    let identifier = try readTwoBytes()
    // [MQTT-2.2.1-3] [MQTT3-2.3.1-1]
    guard identifier != 0 else { throw .packetIdentifierZero }
    return identifier
  }

  /// Binary Data. [1.5.6]
  mutating func readBinary() throws(MalformedPacket) -> Field {
    try readField(Int(try readTwoBytes()))
  }

  /// A UTF-8 Encoded String. [1.5.4]
  mutating func readText() throws(MalformedPacket) -> Field {
    let field = try readBinary()
    _ = try Text.findWildcard(validating: field.in(bytes))
    return field
  }

  /// A property block without its length. [2.2.2.1]
  mutating func readPropertyBlock() throws(MalformedPacket) -> Field {
    try readField(Int(try readVariableByteInteger()))
  }

  /// All that is left.
  mutating func readRest() -> Field {
    let field = Field(start: position, count: end &- position)
    position = end
    return field
  }

  private mutating func readField(_ count: Int) throws(MalformedPacket) -> Field {
    guard end &- position >= count else { throw .truncated }
    let field = Field(start: position, count: count)
    position &+= count
    return field
  }
}
