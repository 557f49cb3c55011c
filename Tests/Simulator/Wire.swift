/// One connection: bytes under way in both directions, and how it can break.
final class Wire {
  enum Piece {
    case bytes([UInt8])
    case end
  }

  let number: Int
  unowned let world: World
  private let peer: any Peer
  /// The server's slot; nil before it has accepted.
  var place: Int?
  /// What has arrived at the server's side and was not read.
  private var inbound: [UInt8] = []
  private var inboundStart = 0
  private var hasEnd = false
  private var lastArrival: UInt64 = 0
  /// What the server has sent and the client has not taken.
  private var outbound: [UInt8] = []
  private var isDelivering = false
  private(set) var isBroken = false
  /// The client has closed it: nobody is there to take what the server sends.
  private(set) var isAbandoned = false
  private(set) var isClosedByServer = false
  private var readsAgainAt: UInt64 = 0
  var watchesReadable = true
  var watchesWritable = false

  init(number: Int, world: World, peer: any Peer) {
    self.number = number
    self.world = world
    self.peer = peer
  }

  // MARK: The client's side

  /// Sends bytes to the server.
  func send(_ bytes: [UInt8]) {
    guard !isAbandoned && !isBroken else { return }
    push(.bytes(bytes))
    if world.chance.oneIn(world.faults.resets) {
      world.after(world.chance.below(300)) { self.reset() }
    }
    if world.chance.oneIn(world.faults.stalls) { stall(world.chance.within(100...240_000)) }
  }

  /// Closes the client's side for writing, and goes on reading.
  func finishSending() { push(.end) }

  /// Closes it as a client does that goes: nothing is read any more.
  func abandon() {
    guard !isAbandoned else { return }
    push(.end)
    isAbandoned = true
    outbound.removeAll()
  }

  /// Breaks it: all that is under way is lost.
  func reset() {
    guard !isBroken else { return }
    isBroken = true
    inbound.removeAll()
    inboundStart = 0
    outbound.removeAll()
    world.trace.note(world.now, "wire \(self.number) breaks")
    guard !isAbandoned else { return }
    isAbandoned = true
    peer.ended(self)
  }

  /// The client reads nothing for so many milliseconds.
  func stall(_ milliseconds: Int) {
    readsAgainAt = max(readsAgainAt, world.now + UInt64(milliseconds))
  }

  /// The client reads again, whatever it was told before.
  func heal() {
    readsAgainAt = 0
    deliverLater()
  }

  private func push(_ piece: Piece) {
    guard world.faults.latency > 0 else { return arrive(piece) }
    let arrival = world.now + UInt64(world.chance.below(world.faults.latency + 1))
    lastArrival = max(lastArrival, arrival)
    world.at(lastArrival) { self.arrive(piece) }
  }

  private func arrive(_ piece: Piece) {
    guard !isBroken && !isClosedByServer else { return }
    switch piece {
    case .bytes(let bytes): inbound += bytes
    case .end: hasEnd = true
    }
  }

  // MARK: The server's side

  private var unread: Int { inbound.count - inboundStart }

  var isReadable: Bool { isBroken || (watchesReadable && (unread > 0 || hasEnd)) }
  var isWritable: Bool { isBroken || (watchesWritable && outbound.count < world.faults.window) }
  var isReady: Bool { isReadable || isWritable }

  enum Reading {
    case bytes(ArraySlice<UInt8>)
    case nothing
    case end
    case broken
  }

  func read(atMost limit: Int) -> Reading {
    if isBroken { return .broken }
    guard unread > 0 else { return hasEnd ? .end : .nothing }
    var count = min(unread, limit)
    if world.chance.oneIn(world.faults.shortReads) {
      count = world.chance.within(1...min(count, 8))
    }
    let slice = inbound[inboundStart..<inboundStart + count]
    inboundStart += count
    if inboundStart == inbound.count {
      inbound = []
      inboundStart = 0
    }
    return .bytes(slice)
  }

  /// How many bytes the network takes now; nil when it is broken.
  func room(for count: Int) -> Int? {
    if isBroken { return nil }
    // The second write on a connection whose peer is gone finds it broken.
    if isAbandoned { return count }
    if world.chance.oneIn(world.faults.wouldBlock) { return 0 }
    var room = min(count, max(0, world.faults.window - outbound.count))
    if room > 1 && world.chance.oneIn(world.faults.shortWrites) {
      room = world.chance.within(1...room)
    }
    return room
  }

  func take(_ bytes: [UInt8]) {
    guard !isAbandoned else {
      isBroken = true
      return
    }
    outbound += bytes
    deliverLater()
  }

  func closeByServer() {
    isClosedByServer = true
    place = nil
    deliverLater()
  }

  private func deliverLater() {
    guard !isDelivering else { return }
    isDelivering = true
    let latency = world.chance.below(world.faults.latency + 1)
    world.at(max(world.now + UInt64(latency), readsAgainAt)) { self.deliver() }
  }

  private func deliver() {
    isDelivering = false
    guard !isAbandoned else { return }
    if world.now < readsAgainAt { return deliverLater() }
    let bytes = outbound
    outbound = []
    if !bytes.isEmpty { peer.receive(bytes[...], on: self) }
    if isClosedByServer && !isAbandoned {
      isAbandoned = true
      peer.ended(self)
    }
  }
}
