import MQTT
import Memory

/// Something a Client wants to do with a topic.
package enum Right: UInt8, BitwiseCopyable {
  /// To get what is published there.
  case read = 1
  /// To publish there.
  case write = 2
}

/// A Client as the rules see it.
package struct Requester: ~Escapable {
  let security: Int
  let rules: RuleList
  let userName: Span<UInt8>?
  let clientIdentifier: Span<UInt8>

  /// - Parameter rules: what `Access.rules(of:security:)` gives for the User Name.
  @_lifetime(copy userName, copy clientIdentifier)
  package init(
    security: Int, rules: RuleList, userName: Span<UInt8>?, clientIdentifier: Span<UInt8>
  ) {
    self.security = security
    self.rules = rules
    self.userName = userName
    self.clientIdentifier = clientIdentifier
  }

  /// Whether its names could be taken for more than one level: such a Client matches no pattern that
  /// allows something, and each that denies it. [CVE-2017-7650]
  var isSuspect: Bool {
    if let userName, userName.hasTopicSyntax { return true }
    return clientIdentifier.hasTopicSyntax
  }
}

// Decisions.
extension Access {
  /// Whether the rules let a Client do that with a topic.
  ///
  /// A rule that denies wins over all that allow; what no rule allows is denied.
  package func allows(
    _ right: Right, _ topic: Span<UInt8>, to requester: Requester, _ work: inout Work
  ) -> Bool {
    guard hasRules(requester.security) else { return true }
    var isAllowed = false
    var next = requester.rules.first
    while next > 0 {
      work.pay()
      let rule = rules[Int(next) - 1]
      if TopicFilter.matches(filter: text(rule.filter), name: topic) {
        if rule.rights.bits == 0 { return false }
        if rule.rights.bits & right.rawValue != 0 { isAllowed = true }
      }
      next = rule.next
    }
    return decideByPatterns(right, topic, requester, isAllowed: isAllowed, &work)
  }

  private func decideByPatterns(
    _ right: Right, _ topic: Span<UInt8>, _ requester: Requester, isAllowed: Bool,
    _ work: inout Work
  ) -> Bool {
    var isAllowed = isAllowed
    var next = self[requester.security].patterns.first
    guard next > 0 else { return isAllowed }
    let isSuspect = requester.isSuspect
    while next > 0 {
      work.pay()
      let rule = rules[Int(next) - 1]
      let isDenial = rule.rights.bits == 0
      if (isDenial || !isSuspect)
        && Pattern.matches(text(rule.filter), topic, requester, isLoose: isSuspect)
      {
        if isDenial { return false }
        if rule.rights.bits & right.rawValue != 0 { isAllowed = true }
      }
      next = rule.next
    }
    return isAllowed
  }

  /// Whether the rules let a Client subscribe: they may give it something of what it asks for.
  ///
  /// What they do not give is held back when it is delivered.
  package func allowsSubscription(
    to filter: Span<UInt8>, by requester: Requester, _ work: inout Work
  ) -> Bool {
    guard hasRules(requester.security) else { return true }
    var wanted = filter
    if let shared = SharedFilter(parsing: filter) { wanted = shared.filter.in(filter) }
    guard !TopicName.isValid(wanted) else { return allows(.read, wanted, to: requester, &work) }
    var isAllowed = false
    for isPattern in 0..<2 {
      let isPattern = isPattern == 1
      var next = isPattern ? self[requester.security].patterns.first : requester.rules.first
      let isSuspect = isPattern && requester.isSuspect
      while next > 0 {
        work.pay()
        let rule = rules[Int(next) - 1]
        let text = text(rule.filter)
        if rule.rights.bits == 0 {
          if Pattern.covers(text, wanted, isPattern ? requester : nil) { return false }
        } else if rule.rights.bits & Right.read.rawValue != 0, !isSuspect,
          !(isPattern && Pattern.isVoid(text, for: requester)),
          Pattern.overlaps(text, wanted, isPattern ? requester : nil)
        {
          isAllowed = true
        }
        next = rule.next
      }
    }
    return isAllowed
  }
}
