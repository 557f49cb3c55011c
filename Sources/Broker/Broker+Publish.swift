import Access
import Board
import MQTT
import Memory
import Messages
import Sessions
import Topics

// PUBLISH from a Client. [3.3.4]
extension Broker {
  /// Takes a PUBLISH; false when it has to wait for room, and nothing was done then.
  mutating func receive(
    _ publish: Publish, _ bytes: Span<UInt8>, on connection: Handle<Connection>,
    _ work: inout Work
  ) -> Bool {
    guard isAllowed(publish, on: connection),
      let written = topic(of: publish, bytes, on: connection)
    else { return true }
    guard let topic = mounted(topic: written, on: connection) else {
      refuse(connection, .topicNameInvalid, .malformedPacket, "its Topic Name is too long")
      return true
    }
    let session = connections[connection].session
    // Until it is released, a QoS 2 message that comes again is only acknowledged again. With QoS 1
    // every PUBLISH is a new message, whatever its DUP flag. [MQTT-4.3.3-10] [MQTT-4.3.2-5]
    if publish.qos == .exactlyOnce
      && sessions.isUnreleased(publish.packetIdentifier, of: session)
    {
      acknowledge(publish, .success, on: connection)
      return true
    }
    guard mayPublish(topic, session) else {
      note(.publishDenied, session, "")
      return refuse(publish, .notAuthorized, on: connection)
    }
    guard publish.payload.length <= policy.maximumPayloadSize else {
      note(.messageTooLarge, session, "it exceeds message_size_limit")
      return refuse(publish, .implementationSpecificError, on: connection)
    }
    subscriptions.match(topic, from: session.index, texts: texts)
    dropUnreadable(topic)
    guard publish.qos == .atMostOnce || admits(publish, topic, from: session) else {
      return reject(publish, on: connection)
    }
    statistics.publishesReceived += 1
    statistics.publishBytesReceived += UInt64(publish.payload.length)
    distribute(publish, bytes, topic, on: connection)
    return true
  }

  /// What the CONNACK said that this Server takes.
  private mutating func isAllowed(
    _ publish: Publish, on connection: Handle<Connection>
  ) -> Bool {
    if publish.qos > listenerPolicy(of: connection).maximumQoS {
      refuse(connection, .qosNotSupported, .malformedPacket, "it published with too high a QoS")
    } else if publish.isRetained && !policy.isRetainAvailable {
      refuse(connection, .retainNotSupported, .malformedPacket, "it published with RETAIN")
    } else if exceedsReceiveMaximum(publish, on: connection) {
      refuse(
        connection, .receiveMaximumExceeded, .malformedPacket, "it exceeded our Receive Maximum")
    } else {
      return true
    }
    return false
  }

  /// Whether a 5.0 Client has more QoS 2 messages under way than we said. [MQTT-3.3.4-7]
  ///
  /// QoS 1 messages are acknowledged as they come and never add up.
  private func exceedsReceiveMaximum(
    _ publish: Publish, on connection: Handle<Connection>
  ) -> Bool {
    guard publish.qos == .exactlyOnce, connections[connection].version == .v5,
      policy.maximumInFlight > 0
    else { return false }
    let session = connections[connection].session
    return sessions[session].unreleased >= UInt32(policy.maximumInFlight)
      && !sessions.isUnreleased(publish.packetIdentifier, of: session)
  }

  /// The Topic Name, by its alias if need be; nil when the connection had to be closed.
  @_lifetime(copy bytes)
  private mutating func topic(
    of publish: Publish, _ bytes: Span<UInt8>, on connection: Handle<Connection>
  ) -> Span<UInt8>? {
    let topic = publish.topic.in(bytes)
    guard topic.count <= limits.topicBytes else {
      refuse(connection, .topicNameInvalid, .malformedPacket, "its Topic Name is too long")
      return nil
    }
    guard publish.properties.topicAlias != 0 else { return topic }
    if topic.isEmpty { return topicOfAlias(publish.properties.topicAlias, on: connection) }
    return setAlias(publish.properties.topicAlias, to: topic, on: connection) ? topic : nil
  }

