import Board
import FuzzSupport
import MQTT
import Memory

@testable import Access

/// An ACL file, and before it a User Name, a Client Identifier, a Topic Name and a Topic Filter: what
/// the rules allow is what the obvious code finds, or the error names the first line that is wrong.
@main struct Main {
  static func main() { unsafe fuzz(run) }
}

private let arena = Arena(byteCount: 1 << 20)

private func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe lines(Array(UnsafeBufferPointer(start: start, count: count)))
  let head = (0..<4).map { $0 < input.count ? input[$0] : [] }
  let text = Array(input.dropFirst(4).joined(separator: bytes("\n")))
  let user = head[0].isEmpty || head[0].count > 100 ? nil : head[0]
  let who = Who(user: user, client: head[1])
  var access = makeAccess()
  require(read(bytes("topic before"), &access) == nil, "the rules from before")
  if let error = read(text, &access) {
    require(
      allows(.write, bytes("before"), Who(user: nil, client: []), access), "the old rules are gone")
    check(error, text)
  } else {
    check(rules(of: text), who, topic: head[2], filter: head[3], access)
  }
  return 0
}

private struct Who {
  var user: [UInt8]?
  var client: [UInt8]

  var isSuspect: Bool {
    ((user ?? []) + client).contains { bytes("+#/").contains($0) }
  }
}

private let mostRules = 12

private func makeAccess() -> Access {
  var limits = Limits()
  limits.users = 4
  limits.accessRules = mostRules
  limits.accessTextBytes = 1500
  limits.accessDecisions = 4
  limits.listeners = 2
  limits.topicBytes = 100
  let chosen = limits
  return arena.carve { Access(limits: chosen, hash: SeededHash(seed: 7), in: &$0) }
}

private func read(_ text: [UInt8], _ access: inout Access) -> AccessError? {
  access.beginFilling()
  var place = FilePlace()
  while let remark = access.readRules(text.span, security: 1, from: &place) {
    if !remark.isWarning { return remark }
  }
  access.commit()
  return nil
}

private func allows(
  _ right: Right, _ topic: [UInt8], _ who: Who, _ access: borrowing Access
) -> Bool {
  let user = who.user ?? []
  let isNamed = who.user != nil
  let list = access.rules(of: isNamed ? user.span : nil, security: 1)
  var work = Work(.max)
  defer { requireFewLooks(work) }
  return access.allows(
    right, topic.span,
    to: Requester(
      security: 1, rules: list, userName: isNamed ? user.span : nil,
      clientIdentifier: who.client.span), &work)
}

private func allowsSubscription(
  _ filter: [UInt8], _ who: Who, _ access: borrowing Access
) -> Bool {
  let user = who.user ?? []
  let isNamed = who.user != nil
  let list = access.rules(of: isNamed ? user.span : nil, security: 1)
  var work = Work(.max)
  defer { requireFewLooks(work) }
  return access.allowsSubscription(
    to: filter.span,
    by: Requester(
      security: 1, rules: list, userName: isNamed ? user.span : nil,
      clientIdentifier: who.client.span), &work)
}

/// No rule is looked at twice for a decision.
private func requireFewLooks(_ work: Work) {
  require(work.paid <= mostRules, "\(work.paid) rules were looked at")
}

private func check(
  _ rules: [Statement], _ who: Who, topic: [UInt8], filter: [UInt8], _ access: borrowing Access
) {
  require(access.hasRules(1) && access.hasRules, "a file, and no rules")
  guard TopicName.isValid(topic.span) else { return }
  for right in [Right.read, .write] {
    let isAllowed = allows(right, topic, who, access)
    require(isAllowed == decide(right, topic, who, rules), "allowed to \(right): \(isAllowed)")
  }
  let isReader = allows(.read, topic, who, access)
  require(allowsSubscription(topic, who, access) == isReader, "its subscription alone is judged so")
  guard TopicFilter.isValid(filter.span) else { return }
  let given = SharedFilter(parsing: filter.span).map { Array(filter[$0.filter.range]) } ?? filter
  if isReader && TopicFilter.matches(filter: given.span, name: topic.span) {
    require(allowsSubscription(filter, who, access), "a subscription that brings what is allowed")
  }
}

