import Memory
import Support
import Testing

@testable import Access

@Test func whatDeniesWinsWhereverItStands() {
  let files = Files()
  files.take(rules: "user a\ntopic deny x/secret\ntopic x/#\npattern deny x/+/no\npattern read y/#")
  #expect(files.allows(.read, "x/1", user: "a") && !files.allows(.read, "x/secret", user: "a"))
  #expect(!files.allows(.write, "x/1/no", user: "a") && files.allows(.read, "x/1/yes", user: "a"))
  files.take(rules: "user a\ntopic x/#\ntopic deny x/secret\npattern y/#\n")
  #expect(!files.allows(.read, "x/secret", user: "a") && files.allows(.write, "y/1", user: "a"))
}

@Test func aWildcardDoesNotReachTheServersTopics() {
  let files = Files()
  files.take(rules: "topic #\ntopic +/broker/uptime\npattern readwrite #\n")
  #expect(!files.allows(.read, "$SYS/broker/uptime") && !files.allowsSubscription("$SYS/#"))
  files.take(rules: "topic read $SYS/#\n")
  #expect(files.allows(.read, "$SYS/broker/uptime") && files.allowsSubscription("$SYS/#"))
  #expect(!files.allowsSubscription("#") && files.allowsSubscription("$SYS/broker/+"))
}

@Test(arguments: [
  ("c/%c/#", "c/me/x", true), ("c/%c/#", "c/me", true), ("c/%c/#", "c/you/x", false),
  ("%u/%c", "al/me", true), ("%u/%c", "al/al", false), ("%u", "al", true), ("%u", "al/x", false),
  ("dev-%c/x", "dev-me/x", true), ("dev-%c/x", "dev-you/x", false), ("%c%u", "meal", true),
  ("%c%u", "mea", false), ("%c%u", "meall", false), ("100%/x", "100%/x", true),
  ("%", "%", true), ("%x/%c", "%x/me", true), ("+/%c", "any/me", true), ("+/%c", "$SYS/me", false),
  ("a/+/#", "a/b", true), ("a/#", "a", true), ("#", "a/b", true), ("a", "a/b", false),
  ("a/b", "a", false), ("%c", "%c", false),
])
func patternsNameTheClient(pattern: String, topic: String, isAllowed: Bool) {
  let files = Files()
  files.take(rules: "pattern \(pattern)")
  #expect(files.allows(.write, topic, user: "al", client: "me") == isAllowed)
}

@Test func aPatternWithAUserIsNotForThoseWithoutOne() {
  let files = Files()
  files.take(rules: "pattern %u/#\n")
  #expect(files.allows(.read, "al/x", user: "al"))
  #expect(!files.allows(.read, "al/x") && !files.allows(.read, "/x"))
}

/// CVE-2017-7650: a name that is a wildcard, or more than one level, fits no pattern.
@Test(arguments: ["#", "+", "a/b", "+/x", "a#", "/"])
func namesWithTopicSyntaxMatchNoPattern(name: String) {
  let files = Files()
  files.take(rules: "pattern u/%u/#\npattern c/%c/#\npattern all/#\n")
  for topic in ["u/\(name)/x", "u/other/x", "u/a/b/x"] {
    #expect(!files.allows(.read, topic, user: name) && !files.allows(.write, topic, user: name))
  }
  for topic in ["c/\(name)/x", "c/other/x", "c/a/b/x", "all/x"] {
    #expect(!files.allows(.read, topic, client: name))
  }
  #expect(
    !files.allowsSubscription("c/#", client: name) && !files.allowsSubscription("#", user: name))
}

@Test func namesWithTopicSyntaxDoNotSlipThroughADenial() {
  let files = Files()
  files.take(rules: "topic #\npattern deny lock/%c\npattern deny shut/#\n")
  #expect(
    !files.allows(.read, "lock/me", client: "me") && files.allows(.read, "lock/you", client: "me"))
  #expect(
    !files.allows(.read, "lock/me", client: "+") && !files.allows(.read, "shut/x", client: "#"))
  #expect(files.allows(.read, "open", client: "#"))
}

@Test(arguments: [
  ("a/#", true), ("a/b", true), ("a/+", true), ("+/b", true), ("+/+", true), ("#", true),
  ("+", true), ("a", true), ("b/#", false), ("b", false), ("a/secret", false),
  ("a/secret/#", false), ("a/secret/+", false), ("a/+/x", true), ("only/write", false),
  ("only/#", false), ("$share/g/a/b", true), ("$share/g/b", false), ("exact", true),
  ("exact/#", true), ("exact/+", false), ("own/c/1", true), ("own/+/1", true), ("own/x/1", false),
  ("own/#", true), ("/a/b", false), ("$SYS/#", false), ("+/secret", true),
])
func aSubscriptionIsGrantedWhenItCanBringSomething(filter: String, isAllowed: Bool) {
  let files = Files()
  files.take(
    rules: """
      topic read a/#
      topic deny a/secret/#
      topic write only/write
      topic read exact
      pattern read own/%c/+
      """)
  #expect(files.allowsSubscription(filter) == isAllowed)
}

