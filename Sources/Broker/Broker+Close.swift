import Access
import MQTT
import Memory
import Messages
import Sessions
import Topics

// The ways a connection ends, and what becomes of its session. [3.14] [4.13]
extension Broker {
  /// The network says that the connection is no more; the Server closes it next.
  package mutating func connectionLost(
    _ connection: Handle<Connection>, _ words: StaticString
  ) {
    guard connections[connection].state != .ended else { return }
    if connections[connection].state == .established {
      note(.connectionLost, on: connection, words)
    } else if !connections[connection].isAnnounced {
      announce(connection, .debug)
    }
    detach(connection, publishesWill: true)
    connections[connection].state = .ended
    bury(connection)
  }

  /// The peer has ended its side, or what it sends cannot be read on: what it is owed already leaves, for
  /// it may have been found in the very turn in which its last packets came.
  package mutating func connectionEnded(
    _ connection: Handle<Connection>, _ words: StaticString
  ) {
    guard connections[connection].isLive && !connections[connection].output.isEmpty else {
      return connectionLost(connection, words)
    }
    if connections[connection].state == .established {
      note(.connectionLost, on: connection, words)
    }
    close(connection)
  }

  /// The network has refused the peer: TLS, HTTP or the frames of WebSocket went wrong.
  package mutating func connectionRefused(
    _ connection: Handle<Connection>, _ words: StaticString
  ) {
    guard connections[connection].state != .ended else { return }
    connections[connection].isTold = true
    if connections[connection].state != .established {
      note(.handshakeFailed, on: connection, words)
    }
    connectionEnded(connection, words)
  }

  /// Gives the connection's slot back; the Server has closed its socket.
  package mutating func release(_ connection: Handle<Connection>) {
    schedule.cancel(connection)
    owners[connections[connection].owner].places -= 1
    owners.release(connections[connection].owner)
    releaseOutput(of: connection)
    presence.forgetProof(of: connection, texts: &texts)
    arrivals.forget(connection)
    logins.forget(connection)
    departures.forget(connection)
    connections.release(connection)
  }

  /// Forgets what was on its way to a connection that is closed.
  private mutating func releaseOutput(of connection: Handle<Connection>) {
    departures.blocks.release(&connections[connection].output)
    departures.countHolder(&connections[connection])
    guard connections[connection].isStreaming else { return }
    connections[connection].isStreaming = false
    departures.blocks.release(&departures.streams[connection.index].behind)
    messages.release(departures.streams[connection.index].message)
    departures.streams[connection.index] = PayloadStream()
  }

  /// The next connection that is to be closed; not one that has still to be given what it is owed.
  package mutating func nextDying() -> Handle<Connection>? {
    while let place = departures.nextDying() {
      guard let connection = connections.handle(at: place) else { continue }
      let hasLastWords =
        connections[connection].state == .closing && departures.isOwed(connection)
      guard hasLastWords else { return connection }
      departures.bury(connection)
      return nil
    }
    return nil
  }

  /// A packet broke the protocol: 5.0 Clients are told how. [MQTT-4.13.1-1] [MQTT3-4.8.0-1]
  mutating func fail(_ connection: Handle<Connection>, _ mistake: MalformedPacket) {
    guard connections[connection].state == .awaitsConnect else {
      return refuse(connection, mistake.reason, .malformedPacket, mistake.words)
    }
    note(.malformedPacket, on: connection, mistake.words)
    // 5.0 is told what is wrong, 3.x only that its version is not known; what is no MQTT is closed
    // in silence. [MQTT-3.1.2-1] [MQTT-3.1.2-2] [MQTT3-3.1.2-2] [MQTT-3.1.4-1] [MQTT3-3.1.4-1]
    if let version = connections[connection].announced,
      version == .v5 || mistake == .protocolLevelUnsupported
    {
      respond(to: connection, Connack(version: version, reason: mistake.reason))
    }
    connections[connection].isTold = true
    close(connection)
  }

  /// Ends a connection for a reason that 5.0 Clients are told. Its Will is published.
  mutating func refuse(
    _ connection: Handle<Connection>, _ reason: ReasonCode, _ event: Event, _ words: StaticString
  ) {
    note(event, on: connection, words)
    sayDisconnect(connection, reason, words)
    close(connection)
  }

