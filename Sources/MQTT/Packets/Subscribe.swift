/// SUBSCRIBE – subscribe request. [3.8]
package struct Subscribe: BitwiseCopyable {
  /// One thing that the Client wants. [3.8.3]
  package struct Request: BitwiseCopyable {
    /// The Topic Filter, `$share/…` included.
    package let filter: Field
    /// How it is wanted.
    package let options: SubscriptionOptions
  }

  /// What the SUBACK will name.
  package let packetIdentifier: UInt16
  /// What every message of these subscriptions will name; 0 when there is none. [3.8.2.1.2]
  package let subscriptionIdentifier: UInt32
  /// How many requests there are: at least one, but in 3.1.
  package private(set) var count = 0
  private var rest: Field
  private let version: ProtocolVersion

  /// Parses a packet from a Client that `bytes` begin with, all of its requests included.
  package init(
    parsing bytes: Span<UInt8>, header: FixedHeader, version: ProtocolVersion
  ) throws(MalformedPacket) {
    var reader = try PacketReader(bytes, header: header)
    self.version = version
    packetIdentifier = try reader.readPacketIdentifier()
    subscriptionIdentifier = version == .v5 ? try Subscribe.readIdentifier(&reader) : 0
    rest = reader.readRest()
    try validateRequests(in: bytes)
  }

  /// The next request, in the bytes that were parsed; `nil` behind the last, and when `bytes` end
  /// within it.
  package mutating func next(in bytes: Span<UInt8>) -> Request? {
    var reader = PacketReader(bytes, within: rest.cut(to: bytes.count))
    do throws(MalformedPacket) {
      let filter = try reader.readBinary()
      let options = try SubscriptionOptions(parsing: reader.readByte(), version: version)
      rest = rest.behind(reader.position)
      return Request(filter: filter, options: options)
    } catch {
      return nil
    }
  }

  /// Bytes that the requests take that were not asked for yet.
  package var remaining: Int { rest.length }

  /// Says that the bytes before the next request are gone; how many those were.
  package mutating func forgetTaken() -> Int {
    let taken = rest.offset
    rest = rest.relative(to: taken)
    return taken
  }

  private static func readIdentifier(
    _ reader: inout PacketReader
  ) throws(MalformedPacket) -> UInt32 {
    let block = try reader.readPropertyBlock()
    var properties = PropertyReader(reader.bytes, block: block, of: .subscribe)
    var identifier: UInt32 = 0
    while let property = try properties.next() {
      if property.identifier == .subscriptionIdentifier { identifier = property.number }
    }
    return identifier
  }

  private mutating func validateRequests(in bytes: Span<UInt8>) throws(MalformedPacket) {
    // [MQTT-3.8.3-2] [MQTT3-3.8.3-3]
    guard !rest.isEmpty || version == .v3_1 else { throw .noTopicFilters }
    var reader = PacketReader(bytes, within: rest)
    while !reader.isAtEnd {
      let field = try reader.readBinary()
      let filter = field.in(bytes)
      try TopicFilter.validate(filter)  // [MQTT-3.8.3-1] [MQTT3-3.8.3-1] [MQTT3-3.8.3-2]
      let options = try SubscriptionOptions(parsing: reader.readByte(), version: version)
      // [MQTT-3.8.3-4]
      guard !options.isNoLocal || !TopicFilter.isShared(filter) else {
        throw .noLocalOnSharedSubscription
      }
      count &+= 1
    }
  }
}
