/// What a Client subscribes to: a Topic Name in which levels may be wildcards. [4.7]
package enum TopicFilter {
  /// Whether the bytes are a Topic Filter, `$share/…` included.
  package static func isValid(_ bytes: Span<UInt8>) -> Bool {
    do throws(MalformedPacket) {
      try validate(bytes)
      return true
    } catch {
      return false
    }
  }

  /// Throws what is wrong with the bytes as a Topic Filter.
  package static func validate(_ bytes: Span<UInt8>) throws(MalformedPacket) {
    // [MQTT-4.7.3-1] [MQTT3-4.7.0-1]
    guard !bytes.isEmpty else { throw .topicFilterEmpty }
    if try Text.findWildcard(validating: bytes) { try validateWildcards(bytes) }
    if isShared(bytes) { try validateShare(bytes) }
  }

  /// Whether the text marks a Shared Subscription. [4.8.2]
  package static func isShared(_ bytes: Span<UInt8>) -> Bool {
    // The letters of "$share/".
    bytes.count >= 7 && bytes[0] == 0x24 && bytes[1] == 0x73 && bytes[2] == 0x68
      && bytes[3] == 0x61 && bytes[4] == 0x72 && bytes[5] == 0x65 && bytes[6] == 0x2F
  }

  /// Whether a message of that name goes to subscribers of that filter. [4.7.1]
  ///
  /// The bytes are compared as they are. [MQTT-4.7.3-4]
  package static func matches(filter: Span<UInt8>, name: Span<UInt8>) -> Bool {
    guard !hidesFromWildcard(filter: filter, name: name) else { return false }
    var filterLevels = TopicLevels(filter)
    var nameLevels = TopicLevels(name)
    while let wanted = filterLevels.next() {
      if isWildcard(UInt8(ascii: "#"), wanted, in: filter) { return true }
      guard let level = nameLevels.next() else { return false }
      if isWildcard(UInt8(ascii: "+"), wanted, in: filter) { continue }
      guard areEqual(wanted.in(filter), level.in(name)) else { return false }
    }
    return nameLevels.next() == nil
  }

  /// `$` topics are only for those who name them. [MQTT-4.7.2-1] [MQTT3-4.7.2-1]
  private static func hidesFromWildcard(filter: Span<UInt8>, name: Span<UInt8>) -> Bool {
    guard !filter.isEmpty, !name.isEmpty, name[0] == UInt8(ascii: "$") else { return false }
    return filter[0] == UInt8(ascii: "#") || filter[0] == UInt8(ascii: "+")
  }

  private static func isWildcard(
    _ wildcard: UInt8, _ level: Field, in filter: Span<UInt8>
  ) -> Bool {
    level.count == 1 && filter[level.offset] == wildcard
  }

  private static func areEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    for index in left.indices {
      guard left[index] == right[index] else { return false }
    }
    return true
  }

  private static func validateWildcards(_ bytes: Span<UInt8>) throws(MalformedPacket) {
    for index in bytes.indices {
      switch bytes[index] {
      case UInt8(ascii: "#"):
        // [MQTT-4.7.1-1] [MQTT3-4.7.1-1]
        guard index + 1 == bytes.count else { throw .topicFilterWildcard }
      case UInt8(ascii: "+"):
        // [MQTT-4.7.1-2] [MQTT3-4.7.1-2]
        guard index + 1 == bytes.count || bytes[index + 1] == UInt8(ascii: "/") else {
          throw .topicFilterWildcard
        }
      default: continue
      }
      guard index == 0 || bytes[index - 1] == UInt8(ascii: "/") else { throw .topicFilterWildcard }
    }
  }

  private static func validateShare(_ bytes: Span<UInt8>) throws(MalformedPacket) {
    guard let shared = SharedFilter(parsing: bytes) else { throw .shareFilterMissing }
    // [MQTT-4.8.2-1]
    guard !shared.group.isEmpty else { throw .shareNameInvalid }
    for index in shared.group.range {
      // [MQTT-4.8.2-2]
      guard bytes[index] != UInt8(ascii: "+") && bytes[index] != UInt8(ascii: "#") else {
        throw .shareNameInvalid
      }
    }
    guard !shared.filter.isEmpty else { throw .shareFilterMissing }
  }
}

/// The two parts of `$share/group/filter`. [4.8.2]
package struct SharedFilter: BitwiseCopyable {
  /// The ShareName.
  package let group: Field
  /// The Topic Filter that messages are matched against.
  package let filter: Field

  /// Splits the text of a subscription; `nil` when it is not a Shared Subscription's.
  package init?(parsing bytes: Span<UInt8>) {
    guard TopicFilter.isShared(bytes) else { return nil }
    var slash = 7
    while slash < bytes.count && bytes[slash] != UInt8(ascii: "/") { slash += 1 }
    guard slash < bytes.count else { return nil }
    group = Field(start: 7, count: slash - 7)
    filter = Field(start: slash + 1, count: bytes.count - slash - 1)
  }
}
