import Testing

@testable import MQTT

@Suite struct WriterTests {
  // [MQTT-3.2.2-9] [MQTT-3.2.2-16] [MQTT-3.2.2-6]
  @Test func `a Client reads from every CONNACK what the Server put in`() throws {
    var chance = Chance(state: 1)
    for _ in 0..<2_000 {
      let identifier = Array("auto-7".utf8.prefix(Int.random(in: 0...6, using: &chance)))
      let words = Array("words".utf8.prefix(Bool.random(using: &chance) ? 5 : 0))
      var connack = Connack(
        version: .v5, reason: Bool.random(using: &chance) ? .success : .serverBusy,
        isSessionPresent: Bool.random(using: &chance), reasonString: words.span,
        assignedClientIdentifier: identifier.span)
      connack.topicAliasMaximum = UInt16.random(in: 0...3, using: &chance)
      connack.maximumPacketSize = Bool.random(using: &chance) ? 70_000 : nil
      connack.receiveMaximum = Bool.random(using: &chance) ? 300 : nil
      connack.sessionExpiry = Bool.random(using: &chance) ? 0 : nil
      connack.maximumQoS = Bool.random(using: &chance) ? .atMostOnce : .exactlyOnce
      connack.serverKeepAlive = Bool.random(using: &chance) ? 512 : nil
      connack.isRetainAvailable = Bool.random(using: &chance)
      let expected = expectedProperties(of: connack, identifier: identifier, words: words)
      var sink = Collector()
      connack.write(to: &sink)
      var head = Collector()
      connack.writeHead(to: &head)
      var tail = Collector()
      connack.writeTail(to: &tail)
      #expect(head.bytes + identifier + tail.bytes == sink.bytes)
      let length = connack.encodedLength
      #expect(length == sink.bytes.count)
      let received = try #require(ReceivedPacket(sink.bytes))
      #expect(received.type == 2 && received.flags == 0)
      #expect(received.body[0] == 0 || received.body[1] == 0)
      var index = 2
      let properties = takeProperties(received.body, &index)
      #expect(index == received.body.count)
      let read = Dictionary(
        uniqueKeysWithValues: properties.map { ($0.identifier, number($0.value)) })
      #expect(read == expected)
    }
  }

  @Test(arguments: [ProtocolVersion.v3_1, .v3_1_1])
  func `an earlier version is told of no assigned identifier`(version: ProtocolVersion) {
    let identifier = Array("auto-7".utf8)
    let connack = Connack(
      version: version, reason: .success, assignedClientIdentifier: identifier.span)
    var sink = Collector()
    connack.write(to: &sink)
    #expect(sink.bytes == [0x20, 2, 0, 0])
    let isUnassigned = connack.assignedClientIdentifier.isEmpty
    #expect(isUnassigned)
  }

  // [MQTT-3.2.2-19]
  @Test func `a CONNACK keeps its Reason String exactly as long as it fits`() {
    for limit in 1..<40 as Range<UInt32> {
      let words = Array("for a good reason".utf8)
      var connack = Connack(version: .v5, reason: .banned, reasonString: words.span)
      let whole = UInt32(connack.encodedLength)
      connack.maximumLength = limit
      let length = connack.encodedLength
      #expect(length == (limit >= whole ? Int(whole) : 5))
    }
  }

  // [MQTT-3.14.2-3]
  @Test func `a DISCONNECT keeps its Reason String exactly as long as it fits`() {
    let whole = UInt32(Disconnect(reason: .banned, reasonString: "why").encodedLength)
    for limit in 1..<40 as Range<UInt32> {
      let disconnect = Disconnect(reason: .banned, reasonString: "why", maximumLength: limit)
      #expect(disconnect.encodedLength == (limit >= whole ? Int(whole) : 3))
    }
  }

  // [MQTT3-3.2.2-6]
  @Test func `a CONNACK of MQTT 3 is not sent for a reason that it has no code for`() {
    let known = [0, 0x84, 0x85, 0x86, 0x87, 0x88, 0x8A, 0x97, 0x9C, 0x9D, 0x9F] as [UInt8]
    for byte in UInt8.min...UInt8.max {
      let reason = ReasonCode(rawValue: byte)
      let canBeSent = Connack(version: .v3_1_1, reason: reason).canBeSent
      #expect(canBeSent == known.contains(byte))
      #expect((reason.connectReturnCode ?? 0) <= 5)
      let canBeSentInFive = Connack(version: .v5, reason: reason).canBeSent
      #expect(canBeSentInFive)
    }
  }

  // [MQTT-3.3.2-6] [MQTT-2.2.1-2] [MQTT3-2.3.1-5]
  @Test func `a Client reads from every PUBLISH what the Server put in`() throws {
    var chance = Chance(state: 2)
    for _ in 0..<4_000 {
      let message = OutgoingMessage.drawn(by: &chance)
      var sink = Collector()
      message.write(to: &sink)
      #expect(message.header.packetLength == sink.bytes.count)
      #expect(message.header.isRepresentable)
      let received = try #require(ReceivedPacket(sink.bytes))
      #expect(received.type == 3)
      check(received, against: message)
    }
  }

