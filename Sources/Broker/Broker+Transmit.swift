import Board
import MQTT
import Memory
import Messages
import Sessions
import Topics

// Stored messages to bytes: the headers at once, the Payload piece by piece. [3.3]
extension Broker {
  /// Sends the oldest unsent delivery; false when there is no room for it yet.
  mutating func transmitNext(
    of session: Handle<Session>, on connection: Handle<Connection>
  ) -> Bool {
    let handle = sessions[session].firstUnsent
    let delivery = sessions[handle]
    if delivery.stage == .awaitsPubcomp {
      // Sent again on a new connection. [MQTT-4.4.0-1]
      sessions.transmit(session, messages: messages)
      acknowledge(.pubrel, delivery.packetIdentifier, .success, on: connection)
      return true
    }
    let message = messages[delivery.message]
    if delivery.stage == .unsent && message.isExpired(at: now) {
      note(.messageExpired, session, "")
      sessions.remove(handle, of: session, messages: &messages, texts: &texts)
      return true
    }
    var header = header(of: message, qos: delivery.qos, delivery.isRetained, on: connection)
    header.isDuplicate = delivery.isDuplicate
    if connections[connection].version == .v5 {
      header.identifiersCount = delivery.identifiers.count
    }
    let length = nameTopic(of: delivery.message, in: &header, on: connection)
    guard header.packetLength <= Int(connections[connection].maximumPacketSize) else {
      note(.messageTooLarge, session, "")
      sessions.remove(handle, of: session, messages: &messages, texts: &texts)
      return true  // as if it had been sent [MQTT-3.1.2-28]
    }
    guard hasSendRoom(header.packetLength - header.payloadCount, on: connection) else {
      return false
    }
    commitAlias(of: header, name.bytes(0..<length), on: connection)
    if delivery.qos > .atMostOnce {
      sessions.transmit(session, messages: messages)
      header.packetIdentifier = sessions[handle].packetIdentifier
    }
    write(header, delivery.message, delivery.identifiers, on: connection)
    if delivery.qos == .atMostOnce {
      sessions.remove(handle, of: session, messages: &messages, texts: &texts)
    }
    return true
  }

  /// The header of a stored message as this connection is to see it.
  func header(
    of message: Message, qos: QoS, _ isRetained: Bool, on connection: Handle<Connection>
  ) -> OutgoingPublish {
    let version = connections[connection].version
    var header = OutgoingPublish(version: version, qos: qos, isRetained: isRetained)
    header.topicCount = Int(message.topicCount)
    header.payloadCount = message.payloadCount
    if version == .v5 {
      header.forwardedCount = Int(message.propertiesCount)
      // What is left of it. [MQTT-3.3.2-6]
      header.messageExpiry = message.remainingSeconds(at: now)
    }
    return header
  }

  /// Puts an alias in place of the Topic Name where this connection uses aliases; returns the
  /// length of the name, which stands in the name buffer then, or zero.
  mutating func nameTopic(
    of message: Handle<Message>, in header: inout OutgoingPublish,
    on connection: Handle<Connection>
  ) -> Int {
    guard connections[connection].topicAliasMaximum > 0 else { return 0 }
    let length = messages.copyTopic(of: message, to: &name)
    applyAlias(to: &header, name.bytes(0..<length), on: connection)
    return length
  }

