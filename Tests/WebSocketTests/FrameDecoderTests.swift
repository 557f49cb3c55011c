import Memory
import Support
import Testing
import WebSocket

@Suite struct FrameDecoderTests {
  @Test("The masked example of the standard") func example() {
    // [RFC 6455, 5.7], with the opcode of a binary frame
    let bytes: [UInt8] = [0x82, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
    #expect(decode([bytes]) == Decoded(payload: "Hello".bytes))
  }

  @Test("A packet across frames, many in one, control frames between: the same at every cut")
  func everyCut() {
    let stream =
      frame(2, "ab".bytes, isFinal: false) + frame(9, "ping".bytes) + frame(0, [], isFinal: false)
      + frame(0, "cdefghijk".bytes, key: [1, 2, 3, 4]) + frame(10) + frame(2, "lm".bytes)
      + frame(8, [0x03, 0xE8] + "bye".bytes)
    let whole = decode([stream])
    #expect(String(decoding: whole.payload, as: UTF8.self) == "abcdefghijklm")
    #expect(
      whole.controls == [
        Control(opcode: .ping, payload: "ping".bytes), Control(opcode: .pong, payload: []),
        Control(opcode: .close, payload: [0x03, 0xE8] + "bye".bytes),
      ])
    #expect(decode(stream.map { [$0] }) == whole)
    for first in 0...stream.count {
      for second in first...stream.count {
        #expect(decode(cut(stream, at: [first, second])) == whole)
      }
    }
  }

  @Test(
    "Every length around the limits of the three forms",
    arguments: [
      0, 1, 7, 8, 9, 15, 16, 17, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537, 100_003,
    ])
  func lengths(count: Int) {
    var random = Random(seed: UInt64(count))
    let payload = random.bytes(count)
    let stream = frame(2, payload, key: random.bytes(4))
    #expect(decode([stream]) == Decoded(payload: payload))
    for _ in 0..<20 {
      let places = (0..<3).map { _ in random.below(stream.count + 1) }.sorted()
      #expect(decode(cut(stream, at: places)) == Decoded(payload: payload))
    }
  }

  @Test("Random streams in random pieces") func randomStreams() {
    for seed in 1...200 as ClosedRange<UInt64> {
      var random = Random(seed: seed)
      var stream: [UInt8] = []
      var expected = Decoded()
      for _ in 0..<random.below(12) {
        let isFragmented = random.oneIn(3)
        let payload = random.bytes(random.below(300))
        stream += frame(2, payload, isFinal: !isFragmented, key: random.bytes(4))
        expected.payload += payload
        if random.oneIn(2) {
          let ping = random.bytes(random.below(126))
          stream += frame(9, ping, key: random.bytes(4))
          expected.controls.append(Control(opcode: .ping, payload: ping))
        }
        if isFragmented {
          let rest = random.bytes(random.below(20))
          stream += frame(0, rest, key: random.bytes(4))
          expected.payload += rest
        }
      }
      let places = (0..<random.below(30)).map { _ in random.below(stream.count + 1) }.sorted()
      #expect(decode(cut(stream, at: places)) == expected, "seed \(seed)")
    }
  }

