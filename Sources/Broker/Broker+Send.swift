import Board
import MQTT
import Memory
import Messages
import Sessions
import Topics

// Packets to bytes: what a connection has to send, and in which order. [4.6]
extension Broker {
  /// The next connection that has something to send; nil when there is none.
  package mutating func nextOwed() -> Handle<Connection>? {
    while let connection = owed.removeFirst() {
      guard connections.contains(connection) else { continue }
      connections[connection].isOwed = false
      return connection
    }
    return nil
  }

  /// Puts a connection into the list of those that have something to send.
  package mutating func owe(_ connection: Handle<Connection>) {
    guard !connections[connection].isOwed else { return }
    connections[connection].isOwed = true
    let isQueued = owed.append(connection)
    precondition(isQueued)  // it has as many places as there are connections
  }

  /// Work that is done at once for one connection, on finding what it is owed.
  private static var workAtOnce: Int { 1024 }

  /// Moves what the session is owed to the connection's outgoing bytes, as far as there is room.
  ///
  /// True when there is more that could go on at once, were this turn not bounded. Before its
  /// CONNACK a connection is not established and gets nothing. [MQTT-3.2.0-1] [MQTT3-3.2.0-1]
  package mutating func fill(_ connection: Handle<Connection>) -> Bool {
    var work = Work(Broker.workAtOnce)
    for _ in 0..<256 where !work.isSpent {
      if connections[connection].body.isActive {
        moveBody(connection)
        if connections[connection].body.isActive { return false }
      }
      guard connections[connection].state == .established,
        connections[connection].outgoing.count < limits.sendBytes
      else { return false }
      let session = connections[connection].session
      if sessions[session].firstUnsent.isNull {
        guard !subscriptions.replaying(session.index).isNull else { return false }
        guard replay(to: session, on: connection, &work) else { return false }
      } else {
        guard sessions.mayTransmit(session), transmitNext(of: session, on: connection) else {
          return false
        }
      }
    }
    return true
  }

  /// Whether the connection could have more to send once what it was given has left.
  package func hasMore(for connection: Handle<Connection>) -> Bool {
    let state = connections[connection]
    if state.body.isActive || !state.outgoing.isEmpty { return true }
    guard state.state == .established else { return false }
    return sessions.mayTransmit(state.session)
      || (sessions[state.session].firstUnsent.isNull
        && !subscriptions.replaying(state.session.index).isNull)
  }

  /// Says that the network took `count` of the outgoing bytes.
  package mutating func sent(_ count: Int, on connection: Handle<Connection>) {
    statistics.bytesSent += UInt64(count)
    sending.removeFirst(count, from: &connections[connection].outgoing)
    // One whose answers leave is alive, even while it is not read.
    if connections[connection].isStalled { connections[connection].lastReceived = now }
  }

  /// Sends the packet that `write` makes, behind everything else.
  mutating func respond(
    to connection: Handle<Connection>, _ write: (inout PacketBytes<512>) -> Void
  ) {
    var packet = PacketBytes<512>()
    write(&packet)
    send(packet.span, on: connection)
    statistics.packetsSent += 1
  }

  /// Sends CONNACK.
  mutating func respond(to connection: Handle<Connection>, _ answer: Connack) {
    // Nothing but silence is left when even the shortest is too long. [MQTT-3.1.2-27]
    guard answer.encodedLength <= Int(clamping: connections[connection].maximumPacketSize) else {
      return close(connection)
    }
    var packet = PacketBytes<512>()
    answer.write(to: &packet)
    send(packet.span, on: connection)
    statistics.packetsSent += 1
  }

  /// Sends an acknowledgement of four bytes, or more where there is a reason to give.
  mutating func acknowledge(
    _ type: PacketType, _ packetIdentifier: UInt16, _ reason: ReasonCode,
    on connection: Handle<Connection>
  ) {
    var packet = PacketBytes<8>()
    let version = connections[connection].version
    Acknowledgement(type, packetIdentifier: packetIdentifier, reason: reason, version: version)
      .write(to: &packet)
    send(packet.span, on: connection)
    statistics.packetsSent += 1
  }

  /// Appends bytes of whole packets. Answers may use the blocks that messages leave free.
  mutating func send(_ bytes: Span<UInt8>, on connection: Handle<Connection>) {
    let isKept =
      connections[connection].body.isActive
      ? sending.append(bytes, to: &connections[connection].behind)
      : sending.append(bytes, to: &connections[connection].outgoing)
    guard isKept else { return connectionLost(connection, "there is no room for its answers") }
    owe(connection)
  }

