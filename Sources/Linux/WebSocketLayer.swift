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
    case refused
  }

  private let anchor = Anchor()
  private var entries: SlotTable<Entry>
  var states: Pool<WebSocketState>
  var handshakes: ByteSlots
  var controls: ByteSlots
  private var framings: SlotTable<Framing>
  private var origins: SlotTable<ShortText>
  private(set) var headerBytesMax: Int
  /// Whom a proxy has named in the bytes received last.
  var proxiedPeer = Peer.none
  let frameBytesMax: Int

  /// Boards without WebSocket connections carry none of this.
  @inline(__always) static var isHere: Bool { Limits().webSockets > 0 }

  /// - Parameter places: how many connections there may be.
  init(places: Int, limits: Limits, in region: inout Region) {
    let places = WebSocketLayer.isHere ? places : 0
    entries = SlotTable("WebSocket places", count: places, in: &region)
    states = Pool("WebSockets", capacity: limits.webSockets, in: &region)
    handshakes = ByteSlots(
      "WebSocket handshakes", bytesName: "WebSocket requests", count: limits.webSocketHandshakes,
      slotBytes: limits.webSocketHeaderBytes, in: &region)
    controls = ByteSlots(
      "WebSocket controls", bytesName: "control frames", count: limits.webSocketControls,
      slotBytes: WebSocketLayer.controlBytes, in: &region)
    framings = SlotTable(
      "WebSocket listeners", count: WebSocketLayer.isHere ? limits.listeners : 0, in: &region)
    origins = SlotTable(
      "WebSocket origins",
      count: WebSocketLayer.isHere ? Limits.Origins<ShortText>.count : 0, in: &region)
    headerBytesMax = limits.webSocketHeaderBytes
    frameBytesMax = limits.webSocketFrameBytes
  }

  /// Room for the answer that opens a WebSocket and a control frame behind it.
  private static var controlBytes: Int { 320 }

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
  mutating func open(place: Int, listener: Int, streams: inout Streams) {
    guard WebSocketLayer.isHere else { return }
    entries[place] = .plain
    let framing = framings[listener]
    guard !framing.isPlain else { return }
    let state = WebSocketState(
      phase: framing.proxyVersion > 0 ? .proxyHeader : .request, listener: listener)
    guard let handle = states.claim(state) else { return turnAway(place, framing, &streams) }
    entries[place] = .framed(handle)
  }

  private mutating func turnAway(_ place: Int, _ framing: Framing, _ streams: inout Streams) {
    entries[place] = .refused
    streams.findReadyAgain(place: place)
    guard framing.isWebSocket else { return }
    var line = Line()
    HTTPAnswer.write(.unavailable, to: &line)
    // A fresh connection takes so few bytes, or it is gone; what it costs was paid with its coming.
    var work = Work(0)
    _ = streams.send(line.span, place: place, &work)
  }

  /// Whom a proxy has named, once.
  @inline(__always) mutating func takeProxiedPeer() -> Peer? {
    guard WebSocketLayer.isHere && proxiedPeer.kind != .none else { return nil }
    defer { proxiedPeer = .none }
    return proxiedPeer
  }

  @inline(__always) func entry(_ place: Int) -> Entry {
    WebSocketLayer.isHere ? entries[place] : .plain
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
    var work = Work(0)
    flush(handle, place, &streams, &work)
  }

  /// Lets go of a connection that the Server closes, with a last word if one may be said.
  mutating func close(place: Int, streams: inout Streams) {
    guard case .framed(let handle) = entry(place) else { return }
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
    releaseSlots(of: handle)
    states.release(handle)
    entries[place] = .plain
  }

  /// Nothing was between the streams and the Server but a PROXY header: they are alone from now on.
  mutating func becomePlain(_ handle: Handle<WebSocketState>, _ place: Int) {
    releaseSlots(of: handle)
    states.release(handle)
    entries[place] = .plain
  }

  private mutating func releaseSlots(of handle: Handle<WebSocketState>) {
    handshakes.release(&states[handle].handshake)
    controls.release(&states[handle].incoming)
    controls.release(&states[handle].outgoing)
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
