import Testing

@testable import MQTT

@Suite struct ConnectTests {
  private func parse(_ name: String) throws -> (connect: Connect, bytes: [UInt8]) {
    let bytes = Vector.named(name).bytes
    return (try Connect(parsing: bytes.span, header: header(of: bytes)), bytes)
  }

  // [MQTT-3.1.3-1] [MQTT-3.1.3-3] [MQTT-3.1.2-9] [MQTT-3.1.2-19] [MQTT-3.1.2-21]
  @Test func `every field of a full CONNECT is found, in its order`() throws {
    let (connect, bytes) = try parse("connect-5-everything")
    #expect(connect.version == .v5 && connect.isCleanStart && connect.keepAlive == 60)
    #expect(text(connect.clientIdentifier, in: bytes) == "id")
    #expect(text(connect.userName, in: bytes) == "user")
    #expect(text(connect.password, in: bytes) == "secret")
    let will = try #require(connect.will)
    #expect(text(will.topic, in: bytes) == "a/w" && text(will.payload, in: bytes) == "gone")
    #expect(will.qos == .exactlyOnce && will.isRetained && will.delay == 0)
  }

  // [MQTT3-3.1.3-1] [MQTT3-3.1.2-9] [MQTT3-3.1.2-19] [MQTT3-3.1.2-21]
  @Test func `every field of a full CONNECT of MQTT 3_1_1 is found, in its order`() throws {
    let (connect, bytes) = try parse("connect-3.1.1-everything")
    #expect(connect.version == .v3_1_1 && !connect.isBridge)
    #expect(text(connect.userName, in: bytes) == "user")
    #expect(text(connect.password, in: bytes) == "secret")
    #expect(text(connect.will?.topic, in: bytes) == "a/w")
  }

  @Test func `every property of a CONNECT is found`() throws {
    let (connect, bytes) = try parse("connect-property-all")
    #expect(connect.sessionExpiry == 3600 && connect.receiveMaximum == 20)
    #expect(connect.maximumPacketSize == 1000 && connect.topicAliasMaximum == 10)
    #expect(connect.requestsResponseInformation && !connect.requestsProblemInformation)
    #expect(text(connect.authenticationMethod, in: bytes) == "SCRAM")
    #expect(text(connect.authenticationData, in: bytes) == "x")
  }

  @Test func `a property that is absent has the standard's default`() throws {
    let (connect, _) = try parse("connect-5-minimal")
    #expect(connect.sessionExpiry == 0 && connect.receiveMaximum == 65_535)
    #expect(connect.maximumPacketSize == UInt32.max && connect.topicAliasMaximum == 0)
    #expect(!connect.requestsResponseInformation && connect.requestsProblemInformation)
    #expect(connect.authenticationMethod == nil && connect.authenticationData == nil)
    #expect(connect.will == nil && connect.userName == nil && connect.password == nil)
  }

  @Test func `a session of MQTT 3 ends with its connection or never`() throws {
    #expect(try parse("connect-3.1.1-minimal").connect.sessionExpiry == 0)
    #expect(try parse("connect-3.1.1-no-clean-session").connect.sessionExpiry == UInt32.max)
  }

  @Test func `the properties of a Will are found, and which of them are forwarded`() throws {
    let (connect, bytes) = try parse("will-property-all")
    let will = try #require(connect.will)
    #expect(will.delay == 5 && will.properties.messageExpiry == 60)
    #expect(will.properties.needsFiltering)
    #expect(will.properties.forwardedCount == will.properties.block.length - 10)
    #expect(text(will.payload, in: bytes) == "gone")
  }

  @Test func `a bridge is known by the highest bit of its level`() throws {
    #expect(try parse("connect-3.1-bridge").connect.isBridge)
    #expect(try parse("connect-3.1.1-bridge").connect.isBridge)
    #expect(try parse("connect-3.1.1-bridge").connect.version == .v3_1_1)
  }

  @Test func `in MQTT 3_1 the length counts for more than the flags`() throws {
    #expect(try parse("connect-3.1-user-flag-without-user").connect.userName == nil)
    let (connect, bytes) = try parse("connect-3.1-password-flag-without-password")
    #expect(text(connect.userName, in: bytes) == "user" && connect.password == nil)
  }

  // [MQTT-3.1.2-1] [MQTT-3.1.2-2] [MQTT3-3.1.2-1] [MQTT3-3.1.2-2]
  @Test(arguments: [
    ("connect-level-0", ProtocolVersion.v3_1_1), ("connect-level-3-with-new-name", .v3_1_1),
    ("connect-level-4-with-old-name", .v3_1), ("connect-level-6", .v5),
    ("connect-level-133", .v5), ("connect-5-reserved-flag", .v5),
    ("connect-3.1.1-reserved-flag", .v3_1_1), ("connect-name-HTTP", nil),
    ("connect-empty", nil), ("connect-name-only", nil),
  ])
  func `a CONNECT that cannot be parsed says how to answer it`(
    _ name: String, _ version: ProtocolVersion?
  ) throws {
    let bytes = Vector.named(name).bytes
    let announced = Connect.announcedVersion(in: bytes.span, header: try header(of: bytes))
    #expect(announced == version)
  }
}