  /// Whether everyone who is owed the message can be promised it; drops what the policy drops.
  ///
  /// Chooses the members of Shared Subscriptions on the way.
  private mutating func admits(
    _ publish: Publish, _ topic: Span<UInt8>, from session: Handle<Session>
  ) -> Bool {
    let byteCount = publish.byteCount(withTopic: topic.count)
    var copies = 0
    var identifierBlocks =
      publish.isRetained && !publish.payload.isEmpty ? sourceBlocks(of: session) : 0
    for place in 0..<subscriptions.matches.count {
      chooseMember(at: place, qos: publish.qos, byteCount: byteCount, topic)
      let match = subscriptions.matches[place]
      guard outgoingQoS(publish.qos, match) > .atMostOnce else { continue }
      guard !match.isSkipped && makeRoom(for: byteCount, in: match) else {
        if policy.whenQueueIsFull == .reject { return false }
        subscriptions.skip(at: place)
        continue
      }
      copies += 1
      identifierBlocks += self.identifierBlocks(of: match)
    }
    return identifierBlocks <= texts.occupancy.free
      && hasRoom(for: publish, topic, copies: copies)
  }

  /// Whether the tables that all sessions share can take the message.
  private mutating func hasRoom(
    for publish: Publish, _ topic: Span<UInt8>, copies: Int
  ) -> Bool {
    let isKept = publish.isRetained && !publish.payload.isEmpty
    if isKept && !retained.hasRoom(for: topic, messages: messages) {
      retained.refuse()
      note(.retainedFull, nil, "")
      return false
    }
    if publish.qos == .exactlyOnce && !sessions.hasRoomForUnreleased {
      sessions.refuseUnreleased()
      return false
    }
    if copies > sessions.deliveryOccupancy.free {
      sessions.refuseDelivery()
      return false
    }
    guard copies > 0 || isKept else { return true }
    guard messages.hasRoom(for: publish.byteCount(withTopic: topic.count)) else {
      messages.refuse()
      return false
    }
    return true
  }

  /// A message of QoS 1 or 2 that cannot be promised to everyone is given to nobody: 5.0 is told,
  /// 3.x waits unacknowledged. False when it waits.
  private mutating func reject(_ publish: Publish, on connection: Handle<Connection>) -> Bool {
    guard connections[connection].version == .v5 else {
      wait(connection, for: .room)
      return false
    }
    note(.publishRejected, connections[connection].session, "")
    acknowledge(publish, .quotaExceeded, on: connection)
    return true
  }

  /// A message that may not be published: 5.0 is told, 3.x is acknowledged and the message goes
  /// nowhere. [MQTT3-3.3.5-2]
  private mutating func refuse(
    _ publish: Publish, _ reason: ReasonCode, on connection: Handle<Connection>
  ) -> Bool {
    statistics.publishesDropped += 1
    acknowledge(publish, reason, on: connection)
    return true
  }

  /// Gives an admitted message to all who are owed it, and acknowledges it.
  private mutating func distribute(
    _ publish: Publish, _ bytes: Span<UInt8>, _ topic: Span<UInt8>,
    on connection: Handle<Connection>
  ) {
    let session = connections[connection].session
    var publication = Publication(
      publish, version: connections[connection].version,
      mountPoint: listenerPolicy(of: connection).mountPoint)
    publication.traits.expiry = expiry(of: publish)
    deliver(&publication, bytes, topic)
    // [MQTT-3.3.1-5] [MQTT-3.3.1-8] [MQTT3-3.3.1-5] [MQTT3-3.3.1-12]
    if publish.isRetained { retain(&publication, bytes, topic, from: session) }
    if !publication.message.isNull { messages.release(publication.message) }
    // Only here: the identifier of a message that was refused is free at once. [MQTT-4.3.3-9]
    if publish.qos == .exactlyOnce {
      let isHeld = sessions.hold(publish.packetIdentifier, of: session)
      precondition(isHeld)  // `hasRoom` saw to it
    }
    let isMatched = subscriptions.matches.count > 0
    acknowledge(publish, isMatched ? .success : .noMatchingSubscribers, on: connection)
  }

