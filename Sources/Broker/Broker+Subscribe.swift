import Access
import Board
import MQTT
import Memory
import Sessions
import Topics

// SUBSCRIBE and UNSUBSCRIBE. [3.8.4] [3.10.4]
extension Broker {
  /// Takes each Topic Filter as a SUBSCRIBE of its own and answers them together; false when the
  /// answer has to wait for room. [MQTT-3.8.4-5] [MQTT3-3.8.4-4]
  mutating func subscribe(
    _ packet: Subscribe, _ bytes: Span<UInt8>, on connection: Handle<Connection>
  ) -> Bool {
    guard hasAnswerRoom(packet.count, on: connection) else { return false }
    var requests = packet
    var count = 0
    while let request = requests.next(in: bytes) {
      let code = subscribe(connection, request, packet.subscriptionIdentifier, bytes)
      setCode(connections[connection].version == .v5 ? code : olderCode(code), at: count)
      count += 1
    }
    // [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-6] [MQTT3-3.8.4-1] [MQTT3-3.8.4-5]
    answer(.suback, packet.packetIdentifier, count, on: connection)
    owe(connection)
    return true
  }

  /// Ends each subscription as an UNSUBSCRIBE of its own and answers them together; false when
  /// the answer has to wait for room. [MQTT-3.10.4-6] [MQTT3-3.10.4-3]
  mutating func unsubscribe(
    _ packet: Unsubscribe, _ bytes: Span<UInt8>, on connection: Handle<Connection>
  ) -> Bool {
    guard hasAnswerRoom(packet.count, on: connection) else { return false }
    let session = connections[connection].session
    var filters = packet
    var count = 0
    while let filter = filters.next(in: bytes) {
      var isEnded = false
      if let mounted = mounted(filter: filter.in(bytes), on: connection) {
        let replaying = subscriptions.replaying(session.index)
        isEnded = subscriptions.unsubscribe(session.index, from: mounted, texts: &texts)
        if subscriptions.replaying(session.index) != replaying { resetReplay(of: session.index) }
      }
      note(.unsubscribed, session, "")
      setCode(isEnded ? .success : .noSubscriptionExisted, at: count)  // [MQTT-3.11.3-2]
      count += 1
    }
    // [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT3-3.10.4-1] [MQTT3-3.10.4-2]
    answer(.unsuback, packet.packetIdentifier, count, on: connection)
    return true
  }

  private mutating func subscribe(
    _ connection: Handle<Connection>, _ request: Subscribe.Request, _ identifier: UInt32,
    _ bytes: Span<UInt8>
  ) -> ReasonCode {
    let session = connections[connection].session
    let written = request.filter.in(bytes)
    guard written.count <= limits.topicBytes, let filter = mounted(filter: written, on: connection)
    else { return .topicFilterInvalid }
    guard maySubscribe(filter, session) else {
      note(.subscribeDenied, session, "")
      return .notAuthorized
    }
    let outcome = subscriptions.subscribe(
      session.index, to: filter, options: request.options, identifier: identifier, texts: &texts)
    switch outcome {
    case .full:
      note(.subscriptionsFull, session, "")
      return .quotaExceeded
    case .added(let subscription):
      note(.subscribed, session, "")
      if request.options.retainHandling != .doNotSend { beginReplay(of: subscription) }
    case .replaced(let subscription):
      // [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11] [MQTT-3.8.4-4] [MQTT3-3.8.4-3]
      note(.subscribed, session, "")
      if request.options.retainHandling == .send { beginReplay(of: subscription) }
    }
    // Every QoS is granted, even where the listener takes no such PUBLISH. The reasons above are
    // those that a SUBACK may hold. [MQTT-3.2.2-10] [MQTT-3.8.4-7] [MQTT-3.9.3-2]
    return ReasonCode(rawValue: request.options.qos.rawValue)
  }

  /// Retained messages are not sent for Shared Subscriptions. [4.8.2]
  private mutating func beginReplay(of subscription: Handle<Subscription>) {
    guard subscriptions[subscription].group.isNull else { return }
    let session = Int(subscriptions[subscription].subscriber)
    if subscriptions.replaying(session) == subscription { resetReplay(of: session) }
    subscriptions.beginReplay(of: subscription)
  }

  /// 3.1.1 has one code for failure. [MQTT3-3.8.4-5]
  private func olderCode(_ code: ReasonCode) -> ReasonCode {
    code.isError ? .unspecifiedError : code
  }

  private mutating func setCode(_ code: ReasonCode, at index: Int) {
    var target = codes.mutableBytes(index..<index + 1)
    target[0] = code.rawValue
  }

  /// Whether an answer with so many codes can be sent; the packet waits when it cannot.
  private mutating func hasAnswerRoom(_ count: Int, on connection: Handle<Connection>) -> Bool {
    let outgoing = connections[connection].outgoing
    let needed = sending.blocksNeeded(toAppend: count + 16, to: outgoing) + 1
    if needed <= sending.occupancy.free { return true }
    wait(connection, .sendBlocksShort)
    return false
  }

  private mutating func answer(
    _ type: PacketType, _ packetIdentifier: UInt16, _ count: Int,
    on connection: Handle<Connection>
  ) {
    let version = connections[connection].version
    let answer = SubscriptionAnswer(
      type, packetIdentifier: packetIdentifier, codeCount: count, version: version)
    // One that is too large for the Client cannot be sent. [MQTT-3.1.2-27]
    guard answer.packetLength <= Int(clamping: connections[connection].maximumPacketSize) else {
      return refuse(connection, .packetTooLarge, .messageTooLarge, "its answer is too large for it")
    }
    var head = PacketBytes<16>()
    answer.writeHead(to: &head)
    send(head.span, on: connection)
    if answer.hasCodes && connections[connection].state == .established {
      send(codes.bytes(0..<count), on: connection)
    }
    statistics.packetsSent += 1
  }
}
