import Broker
import CLinux
import Memory
import Server
import WebSocket

extension WebSocketLayer {
  /// Reads what is there, and leaves the MQTT in it at the front of `bytes`.
  mutating func receive(
    place: Int, streams: inout Streams, into bytes: inout MutableSpan<UInt8>,
    _ work: inout Work
  ) -> Received {
    let handle: Handle<WebSocketState>
    switch entry(place) {
    case .plain: return streams.receive(place: place, into: &bytes, &work)
    case .refused(let refusal): return .refused(refusal.words)
    case .framed(let framed): handle = framed
    }
    settle(handle, &work)
    switch states[handle].phase {
    case .parting: part(handle, place, &streams, &work)
    case .closing: flush(handle, place, &streams, &work)
    case .proxyHeader, .proxyRest, .request, .open, .ended: break
    }
    if states[handle].phase == .ended { return ending(of: handle) }
    let received = streams.receive(place: place, into: &bytes, atMost: readMax, &work)
    guard case .bytes(let count) = received, states[handle].phase != .closing else {
      guard case .bytes(let count) = received else { return received }
      work.pay(WorkPrice.copying(count))
      return discard(handle)
    }
    return take(count, of: &bytes, handle, place, &streams, &work)
  }

  /// Passes over what comes behind the last word; who goes on and on without reading it is not waited
  /// for.
  private mutating func discard(_ handle: Handle<WebSocketState>) -> Received {
    states[handle].deafReads += 1
    guard states[handle].deafReads == WebSocketLayer.deafReadsMax else { return .nothing }
    states[handle].phase = .ended
    return ending(of: handle)
  }

  private static var deafReadsMax: UInt8 { 64 }

  /// Whether the Server has still to read what its socket tells nothing of: that it is over.
  func isEnded(place: Int) -> Bool {
    guard case .framed(let handle) = entry(place) else { return false }
    return states[handle].phase == .ended || states[handle].phase == .parting
  }

  private func ending(of handle: Handle<WebSocketState>) -> Received {
    switch states[handle].ending {
    case .closed: return .ended
    case .broken: return .failed
    case .refused(let refusal): return .refused(refusal.words)
    case .violated(let code): return .refused(code.words)
    case .lacksControl(.shareIsSpent):
      return .refused("its address has its share of webSocketControls")
    case .lacksControl: return .refused("all slots of webSocketControls are in use")
    case .violatedProxy: return .refused("it sent no valid PROXY header")
    }
  }

  /// Takes the bytes through the phases, of which several may end in one go.
  private mutating func take(
    _ count: Int, of bytes: inout MutableSpan<UInt8>, _ handle: Handle<WebSocketState>,
    _ place: Int, _ streams: inout Streams, _ work: inout Work
  ) -> Received {
    var start = 0
    if states[handle].phase == .proxyHeader {
      start = takeProxyHeader(
        bytes.span.extracting(0..<count), handle, place, &streams, &work)
    }
    if states[handle].phase == .proxyRest {
      start += skipProxyRest(bytes.span.extracting(start..<count), handle, place, &work)
    }
    guard case .framed = entry(place) else {
      work.pay(WorkPrice.copying(count - start))
      bytes.moveDown(start..<count)
      return start < count ? .bytes(count - start) : .nothing
    }
    if states[handle].phase == .request && start < count {
      start += takeRequest(bytes.span.extracting(start..<count), handle, place, &streams, &work)
    }
    var written = 0
    if states[handle].phase == .open {
      written = takeFrames(start..<count, of: &bytes, handle, place, &streams, &work)
    }
    guard states[handle].phase == .ended else { return written > 0 ? .bytes(written) : .nothing }
    guard written > 0 else { return ending(of: handle) }
    // What came before the end counts; the next turn tells of the end itself.
    streams.findReadyAgain(place: place)
    return .bytes(written)
  }

  // MARK: PROXY

  /// How many of the bytes belong to the PROXY header.
  private mutating func takeProxyHeader(
    _ bytes: Span<UInt8>, _ handle: Handle<WebSocketState>, _ place: Int,
    _ streams: inout Streams, _ work: inout Work
  ) -> Int {
    let seen = states[handle].handshake.isNull ? 0 : handshakes.count(of: states[handle].handshake)
    let piece = bytes.extracting(0..<min(bytes.count, ProxyHeader.neededMax - seen))
    do throws(ProxyViolation) {
      guard let header = try readProxyHeader(piece, seen: seen, handle, &work) else {
        if let refusal = keep(piece, handle) { end(handle, .refused(refusal)) }
        return bytes.count
      }
      handshakes.release(&states[handle].handshake, by: states[handle].owner)
      proxiedPeer = header.peer
      states[handle].proxyRest = UInt32(header.count - seen)
      states[handle].proxyExtensions = header.fixedCount.map { ProxyExtensions(behind: $0 - seen) }
      states[handle].phase = .proxyRest
      guard framing(of: handle).isWebSocket,
        let refusal = own(handle, by: header.peer.network)
      else { return 0 }
      refuse(refusal, handle, place, &streams, &work)
      return bytes.count
    } catch {
      end(handle, .violatedProxy)
      return bytes.count
    }
  }

  private mutating func readProxyHeader(
    _ piece: Span<UInt8>, seen: Int, _ handle: Handle<WebSocketState>, _ work: inout Work
  ) throws(ProxyViolation) -> ProxyHeader? {
    let version = framing(of: handle).proxyVersion
    guard seen > 0 else { return try ProxyHeader.read(piece, version: version, &work) }
    // What does not fit is no header that could be read.
    guard handshakes.append(piece, to: states[handle].handshake) else { throw ProxyViolation() }
    return try ProxyHeader.read(
      handshakes.bytes(of: states[handle].handshake), version: version, &work)
  }

