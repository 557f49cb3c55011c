import Access
import MQTT
import Memory
import Messages
import Sessions
import Topics

// A copy for each who is to get a message. [3.3.4]
extension Broker {
  /// Sends a copy at once where that is possible, and queues it otherwise: with QoS 1 and 2 for
  /// those too who are away. [MQTT-4.5.0-1] [MQTT3-3.1.2-5] [MQTT3-4.5.0-1]
  mutating func deliver(
    _ publication: inout Publication, _ bytes: Span<UInt8>, _ topic: Span<UInt8>, to match: Match,
    _ work: inout Work
  ) {
    guard let session = recipient(of: match) else { return }
    let qos = outgoingQoS(publication.publish.qos, match)
    let isBound = isPreceded(topic, match, qos, to: session, &work)
    if qos == .atMostOnce && sessions[session].firstQoS0.isNull && !isBound {
      // QoS 0 stays in order with what is queued for the session. [MQTT-4.6.0-5]
      let connection = presence[session]
      let isSent =
        !connection.isNull && sendAtOnce(publication, bytes, topic, to: match, on: connection)
      if isSent { return }
    }
    let byteCount = publication.publish.byteCount(withTopic: topic.count)
    guard takes(qos, byteCount, session, from: publication.publisher, &work) else { return }
    guard keep(&publication, bytes, topic) else {
      return countDropped(session, messageShortage.words)
    }
    owe(publication.message, to: session, match, qos, as: isBound ? .bound : .ordinary, in: .quick)
  }

  /// Queues a copy of a message in the store.
  mutating func deliver(
    stored handle: Handle<Message>, _ topic: Span<UInt8>, to match: Match,
    from publisher: Handle<Session>, in lane: Lane, _ work: inout Work
  ) {
    guard let session = recipient(of: match) else { return }
    let message = messages[handle]
    let qos = outgoingQoS(message.qos, match)
    let isBound = lane == .quick && isPreceded(topic, match, qos, to: session, &work)
    guard takes(qos, message.byteCount, session, from: publisher, &work) else { return }
    owe(handle, to: session, match, qos, as: isBound ? .bound : .ordinary, in: lane)
  }

  /// The session that a match is of; nil when it has ended, or must not have the copy.
  private mutating func recipient(of match: Match) -> Handle<Session>? {
    guard !match.isVoid, let session = sessions.session(at: Int(match.subscriber)) else {
      return nil
    }
    guard !match.hasTooManyIdentifiers else {
      countDropped(session, "it has too many Subscription Identifiers")
      return nil
    }
    return session
  }

  /// Whether a copy is queued for a session; counts it as lost when it should be and is not.
  private mutating func takes(
    _ qos: QoS, _ byteCount: Int, _ session: Handle<Session>, from publisher: Handle<Session>,
    _ work: inout Work
  ) -> Bool {
    if qos > .atMostOnce {
      if makeRoom(for: byteCount, in: session, from: publisher, &work) { return true }
    } else {
      if queuesQoS0(byteCount, for: session) { return true }
      // It is not owed to anybody who is away, and dropped for one who is too slow.
      if presence[session].isNull { return false }
    }
    dropCopy(for: session, byteCount)
    return false
  }

  /// Queues a copy of a stored message; it is sent in this turn's send phase if it may be.
  private mutating func owe(
    _ message: Handle<Message>, to session: Handle<Session>, _ match: Match, _ qos: QoS,
    as kind: CopyKind, in lane: Lane
  ) {
    // 3.x cannot ask for the flag as it was published. [MQTT-3.3.1-12] [MQTT3-3.3.1-9]
    let isRetained = messages[message].isRetained && match.isRetainAsPublished
    guard enqueue(message, to: session, match, qos, isRetained: isRetained, as: kind, in: lane)
    else {
      let shortage = textShortage(
        identifierBytes(of: match, in: lane), holding: textsHeld(by: session))
      return countDropped(session, (shortage ?? .of(.deliveries)).words)
    }
    let connection = presence[session]
    if !connection.isNull { owe(connection) }
  }

  /// Puts a copy behind all others of its session; false when there is no room for it.
  mutating func enqueue(
    _ message: Handle<Message>, to session: Handle<Session>, _ match: Match, _ qos: QoS,
    isRetained: Bool, as kind: CopyKind, in lane: Lane
  ) -> Bool {
    guard let identifiers = encodeIdentifiers(of: match, in: lane, for: session) else {
      return false
    }
    var delivery = Delivery(
      of: message, to: session.index, qos: qos, isRetained: isRetained, identifiers: identifiers)
    delivery.isReplayed = kind == .replayed
    delivery.isBound = kind == .bound
    delivery.isShared = !match.group.isNull
    if let handle = sessions.enqueue(delivery, for: session, messages: &messages, texts: texts) {
      if delivery.isShared {
        groupsOfDeliveries[handle.index] = subscriptions.mark(of: match.group)
      }
      return true
    }
    var unused = identifiers
    texts.release(&unused)
    return false
  }

  // MARK: Subscription Identifiers

  /// The Subscription Identifiers of a match as encoded properties; nil when the session has its share
  /// of texts.
  ///
  /// The copy for a group names the subscription of the member chosen and no other. [MQTT-3.3.4-3]
  /// [MQTT-3.3.4-4] [MQTT-3.3.4-5]
  private mutating func encodeIdentifiers(
    of match: Match, in lane: Lane, for session: Handle<Session>
  ) -> Chain? {
    var chain = Chain()
    guard match.hasIdentifiers else { return chain }
    guard mayClaimTexts(identifierBytes(of: match, in: lane), holding: textsHeld(by: session))
    else { return nil }
    var cursor = subscriptions.identifiers(of: match, in: lane)
    while let identifier = subscriptions.nextIdentifier(&cursor) {
      var property = PacketBytes<8>()
      property.append(subscriptionIdentifier: identifier)
      let isKept = texts.append(property.span, to: &chain)
      precondition(isKept)  // there is room for all of them
    }
    return chain
  }

  /// Appends them to the outgoing bytes of a connection, for which there is room.
  mutating func putIdentifiers(of match: Match, on connection: Handle<Connection>) {
    guard match.hasIdentifiers else { return }
    var cursor = subscriptions.identifiers(of: match, in: .quick)
    while let identifier = subscriptions.nextIdentifier(&cursor) {
      var property = PacketBytes<8>()
      property.append(subscriptionIdentifier: identifier)
      departures.put(property.span, to: &connections[connection].output)
    }
  }

  /// Bytes that the Subscription Identifiers of a match take as properties.
  func identifierBytes(of match: Match, in lane: Lane) -> Int {
    guard match.hasIdentifiers else { return 0 }
    var cursor = subscriptions.identifiers(of: match, in: lane)
    var count = 0
    while let identifier = subscriptions.nextIdentifier(&cursor) {
      count += 1 + VariableByteInteger.length(of: identifier)
    }
    return count
  }

  /// Text blocks that count for a session: of its subscriptions, of what is queued for it, and of the
  /// Topic Aliases of its connection.
  func textsHeld(by session: Handle<Session>) -> Int {
    let connection = presence[session]
    let table = connection.isNull ? Handle<AliasTable>.null : connections[connection].aliases
    return Int(sessions[session].textBlocks) + subscriptions.holding(of: session.index).blocks
      + aliases.blocks(of: table)
  }
}

/// What a copy is for its session.
enum CopyKind: BitwiseCopyable {
  case ordinary
  /// It stays behind those of QoS 1 and 2, of which one has its topic.
  case bound
  /// It is retained, and sent for a new subscription.
  case replayed
}
