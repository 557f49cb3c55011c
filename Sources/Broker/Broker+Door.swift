import Access
import Board
import MQTT
import Memory
import Messages
import Sessions
import Topics

// The door: what a Client may ask, as values. The packets that a network brings go through it when they
// are read, and visitors, who are in the same process, come to it themselves.
//
// A visitor has a connection like any other: `open(listener:peer:transport:)` counts it for the owner
// whose peer is named, its turns come by `nextTurn` with so much work, whatever it fills is shared
// with all others, and its Keep Alive alone is its own. It has a turn when it has been told something,
// has a message, may go on after it had to wait, or is to leave. Nobody asks for its password: whoever
// opens the connection vouches for the names in the CONNECT.
extension Broker {
  /// Answers the CONNECT of a visitor.
  package mutating func take(
    _ connect: Connect, _ bytes: Span<UInt8>, on connection: Handle<Connection>,
    _ work: inout Work
  ) {
    guard connections[connection].state == .awaitsConnect else { return }
    let isDone = self.connect(connect, bytes, on: connection, &work)
    precondition(isDone)  // only a password has to be waited for
    countPacket(on: connection)
  }

  /// Takes a PUBLISH; false when nothing was done and it has to be brought again at a later turn.
  package mutating func take(
    _ publish: Publish, _ bytes: Span<UInt8>, on connection: Handle<Connection>,
    _ work: inout Work
  ) -> Bool {
    guard connections[connection].state == .established else { return true }
    guard takesInput(connection) else { return false }
    work.pay(WorkPrice.packet)
    let isDone = receive(publish, bytes, on: connection, &work)
    if isDone { countPacket(on: connection) }
    return isDone
  }

  /// Takes PUBACK, PUBREC, PUBREL or PUBCOMP; false when it has to be brought again.
  package mutating func take(
    _ acknowledgement: Acknowledgement, on connection: Handle<Connection>, _ work: inout Work
  ) -> Bool {
    guard connections[connection].state == .established else { return true }
    guard takesInput(connection) else { return false }
    work.pay(WorkPrice.packet)
    receive(acknowledgement, on: connection)
    countPacket(on: connection)
    return true
  }

  /// Takes DISCONNECT.
  package mutating func take(_ disconnect: Disconnect, on connection: Handle<Connection>) {
    guard connections[connection].state == .established else { return }
    receive(disconnect, on: connection)
    statistics.packetsReceived += 1
  }

  /// Subscribes to one Topic Filter; the code of the SUBACK.
  package mutating func subscribe(
    to filter: Span<UInt8>, _ options: SubscriptionOptions, identifier: UInt32 = 0,
    on connection: Handle<Connection>, _ work: inout Work
  ) throws(MalformedPacket) -> ReasonCode {
    guard connections[connection].state == .established else { return .unspecifiedError }
    work.pay(WorkPrice.packet + WorkPrice.reading(filter.count))
    try TopicFilter.validate(filter)
    let code = beginSubscription(to: filter, options, identifier, on: connection, &work)
    countPacket(on: connection)
    owe(connection)  // retained messages
    return code
  }

  /// Ends the subscription to one Topic Filter; the code of the UNSUBACK.
  package mutating func unsubscribe(
    from filter: Span<UInt8>, on connection: Handle<Connection>, _ work: inout Work
  ) throws(MalformedPacket) -> ReasonCode {
    guard connections[connection].state == .established else { return .unspecifiedError }
    work.pay(WorkPrice.packet + WorkPrice.reading(filter.count))
    try TopicFilter.validate(filter)
    let code = endSubscription(from: filter, on: connection, &work)
    countPacket(on: connection)
    return code
  }

  /// Counts a packet that was taken. Whole packets keep a connection alive, not bytes that trickle in.
  /// [MQTT-3.1.2-24]
  mutating func countPacket(on connection: Handle<Connection>) {
    statistics.packetsReceived += 1
    connections[connection].lastReceived = now
    // A message that goes to many was taken, and is waited for.
    if !connections[connection].isWaiting { arrivals.forgetWait(of: connection) }
  }

  // MARK: What a visitor is given