  /// Writes a message for whose headers there is room; its Payload follows as there is room.
  mutating func write(
    _ header: OutgoingPublish, _ message: Handle<Message>, _ identifiers: Chain,
    on connection: Handle<Connection>
  ) {
    var outgoing = connections[connection].outgoing
    var cursor = messages[message].start
    var head = PacketBytes<8>()
    header.writeFixedHeader(to: &head)
    put(head.span, to: &outgoing)
    if header.topicCount > 0 {
      put(header.topicCount, from: &cursor, to: &outgoing)
    } else {
      messages.skip(Int(messages[message].topicCount), with: &cursor)
    }
    var middle = PacketBytes<24>()
    header.writeBeforeForwarded(to: &middle)
    put(middle.span, to: &outgoing)
    if header.forwardedCount > 0 {
      put(header.forwardedCount, from: &cursor, to: &outgoing)
    } else {
      messages.skip(Int(messages[message].propertiesCount), with: &cursor)
    }
    if header.identifiersCount > 0 { put(identifiers, to: &outgoing) }
    connections[connection].outgoing = outgoing
    countPublish(header.payloadCount)
    owe(connection)
    guard header.payloadCount > 0 else { return }
    messages.retain(message)
    connections[connection].body = MessageBody(
      message: message, cursor: cursor, remaining: header.payloadCount)
    moveBody(connection)
  }

  /// Moves as much of the Payload under way as there is room for.
  mutating func moveBody(_ connection: Handle<Connection>) {
    var body = connections[connection].body
    var outgoing = connections[connection].outgoing
    let blocks = max(0, sending.occupancy.free - connections.occupancy.used)
    let room = sending.roomInLastBlock(of: outgoing) + blocks * sending.blockBytes
    let allowed = min(room, max(0, limits.sendBytes - outgoing.count))
    let count = min(body.remaining, allowed)
    if count > 0 { put(count, from: &body.cursor, to: &outgoing) }
    body.remaining -= count
    connections[connection].outgoing = outgoing
    connections[connection].body = body
    if room == 0 && body.remaining > 0 {
      note(.sendBlocksShort, connections[connection].session, "")
    }
    if body.remaining == 0 { endBody(connection) }
  }

  /// Ends the Payload under way when what waited behind it may leave; without a free block it
  /// waits on, so that nothing comes before it.
  mutating func endBody(_ connection: Handle<Connection>) {
    guard connections[connection].body.isActive else { return }
    var outgoing = connections[connection].outgoing
    sending.moveAll(of: &connections[connection].behind, to: &outgoing)
    connections[connection].outgoing = outgoing
    guard connections[connection].behind.isEmpty else { return }
    messages.release(connections[connection].body.message)
    connections[connection].body = MessageBody()
  }

  /// Bytes of the properties that are forwarded. [3.3.2.3]
  func forwardedCount(of publication: Publication, _ bytes: Span<UInt8>) -> Int {
    let properties = publication.publish.properties
    guard properties.needsFiltering else { return properties.block.count }
    var count = 0
    let block = properties.block.in(bytes)
    var forwarded = ForwardedProperties(of: block)
    while let field = forwarded.next(in: block) { count += field.count }
    return count
  }

  /// Appends the properties that are forwarded, unaltered and in order. [MQTT-3.3.2-4]
  /// [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
  mutating func putForwarded(
    _ publication: Publication, _ bytes: Span<UInt8>, to outgoing: inout Chain
  ) {
    let block = publication.publish.properties.block.in(bytes)
    var forwarded = ForwardedProperties(of: block)
    while let field = forwarded.next(in: block) { put(field.in(block), to: &outgoing) }
  }

  /// Appends bytes for which `hasSendRoom` has seen that there is room.
  mutating func put(_ bytes: Span<UInt8>, to outgoing: inout Chain) {
    let isPut = sending.append(bytes, to: &outgoing)
    precondition(isPut)
  }

  private mutating func put(
    _ count: Int, from cursor: inout ChainCursor, to outgoing: inout Chain
  ) {
    let isPut = messages.append(count, from: &cursor, to: &outgoing, of: &sending)
    precondition(isPut)
  }

  mutating func put(_ text: Chain, to outgoing: inout Chain) {
    guard !text.isEmpty else { return }
    var cursor = ChainCursor(startOf: text)
    let isPut = sending.append(text.count, from: &cursor, of: texts, to: &outgoing)
    precondition(isPut)
  }

  mutating func countPublish(_ payloadCount: Int) {
    statistics.packetsSent += 1
    statistics.publishesSent += 1
    statistics.publishBytesSent += UInt64(payloadCount)
  }
}
