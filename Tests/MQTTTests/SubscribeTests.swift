import Testing

@testable import MQTT

@Suite struct SubscribeTests {
  private func requests(_ name: String) throws -> [String] {
    let vector = Vector.named(name)
    var subscribe = try Subscribe(
      parsing: vector.bytes.span, header: header(of: vector.bytes), version: vector.version)
    var found: [String] = []
    while let request = subscribe.next(in: vector.bytes.span) {
      let filter = text(request.filter, in: vector.bytes) ?? ""
      found.append("\(filter) \(request.options.rawValue)")
    }
    #expect(found.count == subscribe.count)
    return found
  }

  // [MQTT-3.8.3-2] [MQTT3-3.8.3-3]
  @Test func `the requests come out in their order`() throws {
    #expect(try requests("subscribe-5-three") == ["a 0", "b/+ 1", "# 2"])
    #expect(try requests("subscribe-3.1.1-three") == ["a 0", "b/+ 1", "# 2"])
    #expect(try requests("subscribe-5-same-twice") == ["a 0", "a 1"])
  }

  @Test(arguments: [1, 127, 128, 16_383, 16_384, 268_435_455] as [UInt32])
  func `the Subscription Identifier is found`(_ identifier: UInt32) throws {
    let bytes = Vector.named("subscribe-5-subscription-identifier-\(identifier)").bytes
    let subscribe = try Subscribe(parsing: bytes.span, header: header(of: bytes), version: .v5)
    #expect(subscribe.subscriptionIdentifier == identifier && subscribe.packetIdentifier == 1)
  }

  // [MQTT-3.8.3-5]
  @Test func `every byte is good options or none`() {
    for byte in UInt8.min...UInt8.max {
      let options = SubscriptionOptions(rawValue: byte)
      let isGood = byte < 0x30 && byte & 3 != 3
      #expect((options != nil) == isGood)
      guard let options else { continue }
      #expect(options.qos.rawValue == byte % 4 && options.isNoLocal == (byte / 4 % 2 == 1))
      #expect(options.isRetainAsPublished == (byte / 8 % 2 == 1))
      #expect(options.retainHandling.rawValue == byte / 16 && options.rawValue == byte)
    }
  }

  // [MQTT-3.10.3-2] [MQTT3-3.10.3-2]
  @Test func `the filters of an UNSUBSCRIBE come out in their order`() throws {
    for (name, version) in [
      ("unsubscribe-5-two", ProtocolVersion.v5), ("unsubscribe-3.1.1-two", .v3_1_1),
    ] {
      let bytes = Vector.named(name).bytes
      var unsubscribe = try Unsubscribe(
        parsing: bytes.span, header: header(of: bytes), version: version)
      let first = unsubscribe.next(in: bytes.span)
      let second = unsubscribe.next(in: bytes.span)
      let third = unsubscribe.next(in: bytes.span)
      #expect(text(first, in: bytes) == "a" && third == nil && unsubscribe.count == 2)
      #expect(text(second, in: bytes) == (version == .v5 ? "b/#" : "+"))
    }
  }
}
