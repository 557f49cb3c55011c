import Foundation
import Memory
import Support
import Testing
import WebSocket

/// A handshake, whole unless something of it is replaced.
func handshake(
  line: String = "GET /mqtt HTTP/1.1", without name: String? = nil, adding fields: String...
) -> String {
  let usual = [
    "Host: broker.example:9001", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Protocol: chat, mqtt",
  ]
  let kept = usual.filter { field in name.map { !field.hasPrefix($0 + ":") } ?? true }
  return ([line] + kept + fields).map { $0 + "\r\n" }.joined() + "\r\n"
}

/// What a request that arrives in these pieces is taken for, and how many bytes are its own.
func read(
  _ pieces: [[UInt8]], limit: Int = 8192
) throws(RequestRefusal) -> (request: UpgradeRequest, count: Int)? {
  var scanner = RequestScanner()
  var header: [UInt8] = []
  var work = Work(.max)
  for piece in pieces {
    let end = try scanner.findEnd(in: piece.span, limit: limit, &work)
    header += piece.prefix(end ?? piece.count)
    if end != nil { return (try UpgradeRequest(header.span, &work), header.count) }
  }
  return nil
}

@Suite struct RequestTests {
  @Test("A handshake, at every cut, and byte by byte") func everyCut() throws {
    let bytes = handshake(adding: "Origin: http://a.example").bytes
    let behind: [UInt8] = [0x82, 0x80, 1, 2, 3, 4]
    for place in 0...bytes.count {
      let found = try #require(try read(cut(bytes + behind, at: [place])))
      #expect(found.count == bytes.count)
      #expect(found.request.subprotocol == .mqtt)
      let origin = try #require(found.request.origin)
      #expect(String(copying: bytes.span.extracting(origin)) == "http://a.example")
    }
    #expect(try read(bytes.map { [$0] })?.count == bytes.count)
    for count in 0..<bytes.count { #expect(try read([Array(bytes.prefix(count))]) == nil) }
  }

  @Test(
    "Requests as clients write them",
    arguments: [
      handshake(),
      handshake(line: "GET / HTTP/1.1"),
      handshake(line: "GET /any/path?with=query HTTP/1.1"),
      handshake(line: "GET http://broker.example/ HTTP/1.1"),
      handshake(without: "Upgrade", adding: "upgrade:WebSocket"),
      handshake(without: "Upgrade", adding: "Upgrade: h2c, websocket"),
      handshake(without: "Connection", adding: "CONNECTION:\tupgrade \t"),
      handshake(without: "Connection", adding: "Connection: keep-alive", "Connection: Upgrade"),
      handshake(adding: "Cookie: a=\u{E9}", "Sec-WebSocket-Extensions: permessage-deflate"),
      handshake(adding: "Content-Length: 0", "Empty:"),
    ])
  func taken(request: String) throws {
    #expect(try read([request.bytes])?.count == request.utf8.count)
  }

  @Test(
    "The first sub-protocol that we speak",
    arguments: [
      ("mqtt", Subprotocol.mqtt), ("mqttv3.1", .mqttVersion3_1),
      ("mqttv3.1, mqtt", .mqttVersion3_1),
      ("chat,mqtt,mqttv3.1", .mqtt), (" ,, mqtt ,", .mqtt),
    ])
  func subprotocol(offer: String, chosen: Subprotocol) throws {
    let request = handshake(
      without: "Sec-WebSocket-Protocol", adding: "Sec-WebSocket-Protocol: \(offer)")
    #expect(try read([request.bytes])?.request.subprotocol == chosen)
  }

  static let refused: [(request: String, refusal: RequestRefusal)] = [
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", .upgradeRequired),
    ("GET / HTTP/1.0\r\n\r\n", .upgradeRequired),
    (handshake(line: "GET / HTTP/1.0"), .upgradeRequired),
    (handshake(without: "Upgrade"), .upgradeRequired),
    (handshake(without: "Upgrade", adding: "Upgrade: h2c"), .upgradeRequired),
    (handshake(without: "Sec-WebSocket-Version"), .upgradeRequired),
    (
      handshake(without: "Sec-WebSocket-Version", adding: "Sec-WebSocket-Version: 8"),
      .upgradeRequired
    ),
    (handshake(adding: "Sec-WebSocket-Version: 13"), .badRequest),
    (handshake(line: "POST / HTTP/1.1"), .methodNotAllowed),
    (handshake(line: "HEAD / HTTP/1.1"), .methodNotAllowed),
    (handshake(line: "GETS / HTTP/1.1"), .methodNotAllowed),
    (handshake(line: "PRI * HTTP/2.0"), .versionNotSupported),
    (handshake(line: "GET / HTTP/1.2"), .versionNotSupported),
    (handshake(line: "GET / FTP/1.1"), .badRequest),
    (handshake(line: "GET /"), .badRequest),
    (handshake(line: "GET  / HTTP/1.1"), .badRequest),
    (handshake(line: "GET / HTTP/1.1 "), .versionNotSupported),
    (handshake(line: "GET mqtt HTTP/1.1"), .badRequest),
    (handshake(without: "Host"), .badRequest),
    (handshake(adding: "Host: other.example"), .badRequest),
    (handshake(without: "Connection"), .badRequest),
    (handshake(without: "Connection", adding: "Connection: upgraded"), .badRequest),
    (handshake(without: "Sec-WebSocket-Key"), .badRequest),
    (handshake(adding: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), .badRequest),
    (
      handshake(without: "Sec-WebSocket-Key", adding: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ="),
      .badRequest
    ),
    (
      handshake(
        without: "Sec-WebSocket-Key", adding: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub2 jZQ=="),
      .badRequest
    ),
    (
      handshake(
        without: "Sec-WebSocket-Key", adding: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA"),
      .badRequest
    ),
    (handshake(without: "Sec-WebSocket-Protocol"), .subprotocolMissing),
    (
      handshake(without: "Sec-WebSocket-Protocol", adding: "Sec-WebSocket-Protocol: MQTT, mqtt5"),
      .subprotocolMissing
    ),
    (handshake(adding: "Origin: http://a", "Origin: http://b"), .badRequest),
    (handshake(adding: "Content-Length: 5"), .badRequest),
    (handshake(adding: "Transfer-Encoding: chunked"), .badRequest),
    (handshake(adding: "Name : value"), .badRequest),
    (handshake(adding: ": value"), .badRequest),
    (handshake(adding: "no colon"), .badRequest),
    (handshake(adding: " folded"), .badRequest),
    (handshake(adding: "Name: va\u{0}lue"), .badRequest),
    (handshake(adding: "Name: va\u{7F}lue"), .badRequest),
    ("GET / HTTP/1.1\nHost: a\n\n", .badRequest),
    ("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", .badRequest),
    ("\r\n" + handshake(), .badRequest),
    ("get / HTTP/1.1\r\n", .badRequest),
  ]

  @Test("What is no handshake is told why, at every cut", arguments: refused)
  func refusal(request: String, refusal: RequestRefusal) {
    #expect(throws: refusal) { _ = try read([request.bytes]) }
    #expect(throws: refusal) { _ = try read(request.bytes.map { [$0] }) }
  }

  @Test(
    "A client of MQTT, or of TLS, is told with its first byte", arguments: [0x10, 0x16, 0, 0xFF])
  func otherProtocols(byte: UInt8) {
    #expect(throws: RequestRefusal.badRequest) { _ = try read([[byte]]) }
  }

  @Test("A header as long as the limit is taken, one byte more is not") func limit() throws {
    let bytes = handshake().bytes
    #expect(try read([bytes], limit: bytes.count)?.count == bytes.count)
    #expect(throws: RequestRefusal.headerTooLarge) {
      _ = try read([bytes], limit: bytes.count - 1)
    }
  }

  @Test("One byte changed anywhere never traps") func mutations() {
    let bytes = handshake(adding: "Origin: http://a").bytes
    var random = Random(seed: 3)
    var refusals = 0
    for place in bytes.indices {
      for _ in 0..<8 {
        var changed = bytes
        changed[place] = UInt8(random.below(256))
        if (try? read([changed])) == nil { refusals += 1 }
      }
    }
    #expect(refusals > bytes.count)
  }
}

@Suite struct AnswerTests {
  @Test("The key and digest of the standard") func opening() throws {
    // [RFC 6455, 1.3]
    let key = WebSocketKey("dGhlIHNhbXBsZSBub25jZQ==".bytes.span)
    #expect(
      String(copying: key.span) == "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    let digest: KeyDigest = [
      0xB3, 0x7A, 0x4F, 0x2C, 0xC0, 0x62, 0x4F, 0x16, 0x90, 0xF6, 0x46, 0x06, 0xCF, 0x38, 0x59,
      0x45, 0xB2, 0xBE, 0xC4, 0xEA,
    ]
    var line = Line()
    HTTPAnswer.writeOpening(digest: digest, subprotocol: .mqttVersion3_1, to: &line)
    #expect(
      String(copying: line.span) == """
        HTTP/1.1 101 Switching Protocols\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
        Sec-WebSocket-Protocol: mqttv3.1\r
        \r

        """)
  }

  @Test(
    "Refusals are whole answers that fit",
    arguments: [
      RequestRefusal.badRequest, .subprotocolMissing, .forbidden, .methodNotAllowed,
      .upgradeRequired, .headerTooLarge, .webSocketsInUse, .webSocketsOverShare, .handshakesInUse,
      .handshakesOverShare, .versionNotSupported,
    ])
  func refusals(refusal: RequestRefusal) throws {
    var line = Line()
    HTTPAnswer.write(refusal, to: &line)
    #expect(line.count <= HTTPAnswer.byteCountMax)
    let text = String(copying: line.span)
    let end = try #require(text.range(of: "\r\n\r\n"))
    let fields = text[..<end.lowerBound].components(separatedBy: "\r\n")
    #expect(fields[0].hasPrefix("HTTP/1.1 "))
    #expect(fields.contains { $0.hasPrefix("Connection:") && $0.hasSuffix("close") })
    let body = text[end.upperBound...]
    #expect(fields.contains("Content-Length: \(body.utf8.count)"))
    #expect(fields.contains("Upgrade: websocket") == (refusal == .upgradeRequired))
    #expect(fields.contains("Sec-WebSocket-Version: 13") == (refusal == .upgradeRequired))
    #expect(fields.contains("Allow: GET") == (refusal == .methodNotAllowed))
  }
}

@Suite struct OriginTests {
  @Test(
    "Origins are the same but for case",
    arguments: [
      ("http://A.example", "http://a.EXAMPLE", true),
      ("http://a.example", "http://a.example:8080", false),
      ("https://a.example", "http://a.example", false), ("null", "", false), ("null", "null", true),
    ])
  func same(origin: String, allowed: String, isSame: Bool) {
    let result = isSameOrigin(origin.bytes.span, allowed.bytes.span)
    #expect(result == isSame)
  }
}