  /// The next that a visitor is told; nil when that was all.
  package mutating func nextAnswer(on connection: Handle<Connection>) -> VisitorAnswer? {
    let outgoing = connections[connection].output
    guard !outgoing.isEmpty else { return nil }
    var record = InlineArray<8, UInt8>(repeating: 0)
    var target = record.mutableSpan
    var cursor = ChainCursor(startOf: outgoing)
    departures.blocks.read(&cursor, into: &target)
    dropOutput(record.count, of: connection)
    if arrivals.wait(of: connection).isForAnswers && connections[connection].isWaiting {
      wake(connection)
    }
    return VisitorAnswer(record: record)
  }

  /// The next message of a visitor's session; nil when there is none that he may have now, or work is
  /// spent, and he has another turn then. It is kept until `giveBack`.
  package mutating func nextMessage(
    for connection: Handle<Connection>, _ work: inout Work
  ) -> GivenMessage? {
    while canBeGivenMore(connection) {
      guard !work.isSpent else {
        callUp(connection)
        return nil
      }
      work.pay(WorkPrice.copy)
      let session = connections[connection].session
      let hasRoom = !isReplayDue(for: session) || replay(to: session, &work)
      let next = nextToSend(of: session)
      guard !next.isNull else {
        if hasRoom { continue }
        // Without room for what is retained he has a turn when somebody has given some back.
        waitForBlocks(connection)
        return nil
      }
      if let given = give(next, of: session, on: connection, &work) {
        return given
      }
    }
    return nil
  }

  /// Gives up the message that a visitor was given.
  package mutating func giveBack(_ given: GivenMessage) { messages.release(given.message) }

  /// Copies the next bytes of a message that a visitor was given into `target`, which it fills.
  package mutating func read(_ cursor: inout ChainCursor, into target: inout MutableSpan<UInt8>) {
    messages.read(&cursor, into: &target)
  }

  /// Tells a visitor something, behind all else he was told. Answers may use the blocks that messages
  /// leave free.
  mutating func tell(_ answer: VisitorAnswer, _ connection: Handle<Connection>) {
    send(answer.record.span, on: connection)
    statistics.packetsSent += 1
  }

  /// Gives a delivery to a visitor; nil when it is no message, or not for him any more.
  private mutating func give(
    _ handle: Handle<Delivery>, of session: Handle<Session>, on connection: Handle<Connection>,
    _ work: inout Work
  ) -> GivenMessage? {
    guard let hidden = prepare(handle, of: session, on: connection, &work) else { return nil }
    let delivery = sessions[handle]
    let message = messages[delivery.message]
    messages.retain(delivery.message)
    var packetIdentifier: UInt16 = 0
    if delivery.qos > .atMostOnce {
      sessions.transmit(session, messages: messages)
      packetIdentifier = sessions[handle].packetIdentifier
    } else {
      sessions.remove(handle, of: session, messages: &messages, texts: &texts)
    }
    countPublish(message.payloadCount)
    var start = message.start
    messages.skip(hidden, with: &start)
    return GivenMessage(
      message: delivery.message, start: start, topicCount: Int(message.topicCount) - hidden,
      propertiesCount: Int(message.propertiesCount), payloadCount: message.payloadCount,
      qos: delivery.qos, isRetained: delivery.isRetained, isDuplicate: delivery.isDuplicate,
      packetIdentifier: packetIdentifier, messageExpiry: message.remainingSeconds(at: now))
  }
}

extension VisitorAnswer {
  /// As it stands in the outgoing bytes of a visitor's connection: which it is, reason, two bytes of
  /// Packet Identifier, type or flag.
  var record: InlineArray<8, UInt8> {
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    switch self {
    case .connected(let reason, let isSessionPresent):
      bytes[1] = reason.rawValue
      bytes[4] = isSessionPresent ? 1 : 0
    case .acknowledged(let type, let packetIdentifier, let reason):
      bytes[0] = 1
      bytes[1] = reason.rawValue
      bytes[2] = UInt8(packetIdentifier >> 8)
      bytes[3] = UInt8(packetIdentifier & 0xFF)
      bytes[4] = type.rawValue
    case .disconnected(let reason):
      bytes[0] = 2
      bytes[1] = reason.rawValue
    }
    return bytes
  }

  init(record: InlineArray<8, UInt8>) {
    let reason = ReasonCode(rawValue: record[1])
    switch record[0] {
    case 0: self = .connected(reason, isSessionPresent: record[4] == 1)
    case 1:
      self = .acknowledged(
        PacketType(rawValue: record[4]) ?? .puback,
        packetIdentifier: UInt16(record[2]) << 8 | UInt16(record[3]), reason)
    default: self = .disconnected(reason)
    }
  }
}
