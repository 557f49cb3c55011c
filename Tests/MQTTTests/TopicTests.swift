import Testing

@testable import MQTT

@Suite struct TopicTests {
  /// All texts of 1 to `length` letters.
  private func texts(of letters: String, upTo length: Int) -> [String] {
    var all: [String] = []
    var last = [""]
    for _ in 0..<length {
      last = last.flatMap { text in letters.map { text + String($0) } }
      all += last
    }
    return all
  }

  private func levels(_ text: String) -> [Substring] {
    text.split(separator: "/", omittingEmptySubsequences: false)
  }

  /// The rules, told by levels.
  private func isFilter(_ text: String) -> Bool {
    let levels = levels(text)
    return levels.enumerated().allSatisfy { index, level in
      level == "+" || (level == "#" && index == levels.count - 1)
        || !level.contains { $0 == "+" || $0 == "#" }
    }
  }

  /// The obvious matcher.
  private func matches(_ filter: String, _ name: String) -> Bool {
    if name.hasPrefix("$") && (filter.hasPrefix("+") || filter.hasPrefix("#")) { return false }
    let wanted = levels(filter)
    let given = levels(name)
    for (index, level) in wanted.enumerated() {
      if level == "#" { return true }
      guard index < given.count, level == "+" || level == given[index] else { return false }
    }
    return wanted.count == given.count
  }

  // [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT3-4.7.1-1] [MQTT3-4.7.1-2] [MQTT3-3.8.3-2]
  @Test func `every text of up to six letters is a filter or not, by the rules`() {
    var wrong: [String] = []
    for text in texts(of: "a/+#", upTo: 6) {
      if TopicFilter.isValid(Array(text.utf8).span) != isFilter(text) { wrong.append(text) }
    }
    #expect(wrong.isEmpty)
  }

  // [MQTT-4.7.2-1] [MQTT3-4.7.2-1] [MQTT-4.7.3-4]
  @Test func `every filter matches the names that the obvious matcher says`() {
    let names = texts(of: "ab/$", upTo: 4).map { ($0, Array($0.utf8)) }
    let filters = texts(of: "a/+#$", upTo: 4).filter(isFilter).map { ($0, Array($0.utf8)) }
    var wrong: [String] = []
    for (filter, filterBytes) in filters {
      for (name, nameBytes) in names {
        let result = TopicFilter.matches(filter: filterBytes.span, name: nameBytes.span)
        if result != matches(filter, name) { wrong.append("\(filter) \(name)") }
      }
    }
    #expect(wrong.isEmpty)
  }

  // [MQTT-4.7.3-4]
  @Test(arguments: [
    ("sport/tennis/player1/#", "sport/tennis/player1", true), ("sport/#", "sport", true),
    ("sport/tennis/+", "sport/tennis/player1/ranking", false), ("sport/+", "sport", false),
    ("sport/+", "sport/", true), ("+/+", "/finance", true), ("/+", "/finance", true),
    ("+", "/finance", false), ("#", "$SYS/", false),
    ("+/monitor/Clients", "$SYS/monitor/Clients", false),
    ("$SYS/#", "$SYS/", true), ("ACCOUNTS", "Accounts", false), ("e\u{301}", "\u{E9}", false),
  ])
  func `the standard's examples match as it says`(
    _ filter: String, _ name: String, _ expected: Bool
  ) {
    let result = TopicFilter.matches(filter: Array(filter.utf8).span, name: Array(name.utf8).span)
    #expect(result == expected)
  }

  @Test func `the levels of every text are those between its slashes`() {
    for text in texts(of: "ab/", upTo: 6) + ["", "a/b/c", "//"] {
      let bytes = Array(text.utf8)
      var found: [String] = []
      var levels = TopicLevels(bytes.span)
      while let level = levels.next() {
        found.append(String(decoding: bytes[level.range], as: UTF8.self))
      }
      #expect(found == self.levels(text).map(String.init))
      let behind = levels.next()
      #expect(behind == nil)
    }
  }

  // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
  @Test(
    arguments: [
      ("$share/g/a/b", "g", "a/b"), ("$share/group/#", "group", "#"), ("$share/g//", "g", "/"),
      ("$share/g/$share/h/a", "g", "$share/h/a"), ("$share", nil, nil), ("$sharing/g/a", nil, nil),
      ("a/$share/g/a", nil, nil), ("$share/g", nil, nil), ("$SHARE/g/a", nil, nil),
    ] as [(String, String?, String?)])
  func `a Shared Subscription has a group and a filter`(
    _ subscription: String, _ group: String?, _ filter: String?
  ) {
    let bytes = Array(subscription.utf8)
    let shared = SharedFilter(parsing: bytes.span)
    #expect(text(shared?.group, in: bytes) == group)
    #expect(text(shared?.filter, in: bytes) == filter)
  }

  // [MQTT-4.7.3-1] [MQTT3-4.7.0-1]
  @Test func `neither name nor filter is empty`() {
    let isName = TopicName.isValid(Span())
    let isFilter = TopicFilter.isValid(Span())
    #expect(!isName && !isFilter)
  }
}