  static let violations: [(name: String, bytes: [UInt8], code: CloseCode)] = [
    ("not masked [5.1]", frame(2, [1], key: nil), .protocolError),
    ("a ping not masked", frame(9, [], key: nil), .protocolError),
    ("RSV1 [5.2]", frame(2, [1], reserved: 4), .protocolError),
    ("RSV2", frame(2, [1], reserved: 2), .protocolError),
    ("RSV3 of a ping", frame(9, [], reserved: 1), .protocolError),
    ("opcode 3", frame(3), .protocolError),
    ("opcode 7", frame(7), .protocolError),
    ("opcode 11", frame(11), .protocolError),
    ("opcode 15", frame(15), .protocolError),
    ("text [MQTT-6.0.0-1]", frame(1, "a".bytes), .unsupportedData),
    ("text in fragments", frame(1, "a".bytes, isFinal: false), .unsupportedData),
    ("a continuation of nothing [5.4]", frame(0, [1]), .protocolError),
    ("a fragment of nothing", frame(0, [1], isFinal: false), .protocolError),
    ("a message between fragments", frame(2, [1], isFinal: false) + frame(2, [2]), .protocolError),
    ("text between fragments", frame(2, [1], isFinal: false) + frame(1, [2]), .protocolError),
    (
      "a continuation of what has ended",
      frame(2, [1], isFinal: false) + frame(0, [2]) + frame(0, [3]), .protocolError
    ),
    ("a ping in fragments [5.5]", frame(9, [], isFinal: false), .protocolError),
    ("a close in fragments", frame(8, [], isFinal: false), .protocolError),
    ("a ping of 126 bytes", frame(9, [UInt8](repeating: 0, count: 126)), .protocolError),
    ("a close of 70,000 bytes", frame(8, [UInt8](repeating: 0, count: 70_000)), .protocolError),
    (
      "125 in two bytes", frame(2, [UInt8](repeating: 0, count: 125), lengthBytes: 2),
      .protocolError
    ),
    ("0 in two bytes", frame(2, [], lengthBytes: 2), .protocolError),
    ("1 in eight bytes", frame(2, [0], lengthBytes: 8), .protocolError),
    (
      "65,535 in eight bytes", frame(2, [UInt8](repeating: 0, count: 65_535), lengthBytes: 8),
      .protocolError
    ),
    ("64 bits of length", [0x82, 0xFF, 0x80, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4], .protocolError),
    ("63 bits of length", [0x82, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 7), .tooBig),
    ("one more than the limit", [0x82, 0xFF, 0, 0, 0, 0, 4, 0, 0, 1, 1, 2, 3, 4], .tooBig),
  ]

  @Test("What breaks the rules is answered with its code, at every cut", arguments: violations)
  func violation(name: String, bytes: [UInt8], code: CloseCode) {
    #expect(decode([bytes]).failure == code)
    #expect(decode(bytes.prefix(100).map { [$0] } + [Array(bytes.dropFirst(100))]).failure == code)
  }

  @Test("A frame as long as the limit is taken") func limit() {
    let payload = [UInt8](repeating: 9, count: 300)
    #expect(decode([frame(2, payload)], limit: 300) == Decoded(payload: payload))
    #expect(decode([frame(2, payload)], limit: 299).failure == .tooBig)
  }

  @Test("What came before a violation is not lost") func payloadBeforeViolation() {
    let decoded = decode([frame(2, "ab".bytes) + frame(9, "x".bytes) + frame(3)])
    #expect(decoded.payload == "ab".bytes)
    #expect(decoded.controls == [Control(opcode: .ping, payload: "x".bytes)])
    #expect(decoded.failure == .protocolError)
  }

  @Test("A Remaining Length beyond its frame, or short of it, is the stream's alone")
  func remainingLength() {
    // NanoMQ believed the frame where it should have believed the packet, CVE-2026-25627.
    let long: [UInt8] = [0x30, 0x7F, 0, 1, 0x61]
    #expect(decode([frame(2, long)]).payload == long)
    let two: [UInt8] = [0xC0, 0, 0xC0, 0, 0xC0]
    #expect(decode([frame(2, two) + frame(2, [0])]).payload == two + [0])
  }

  @Test("Random bytes never trap") func randomBytes() {
    for seed in 1...3000 as ClosedRange<UInt64> {
      var random = Random(seed: seed)
      var bytes = random.bytes(random.below(64))
      if !bytes.isEmpty && random.oneIn(2) { bytes[0] = random.oneIn(2) ? 0x82 : 0x89 }
      if bytes.count > 1 { bytes[1] |= 0x80 }
      let decoded = decode([bytes])
      #expect(decoded.payload.count <= bytes.count)
      #expect(decode(bytes.map { [$0] }) == decoded)
    }
  }
}
