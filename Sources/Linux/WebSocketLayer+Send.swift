import CLinux
import Memory
import Server
import WebSocket

extension WebSocketLayer {
  /// Most pieces of MQTT that leave with one frame's header.
  private static var piecesMax: Int { 63 }

  /// Sends MQTT from the front of a chain: one binary frame for what leaves together.
  ///
  /// What is left of an earlier frame goes first, then the control frames that waited for its end.
  mutating func send(
    _ chain: Chain, of chains: borrowing ByteChains, _ handle: Handle<WebSocketState>, place: Int,
    streams: inout Streams
  ) -> Sent {
    var taken = 0
    if states[handle].isSendingFrame {
      guard sendFrame(chain, of: chains, &taken, handle, place, &streams) else { return .failed }
    }
    flush(handle, place, &streams)
    guard mayBeginFrame(handle), taken < chain.count else { return .bytes(taken) }
    guard sendFrame(chain, of: chains, &taken, handle, place, &streams) else { return .failed }
    flush(handle, place, &streams)
    return .bytes(taken)
  }

  /// Behind a Close nothing follows, before the handshake has ended nothing is owed, and answers
  /// go first.
  private func mayBeginFrame(_ handle: Handle<WebSocketState>) -> Bool {
    let state = states[handle]
    guard !state.isSendingFrame else { return false }
    switch state.phase {
    case .open: return state.outgoing.isNull
    case .parting: return !controls.isBegun(state.outgoing)
    case .proxyHeader, .proxyRest, .request, .closing, .ended: return false
    }
  }

  /// Sends the rest of the frame that has begun, or begins one with what follows the first `taken`
  /// bytes; false when the connection is broken.
  private mutating func sendFrame(
    _ chain: Chain, of chains: borrowing ByteChains, _ taken: inout Int,
    _ handle: Handle<WebSocketState>, _ place: Int, _ streams: inout Streams
  ) -> Bool {
    var pieces = unsafe InlineArray<64, linux_piece>(repeating: linux_piece(base: nil, count: 0))
    let limit = states[handle].isSendingFrame ? Int(states[handle].frameRest) : Int.max
    var count = 0
    let gathered = unsafe WebSocketLayer.gather(
      chain, of: chains, from: taken, limit: limit, into: &pieces, &count)
    if !states[handle].isSendingFrame {
      states[handle].frameRest = UInt32(gathered)
      states[handle].headerRest = UInt8(FrameHeader(.binary, payloadCount: gathered).count)
    }
    // While a part of the header is missing nothing of the payload has left.
    let header = FrameHeader(.binary, payloadCount: Int(states[handle].frameRest))
    let skipped = header.count - Int(states[handle].headerRest)
    let sent: Int64
    if states[handle].headerRest > 0 {
      let rest = header.span.extracting(skipped..<header.count)
      unsafe rest.withUnsafeBufferPointer { buffer in
        unsafe pieces[0] = linux_piece(base: buffer.baseAddress, count: UInt64(buffer.count))
      }
      sent = unsafe streams.send(pieces.span.extracting(0..<count + 1), place: place)
    } else {
      sent = unsafe streams.send(pieces.span.extracting(1..<count + 1), place: place)
    }
    guard sent >= 0 else { return sent == -Int64(LINUX_ERROR_AGAIN) }
    let ofHeader = min(Int(sent), Int(states[handle].headerRest))
    states[handle].headerRest -= UInt8(ofHeader)
    states[handle].frameRest -= UInt32(Int(sent) - ofHeader)
    taken += Int(sent) - ofHeader
    return true
  }

  /// Gathers at most `limit` bytes that follow the first `skipped` ones, behind the place of the
  /// header; how many they are.
  private static func gather(
    _ chain: Chain, of chains: borrowing ByteChains, from skipped: Int, limit: Int,
    into pieces: inout InlineArray<64, linux_piece>, _ count: inout Int
  ) -> Int {
    var toSkip = skipped
    var room = limit
    var gathered = 0
    chains.forEachPiece(of: chain, atMost: Int.max) { piece in
      guard toSkip < piece.count else {
        toSkip -= piece.count
        return true
      }
      let end = min(piece.count, room < piece.count ? toSkip + room : piece.count)
      let used = piece.extracting(toSkip..<end)
      unsafe used.withUnsafeBufferPointer { buffer in
        unsafe pieces[count + 1] = linux_piece(
          base: buffer.baseAddress, count: UInt64(buffer.count))
      }
      count += 1
      toSkip = 0
      room -= used.count
      gathered += used.count
      return room > 0 && count < piecesMax
    }
    return gathered
  }

  /// Sends an answer of our own: at once if the network takes it and no frame is unfinished,
  /// otherwise as soon as both are so.
  mutating func answer(
    _ bytes: Span<UInt8>, isFixed: Bool, _ handle: Handle<WebSocketState>, _ place: Int,
    _ streams: inout Streams
  ) {
    if states[handle].outgoing.isNull {
      guard let slot = controls.claim() else { return end(handle, .violated(.tryAgainLater)) }
      states[handle].outgoing = slot
    }
    guard controls.queue(bytes, isFixed: isFixed, in: states[handle].outgoing) else {
      return end(handle, .violated(.tryAgainLater))
    }
    flush(handle, place, &streams)
  }

  /// Sends the answers that wait, if they may leave now; false when some are left.
  @discardableResult
  mutating func flush(
    _ handle: Handle<WebSocketState>, _ place: Int, _ streams: inout Streams
  ) -> Bool {
    let slot = states[handle].outgoing
    guard !slot.isNull else { return true }
    // The network says when the frame may go on: it is the Server that waits for that.
    guard !states[handle].isSendingFrame && states[handle].phase != .parting else { return false }
    let bytes = controls.bytes(of: slot)
    let sent = streams.send(bytes, place: place)
    if sent == Int64(bytes.count) {
      controls.release(&states[handle].outgoing)
      if states[handle].phase == .closing { finish(handle, place, &streams) }
      return true
    }
    if sent > 0 { controls.removeFirst(Int(sent), from: slot) }
    if sent < 0 && sent != -Int64(LINUX_ERROR_AGAIN) {
      end(handle, .broken)
      streams.findReadyAgain(place: place)
    } else {
      streams.wantWrite(place: place, true)
    }
    return false
  }

  /// The last word has left: the Server learns it when it reads next.
  private mutating func finish(
    _ handle: Handle<WebSocketState>, _ place: Int, _ streams: inout Streams
  ) {
    states[handle].phase = .ended
    streams.findReadyAgain(place: place)
  }
}
