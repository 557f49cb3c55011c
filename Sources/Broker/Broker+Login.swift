import Access
import Board
import MQTT
import Memory
import Sessions

// Logins: the CONNECTs that wait, one behind the other, until a password is hashed. [3.1.4]
//
// The packet stays where it is, unread like all behind it, and is handled again when the answer is
// known. So a storm of logins costs a turn no more than the slice of hashing that it is given.
extension Broker {
  /// What becomes of a CONNECT.
  enum Admission {
    case admitted
    case waits
    case refused(ReasonCode)
  }

  /// Whether a Client may connect, as far as the passwords tell.
  mutating func admission(
    of connect: Connect, _ bytes: Span<UInt8>, on connection: Handle<Connection>
  ) -> Admission {
    guard connections[connection].transport == .stream else { return .admitted }
    switch connections[connection].login {
    case .accepted: return .admitted
    // Mosquitto's code: it is what people search for.
    case .refused: return .refused(.notAuthorized)
    case .held, .queued, .hashing: return .waits
    case .none: break
    }
    let listener = listenerPolicy(of: connection)
    if listener.usesIdentityAsUserName {
      let isProved = !presence.proof(of: connection).isEmpty
      return isProved ? .admitted : .refused(.badUserNameOrPassword)
    }
    guard connect.userName != nil, access.hasPasswords(Int(listener.security)) else {
      // With no passwords to check it against, a User Name neither helps nor harms, as in Mosquitto.
      return listener.allowsAnonymous ? .admitted : .refused(.notAuthorized)
    }
    // An empty password is none, as in Mosquitto: a hash of it lets nobody in.
    guard let password = connect.password, !password.isEmpty else {
      logins.failures.record(connections[connection].address, at: now)
      return .refused(.notAuthorized)
    }
    enqueueLogin(connection)
    return .waits
  }

  /// Tells of a login that failed, without saying whether there is such a user.
  mutating func noteLogin(
    _ connect: Connect, _ bytes: Span<UInt8>, on connection: Handle<Connection>
  ) {
    let listener = listenerPolicy(of: connection)
    guard let userName = connect.userName, !listener.usesIdentityAsUserName,
      access.hasPasswords(Int(listener.security))
    else { return }
    note(.loginFailed, on: connection, named: userName.in(bytes))
  }

  /// Puts a login behind all others from its address.
  mutating func enqueueLogin(_ connection: Handle<Connection>) {
    connections[connection].login = .queued
    schedule.set(connection, to: connectDue(connection))
    logins.enqueue(connection, from: connections[connection].address)
  }

  /// How the password of the next login is to be hashed, which `password` gives until the next call
  /// of any other method; nil when no login waits.
  ///
  /// Only now it is judged whether it has to wait for what its address has brought upon itself: while
  /// it stood in the queue others from there may have failed.
  package mutating func nextLogin(_ work: inout Work) -> PasswordHash? {
    while !work.isSpent, let place = logins.next() {
      guard let connection = connections.handle(at: place),
        connections[connection].login == .queued
      else { continue }
      do throws(MalformedPacket) {
        if let hash = try begin(connection, &work) { return hash }
      } catch {
        fail(connection, error)
      }
    }
    return nil
  }

  /// Lets a login wait for what its address has brought upon itself; false when that is nothing.
  private mutating func isHeld(
    _ connection: Handle<Connection>, _ connect: Connect, _ bytes: Span<UInt8>
  ) -> Bool {
    let due = logins.failures.nextLogin(
      from: connections[connection].address, isKnown: hasSession(connect, bytes, on: connection),
      at: now, most: min(policy.connectTimeout / 2, 5000))
    guard due > now else { return false }
    connections[connection].login = .held
    schedule.set(connection, to: min(due, connectDue(connection)))
    return true
  }

  /// Whether the Client has a session here, of the same user.
  private mutating func hasSession(
    _ connect: Connect, _ bytes: Span<UInt8>, on connection: Handle<Connection>
  ) -> Bool {
    let name = identifier(of: connect, bytes, on: connection)
    guard let session = sessions.find(name, texts: texts),
      let userName = connect.userName?.in(bytes)
    else { return false }
    return texts.equals(identities[session.index].userName, userName)
  }

  /// The password of the login that is under way.
  package var password: Span<UInt8> {
    @_lifetime(immortal)
    get {
      guard let login = logins.underWay else { return Span() }
      return arrivals.packet.bytes(login.password.range)
    }
  }

  /// Reads the CONNECT of a login again; nil when there are no users, and it is refused.
  private mutating func begin(
    _ connection: Handle<Connection>, _ work: inout Work
  ) throws(MalformedPacket) -> PasswordHash? {
    work.pay(
      WorkPrice.packet + WorkPrice.reading(connections[connection].input.pending.count))
    arrivals.copy(connections[connection].input.pending.count, of: connections[connection].input)
    let bytes = arrivals.packet.bytes(0..<connections[connection].input.pending.count)
    guard let header = try FixedHeader.parse(bytes) else { return nil }
    let whole = bytes.extracting(0..<header.packetLength)
    let connect = try Connect(parsing: whole, header: header)
    let security = Int(listenerPolicy(of: connection).security)
    // A reload came between, and no password is asked for any more.
    guard access.hasPasswords(security) else {
      connections[connection].login = .none
      callUp(connection)
      return nil
    }
    guard let userName = connect.userName?.in(whole), let password = connect.password else {
      return nil
    }
    if isHeld(connection, connect, whole) { return nil }
    let known = access.password(of: userName, security: security)
    // The same work for a user who is not there: the time it takes tells nothing.
    guard let hash = known ?? access.decoy(for: userName, security: security) else {
      answer(connection, isRight: false)
      return nil
    }
    connections[connection].login = .hashing
    logins.underWay = Login(
      connection: connection, hash: hash, isKnown: known != nil, generation: access.generation,
      password: password)
    return hash
  }

  /// Whether the login that is under way still has a connection.
  package var awaitsLogin: Bool {
    guard let login = logins.underWay else { return false }
    return connections.contains(login.connection)
      && connections[login.connection].login == .hashing
  }

  /// Takes the digest of the password that `nextLogin` gave, and goes on with the CONNECT.
  package mutating func finishLogin(_ digest: InlineArray<64, UInt8>) {
    guard let login = logins.underWay else { return }
    logins.underWay = nil
    let isRight = login.hash.hasDigest(digest)
    guard connections.contains(login.connection),
      connections[login.connection].login == .hashing
    else { return }
    // A reload came between: what was compared is not what counts now.
    guard login.generation == access.generation else { return enqueueLogin(login.connection) }
    answer(login.connection, isRight: isRight && login.isKnown)
  }

  private mutating func answer(_ connection: Handle<Connection>, isRight: Bool) {
    connections[connection].login = isRight ? .accepted : .refused
    if !isRight { logins.failures.record(connections[connection].address, at: now) }
    callUp(connection)
  }
}
