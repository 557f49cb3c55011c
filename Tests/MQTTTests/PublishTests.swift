import Testing

@testable import MQTT

@Suite struct PublishTests {
  private func parse(_ name: String) throws -> (publish: Publish, bytes: [UInt8]) {
    let vector = Vector.named(name)
    let header = try header(of: vector.bytes)
    return (
      try Publish(parsing: vector.bytes.span, header: header, version: vector.version),
      vector.bytes
    )
  }

  // [MQTT-3.3.2-1] [MQTT3-3.3.2-1]
  @Test(arguments: ["publish-3.1-qos0", "publish-3.1.1-qos0", "publish-5-qos0"])
  func `topic and payload are found`(_ name: String) throws {
    let (publish, bytes) = try parse(name)
    #expect(text(publish.topic, in: bytes) == "a/b" && text(publish.payload, in: bytes) == "hello")
    #expect(publish.qos == .atMostOnce && !publish.isDuplicate && !publish.isRetained)
    #expect(publish.packetIdentifier == 0 && publish.properties.block.isEmpty)
  }

  @Test func `the flags and the identifier are found`() throws {
    let (publish, bytes) = try parse("publish-5-qos2-duplicate-retained")
    #expect(publish.qos == .exactlyOnce && publish.isDuplicate && publish.isRetained)
    #expect(publish.packetIdentifier == 65_535 && text(publish.payload, in: bytes) == "x")
  }

  // [MQTT-2.2.1-2] [MQTT3-2.3.1-5]
  @Test func `at QoS 0 there is no identifier`() throws {
    for version in ["3.1.1", "5"] {
      let (publish, bytes) = try parse("publish-\(version)-payload-looks-like-identifier")
      #expect(publish.packetIdentifier == 0 && text(publish.payload, in: bytes) == "\0\0")
    }
  }

  @Test func `alias and expiry are found`() throws {
    let (publish, _) = try parse("publish-property-all")
    #expect(publish.properties.topicAlias == 1 && publish.properties.messageExpiry == 60)
    #expect(publish.properties.needsFiltering)
    let (alone, _) = try parse("publish-5-topic-empty-alias")
    #expect(alone.topic.isEmpty && alone.properties.topicAlias == 3)
    #expect(alone.properties.forwardedCount == 0 && alone.properties.messageExpiry == nil)
  }

  // [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]
  @Test func `all but alias and expiry is forwarded byte by byte, in order`() throws {
    let (publish, bytes) = try parse("publish-property-all")
    let block = Array(bytes[publish.properties.block.range])
    var forwarded = ForwardedProperties()
    var runs: [[UInt8]] = []
    while let run = forwarded.next(in: block.span) { runs.append(Array(block[run.range])) }
    // The vector begins with the format indicator; then expiry and alias; then all the others.
    #expect(runs == [Array(block[0..<2]), Array(block[10...])])
    #expect(runs.joined().count == publish.properties.forwardedCount)
  }

  // [MQTT-3.3.2-17] [MQTT-3.3.2-18]
  @Test func `a block without alias and expiry is forwarded as one run`() throws {
    let (publish, bytes) = try parse("publish-property-user-properties")
    let block = publish.properties.block.in(bytes.span)
    var forwarded = ForwardedProperties()
    let run = forwarded.next(in: block)
    #expect(run == Field(start: 0, count: publish.properties.block.length))
    let next = forwarded.next(in: block)
    #expect(next == nil && !publish.properties.needsFiltering)
  }

  @Test func `a damaged block ends the walk and nothing else`() {
    var chance = Chance(state: 3)
    for _ in 0..<50_000 {
      let count = Int.random(in: 0...30, using: &chance)
      let block = (0..<count).map { _ in UInt8.random(in: 0...255, using: &chance) & 0x27 }
      var forwarded = ForwardedProperties()
      var end = 0
      while let run = forwarded.next(in: block.span) {
        #expect(run.offset >= end && run.end <= count && !run.isEmpty)
        end = run.end
      }
    }
  }
}
