import Access
import Board
import MQTT
import Memory
import Messages
import Sessions

// CONNECT and the session it begins or resumes. [3.1.4]
extension Broker {
  /// Answers a well-formed CONNECT; false when that has to wait until its password is hashed.
  mutating func connect(
    _ connect: Connect, _ bytes: Span<UInt8>, on connection: Handle<Connection>,
    _ work: inout Work
  ) -> Bool {
    work.pay(WorkPrice.session)
    connections[connection].version = connect.version
    connections[connection].wantsProblemInformation = connect.requestsProblemInformation
    connections[connection].maximumPacketSize = connect.maximumPacketSize
    if let reason = objection(to: connect, bytes, on: connection) {
      refuseConnect(connection, connect, bytes, reason)
      return true
    }
    switch admission(of: connect, bytes, on: connection) {
    case .admitted: admit(connect, bytes, on: connection, &work)
    case .waits: return false
    case .refused(let reason): refuseConnect(connection, connect, bytes, reason)
    }
    return true
  }

  /// Lets a Client in, as far as there is room.
  private mutating func admit(
    _ connect: Connect, _ bytes: Span<UInt8>, on connection: Handle<Connection>,
    _ work: inout Work
  ) {
    let chosen = identifier(of: connect, bytes, on: connection)
    let identifier = chosen.isEmpty ? assignIdentifier(listenerPolicy(of: connection)) : chosen
    guard policy.texts.begins(identifier, with: policy.clientIdentifierPrefix) else {
      return refuseConnect(connection, connect, bytes, .notAuthorized)
    }
    // A Client whom no session belongs to gets a new one. [MQTT-3.1.2-6] [MQTT3-3.1.2-4]
    let existing = sessions.find(identifier, texts: texts)
    // Only a Client that is connected already may come in over the limit: it takes its own place.
    if let words = fullness(besides: existing, on: connection) {
      return refuseConnect(connection, connect, bytes, .quotaExceeded, .clientsFull, words)
    }
    if existing == nil && hasReachedSessions {
      let words: StaticString = "there are as many sessions as may be"
      return refuseConnect(connection, connect, bytes, .serverBusy, .clientsFull, words)
    }
    var luggage = Luggage()
    if let event = pack(&luggage, connect, bytes, on: connection) {
      return refuseConnect(connection, connect, bytes, event, returning: &luggage)
    }
    let isPresent = existing.map { resume($0, isCleanStart: connect.isCleanStart) } ?? false
    let name = chosen.isEmpty ? identifier : self.identifier(of: connect, bytes, on: connection)
    guard let session = isPresent ? existing : addSession(name, connect.version, &luggage, &work)
    else {
      return refuseConnect(connection, connect, bytes, .sessionsFull, returning: &luggage)
    }
    own(session, by: luggage.owner)
    identify(session, userName: luggage.userName, connect, on: connection)
    adopt(session, connect, luggage.will, on: connection)
    begin(session, connect, on: connection, &work)
    // Told first: without room for its CONNACK the Client is gone at once.
    note(.clientConnected, on: connection)
    accept(
      connection, connect, isSessionPresent: isPresent,
      assigned: connect.clientIdentifier.isEmpty
        ? chosen.isEmpty ? identifier : self.identifier(of: connect, bytes, on: connection)
        : Span())
  }

  /// Why no further Client may be connected, here or by that listener; nil when one may.
  private func fullness(
    besides existing: Handle<Session>?, on connection: Handle<Connection>
  ) -> StaticString? {
    if let existing, sessions[existing].isConnected { return nil }
    return fullness(policy.maximumConnections, statistics.clientsConnected, connection)
      ?? fullness(
        listenerPolicy(of: connection).maximumConnections,
        presence.count(by: connections[connection].listener), connection)
  }

  /// What the configuration allows is as it says; of what the board has, something is kept for Clients
  /// from addresses that have hardly any.
  private func fullness(
    _ maximum: Int, _ count: Int, _ connection: Handle<Connection>
  ) -> StaticString? {
    guard maximum >= limits.connections else {
      return count < maximum ? nil : "max_connections exceeded"
    }
    let owner = owners[connections[connection].owner]
    let shortage = shares.clients.shortage(
      of: .connections, for: 1, holding: Int(owner.places - owner.entering),
      free: shares.clients.capacity - count)
    return shortage?.words
  }

