import Board
import Broker
import CLinux
import Memory
import Server

/// TLS on the connections that came in by a listener with a certificate.
///
/// A session, and with it the buffers, exists from the first byte to the close; sessions are shared by
/// address, as handshakes are.
struct TLSStreams: ~Copyable {
  private let anchor = Anchor()
  private var sessions: SlotTable<TLSSession?>
  private var phases: SlotTable<Phase>
  private var listeners: SlotTable<UInt8>
  /// The number that each one's address is known by.
  private var owners: SlotTable<UInt64>
  private var configurations = TLSConfigurations()
  /// Connections with a session.
  private var connections: Holdings
  private var shaking: TLSHandshakes
  fileprivate let heapBytes: Int

  enum Phase: UInt8, BitwiseCopyable {
    case plain
    /// Nothing was received yet, and nothing is held, but perhaps a place among the handshakes.
    case begins
    case waits
    case handshakes
    /// Its handshake does not go on, and others wait for its place.
    case stalls
    case established
  }

  /// What came of reading, where it is more than the Server wants to know.
  enum Step {
    case received(Received)
    case nothing
    case wantsTurn
    case wantsWrite
    case wantsPlace
  }

  /// Boards without TLS carry none of this.
  @inline(__always) static var isHere: Bool { Limits().tlsConnections > 0 }

  init(places: Int, limits: Limits, hash: SeededHash, in region: inout Region) {
    let count = limits.tlsConnections > 0 ? places : 0
    sessions = SlotTable("TLS sessions", count: count, in: &region)
    phases = SlotTable("TLS phases", count: count, in: &region)
    listeners = SlotTable("TLS listeners", count: count, in: &region)
    owners = SlotTable("TLS addresses", count: count, in: &region)
    connections = Holdings(
      "TLS connections by address", share: .byAddress(limits.tlsConnections), hash: hash,
      in: &region)
    shaking = TLSHandshakes(count: count, limits: limits, hash: hash, in: &region)
    TLSMemory.carve(limits, in: &region)
    heapBytes = limits.tlsHeapBytes
  }

  /// How many connections have a session, and how many handshakes go on.
  var connectionOccupancy: Occupancy { connections.occupancy }
  var handshakeOccupancy: Occupancy { shaking.occupancy }

  /// Shows this to those who come from now on.
  mutating func adopt(_ new: TLSConfigurations, connectSeconds: Int) {
    shaking.adopt(connectSeconds: connectSeconds)
    new.hold()
    configurations.release()
    configurations = new
  }

  /// Whether a place's bytes pass through TLS.
  @inline(__always) func isUsed(place: Int) -> Bool {
    TLSStreams.isHere && phases[place] != .plain
  }

  mutating func begin(place: Int, listener: Int, owner: UInt64) {
    // Of places that never had TLS nothing is touched.
    guard TLSStreams.isHere, configurations[listener] != nil else { return }
    phases[place] = .begins
    listeners[place] = UInt8(truncatingIfNeeded: listener)
    owners[place] = owner
  }

  mutating func receive(
    place: Int, socket: Int32, into bytes: inout MutableSpan<UInt8>, atMost most: Int,
    _ work: inout Work
  ) -> Step {
    switch phases[place] {
    case .begins, .handshakes: return handshake(place: place, socket: socket, &work)
    // It was not looked at, and found ready all the same: it is over.
    case .waits: return .received(.failed)
    case .stalls: return fail(LINUX_TLS_TOO_SLOW)
    case .established:
      return .received(sessions[place]?.receive(into: &bytes, atMost: most, &work) ?? .failed)
    case .plain: return .received(.failed)
    }
  }

  /// One step of a handshake, paid for by the time that it takes: it cannot be cut.
  private mutating func handshake(place: Int, socket: Int32, _ work: inout Work) -> Step {
    let start = linux_boottime_microseconds()
    var share = work
    defer { shaking.pay(since: start, &work) }
    if phases[place] != .handshakes, let refused = open(place: place, socket: socket) {
      return refused
    }
    return goOn(place: place, &share)
  }