  /// Who was promised the message gets it first: a copy of QoS 0 takes no room from one of those.
  private mutating func deliver(
    _ publication: inout Publication, _ bytes: Span<UInt8>, _ topic: Span<UInt8>
  ) {
    let qos = publication.publish.qos
    for place in 0..<subscriptions.matches.count {
      if qos == .atMostOnce { chooseMember(at: place, qos: qos, byteCount: 0, topic) }
      let match = subscriptions.matches[place]
      if qos == .atMostOnce || outgoingQoS(qos, match) > .atMostOnce {
        deliver(&publication, bytes, topic, to: match)
      }
    }
    guard qos > .atMostOnce else { return }
    for place in 0..<subscriptions.matches.count {
      let match = subscriptions.matches[place]
      if outgoingQoS(qos, match) == .atMostOnce { deliver(&publication, bytes, topic, to: match) }
    }
  }

  private func expiry(of publish: Publish) -> Instant {
    guard let seconds = publish.properties.messageExpiry else { return .never }
    return now.adding(seconds: UInt64(seconds))
  }

  /// Makes the message the retained one of its topic, or removes that if the Payload is empty.
  /// [MQTT-3.3.1-6] [MQTT-3.3.1-7] [MQTT3-3.3.1-10] [MQTT3-3.3.1-11]
  private mutating func retain(
    _ publication: inout Publication, _ bytes: Span<UInt8>, _ topic: Span<UInt8>,
    from session: Handle<Session>
  ) {
    guard !publication.publish.payload.isEmpty, keep(&publication, bytes, topic) else {
      // What came before is outdated, even when the new message found no room. [MQTT3-3.3.1-7]
      return removeRetained(topic)
    }
    retain(publication.message, topic, from: session)
  }

  /// Sees to it that the message stands in the store; false when there is no room.
  mutating func keep(
    _ publication: inout Publication, _ bytes: Span<UInt8>, _ topic: Span<UInt8>
  ) -> Bool {
    guard publication.message.isNull else { return true }
    let publish = publication.publish
    guard
      let message = messages.keep(
        topic: topic, properties: publish.properties.block.in(bytes),
        payload: publish.payload.in(bytes), traits: publication.traits)
    else { return false }
    publication.message = message
    if publication.traits.expiry != .never { armSweep() }
    return true
  }

  /// PUBACK or PUBREC, by the QoS. [MQTT-3.3.4-1] [MQTT3-3.3.4-1] [MQTT-4.3.2-4] [MQTT-4.3.3-8]
  private mutating func acknowledge(
    _ publish: Publish, _ reason: ReasonCode, on connection: Handle<Connection>
  ) {
    guard publish.qos != .atMostOnce else { return }
    let type = publish.qos == .atLeastOnce ? PacketType.puback : .pubrec
    acknowledge(type, publish.packetIdentifier, reason, on: connection)
  }
}

/// A PUBLISH on its way to those who are owed it.
struct Publication: BitwiseCopyable {
  let publish: Publish
  let version: ProtocolVersion
  /// What stands before the Topic Name of the packet.
  let mountPoint: PolicyText
  var traits: MessageTraits
  /// The message in the store, once somebody could not be sent it at once; null before.
  var message = Handle<Message>.null

  init(_ publish: Publish, version: ProtocolVersion, mountPoint: PolicyText) {
    self.mountPoint = mountPoint
    self.publish = publish
    self.version = version
    traits = MessageTraits(qos: publish.qos, isRetained: publish.isRetained, expiry: .never)
  }
}

extension Publish {
  /// Bytes that the message takes in the store.
  func byteCount(withTopic topicCount: Int) -> Int {
    topicCount + properties.block.length + payload.length
  }
}
