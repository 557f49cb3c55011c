import MQTT
import Memory

// ACL files: who may publish and subscribe to what.
extension Access {
  /// Reads an ACL file into the spare set until there is something to be told of a line, or to the end.
  /// One without rules lets nobody do anything.
  package mutating func readRules(
    _ text: Span<UInt8>, security: Int, from place: inout FilePlace
  ) -> AccessError? {
    update(security) { $0.hasRules = true }
    spare.hasRules = true
    var lines = FileLines(text, from: place)
    var remark: AccessError?
    while remark == nil, let line = lines.next() {
      remark = readRule(line, security, &lines.place)
    }
    place = lines.place
    return remark
  }

  private mutating func readRule(
    _ line: Span<UInt8>, _ security: Int, _ place: inout FilePlace
  ) -> AccessError? {
    do throws(AccessError.Reason) {
      let isUseful = try addLine(line, of: &place.user, security)
      return isUseful ? nil : AccessError(line: place.number, .noPlaceholder, isWarning: true)
    } catch {
      if error.isFull { place.end() }
      return AccessError(line: place.number, error)
    }
  }

  /// Adds what a line says; false when it is a pattern that might be a topic.
  private mutating func addLine(
    _ line: Span<UInt8>, of user: inout Int?, _ security: Int
  ) throws(AccessError.Reason) -> Bool {
    let end = line.endOfWord
    let word = line.extracting(0..<end)
    let rest = line.extracting(end..<line.count).trimmed
    if word.equals("user") {
      guard !rest.isEmpty else { throw .noUser }
      user = try ruleUser(rest, security)
    } else if word.equals("topic") {
      try addTopic(rest, of: user, security)
    } else if word.equals("pattern") {
      let rule = try addRule(rest)
      var list = spareSecurity(security).patterns
      append(rule, to: &list)
      update(security) { $0.patterns = list }
      return text(rules[rule].filter).hasPlaceholder
    } else {
      throw .unknownWord
    }
    return true
  }

  /// A rule of a user, or before any user of those without a User Name.
  private mutating func addTopic(
    _ rest: Span<UInt8>, of user: Int?, _ security: Int
  ) throws(AccessError.Reason) {
    let rule = try addRule(rest)
    if let user {
      var list = ruleUsers[user].rules
      append(rule, to: &list)
      ruleUsers[user].rules = list
    } else {
      var list = spareSecurity(security).anonymous
      append(rule, to: &list)
      update(security) { $0.anonymous = list }
    }
  }

  /// Keeps what stands behind `topic` or `pattern`. A single word there is a filter, even `read`.
  private mutating func addRule(_ rest: Span<UInt8>) throws(AccessError.Reason) -> Int {
    guard !rest.isEmpty else { throw .noFilter }
    let end = rest.endOfWord
    var rights = Rights.both
    var filter = rest
    if end < rest.count {
      guard let given = Rights(word: rest.extracting(0..<end)) else { throw .badRight }
      rights = given
      filter = rest.extracting(end..<rest.count).trimmed
    }
    guard filter.count <= Int(UInt16.max), TopicFilter.isValid(filter) else { throw .badFilter }
    let place = try claimRule()
    rules[place] = Rule(filter: try keep(filter), rights: rights)
    return place
  }

  private mutating func append(_ rule: Int, to list: inout RuleList) {
    if list.last > 0 { rules[Int(list.last) - 1].next = UInt32(rule + 1) }
    if list.first == 0 { list.first = UInt32(rule + 1) }
    list.last = UInt32(rule + 1)
  }

  private mutating func ruleUser(
    _ name: Span<UInt8>, _ security: Int
  ) throws(AccessError.Reason) -> Int {
    try checkName(name)
    let end = firstSpareUser + spare.ruleUsers
    if let known = find(name, security, from: firstSpareUser, end) { return known }
    let place = try claimRuleUser()
    ruleUsers[place] = RuleUser(
      nameHash: hash(name), name: try keep(name), security: UInt8(security))
    return place
  }

  private func find(_ name: Span<UInt8>, _ security: Int, from start: Int, _ end: Int) -> Int? {
    let wanted = hash(name)
    for place in start..<end where ruleUsers[place].nameHash == wanted {
      if Int(ruleUsers[place].security) == security, text(ruleUsers[place].name).equals(name) {
        return place
      }
    }
    return nil
  }

  /// The rules that are a user's own; those for all come besides.
  ///
  /// - Parameter name: the User Name; nil for a Client without one.
  package func rules(of name: Span<UInt8>?, security: Int) -> RuleList {
    guard let name else { return self[security].anonymous }
    let end = firstUser + ledger.ruleUsers
    guard let place = find(name, security, from: firstUser, end) else { return RuleList() }
    return ruleUsers[place].rules
  }
}

/// What a rule allows, as bits.
struct Rights: BitwiseCopyable {
  let bits: UInt8

  static var read: Rights { Rights(bits: 1) }
  static var write: Rights { Rights(bits: 2) }
  static var both: Rights { Rights(bits: 3) }
  static var none: Rights { Rights(bits: 0) }

  init(bits: UInt8) { self.bits = bits }

  init?(word: Span<UInt8>) {
    if word.equals("read") {
      self = .read
    } else if word.equals("write") {
      self = .write
    } else if word.equals("readwrite") {
      self = .both
    } else if word.equals("deny") {
      self = .none
    } else {
      return nil
    }
  }
}

/// One line of an ACL file.
struct Rule: BitwiseCopyable {
  let filter: TextPlace
  /// None when it denies.
  let rights: Rights
  /// One more than the place of the next rule of its list; zero behind the last.
  var next: UInt32 = 0
}

/// Rules that belong together, in the order of the file.
package struct RuleList: BitwiseCopyable {
  /// One more than the places of the first and the last; zero without any.
  var first: UInt32 = 0
  var last: UInt32 = 0

  /// No rules.
  package init() {}
}
