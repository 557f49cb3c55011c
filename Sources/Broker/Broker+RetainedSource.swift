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
  /// Text blocks that a message to be retained takes for the names of its publisher.
  func sourceBlocks(of session: Handle<Session>) -> Int {
    guard access.hasRules else { return 0 }
    let identity = identities[session.index]
    let user = min(identity.userName.count, names.user.capacity)
    let client = min(sessions[session].clientIdentifier.count, names.client.capacity)
    return (4 + user + client + texts.blockBytes - 1) / texts.blockBytes
  }

  /// Remembers who retained the message of a topic; false, and it is not to be retained, when there
  /// is no room for that.
  mutating func rememberSource(_ topic: Span<UInt8>, _ session: Handle<Session>) -> Bool {
    guard access.hasRules || sourceCount > 0 else { return true }
    guard let position = retained.position(of: topic, messages: messages) else { return true }
    forgetSource(at: position)
    guard access.hasRules else { return true }
    let identity = identities[session.index]
    let user = Broker.copy(identity.userName, of: texts, to: &names.user)
    let client = Broker.copy(sessions[session].clientIdentifier, of: texts, to: &names.client)
    var head = PacketBytes<4>()
    head.append(byte: identity.listener)
    head.append(byte: identity.hasUserName ? 1 : 0)
    head.append(twoBytes: UInt16(truncatingIfNeeded: user.count))
    var chain = Chain()
    guard texts.append(head.span, to: &chain), texts.append(user, to: &chain),
      texts.append(client, to: &chain)
    else {
      texts.release(&chain)
      return false
    }
    retainedSources[position] = chain
    sourceCount += 1
    return true
  }

  /// Forgets who retained the message of a topic that is about to be removed.
  mutating func forgetSource(of topic: Span<UInt8>) {
    guard sourceCount > 0,
      let position = retained.position(of: topic, messages: messages)
    else { return }
    forgetSource(at: position)
  }

  /// Forgets who retained the message at a position.
  mutating func forgetSource(at position: Int) {
    guard sourceCount > 0, !retainedSources[position].isEmpty else { return }
    texts.release(&retainedSources[position])
    sourceCount -= 1
  }

  /// Whether a retained message may be given to the Client of a session: that may read it, and its
  /// publisher could still publish it.
  @inline(__always)
  mutating func mayReplay(
    _ topic: Span<UInt8>, at position: Int?, to session: Handle<Session>, _ work: inout Work
  ) -> Bool {
    guard access.hasRules else { return true }
    guard may(.read, topic, session, &work) else {
      _ = log.counts(.deliveryDenied)
      return false
    }
    guard let position, policy.checksRetainSource else { return true }
    return mayStillWrite(topic, at: position, &work)
  }

  @inline(never)
  private mutating func mayStillWrite(
    _ topic: Span<UInt8>, at position: Int, _ work: inout Work
  ) -> Bool {
    let chain = retainedSources[position]
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
