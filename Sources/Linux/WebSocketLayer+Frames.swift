import Memory
import WebSocket

// Frames of the client, and the control frames that answer them.
extension WebSocketLayer {
  /// Takes the frames in `range` apart; how many bytes of MQTT are at the front then.
  ///
  /// Pings are answered together, when all has been looked at.
  mutating func takeFrames(
    _ range: Range<Int>, of bytes: inout MutableSpan<UInt8>, _ handle: Handle<WebSocketState>,
    _ place: Int, _ streams: inout Streams, _ work: inout Work
  ) -> Int {
    var cursor = FrameCursor(from: range.lowerBound, to: range.upperBound)
    var pongs = Pongs()
    var end = End.none
    do throws(CloseCode) {
      while end == .none,
        let piece = try states[handle].decoder.next(
          in: &bytes, &cursor, limit: frameBytesMax, &work)
      {
        end = try take(piece, bytes.span.extracting(piece.range), handle, &pongs)
      }
    } catch {
      if case .closed = states[handle].ending { states[handle].ending = .violated(error) }
      end = .close(error)
    }
    answer(pongs, handle, place, &streams, &work)
    guard case .close(let code) = end, states[handle].phase == .open else { return cursor.written }
    states[handle].closeCode = code?.rawValue ?? 0
    states[handle].phase = .parting
    if cursor.written > 0 {
      // Packets before it are answered first, as on a socket whose peer has closed its side.
      streams.findReadyAgain(place: place)
    } else {
      part(handle, place, &streams, &work)
    }
    return cursor.written
  }

  /// Whether a connection goes on behind a frame, or with which code it is closed.
  private enum End {
    case none
    case close(CloseCode?)

    static func == (left: End, right: End) -> Bool {
      switch (left, right) {
      case (.none, .none): true
      case (.close(let one), .close(let other)): one == other
      default: false
      }
    }
  }

  /// Puts a control frame together that has come in parts, and sees what it asks for.
  private mutating func take(
    _ piece: ControlPiece, _ bytes: Span<UInt8>, _ handle: Handle<WebSocketState>,
    _ pongs: inout Pongs
  ) throws(CloseCode) -> End {
    guard piece.opcode != .pong else { return .none }
    if states[handle].incoming.isNull {
      guard !piece.isLast else { return try take(piece.opcode, bytes, &pongs) }
      states[handle].incoming = try claimControl(handle)
    }
    _ = controls.append(bytes, to: states[handle].incoming)  // 125 bytes always fit
    guard piece.isLast else { return .none }
    let end = try take(piece.opcode, controls.bytes(of: states[handle].incoming), &pongs)
    controls.release(&states[handle].incoming, by: states[handle].owner)
    return end
  }

  private func take(
    _ opcode: Opcode, _ payload: Span<UInt8>, _ pongs: inout Pongs
  ) throws(CloseCode) -> End {
    if opcode == .close { return .close(try ClosePayload.read(payload)) }
    pongs.answer(payload)
    return .none
  }

  /// A slot for a control frame that is in parts.
  private mutating func claimControl(
    _ handle: Handle<WebSocketState>
  ) throws(CloseCode) -> Handle<ByteSlots.Slot> {
    var slot = Handle<ByteSlots.Slot>.null
    let claim = controls.claim(&slot, by: states[handle].owner)
    guard claim == .granted else {
      states[handle].ending = .lacksControl(claim)
      throw .tryAgainLater
    }
    return slot
  }

  /// Answers pings: all of them, if they can leave now, else the last.
  private mutating func answer(
    _ pongs: borrowing Pongs, _ handle: Handle<WebSocketState>, _ place: Int,
    _ streams: inout Streams, _ work: inout Work
  ) {
    guard !pongs.isEmpty else { return }
    let bytes = mayAnswerNow(handle) ? pongs.all : pongs.last
    answer(bytes, as: .pong, handle, place, &streams, &work)
  }

  /// Sends the last word, now that packets before it have been answered; the connection is over when it
  /// has left.
  mutating func part(
    _ handle: Handle<WebSocketState>, _ place: Int, _ streams: inout Streams, _ work: inout Work
  ) {
    let code = states[handle].closeCode
    var line = Line()
    line.appendClose(code == 0 ? nil : CloseCode(rawValue: code))
    states[handle].phase = .closing
    answer(line.span, as: .last, handle, place, &streams, &work)
  }
}
