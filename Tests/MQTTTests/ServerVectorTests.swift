import Testing

@testable import MQTT

/// Each packet of the Server's vectors, written by the codec.
@Suite struct ServerVectorTests {
  @Test(arguments: Vector.fromServer)
  func `the Server writes the bytes of its line`(_ vector: Vector) {
    var sink = Collector()
    #expect(write(vector, to: &sink))
    #expect(sink.bytes == vector.bytes)
  }

  private func write(_ vector: Vector, to sink: inout Collector) -> Bool {
    writeConnack(vector, to: &sink) || writeAcknowledgement(vector, to: &sink)
      || writeSubscription(vector, to: &sink) || writeFarewell(vector, to: &sink)
      || writePublish(vector, to: &sink)
  }

  // [MQTT-3.2.2-1] [MQTT-3.2.2-6] [MQTT-3.2.2-9] [MQTT-3.2.2-16] [MQTT-3.2.2-19] [MQTT-3.2.2-20]
  // [MQTT3-3.2.2-4] [MQTT-3.1.3-7] [MQTT-4.12.0-6]
  private func writeConnack(_ vector: Vector, to sink: inout Collector) -> Bool {
    let version = vector.version
    switch vector.name {
    case "connack-3.1":
      Connack(version: version, reason: .success, isSessionPresent: true).write(to: &sink)
    case "connack-3.1.1-session-present", "connack-5-session-present":
      Connack(version: version, reason: .success, isSessionPresent: true).write(to: &sink)
    case "connack-5-plain": Connack(version: version, reason: .success).write(to: &sink)
    case "connack-5-refused":
      Connack(version: version, reason: .notAuthorized, isSessionPresent: true).write(to: &sink)
    case "connack-5-reason-string-left-out":
      let words = Array("no".utf8)
      var connack = Connack(version: version, reason: .notAuthorized, reasonString: words.span)
      connack.maximumLength = 9
      connack.write(to: &sink)
    case "connack-5-limits":
      var connack = Connack(version: version, reason: .success)
      connack.topicAliasMaximum = 10
      connack.maximumPacketSize = 2_000_000
      connack.receiveMaximum = 20
      connack.write(to: &sink)
    case "connack-5-all": writeFullConnack(to: &sink)
    default: return writeRefusal(vector, to: &sink)
    }
    return true
  }

  private func writeRefusal(_ vector: Vector, to sink: inout Collector) -> Bool {
    let prefix = "connack-3.1.1-code-"
    guard vector.name.hasPrefix(prefix) else { return false }
    let reasons: [ReasonCode] = [
      .unsupportedProtocolVersion, .clientIdentifierNotValid, .serverUnavailable,
      .badUserNameOrPassword, .notAuthorized,
    ]
    guard let code = Int(vector.name.dropFirst(prefix.count)) else { return false }
    let connack = Connack(version: .v3_1_1, reason: reasons[code - 1], isSessionPresent: true)
    connack.write(to: &sink)
    return true
  }

  private func writeFullConnack(to sink: inout Collector) {
    let identifier = Array("auto-1".utf8)
    let method = Array("SCRAM".utf8)
    let step = Array("ok".utf8)
    let words = Array("welcome".utf8)
    var connack = Connack(
      version: .v5, reason: .success, reasonString: words.span,
      assignedClientIdentifier: identifier.span,
      authenticationMethod: method.span, authenticationData: step.span)
    connack.topicAliasMaximum = 10
    connack.maximumPacketSize = 1000
    connack.receiveMaximum = 20
    connack.sessionExpiry = 60
    connack.maximumQoS = .atLeastOnce
    connack.isRetainAvailable = false
    connack.serverKeepAlive = 30
    connack.isWildcardSubscriptionAvailable = false
    connack.isSubscriptionIdentifierAvailable = false
    connack.isSharedSubscriptionAvailable = false
    connack.write(to: &sink)
  }

  // [MQTT-2.2.1-5] [MQTT3-2.3.1-6] [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3]
  // [MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-2] [MQTT-3.7.2-3]
  private func writeAcknowledgement(_ vector: Vector, to sink: inout Collector) -> Bool {
    let types: [(String, PacketType)] = [
      ("server-puback-", .puback), ("server-pubrec-", .pubrec), ("server-pubrel-", .pubrel),
      ("server-pubcomp-", .pubcomp),
    ]
    guard let (_, type) = types.first(where: { vector.name.hasPrefix($0.0) }) else { return false }
    let isReceipt = type == .puback || type == .pubrec
    let failure = isReceipt ? ReasonCode.noMatchingSubscribers : .packetIdentifierNotFound
    let isFailure = vector.name.hasSuffix("reason") || vector.version != .v5
    Acknowledgement(
      type, packetIdentifier: 1, reason: isFailure ? failure : .success, version: vector.version
    ).write(to: &sink)
    return true
  }

