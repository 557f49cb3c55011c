import Memory

/// Finds the end of an HTTP request's header, wherever it was cut on its way. [RFC 9112, 2.1]
///
/// It looks at each byte once, and gives up at the first one that no header can have: so a client
/// of plain MQTT or of TLS on this port is told at once and not when its time is up.
package struct RequestScanner: BitwiseCopyable {
  private enum Place: UInt8, BitwiseCopyable {
    case start, emptyLine, line, lineEnd, headerEnd
  }

  private var place = Place.start
  /// Bytes seen so far.
  package private(set) var count: UInt32 = 0

  package init() {}

  /// Where in `bytes`, which follow those seen before, the header ends; nil when it goes on.
  ///
  /// - Parameter limit: the most bytes that a header may have. More: 431.
  package mutating func findEnd(
    in bytes: Span<UInt8>, limit: Int, _ work: inout Work
  ) throws(RequestRefusal) -> Int? {
    work.pay(WebSocketPrice.scanning(min(bytes.count, limit)))
    for index in bytes.indices {
      guard count < limit else { throw .headerTooLarge }
      try take(bytes[index])
      count += 1
      if place == .headerEnd && bytes[index] == UInt8(ascii: "\n") { return index + 1 }
    }
    return nil
  }

  private mutating func take(_ byte: UInt8) throws(RequestRefusal) {
    switch (place, byte) {
    case (.start, UInt8(ascii: "A")...UInt8(ascii: "Z")): place = .line
    case (.start, _): throw .badRequest
    case (.line, UInt8(ascii: "\r")): place = .lineEnd
    case (.emptyLine, UInt8(ascii: "\r")): place = .headerEnd
    case (.lineEnd, UInt8(ascii: "\n")): place = .emptyLine
    case (.headerEnd, UInt8(ascii: "\n")): break
    case (.line, 0x20...0x7E), (.line, 0x80...0xFF), (.line, 0x09): break
    case (.emptyLine, 0x21...0x7E): place = .line
    default: throw .badRequest
    }
  }
}

/// Why a request is not answered with a WebSocket.
package enum RequestRefusal: UInt8, BitwiseCopyable, Error {
  /// 400: it is no HTTP request, or no WebSocket handshake. [RFC 6455, 4.2.1]
  case badRequest
  /// 400: it does not offer a sub-protocol of MQTT. [MQTT-6.0.0-3]
  case subprotocolMissing
  /// 403: its Origin is not one of those allowed. [RFC 6455, 10.2]
  case forbidden
  /// 405: nothing but GET begins a WebSocket.
  case methodNotAllowed
  /// 426: a plain GET, or another version of WebSocket than 13. [RFC 6455, 4.4]
  case upgradeRequired
  /// 431: longer than the limit. [RFC 6585, 5]
  case headerTooLarge
  /// 503: there are as many WebSockets as there may be, or as may be from its address.
  case webSocketsInUse, webSocketsOverShare
  /// 503: so it is with those whose handshake has come in part.
  case handshakesInUse, handshakesOverShare
  /// 505: neither HTTP/1.1 nor HTTP/1.0.
  case versionNotSupported
}
