import Memory

/// The answers to a request, each a whole HTTP message of at most `byteCountMax` bytes.
package enum HTTPAnswer {
  /// No answer is longer.
  package static var byteCountMax: Int { 256 }

  /// Writes the answer that opens the WebSocket. [RFC 6455, 4.2.2]
  package static func writeOpening(
    digest: KeyDigest, subprotocol: Subprotocol, to line: inout Line
  ) {
    line.append(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        as StaticString)
    line.append("Sec-WebSocket-Accept: ")
    appendBase64(digest, to: &line)
    line.append("\r\nSec-WebSocket-Protocol: ")
    line.append(subprotocol.name)
    line.append("\r\n\r\n")
  }

  /// Writes the answer that refuses it; the connection is closed behind it.
  package static func write(_ refusal: RequestRefusal, to line: inout Line) {
    line.append("HTTP/1.1 ")
    line.append(refusal.status)
    line.append("\r\n")
    switch refusal {
    case .upgradeRequired:
      // Who sends Upgrade names it in Connection too. [RFC 9110, 7.8]
      line.append("Upgrade: websocket\r\nConnection: Upgrade, close\r\n")
      line.append("Sec-WebSocket-Version: 13\r\nContent-Type: text/plain\r\n")
      line.append("Content-Length: 39\r\n\r\nMQTT over WebSocket, sub-protocol mqtt\n")
    case .methodNotAllowed:
      line.append("Connection: close\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n")
    default: line.append("Connection: close\r\nContent-Length: 0\r\n\r\n")
    }
  }

  private static func appendBase64(_ digest: KeyDigest, to line: inout Line) {
    for start in stride(from: 0, to: 18, by: 3) {
      append(
        UInt32(digest[start]) << 16 | UInt32(digest[start + 1]) << 8 | UInt32(digest[start + 2]),
        letters: 4, to: &line)
    }
    append(UInt32(digest[18]) << 16 | UInt32(digest[19]) << 8, letters: 3, to: &line)
    line.append(byte: UInt8(ascii: "="))
  }

  private static func append(_ group: UInt32, letters: Int, to line: inout Line) {
    let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for index in 0..<letters {
      let value = Int(group >> UInt32(18 - 6 * index)) & 0x3F
      unsafe line.append(byte: alphabet.utf8Start[value])
    }
  }
}

extension RequestRefusal {
  /// The status line's code and phrase.
  package var status: StaticString {
    switch self {
    case .badRequest, .subprotocolMissing: return "400 Bad Request"
    case .forbidden: return "403 Forbidden"
    case .methodNotAllowed: return "405 Method Not Allowed"
    case .upgradeRequired: return "426 Upgrade Required"
    case .headerTooLarge: return "431 Request Header Fields Too Large"
    case .webSocketsInUse, .webSocketsOverShare, .handshakesInUse, .handshakesOverShare:
      return "503 Service Unavailable"
    case .versionNotSupported: return "505 HTTP Version Not Supported"
    }
  }

  /// Why, for the log.
  package var words: StaticString {
    switch self {
    case .badRequest: return "its request is no WebSocket handshake"
    case .subprotocolMissing: return "it does not offer the WebSocket sub-protocol mqtt"
    case .forbidden: return "its Origin is not one of websockets_origin"
    case .methodNotAllowed: return "its HTTP method is not GET"
    case .upgradeRequired: return "it did not ask for WebSocket 13"
    case .headerTooLarge: return "its HTTP header is longer than the limit"
    case .webSocketsInUse: return "there are as many WebSockets as webSockets allows"
    case .webSocketsOverShare: return "its address has its share of webSockets"
    case .handshakesInUse: return "there are as many half handshakes as webSocketHandshakes allows"
    case .handshakesOverShare: return "its address has its share of webSocketHandshakes"
    case .versionNotSupported: return "its HTTP version is not 1.1"
    }
  }
}
