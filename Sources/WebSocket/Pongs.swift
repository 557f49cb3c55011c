import Memory

/// The answers to the pings that came in one read, to leave together: all of them, as long as there is
/// room, and of more than that the last ones.
///
/// Of several pings only the last must be answered. [RFC 6455, 5.5.3]
package struct Pongs: ~Copyable {
  private var line = Line()
  private var lastStart = 0

  package init() {}

  /// So many bytes of answers leave together, at most.
  package static var byteCountMax: Int { 256 }

  package var isEmpty: Bool { line.count == 0 }

  /// All of them.
  package var all: Span<UInt8> {
    @_lifetime(borrow self) get { line.span }
  }

  /// The last one.
  package var last: Span<UInt8> {
    @_lifetime(borrow self) get { line.span.extracting(lastStart..<line.count) }
  }

  /// Answers a ping that had this in it.
  package mutating func answer(_ payload: Span<UInt8>) {
    let header = FrameHeader(.pong, payloadCount: payload.count)
    if line.count + header.count + payload.count > Pongs.byteCountMax { line.removeAll() }
    lastStart = line.count
    line.append(header.span)
    line.append(payload)
  }
}
