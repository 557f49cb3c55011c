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
    if isRepeated(publish, bytes, topic, from: session, &work) {
      acknowledge(publish, .success, on: connection)
      return true
    }
    work.pay(WorkPrice.reading(topic.count + publish.properties.block.length))
    work.pay(WorkPrice.copying(publish.payload.length))
    guard mayPublish(topic, session, &work) else {
      note(.publishDenied, session, "")
      return refuse(publish, .notAuthorized, on: connection)
    }
    guard publish.payload.length <= policy.maximumPayloadSize else {
      note(.messageTooLarge, session, "it exceeds message_size_limit")
      return refuse(publish, .implementationSpecificError, on: connection)
    }
    if let cause = shortage(of: publish, topic, from: session) {
      return reject(publish, for: cause, on: connection)
    }
    return publishNow(publish, bytes, topic, on: connection, &work)
      ?? publishSlowly(publish, bytes, topic, on: connection)
  }

  /// Gives a message to all who are owed it, and acknowledges it; false when it has to wait for room,
  /// nil when it goes to too many to be done at once.
  private mutating func publishNow(
    _ publish: Publish, _ bytes: Span<UInt8>, _ topic: Span<UInt8>,
    on connection: Handle<Connection>, _ work: inout Work
  ) -> Bool? {
    let session = connections[connection].session
    let offer = offer(topic, qos: publish.qos, byteCount: publish.byteCount(withTopic: topic.count))
    guard matchAtOnce(offer, from: session.index, &work) else { return nil }
    if let full = fullQueue(in: .quick, offer, from: session, &work) {
      return reject(publish, for: wait(for: full, offer.byteCount, by: session), on: connection)
    }
    count(publish)
    distribute(publish, bytes, topic, on: connection, &work)
    return true
  }

  /// Lets a message wait until it can be given to all who are owed it; false when there is no room for
  /// it, and it has to wait for that.
  private mutating func publishSlowly(
    _ publish: Publish, _ bytes: Span<UInt8>, _ topic: Span<UInt8>,
    on connection: Handle<Connection>
  ) -> Bool {
    let session = connections[connection].session
    var publication = publication(of: publish, on: connection)
    guard keep(&publication, bytes, topic) else {
      let byteCount = UInt32(publish.byteCount(withTopic: topic.count))
      return reject(publish, for: .messages(byteCount), on: connection)
    }
    count(publish)
    hold(publish, bytes, topic, of: session)
    var slow = SlowPublication(
      of: publication.message, topicHash: hash.wide(topic), from: session)
    slow.connection = connection
    slow.packetIdentifier = publish.packetIdentifier
    slow.isToBeRetained = publish.isRetained
    lane.enter(slow, of: connection)
    // It may have waited before, as one that is done at once.
    var wait = arrivals.wait(of: connection)
    wait.cause = .publication
    arrivals.hold(connection, &connections[connection], wait)
    return true
  }

  /// Whether a QoS 2 message has come before: until it is released it is only acknowledged again. With
  /// QoS 1 every PUBLISH is a new message, whatever its DUP flag. [MQTT-4.3.3-10] [MQTT-4.3.2-5]
  ///
  /// A Client that has forgotten what it sent on an earlier connection begins anew with its identifiers:
  /// another message takes the place of the one that is never released, as in Mosquitto.
  private mutating func isRepeated(
    _ publish: Publish, _ bytes: Span<UInt8>, _ topic: Span<UInt8>,
    from session: Handle<Session>, _ work: inout Work
  ) -> Bool {
    guard publish.qos == .exactlyOnce,
      let held = sessions.digest(ofUnreleased: publish.packetIdentifier, of: session)
    else { return false }
    work.pay(WorkPrice.reading(topic.count + publish.payload.length))
    if held == digest(of: publish, bytes, topic) { return true }
    _ = sessions.release(publish.packetIdentifier, of: session)
    return false
  }

  /// What tells a message from another with the same Packet Identifier.
  private func digest(
    of publish: Publish, _ bytes: Span<UInt8>, _ topic: Span<UInt8>
  ) -> UInt32 {
    hash(publish.payload.in(bytes), after: hash(topic))
  }

  private mutating func count(_ publish: Publish) {
    statistics.publishesReceived += 1
    statistics.publishBytesReceived += UInt64(publish.payload.length)
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

  /// A message that may not be published: 5.0 is told, 3.x is acknowledged and the message goes
  /// nowhere. [MQTT3-3.3.5-2]
  mutating func refuse(
    _ publish: Publish, _ reason: ReasonCode, on connection: Handle<Connection>
  ) -> Bool {
    statistics.publishesDropped += 1
    acknowledge(publish, reason, on: connection)
    return true
  }

  /// Gives a message to all who were found to be owed it, and acknowledges it.
  private mutating func distribute(
    _ publish: Publish, _ bytes: Span<UInt8>, _ topic: Span<UInt8>,
    on connection: Handle<Connection>, _ work: inout Work
  ) {
    let session = connections[connection].session
    var publication = publication(of: publish, on: connection)
    let count = subscriptions.matchCount(in: .quick)
    work.pay(count * WorkPrice.copy)
    for place in 0..<count {
      let match = subscriptions.match(at: place, in: .quick)
      deliver(&publication, bytes, topic, to: match, &work)
    }
    endPreceding()
    // [MQTT-3.3.1-5] [MQTT-3.3.1-8] [MQTT3-3.3.1-5] [MQTT3-3.3.1-12]
    if publish.isRetained { retain(&publication, bytes, topic, from: session) }
    if !publication.message.isNull { messages.release(publication.message) }
    hold(publish, bytes, topic, of: session)
    acknowledge(publish, reason(in: .quick), on: connection)
  }

  /// Whether anybody has subscribed to a message that has gone to all. [3.4.2.1]
  func reason(in lane: Lane) -> ReasonCode {
    subscriptions.hasSubscribers(in: lane) ? .success : .noMatchingSubscribers
  }

  /// Remembers the identifier of a QoS 2 message that was taken. Only here: that of one that was
  /// refused is free at once. [MQTT-4.3.3-9]
  private mutating func hold(
    _ publish: Publish, _ bytes: Span<UInt8>, _ topic: Span<UInt8>, of session: Handle<Session>
  ) {
    guard publish.qos == .exactlyOnce else { return }
    let digest = digest(of: publish, bytes, topic)
    let isHeld = sessions.hold(publish.packetIdentifier, digest, of: session)
    precondition(isHeld)  // `shortage` saw to it
  }

  private func publication(
    of publish: Publish, on connection: Handle<Connection>
  ) -> Publication {
    var publication = Publication(
      publish, from: connections[connection].session, version: connections[connection].version,
      mountPoint: listenerPolicy(of: connection).mountPoint)
    publication.traits.expiry = expiry(of: publish)
    return publication
  }

  private func expiry(of publish: Publish) -> Instant {
    guard let seconds = publish.properties.messageExpiry else { return .never }
    return now.adding(seconds: UInt64(seconds))
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
  mutating func acknowledge(
    _ publish: Publish, _ reason: ReasonCode, on connection: Handle<Connection>
  ) {
    acknowledge(publish.packetIdentifier, publish.qos, reason, on: connection)
  }

  mutating func acknowledge(
    _ packetIdentifier: UInt16, _ qos: QoS, _ reason: ReasonCode,
    on connection: Handle<Connection>
  ) {
    guard qos != .atMostOnce else { return }
    let type = qos == .atLeastOnce ? PacketType.puback : .pubrec
    acknowledge(type, packetIdentifier, reason, on: connection)
  }
}

/// A PUBLISH on its way to those who are owed it.
struct Publication: BitwiseCopyable {
  let publish: Publish
  let publisher: Handle<Session>
  let version: ProtocolVersion
  /// What stands before the Topic Name of the packet.
  let mountPoint: PolicyText
  var traits: MessageTraits
  /// The message in the store, once somebody could not be sent it at once; null before.
  var message = Handle<Message>.null

  init(
    _ publish: Publish, from publisher: Handle<Session>, version: ProtocolVersion,
    mountPoint: PolicyText
  ) {
    self.publisher = publisher
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
