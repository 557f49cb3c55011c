import Testing

@testable import MQTT

@Suite struct VectorTests {
  @Test func `there are vectors of every packet that a Client sends`() throws {
    #expect(Vector.all.count > 700)
    #expect(Set(Vector.all.map(\.name)).count == Vector.all.count)
    let types = Set(try Vector.valid.map { try header(of: $0.bytes).type })
    #expect(types.count == 11)
  }

  @Test(arguments: Vector.fromClient)
  func `a packet is taken for what its line says`(_ vector: Vector) {
    #expect(outcome(of: vector.bytes, version: vector.version) == vector.expectation)
  }

  @Test func `a packet with another behind it is taken for the same`() {
    for vector in Vector.fromClient where vector.expectation != "incomplete" {
      for next: [UInt8] in [[0], [0xFF, 0xFF], vector.bytes] {
        let result = outcome(of: vector.bytes + next, version: vector.version)
        if vector.expectation == "reservedFlags" || vector.bytes.count > 1 {
          #expect(result == vector.expectation, "\(vector)")
        }
      }
    }
  }

  @Test func `every proper prefix of a packet is not yet a packet`() {
    for vector in Vector.valid {
      for count in 0..<vector.bytes.count {
        let prefix = Array(vector.bytes[..<count])
        #expect(outcome(of: prefix, version: vector.version) == "incomplete", "\(vector) \(count)")
      }
    }
  }

  @Test func `a packet that is parsed before it is whole is truncated`() throws {
    for vector in Vector.valid {
      let header = try header(of: vector.bytes)
      for count in header.headerLength..<vector.bytes.count {
        let prefix = Array(vector.bytes[..<count])
        #expect(throws: MalformedPacket.truncated) {
          try visit(prefix.span, header: header, version: vector.version)
        }
      }
    }
  }

  @Test func `a body cut anywhere parses or throws`() throws {
    for vector in Vector.fromClient {
      guard let header = try? header(of: vector.bytes) else { continue }
      let body = vector.bytes.dropFirst(header.headerLength)
      for count in 0...body.count {
        let cut = packet(vector.bytes[0], Array(body.prefix(count)))
        #expect(outcome(of: cut, version: vector.version) != "incomplete")
      }
    }
  }

  @Test func `a packet with one byte changed parses or throws`() {
    for vector in Vector.fromClient {
      var bytes = vector.bytes
      for index in bytes.indices {
        let original = bytes[index]
        for change in changes(for: bytes.count) {
          bytes[index] = original ^ change
          for version in [ProtocolVersion.v3_1_1, .v5] {
            _ = outcome(of: bytes, version: version)
          }
        }
        bytes[index] = original
      }
    }
  }

  @Test func `bytes drawn by chance parse or throw`() {
    var chance = Chance(state: 0x5317_1e75)
    for _ in 0..<200_000 {
      let type = UInt8.random(in: 1...15, using: &chance)
      let flags: UInt8 = [6, 8, 10].contains(type) ? 2 : 0
      let count = Int.random(in: 0...40, using: &chance)
      let body = (0..<count).map { _ in UInt8.random(in: 0...255, using: &chance) & 0x3F }
      _ = outcome(of: packet(type << 4 | flags, body), version: .v5)
    }
  }

  /// All other values of a byte in short packets, one changed bit and all in long ones.
  private func changes(for count: Int) -> [UInt8] {
    count <= 20 ? Array(1...255) : [1, 2, 4, 8, 16, 32, 64, 128, 255]
  }
}
