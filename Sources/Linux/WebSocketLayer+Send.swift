import Broker
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
    streams: inout Streams, _ work: inout Work
  ) -> Sent {
    var taken = 0
    settle(handle, &work)
    if states[handle].frame.isUnderWay {
      guard sendFrame(chain, of: chains, &taken, handle, place, &streams, &work)
      else { return .failed }
    }
    flush(handle, place, &streams, &work)
    guard mayBeginFrame(handle), taken < chain.count else { return .bytes(taken) }
    if taken > 0 { work.pay(WorkPrice.systemCall) }
    guard sendFrame(chain, of: chains, &taken, handle, place, &streams, &work)
    else { return .failed }
    flush(handle, place, &streams, &work)
    return .bytes(taken)
  }

  /// Behind a Close nothing follows, before the handshake has ended nothing is owed, and answers
  /// go first.
  private func mayBeginFrame(_ handle: Handle<WebSocketState>) -> Bool {
    let state = states[handle]
    guard !state.frame.isUnderWay else { return false }
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
    _ handle: Handle<WebSocketState>, _ place: Int, _ streams: inout Streams, _ work: inout Work
  ) -> Bool {
    var pieces = unsafe InlineArray<64, linux_piece>(repeating: linux_piece(base: nil, count: 0))
    let begins = !states[handle].frame.isUnderWay
    var count = 0
    let gathered = unsafe WebSocketLayer.gather(
      chain, of: chains, from: taken,
      limit: begins ? Int.max : states[handle].frame.payloadCount, into: &pieces, &count)
    if begins { states[handle].frame.begin(payloadCount: gathered) }
    let sent = unsafe sendPieces(&pieces, 1..<count + 1, handle, place, &streams, &work)
    guard sent >= 0 else { return sent == -Int64(LINUX_ERROR_AGAIN) }
    taken += states[handle].frame.advance(by: Int(sent))
    return true
  }

  /// Sends pieces of payload, and before them what is left of the frame's header.
  private func sendPieces(
    _ pieces: inout InlineArray<64, linux_piece>, _ range: Range<Int>,
    _ handle: Handle<WebSocketState>, _ place: Int, _ streams: inout Streams, _ work: inout Work
  ) -> Int64 {
    let header = states[handle].frame.header
    let offset = states[handle].frame.headerOffset
    guard offset < header.count else {
      return unsafe streams.send(pieces.span.extracting(range), place: place, &work)
    }
    // The header's bytes must live until they are sent.
    return unsafe header.span.extracting(offset..<header.count).withUnsafeBufferPointer { buffer in
      unsafe pieces[0] = linux_piece(base: buffer.baseAddress, count: UInt64(buffer.count))
      return unsafe streams.send(
        pieces.span.extracting(0..<range.upperBound), place: place, &work)
    }
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

  /// What an answer of our own is.
  enum Answer {
    /// What opens the WebSocket: nothing leaves before it.
    case opening
    /// Another one may take its place until it leaves.
    case pong
    /// The last word.
    case last
  }

  /// Sends an answer: at once if the network takes it and no frame is unfinished, otherwise as soon as
  /// both are so.
  mutating func answer(
    _ bytes: Span<UInt8>, as kind: Answer, _ handle: Handle<WebSocketState>, _ place: Int,
    _ streams: inout Streams, _ work: inout Work
  ) {
    guard mayAnswerNow(handle) else { return keep(bytes, sent: 0, as: kind, handle) }
    work.pay(WorkPrice.systemCall)
    let sent = streams.send(bytes, place: place, &work)
    guard isRestLeft(after: sent, of: bytes.count, handle, place, &streams, &work) else { return }
    keep(bytes, sent: max(0, Int(sent)), as: kind, handle)
    let slot = states[handle].outgoing
    if !slot.isNull && streams.holds(place: place) { controls.hold(slot) }
  }

  /// Keeps an answer that could not leave, or only in part.
  private mutating func keep(
    _ bytes: Span<UInt8>, sent: Int, as kind: Answer, _ handle: Handle<WebSocketState>
  ) {
    if states[handle].outgoing.isNull {
      let claim = controls.claim(&states[handle].outgoing, by: states[handle].owner)
      guard claim == .granted else { return end(handle, .lacksControl(claim)) }
    }
    let slot = states[handle].outgoing
    guard controls.queue(bytes, isFixed: kind != .pong, in: slot) else {
      return end(handle, .lacksControl(.tableIsFull))
    }
    if sent > 0 {
      controls.removeFirst(sent, from: slot)
    } else if kind == .opening {
      controls.hold(slot)
    }
  }

  /// Whether an answer would leave at once, behind no other.
  func mayAnswerNow(_ handle: Handle<WebSocketState>) -> Bool {
    states[handle].outgoing.isNull && mayAnswer(handle)
  }

  /// While our frame is unfinished the network says when it may go on: it is the Server that waits
  /// for that. And packets before a Close are answered first, but behind what has begun to leave.
  private func mayAnswer(_ handle: Handle<WebSocketState>) -> Bool {
    guard !states[handle].frame.isUnderWay else { return false }
    return states[handle].phase != .parting || controls.isBegun(states[handle].outgoing)
  }

  /// Sends the answers that wait, if they may leave now.
  mutating func flush(
    _ handle: Handle<WebSocketState>, _ place: Int, _ streams: inout Streams, _ work: inout Work
  ) {
    let slot = states[handle].outgoing
    guard !slot.isNull && mayAnswer(handle) else { return }
    let bytes = controls.bytes(of: slot)
    work.pay(WorkPrice.systemCall)
    let sent = streams.send(bytes, place: place, &work)
    guard isRestLeft(after: sent, of: bytes.count, handle, place, &streams, &work) else {
      return controls.release(&states[handle].outgoing, by: states[handle].owner)
    }
    if sent > 0 { controls.removeFirst(Int(sent), from: slot) }
    // What TLS has made a record of cannot be replaced any more, nor can anything leave before it.
    if streams.holds(place: place) && (sent > 0 || !controls.isBegun(slot)) { controls.hold(slot) }
  }

  /// Whether something of an answer is left, for which the network has to be waited for.
  private mutating func isRestLeft(
    after sent: Int64, of count: Int, _ handle: Handle<WebSocketState>, _ place: Int,
    _ streams: inout Streams, _ work: inout Work
  ) -> Bool {
    if sent == Int64(count) {
      // The last word has left: the Server learns it when it reads next.
      if states[handle].phase == .closing { states[handle].phase = .ended }
    } else if sent < 0 && sent != -Int64(LINUX_ERROR_AGAIN) {
      end(handle, .broken)
    } else {
      work.pay(WorkPrice.systemCall)
      streams.wantWrite(place: place, true)
      return true
    }
    if states[handle].phase == .ended { streams.findReadyAgain(place: place) }
    return false
  }
}
