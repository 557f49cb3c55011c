/// The rules of Topic Names. [4.7]
package enum TopicName {
  /// Whether it has no wildcards. [MQTT-3.3.2-2] [MQTT-4.7.0-1] [MQTT3-3.3.2-2] [MQTT3-4.7.3-2]
  static func hasNoWildcards(_ name: Span<UInt8>) -> Bool {
    for index in name.indices
    where name[index] == UInt8(ascii: "+") || name[index] == UInt8(ascii: "#") {
      return false
    }
    return true
  }

  /// Whether it may be published to: not empty and without wildcards. [MQTT-4.7.3-1]
  /// [MQTT3-4.7.0-1] [MQTT3-4.7.3-1]
  static func isValid(_ name: Span<UInt8>) -> Bool { !name.isEmpty && hasNoWildcards(name) }
}

/// The levels of a name or filter, from the first to the last, empty ones too. [4.7.1.1]
package struct TopicLevels: BitwiseCopyable {
  private var offset: Int? = 0

  package init(of text: Span<UInt8>) {}

  /// The next level; nil after the last.
  package mutating func next(in text: Span<UInt8>) -> Field? {
    guard let start = offset else { return nil }
    var end = start
    while end < text.count && text[end] != UInt8(ascii: "/") { end += 1 }
    offset = end < text.count ? end + 1 : nil
    return Field(start: start, count: end - start)
  }
}