  @Test func `a PUBLISH of more than 256 MiB is not representable`() {
    for (payloadCount, expected) in [(268_435_448, true), (268_435_449, false)] {
      let publish = OutgoingPublish(
        version: .v5, qos: .atMostOnce, isDuplicate: false, isRetained: false, topicCount: 4,
        payloadCount: payloadCount)
      #expect(publish.isRepresentable == expected)
    }
  }

  @Test func `what the Server writes of both directions parses again`() throws {
    for type in [PacketType.puback, .pubrec, .pubrel, .pubcomp] {
      for version in [ProtocolVersion.v3_1_1, .v5] {
        for reason in [ReasonCode.success, type == .puback ? .quotaExceeded : .success] {
          var sink = Collector()
          Acknowledgement(type, packetIdentifier: 513, reason: reason, version: version)
            .write(to: &sink)
          let parsed = try Acknowledgement(
            parsing: sink.bytes.span, header: header(of: sink.bytes), version: version)
          #expect(parsed.type == type && parsed.packetIdentifier == 513)
          #expect(parsed.reason == (version == .v5 ? reason : .success))
        }
      }
    }
  }

  /// The properties that a CONNACK should have, by identifier, each as one number.
  private func expectedProperties(
    of connack: borrowing Connack, identifier: [UInt8], words: [UInt8]
  ) -> [Int: Int] {
    [
      0x22: connack.topicAliasMaximum == 0 ? nil : Int(connack.topicAliasMaximum),
      0x27: connack.maximumPacketSize.map(Int.init), 0x21: connack.receiveMaximum.map(Int.init),
      0x11: connack.sessionExpiry.map(Int.init),
      0x24: connack.maximumQoS == .exactlyOnce ? nil : 0,
      0x25: connack.isRetainAvailable ? nil : 0, 0x13: connack.serverKeepAlive.map(Int.init),
      0x12: identifier.isEmpty ? nil : number(counted(identifier)),
      0x1F: words.isEmpty ? nil : number(counted(words)),
    ].compactMapValues { $0 }
  }

  private func check(_ received: ReceivedPacket, against message: OutgoingMessage) {
    let isAcknowledged = message.qos != .atMostOnce
    #expect(received.flags & 1 == (message.isRetained ? 1 : 0))
    #expect(received.flags >> 1 & 3 == Int(message.qos.rawValue))
    #expect(received.flags >> 3 == (message.isDuplicate && isAcknowledged ? 1 : 0))
    var index = 0
    #expect(takeCounted(received.body, &index) == message.topic)
    if isAcknowledged {
      #expect(number(Array(received.body[index..<(index + 2)])) == Int(message.packetIdentifier))
      index += 2
    }
    if message.version == .v5 {
      let properties = takeProperties(received.body, &index)
      func values(_ identifier: Int) -> [[UInt8]] {
        properties.filter { $0.identifier == identifier }.map(\.value)
      }
      #expect(values(2).map(number) == (message.messageExpiry.map { [Int($0)] } ?? []))
      #expect(values(35).map(number) == (message.topicAlias == 0 ? [] : [Int(message.topicAlias)]))
      #expect(values(11).count == message.identifiers.filter { $0 != 0 }.count)
      #expect(values(9).map { [9] + $0 }.joined().elementsEqual(message.forwarded))
    }
    #expect(Array(received.body[index...]) == message.payload)
  }
}

extension OutgoingMessage {
  /// A message with lengths on both sides of each step of the length fields.
  static func drawn(by chance: inout Chance) -> OutgoingMessage {
    let version: ProtocolVersion = Bool.random(using: &chance) ? .v5 : .v3_1_1
    var message = OutgoingMessage(version: version)
    message.qos = QoS(rawValue: UInt8.random(in: 0...2, using: &chance)) ?? .atMostOnce
    message.isDuplicate = Bool.random(using: &chance)
    message.isRetained = Bool.random(using: &chance)
    message.topic = Array(repeating: 0x61, count: Int.random(in: 0...140, using: &chance))
    message.payload = Array(repeating: 1, count: [0, 1, 90, 16_300][Int(chance.next() % 4)])
    guard version == .v5 else { return message }
    message.topicAlias = UInt16.random(in: 0...2, using: &chance)
    message.messageExpiry =
      Bool.random(using: &chance) ? UInt32.random(in: 0...9, using: &chance) : nil
    let size = Int.random(in: 0...130, using: &chance)
    message.forwarded = size == 0 ? [] : [9] + counted(Array(repeating: 7, count: size))
    message.identifiers = [0, 1, 128, 16_384, 268_435_455]
      .filter { _ in Bool.random(using: &chance) }
    return message
  }
}