  private var hasReachedSessions: Bool {
    policy.maximumSessions < limits.sessions && sessions.count >= policy.maximumSessions
  }

  /// A client identifier that no session has: the prefix and 128 bits, written as Mosquitto does.
  /// [MQTT-3.2.2-16] [MQTT-3.1.3-6]
  @_lifetime(immortal)
  private mutating func assignIdentifier(_ listener: ListenerPolicy) -> Span<UInt8> {
    var line = Line()
    repeat {
      line.removeAll()
      policy.texts.append(listener.automaticIdentifierPrefix, to: &line)
      assignedIdentifiers = hash.next(after: assignedIdentifiers)
      let first = assignedIdentifiers
      assignedIdentifiers = hash.next(after: assignedIdentifiers)
      line.append(uniqueIdentifier: first, assignedIdentifiers)
    } while sessions.find(line.span, texts: texts) != nil
    return names.topic.fill(line.span)
  }

  /// Ends what the Client's earlier connection left, and says whether its session goes on: it does
  /// unless the Client wants a clean start. [MQTT-3.1.2-5] [MQTT-3.1.4-4] [MQTT3-3.1.2-4]
  /// [MQTT3-3.1.4-3]
  private mutating func resume(
    _ session: Handle<Session>, isCleanStart: Bool
  ) -> Bool {
    let connection = presence[session]
    // What was due while it was away comes first, even when this turn has not come to it yet.
    if connection.isNull {
      settle(session)
    } else {
      takeOver(connection, isCleanStart: isCleanStart)
    }
    // A session that was to end with its connection, or by now, is gone.
    guard sessions.contains(session) else { return false }
    // [MQTT-3.1.2-4] [MQTT3-3.1.2-6]
    if isCleanStart || sessions[session].expiryInterval == 0 {
      end(session)
      return false
    }
    return true
  }

  private mutating func adopt(
    _ session: Handle<Session>, _ connect: Connect, _ will: Handle<Message>,
    on connection: Handle<Connection>
  ) {
    // A new connection within the delay cancels the Will. [MQTT-3.1.2-26]
    discardWill(of: session)
    sessions[session].version = connect.version
    sessions[session].isConnected = true
    sessions[session].will = will
    sessions[remarkOf: session].willDelay = connect.will?.delay ?? 0
    sessions[remarkOf: session].willExpiry = connect.will?.properties.messageExpiry
    sessions[session].expiryInterval = expiryInterval(of: connect)
    sessions[session].sendQuota = sendQuota(for: connect)
    connections[connection].session = session
    owners.comeBack(session)
    retention.replays.comeBack(session)
    countEntered(connection)
    schedule.cancel(session)
  }

  /// Seconds that the session outlives its connection: what a 5.0 Client asks for, but no longer than a
  /// persistent session may. [3.1.2.11.2] [MQTT-3.1.2-25] [MQTT3-3.1.2-4]
  private func expiryInterval(of connect: Connect) -> UInt32 {
    switch connect.version {
    case .v5: min(connect.sessionExpiry, policy.persistentClientExpiration)
    case .v3_1, .v3_1_1: connect.isCleanStart ? 0 : policy.persistentClientExpiration
    }
  }

  /// How many PUBLISH packets may be under way to the Client. [MQTT-4.9.0-1]
  private func sendQuota(for connect: Connect) -> UInt16 {
    let ours = policy.maximumInFlight == 0 ? UInt16.max : policy.maximumInFlight
    return min(ours, connect.receiveMaximum)
  }

  private mutating func begin(
    _ session: Handle<Session>, _ connect: Connect, on connection: Handle<Connection>,
    _ work: inout Work
  ) {
    connections[connection].state = .established
    allowAliases(connect, on: connection)
    // [MQTT-3.2.2-22]
    connections[connection].keepAlive =
      exceedsKeepAlive(connect) ? policy.maximumKeepAlive : connect.keepAlive
    statistics.connects += 1
    statistics.clientsConnected += 1
    presence.enter(session, by: connection, connections[connection].listener)
    statistics.clientsMaximum = max(statistics.clientsMaximum, statistics.clientsConnected)
    sessions.prepareResend(to: session, messages: messages, &work)
    countProgress(of: session)
    connections[connection].lastReceived = now
    arm(connection)
    owe(connection)
  }

