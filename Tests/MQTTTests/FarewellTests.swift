import Testing

@testable import MQTT

@Suite struct FarewellTests {
  private func disconnect(_ name: String) throws -> Disconnect {
    let vector = Vector.named(name)
    return try Disconnect(
      parsing: vector.bytes.span, header: header(of: vector.bytes), version: vector.version)
  }

  // [MQTT-3.14.2-1]
  @Test func `a DISCONNECT says why, or nothing is wrong`() throws {
    #expect(try disconnect("disconnect-5-short").reason == .normalDisconnection)
    #expect(try disconnect("disconnect-3.1.1").reason == .normalDisconnection)
    #expect(try disconnect("disconnect-5-reason-04").reason == .disconnectWithWillMessage)
    #expect(try disconnect("disconnect-5-short").sessionExpiry == nil)
    #expect(try disconnect("disconnect-5-session-expiry").sessionExpiry == 7200)
    #expect(try disconnect("disconnect-5-all").sessionExpiry == 0)
  }

  // [MQTT-3.15.2-1]
  @Test func `an AUTH has its step, its method and its bytes`() throws {
    let bytes = Vector.named("auth-continue").bytes
    let auth = try Auth(parsing: bytes.span, header: header(of: bytes))
    #expect(auth.reason == .continueAuthentication && text(auth.method, in: bytes) == "SCRAM")
    #expect(auth.authenticationData?.count == 2)
    let again = Vector.named("auth-again").bytes
    let second = try Auth(parsing: again.span, header: header(of: again))
    #expect(second.reason == .reauthenticate && second.authenticationData == nil)
  }

  // [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1] [MQTT-2.2.1-5]
  @Test func `an acknowledgement has its type, its identifier and its reason`() throws {
    let expected: [(String, PacketType, ReasonCode)] = [
      ("puback-5-reason-97", .puback, .quotaExceeded), ("puback-5-short", .puback, .success),
      ("pubrec-5-reason-10", .pubrec, .noMatchingSubscribers),
      ("pubrel-5-reason-92", .pubrel, .packetIdentifierNotFound),
      ("pubcomp-3.1.1", .pubcomp, .success),
    ]
    for (name, type, reason) in expected {
      let vector = Vector.named(name)
      let parsed = try Acknowledgement(
        parsing: vector.bytes.span, header: header(of: vector.bytes), version: vector.version)
      #expect(parsed.type == type && parsed.reason == reason && parsed.packetIdentifier == 1)
    }
  }

  @Test func `every error has words, and a reason that a DISCONNECT or CONNACK may hold`() {
    var words: Set<String> = []
    for byte in UInt8.min...UInt8.max {
      guard let error = MalformedPacket(rawValue: byte) else { continue }
      #expect(error.reason.isError)
      words.insert(error.words.description)
    }
    #expect(words.count == 38)
    #expect(Set(Vector.fromClient.map(\.expectation)).count == 38 + 2)
  }

  @Test func `every reason code has its own words`() {
    let codes = (UInt8.min...UInt8.max).map { ReasonCode(rawValue: $0) }
    let known = codes.filter { $0.words.description != "unknown reason" }
    #expect(Set(known.map(\.words.description)).count == known.count)
    #expect(known.count == 43)
  }
}
