/// What a message is about, in levels divided by `/`. [4.7]
///
/// Its length, like a filter's, stands in two bytes. [MQTT-4.7.3-3]
package enum TopicName {
  /// Whether the bytes are a Topic Name that a message may have.
  package static func isValid(_ bytes: Span<UInt8>) -> Bool {
    do throws(MalformedPacket) {
      try validate(bytes)
      return true
    } catch {
      return false
    }
  }

  /// Throws what is wrong with the bytes as a Topic Name.
  package static func validate(_ bytes: Span<UInt8>) throws(MalformedPacket) {
    // [MQTT-4.7.3-1] [MQTT3-4.7.0-1]
    guard !bytes.isEmpty else { throw .topicNameEmpty }
    try validateOrEmpty(bytes)
  }

  /// Throws what is wrong with the bytes as a Topic Name that a Topic Alias may stand for.
  @inline(__always)
  static func validateOrEmpty(_ bytes: Span<UInt8>) throws(MalformedPacket) {
    // [MQTT-4.7.0-1] [MQTT-3.3.2-2] [MQTT3-3.3.2-2] [MQTT3-4.7.3-1] [MQTT3-4.7.3-2]
    guard try !Text.findWildcard(validating: bytes) else { throw .topicNameWildcard }
  }
}

/// The levels of a Topic Name or Topic Filter, from left to right, empty ones included. [4.7.1.1]
package struct TopicLevels: ~Escapable {
  private let bytes: Span<UInt8>
  private var position = 0

  /// Starts at the first level.
  @_lifetime(copy bytes)
  package init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  /// Where the next level lies in the text; `nil` behind the last.
  package mutating func next() -> Field? {
    guard position <= bytes.count else { return nil }
    let start = position
    while position < bytes.count && bytes[position] != UInt8(ascii: "/") { position &+= 1 }
    defer { position &+= 1 }
    return Field(start: start, count: position &- start)
  }
}