  /// Passes over what is left of the PROXY header, and begins what comes behind it.
  private mutating func skipProxyRest(
    _ bytes: Span<UInt8>, _ handle: Handle<WebSocketState>, _ place: Int, _ work: inout Work
  ) -> Int {
    let skipped = min(bytes.count, Int(states[handle].proxyRest))
    states[handle].proxyExtensions?.take(bytes.extracting(0..<skipped), &work)
    states[handle].proxyRest -= UInt32(skipped)
    guard states[handle].proxyRest == 0 else { return skipped }
    guard states[handle].proxyExtensions?.isComplete ?? true else {
      end(handle, .violatedProxy)
      return bytes.count
    }
    if framing(of: handle).isWebSocket {
      states[handle].phase = .request
    } else {
      becomePlain(handle, place)
    }
    return skipped
  }

  /// Keeps the first bytes of what has arrived in part; why not, when that cannot be.
  private mutating func keep(
    _ bytes: Span<UInt8>, _ handle: Handle<WebSocketState>
  ) -> RequestRefusal? {
    guard states[handle].handshake.isNull else { return nil }
    if let refusal = claimHandshake(handle) { return refusal }
    return handshakes.append(bytes, to: states[handle].handshake) ? nil : .headerTooLarge
  }

  private mutating func claimHandshake(_ handle: Handle<WebSocketState>) -> RequestRefusal? {
    switch handshakes.claim(&states[handle].handshake, by: states[handle].owner) {
    case .granted: nil
    case .tableIsFull: .handshakesInUse
    case .shareIsSpent: .handshakesOverShare
    }
  }

  // MARK: Request

  /// How many of the bytes belong to the request.
  private mutating func takeRequest(
    _ bytes: Span<UInt8>, _ handle: Handle<WebSocketState>, _ place: Int,
    _ streams: inout Streams, _ work: inout Work
  ) -> Int {
    do throws(RequestRefusal) {
      let found = try states[handle].scanner.findEnd(
        in: bytes, limit: headerBytesMax, &work)
      let end = found ?? bytes.count
      let hasSlot = !states[handle].handshake.isNull
      if hasSlot || found == nil { try collect(bytes.extracting(0..<end), handle) }
      guard found != nil else { return end }
      let header =
        hasSlot ? handshakes.bytes(of: states[handle].handshake) : bytes.extracting(0..<end)
      try answerRequest(header, handle, place, &streams, &work)
      handshakes.release(&states[handle].handshake, by: states[handle].owner)
      return end
    } catch {
      refuse(error, handle, place, &streams, &work)
      return bytes.count
    }
  }

  private mutating func collect(
    _ bytes: Span<UInt8>, _ handle: Handle<WebSocketState>
  ) throws(RequestRefusal) {
    if states[handle].handshake.isNull, let refusal = claimHandshake(handle) { throw refusal }
    guard handshakes.append(bytes, to: states[handle].handshake) else { throw .headerTooLarge }
  }

  private mutating func answerRequest(
    _ header: Span<UInt8>, _ handle: Handle<WebSocketState>, _ place: Int,
    _ streams: inout Streams, _ work: inout Work
  ) throws(RequestRefusal) {
    let request = try UpgradeRequest(header, &work)
    if let origin = request.origin {
      guard isAllowed(header.extracting(origin), by: framing(of: handle)) else { throw .forbidden }
    }
    guard let subprotocol = request.subprotocol else { throw .subprotocolMissing }
    var line = Line()
    HTTPAnswer.writeOpening(
      digest: digest(of: WebSocketKey(header.extracting(request.key))), subprotocol: subprotocol,
      to: &line)
    states[handle].phase = .open
    answer(line.span, as: .opening, handle, place, &streams, &work)
  }

  private func digest(of key: WebSocketKey) -> KeyDigest {
    var digest = KeyDigest(repeating: 0)
    var target = digest.mutableSpan
    unsafe target.withUnsafeMutableBufferPointer { out in
      unsafe key.span.withUnsafeBufferPointer { bytes in
        guard let base = bytes.baseAddress, let start = out.baseAddress else { return }
        _ = unsafe linux_sha1(base, UInt64(bytes.count), start)
      }
    }
    return digest
  }

  private mutating func refuse(
    _ refusal: RequestRefusal, _ handle: Handle<WebSocketState>, _ place: Int,
    _ streams: inout Streams, _ work: inout Work
  ) {
    handshakes.release(&states[handle].handshake, by: states[handle].owner)
    var line = Line()
    HTTPAnswer.write(refusal, to: &line)
    states[handle].ending = .refused(refusal)
    states[handle].phase = .closing
    answer(line.span, as: .last, handle, place, &streams, &work)
  }

  /// Ends it without an answer.
  mutating func end(_ handle: Handle<WebSocketState>, _ ending: WebSocketState.Ending) {
    states[handle].ending = ending
    states[handle].phase = .ended
  }
}

extension MutableSpan<UInt8> {
  /// Moves the bytes in `range` to the front.
  mutating func moveDown(_ range: Range<Int>) {
    guard range.lowerBound > 0 else { return }
    precondition(range.upperBound <= count)
    unsafe withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe base.copyMemory(from: base + range.lowerBound, byteCount: range.count)
    }
  }
}
