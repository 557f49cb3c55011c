import Access
import Board
import MQTT
import Memory
import Messages
import Sessions
import Topics

// Stored messages to bytes: the head at once, properties and Payload piece by piece. [3.3]
extension Broker {
  /// Sends the oldest unsent delivery; false when there is no room for it yet.
  mutating func transmitNext(
    of session: Handle<Session>, on connection: Handle<Connection>, _ work: inout Work
  ) -> Bool {
    let handle = nextToSend(of: session)
    guard let hidden = prepare(handle, of: session, on: connection, &work) else { return true }
    let delivery = sessions[handle]
    let message = messages[delivery.message]
    let alias = alias(forStored: delivery.message, from: hidden, on: connection)
    let header = header(of: delivery, message, hidden: hidden, alias, on: connection)
    guard fits(header, on: connection) else {
      sessions.remove(handle, of: session, messages: &messages, texts: &texts)
      return true  // as if it had been sent [MQTT-3.1.2-28]
    }
    let headBytes = header.packetLength - followingCount(of: message, on: connection)
    guard hasRoom(forHead: headBytes, on: connection) else { return false }
    work.pay(WorkPrice.copying(header.packetLength))
    transmit(handle, header, alias, hidden: hidden, of: session, on: connection)
    return true
  }

  /// Bytes of the Topic Name that the Client is not shown; nil when the delivery is done with, since it
  /// was for a PUBREL or is not for the Client any more, or when work is spent.
  mutating func prepare(
    _ handle: Handle<Delivery>, of session: Handle<Session>, on connection: Handle<Connection>,
    _ work: inout Work
  ) -> Int? {
    let delivery = sessions[handle]
    if delivery.stage == .awaitsPubcomp {
      // Sent again on a new connection. [MQTT-4.4.0-1]
      sessions.transmit(session, messages: messages)
      acknowledge(.pubrel, delivery.packetIdentifier, .success, on: connection)
      return nil
    }
    if let hidden = hiddenCount(of: delivery, for: session, on: connection, &work) {
      let isFree =
        delivery.qos == .atMostOnce || sessions.seekPacketIdentifier(of: session, &work)
      return isFree ? hidden : nil
    }
    sessions.remove(handle, of: session, messages: &messages, texts: &texts)
    return nil
  }

  /// Bytes of the Topic Name that the Client is not shown; nil when the delivery is not for it any
  /// more: the message has expired, may not be read, or was kept under another mount point.
  private mutating func hiddenCount(
    of delivery: Delivery, for session: Handle<Session>, on connection: Handle<Connection>,
    _ work: inout Work
  ) -> Int? {
    // What was sent once is sent again even if it has expired. [MQTT-4.3.3-7]
    if delivery.stage == .unsent && messages[delivery.message].isExpired(at: now) {
      note(.messageExpired, session, "")
      return nil
    }
    // Not sent again either: what was sent and not acknowledged need not have arrived.
    guard mayStillRead(delivery, session, &work) else { return nil }
    guard let hidden = hiddenCount(ofStored: delivery.message, on: connection) else {
      countDropped(session, "it was kept under another mount point")
      return nil
    }
    return hidden
  }

  /// The header of a delivery's PUBLISH, but for the Packet Identifier.
  private func header(
    of delivery: Delivery, _ message: Message, hidden: Int, _ alias: OutgoingAlias,
    on connection: Handle<Connection>
  ) -> OutgoingPublish {
    OutgoingPublish(
      version: connections[connection].version, qos: delivery.qos,
      isDuplicate: delivery.isDuplicate, isRetained: delivery.isRetained,
      topicCount: alias.isKnown ? 0 : Int(message.topicCount) - hidden, topicAlias: alias.number,
      messageExpiry: message.remainingSeconds(at: now),  // what is left of it [MQTT-3.3.2-6]
      forwardedCount: Int(message.propertiesCount), identifiersCount: delivery.identifiers.count,
      payloadCount: message.payloadCount)
  }

  /// Whether the Client takes a packet of this length. [MQTT-3.1.2-27] [MQTT-3.1.2-28]
  mutating func fits(_ header: OutgoingPublish, on connection: Handle<Connection>) -> Bool {
    if header.packetLength <= Int(clamping: connections[connection].maximumPacketSize) {
      return true
    }
    note(.messageTooLarge, connections[connection].session, "")
    return false
  }

