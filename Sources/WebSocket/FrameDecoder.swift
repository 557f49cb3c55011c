import Memory

/// Takes a client's frames apart, wherever they were cut on their way. [RFC 6455, 5]
///
/// What they hold is a stream of MQTT: it is unmasked and moved down to the front of the very
/// bytes it came in, so that packets that lie across frames, and many in one, look as on a socket.
package struct FrameDecoder: BitwiseCopyable {
  private enum Part: UInt8, BitwiseCopyable {
    case opcode, length, extendedLength, key, payload
  }

  private var part = Part.opcode
  private var opcode = Opcode.continuation
  private var isFinal = false
  /// A message has begun whose last fragment has not.
  private var isFragmented = false
  /// Bytes of the extended length, or of the key, that are still to come.
  private var missing: UInt8 = 0
  private var lengthBytes: UInt8 = 0
  private var key = MaskingKey()
  /// The length as it arrives, then what of the payload is still to come.
  private var remaining: UInt64 = 0

  package init() {}

  /// Reads on until a control frame, or a part of one, is there, or nothing is left to be read.
  ///
  /// - Parameters:
  ///   - bytes: as received; the payload is at their front when they have been read.
  ///   - limit: the most bytes that one frame may hold. More: 1009.
  package mutating func next(
    in bytes: inout MutableSpan<UInt8>, _ cursor: inout FrameCursor, limit: Int,
    _ work: inout Work
  ) throws(CloseCode) -> ControlPiece? {
    while cursor.position < cursor.end {
      guard part == .payload else {
        let byte = bytes[cursor.position]
        cursor.position &+= 1
        try readHeader(byte, limit: limit)
        guard part == .payload else { continue }
        work.pay(WebSocketPrice.frame + (opcode.isControl ? WebSocketPrice.control : 0))
        if remaining == 0, let ended = endFrame(at: cursor) { return ended }
        continue
      }
      let count = min(cursor.end &- cursor.position, Int(remaining))
      if opcode.isControl { return readControl(count, in: &bytes, &cursor) }
      work.pay(WebSocketPrice.unmasking(count))
      key.unmask(&bytes, from: cursor.position, to: cursor.written, count: count)
      cursor.position &+= count
      cursor.written &+= count
      remaining &-= UInt64(count)
      if remaining == 0 { part = .opcode }
    }
    return nil
  }

  private mutating func readControl(
    _ count: Int, in bytes: inout MutableSpan<UInt8>, _ cursor: inout FrameCursor
  ) -> ControlPiece {
    let start = cursor.position
    key.unmask(&bytes, from: start, to: start, count: count)
    cursor.position &+= count
    remaining &-= UInt64(count)
    if remaining == 0 { part = .opcode }
    return ControlPiece(
      opcode: opcode, range: start..<start &+ count, isLast: remaining == 0)
  }

  /// Ends a frame without payload; a control frame is told.
  private mutating func endFrame(at cursor: FrameCursor) -> ControlPiece? {
    part = .opcode
    guard opcode.isControl else { return nil }
    return ControlPiece(
      opcode: opcode, range: cursor.position..<cursor.position, isLast: true)
  }

  private mutating func readHeader(_ byte: UInt8, limit: Int) throws(CloseCode) {
    switch part {
    case .opcode: try readOpcode(byte)
    case .length: try readLength(byte, limit: limit)
    case .extendedLength: try readExtendedLength(byte, limit: limit)
    case .key, .payload: readKey(byte)
    }
  }

  private mutating func readOpcode(_ byte: UInt8) throws(CloseCode) {
    // No extension was agreed on: the reserved bits mean nothing.
    guard byte & 0x70 == 0, let opcode = Opcode(rawValue: byte & 0x0F) else {
      throw .protocolError
    }
    self.opcode = opcode
    isFinal = byte & 0x80 != 0
    if opcode.isControl {
      guard isFinal else { throw .protocolError }
    } else {
      // A continuation continues something, and nothing else stands between fragments. [5.4]
      guard (opcode == .continuation) == isFragmented else { throw .protocolError }
      guard opcode != .text else { throw .unsupportedData }  // [MQTT-6.0.0-1]
      isFragmented = !isFinal
    }
    part = .length
  }

  private mutating func readLength(_ byte: UInt8, limit: Int) throws(CloseCode) {
    guard byte & 0x80 != 0 else { throw .protocolError }  // clients mask [5.1]
    let length = byte & 0x7F
    guard length <= 125 || !opcode.isControl else { throw .protocolError }  // [5.5]
    lengthBytes = length == 126 ? 2 : length == 127 ? 8 : 0
    remaining = lengthBytes == 0 ? UInt64(length) : 0
    missing = lengthBytes
    part = .extendedLength
    if lengthBytes == 0 { try endLength(limit: limit) }
  }

  private mutating func readExtendedLength(_ byte: UInt8, limit: Int) throws(CloseCode) {
    guard missing < 8 || byte & 0x80 == 0 else { throw .protocolError }  // 63 bits [5.2]
    remaining = remaining << 8 | UInt64(byte)
    missing &-= 1
    guard missing == 0 else { return }
    // The shortest form is the only one. [5.2]
    guard remaining > (lengthBytes == 2 ? 125 : 0xFFFF) else { throw .protocolError }
    try endLength(limit: limit)
  }

  private mutating func endLength(limit: Int) throws(CloseCode) {
    guard remaining <= UInt64(limit) else { throw .tooBig }
    missing = 4
    part = .key
  }

  private mutating func readKey(_ byte: UInt8) {
    key.append(byte)
    missing &-= 1
    if missing == 0 { part = .payload }
  }
}

/// How far the bytes received at once have been read, and how many of them are payload.
///
/// Invariant: `written <= position <= end`.
package struct FrameCursor: BitwiseCopyable {
  package fileprivate(set) var position: Int
  /// Bytes of payload at the front.
  package fileprivate(set) var written = 0
  package let end: Int

  /// Begins to read at `start`; payload is written from the first byte on.
  package init(from start: Int = 0, to end: Int) {
    precondition(start >= 0 && start <= end)
    position = start
    self.end = end
  }
}

/// A control frame, or as much of one as was there, unmasked where it lies. [RFC 6455, 5.5]
package struct ControlPiece {
  package let opcode: Opcode
  package let range: Range<Int>
  /// Whether the frame ends with it.
  package let isLast: Bool
}
