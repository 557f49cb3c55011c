import Board
import Broker
import CLinux
import Configuration
import Memory
import Server
import WebSocket

/// WebSocket and PROXY headers, between the streams and the Server: where either is in use, both
/// sides still see MQTT alone.
struct WebSocketLayer: ~Copyable {
  /// How the bytes of a place are to be taken.
  enum Entry: BitwiseCopyable {
    /// As they are.
    case plain
    case framed(Handle<WebSocketState>)
    /// There was no room for it.
    case refused(RequestRefusal)
  }

  private let anchor = Anchor()
  /// What each place's connection is more than a stream; null for nothing.
  private var entries: SlotTable<Handle<WebSocketState>>
  /// One more than why a place's connection is refused; zero for those that are not.
  private var refusals: SlotTable<UInt8>
  var states: Pool<WebSocketState>
  /// How many of them each address has; how many there are.
  private(set) var connections: Holdings
  var handshakes: ByteSlots
  var controls: ByteSlots
  /// Frames that leave together.
  var frames: Buffer
  private var framings: SlotTable<Framing>
  private var origins: SlotTable<ShortText>
  private(set) var headerBytesMax: Int
  /// Whom a proxy has named in the bytes received last.
  var proxiedPeer = Peer.none
  let frameBytesMax: Int
  /// Bytes that are read at once: what they cost cannot be known before.
  let readMax: Int

  /// Boards without WebSocket connections carry none of this.
  @inline(__always) static var isHere: Bool { Limits().webSockets > 0 }

  /// - Parameter places: how many connections there may be.
  init(places: Int, limits: Limits, hash: SeededHash, in region: inout Region) {
    let places = WebSocketLayer.isHere ? places : 0
    entries = SlotTable("WebSocket places", count: places, in: &region)
    refusals = SlotTable("WebSocket refusals", count: places, in: &region)
    states = Pool("WebSockets", capacity: limits.webSockets, in: &region)
    connections = Holdings(
      "WebSockets by address", share: .byAddress(limits.webSockets), hash: hash, in: &region)
    handshakes = ByteSlots(
      ByteSlots.Names(
        slots: "WebSocket handshakes", holdings: "WebSocket handshakes by address",
        bytes: "WebSocket requests"),
      count: limits.webSocketHandshakes, slotBytes: limits.webSocketHeaderBytes, hash: hash,
      in: &region)
    controls = ByteSlots(
      ByteSlots.Names(
        slots: "WebSocket controls", holdings: "WebSocket controls by address",
        bytes: "control frames"),
      count: limits.webSocketControls, slotBytes: WebSocketLayer.controlBytes, hash: hash,
      in: &region)
    frames = Buffer(
      "WebSocket frames", capacity: WebSocketLayer.isHere ? min(limits.sendBytes, 262_144) : 0,
      in: &region)
    framings = SlotTable(
      "WebSocket listeners", count: WebSocketLayer.isHere ? limits.listeners : 0, in: &region)
    origins = SlotTable(
      "WebSocket origins",
      count: WebSocketLayer.isHere ? Limits.Origins<ShortText>.count : 0, in: &region)
    headerBytesMax = limits.webSocketHeaderBytes
    frameBytesMax = limits.webSocketFrameBytes
    readMax = 16 * limits.connectionWork
  }

  /// Room for the answer that opens a WebSocket and a control frame behind it, or for the pongs that
  /// leave together, of which a part has left, and the last of those that came later or a Close.
  private static var controlBytes: Int { 384 }

  /// Takes over what the settings say of each listener; connections that are there stay as they are.
  mutating func adopt(_ settings: borrowing Settings) {
    guard WebSocketLayer.isHere else { return }
    for index in 0..<min(settings.listenerCount, framings.count) {
      let listener = settings.listener(at: index)
      framings[index] = Framing(
        isWebSocket: listener.transport == .webSockets, proxyVersion: listener.proxyVersion,
        firstOrigin: UInt8(listener.origins.lowerBound), originCount: UInt8(listener.origins.count))
      for number in listener.origins {
        let text = settings.span(of: settings.origin(at: number))
        origins[number] = ShortText(text) ?? ShortText()
      }
    }
    let wanted = Int(settings.webSocketHeaderBytes)
    headerBytesMax = wanted == 0 ? handshakes.slotCapacity : min(wanted, handshakes.slotCapacity)
  }

  /// Begins a connection that came in by a listener.
  ///
  /// - Parameter owner: the number that its peer's address is known by; a proxy is believed, and has
  ///   no share.
  mutating func open(place: Int, listener: Int, owner: UInt64, streams: inout Streams) {
    guard WebSocketLayer.isHere else { return }
    let framing = framings[listener]
    guard !framing.isPlain else { return }
    let isOfProxy = framing.proxyVersion > 0
    let state = WebSocketState(
      phase: isOfProxy ? .proxyHeader : .request, listener: listener, owner: isOfProxy ? 0 : owner)
    if let refusal = claim(by: state.owner) {
      return turnAway(place, framing, refusal, &streams)
    }
    guard let handle = states.claim(state) else { preconditionFailure("there are as many states") }
    entries[place] = handle
  }

