import Testing

@testable import MQTT

/// The largest inputs that a Client can send; each would take minutes if time were not linear.
@Suite(.serialized) struct HostileInputTests {
  private let limit = Duration.seconds(5)

  private func takesLittleTime(_ work: () -> Void) -> Bool {
    ContinuousClock().measure(work) < limit
  }

  // [MQTT-4.7.3-3]
  @Test func `a topic of 65535 slashes is a name of 65536 levels`() throws {
    let slashes = Array(repeating: UInt8(ascii: "/"), count: 65_535)
    let bytes = packet(0x30, counted(slashes))
    #expect(outcome(of: bytes, version: .v3_1_1) == "ok")
    var levels = TopicLevels(slashes.span)
    var count = 0
    while levels.next() != nil { count += 1 }
    #expect(count == 65_536)
  }

  @Test func `filters of 65535 bytes are matched in linear time`() {
    let name = Array(String(repeating: "a/", count: 32_767).utf8)
    for level in ["a/", "+/"] {
      let long = Array(String(repeating: level, count: 32_767).utf8)
      for last in ["", "#", "+", "b"] {
        let filter = long + Array(last.utf8)
        let isQuick = takesLittleTime {
          let result = TopicFilter.matches(filter: filter.span, name: name.span)
          #expect(result == (last != "b"))
        }
        #expect(isQuick)
      }
    }
  }

  // [MQTT-3.3.2-17]
  @Test func `65536 user properties are parsed and forwarded in linear time`() throws {
    let block = Array(repeating: [0x26, 0, 0, 0, 0] as [UInt8], count: 65_536).flatMap { $0 }
    let length = packet(0, block)[1..<4]
    let bytes = packet(0x30, counted("a") + length + block)
    let isQuick = takesLittleTime { #expect(outcome(of: bytes, version: .v5) == "ok") }
    #expect(isQuick)
  }

  @Test func `a SUBSCRIBE of 65536 filters is parsed and walked in linear time`() {
    let requests = Array(repeating: counted("a") + [0], count: 65_536).flatMap { $0 }
    let isQuick = takesLittleTime {
      #expect(outcome(of: packet(0x82, [0, 1] + requests), version: .v3_1_1) == "ok")
    }
    #expect(isQuick)
  }

  // [MQTT-1.5.4-1]
  @Test func `a topic of 65535 bytes of wide letters is parsed in linear time`() {
    let name = Array(String(repeating: "€", count: 21_845).utf8)
    let isQuick = takesLittleTime {
      #expect(outcome(of: packet(0x30, counted(name)), version: .v3_1_1) == "ok")
    }
    #expect(isQuick)
  }

  @Test func `lengths that lie about what follows are truncated packets`() {
    for length in [[0xFF, 0xFF, 0xFF, 0x7F], [0x80, 0x80, 0x80, 0x01], [0x0A]] as [[UInt8]] {
      let bytes = packet(0x30, counted("a") + length + [0x26])
      #expect(outcome(of: bytes, version: .v5) == "truncated")
      let connect = packet(0x10, counted("MQTT") + [5, 2, 0, 60] + length)
      #expect(outcome(of: connect, version: .v5) == "truncated")
    }
  }
}