  // [MQTT-3.8.4-2] [MQTT-3.8.4-6] [MQTT-3.9.3-1] [MQTT-3.11.3-1] [MQTT-3.10.4-5] [MQTT-2.2.1-6]
  // [MQTT3-3.8.4-2] [MQTT3-3.8.4-5] [MQTT3-3.10.4-1] [MQTT3-2.3.1-7] [MQTT-3.9.2-1]
  // [MQTT-3.9.2-2] [MQTT-3.11.2-1] [MQTT-3.11.2-2]
  private func writeSubscription(_ vector: Vector, to sink: inout Collector) -> Bool {
    let granted: [UInt8] = [0, 1, 2, 0x87]
    let removed: [UInt8] = [0, 0x11]
    switch vector.name {
    case "suback-3.1.1", "suback-5":
      write(.suback, granted.map { vector.version == .v5 ? $0 : min($0, 0x80) }, vector, to: &sink)
    case "unsuback-3.1.1", "unsuback-5":
      write(.unsuback, removed, vector, to: &sink)
    default: return false
    }
    return true
  }

  private func write(
    _ type: PacketType, _ codes: [UInt8], _ vector: Vector, to sink: inout Collector
  ) {
    let answer = SubscriptionAnswer(
      type, packetIdentifier: 7, codeCount: codes.count, version: vector.version)
    answer.writeHead(to: &sink)
    if answer.hasCodes { sink.append(codes.span) }
    #expect(sink.bytes.count == answer.packetLength)
  }

  // [MQTT-3.14.2-1] [MQTT-3.14.2-2] [MQTT-3.14.2-3] [MQTT-3.14.2-4] [MQTT-3.15.2-2]
  // [MQTT-4.12.0-5]
  private func writeFarewell(_ vector: Vector, to sink: inout Collector) -> Bool {
    let method = Array("SCRAM".utf8)
    let step = Array("x".utf8)
    switch vector.name {
    case "pingresp": PingResponse().write(to: &sink)
    case "server-disconnect": Disconnect(reason: .sessionTakenOver).write(to: &sink)
    case "server-disconnect-normal": Disconnect(reason: .normalDisconnection).write(to: &sink)
    case "server-disconnect-reason-string":
      Disconnect(reason: .protocolError, reasonString: "protocol error", maximumLength: 21)
        .write(to: &sink)
    case "server-disconnect-reason-string-left-out":
      Disconnect(reason: .protocolError, reasonString: "protocol error", maximumLength: 20)
        .write(to: &sink)
    case "server-auth":
      OutgoingAuth(
        reason: .continueAuthentication, method: method.span, authenticationData: step.span
      ).write(to: &sink)
    case "server-auth-no-data":
      OutgoingAuth(reason: .success, method: method.span, authenticationData: Span())
        .write(to: &sink)
    default: return false
    }
    return true
  }

  // [MQTT-3.3.2-6] [MQTT-3.3.1-2] [MQTT3-3.3.1-2] [MQTT-2.2.1-2]
  private func writePublish(_ vector: Vector, to sink: inout Collector) -> Bool {
    var message = OutgoingMessage(version: vector.version)
    switch vector.name {
    case "server-publish-3.1.1-qos0", "server-publish-5-qos0": message.isDuplicate = true
    case "server-publish-3.1.1-qos2-duplicate-retained":
      message.qos = .exactlyOnce
      message.isDuplicate = true
      message.isRetained = true
    case "server-publish-5-alias-only":
      message.topic = []
      message.topicAlias = 4
    case "server-publish-5-everything":
      message.qos = .atLeastOnce
      message.isDuplicate = true
      message.isRetained = true
      message.topicAlias = 4
      message.messageExpiry = 59
      message.forwarded = [1, 1, 0x26] + counted("k") + counted("v")
      message.identifiers = [5, 0, 200]
    default: return false
    }
    message.write(to: &sink)
    return true
  }
}

/// A message and all that the Server adds to it, as the broker will put them together.
struct OutgoingMessage {
  var version: ProtocolVersion
  var qos = QoS.atMostOnce
  var isDuplicate = false
  var isRetained = false
  var topic = Array("a/b".utf8)
  var topicAlias: UInt16 = 0
  var packetIdentifier: UInt16 = 9
  var messageExpiry: UInt32?
  var forwarded: [UInt8] = []
  var identifiers: [UInt32] = []
  var payload = Array("hello".utf8)

  var header: OutgoingPublish {
    OutgoingPublish(
      version: version, qos: qos, isDuplicate: isDuplicate, isRetained: isRetained,
      topicCount: topic.count, topicAlias: topicAlias, packetIdentifier: packetIdentifier,
      messageExpiry: messageExpiry, forwardedCount: forwarded.count,
      identifiersCount: identifiers.map(SubscriptionIdentifier.encodedLength).reduce(0, +),
      payloadCount: payload.count)
  }

  func write(to sink: inout Collector) {
    header.writeFixedHeader(to: &sink)
    sink.append(topic.span)
    header.writeBeforeForwarded(to: &sink)
    sink.append(forwarded.span)
    for identifier in identifiers { sink.append(subscriptionIdentifier: identifier) }
    sink.append(payload.span)
  }
}
