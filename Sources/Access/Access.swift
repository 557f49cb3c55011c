import Board
import Memory

/// Who may connect, publish and subscribe: what the files of passwords and rules say.
///
/// There are two sets of tables, one in use and one to be filled from the files of a new
/// configuration, which takes the other's place only when all of it is valid. Each listener has a
/// number, its *security*, into a set: listeners that name the same files have the same.
package struct Access: ~Copyable {
  private let anchor = Anchor()
  let hash: SeededHash
  private let limits: Limits
  var users: SlotTable<User>
  var ruleUsers: SlotTable<RuleUser>
  var rules: SlotTable<Rule>
  private var securities: SlotTable<Security>
  var texts: Buffer
  /// How full each set is.
  private var ledgers = InlineArray<2, Ledger>(repeating: Ledger())
  private var current = 0
  private var isFilled = false
  /// Whether there are rules for anybody: without, nothing else needs to be asked.
  package private(set) var hasRules = false
  /// How often a set has taken another's place: a decision is good as long as this is the same.
  package private(set) var generation: UInt32 = 0
  private var decisions: Decisions

  /// Two empty sets, under which everybody may do everything.
  package init(limits: Limits, hash: SeededHash, in region: inout Region) {
    self.hash = hash
    self.limits = limits
    users = SlotTable("users", count: limits.users * 2, in: &region)
    ruleUsers = SlotTable("users of rules", count: limits.users * 2, in: &region)
    rules = SlotTable("access rules", count: limits.accessRules * 2, in: &region)
    securities = SlotTable("securities", count: limits.listeners * 2, in: &region)
    texts = Buffer("access texts", capacity: limits.accessTextBytes * 2, in: &region)
    decisions = Decisions(count: limits.accessDecisions, hash: hash, in: &region)
  }

  /// Begins to fill the spare set.
  package mutating func beginFilling() {
    spare = Ledger()
    for index in 0..<limits.listeners {
      securities[limits.listeners * (1 - current) + index] = Security()
    }
    isFilled = true
  }

  /// Puts the set that was filled in the place of the one in use; nothing happens without one.
  package mutating func commit() {
    guard isFilled else { return }
    isFilled = false
    current = 1 - current
    generation &+= 1
    hasRules = ledger.hasRules
  }

  /// What a decision of the set in use is known by.
  package func decisionKey(_ right: Right, topic: UInt64, client: UInt64) -> UInt64 {
    decisions.key(right, topic: topic, client: client, generation: generation)
  }

  /// What was decided; nil when that is not known any more.
  package mutating func decision(_ key: UInt64) -> Bool? { decisions.decision(key) }

  /// Remembers what was decided.
  package mutating func remember(_ key: UInt64, _ isAllowed: Bool) {
    decisions.remember(key, isAllowed)
  }

  /// How often a decision was asked for, and how often it had to be made.
  package var decisionCounts: (asked: UInt64, made: UInt64) { (decisions.asked, decisions.missed) }

  /// Whether those who come in under this security have to keep rules.
  package func hasRules(_ security: Int) -> Bool { self[security].hasRules }

  /// Whether those who come in under this security need a password.
  package func hasPasswords(_ security: Int) -> Bool { self[security].hasPasswords }

  /// What is known of a security in use.
  subscript(security: Int) -> Security { securities[limits.listeners * current + security] }

  /// Changes what is known of a security in the set that is being filled.
  mutating func update(_ security: Int, _ change: (inout Security) -> Void) {
    change(&securities[limits.listeners * (1 - current) + security])
  }

  /// What is known of a security in the set that is being filled.
  func spareSecurity(_ security: Int) -> Security {
    securities[limits.listeners * (1 - current) + security]
  }

  var spare: Ledger {
    get { ledgers[1 - current] }
    set { ledgers[1 - current] = newValue }
  }

  var ledger: Ledger { ledgers[current] }

  /// Where the users of the set in use, or of the spare one, begin.
  var firstUser: Int { limits.users * current }
  var firstSpareUser: Int { limits.users * (1 - current) }
  var firstSpareRule: Int { limits.accessRules * (1 - current) }
  private var firstSpareText: Int { limits.accessTextBytes * (1 - current) }

  /// The bytes of one of the texts.
  @_lifetime(immortal)
  func text(_ place: TextPlace) -> Span<UInt8> { texts.bytes(place.range) }

  /// Keeps bytes in the spare set.
  mutating func keep(_ bytes: Span<UInt8>) throws(AccessError.Reason) -> TextPlace {
    let used = spare.textBytes
    guard used + bytes.count <= limits.accessTextBytes, bytes.count <= Int(UInt16.max) else {
      throw .full("bytes of access texts", limits.accessTextBytes)
    }
    let place = TextPlace(start: UInt32(firstSpareText + used), count: UInt16(bytes.count))
    var target = texts.mutableBytes(place.range)
    for index in bytes.indices { target[index] = bytes[index] }
    spare.textBytes += bytes.count
    return place
  }

  /// Claims the next user of the spare set.
  mutating func claimUser() throws(AccessError.Reason) -> Int {
    guard spare.users < limits.users else { throw .full("users", limits.users) }
    spare.users += 1
    return firstSpareUser + spare.users - 1
  }

  /// Claims the next user of rules of the spare set.
  mutating func claimRuleUser() throws(AccessError.Reason) -> Int {
    guard spare.ruleUsers < limits.users else { throw .full("users", limits.users) }
    spare.ruleUsers += 1
    return firstSpareUser + spare.ruleUsers - 1
  }

  /// Claims the next rule of the spare set.
  mutating func claimRule() throws(AccessError.Reason) -> Int {
    guard spare.rules < limits.accessRules else { throw .full("access rules", limits.accessRules) }
    spare.rules += 1
    return firstSpareRule + spare.rules - 1
  }

  /// Throws unless this can be the name of a user: one that no CONNECT could hold is a mistake.
  func checkName(_ name: Span<UInt8>) throws(AccessError.Reason) {
    guard !name.isEmpty, name.count <= limits.topicBytes else { throw .badName }
    guard name.isPlainText else { throw .notText }
  }
}

/// How much of a set is used.
struct Ledger: BitwiseCopyable {
  var users = 0
  var ruleUsers = 0
  var rules = 0
  var textBytes = 0
  /// Whether any ACL file was read.
  var hasRules = false
}

/// Where the bytes of a text lie.
struct TextPlace: BitwiseCopyable {
  let start: UInt32
  let count: UInt16

  var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
}

/// What a set says about those who come in by some listeners.
struct Security: BitwiseCopyable {
  var hasPasswords = false
  var hasRules = false
  /// Its users: so many from this one on.
  var firstUser: UInt32 = 0
  var userCount: UInt32 = 0
  /// The rules for those without a User Name.
  var anonymous = RuleList()
  /// The rules for all.
  var patterns = RuleList()
}

/// A user of a password file.
struct User: BitwiseCopyable {
  let nameHash: UInt32
  let name: TextPlace
  let security: UInt8
  let scheme: PasswordHash.Scheme
  let iterations: UInt32
  /// The salt, and the digest behind it.
  let secret: TextPlace
}

/// A user whom an ACL file names.
struct RuleUser: BitwiseCopyable {
  let nameHash: UInt32
  let name: TextPlace
  let security: UInt8
  var rules = RuleList()
}