  /// Counts one more for an address; what is told to who is over its share.
  private mutating func claim(by owner: UInt64) -> RequestRefusal? {
    switch connections.claim(by: owner) {
    case .granted: nil
    case .tableIsFull: .webSocketsInUse
    case .shareIsSpent: .webSocketsOverShare
    }
  }

  private mutating func turnAway(
    _ place: Int, _ framing: Framing, _ refusal: RequestRefusal, _ streams: inout Streams
  ) {
    refusals[place] = refusal.rawValue + 1
    streams.findReadyAgain(place: place)
    guard framing.isWebSocket else { return }
    var line = Line()
    HTTPAnswer.write(refusal, to: &line)
    // A fresh connection takes so few bytes, or it is gone; what it costs was paid with its coming.
    var work = Work(0)
    _ = streams.send(line.span, place: place, &work)
  }

  /// Counts a connection for the address that a proxy has named; what is told to it if it may not be.
  mutating func own(
    _ handle: Handle<WebSocketState>, by owner: UInt64
  ) -> RequestRefusal? {
    connections.release(by: states[handle].owner)
    states[handle].owner = owner
    guard let refusal = claim(by: owner) else { return nil }
    // It is counted as nobody's until it is closed.
    states[handle].owner = 0
    _ = connections.claim(by: 0)
    return refusal
  }

  /// Whom a proxy has named, once.
  @inline(__always) mutating func takeProxiedPeer() -> Peer? {
    guard WebSocketLayer.isHere && proxiedPeer.kind != .none else { return nil }
    defer { proxiedPeer = .none }
    return proxiedPeer
  }

  @inline(__always) func entry(_ place: Int) -> Entry {
    guard WebSocketLayer.isHere else { return .plain }
    guard entries[place].isNull else { return .framed(entries[place]) }
    guard refusals[place] != 0 else { return .plain }
    return .refused(RequestRefusal(rawValue: refusals[place] - 1) ?? .webSocketsInUse)
  }

  func framing(of handle: Handle<WebSocketState>) -> Framing {
    framings[Int(states[handle].listener)]
  }

  /// Whether a browser that comes from there is let in; programs that are no browsers name none.
  func isAllowed(_ origin: Span<UInt8>, by framing: Framing) -> Bool {
    guard framing.originCount > 0 else { return true }
    let first = Int(framing.firstOrigin)
    for number in first..<first + Int(framing.originCount) {
      let allowed = origins[number]
      if isSameOrigin(origin, allowed.span) { return true }
    }
    return false
  }

  /// What a connection is owed of this layer when the network takes bytes again.
  mutating func goOn(place: Int, streams: inout Streams) {
    guard case .framed(let handle) = entry(place) else { return }
    // Two calls of epoll go with it. It pays when it has its turn.
    var work = Work(0)
    work.pay(2 * WorkPrice.systemCall)
    flush(handle, place, &streams, &work)
    states[handle].debt = UInt16(clamping: Int(states[handle].debt) + work.paid)
  }

  /// Pays for what was done for a connection before it had its turn.
  mutating func settle(_ handle: Handle<WebSocketState>, _ work: inout Work) {
    work.pay(Int(states[handle].debt))
    states[handle].debt = 0
  }

  /// Lets go of a connection that the Server closes, with a last word if one may be said.
  mutating func close(place: Int, streams: inout Streams) {
    guard case .framed(let handle) = entry(place) else {
      // Of places that never were refused nothing is touched.
      if WebSocketLayer.isHere && refusals[place] != 0 { refusals[place] = 0 }
      return
    }
    var work = Work(0)
    if states[handle].phase == .open && !states[handle].frame.isUnderWay
      && states[handle].outgoing.isNull
    {
      var line = Line()
      line.appendClose(.normal)
      _ = streams.send(line.span, place: place, &work)
    } else if states[handle].phase == .parting {
      part(handle, place, &streams, &work)
    }
    forget(handle, place)
  }

  /// Nothing was between the streams and the Server but a PROXY header: they are alone from now on.
  mutating func becomePlain(_ handle: Handle<WebSocketState>, _ place: Int) {
    forget(handle, place)
  }

  private mutating func forget(_ handle: Handle<WebSocketState>, _ place: Int) {
    let owner = states[handle].owner
    handshakes.release(&states[handle].handshake, by: owner)
    controls.release(&states[handle].incoming, by: owner)
    controls.release(&states[handle].outgoing, by: owner)
    connections.release(by: owner)
    states.release(handle)
    entries[place] = .null
  }
}

extension Line {
  /// Appends a Close frame. [RFC 6455, 5.5.1]
  mutating func appendClose(_ code: CloseCode?) {
    append(FrameHeader(.close, payloadCount: code == nil ? 0 : 2).span)
    guard let code else { return }
    append(byte: UInt8(code.rawValue >> 8))
    append(byte: UInt8(truncatingIfNeeded: code.rawValue))
  }
}

extension Streams {
  /// Sends one piece: how many bytes of it were taken, or a negative errno.
  mutating func send(_ bytes: Span<UInt8>, place: Int, _ work: inout Work) -> Int64 {
    var pieces = unsafe InlineArray<1, linux_piece>(repeating: linux_piece(base: nil, count: 0))
    unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe pieces[0] = linux_piece(base: buffer.baseAddress, count: UInt64(buffer.count))
    }
    return unsafe send(pieces.span, place: place, &work)
  }
}
