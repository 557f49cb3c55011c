import Board
import Memory

/// The pools beside the Broker's that clients can fill, with the limit of the board that each is.
///
/// Whoever adds one is asked by the compiler for its name and for how full it is, and by
/// `make documents` for one more place in the Broker's `ForeignPools`.
package enum LinuxPool: UInt8 {
  /// `tlsConnections`
  /// - Full: the new connection is closed
  /// - Felt by: who comes, first of those from an address with many
  /// - Seen: closed in the handshake
  /// - Raise: `tlsConnections`
  case tlsConnections
  /// `tlsHandshakes`; refused are those that had to wait
  /// - Full: the new ones wait, and addresses take turns; one that has not gone on for five
  ///   seconds, or half of connect_timeout, while others wait is closed
  /// - Felt by: who comes while many come
  /// - Seen: a slow handshake
  /// - Raise: `tlsHandshakes`
  case tlsHandshakes
  /// `tlsHeapBytes`
  /// - Full: the new connection is closed; at start or on a reload, an error
  /// - Felt by: who comes
  /// - Seen: closed in the handshake
  /// - Raise: `tlsHeapBytes`
  case tlsHeapBytes
  /// `webSockets`
  /// - Full: the new connection is answered and closed
  /// - Felt by: who comes, first of those from an address with many
  /// - Seen: HTTP 503
  /// - Raise: `webSockets`
  case webSockets
  /// `webSocketHandshakes`
  /// - Full: the same
  /// - Felt by: who sends its request piece by piece
  /// - Seen: HTTP 503
  /// - Raise: `webSocketHandshakes`
  case webSocketHandshakes
  /// `webSocketControls`
  /// - Full: the connection that needs one is closed
  /// - Felt by: who sends control frames in parts, or does not read pongs
  /// - Seen: closed with 1013
  /// - Raise: `webSocketControls`
  case webSocketControls

  /// Its name in `$SYS/broker/limits/`.
  var name: StaticString {
    switch self {
    case .tlsConnections: "TLS connections"
    case .tlsHandshakes: "TLS handshakes"
    case .tlsHeapBytes: "TLS heap bytes"
    case .webSockets: "WebSockets"
    case .webSocketHandshakes: "WebSocket handshakes"
    case .webSocketControls: "WebSocket controls"
    }
  }

  /// How a table of the plan is shared; nil for one that is not, or is not here.
  package static func share(of entry: PlanEntry) -> Share? {
    let isShared =
      entry.isNamed("TLS connections by address") || entry.isNamed("TLS handshakes by address")
      || entry.isNamed("WebSockets by address") || entry.isNamed("WebSocket handshakes by address")
      || entry.isNamed("WebSocket controls by address")
    return isShared && entry.count > 0 ? .byAddress(entry.count) : nil
  }

  /// Whether this board has it.
  var isHere: Bool {
    switch self {
    case .tlsConnections, .tlsHandshakes, .tlsHeapBytes: Limits().tlsConnections > 0
    case .webSockets, .webSocketHandshakes, .webSocketControls: WebSocketLayer.isHere
    }
  }
}
