import Board
import Memory
import Support

@testable import Access

/// A salt of 12 bytes and a digest of 64, as a password file writes them.
let salt = "AAECAwQFBgcICQoL"
let digest = String(repeating: "A", count: 86) + "=="

/// Users and rules on tables of a few places each.
final class Files {
  var access: Access

  init(change: (inout Limits) -> Void = { _ in }) {
    var limits = Limits()
    limits.users = 8
    limits.accessRules = 16
    limits.accessTextBytes = 4000
    limits.accessDecisions = 64
    limits.listeners = 4
    limits.topicBytes = 200
    change(&limits)
    let chosen = limits
    access = carved { Access(limits: chosen, hash: SeededHash(seed: 7), in: &$0) }
  }

  /// Takes over what these files say; the error of the first that is not valid.
  @discardableResult
  func take(passwords: String? = nil, rules: String? = nil, security: Int = 0) -> AccessError? {
    access.beginFilling()
    if let error = read(passwords: passwords, rules: rules, security: security) { return error }
    access.commit()
    return nil
  }

  func read(
    passwords: String? = nil, rules: String? = nil, security: Int = 0
  ) -> AccessError? {
    warnings = []
    var errors: [AccessError] = []
    for (kind, text) in [passwords, rules].enumerated() {
      guard let bytes = text?.bytes else { continue }
      var place = FilePlace()
      while let remark = kind == 0
        ? access.readPasswords(bytes.span, security: security, from: &place)
        : access.readRules(bytes.span, security: security, from: &place)
      {
        if remark.isWarning { warnings.append(words(remark)) } else { errors.append(remark) }
      }
    }
    self.errors = errors.map { words($0) }
    return errors.first
  }

  /// What was told of the files that were read last.
  var warnings: [String] = []
  var errors: [String] = []

  func allows(
    _ right: Right, _ topic: String, user: String? = nil, client: String = "c",
    security: Int = 0
  ) -> Bool {
    let (name, identifier, bytes) = (user?.bytes ?? [], client.bytes, topic.bytes)
    let rules = access.rules(of: user == nil ? nil : name.span, security: security)
    let requester = Requester(
      security: security, rules: rules, userName: user == nil ? nil : name.span,
      clientIdentifier: identifier.span)
    return paying { access.allows(right, bytes.span, to: requester, &$0) }
  }

  func allowsSubscription(
    _ filter: String, user: String? = nil, client: String = "c", security: Int = 0
  ) -> Bool {
    let (name, identifier, bytes) = (user?.bytes ?? [], client.bytes, filter.bytes)
    let rules = access.rules(of: user == nil ? nil : name.span, security: security)
    let requester = Requester(
      security: security, rules: rules, userName: user == nil ? nil : name.span,
      clientIdentifier: identifier.span)
    return paying { access.allowsSubscription(to: bytes.span, by: requester, &$0) }
  }

  /// What the last decision cost.
  private(set) var paid = 0

  private func paying(_ decide: (inout Work) -> Bool) -> Bool {
    var work = Work(.max)
    defer { paid = work.paid }
    return decide(&work)
  }

  // The testing macros cannot hold what cannot be copied.
  var hasRules: Bool { access.hasRules }
  var generation: UInt32 { access.generation }
  func hasRules(_ security: Int) -> Bool { access.hasRules(security) }
  func hasPasswords(_ security: Int) -> Bool { access.hasPasswords(security) }
  func decision(_ key: UInt64) -> Bool? { access.decision(key) }
  func decoy(for user: String) -> UInt32? {
    let name = user.bytes
    return access.decoy(for: name.span, security: 0)?.iterations
  }

  func password(of user: String, security: Int = 0) -> PasswordHash? {
    let name = user.bytes
    return access.password(of: name.span, security: security)
  }
}

/// An error in words.
func words(_ error: AccessError?, file: String = "FILE") -> String {
  guard let error else { return "" }
  var line = Line()
  let name = file.bytes
  error.describe(file: name.span, in: &line)
  return String(copying: line.span)
}