  /// Sends a delivery for whose headers there is room.
  private mutating func transmit(
    _ handle: Handle<Delivery>, _ header: OutgoingPublish, _ alias: OutgoingAlias, hidden: Int,
    of session: Handle<Session>, on connection: Handle<Connection>
  ) {
    var header = header
    let delivery = sessions[handle]
    if alias.isNew {
      let end = Int(messages[delivery.message].topicCount)
      keep(alias, names.topic.bytes(hidden..<end), on: connection)
    }
    if delivery.qos > .atMostOnce {
      // [MQTT-4.3.2-2] [MQTT-4.3.3-2]
      sessions.transmit(session, messages: messages)
      header.packetIdentifier = sessions[handle].packetIdentifier
    }
    write(header, delivery.message, delivery.identifiers, alias, hidden: hidden, on: connection)
    if delivery.qos == .atMostOnce {
      sessions.remove(handle, of: session, messages: &messages, texts: &texts)
    }
  }

  /// Bytes of a message that may follow its head piece by piece: the properties that are forwarded,
  /// which may be as long as any packet, and the Payload.
  private func followingCount(of message: Message, on connection: Handle<Connection>) -> Int {
    let isV5 = connections[connection].version == .v5
    return (isV5 ? Int(message.propertiesCount) : 0) + message.payloadCount
  }

  /// Writes a message for whose head there is room; the rest follows as there is room.
  private mutating func write(
    _ header: OutgoingPublish, _ handle: Handle<Message>, _ identifiers: Chain,
    _ alias: OutgoingAlias, hidden: Int, on connection: Handle<Connection>
  ) {
    let message = messages[handle]
    let isV5 = connections[connection].version == .v5
    var cursor = message.start
    departures.putFixedHeader(header, to: &connections[connection].output)
    messages.skip(hidden, with: &cursor)
    putTopic(Int(message.topicCount) - hidden, from: &cursor, on: connection, unless: alias.isKnown)
    departures.putBeforeForwarded(header, to: &connections[connection].output)
    if isV5 {
      departures.put(identifiers, of: texts, to: &connections[connection].output)
    } else {
      messages.skip(Int(message.propertiesCount), with: &cursor)
    }
    departures.countHolder(&connections[connection])
    countPublish(message.payloadCount)
    owe(connection)
    let count = followingCount(of: message, on: connection)
    putFollowing(count, of: handle, from: cursor, on: connection)
  }

  /// Appends what follows the head if there is room for all of it, and lets it follow piece by piece if
  /// not.
  private mutating func putFollowing(
    _ count: Int, of handle: Handle<Message>, from cursor: ChainCursor,
    on connection: Handle<Connection>
  ) {
    if hasRoom(for: count, on: connection) {
      var cursor = cursor
      return put(count, from: &cursor, on: connection)
    }
    messages.retain(handle)
    departures.streams[connection.index] = PayloadStream(
      message: handle, cursor: cursor, remaining: UInt32(count))
    connections[connection].isStreaming = true
  }

  /// Moves as much of what is under way as there is room for.
  mutating func stream(_ connection: Handle<Connection>, _ work: inout Work) {
    let room = sendRoom(on: connection)
    let count = min(Int(departures.streams[connection.index].remaining), room)
    work.pay(1 + WorkPrice.copying(count))
    if count > 0 {
      var cursor = departures.streams[connection.index].cursor
      put(count, from: &cursor, on: connection)
      departures.streams[connection.index].cursor = cursor
      departures.streams[connection.index].remaining -= UInt32(count)
    }
    guard departures.streams[connection.index].remaining > 0 else { return endStream(connection) }
    guard connections[connection].output.isEmpty else { return }
    note(
      .sendBlocksShort, connections[connection].session, words(of: .sendBlocks(1), on: connection))
    waitForBlocks(connection)
  }

  /// Ends the Payload under way when what waited behind it may leave; without a free block it
  /// waits on, so that nothing comes before it.
  private mutating func endStream(_ connection: Handle<Connection>) {
    departures.blocks.moveAll(
      of: &departures.streams[connection.index].behind, to: &connections[connection].output)
    departures.countHolder(&connections[connection])
    guard departures.streams[connection.index].behind.isEmpty else { return }
    messages.release(departures.streams[connection.index].message)
    departures.streams[connection.index] = PayloadStream()
    connections[connection].isStreaming = false
  }

  /// Appends bytes of a message to the outgoing bytes of a connection, for which there is room.
  private mutating func put(
    _ count: Int, from cursor: inout ChainCursor, on connection: Handle<Connection>
  ) {
    departures.put(count, from: &cursor, of: messages, to: &connections[connection].output)
    departures.countHolder(&connections[connection])
  }

  private mutating func putTopic(
    _ count: Int, from cursor: inout ChainCursor, on connection: Handle<Connection>,
    unless isKnown: Bool
  ) {
    if isKnown { return messages.skip(count, with: &cursor) }
    departures.put(count, from: &cursor, of: messages, to: &connections[connection].output)
  }

  mutating func countPublish(_ payloadCount: Int) {
    statistics.packetsSent += 1
    statistics.publishesSent += 1
    statistics.publishBytesSent += UInt64(payloadCount)
  }
}