  /// Settles which Topic Aliases either side may set: none when there is no table for them.
  private mutating func allowAliases(_ connect: Connect, on connection: Handle<Connection>) {
    let listener = listenerPolicy(of: connection)
    let ours = min(connect.topicAliasMaximum, listener.maximumTopicAliasOut)
    // What a reload changes later is not taken back from this Client. [MQTT-3.3.2-12]
    let theirs = connect.version == .v5 ? listener.maximumTopicAlias : 0
    guard ours > 0 || theirs > 0, connections[connection].transport == .stream else { return }
    aliases.claim(for: &connections[connection])
    guard !connections[connection].aliases.isNull else { return }
    connections[connection].topicAliasMaximum = ours
    connections[connection].topicAliasAllowed = theirs
  }

  private mutating func accept(
    _ connection: Handle<Connection>, _ connect: Connect, isSessionPresent: Bool,
    assigned: Span<UInt8>
  ) {
    // [MQTT-3.1.4-5] [MQTT3-3.1.4-4] [MQTT-3.2.2-2] [MQTT-3.2.2-3] [MQTT3-3.2.2-1]
    // [MQTT3-3.2.2-2] [MQTT3-3.2.2-3]
    var losses = Line()
    if isSessionPresent && connect.version == .v5 && connect.requestsProblemInformation {
      describeLosses(of: connections[connection].session, in: &losses)
    }
    var answer = Connack(
      version: connect.version, reason: .success, isSessionPresent: isSessionPresent,
      reasonString: losses.span, assignedClientIdentifier: assigned)
    let listener = listenerPolicy(of: connection)
    answer.topicAliasMaximum = connections[connection].topicAliasAllowed
    // The Client must use ours. [3.2.2.3.2]
    let expiry = expiryInterval(of: connect)
    if connect.version == .v5 && expiry < connect.sessionExpiry { answer.sessionExpiry = expiry }
    answer.maximumPacketSize = UInt32(policy.maximumPacketSize)
    answer.maximumLength = connect.maximumPacketSize
    answer.receiveMaximum = policy.maximumInFlight == 0 ? nil : policy.maximumInFlight
    answer.maximumQoS = listener.maximumQoS
    answer.isRetainAvailable = policy.isRetainAvailable
    // The Client must use ours. [MQTT-3.1.2-23]
    if exceedsKeepAlive(connect) { answer.serverKeepAlive = policy.maximumKeepAlive }
    respond(to: connection, answer)
  }

  /// Answers a CONNECT for which something is full, and gives back what was kept for it.
  private mutating func refuseConnect(
    _ connection: Handle<Connection>, _ connect: Connect, _ bytes: Span<UInt8>, _ event: Event,
    returning luggage: inout Luggage
  ) {
    giveBack(&luggage)
    refuseConnect(
      connection, connect, bytes, .quotaExceeded, event, luggage.shortage?.words)
  }

  /// Answers a CONNECT that is not accepted, and closes. [MQTT-3.1.4-2] [MQTT-3.2.2-7]
  /// [MQTT3-3.2.2-5]
  ///
  /// - Parameters:
  ///   - event: what is full; nil when that is not why.
  ///   - words: of what there is too little, for the log and for who is told.
  private mutating func refuseConnect(
    _ connection: Handle<Connection>, _ connect: Connect, _ bytes: Span<UInt8>,
    _ reason: ReasonCode, _ event: Event? = nil, _ words: StaticString? = nil
  ) {
    let name = connect.clientIdentifier.in(bytes)
    if let event {
      note(event, on: connection, named: name, words ?? "")
    } else if reason == .notAuthorized || reason == .badUserNameOrPassword {
      note(.clientNotAuthorized, on: connection, named: name)
      noteLogin(connect, bytes, on: connection)
    } else {
      note(.clientRefused, on: connection, named: name, reason.words)
    }
    var line = Line()
    if let words, connections[connection].wantsProblemInformation { line.append(words) }
    var answer = Connack(
      version: connections[connection].version, reason: reason, reasonString: line.span)
    answer.maximumLength = connections[connection].maximumPacketSize
    // Where 3.x has no code for the reason, the connection is closed in silence. [MQTT3-3.2.2-6]
    if answer.canBeSent { respond(to: connection, answer) }
    connections[connection].isTold = true
    close(connection)
  }
}
