import Access
import MQTT
import Memory
import Sessions

// Whom a session belongs to, and whether that may go on after a reload.
extension Broker {
  /// The User Name of a Client: what TLS has proved where the listener wants that, else what the
  /// CONNECT says.
  @_lifetime(copy bytes)
  mutating func userName(
    of connect: Connect, _ bytes: Span<UInt8>, on connection: Handle<Connection>
  ) -> Span<UInt8>? {
    guard listenerPolicy(of: connection).usesIdentityAsUserName,
      connections[connection].transport == .stream
    else {
      return connect.userName?.in(bytes)
    }
    return Broker.copy(presence.proof(of: connection), of: texts, to: &names.user)
  }

  /// Gives a session the identity of the Client that has just been let in.
  mutating func identify(
    _ session: Handle<Session>, userName: Chain, _ connect: Connect,
    on connection: Handle<Connection>
  ) {
    releaseIdentity(of: session)
    let listener = listenerPolicy(of: connection)
    var identity = Identity()
    identity.userName = userName
    let isVouchedFor = connections[connection].transport == .inside
    identity.isProved = listener.usesIdentityAsUserName || isVouchedFor
    identity.hasUserName = connect.userName != nil || identity.isProved && !isVouchedFor
    identity.listener = connections[connection].listener
    identity.credential = credential(of: identity)
    // The memory of a place that nobody with a name has had is not touched.
    if identity.isBlank && identities[session.index].isBlank { return }
    identities[session.index] = identity
  }

  /// Forgets whom a session belonged to.
  mutating func releaseIdentity(of session: Handle<Session>) {
    guard !identities[session.index].userName.isEmpty else { return }
    texts.release(&identities[session.index].userName)
  }

  private mutating func credential(of identity: Identity) -> UInt32 {
    guard identity.hasUserName, !identity.isProved else { return 0 }
    let security = Int(policy.listeners[Int(identity.listener)].security)
    guard access.hasPasswords(security) else { return 0 }
    let user = Broker.copy(identity.userName, of: texts, to: &names.user)
    return access.credential(of: user, security: security)
  }

  /// Whether the Client of a session could connect again: an anonymous one where that is allowed, a
  /// user who is there still and has the same password.
  mutating func isWelcome(_ session: Handle<Session>) -> Bool {
    let identity = identities[session.index]
    if identity.isProved { return true }
    let listener = policy.listeners[Int(identity.listener)]
    guard identity.hasUserName, access.hasPasswords(Int(listener.security)) else {
      return listener.allowsAnonymous
    }
    let credential = credential(of: identity)
    return credential != 0 && credential == identity.credential
  }
}