  /// Sends DISCONNECT where there is one: to a 5.0 Client that has its CONNACK.
  /// [MQTT-3.14.0-1] [MQTT-3.14.4-1]
  mutating func sayDisconnect(
    _ connection: Handle<Connection>, _ reason: ReasonCode, _ words: StaticString
  ) {
    if connections[connection].transport == .inside {
      return tell(.disconnected(reason), connection)
    }
    connections[connection].isTold = true
    let isTold =
      connections[connection].version == .v5 && connections[connection].state == .established
    guard isTold else { return }
    // Nothing follows but what is on its way: a Payload begun cannot be broken off.
    let wantsWords = connections[connection].wantsProblemInformation
    let reasonString = wantsWords && words.utf8CodeUnitCount > 0 ? words : nil
    let maximum = connections[connection].maximumPacketSize
    respond(to: connection) { packet in
      Disconnect(reason: reason, reasonString: reasonString, maximumLength: maximum)
        .write(to: &packet)
    }
  }

  /// Lets what is to be sent be sent, and closes then. The session is detached at once.
  /// [MQTT-3.14.4-2] [MQTT-4.13.2-1]
  mutating func close(_ connection: Handle<Connection>, publishesWill: Bool = true) {
    switch connections[connection].state {
    case .closing, .ended: return
    case .awaitsConnect, .established: break
    }
    detach(connection, publishesWill: publishesWill)
    connections[connection].state = .closing
    if connections[connection].transport == .stream { departures.oweLast(connection) }
    bury(connection)
  }

  /// Lets a connection be closed; a visitor sees it for himself when he has his turn.
  private mutating func bury(_ connection: Handle<Connection>) {
    switch connections[connection].transport {
    case .stream: departures.bury(connection)
    case .inside: callUp(connection)
    }
  }

  /// A new connection of the same Client: the old one goes. [MQTT-3.1.4-3] [MQTT3-3.1.4-2]
  mutating func takeOver(_ connection: Handle<Connection>, isCleanStart: Bool) {
    let session = connections[connection].session
    note(.sessionTakenOver, session, "")
    // A Will with a delay is not published when the session goes on. [MQTT-3.1.2-26]
    let goesOn = !isCleanStart && sessions[session].expiryInterval != 0
    if goesOn && sessions[remarkOf: session].willDelay > 0 { discardWill(of: session) }
    // The session may be gone after this: without room for the DISCONNECT the connection is lost.
    sayDisconnect(connection, .sessionTakenOver, "")
    close(connection)
  }

  /// DISCONNECT from the Client. [3.14.4]
  mutating func receive(
    _ packet: Disconnect, on connection: Handle<Connection>
  ) {
    let session = connections[connection].session
    if let expiry = packet.sessionExpiry {
      // A session that was to end with the connection cannot be kept after all. [3.14.2.2.2]
      guard expiry == 0 || sessions[session].expiryInterval != 0 else {
        return refuse(
          connection, .protocolError, .malformedPacket, "it changed its session expiry from zero")
      }
      sessions[session].expiryInterval = min(expiry, policy.persistentClientExpiration)
    }
    note(.clientDisconnected, session, "")
    // [MQTT-3.14.4-3] [MQTT3-3.14.4-2] [MQTT-3.1.2-10] [MQTT3-3.1.2-10]
    if packet.reason == .success { discardWill(of: session) }
    close(connection)
  }

  /// AUTH from the Client: without a method in its CONNECT it may not. [MQTT-4.12.0-7]
  ///
  /// Nobody connects with a method, for none is known; 3.x has no AUTH at all.
  mutating func receiveAuth(_ version: ProtocolVersion, on connection: Handle<Connection>) {
    refuse(connection, .protocolError, .malformedPacket, "it sent AUTH without a method")
  }

  /// Says goodbye to all. [0x8B]
  package mutating func stop() {
    isStopping = true
    note(.serverStopping, nil, "")
    for slot in 0..<connections.endIndex {
      guard let connection = connections.handle(at: slot) else { continue }
      sayDisconnect(connection, .serverShuttingDown, "")
      close(connection, publishesWill: false)
    }
  }

  /// Takes the session, and what arrived and waits, off a connection that ends.
  private mutating func detach(
    _ connection: Handle<Connection>, publishesWill: Bool
  ) {
    forgetInput(of: connection)
    arrivals.letGo(connection, &connections[connection])
    if let publication = lane.leave(connection) { giveUp(publication) }
    forgetRequest(of: connection)
    aliases.release(of: &connections[connection], texts: &texts)
    let session = connections[connection].session
    guard !session.isNull else { return countEntered(connection) }
    connections[connection].session = .null
    owners.leave(session)
    statistics.clientsConnected -= 1
    presence.leave(session, connections[connection].listener)
    // Its full queue binds nobody any more, though nothing of it has been given back.
    if policy.whenQueueIsFull == .reject { arrivals.askAll() }
    retention.replays.leave(session, &retention.index)
    sessions[session].isConnected = false
    sessions[session].disconnectedAt = now
    if !publishesWill { discardWill(of: session) }
    settle(session)
  }
}
