/// Why a WebSocket connection is closed, as a Close frame says it. [RFC 6455, 7.4.1]
package struct CloseCode: BitwiseCopyable, Error, Equatable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// It has served its purpose.
  package static var normal: CloseCode { CloseCode(rawValue: 1000) }
  /// The peer broke the protocol.
  package static var protocolError: CloseCode { CloseCode(rawValue: 1002) }
  /// Data that nobody here takes: MQTT is binary. [MQTT-6.0.0-1]
  package static var unsupportedData: CloseCode { CloseCode(rawValue: 1003) }
  /// A reason that is not UTF-8.
  package static var invalidPayload: CloseCode { CloseCode(rawValue: 1007) }
  /// A frame longer than the limit.
  package static var tooBig: CloseCode { CloseCode(rawValue: 1009) }
  /// Something here is full.
  package static var tryAgainLater: CloseCode { CloseCode(rawValue: 1013) }

  /// Whether a peer may send it: 1004 to 1006 and 1015 are for programs among themselves, the rest
  /// below 3000 is nobody's yet. [RFC 6455, 7.4.2]
  package var isAllowedOnTheWire: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: return true
    default: return false
    }
  }

  /// What it means, for the log.
  package var words: StaticString {
    switch self {
    case .unsupportedData: return "it sent WebSocket text, and MQTT is binary"
    case .invalidPayload: return "its WebSocket close reason is not UTF-8"
    case .tooBig: return "its WebSocket frame is longer than the limit"
    case .tryAgainLater: return "there is no room for its WebSocket control frame"
    default: return "it broke the WebSocket protocol"
    }
  }
}

/// What a Close frame of the peer holds. [RFC 6455, 5.5.1]
package enum ClosePayload {
  /// The code to answer with: its own, or none if it gave none.
  ///
  /// Throws when the payload is one byte, the code not one that may be sent, or the reason not
  /// UTF-8.
  package static func read(_ payload: Span<UInt8>) throws(CloseCode) -> CloseCode? {
    guard payload.count > 0 else { return nil }
    guard payload.count > 1 else { throw .protocolError }
    let code = CloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
    guard code.isAllowedOnTheWire else { throw .protocolError }
    guard UTF8Text.isWellFormed(payload.extracting(2..<payload.count)) else {
      throw .invalidPayload
    }
    return code
  }
}
