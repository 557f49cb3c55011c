import FuzzSupport
import MQTT
import Memory
import Messages

@testable import Topics

/// A Topic Filter and a Topic Name: judged, matched and indexed as the obvious code does. [4.7]
@main struct Main {
  static func main() { unsafe fuzz(run) }
}

private func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let newline = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
  let filter = Array(bytes[..<newline])
  let name = Array(bytes[newline...].dropFirst())
  let isFilter = TopicFilter.isValid(filter.span)
  require(isFilter == isValidFilter(filter), "is it a filter? \(isFilter)")
  let isName = TopicName.isValid(name.span)
  require(isName == isValidName(name), "is it a name? \(isName)")
  if isFilter && isName { check(filter, name) }
  return 0
}

private let arena = Arena(byteCount: 1 << 20)

private struct Index: ~Copyable {
  var subscriptions: SubscriptionIndex
  var texts: ByteChains
}

private func check(_ filter: [UInt8], _ name: [UInt8]) {
  var index = arena.carve { region in
    Index(
      subscriptions: SubscriptionIndex(
        SubscriptionIndex.Sizes(
          subscriptions: 4, subscribers: 4, groups: 4, nodes: 64, levels: 32, quickMatches: 4),
        hash: SeededHash(seed: 1), in: &region),
      texts: ByteChains("texts", count: 128, blockBytes: 16, in: &region))
  }
  let given = SharedFilter(parsing: filter.span).map { Array(filter[$0.filter.range]) } ?? filter
  let doesMatch = matches(levels(given), levels(name))
  require(TopicFilter.matches(filter: given.span, name: name.span) == doesMatch, "not \(doesMatch)")
  if subscribe(filter, &index) {
    let expected = doesMatch ? 1 : 0
    let (found, paid) = matchAtOnce(name, &index)
    require(found == expected, "\(found) found")
    require(matchSlowly(name, &index) == expected, "not \(found) over several turns")
    // Each level costs three nodes at most, those that are looked for and those that are visited.
    require(paid <= 8 + 4 * min(name.count, 64) + name.count / 32, "\(paid) paid")
    let isEnded = index.subscriptions.unsubscribe(1, from: filter.span, texts: &index.texts)
    require(isEnded, "it was not there")
  }
  requireEmpty(index)
  if name.count <= 8192 { checkRetained(given, name, doesMatch) }
}

/// How many matches are found in one go, and what that costs.
private func matchAtOnce(_ name: [UInt8], _ index: inout Index) -> (count: Int, paid: Int) {
  var work = Work(1_000_000)
  let isComplete = index.subscriptions.match(name.span, from: nil, texts: index.texts, &work)
  require(isComplete, "there is room and work enough")
  return (index.subscriptions.matchCount(in: .quick), work.paid)
}

/// How many matches are found step by step.
private func matchSlowly(_ name: [UInt8], _ index: inout Index) -> Int {
  index.subscriptions.beginSlowMatch(name.span)
  defer { index.subscriptions.endSlowMatch() }
  while true {
    var work = Work(1)
    let progress = index.subscriptions.continueSlowMatch(
      name.span, from: nil, texts: index.texts, &work)
    switch progress {
    case .underWay: require(work.isSpent, "it pauses with work left")
    case .complete: return index.subscriptions.matchCount(in: .slow)
    case .full: fatalError("there is room")
    }
  }
}

private struct RetainedMessages: ~Copyable {
  var retained: RetainedIndex
  var messages: MessageStore
  var name: Buffer
}

/// A walk along the filter finds the message retained on the name if they match, and leaves nothing.
private func checkRetained(_ filter: [UInt8], _ name: [UInt8], _ doesMatch: Bool) {
  var index = arena.carve { region in
    RetainedMessages(
      retained: RetainedIndex(
        count: 2, levels: 8, deepest: 3, walkers: 1, hash: SeededHash(seed: 1), in: &region),
      messages: MessageStore(count: 2, blocks: 256, blockBytes: 32, in: &region),
      name: Buffer("name", capacity: 8192, in: &region))
  }
  require(retain(name, &index), "there is no room to retain")
  require(walk(filter, &index) == (doesMatch ? 1 : 0), "the walk finds what does not match")
  guard let position = index.retained.position(of: name.span, messages: index.messages) else {
    fatalError("what is retained has no position")
  }
  index.retained.remove(at: position, messages: &index.messages)
  require(index.retained.occupancy.used == 0, "retained messages")
  require(index.retained.levelOccupancy.used == 0, "retained levels")
  require(index.messages.messageOccupancy.used == 0, "messages")
}

