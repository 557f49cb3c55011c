import MQTT

/// Filters of ACL files beside Topic Names and Topic Filters, level by level.
///
/// In a pattern `%c` stands for the Client Identifier and `%u` for the User Name, inside a level too.
enum Pattern {
  /// Whether a pattern matches a Topic Name for this Client.
  ///
  /// - Parameter isLoose: whether a level with `%c` or `%u` matches any.
  static func matches(
    _ pattern: Span<UInt8>, _ topic: Span<UInt8>, _ requester: Requester, isLoose: Bool
  ) -> Bool {
    var patternLevels = TopicLevels(pattern)
    var topicLevels = TopicLevels(topic)
    var isFirst = true
    while let wanted = patternLevels.next() {
      let wanted = wanted.in(pattern)
      guard let level = topicLevels.next() else { return wanted.equals("#") }
      let text = level.in(topic)
      let isHidden = isFirst && !text.isEmpty && text[0] == UInt8(ascii: "$")
      isFirst = false
      if wanted.equals("#") { return !isHidden }
      if wanted.equals("+") {
        if isHidden { return false }
      } else if !(isLoose && wanted.hasPlaceholder) && !isLevel(wanted, text, requester) {
        return false
      }
    }
    return topicLevels.next() == nil
  }

  /// Whether a pattern names the user of a Client that has none, and so matches nothing.
  static func isVoid(_ pattern: Span<UInt8>, for requester: Requester) -> Bool {
    guard requester.userName == nil else { return false }
    for index in pattern.indices where pattern.isPlaceholder(at: index) {
      if pattern[index + 1] == UInt8(ascii: "u") { return true }
    }
    return false
  }

  /// Whether some Topic Name matches both filters.
  static func overlaps(
    _ rule: Span<UInt8>, _ filter: Span<UInt8>, _ requester: Requester?
  ) -> Bool {
    var ruleLevels = TopicLevels(rule)
    var filterLevels = TopicLevels(filter)
    var isFirst = true
    while true {
      let (left, right) = (ruleLevels.next(), filterLevels.next())
      guard let left else { return right.map { $0.in(filter).equals("#") } ?? true }
      guard let right else { return left.in(rule).equals("#") }
      let (own, wanted) = (left.in(rule), right.in(filter))
      if isFirst && hides(own, wanted) { return false }
      if own.equals("#") || wanted.equals("#") { return true }
      if !own.equals("+") && !wanted.equals("+") && !isLevel(own, wanted, requester) {
        return false
      }
      isFirst = false
    }
  }

  /// Whether every Topic Name that matches the filter matches the rule's.
  static func covers(
    _ rule: Span<UInt8>, _ filter: Span<UInt8>, _ requester: Requester?
  ) -> Bool {
    var ruleLevels = TopicLevels(rule)
    var filterLevels = TopicLevels(filter)
    var isFirst = true
    while true {
      let (left, right) = (ruleLevels.next(), filterLevels.next())
      guard let left else { return right == nil }
      guard let right else { return left.in(rule).equals("#") }
      let (own, wanted) = (left.in(rule), right.in(filter))
      if isFirst && hides(own, wanted) { return false }
      if own.equals("#") { return true }
      // Every Topic Name has a first level, which `#` leaves open as `+/#` does.
      if wanted.equals("#") { return isFirst && rule.equals("+/#") }
      if !own.equals("+") && (wanted.equals("+") || !isLevel(own, wanted, requester)) {
        return false
      }
      isFirst = false
    }
  }

  /// Whether one first level is a wildcard and the other a `$` topic's, which it does not match.
  private static func hides(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    (left.isWildcard && right.begins(with: "$")) || (right.isWildcard && left.begins(with: "$"))
  }

  /// Whether a level of a rule, with its placeholders filled in, is this level.
  private static func isLevel(
    _ wanted: Span<UInt8>, _ level: Span<UInt8>, _ requester: Requester?
  ) -> Bool {
    guard let requester else { return wanted.equals(level) }
    var (from, at) = (0, 0)
    while from < wanted.count {
      guard wanted.isPlaceholder(at: from) else {
        guard at < level.count, wanted[from] == level[at] else { return false }
        from += 1
        at += 1
        continue
      }
      let isUser = wanted[from + 1] == UInt8(ascii: "u")
      guard let name = isUser ? requester.userName : requester.clientIdentifier,
        at + name.count <= level.count,
        level.extracting(at..<at + name.count).equals(name)
      else { return false }
      from += 2
      at += name.count
    }
    return at == level.count
  }
}

extension Span where Element == UInt8 {
  fileprivate var isWildcard: Bool { equals("#") || equals("+") }

  /// Whether `%c` or `%u` stands there.
  fileprivate func isPlaceholder(at index: Int) -> Bool {
    guard index + 1 < count, self[index] == UInt8(ascii: "%") else { return false }
    return self[index + 1] == UInt8(ascii: "c") || self[index + 1] == UInt8(ascii: "u")
  }

  var hasPlaceholder: Bool {
    for index in indices where isPlaceholder(at: index) { return true }
    return false
  }
}
