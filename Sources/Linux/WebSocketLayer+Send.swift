import Broker
import CLinux
import Memory
import Server
import WebSocket

extension WebSocketLayer {
  /// Sends MQTT from the front of a chain: each packet in a binary frame of its own, many of them at once.
  ///
  /// What is left of an earlier frame goes first, then the control frames that waited for its end.
  mutating func send(
    _ chain: Chain, of chains: borrowing ByteChains, _ handle: Handle<WebSocketState>, place: Int,
    streams: inout Streams, _ work: inout Work
  ) -> Sent {
    var taken = 0
    settle(handle, &work)
    if states[handle].frame.isUnderWay {
      let isAlone = !mayFollow(handle)
      guard sendFrames(chain, of: chains, &taken, isAlone, handle, place, &streams, &work)
      else { return .failed }
      guard isAlone else { return .bytes(taken) }
    }
    flush(handle, place, &streams, &work)
    guard mayBeginFrame(handle), taken < chain.count else { return .bytes(taken) }
    if taken > 0 { work.pay(WorkPrice.systemCall) }
    guard sendFrames(chain, of: chains, &taken, false, handle, place, &streams, &work)
    else { return .failed }
    flush(handle, place, &streams, &work)
    return .bytes(taken)
  }

  /// Behind a Close nothing follows, before the handshake has ended nothing is owed, and answers
  /// go first.
  private func mayBeginFrame(_ handle: Handle<WebSocketState>) -> Bool {
    !states[handle].frame.isUnderWay && mayFollow(handle)
  }

  /// Whether that holds as soon as the frame that has begun has ended.
  private func mayFollow(_ handle: Handle<WebSocketState>) -> Bool {
    let state = states[handle]
    switch state.phase {
    case .open: return state.outgoing.isNull
    case .parting: return !controls.isBegun(state.outgoing)
    case .proxyHeader, .proxyRest, .request, .closing, .ended: return false
    }
  }

  /// Sends the rest of the frame that has begun, and frames with what follows the first `taken` bytes;
  /// false when the connection is broken.
  private mutating func sendFrames(
    _ chain: Chain, of chains: borrowing ByteChains, _ taken: inout Int, _ isAlone: Bool,
    _ handle: Handle<WebSocketState>, _ place: Int, _ streams: inout Streams, _ work: inout Work
  ) -> Bool {
    var front = PacketCursor(chain, of: chains, behind: taken)
    var batch = FrameBatch()
    let (start, begun) = (front, states[handle].frame)
    var frame = begun
    gather(&front, of: chains, &frame, isAlone, into: &batch, &work)
    let pieces = unsafe batch.pieces.span.extracting(0..<batch.count)
    let sent = unsafe streams.send(pieces, place: place, &work)
    guard sent >= 0 || sent == -Int64(LINUX_ERROR_AGAIN) else { return false }
    if sent < batch.byteCount {
      (front, frame) = (start, begun)
      advance(&front, of: chains, &frame, by: max(0, Int(sent)))
    }
    states[handle].frame = frame
    taken = chain.count - front.rest
    return true
  }

  /// Gathers frames as far as there is room for them.
  private mutating func gather(
    _ front: inout PacketCursor, of chains: borrowing ByteChains, _ frame: inout FrameProgress,
    _ isAlone: Bool, into batch: inout FrameBatch, _ work: inout Work
  ) {
    repeat {
      guard begin(&frame, at: front, of: chains) else { return }
      work.pay(1)
      if frame.headerCount > 0 {
        let header = frame.header
        let missing = header.span.extracting(last: frame.headerCount)
        guard batch.copy(missing, to: &frames) else { return }
        _ = frame.advance(by: missing.count)
      }
      while frame.isUnderWay && front.rest > 0 {
        let before = front
        let piece = front.next(of: chains, atMost: frame.payloadCount)
        guard batch.add(piece, to: &frames) else {
          front = before
          return
        }
        _ = frame.advance(by: piece.count)
      }
    } while front.rest > 0 && !isAlone
  }

  /// Begins a frame with the packet that comes next, if none is under way; false when the packet's length
  /// has not come yet.
  private func begin(
    _ frame: inout FrameProgress, at front: PacketCursor, of chains: borrowing ByteChains
  ) -> Bool {
    if frame.isUnderWay { return true }
    guard let length = front.packetLength(in: chains) else { return false }
    frame.begin(payloadCount: length)
    return true
  }

  /// Moves over what the network took of frames. That it took no more was in the midst of them: the one
  /// that comes next has begun, and nothing may come before it.
  private func advance(
    _ front: inout PacketCursor, of chains: borrowing ByteChains, _ frame: inout FrameProgress,
    by count: Int
  ) {
    var left = count
    while begin(&frame, at: front, of: chains), left > 0 {
      let step = min(left, frame.count)
      front.skip(frame.advance(by: step), of: chains)
      left -= step
    }
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
