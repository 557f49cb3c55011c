import Memory
import WebSocket

// Frames of the client, and the control frames that answer them.
extension WebSocketLayer {
  /// Takes the frames in `range` apart; how many bytes of MQTT are at the front then.
  mutating func takeFrames(
    _ range: Range<Int>, of bytes: inout MutableSpan<UInt8>, _ handle: Handle<WebSocketState>,
    _ place: Int, _ streams: inout Streams, _ work: inout Work
  ) -> Int {
    var cursor = FrameCursor(from: range.lowerBound, to: range.upperBound)
    do throws(CloseCode) {
      while states[handle].phase == .open,
        let piece = try states[handle].decoder.next(in: &bytes, &cursor, limit: frameBytesMax)
      {
        try take(piece, bytes.span.extracting(piece.range), handle, place, &streams, &work)
      }
    } catch {
      states[handle].ending = .violated(error)
      close(handle, with: error, place, &streams, &work)
    }
    if states[handle].phase == .parting {
      // Packets before it are answered first, as on a socket whose peer has closed its side.
      guard cursor.written == 0 else {
        streams.findReadyAgain(place: place)
        return cursor.written
      }
      part(handle, place, &streams, &work)
    }
    return cursor.written
  }

  /// Puts a control frame together that has come in parts, and answers it.
  private mutating func take(
    _ piece: ControlPiece, _ bytes: Span<UInt8>, _ handle: Handle<WebSocketState>, _ place: Int,
    _ streams: inout Streams, _ work: inout Work
  ) throws(CloseCode) {
    guard piece.opcode != .pong else { return }
    if states[handle].incoming.isNull {
      guard !piece.isLast else {
        return try take(piece.opcode, bytes, handle, place, &streams, &work)
      }
      guard let slot = controls.claim() else { throw .tryAgainLater }
      states[handle].incoming = slot
    }
    _ = controls.append(bytes, to: states[handle].incoming)  // 125 bytes always fit
    guard piece.isLast else { return }
    let whole = controls.bytes(of: states[handle].incoming)
    try take(piece.opcode, whole, handle, place, &streams, &work)
    controls.release(&states[handle].incoming)
  }

  private mutating func take(
    _ opcode: Opcode, _ payload: Span<UInt8>, _ handle: Handle<WebSocketState>, _ place: Int,
    _ streams: inout Streams, _ work: inout Work
  ) throws(CloseCode) {
    if opcode == .close {
      let code = try ClosePayload.read(payload)
      return close(handle, with: code, place, &streams, &work)
    }
    var line = Line()
    line.append(FrameHeader(.pong, payloadCount: payload.count).span)
    line.append(payload)
    answer(line.span, isFixed: false, handle, place, &streams, &work)
  }

  /// Says the last word; the connection is over when it has left.
  private mutating func close(
    _ handle: Handle<WebSocketState>, with code: CloseCode?, _ place: Int,
    _ streams: inout Streams, _ work: inout Work
  ) {
    var line = Line()
    line.appendClose(code)
    states[handle].phase = .parting
    answer(line.span, isFixed: true, handle, place, &streams, &work)
  }

  /// Sends the last word, as soon as it may leave.
  mutating func part(
    _ handle: Handle<WebSocketState>, _ place: Int, _ streams: inout Streams, _ work: inout Work
  ) {
    states[handle].phase = .closing
    flush(handle, place, &streams, &work)
  }
}
