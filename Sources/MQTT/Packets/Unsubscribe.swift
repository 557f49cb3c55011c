/// UNSUBSCRIBE – unsubscribe request. [3.10]
package struct Unsubscribe: BitwiseCopyable {
  package let packetIdentifier: UInt16
  package private(set) var filterCount = 0
  /// The filters whose subscriptions are to end.
  package let filters: TopicFilters

  package init(
    parsing bytes: Span<UInt8>, header: FixedHeader, version: ProtocolVersion
  ) throws(MalformedPacket) {
    var reader = PacketReader(bytes, header)
    packetIdentifier = try reader.packetIdentifier()
    if version == .v5 {
      var properties = try PropertyReader(&reader, allowed: Property.userProperty.bit)
      try properties.skip(&reader)
    }
    filters = TopicFilters(offset: reader.offset, end: reader.end)
    // [MQTT-3.10.3-2] [MQTT3-3.10.3-2]
    guard reader.remaining > 0 else { throw .noTopicFilters }
    while reader.remaining > 0 {
      // [MQTT-3.10.3-1] [MQTT3-3.10.3-1]
      let filter = try reader.text().in(bytes)
      guard TopicFilter.isValidForSubscribing(filter) else { throw .invalidTopicFilter }
      filterCount += 1
    }
  }
}

/// Walks over the filters of an UNSUBSCRIBE that was validated.
package struct TopicFilters: BitwiseCopyable {
  fileprivate var offset: Int
  fileprivate let end: Int

  /// The next filter; nil after the last.
  package mutating func next(in bytes: Span<UInt8>) -> Field? {
    guard offset < end else { return nil }
    let count = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
    defer { offset += 2 + count }
    return Field(start: offset + 2, count: count)
  }
}
