/// What the operator's files say: who may come in, and what each may do.
final class Regime {
  /// A line of the file of rules.
  struct Rule {
    enum Scope: Equatable {
      case anonymous
      case user(String)
      /// A pattern, in which `%c` and `%u` stand for the client and its user.
      case all
    }

    let scope: Scope
    /// 1 to read, 2 to write, 3 for both, 0 to deny both.
    let rights: UInt8
    let filter: String
  }

  /// What becomes of a CONNECT.
  enum Admission: Equatable {
    /// It is let in; by which version of its password, or zero by none.
    case admitted(Int)
    case wrongPassword
    case notAllowed
  }

  static let read: UInt8 = 1
  static let write: UInt8 = 2

  let hasPasswords: Bool
  let hasRules: Bool
  let allowsAnonymous: Bool
  /// The version of each user's password, from 1 on.
  let versions: [String: Int]
  let rules: [Rule]
  /// The step of the oracle from which it holds.
  var step = 0
  /// The rights of each client to each of the topics.
  private var known: [String: [UInt8]] = [:]

  init(
    hasPasswords: Bool, hasRules: Bool, allowsAnonymous: Bool, versions: [String: Int],
    rules: [Rule]
  ) {
    self.hasPasswords = hasPasswords
    self.hasRules = hasRules
    self.allowsAnonymous = allowsAnonymous
    self.versions = versions
    self.rules = rules
  }

  /// Everybody may do everything.
  static func open(_ versions: [String: Int]) -> Regime {
    Regime(
      hasPasswords: false, hasRules: false, allowsAnonymous: true, versions: versions, rules: [])
  }

  static func password(of user: String, _ version: Int) -> String { "secret-\(user)-\(version)" }

  /// What becomes of a CONNECT that says this.
  func admission(_ user: String?, _ password: String?) -> Admission {
    guard let user, hasPasswords else { return allowsAnonymous ? .admitted(0) : .notAllowed }
    guard let version = versions[user], password == Regime.password(of: user, version) else {
      return .wrongPassword
    }
    return .admitted(version)
  }

  /// Whether a client that was let in may stay.
  func isWelcome(_ user: String?, admittedBy version: Int) -> Bool {
    guard let user, hasPasswords else { return allowsAnonymous }
    return version != 0 && versions[user] == version
  }

  /// Whether a client may do that with one of `Habits.topics`.
  func allows(_ right: UInt8, _ topic: Int, to session: ModelSession) -> Bool {
    guard hasRules else { return true }
    if let rights = known[session.clientIdentifier] { return rights[topic] & right != 0 }
    let rights = Habits.topics.map { self.rights(to: TopicMatching.levels($0), of: session) }
    known[session.clientIdentifier] = rights
    return rights[topic] & right != 0
  }

  /// A rule that denies wins; what no rule allows is denied.
  private func rights(to topic: [String], of session: ModelSession) -> UInt8 {
    let matching = rules(for: session).filter {
      TopicMatching.matches(TopicMatching.levels($0.filter), topic)
    }
    guard matching.allSatisfy({ $0.rights != 0 }) else { return 0 }
    return matching.reduce(0) { $0 | $1.rights }
  }

  /// The rules that are for a client, with its user in the place of `%u`; `%c` may stay, for no level
  /// of any topic is a client's name.
  private func rules(for session: ModelSession) -> [(filter: String, rights: UInt8)] {
    let own = session.user.map { Rule.Scope.user($0) } ?? .anonymous
    return rules.compactMap { rule in
      guard rule.scope == .all else {
        return rule.scope == own ? (rule.filter, rule.rights) : nil
      }
      let levels = TopicMatching.levels(rule.filter).map { level in
        level == "%u" ? session.user ?? "nobody" : level
      }
      return (levels.joined(separator: "/"), rule.rights)
    }
  }

  /// Whether a client may subscribe: some rule gives it something of what it asks for, and none
  /// denies all of that.
  func allowsSubscription(to wanted: String, by session: ModelSession) -> Bool {
    guard hasRules else { return true }
    let levels = TopicMatching.levels(wanted)
    guard levels.contains(where: { $0 == "+" || $0 == "#" }) else {
      return rights(to: levels, of: session) & Regime.read != 0
    }
    let filters = rules(for: session)
    let all = Regime.universe.filter { TopicMatching.matches(levels, $0) }
    func covers(_ filter: String) -> Bool {
      let rule = TopicMatching.levels(filter)
      return all.allSatisfy { TopicMatching.matches(rule, $0) }
    }
    func overlaps(_ filter: String) -> Bool {
      let rule = TopicMatching.levels(filter)
      return all.contains { TopicMatching.matches(rule, $0) }
    }
    if filters.contains(where: { $0.rights == 0 && covers($0.filter) }) { return false }
    return filters.contains { $0.rights & Regime.read != 0 && overlaps($0.filter) }
  }

  /// Topics of all shapes that the filters of clients and rules can tell apart.
  private static let universe: [[String]] = {
    let letters = ["a", "b", "c", "d", "1", "2", "", "hostile", "%c"]
    let short = letters.map { [$0] }
    let middle = short.flatMap { first in letters.map { first + [$0] } }
    let long = middle.flatMap { first in letters.map { first + [$0] } }
    return (short + middle + long).filter { $0 != [""] }
  }()
}

extension Regime: CustomStringConvertible {
  var description: String {
    let lines = rules.map { "\($0.scope) \($0.rights) \($0.filter)" }.joined(separator: ", ")
    return "passwords \(hasPasswords ? "\(versions)" : "off"), anonymous \(allowsAnonymous), "
      + "rules \(hasRules ? lines : "off")"
  }
}