  /// Sends a QoS 0 message straight from the bytes it came in; false when there is no room, or it
  /// has to be queued for another reason.
  mutating func sendAtOnce(
    _ publication: Publication, _ bytes: Span<UInt8>, _ topic: Span<UInt8>, to match: Match,
    on connection: Handle<Connection>
  ) -> Bool {
    // What does not lie under its mount point is not for it.
    guard connections[connection].state == .established,
      let hidden = hiddenCount(of: topic, on: connection)
    else { return true }
    let topic = topic.extracting(hidden..<topic.count)
    let isRetained = publication.publish.isRetained && match.isRetainAsPublished
    if canForward(publication, isRetained: isRetained, to: match, on: connection) {
      return sendFrame(bytes, publication, on: connection)
    }
    guard !connections[connection].body.isActive,
      var identifiers = encodeIdentifiers(of: match)
    else { return false }
    defer { texts.release(&identifiers) }
    let publish = publication.publish
    let alias = alias(for: topic, on: connection)
    let header = OutgoingPublish(
      version: connections[connection].version, qos: .atMostOnce, isDuplicate: false,
      isRetained: isRetained, topicCount: alias.isKnown ? 0 : topic.count,
      topicAlias: alias.number, messageExpiry: publish.properties.messageExpiry,
      forwardedCount: publish.properties.forwardedCount, identifiersCount: identifiers.count,
      payloadCount: publish.payload.length)
    guard header.packetLength <= Int(clamping: connections[connection].maximumPacketSize) else {
      note(.messageTooLarge, connections[connection].session, "")
      return true  // as if it had been sent [MQTT-3.1.2-27] [MQTT-3.1.2-28]
    }
    guard hasSendRoom(header.packetLength, on: connection) else { return false }
    keep(alias, topic, on: connection)
    var outgoing = connections[connection].outgoing
    var head = PacketBytes<8>()
    header.writeFixedHeader(to: &head)
    put(head.span, to: &outgoing)
    if !alias.isKnown { put(topic, to: &outgoing) }
    var middle = PacketBytes<24>()
    header.writeBeforeForwarded(to: &middle)
    put(middle.span, to: &outgoing)
    if connections[connection].version == .v5 {
      putForwarded(publication, bytes, to: &outgoing)
      put(identifiers, to: &outgoing)
    }
    put(publish.payload.in(bytes), to: &outgoing)
    connections[connection].outgoing = outgoing
    countPublish(publish.payload.length)
    owe(connection)
    return true
  }

  /// Whether the packet that came in is to the byte the one that goes out.
  private func canForward(
    _ publication: Publication, isRetained: Bool, to match: Match,
    on connection: Handle<Connection>
  ) -> Bool {
    let publish = publication.publish
    let isSameForm = (connections[connection].version == .v5) == (publication.version == .v5)
    let isSameName = publication.mountPoint == listenerPolicy(of: connection).mountPoint
    return isSameForm && isSameName && publish.qos == .atMostOnce
      && publish.isRetained == isRetained
      && !match.hasIdentifiers && !publish.properties.needsFiltering
      && connections[connection].topicAliasMaximum == 0
  }

  private mutating func sendFrame(
    _ bytes: Span<UInt8>, _ publication: Publication, on connection: Handle<Connection>
  ) -> Bool {
    guard bytes.count <= Int(clamping: connections[connection].maximumPacketSize) else {
      note(.messageTooLarge, connections[connection].session, "")
      return true  // as if it had been sent [MQTT-3.1.2-28]
    }
    let waiting = connections[connection].outgoing.count
    guard waiting + bytes.count <= limits.sendBytes, !connections[connection].body.isActive,
      sending.append(
        bytes, to: &connections[connection].outgoing, leaving: connections.occupancy.used)
    else { return false }
    countPublish(publication.publish.payload.length)
    owe(connection)
    return true
  }

  /// Whether a message's bytes fit, and leave every connection a block for its answers.
  func hasSendRoom(_ byteCount: Int, on connection: Handle<Connection>) -> Bool {
    let outgoing = connections[connection].outgoing
    let needed = sending.blocksNeeded(toAppend: byteCount, to: outgoing)
    return (outgoing.isEmpty || outgoing.count + byteCount <= limits.sendBytes)
      && needed + connections.occupancy.used <= sending.occupancy.free
  }
}
