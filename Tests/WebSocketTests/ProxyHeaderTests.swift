import Memory
import Support
import Testing
import WebSocket

/// Reads a header that arrives in one piece.
private func read(_ bytes: [UInt8], version: UInt8) throws -> ProxyHeader? {
  var work = Work(.max)
  return try ProxyHeader.read(bytes.span, version: version, &work)
}

private let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0, 0x0D, 0x0A] + "QUIT\n".bytes

private func binary(
  command: UInt8 = 0x21, family: UInt8, _ rest: [UInt8], length: Int? = nil
) -> [UInt8] {
  let length = length ?? rest.count
  return signature + [command, family, UInt8(length >> 8), UInt8(length & 0xFF)] + rest
}

private let fourBytes: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 1, 0xDC, 0x04, 0x07, 0x5B]
private let sixBytes: [UInt8] =
  [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1]
  + [UInt8](repeating: 0xFE, count: 16) + [0xDC, 0x04, 0x07, 0x5B]

private func four(_ number: UInt32, _ port: UInt16) -> Peer { Peer(version4: number, port: port) }

private func six(_ high: UInt64, _ low: UInt64, _ port: UInt16) -> Peer {
  Peer(version6: high, low, port: port)
}

@Suite struct ProxyHeaderTests {
  static let taken: [(bytes: [UInt8], version: UInt8, peer: Peer)] =
    [
      ("PROXY TCP4 192.0.2.1 198.51.100.1 56324 1883\r\n".bytes, 1, four(0xC000_0201, 56324)),
      (
        "PROXY TCP6 2001:db8::1 ::1 56324 1883\r\n".bytes, 1,
        six(0x2001_0DB8_0000_0000, 1, 56324)
      ),
      (
        "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"
          .bytes, 1, six(.max, .max, 65535)
      ),
      ("PROXY TCP6 :: 1:2:3:4:5:6:7:8 0 0\r\n".bytes, 1, six(0, 0, 0)),
      (
        "PROXY TCP6 1:2:3:4:5:6:7:8 1:: 1 1\r\n".bytes, 1,
        six(0x0001_0002_0003_0004, 0x0005_0006_0007_0008, 1)
      ),
      (
        "PROXY TCP6 1:2::7:8 ::8 1 1\r\n".bytes, 1, six(0x0001_0002_0000_0000, 0x0007_0008, 1)
      ),
      ("PROXY TCP6 ::ffff:c000:201 ::8 2 1\r\n".bytes, 1, four(0xC000_0201, 2)),
      ("PROXY UNKNOWN\r\n".bytes, 1, .none),
      ("PROXY UNKNOWN whatever this is\r\n".bytes, 1, .none),
      (binary(family: 0x11, fourBytes), 2, four(0xC000_0201, 56324)),
      (binary(family: 0x11, fourBytes + [3, 0, 4, 1, 2, 3, 4]), 2, four(0xC000_0201, 56324)),
      (binary(family: 0x21, sixBytes), 2, six(0x2001_0DB8_0000_0000, 1, 56324)),
      (binary(family: 0x31, [UInt8](repeating: 0, count: 216)), 2, .none),
      (binary(family: 0x00, []), 2, .none),
      (binary(command: 0x20, family: 0x00, []), 2, .none),
      (binary(command: 0x20, family: 0x11, fourBytes), 2, .none),
    ]

  @Test("Headers, with bytes behind them", arguments: taken)
  func headers(bytes: [UInt8], version: UInt8, peer: Peer) throws {
    let header = try #require(try read(bytes + [0x10, 0x0A], version: version))
    #expect(header.peer == peer)
    #expect(header.count == bytes.count)
  }

