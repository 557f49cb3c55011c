import Access
import Broker
import Memory
import Server

/// Who writes the files of users and rules, and has them read again now and then.
final class Administrator {
  /// The user that nothing is taken from.
  static let trusted = "operator"

  private var chance: Chance
  private let users: [String]
  private let policy: Policy
  private let iterations: [String: UInt32]
  /// Milliseconds between two reloads; zero for none.
  let pause: Int
  /// What holds.
  private(set) var current: Regime
  /// From now on everybody may do everything.
  var isGenerous = false
  private var isFirst = true

  init(users: [String], policy: Policy, seed: UInt64) {
    var chance = Chance(seed: seed)
    pause = chance.pick([0, 3000, 20_000, 90_000])
    self.users = users
    self.policy = policy
    var iterations: [String: UInt32] = [:]
    for user in users { iterations[user] = UInt32(chance.pick([1, 30, 300, 2000])) }
    self.iterations = iterations
    self.chance = chance
    current = Regime.open(
      Dictionary(uniqueKeysWithValues: (users + [Administrator.trusted]).map { ($0, 1) }))
  }

  /// Fills the spare set of `access` with what comes next; nil when that cannot be read.
  func reload(into access: inout Access) -> (regime: Regime, reloaded: Reloaded)? {
    let next = isGenerous ? Regime.open(current.versions) : draft()
    let isFaulty = !isFirst && !isGenerous && chance.oneIn(12)
    isFirst = false
    access.beginFilling()
    let rules = Array((text(of: next.rules) + (isFaulty ? "topc a\n" : "")).utf8)
    if next.hasPasswords {
      let passwords = passwords(next.versions)
      var place = FilePlace()
      while let remark = access.readPasswords(passwords.span, security: 0, from: &place) {
        guard remark.isWarning else { return nil }
      }
    }
    if next.hasRules || isFaulty {
      var place = FilePlace()
      while let remark = access.readRules(rules.span, security: 0, from: &place) {
        guard remark.isWarning else { return nil }
      }
    }
    current = next
    var policy = policy
    for index in policy.listeners.indices {
      policy.listeners[index].allowsAnonymous = next.allowsAnonymous
    }
    return (next, Reloaded(policy: policy, logLevels: 0xFFFF & ~16))
  }

  /// Now and then the files change while a password is being looked at.
  func tempt(_ world: World?) {
    if pause > 0 && !isGenerous && chance.oneIn(25) { world?.requests.append(.reload) }
  }

  // MARK: What comes next

  private func draft() -> Regime {
    let hasPasswords = chance.oneIn(3) ? false : true
    var versions = current.versions
    for user in users {
      if chance.oneIn(8) { versions[user, default: 0] += 1 }
      if chance.oneIn(20) { versions[user] = nil }
      if versions[user] == nil && chance.oneIn(2) { versions[user] = chance.within(1...9) }
    }
    let hasRules = !chance.oneIn(5)
    return Regime(
      hasPasswords: hasPasswords, hasRules: hasRules,
      allowsAnonymous: !hasPasswords || !chance.oneIn(5), versions: versions,
      rules: hasRules ? rules() : [])
  }

  private func rules() -> [Regime.Rule] {
    var rules = [Regime.Rule(scope: .user(Administrator.trusted), rights: 3, filter: "#")]
    rules += some(for: .anonymous)
    rules.append(Regime.Rule(scope: .anonymous, rights: 3, filter: "hostile/#"))
    for user in users { rules += some(for: .user(user)) }
    for _ in 0..<chance.below(3) {
      let filter = chance.pick(["%u/#", "%u/+", "a/%u", "%c/#", "b/+", "+/%u/#"])
      rules.append(
        Regime.Rule(scope: .all, rights: UInt8(chance.pick([0, 1, 2, 3])), filter: filter))
    }
    return rules
  }

  /// Mostly everything with exceptions, else a few things.
  private func some(for scope: Regime.Rule.Scope) -> [Regime.Rule] {
    let filters = ["a", "a/b", "a/#", "a/+", "+/b", "#", "b/+", "b/1", "+", "c//d", "/+", "+/+/#"]
    var rules: [Regime.Rule] = []
    if chance.oneIn(2) {
      rules.append(Regime.Rule(scope: scope, rights: 3, filter: "#"))
      for _ in 0..<chance.below(3) {
        rules.append(
          Regime.Rule(
            scope: scope, rights: 0, filter: chance.pick(["a", "a/b", "b/+", "/c", "a/#"])))
      }
    } else {
      for _ in 0..<chance.within(1...4) {
        rules.append(
          Regime.Rule(
            scope: scope, rights: UInt8(chance.pick([1, 2, 3, 3, 3])), filter: chance.pick(filters))
        )
      }
    }
    return rules
  }

  // MARK: How it is written

  private func text(of rules: [Regime.Rule]) -> String {
    let words = ["deny", "read", "write", "readwrite"]
    func line(_ rule: Regime.Rule) -> String { "\(words[Int(rule.rights)]) \(rule.filter)\n" }
    var text = ""
    for rule in rules where rule.scope == .anonymous { text += "topic " + line(rule) }
    for rule in rules where rule.scope == .all { text += "pattern " + line(rule) }
    for user in users + [Administrator.trusted] {
      text += "user \(user)\n"
      for rule in rules where rule.scope == .user(user) { text += "topic " + line(rule) }
    }
    return text
  }

  /// The lines of a password file. Where the simulated hash is the password itself, so is the digest.
  private func passwords(_ versions: [String: Int]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (user, version) in versions.sorted(by: { $0.key < $1.key }) {
      var hash = PasswordHash(
        .pbkdf2, iterations: iterations[user] ?? 1, salt: InlineArray(repeating: 7))
      for (index, byte) in Regime.password(of: user, version).utf8.enumerated() {
        hash.digest[index] = byte
      }
      var line = Line()
      hash.write(to: &line)
      bytes += Array("\(user):".utf8)
      for index in line.span.indices { bytes.append(line.span[index]) }
      bytes.append(10)
    }
    return bytes
  }
}
