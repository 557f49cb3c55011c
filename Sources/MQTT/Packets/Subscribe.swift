/// SUBSCRIBE – subscribe request. [3.8]
package struct Subscribe: BitwiseCopyable {
  package let packetIdentifier: UInt16
  /// Zero for none. [3.8.2.1.2]
  package private(set) var subscriptionIdentifier: UInt32 = 0
  package private(set) var requestCount = 0
  /// The subscriptions asked for.
  package let requests: SubscriptionRequests

  package init(
    parsing bytes: Span<UInt8>, header: FixedHeader, version: ProtocolVersion
  ) throws(MalformedPacket) {
    var reader = PacketReader(bytes, header)
    packetIdentifier = try reader.packetIdentifier()
    var identifier: UInt32 = 0
    if version == .v5 {
      var properties = try PropertyReader(&reader, allowed: Property.ofSubscribe)
      while let (property, value) = try properties.next(&reader) {
        guard property == .subscriptionIdentifier else { continue }
        guard value.number != 0 else { throw .invalidPropertyValue }
        identifier = value.number
      }
    }
    requests = SubscriptionRequests(offset: reader.offset, end: reader.end, version: version)
    subscriptionIdentifier = identifier
    // [MQTT-3.8.3-2] [MQTT3-3.8.3-3]
    guard reader.remaining > 0 else { throw .noTopicFilters }
    while reader.remaining > 0 {
      try Subscribe.checkRequest(&reader, version)
      requestCount += 1
    }
  }

  private static func checkRequest(
    _ reader: inout PacketReader, _ version: ProtocolVersion
  ) throws(MalformedPacket) {
    // [MQTT-3.8.3-1] [MQTT3-3.8.3-1]
    let filter = try reader.text().in(reader.bytes)
    let bits = try reader.byte()
    guard TopicFilter.isValidForSubscribing(filter) else { throw .invalidTopicFilter }
    guard let options = SubscriptionOptions(bits, version: version) else {
      throw .invalidSubscriptionOptions
    }
    // [MQTT-3.8.3-4]
    if options.isNoLocal && SharedFilter.isOne(filter) { throw .noLocalOnShared }
  }
}

/// One subscription that a SUBSCRIBE asks for. [3.8.3]
package struct SubscriptionRequest: BitwiseCopyable {
  package let filter: Field
  package let options: SubscriptionOptions
}

/// Walks over the subscriptions of a SUBSCRIBE that was validated.
package struct SubscriptionRequests: BitwiseCopyable {
  fileprivate var offset: Int
  fileprivate let end: Int
  fileprivate let version: ProtocolVersion

  /// The next subscription; nil after the last.
  package mutating func next(in bytes: Span<UInt8>) -> SubscriptionRequest? {
    guard offset < end else { return nil }
    let count = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
    let filter = Field(start: offset + 2, count: count)
    offset += 2 + count + 1
    guard let options = SubscriptionOptions(bytes[offset - 1], version: version) else { return nil }
    return SubscriptionRequest(filter: filter, options: options)
  }
}
