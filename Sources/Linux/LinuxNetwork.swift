import Board
import Broker
import CLinux
import Configuration
import Memory
import Server
import WebSocket

/// The sockets of the machine, behind `poll()`.
///
/// `poll()` holds the listeners and the signals, and with them either each client's socket (on
/// boards of few connections, where a kernel without epoll is enough) or one epoll descriptor in
/// which they wait: so that a turn costs what is ready, not what is open.
package struct LinuxNetwork: Network, ~Copyable {
  package typealias Settings = NetworkSettings

  private var streams: Streams
  /// The number of the listener that each listening socket is of.
  private var numbers: SlotTable<UInt8>
  private var webSockets: WebSocketLayer
  private var accepted: Int32 = -1
  private var acceptedListener = 0
  private var acceptedPeer = Peer.none
  /// The listener to ask first, so that one flooded listener starves no other.
  private var turn = 0
  /// Until the next turn without a free descriptor the listeners are not asked.
  private var isShortOfDescriptors = false

  /// - Parameters:
  ///   - places: how many connections there may be.
  ///   - seed: what peers must not know, so that they cannot choose addresses that collide.
  package init(places: Int, limits: Limits, seed: UInt64, in region: inout Region) {
    let hash = SeededHash(seed: seed)
    streams = Streams(places: places, limits: limits, hash: hash, in: &region)
    // With `bind_interface` a listener has a socket for either version of IP.
    numbers = SlotTable("listening sockets", count: 2 * limits.listeners, in: &region)
    webSockets = WebSocketLayer(places: places, limits: limits, hash: hash, in: &region)
  }

  /// Opens what is needed to wait; false with an errno when the system refuses.
  package mutating func start(signals: Int32) -> Int32 { streams.start(signals: signals) }

  /// Waits for connections on a listening socket of the listener `number` too.
  package mutating func add(listener: Int32, number: Int) {
    numbers[streams.waiting.listenerCount] = UInt8(truncatingIfNeeded: number)
    // One that was handed over is not prepared yet.
    linux_prepare_listener(listener, true)
    streams.add(listener: listener)
  }

  @inline(never)
  package mutating func adopt(_ settings: NetworkSettings) {
    for number in 0..<streams.waiting.listenerCount {
      linux_prepare_listener(streams.waiting.listener(number), settings.settings.setsTCPNoDelay)
    }
    streams.adopt(
      settings.tls, connectSeconds: Int(settings.settings.connectTimeoutSeconds))
    webSockets.adopt(settings.settings)
  }

  package func pool(_ number: Int) -> PoolStatus? {
    guard let pool = LinuxPool(rawValue: UInt8(truncatingIfNeeded: number)), pool.isHere else {
      return nil
    }
    return PoolStatus(name: pool.name, occupancy: occupancy(of: pool))
  }

  private func occupancy(of pool: LinuxPool) -> Occupancy {
    switch pool {
    case .tlsConnections: streams.tls.connectionOccupancy
    case .tlsHandshakes: streams.tls.handshakeOccupancy
    case .tlsHeapBytes: streams.tls.heapOccupancy
    case .webSockets: webSockets.connections.occupancy
    case .webSocketHandshakes: webSockets.handshakes.occupancy
    case .webSocketControls: webSockets.controls.occupancy
    }
  }

  package mutating func wait(milliseconds: UInt64?) {
    let pause = isShortOfDescriptors ? min(milliseconds ?? 100, 100) : milliseconds
    streams.wait(milliseconds: pause, listens: !isShortOfDescriptors)
    isShortOfDescriptors = false
  }

  package mutating func accept() -> Accepted? {
    for _ in 0..<streams.waiting.listenerCount {
      let number = turn
      turn = turn + 1 == streams.waiting.listenerCount ? 0 : turn + 1
      guard streams.waiting.isListenerReady(number) else { continue }
      if let accepted = accept(from: number) { return accepted }
      streams.setListenerIdle(number)
    }
    return nil
  }

  private mutating func accept(from number: Int) -> Accepted? {
    var peer = linux_peer()
    let socket = unsafe linux_accept(streams.waiting.listener(number), &peer)
    guard socket < 0 else {
      accepted = socket
      acceptedListener = Int(numbers[number])
      acceptedPeer = Peer(peer)
      return Accepted(listener: acceptedListener, peer: acceptedPeer)
    }
    // The listener stays readable while descriptors are short: it rests instead of spinning.
    isShortOfDescriptors =
      socket == -LINUX_ERROR_PROCESS_DESCRIPTORS || socket == -LINUX_ERROR_SYSTEM_DESCRIPTORS
    return nil
  }

  package mutating func adopt(place: Int) {
    let (listener, owner) = (acceptedListener, acceptedPeer.network)
    streams.open(accepted, listener: listener, place: place, owner: owner)
    webSockets.open(place: place, listener: listener, owner: owner, streams: &streams)
  }

  package mutating func turnAway() { linux_close(accepted) }

  package var hasRequest: Bool { streams.waiting.hasSignal }

  package mutating func nextReady() -> Readiness? {
    guard let ready = streams.nextReady() else { return nil }
    if ready.isWritable { webSockets.goOn(place: ready.place, streams: &streams) }
    return ready
  }

  package mutating func look() { streams.look() }

  package mutating func receive(
    place: Int, into bytes: inout MutableSpan<UInt8>, _ work: inout Work
  ) -> Received {
    webSockets.receive(place: place, streams: &streams, into: &bytes, &work)
  }

  package mutating func peek(place: Int, into bytes: inout MutableSpan<UInt8>) -> Peeked {
    guard case .plain = webSockets.entry(place) else { return .hidden }
    return streams.peek(place: place, into: &bytes)
  }

  package mutating func skip(_ count: Int, place: Int) { streams.skip(count, place: place) }

  package mutating func takeProxiedPeer() -> Peer? { webSockets.takeProxiedPeer() }

  package mutating func send(
    _ chain: Chain, of chains: borrowing ByteChains, place: Int, _ work: inout Work
  ) -> Sent {
    let sent: Sent
    if case .framed(let handle) = webSockets.entry(place) {
      sent = webSockets.send(chain, of: chains, handle, place: place, streams: &streams, &work)
    } else {
      sent = sendPlain(chain, of: chains, place: place, &work)
    }
    // More pieces than one call takes, or more records than it was this connection's turn for.
    if case .bytes(let count) = sent, count > 0, count < chain.count, !streams.isFull {
      return .part(count)
    }
    return sent
  }

  private mutating func sendPlain(
    _ chain: Chain, of chains: borrowing ByteChains, place: Int, _ work: inout Work
  ) -> Sent {
    var pieces = unsafe InlineArray<64, linux_piece>(repeating: linux_piece(base: nil, count: 0))
    var count = 0
    chains.forEachPiece(of: chain, atMost: 64) { piece in
      unsafe piece.withUnsafeBufferPointer { buffer in
        unsafe pieces[count] = linux_piece(base: buffer.baseAddress, count: UInt64(buffer.count))
      }
      count += 1
      return true
    }
    let sent = unsafe streams.send(pieces.span.extracting(0..<count), place: place, &work)
    if sent >= 0 { return .bytes(Int(sent)) }
    return sent == -Int64(LINUX_ERROR_AGAIN) ? .bytes(0) : .failed
  }

  package mutating func watch(place: Int, readable: Bool, writable: Bool) {
    streams.watch(place: place, readable: readable, writable: writable)
    // What was found ready while nobody wanted to read is found once more.
    if readable && webSockets.isEnded(place: place) { streams.findReadyAgain(place: place) }
  }

  package mutating func close(place: Int, lingers: Bool) {
    webSockets.close(place: place, streams: &streams)
    streams.close(place: place, lingers: lingers)
  }

  package mutating func identity(place: Int, into out: inout MutableSpan<UInt8>) -> Int {
    streams.identity(place: place, into: &out)
  }
}

extension Peer {
  /// What the system tells of the other end.
  init(_ peer: linux_peer) {
    let (high, low) = unsafe withUnsafeBytes(of: peer.bytes) { bytes in
      unsafe (
        UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
    switch peer.family {
    case 4: self = Peer(version4: UInt32(truncatingIfNeeded: high >> 32), port: peer.port)
    case 6: self = Peer(version6: high, low, port: peer.port)
    default: self = .local
    }
  }
}

/// What a configuration says to the network.
package struct NetworkSettings: BitwiseCopyable {
  /// Of WebSocket and PROXY headers.
  let settings: Configuration.Settings
  /// What each listener shows to those who come by TLS.
  let tls: TLSConfigurations
}