  @Test("An address as a proxy writes it is written so in the log too")
  func bothWays() throws {
    for text in ["2001:db8::1", "::", "::1", "1::", "1:2:3:4:5:6:7:8", "a::b:0:0:c", "fe80::abcd"] {
      let header = try read("PROXY TCP6 \(text) ::1 9 1\r\n".bytes, version: 1)
      var line = Line()
      line.append(try #require(header).peer)
      #expect(String(copying: line.span) == "\(text):9")
    }
  }

  @Test("Every beginning asks for more, until enough is there", arguments: taken)
  func beginnings(bytes: [UInt8], version: UInt8, peer: Peer) throws {
    var wasEnough = false
    for count in 0...bytes.count {
      let header = try read(Array(bytes.prefix(count)), version: version)
      if wasEnough { #expect(header != nil) }
      wasEnough = header != nil
      if let header { #expect(header.count == bytes.count && header.peer == peer) }
      if count >= ProxyHeader.neededMax { #expect(wasEnough) }
    }
    #expect(wasEnough)
  }

  @Test(
    "The lengths of extensions have to be right, in whatever pieces they come",
    arguments: [
      ([], true), ([3], false), ([3, 0], false), ([3, 0, 0], true), ([3, 0, 1], false),
      ([3, 0, 4, 1, 2, 3, 4], true), ([3, 0, 4, 1, 2, 3], false),
      ([3, 0, 4, 1, 2, 3, 4, 5], false),
      ([1, 0, 2, 9, 9, 4, 0, 0], true), ([1, 0, 2, 9, 9, 4, 0, 1], false),
      ([4, 1, 0] + [UInt8](repeating: 7, count: 256), true),
      ([4, 1, 0] + [UInt8](repeating: 7, count: 255), false), ([4, 0xFF, 0xFF, 0], false),
    ] as [([UInt8], Bool)])
  func extensions(bytes: [UInt8], isGood: Bool) throws {
    for (family, addresses) in [(0x11, fourBytes), (0x21, sixBytes)] as [(UInt8, [UInt8])] {
      let header = binary(family: family, addresses + bytes)
      let found = try #require(try read(header, version: 2))
      let fixed = try #require(found.fixedCount)
      for size in [1, 2, 5, 1000] {
        var extensions = ProxyExtensions(behind: fixed)
        var work = Work(.max)
        for start in stride(from: 0, to: header.count, by: size) {
          let piece = Array(header[start..<min(header.count, start + size)])
          extensions.take(piece.span, &work)
        }
        #expect(extensions.isComplete == isGood)
      }
    }
    // The proxy's own connections, and what is of no known form, are taken as they are.
    #expect(
      try read(binary(command: 0x20, family: 0x11, fourBytes + bytes), version: 2)?.fixedCount
        == nil)
    #expect(try read(binary(family: 0x00, bytes), version: 2)?.fixedCount == nil)
  }

  @Test(
    "What is no header is refused",
    arguments: [
      ("GET / HTTP/1.1\r\n", 1), ("PROXY\r\n", 1), ("PROXY \r\n", 1), ("PROXZ", 1),
      ("proxy TCP4", 1),
      ("PROXY TCP5 1.1.1.1 1.1.1.1 1 1\r\n", 1), ("PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n", 1),
      ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1 1\r\n", 1), ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1 \r\n", 1),
      ("PROXY TCP4  1.1.1.1 1.1.1.1 1 1\r\n", 1), ("PROXY TCP4 1.1.1.256 1.1.1.1 1 1\r\n", 1),
      ("PROXY TCP4 01.1.1.1 1.1.1.1 1 1\r\n", 1), ("PROXY TCP4 1.1.1 1.1.1.1 1 1\r\n", 1),
      ("PROXY TCP4 1.1.1.1.1 1.1.1.1 1 1\r\n", 1), ("PROXY TCP4 1.1.1. 1.1.1.1 1 1\r\n", 1),
      ("PROXY TCP4 ::1 ::1 1 1\r\n", 1), ("PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n", 1),
      ("PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n", 1), ("PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n", 1),
      ("PROXY TCP4 1.1.1.1 1.1.1.1 -1 1\r\n", 1), ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n", 1),
      ("PROXY TCP6 1:2:3:4:5:6:7 ::1 1 1\r\n", 1), ("PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 1\r\n", 1),
      ("PROXY TCP6 1::2::3 ::1 1 1\r\n", 1), ("PROXY TCP6 12345:: ::1 1 1\r\n", 1),
      ("PROXY TCP6 : ::1 1 1\r\n", 1), ("PROXY TCP6 1: ::1 1 1\r\n", 1),
      ("PROXY TCP6 :1 ::1 1 1\r\n", 1), ("PROXY TCP6 ::: ::1 1 1\r\n", 1),
      ("PROXY TCP6 1:2:3:4:5:6:7::8 ::1 1 1\r\n", 1), ("PROXY TCP6 g:: ::1 1 1\r\n", 1),
      ("\r\n\r\n\0\r\nQUIT\n", 1), ("PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n", 2),
      ("\r\n\r\nX", 2), ("\r\n\r\n\0\r\nQUIX", 2),
    ])
  func refusedText(text: String, version: UInt8) {
    #expect(throws: ProxyViolation.self) { try read(text.bytes, version: version) }
  }

  static let refusedBinary: [[UInt8]] = [
    binary(command: 0x11, family: 0x11, fourBytes), binary(command: 0x22, family: 0x11, fourBytes),
    binary(family: 0x12, fourBytes), binary(family: 0x22, sixBytes),
    binary(family: 0x41, fourBytes),
    binary(family: 0x11, Array(fourBytes.dropLast())), binary(family: 0x21, fourBytes),
  ]

  @Test("What version 2 does not know is refused", arguments: refusedBinary)
  func refused(bytes: [UInt8]) {
    #expect(throws: ProxyViolation.self) { try read(bytes, version: 2) }
  }

  @Test("A line longer than any is refused without its end") func endless() throws {
    let bytes = "PROXY UNKNOWN ".bytes + [UInt8](repeating: 0x61, count: 200)
    #expect(try read(Array(bytes.prefix(106)), version: 1) == nil)
    #expect(throws: ProxyViolation.self) { try read(Array(bytes.prefix(107)), version: 1) }
  }

  @Test("What comes behind the addresses is counted, not asked for") func long() throws {
    let header = try #require(
      try read(binary(family: 0x11, fourBytes, length: 65_535), version: 2))
    #expect(header.count == 16 + 65_535)
  }

  @Test("Random bytes behind the signature never trap") func random() {
    var random = Random(seed: 5)
    var taken = 0
    for _ in 0..<5000 {
      let bytes = signature + [0x20 + UInt8(random.below(3))] + random.bytes(random.below(60))
      if (try? read(bytes, version: 2)) != nil { taken += 1 }
    }
    #expect(taken > 0)
  }
}
