/// The properties of a message, from a PUBLISH or from a Will. [3.3.2.3] [3.1.3.2]
package struct PublishProperties: BitwiseCopyable {
  /// All of them, without their length.
  package let block: Field
  /// The Topic Alias; 0 when there is none.
  package private(set) var topicAlias: UInt16 = 0
  /// How many seconds the message is worth delivering; `nil` when it is forever.
  package private(set) var messageExpiry: UInt32?
  /// The Will Delay Interval, in seconds.
  private(set) var willDelay: UInt32 = 0
  /// How many bytes of the block a Server forwards unaltered.
  package private(set) var forwardedCount: Int

  /// The properties of a message without any.
  package static var none: PublishProperties { .init(block: .none) }

  /// Whether the block holds properties that a Server does not forward as they are.
  package var needsFiltering: Bool { forwardedCount != block.length }

  private init(block: Field) {
    self.block = block
    forwardedCount = block.length
  }

  /// Reads the properties in `block`, without their length, of a message made within the process.
  package init(_ block: Field, in bytes: Span<UInt8>) throws(MalformedPacket) {
    self.init(block: block)
    guard !block.isEmpty else { return }
    var properties = PropertyReader(bytes, block: block, of: .publish)
    while let property = try properties.next() { try take(property) }
  }

  /// Parses a block of properties with its length before it.
  init(parsing reader: inout PacketReader, of place: PropertyPlaces) throws(MalformedPacket) {
    self.init(block: try reader.readPropertyBlock())
    guard !block.isEmpty else { return }
    var properties = PropertyReader(reader.bytes, block: block, of: place)
    while let property = try properties.next() { try take(property) }
  }

  private mutating func take(_ property: Property) throws(MalformedPacket) {
    switch property.identifier {
    case .topicAlias:
      topicAlias = UInt16(truncatingIfNeeded: property.number)
      forwardedCount &-= 3
    case .messageExpiryInterval:
      messageExpiry = property.number
      forwardedCount &-= 5
    case .willDelayInterval:
      willDelay = property.number
      forwardedCount &-= 5
    case .subscriptionIdentifier: throw .subscriptionIdentifierFromClient  // [MQTT-3.3.4-6]
    default: return
    }
  }
}

/// Walks over a block of properties and yields the runs of those that a Server forwards.
///
/// They keep their order and their bytes. [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16]
/// [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
package struct ForwardedProperties: BitwiseCopyable {
  private var position = 0

  /// Starts at the first property.
  package init() {}

  /// The next run of properties, counted from the block's first byte; `nil` behind the last.
  package mutating func next(in block: Span<UInt8>) -> Field? {
    skip(in: block, whileForwarded: false)
    let start = position
    skip(in: block, whileForwarded: true)
    return position == start ? nil : Field(start: start, count: position &- start)
  }

  private mutating func skip(in block: Span<UInt8>, whileForwarded isForwarded: Bool) {
    while position < block.count,
      let identifier = PropertyIdentifier(rawValue: block[position]),
      identifier.isForwarded == isForwarded,
      let length = identifier.encodedLength(at: position, in: block)
    {
      position &+= length
    }
  }
}

extension PropertyIdentifier {
  /// Whether a Server sends the property of a message on as it is.
  var isForwarded: Bool {
    switch self {
    case .topicAlias, .messageExpiryInterval, .willDelayInterval, .subscriptionIdentifier: false
    default: true
    }
  }

  /// The bytes of a property, its identifier at `offset` included; `nil` when they are not there.
  func encodedLength(at offset: Int, in block: Span<UInt8>) -> Int? {
    let end: Int? =
      switch shape {
      case .byte: offset + 2
      case .twoBytes: offset + 3
      case .fourBytes: offset + 5
      case .variableByteInteger: endOfInteger(at: offset + 1, in: block)
      case .text, .binary: endOfField(at: offset + 1, in: block)
      case .textPair:
        endOfField(at: offset + 1, in: block).flatMap { endOfField(at: $0, in: block) }
      }
    guard let end, end <= block.count else { return nil }
    return end - offset
  }

  private func endOfField(at offset: Int, in block: Span<UInt8>) -> Int? {
    guard offset + 2 <= block.count else { return nil }
    return offset + 2 + (Int(block[offset]) << 8 | Int(block[offset + 1]))
  }

  private func endOfInteger(at offset: Int, in block: Span<UInt8>) -> Int {
    var end = offset
    while end < block.count && block[end] >= 0x80 { end += 1 }
    return end + 1
  }
}
