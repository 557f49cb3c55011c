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
    while let place = departures.nextOwed() {
      if let connection = connections.handle(at: place) { return connection }
    }
    return nil
  }

  /// Lets a connection send what it has, or a visitor fetch it, behind the others.
  package mutating func owe(_ connection: Handle<Connection>) {
    switch connections[connection].transport {
    case .stream: departures.owe(connection)
    case .inside: callUp(connection)
    }
  }

  /// Lets a connection send what did not fit in one go, behind the others.
  package mutating func oweMore(_ connection: Handle<Connection>) { departures.oweMore(connection) }

  /// Ends what was done for the connection that had something to send.
  package mutating func endSending(_ share: Work, _ work: inout Work) {
    work.settle(share)
    departures.pay(share.paid)
  }

  /// Moves what the session is owed to the connection's outgoing bytes, as far as there is room and
  /// work left.
  ///
  /// Before its CONNACK a connection is not established and gets nothing. [MQTT-3.2.0-1]
  /// [MQTT3-3.2.0-1]
  package mutating func fill(_ connection: Handle<Connection>, _ work: inout Work) {
    while !work.isSpent {
      if connections[connection].isStreaming {
        stream(connection, &work)
        if connections[connection].isStreaming { return }
      }
      guard canBeGivenMore(connection), giveNext(to: connection, &work) else { return }
    }
  }

  /// Gives a connection the next of what its session is owed; false when there is no room for it.
  private mutating func giveNext(
    to connection: Handle<Connection>, _ work: inout Work
  ) -> Bool {
    work.pay(WorkPrice.copy)
    let session = connections[connection].session
    let hasRoom = !isReplayDue(for: session) || replay(to: session, &work)
    // A replay that stops for want of room may have queued something before.
    let isGiven =
      mayTransmit(session)
      ? transmitNext(of: session, on: connection, &work) : hasRoom
    if !isGiven { waitForBlocks(connection) }
    return isGiven
  }

  /// Lets a connection wait until it may have more send blocks, or until something that is queued for
  /// it has room.
  mutating func waitForBlocks(_ connection: Handle<Connection>) {
    departures.waitForBlocks(connection)
    armShortage()
  }

  /// The delivery that a session is to be sent next, as the configuration limits what is under way; null
  /// when there is none that may be.
  func nextToSend(of session: Handle<Session>) -> Handle<Delivery> {
    sessions.nextToSend(of: session, maximumBytes: policy.maximumInFlightBytes)
  }

  /// Whether a session may be sent any delivery now.
  func mayTransmit(_ session: Handle<Session>) -> Bool { !nextToSend(of: session).isNull }

  /// Whether a session has something that its connection has room to be given.
  func canBeGivenMore(_ connection: Handle<Connection>) -> Bool {
    guard connections[connection].state == .established,
      connections[connection].output.count < limits.sendBytes
    else { return false }
    let session = connections[connection].session
    return mayTransmit(session) || isReplayDue(for: session)
  }

  /// Whether a connection that the network takes bytes of could go on at once.
  ///
  /// One that waits for send blocks cannot: it is owed something as soon as there are some.
  package func hasMore(for connection: Handle<Connection>) -> Bool {
    if !connections[connection].output.isEmpty { return true }
    if departures.isShort(connection) { return false }
    return connections[connection].isStreaming || canBeGivenMore(connection)
  }

  /// Says that the network took `count` of the outgoing bytes.
  package mutating func sent(_ count: Int, on connection: Handle<Connection>) {
    guard count > 0 else { return }
    statistics.bytesSent += UInt64(count)
    dropOutput(count, of: connection)
    guard connections[connection].isWaiting else { return }
    // One whose answers leave is alive, even while it is not read.
    if connections[connection].state == .established { connections[connection].lastReceived = now }
    if arrivals.wait(of: connection).isForAnswers && hasAnswersLeft(connection) {
      wake(connection)
    }
  }

  /// Drops so many of the outgoing bytes of a connection, which have been taken.
  mutating func dropOutput(_ count: Int, of connection: Handle<Connection>) {
    departures.blocks.removeFirst(count, from: &connections[connection].output)
    departures.countHolder(&connections[connection])
  }

  /// Says that the network takes nothing more of a connection until it says so.
  package mutating func block(_ connection: Handle<Connection>) {
    guard !connections[connection].isBlocked else { return }
    connections[connection].isBlocked = true
    departures.block(connection, at: now)
    if let due = writeDue(connection) { schedule.advance(connection, to: due) }
  }

  /// Says that the network takes bytes of a connection again.
  package mutating func unblock(_ connection: Handle<Connection>) {
    guard connections[connection].isBlocked else { return }
    connections[connection].isBlocked = false
    departures.unblock(connection)
    owe(connection)
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
    if connections[connection].transport == .inside {
      let isPresent = answer.isSessionPresent
      return tell(.connected(answer.reason, isSessionPresent: isPresent), connection)
    }
    // Nothing but silence is left when even the shortest is too long. [MQTT-3.1.2-27]
    guard answer.encodedLength <= Int(clamping: connections[connection].maximumPacketSize) else {
      return close(connection)
    }
    var packet = PacketBytes<512>()
    answer.writeHead(to: &packet)
    send(packet.span, on: connection)
    if connections[connection].state != .ended {
      send(answer.assignedClientIdentifier, on: connection)
    }
    var tail = PacketBytes<512>()
    answer.writeTail(to: &tail)
    if connections[connection].state != .ended { send(tail.span, on: connection) }
    statistics.packetsSent += 1
  }

  /// Sends an acknowledgement of four bytes, or more where there is a reason to give.
  mutating func acknowledge(
    _ type: PacketType, _ packetIdentifier: UInt16, _ reason: ReasonCode,
    on connection: Handle<Connection>
  ) {
    if connections[connection].transport == .inside {
      return tell(.acknowledged(type, packetIdentifier: packetIdentifier, reason), connection)
    }
    var packet = PacketBytes<8>()
    let version = connections[connection].version
    Acknowledgement(type, packetIdentifier: packetIdentifier, reason: reason, version: version)
      .write(to: &packet)
    send(packet.span, on: connection)
    statistics.packetsSent += 1
  }

  /// Appends bytes of whole packets. Answers may use the blocks that messages leave free.
  mutating func send(_ bytes: Span<UInt8>, on connection: Handle<Connection>) {
    var isKept: Bool
    if connections[connection].isStreaming {
      isKept = departures.blocks.append(
        bytes, to: &departures.streams[connection.index].behind)
    } else {
      isKept = departures.blocks.append(bytes, to: &connections[connection].output)
      departures.countHolder(&connections[connection])
    }
    guard isKept else { return connectionLost(connection, "there is no room for its answers") }
    owe(connection)
  }

  /// Sends a QoS 0 message straight from the bytes it came in; false when there is no room, or it
  /// has to be queued for another reason.
  mutating func sendAtOnce(
    _ publication: Publication, _ bytes: Span<UInt8>, _ topic: Span<UInt8>, to match: Match,
    on connection: Handle<Connection>
  ) -> Bool {
    // A visitor fetches what is queued for him.
    guard connections[connection].transport == .stream else { return false }
    // What does not lie under its mount point is not for it.
    guard connections[connection].state == .established,
      let hidden = hiddenCount(of: topic, on: connection)
    else { return true }
    let topic = topic.extracting(hidden..<topic.count)
    let isRetained = publication.publish.isRetained && match.isRetainAsPublished
    if canForward(publication, isRetained: isRetained, to: match, on: connection) {
      return sendFrame(bytes, publication, on: connection)
    }
    guard !connections[connection].isStreaming else { return false }
    let publish = publication.publish
    let alias = alias(for: topic, on: connection)
    let header = OutgoingPublish(
      version: connections[connection].version, qos: .atMostOnce, isDuplicate: false,
      isRetained: isRetained, topicCount: alias.isKnown ? 0 : topic.count,
      topicAlias: alias.number, messageExpiry: publish.properties.messageExpiry,
      forwardedCount: publish.properties.forwardedCount,
      identifiersCount: identifierBytes(of: match, in: .quick),
      payloadCount: publish.payload.length)
    guard fits(header, on: connection) else { return true }  // as if it had been sent
    guard hasRoom(for: header.packetLength, on: connection) else { return false }
    keep(alias, topic, on: connection)
    write(header, publication, bytes, topic, match, alias, on: connection)
    return true
  }

  /// Writes a message as it came in, for all of which there is room.
  private mutating func write(
    _ header: OutgoingPublish, _ publication: Publication, _ bytes: Span<UInt8>,
    _ topic: Span<UInt8>, _ match: Match, _ alias: OutgoingAlias,
    on connection: Handle<Connection>
  ) {
    let payload = publication.publish.payload
    departures.putFixedHeader(header, to: &connections[connection].output)
    if !alias.isKnown { departures.put(topic, to: &connections[connection].output) }
    departures.putBeforeForwarded(header, to: &connections[connection].output)
    if connections[connection].version == .v5 {
      let properties = publication.publish.properties.block.in(bytes)
      departures.putForwarded(properties, to: &connections[connection].output)
      putIdentifiers(of: match, on: connection)
    }
    departures.put(payload.in(bytes), to: &connections[connection].output)
    departures.countHolder(&connections[connection])
    countPublish(payload.length)
    owe(connection)
  }

  /// Whether the packet that came in is to the byte the one that goes out.
  private func canForward(
    _ publication: Publication, isRetained: Bool, to match: Match,
    on connection: Handle<Connection>
  ) -> Bool {
    let publish = publication.publish
    let isSameForm = (connections[connection].version == .v5) == (publication.version == .v5)
    let isSameName = publication.mountPoint == listenerPolicy(of: connection).mountPoint
    return isSameForm && isSameName && publish.qos == .atMostOnce && publish.hasPlainHeader
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
    guard !connections[connection].isStreaming, hasRoom(for: bytes.count, on: connection) else {
      return false
    }
    departures.put(bytes, to: &connections[connection].output)
    departures.countHolder(&connections[connection])
    countPublish(publication.publish.payload.length)
    owe(connection)
    return true
  }

  /// Bytes of messages that a connection may be given now: what its share of the send blocks holds.
  ///
  /// Everybody else keeps the right to one block, for answers.
  func sendRoom(on connection: Handle<Connection>) -> Int {
    let outgoing = connections[connection].output
    let room =
      departures.blocks.roomInLastBlock(of: outgoing)
      + sendBlocks(for: connection) * departures.blocks.blockBytes
    return max(0, min(room, limits.sendBytes - outgoing.count))
  }

  /// Whether a connection may be given so many bytes of messages now.
  func hasRoom(for count: Int, on connection: Handle<Connection>) -> Bool {
    let outgoing = connections[connection].output
    // What its last block holds is taken from nobody: most messages need not ask further.
    guard count > departures.blocks.roomInLastBlock(of: outgoing) else {
      return outgoing.count + count <= limits.sendBytes
    }
    return count <= sendRoom(on: connection)
  }

  /// Whether a connection may be given so many bytes of the head of a message now.
  ///
  /// They leave in one piece. So whoever has nothing on its way may have more than its share: else one
  /// message of a long Topic Name would stay in front of all others for ever.
  func hasRoom(forHead count: Int, on connection: Handle<Connection>) -> Bool {
    if hasRoom(for: count, on: connection) { return true }
    return connections[connection].output.isEmpty
      && count <= sendBlocksLeft(for: connection) * departures.blocks.blockBytes
  }

  /// Send blocks that a connection may claim now.
  func sendBlocks(for connection: Handle<Connection>) -> Int {
    let held = departures.blocks.blockCount(of: connections[connection].output)
    return shares.sendBlocks.room(holding: held, free: sendBlocksLeft(for: connection))
  }

  /// Send blocks that are free, without those that are kept for others: one for each place, so that
  /// whoever comes later can be answered.
  private func sendBlocksLeft(for connection: Handle<Connection>) -> Int {
    let isHolder = !connections[connection].output.isEmpty
    let others = connections.capacity - departures.holders - (isHolder ? 0 : 1)
    return departures.blocks.occupancy.free - max(0, others)
  }
}
