/// The rules of Topic Filters. [4.7]
package enum TopicFilter {
  /// Whether each wildcard stands where it may. [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1]
  /// [MQTT3-4.7.1-1] [MQTT3-4.7.1-2]
  static func isValid(_ filter: Span<UInt8>) -> Bool {
    guard !filter.isEmpty else { return false }
    for index in filter.indices {
      switch filter[index] {
      case UInt8(ascii: "#"):
        guard index == filter.count - 1 && startsLevel(filter, index) else { return false }
      case UInt8(ascii: "+"):
        guard startsLevel(filter, index) && endsLevel(filter, index) else { return false }
      default: break
      }
    }
    return true
  }

  /// Whether it is valid, as a Shared Subscription if it begins like one.
  static func isValidForSubscribing(_ filter: Span<UInt8>) -> Bool {
    guard SharedFilter.isOne(filter) else { return isValid(filter) }
    guard let shared = SharedFilter(parsing: filter) else { return false }
    return isValid(shared.filter.in(filter))
  }

  /// Whether it may match more than one name.
  package static func hasWildcard(_ filter: Span<UInt8>) -> Bool {
    !TopicName.hasNoWildcards(filter)
  }

  /// Whether a valid filter matches a name. [4.7.2] [MQTT-4.7.3-4] [MQTT3-3.3.2-3]
  package static func matches(_ filter: Span<UInt8>, _ name: Span<UInt8>) -> Bool {
    // [MQTT-4.7.2-1] [MQTT3-4.7.2-1]
    if name[0] == UInt8(ascii: "$") && filter[0] != UInt8(ascii: "$") { return false }
    var filterLevels = TopicLevels(of: filter)
    var nameLevels = TopicLevels(of: name)
    while let wanted = filterLevels.next(in: filter) {
      if isSingle(wanted, UInt8(ascii: "#"), filter) { return true }
      guard let level = nameLevels.next(in: name) else { return false }
      guard isSingle(wanted, UInt8(ascii: "+"), filter) || equal(wanted, filter, level, name) else {
        return false
      }
    }
    return nameLevels.next(in: name) == nil
  }

  private static func isSingle(_ level: Field, _ sign: UInt8, _ text: Span<UInt8>) -> Bool {
    level.count == 1 && text[Int(level.start)] == sign
  }

  private static func equal(
    _ left: Field, _ leftText: Span<UInt8>, _ right: Field, _ rightText: Span<UInt8>
  ) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count
    where leftText[Int(left.start) + index] != rightText[Int(right.start) + index] {
      return false
    }
    return true
  }

  private static func startsLevel(_ filter: Span<UInt8>, _ index: Int) -> Bool {
    index == 0 || filter[index - 1] == UInt8(ascii: "/")
  }

  private static func endsLevel(_ filter: Span<UInt8>, _ index: Int) -> Bool {
    index == filter.count - 1 || filter[index + 1] == UInt8(ascii: "/")
  }
}

/// The two parts of `$share/name/filter`. [4.8.2]
package struct SharedFilter: BitwiseCopyable {
  package let group: Field
  package let filter: Field

  /// Whether a filter says that it is shared. [MQTT-4.8.2-1]
  static func isOne(_ text: Span<UInt8>) -> Bool {
    let prefix: InlineArray<6, UInt8> = [0x24, 0x73, 0x68, 0x61, 0x72, 0x65]
    guard text.count >= 6 else { return false }
    for index in 0..<6 where text[index] != prefix[index] { return false }
    return text.count == 6 || text[6] == UInt8(ascii: "/")
  }

  /// Takes a shared filter apart; nil when it is none, or its name or filter is empty or wrong.
  /// [MQTT-4.8.2-1] [MQTT-4.8.2-2]
  package init?(parsing text: Span<UInt8>) {
    guard SharedFilter.isOne(text) else { return nil }
    var end = 7
    while end < text.count && text[end] != UInt8(ascii: "/") { end += 1 }
    guard end > 7 && end + 1 < text.count else { return nil }
    group = Field(start: 7, count: end - 7)
    filter = Field(start: end + 1, count: text.count - end - 1)
    guard TopicName.hasNoWildcards(text.extracting(7..<end)) else { return nil }
  }
}