/// The line that is wrong is wrong alone, unless there was no room; those before it are not.
///
/// The tables for that take the memory of those before.
private func check(_ error: AccessError, _ text: [UInt8]) {
  let all = lines(text)
  require((1...all.count).contains(error.line), "line \(error.line) of \(all.count)")
  var line = Line()
  error.describe(file: bytes("FILE").span, in: &line)
  require(line.span[line.span.count - 1] == UInt8(ascii: "."), "the error does not end")
  var access = makeAccess()
  if case .full = error.reason { return }
  require(read(all[error.line - 1], &access)?.line == 1, "line \(error.line) is not wrong")
  let front = Array(all[..<(error.line - 1)].joined(separator: bytes("\n")))
  require(read(front, &access) == nil, "a line before line \(error.line) is wrong")
}

// The obvious code.

private struct Statement {
  var user: [UInt8]?
  var isPattern: Bool
  var right: String
  var filter: [UInt8]
}

private func rules(of text: [UInt8]) -> [Statement] {
  var user: [UInt8]?
  var rules: [Statement] = []
  for line in contentLines(text) {
    let (word, rest) = firstWord(line)
    if word == bytes("user") {
      user = rest
      continue
    }
    let (right, behind) = firstWord(rest)
    let words = String(decoding: right, as: UTF8.self)
    rules.append(
      Statement(
        user: user, isPattern: word == bytes("pattern"),
        right: behind.isEmpty ? "readwrite" : words,
        filter: behind.isEmpty ? rest : behind))
  }
  return rules
}

private func firstWord(_ line: [UInt8]) -> (word: [UInt8], rest: [UInt8]) {
  let end = line.firstIndex { [0x20, 0x09, 0x0D].contains($0) } ?? line.count
  return (Array(line[..<end]), trimmed(line[end...]))
}

private func decide(_ right: Right, _ topic: [UInt8], _ who: Who, _ rules: [Statement]) -> Bool {
  let applying = rules.filter {
    ($0.isPattern || $0.user == who.user) && matches($0, topic, who)
  }
  let wanted = right == .read ? ["read", "readwrite"] : ["write", "readwrite"]
  return !applying.contains { $0.right == "deny" }
    && applying.contains { wanted.contains($0.right) }
}

private func matches(_ rule: Statement, _ topic: [UInt8], _ who: Who) -> Bool {
  if rule.isPattern && who.isSuspect && rule.right != "deny" { return false }
  let wanted = levels(rule.filter)
  let given = levels(topic)
  let isHidden = topic.first == UInt8(ascii: "$")
  for (place, level) in wanted.enumerated() {
    let isWildcard = level == bytes("#") || level == bytes("+")
    if isWildcard && place == 0 && isHidden { return false }
    if level == bytes("#") { return true }
    guard place < given.count else { return false }
    if isWildcard { continue }
    guard rule.isPattern else {
      if level != given[place] { return false }
      continue
    }
    let filled = fill(level, who)
    if who.isSuspect && filled.hasPlaceholder { continue }
    guard let text = filled.text, text == given[place] else { return false }
  }
  return wanted.count == given.count
}

/// A level with the names in it; no text when it needs a User Name that is not there.
private func fill(_ level: [UInt8], _ who: Who) -> (text: [UInt8]?, hasPlaceholder: Bool) {
  var text: [UInt8]? = []
  var hasPlaceholder = false
  var rest = level[...]
  while let byte = rest.popFirst() {
    let next = byte == UInt8(ascii: "%") ? rest.first : nil
    let name = next == UInt8(ascii: "c") ? who.client : who.user
    guard next == UInt8(ascii: "c") || next == UInt8(ascii: "u") else {
      text?.append(byte)
      continue
    }
    rest = rest.dropFirst()
    hasPlaceholder = true
    if let name { text? += name } else { text = nil }
  }
  return (text, hasPlaceholder)
}

private func levels(_ text: [UInt8]) -> [[UInt8]] {
  text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
}
