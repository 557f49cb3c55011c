/// Walks over the properties that a Server forwards unaltered: all but Topic Alias, Message
/// Expiry Interval and, of a Will, Will Delay Interval. [3.3.2.3]
///
/// For properties that were validated when they came in.
package struct ForwardedProperties: BitwiseCopyable {
  private var offset = 0

  package init(of block: Span<UInt8>) {}

  /// The next property, with its identifier; nil after the last.
  package mutating func next(in block: Span<UInt8>) -> Field? {
    while offset < block.count {
      let start = offset
      offset = min(block.count, start + ForwardedProperties.length(block, at: start))
      switch Property(rawValue: block[start]) {
      case .topicAlias, .messageExpiryInterval, .willDelayInterval: continue
      default: return Field(start: start, count: offset - start)
      }
    }
    return nil
  }

  private static func length(_ block: Span<UInt8>, at start: Int) -> Int {
    switch Property(rawValue: block[start]) {
    case .payloadFormatIndicator: 2
    case .topicAlias: 3
    case .messageExpiryInterval, .willDelayInterval: 5
    case .userProperty:
      1 + textLength(block, start + 1) + textLength(block, start + 1 + textLength(block, start + 1))
    case .contentType, .responseTopic, .correlationData: 1 + textLength(block, start + 1)
    default: block.count - start
    }
  }

  private static func textLength(_ block: Span<UInt8>, _ offset: Int) -> Int {
    guard offset + 1 < block.count else { return 2 }
    return 2 + (Int(block[offset]) << 8 | Int(block[offset + 1]))
  }
}

/// The Subscription Identifier as a property of PUBLISH. [3.3.2.3.8]
package enum SubscriptionIdentifier {
  /// Bytes of the longest one.
  package static var longest: Int { 5 }

  package static func write(_ identifier: UInt32, to sink: inout some ByteSink & ~Copyable) {
    sink.append(byte: Property.subscriptionIdentifier.rawValue)
    VariableByteInteger.write(Int(identifier), to: &sink)
  }
}
