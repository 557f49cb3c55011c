/// The obvious matcher: level by level. [4.7]
enum TopicMatching {
  static func matches(_ filter: String, _ topic: String) -> Bool {
    let filters = filter.split(separator: "/", omittingEmptySubsequences: false)
    let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
    if topic.hasPrefix("$") && (filters[0] == "+" || filters[0] == "#") { return false }
    for (index, wanted) in filters.enumerated() {
      if wanted == "#" { return true }
      guard index < levels.count, wanted == "+" || wanted == levels[index] else { return false }
    }
    return filters.count == levels.count
  }

  /// The filter behind `$share/<name>/`; nil for one that is not shared. [4.8.2]
  static func shared(_ filter: String) -> String? {
    guard filter.hasPrefix("$share/") else { return nil }
    return String(filter.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)[2])
  }
}