@Test func aDenialOfPartOfAFilterLeavesTheRest() {
  let files = Files()
  files.take(rules: "topic #\ntopic deny a/+\n")
  #expect(files.allowsSubscription("a/#") && !files.allowsSubscription("a/+"))
  #expect(!files.allowsSubscription("a/b") && files.allowsSubscription("+/+"))
  files.take(rules: "topic #\ntopic deny a/#\n")
  #expect(!files.allowsSubscription("a/#") && !files.allowsSubscription("a/b/#"))
  #expect(files.allowsSubscription("#"))
}

/// Two filters overlap, or one covers the other, exactly when the names of a small alphabet say so.
@Test func overlapAndCoverAgreeWithAllNames() {
  let levels = ["a", "b", "+"]
  var filters = ["#", "a/#", "+/#", "a/b/#", "a/+/#", "+/b/#", "$s/#", "$s/+", "$s/a"]
  for one in levels {
    filters.append(one)
    for two in levels { filters.append("\(one)/\(two)") }
  }
  var names: [String] = []
  for one in ["a", "b", "c", "$s"] {
    names.append(one)
    for two in ["a", "b", "c"] {
      names.append("\(one)/\(two)")
      for three in ["a", "c"] { names.append("\(one)/\(two)/\(three)") }
    }
  }
  for left in filters {
    for right in filters {
      let (rule, filter) = (left.bytes, right.bytes)
      let ours = names.filter { matches(left, $0) }
      let theirs = names.filter { matches(right, $0) }
      #expect(
        Pattern.overlaps(rule.span, filter.span, nil) == !Set(ours).isDisjoint(with: theirs),
        "\(left) and \(right)")
      #expect(
        Pattern.covers(rule.span, filter.span, nil) == Set(theirs).isSubset(of: ours),
        "\(left) and \(right)")
    }
  }
}

/// The obvious matcher. [4.7]
private func matches(_ filter: String, _ name: String) -> Bool {
  let wanted = filter.split(separator: "/", omittingEmptySubsequences: false)
  let levels = name.split(separator: "/", omittingEmptySubsequences: false)
  if name.hasPrefix("$") && (wanted[0] == "#" || wanted[0] == "+") { return false }
  for (index, level) in wanted.enumerated() {
    if level == "#" { return true }
    guard index < levels.count, level == "+" || level == levels[index] else { return false }
  }
  return wanted.count == levels.count
}

@Test func aDecisionIsMadeOnceAndRemembered() {
  let files = Files()
  files.take(rules: "topic a")
  let key = files.access.decisionKey(.read, topic: 1, client: 2)
  let other = files.access.decisionKey(.write, topic: 1, client: 2)
  #expect(key != other && key != 0)
  #expect(files.decision(key) == nil)
  files.access.remember(key, true)
  #expect(files.decision(key) == true && files.decision(other) == nil)
  files.access.remember(key, false)
  #expect(files.decision(key) == false)
  files.take(rules: "topic b")
  #expect(files.access.decisionKey(.read, topic: 1, client: 2) != key)
}

@Test func decisionsOfManyClientsDoNotMixUp() {
  let files = Files { $0.accessDecisions = 16 }
  files.take(rules: "topic a")
  var keys: Set<UInt64> = []
  for client in 0..<100 as Range<UInt64> {
    for topic in 0..<100 as Range<UInt64> {
      let key = files.access.decisionKey(.read, topic: topic, client: client)
      keys.insert(key)
      #expect(files.decision(key) == nil)
      files.access.remember(key, (client ^ topic) & 1 == 1)
      #expect(files.decision(key) == ((client ^ topic) & 1 == 1))
    }
  }
  #expect(keys.count == 10_000)
}

@Test func aDecisionCostsAUnitForEachRuleThatIsLookedAt() {
  // Those of other users cost nothing.
  let files = Files {
    $0.users = 20
    $0.accessRules = 100
  }
  let own = (0..<30).map { "topic read own/\($0)" }.joined(separator: "\n")
  let others = (0..<18).map { "user u\($0)\ntopic x/\($0)\n" }.joined()
  let patterns = "pattern read all/%c\npattern read more/%c\n"
  let error = files.take(rules: "user a\n\(own)\n\(others)\(patterns)")
  #expect(words(error) == "")
  #expect(files.allows(.read, "own/7", user: "a") && files.paid == 32)
  #expect(!files.allows(.read, "x/7", user: "a") && files.paid == 32)
  #expect(files.allows(.write, "x/7", user: "u7") && files.paid == 3)
  #expect(!files.allows(.read, "own/7", user: "nobody") && files.paid == 2)
  #expect(files.allowsSubscription("own/+", user: "a") && files.paid == 32)
  #expect(!files.allowsSubscription("x/+", user: "u") && files.paid == 2)
}
