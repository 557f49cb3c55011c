import Access
import MQTT
import Memory
import Messages
import Sessions
import Topics

// Who may publish and read what. While there are no rules, each of these costs one branch.
extension Broker {
  /// Whether the Client of a session may publish to a topic.
  mutating func mayPublish(
    _ topic: Span<UInt8>, _ session: Handle<Session>, _ work: inout Work
  ) -> Bool {
    if topic.isServers && !isConnectionState(topic, of: session) { return false }
    return may(.write, topic, session, &work)
  }

  /// What begins with `$SYS` is the Server's own to say, and `$CONTROL` is answered by nobody; but a
  /// bridge tells there whether it is connected. [4.7.2]
  private func isConnectionState(_ topic: Span<UInt8>, of session: Handle<Session>) -> Bool {
    guard let name = topic.connectionName else { return false }
    return texts.equals(sessions[session].clientIdentifier, name)
  }

  /// Whether the rules let the Client of a session do that with a topic.
  @inline(__always)
  mutating func may(
    _ right: Right, _ topic: Span<UInt8>, _ session: Handle<Session>, _ work: inout Work
  ) -> Bool {
    guard access.hasRules else { return true }
    return decide(right, topic, hash.wide(topic), session.index, &work)
  }

  /// Whether the rules let the Client of a session's slot have a message.
  @inline(__always)
  mutating func mayRead(_ offer: Offer, _ slot: Int, _ work: inout Work) -> Bool {
    guard access.hasRules else { return true }
    return decide(.read, offer.topic, offer.topicHash, slot, &work)
  }

  /// Whether the Client of a session may subscribe: what the rules do not let it read it is not given
  /// anyway, so they are only asked where a refusal is wanted.
  mutating func maySubscribe(
    _ filter: Span<UInt8>, _ session: Handle<Session>, _ work: inout Work
  ) -> Bool {
    guard access.hasRules && policy.checksSubscriptions else { return true }
    refreshIdentity(session.index)
    return access.allowsSubscription(to: filter, by: requester(session.index), &work)
  }

  /// Whether a message that was queued earlier may still be sent to the Client of a session.
  @inline(__always)
  mutating func mayStillRead(
    _ delivery: Delivery, _ session: Handle<Session>, _ work: inout Work
  ) -> Bool {
    guard access.hasRules else { return true }
    return isStillReadable(delivery, session, &work)
  }

  @inline(never)
  private mutating func isStillReadable(
    _ delivery: Delivery, _ session: Handle<Session>, _ work: inout Work
  ) -> Bool {
    refreshIdentity(session.index)
    guard identities[session.index].checksDeliveries else { return true }
    // Behind the last of them comes nothing that was not checked when it was queued.
    if sessions[session].unsent == 1 { identities[session.index].checksDeliveries = false }
    let count = messages.copyTopic(of: delivery.message, to: &names.topic)
    if may(.read, names.topic.bytes(0..<count), session, &work) { return true }
    log.count(.deliveryDenied)
    return false
  }

  /// The decision, remembered or made.
  @inline(never)
  private mutating func decide(
    _ right: Right, _ topic: Span<UInt8>, _ topicHash: UInt64, _ slot: Int, _ work: inout Work
  ) -> Bool {
    refreshIdentity(slot)
    let identity = identities[slot]
    guard access.hasRules(security(of: identity)) else { return true }
    let key = access.decisionKey(
      right, topic: topicHash, client: identity.key)
    if let known = access.decision(key) { return known }
    let isAllowed = access.allows(right, topic, to: requester(slot), &work)
    access.remember(key, isAllowed)
    return isAllowed
  }

  private func security(of identity: Identity) -> Int {
    Int(policy.listeners[Int(identity.listener)].security)
  }

  /// The Client of a session's slot as the rules see it, its names laid out to be read.
  ///
  /// A name longer than any topic is cut off: it fits no rule either way.
  @_lifetime(immortal)
  private mutating func requester(_ slot: Int) -> Requester {
    guard let session = sessions.session(at: slot) else { preconditionFailure() }
    let chain = sessions[session].clientIdentifier
    let identifier = Broker.copy(chain, of: texts, to: &names.client)
    let identity = identities[slot]
    var user: Span<UInt8>?
    if identity.hasUserName { user = Broker.copy(identity.userName, of: texts, to: &names.user) }
    return Requester(
      security: security(of: identity), rules: identity.rules, userName: user,
      clientIdentifier: identifier)
  }

  /// The text of a chain, as far as it fits, in one piece.
  @_lifetime(immortal)
  static func copy(
    _ chain: Chain, of texts: borrowing ByteChains, to buffer: inout Buffer
  ) -> Span<UInt8> {
    let count = min(chain.count, buffer.capacity)
    var target = buffer.mutableBytes(0..<count)
    var cursor = ChainCursor(startOf: chain)
    if count > 0 { texts.read(&cursor, into: &target) }
    return buffer.bytes(0..<count)
  }

  /// Brings what is known of a session's Client up to the set of rules in use.
  private mutating func refreshIdentity(_ slot: Int) {
    guard identities[slot].generation != access.generation else { return }
    settleIdentity(slot)
    identities[slot].checksDeliveries = true
  }

  /// Looks up the rules of a session's Client.
  private mutating func settleIdentity(_ slot: Int) {
    guard let session = sessions.session(at: slot) else { return }
    let identity = identities[slot]
    let security = security(of: identity)
    let chain = sessions[session].clientIdentifier
    let identifier = Broker.copy(chain, of: texts, to: &names.client)
    var key = hash.wide(identifier, after: UInt32(security))
    var rules = access.rules(of: nil, security: security)
    if identity.hasUserName {
      let user = Broker.copy(identity.userName, of: texts, to: &names.user)
      key = hash.wide(key, hash.wide(user, after: 1))
      rules = access.rules(of: user, security: security)
    }
    identities[slot].key = key
    identities[slot].rules = rules
    identities[slot].generation = access.generation
  }
}

extension Span where Element == UInt8 {
  /// Whether the topic is one that the Server itself speaks or listens on.
  var isServers: Bool {
    guard count > 0, self[0] == UInt8(ascii: "$") else { return false }
    return begins(with: "$SYS") || begins(with: "$CONTROL")
  }

  /// The Client Identifier in `$SYS/broker/connection/…/state`; nil in any other topic, and when
  /// it could be taken for more than one level.
  var connectionName: Span<UInt8>? {
    @_lifetime(copy self)
    get {
      let (start, end) = (23, count - 6)
      guard start < end, begins(with: "$SYS/broker/connection/"),
        extracting(end..<count).begins(with: "/state")
      else { return nil }
      let name = extracting(start..<end)
      for index in name.indices where name[index] == UInt8(ascii: "/") { return nil }
      return name
    }
  }

  /// Whether these are the same bytes.
  func equals(_ other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index] != other[index] { return false }
    return true
  }

  private func begins(with prefix: StaticString) -> Bool {
    prefix.withUTF8Buffer { bytes in
      guard bytes.count <= count else { return false }
      for index in 0..<bytes.count where unsafe bytes[index] != self[index] { return false }
      return true
    }
  }
}
