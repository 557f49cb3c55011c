import Memory

/// One connection: bytes under way in both directions, and how it can break.
final class Wire {
  enum Piece {
    case bytes([UInt8])
    case end
  }

  let number: Int
  unowned let world: World
  private let peer: any Peer
  private var chance: Chance
  private let isSteady: Bool
  private var faults: Faults { isSteady ? Faults() : world.faults }
  /// The server's slot; nil before it has accepted.
  var place: Int?
  /// When the server accepted it.
  var acceptedAt: UInt64 = 0
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
  /// Nothing arrives at either side any more, not even the end.
  private var isSilent = false
  private var readsAgainAt: UInt64 = 0
  var watchesReadable = true
  var watchesWritable = false
  /// The turn since which bytes are there that were not answered; nil while there are none.
  private(set) var waitsSince: Int?
  /// The server had no place for it.
  var isTurnedAway = false
  /// The address of its client, which the number it has stands for.
  var address: Memory.Peer {
    peer.address == 0 ? .none : Memory.Peer(version4: UInt32(peer.address), port: 1883)
  }
  /// The network took less than it was given last.
  var isBlocked = false {
    didSet { if isBlocked { wasBlocked = true } }
  }
  /// It did so before.
  private(set) var wasBlocked = false
  /// The network turns it away before the server reads a byte.
  let isRefused: Bool
  /// The server cannot look at what it has not read.
  let isHidden: Bool
  /// How many bytes there must be for it to be ready.
  private var awaited = 1

  init(number: Int, world: World, peer: any Peer, seed: UInt64, isSteady: Bool) {
    var chance = Chance(seed: seed)
    isRefused = !isSteady && chance.oneIn(world.faults.refusals)
    isHidden = !isSteady && chance.oneIn(4)
    self.chance = chance
    self.isSteady = isSteady
    self.number = number
    self.world = world
    self.peer = peer
  }

  // MARK: The client's side

  /// Sends bytes to the server.
  func send(_ bytes: [UInt8]) {
    guard !isAbandoned && !isBroken else { return }
    push(.bytes(bytes))
    if chance.oneIn(faults.resets) {
      world.after(chance.below(300)) { self.reset() }
    }
    if chance.oneIn(faults.stalls) { stall(chance.within(100...240_000)) }
    if chance.oneIn(faults.halfCloses) { finishSending() }
    if chance.oneIn(faults.silences) { silence() }
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

  /// Neither side hears of the other again: what is sent is lost on the way, and so is the end.
  func silence() {
    guard !isAbandoned && !isBroken else { return }
    world.trace.note(world.now, "wire \(self.number) falls silent")
    isSilent = true
    isAbandoned = true
    peer.ended(self)
  }

  /// The client reads nothing for so many milliseconds.
  func stall(_ milliseconds: Int) {
    readsAgainAt = max(readsAgainAt, world.now + UInt64(milliseconds))
  }

  /// The client reads again, whatever it was told before; what was silent breaks.
  func heal() {
    if isSilent { return reset() }
    readsAgainAt = 0
    deliverLater()
  }

  private func push(_ piece: Piece) {
    guard !isSilent else { return }
    guard world.faults.latency > 0 else { return arrive(piece) }
    let arrival = world.now + UInt64(chance.below(world.faults.latency + 1))
    lastArrival = max(lastArrival, arrival)
    world.at(lastArrival) { self.arrive(piece) }
  }

  private func arrive(_ piece: Piece) {
    guard !isBroken && !isClosedByServer else { return }
    switch piece {
    case .bytes(let bytes):
      inbound += bytes
      if waitsSince == nil { waitsSince = world.turns }
    case .end: hasEnd = true
    }
  }

  // MARK: The server's side

  /// Whatever has arrived waits from now on: the server has accepted it.
  func beginWaiting(at place: Int) {
    if waitsSince != nil { waitsSince = world.turns }
    peer.adopted(at: place)
  }

  private var unread: Int { inbound.count - inboundStart }

  /// Whether bytes have arrived that the server has not read.
  var hasUnread: Bool { unread > 0 }
  var isReadable: Bool { isBroken || (watchesReadable && (unread >= awaited || hasEnd)) }
  var isWritable: Bool { isBroken || (watchesWritable && outbound.count < faults.window) }
  var isReady: Bool { isReadable || isWritable }

  enum Reading {
    case bytes(ArraySlice<UInt8>)
    case nothing
    case end
    case broken
  }

  /// So many bytes, which stay where they are; nil when there are fewer: it is ready once they are there.
  func peek(_ count: Int) -> ArraySlice<UInt8>? {
    guard unread >= count else {
      (awaited, watchesReadable) = (count, true)
      return nil
    }
    return inbound[inboundStart..<inboundStart + count]
  }

  /// Takes bytes away that are there.
  func skip(_ count: Int) {
    awaited = 1
    inboundStart += count
    guard inboundStart == inbound.count else { return }
    inbound = []
    inboundStart = 0
  }

  func read(atMost limit: Int) -> Reading {
    awaited = 1
    if isBroken { return .broken }
    guard unread > 0 else { return hasEnd ? .end : .nothing }
    var count = min(unread, limit)
    if chance.oneIn(faults.shortReads) {
      count = chance.within(1...min(count, 8))
    }
    let slice = inbound[inboundStart..<inboundStart + count]
    skip(count)
    return .bytes(slice)
  }

  /// How many bytes the network takes now; nil when it is broken.
  func room(for count: Int) -> Int? {
    if isBroken { return nil }
    // The second write on a connection whose peer is gone finds it broken.
    if isAbandoned && !isSilent { return count }
    if chance.oneIn(faults.wouldBlock) { return 0 }
    var room = min(count, max(0, faults.window - outbound.count))
    if room > 1 && chance.oneIn(faults.shortWrites) {
      room = chance.within(1...room)
    }
    return room
  }

  func take(_ bytes: [UInt8]) {
    guard !isAbandoned || isSilent else {
      isBroken = true
      return
    }
    outbound += bytes
    waitsSince = nil
    if !isSilent { deliverLater() }
  }

  func closeByServer() {
    isClosedByServer = true
    place = nil
    deliverLater()
  }

  private func deliverLater() {
    guard !isDelivering else { return }
    isDelivering = true
    let latency = chance.below(world.faults.latency + 1)
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
