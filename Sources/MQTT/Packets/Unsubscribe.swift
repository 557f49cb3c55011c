/// UNSUBSCRIBE – unsubscribe request. [3.10]
package struct Unsubscribe: BitwiseCopyable {
  /// What the UNSUBACK will name.
  package let packetIdentifier: UInt16
  /// How many Topic Filters there are: at least one, but in 3.1.
  package private(set) var count = 0
  private var rest: Field

  /// Parses a packet from a Client that `bytes` begin with, all of its filters included.
  package init(
    parsing bytes: Span<UInt8>, header: FixedHeader, version: ProtocolVersion
  ) throws(MalformedPacket) {
    var reader = try PacketReader(bytes, header: header)
    packetIdentifier = try reader.readPacketIdentifier()
    if version == .v5 {
      let block = try reader.readPropertyBlock()
      var properties = PropertyReader(bytes, block: block, of: .unsubscribe)
      try properties.skipAll()
    }
    rest = reader.readRest()
    // [MQTT-3.10.3-2] [MQTT3-3.10.3-2]
    guard !rest.isEmpty || version == .v3_1 else { throw .noTopicFilters }
    try validateFilters(in: bytes)
  }

  /// The next Topic Filter, in the bytes that were parsed; `nil` behind the last, and when `bytes` end
  /// within it.
  package mutating func next(in bytes: Span<UInt8>) -> Field? {
    var reader = PacketReader(bytes, within: rest.cut(to: bytes.count))
    do throws(MalformedPacket) {
      let filter = try reader.readBinary()
      rest = rest.behind(reader.position)
      return filter
    } catch {
      return nil
    }
  }

  /// Bytes that the filters take that were not asked for yet.
  package var remaining: Int { rest.length }

  /// Says that the bytes before the next filter are gone; how many those were.
  package mutating func forgetTaken() -> Int {
    let taken = rest.offset
    rest = rest.relative(to: taken)
    return taken
  }

  private mutating func validateFilters(in bytes: Span<UInt8>) throws(MalformedPacket) {
    var reader = PacketReader(bytes, within: rest)
    while !reader.isAtEnd {
      let filter = try reader.readBinary()
      try TopicFilter.validate(filter.in(bytes))  // [MQTT-3.10.3-1] [MQTT3-3.10.3-1]
      count &+= 1
    }
  }
}
