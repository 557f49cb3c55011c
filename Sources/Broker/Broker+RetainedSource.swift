import Access
import MQTT
import Memory
import Messages
import Sessions
import Topics

// Who retained a message: one who may not write to its topic any more has retained nothing.
// `check_retain_source`
//
// While there are rules, each retained message keeps the names of its publisher in text blocks: the
// number of its listener, whether there is a User Name, its length in two bytes, the User Name, the
// Client Identifier. What was retained while there were no rules has no publisher
// that is known, and stays good.
extension Broker {
  /// Bytes that the names of the publisher of a message to be retained take.
  func sourceBytes(of session: Handle<Session>) -> Int {
    guard access.hasRules else { return 0 }
    let identity = identities[session.index]
    let user = min(identity.userName.count, names.user.capacity)
    let client = min(sessions[session].clientIdentifier.count, names.client.capacity)
    return 4 + user + client
  }

  /// The names of the publisher of a message, as far as rules ask for them; nil when there is no room
  /// for them.
  mutating func source(of session: Handle<Session>, _ owner: Handle<Owner>) -> Chain? {
    var chain = Chain()
    guard access.hasRules, sessions.contains(session) else { return chain }
    guard sourceShortage(of: session, owner) == nil else {
      texts.refuse()
      return nil
    }
    let identity = identities[session.index]
    let user = Broker.copy(identity.userName, of: texts, to: &names.user)
    let client = Broker.copy(sessions[session].clientIdentifier, of: texts, to: &names.client)
    var head = PacketBytes<4>()
    head.append(byte: identity.listener)
    head.append(byte: identity.hasUserName ? 1 : 0)
    head.append(twoBytes: UInt16(truncatingIfNeeded: user.count))
    let isKept =
      texts.append(head.span, to: &chain) && texts.append(user, to: &chain)
      && texts.append(client, to: &chain)
    precondition(isKept)  // there is room for all of it
    return chain
  }

  /// Why there are no text blocks for the names of who retains one more message; nil when there are.
  func sourceShortage(of session: Handle<Session>, _ owner: Handle<Owner>) -> Shortage? {
    let held = owner.isNull ? 0 : Int(owners[owner].retainedTexts)
    return textShortage(sourceBytes(of: session), holding: held)
  }

  /// Whether a retained message may be given to the Client of a session: that may read it, and its
  /// publisher could still publish it.
  @inline(__always)
  mutating func mayReplay(
    _ topic: Span<UInt8>, at position: Int?, to session: Handle<Session>, _ work: inout Work
  ) -> Bool {
    guard access.hasRules else { return true }
    guard may(.read, topic, session, &work) else {
      log.count(.deliveryDenied)
      return false
    }
    guard let position, policy.checksRetainSource else { return true }
    return mayStillWrite(topic, at: position, &work)
  }

  @inline(never)
  private mutating func mayStillWrite(
    _ topic: Span<UInt8>, at position: Int, _ work: inout Work
  ) -> Bool {
    let chain = retention.sources.names[position]
    guard !chain.isEmpty else { return true }
    let bytes = Broker.copy(chain, of: texts, to: &names.source)
    let listener = min(Int(bytes[0]), policy.listeners.count - 1)
    let security = Int(policy.listeners[listener].security)
    guard access.hasRules(security) else { return true }
    let key = access.decisionKey(
      .write, topic: hash.wide(topic), client: hash.wide(bytes, after: 2))
    if let known = access.decision(key) { return known }
    let end = 4 + (Int(bytes[2]) << 8 | Int(bytes[3]))
    let user: Span<UInt8>? = bytes[1] == 0 ? nil : bytes.extracting(4..<end)
    let isAllowed = access.allows(
      .write, topic,
      to: Requester(
        security: security, rules: access.rules(of: user, security: security), userName: user,
        clientIdentifier: bytes.extracting(end..<bytes.count)), &work)
    access.remember(key, isAllowed)
    return isAllowed
  }
}
