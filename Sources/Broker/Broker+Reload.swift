import Access
import MQTT
import Memory
import Sessions
import Topics

// A new configuration, while Clients are connected.
extension Broker {
  /// Takes a new configuration over, with the users and rules that were read for it, and closes the connections that it no longer allows.
  package mutating func adopt(_ policy: Policy, levels: UInt16) {
    let old = self.policy
    self.policy = policy
    subscriptions.mergesOverlapping = !policy.allowsDuplicates
    access.commit()
    log.levels = levels
    for place in 0..<connections.endIndex {
      guard let connection = connections.handle(at: place) else { continue }
      forgetLogin(of: connection)
      guard connections[connection].state == .established else { continue }
      if let reason = objection(to: connection, since: old) {
        refuse(connection, reason, .noLongerAllowed, reason.words)
      }
    }
    start()
  }

  /// What was found of a password that has not let anybody in yet counts for nothing any more.
  private mutating func forgetLogin(of connection: Handle<Connection>) {
    guard connections[connection].state == .awaitsConnect else { return }
    let login = connections[connection].login
    if login == .accepted || login == .refused { connections[connection].login = .none }
  }

  /// Why a Client that is connected may not stay, if it may not.
  private mutating func objection(
    to connection: Handle<Connection>, since old: Policy
  ) -> ReasonCode? {
    let state = connections[connection]
    let listener = listenerPolicy(of: connection)
    if listener.isClosed { return .administrativeAction }
    if !isWelcome(state.session) { return .notAuthorized }
    if !listener.acceptedVersions.contains(state.version) { return .administrativeAction }
    if !hasWantedPrefix(state.session) { return .administrativeAction }
    // Its subscriptions and aliases are those of the old one.
    let mount = old.listeners[Int(state.listener)].mountPoint
    let isMountKept = policy.texts.equals(listener.mountPoint, mount, of: old.texts)
    return isMountKept ? nil : .administrativeAction
  }

  private mutating func hasWantedPrefix(_ session: Handle<Session>) -> Bool {
    guard !policy.clientIdentifierPrefix.isEmpty else { return true }
    let identifier = sessions[session].clientIdentifier
    let count = min(identifier.count, 256)
    var cursor = ChainCursor(startOf: identifier)
    // No packet is being read while the configuration changes.
    var target = arrivals.packet.mutableBytes(0..<count)
    texts.read(&cursor, into: &target)
    return policy.texts.begins(
      arrivals.packet.bytes(0..<count), with: policy.clientIdentifierPrefix)
  }
}