  /// Begins a session, if there is room for one; otherwise what comes of that.
  private mutating func open(place: Int, socket: Int32) -> Step? {
    switch connections.claim(by: owners[place]) {
    case .granted: break
    case .tableIsFull: return fail(LINUX_TLS_NO_PLACE)
    case .shareIsSpent: return fail(LINUX_TLS_NO_SHARE)
    }
    guard shaking.enter(place, of: owners[place]) else {
      connections.release(by: owners[place])
      phases[place] = .waits
      return .wantsPlace
    }
    guard let configuration = configurations[Int(listeners[place])],
      let session = TLSSession(configuration, socket: socket)
    else {
      connections.release(by: owners[place])
      return fail(LINUX_TLS_NO_MEMORY)
    }
    sessions[place] = session
    phases[place] = .handshakes
    return nil
  }

  private mutating func goOn(place: Int, _ work: inout Work) -> Step {
    guard let session = sessions[place] else { return fail(LINUX_TLS_NO_MEMORY) }
    let result = session.handshake(&work)
    switch result {
    case LINUX_TLS_DONE:
      _ = shaking.leave(place, of: owners[place], isStalling: false)
      phases[place] = .established
      return .received(.opened)
    case LINUX_TLS_WANTS_READ: return .nothing
    case LINUX_TLS_WANTS_WRITE: return .wantsWrite
    case LINUX_TLS_WANTS_TURN:
      shaking.goOn(place)
      return .wantsTurn
    default: return fail(result)
    }
  }

  private func fail(_ refusal: Int32) -> Step {
    .received(.refused(TLSRefusal.words(of: refusal)))
  }

  /// Whether bytes were received of which the socket tells nothing any more.
  func hasReceived(place: Int) -> Bool {
    guard isUsed(place: place), phases[place] == .established else { return false }
    return sessions[place]?.hasReceived ?? false
  }

  /// Whether a record waits for the network whose bytes were not told as sent; before the end of its
  /// handshake a connection takes nothing.
  func isFull(place: Int) -> Bool {
    phases[place] != .established || sessions[place]?.holds ?? true
  }

  func send(
    _ pieces: UnsafePointer<linux_piece>, count: Int, place: Int, _ work: inout Work
  ) -> Int64 {
    guard phases[place] == .established, let session = sessions[place] else { return 0 }
    return unsafe session.send(pieces, count: count, &work)
  }

  func identity(place: Int, into out: inout MutableSpan<UInt8>) -> Int {
    guard isUsed(place: place), let session = sessions[place] else { return 0 }
    return session.identity(into: &out)
  }

  /// Ends the session of a place; true when others' handshakes may go on.
  mutating func close(place: Int) -> Bool {
    guard isUsed(place: place) else { return false }
    let isStalling = phases[place] == .stalls
    let hadPlace = shaking.leave(place, of: owners[place], isStalling: isStalling)
    if let session = sessions[place] {
      session.close()
      connections.release(by: owners[place])
    }
    sessions[place] = nil
    phases[place] = .plain
    return hadPlace
  }
}

// Whose turn it is to shake hands.
extension TLSStreams {
  mutating func beginTurn() { shaking.beginTurn() }
  mutating func look() { shaking.look() }

  /// Whether somebody waits until a handshake is over, or could go on with his.
  var isCrowded: Bool { TLSStreams.isHere && shaking.isCrowded }
  var hasSteps: Bool { TLSStreams.isHere && shaking.hasReady }

  /// Whether a connection goes on by steps, in its turn.
  func shakesHands(place: Int) -> Bool {
    TLSStreams.isHere && (phases[place] == .begins || phases[place] == .handshakes)
  }

  /// Lets a connection that shakes hands have its step in its turn.
  mutating func callUp(place: Int) { shaking.callUp(place, of: owners[place]) }

  /// The connection whose step it is.
  mutating func nextStep() -> Int? { TLSStreams.isHere ? shaking.nextStep() : nil }

  /// A handshake that has to make room for others.
  mutating func nextStalled() -> Int? {
    guard TLSStreams.isHere, let place = shaking.nextStalled(owners) else { return nil }
    phases[place] = .stalls
    return place
  }

  /// The next of those that waited for a place, now that there is one.
  mutating func nextAdmitted() -> Int? {
    guard TLSStreams.isHere, let place = shaking.nextAdmitted(owners) else { return nil }
    phases[place] = .begins
    return place
  }
}

extension TLSStreams {
  /// How full the memory of the library is, for `$SYS` and SIGUSR2.
  var heapOccupancy: Occupancy {
    let use = linux_tls_memory_use()
    return Occupancy(
      used: Int(use.heap_bytes), peak: Int(use.heap_peak), refused: UInt64(use.heap_refused),
      capacity: heapBytes)
  }
}
