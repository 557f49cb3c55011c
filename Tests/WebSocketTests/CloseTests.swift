import Support
import Testing
import WebSocket

@Suite struct CloseTests {
  @Test(
    "Codes that may be sent are taken",
    arguments: [
      1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000,
      4999,
    ])
  func allowed(code: UInt16) throws {
    #expect(try read(code) == CloseCode(rawValue: code))
  }

  @Test(
    "Codes that must not be sent are an error",
    arguments: [
      0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
    ])
  func notAllowed(code: UInt16) {
    #expect(throws: CloseCode.protocolError) { try read(code) }
  }

  @Test("A close without a code is answered without one") func empty() throws {
    #expect(try ClosePayload.read([UInt8]().span) == nil)
  }

  @Test("Half a code is an error") func half() {
    #expect(throws: CloseCode.protocolError) { try ClosePayload.read([3 as UInt8].span) }
  }

  @Test(
    "Reasons in UTF-8, the standard library agreeing",
    arguments: [
      "", "bye", "\u{0}", "grüße", "\u{7FF}\u{800}\u{FFFF}", "\u{10000}\u{10FFFF}", "\u{FEFF}",
    ])
  func reasons(text: String) throws {
    #expect(try read(1000, text.bytes) == .normal)
  }

  @Test("Every reason of two bytes, and many longer ones, as the standard library judges them")
  func judgedAlike() {
    for first in 0...255 as ClosedRange<UInt8> {
      for second in 0...255 as ClosedRange<UInt8> { compare([first, second]) }
    }
    var random = Random(seed: 9)
    for _ in 0..<20_000 {
      let lead = [0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5, 0xC2][random.below(7)] as UInt8
      compare([lead] + (0..<3).map { _ in UInt8(0x7E + random.below(0x44)) })
    }
  }

  private func compare(_ reason: [UInt8]) {
    let isValid = String(validating: reason, as: UTF8.self) != nil
    let isTaken = (try? read(1000, reason)) != nil
    if isValid != isTaken { Issue.record("\(reason) is \(isValid ? "" : "not ")UTF-8") }
  }

  private func read(_ code: UInt16, _ reason: [UInt8] = []) throws -> CloseCode? {
    let payload = [UInt8(code >> 8), UInt8(truncatingIfNeeded: code)] + reason
    return try ClosePayload.read(payload.span)
  }
}

@Suite struct FrameHeaderTests {
  @Test(
    "The shortest form of each length",
    arguments: [
      (0, [0x82, 0]), (125, [0x82, 125]), (126, [0x82, 126, 0, 126]),
      (65_535, [0x82, 126, 0xFF, 0xFF]), (65_536, [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ])
  func lengths(count: Int, bytes: [UInt8]) {
    #expect(Array(copying: FrameHeader(.binary, payloadCount: count).span) == bytes)
  }

  @Test("Control frames") func control() {
    #expect(Array(copying: FrameHeader(.pong, payloadCount: 125).span) == [0x8A, 125])
    #expect(Array(copying: FrameHeader(.close, payloadCount: 2).span) == [0x88, 2])
  }
}