private func retain(_ name: [UInt8], _ index: inout RetainedMessages) -> Bool {
  let traits = MessageTraits(qos: .atMostOnce, isRetained: true, expiry: .never)
  let message = index.messages.keep(
    topic: name.span, properties: Span(), payload: Span(), traits: traits)
  guard let message else { return false }
  defer { index.messages.release(message) }
  let position = index.retained.replace(
    name.span, by: message, expiring: .never, messages: &index.messages)
  return position != nil
}

/// How many messages a walk finds that is put off after every step.
private func walk(_ filter: [UInt8], _ index: inout RetainedMessages) -> Int {
  var walk = RetainedWalk()
  var count = 0
  while true {
    var work = Work(1)
    let step = index.retained.next(
      of: &walk, along: filter.span, now: Instant(milliseconds: 1), messages: index.messages,
      name: &index.name, work: &work)
    switch step {
    case .message:
      walk.pass()
      count += 1
    case .paused: continue
    case .ended: return count
    }
  }
}

private func subscribe(_ filter: [UInt8], _ index: inout Index) -> Bool {
  guard let options = SubscriptionOptions(rawValue: 0) else { return false }
  let isThere = index.subscriptions.find(filter.span, of: 1, texts: index.texts) != nil
  require(!isThere, "there was one before")
  let added = index.subscriptions.add(
    1, to: filter.span, options: options, identifier: 0, texts: &index.texts)
  guard let added else { return false }
  let found = index.subscriptions.find(filter.span, of: 1, texts: index.texts)
  require(found?.raw == added.raw, "it is not found")
  return true
}

private func requireEmpty(_ index: borrowing Index) {
  require(index.subscriptions.occupancy.used == 0, "subscriptions")
  require(index.subscriptions.levelOccupancy.used == 0, "levels")
  require(index.subscriptions.groupOccupancy.used == 0, "groups")
  require(index.texts.occupancy.used == 0, "texts")
}

// The obvious code.

private func levels(_ text: [UInt8]) -> [[UInt8]] {
  text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
}

private func matches(_ filter: [[UInt8]], _ name: [[UInt8]]) -> Bool {
  let isHidden = name[0].first == UInt8(ascii: "$")
  for (place, wanted) in filter.enumerated() {
    let isMany = wanted == Array("#".utf8)
    let isOne = wanted == Array("+".utf8)
    if place == 0 && isHidden && (isMany || isOne) { return false }
    if isMany { return true }
    guard place < name.count, isOne || wanted == name[place] else { return false }
  }
  return filter.count == name.count
}

private func isText(_ bytes: [UInt8]) -> Bool {
  guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else { return false }
  return text.unicodeScalars.allSatisfy {
    $0.properties.generalCategory != .control && !$0.properties.isNoncharacterCodePoint
  }
}

private func isValidName(_ bytes: [UInt8]) -> Bool {
  isText(bytes) && !bytes.contains(UInt8(ascii: "+")) && !bytes.contains(UInt8(ascii: "#"))
}

private func isValidFilter(_ bytes: [UInt8]) -> Bool {
  guard isText(bytes) else { return false }
  let levels = levels(bytes)
  for (place, level) in levels.enumerated() where level.count > 1 || place < levels.count - 1 {
    if level.contains(UInt8(ascii: "#")) { return false }
    if level.count > 1 && level.contains(UInt8(ascii: "+")) { return false }
  }
  guard levels.count > 1, levels[0] == Array("$share".utf8) else { return true }
  let group = levels[1]
  guard !group.isEmpty, levels.count > 2, levels.count > 3 || !levels[2].isEmpty else {
    return false
  }
  return !group.contains(UInt8(ascii: "+")) && !group.contains(UInt8(ascii: "#"))
}
