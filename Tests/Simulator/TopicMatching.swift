/// The obvious matcher: level by level. [4.7]
enum TopicMatching {
  /// The levels of a filter or a name; of a Shared Subscription those behind its name. [4.8.2]
  static func levels(_ text: String) -> [String] {
    let levels = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    return isShared(text) ? Array(levels.dropFirst(2)) : levels
  }

  static func isShared(_ filter: String) -> Bool { filter.hasPrefix("$share/") }

  /// Whether the levels of a filter match those of a name that does not begin with `$`.
  static func matches(_ filter: [String], _ name: [String]) -> Bool {
    for (index, wanted) in filter.enumerated() {
      if wanted == "#" { return true }
      guard index < name.count, wanted == "+" || wanted == name[index] else { return false }
    }
    return filter.count == name.count
  }
}
