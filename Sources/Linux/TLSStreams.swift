import Board
import Broker
import CLinux
import Memory
import Server

/// TLS on the connections that came in by a listener with a certificate.
///
/// A session, and with it the buffers, exists from the first byte to the close. Handshakes are
/// costly: so many go on at once, the others wait, and a turn has only so much time for them.
struct TLSStreams: ~Copyable {
  private let anchor = Anchor()
  private var sessions: SlotTable<TLSSession?>
  private var phases: SlotTable<Phase>
  private var listeners: SlotTable<UInt8>
  /// Connections that wait until a handshake is over; whoever closes meanwhile stays there.
  private var queue: Ring<UInt32>
  private var isQueued: SlotTable<Bool>
  /// When each handshake went on last, in milliseconds of the boot-time clock.
  private var stamps: SlotTable<UInt32>
  /// How long one may rest while others wait for its place.
  private var patience: UInt32 = 5000
  private var lookedAt: UInt32 = 0
  private var configurations = TLSConfigurations()
  /// Connections with a session.
  private(set) var connections: Occupancy
  /// Handshakes that go on; those that have to wait count as refused.
  private(set) var handshakes: Occupancy
  fileprivate let heapBytes: Int
  /// What handshakes took of this turn.
  private var microseconds: Int64 = 0

  enum Phase: UInt8, BitwiseCopyable {
    case plain
    /// Nothing was received yet, and nothing is held.
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

  init(places: Int, limits: Limits, in region: inout Region) {
    let count = limits.tlsConnections > 0 ? places : 0
    sessions = SlotTable("TLS sessions", count: count, in: &region)
    phases = SlotTable("TLS phases", count: count, in: &region)
    listeners = SlotTable("TLS listeners", count: count, in: &region)
    queue = Ring("TLS handshakes waiting", capacity: count, in: &region)
    isQueued = SlotTable("TLS handshakes queued", count: count, in: &region)
    stamps = SlotTable("TLS handshake times", count: count, in: &region)
    TLSMemory.carve(limits, in: &region)
    connections = Occupancy(capacity: limits.tlsConnections)
    handshakes = Occupancy(capacity: limits.tlsHandshakes)
    heapBytes = limits.tlsHeapBytes
  }

  /// Shows this to those who come from now on. A handshake that does not go on while others wait
  /// for its place keeps it for half of the time in which a connection must have connected.
  mutating func adopt(_ new: TLSConfigurations, connectSeconds: Int) {
    patience = UInt32(clamping: connectSeconds * 500)
    new.hold()
    configurations.release()
    configurations = new
  }

  mutating func beginTurn() { microseconds = 0 }

  /// Microseconds of a turn for handshakes; the step that goes beyond is the last.
  private static var turnMicroseconds: Int64 { 500 }

  /// Whether a place's bytes pass through TLS.
  func isUsed(place: Int) -> Bool { phases.count > 0 && phases[place] != .plain }

  mutating func begin(place: Int, listener: Int) {
    guard phases.count > 0 else { return }
    phases[place] = configurations[listener] == nil ? .plain : .begins
    listeners[place] = UInt8(truncatingIfNeeded: listener)
  }

  mutating func receive(
    place: Int, socket: Int32, into bytes: inout MutableSpan<UInt8>
  ) -> Step {
    switch phases[place] {
    case .begins, .waits, .handshakes: return handshake(place: place, socket: socket)
    case .stalls: return fail(LINUX_TLS_TOO_SLOW)
    case .established:
      return .received(sessions[place]?.receive(into: &bytes) ?? .failed)
    case .plain: return .received(.failed)
    }
  }

  /// One step of a handshake, if this turn has time for one.
  private mutating func handshake(place: Int, socket: Int32) -> Step {
    guard microseconds < TLSStreams.turnMicroseconds else { return .wantsTurn }
    let start = linux_boottime_microseconds()
    defer { microseconds += linux_boottime_microseconds() - start }
    return phases[place] == .handshakes
      ? goOn(place: place) : open(place: place, socket: socket)
  }

  private mutating func open(place: Int, socket: Int32) -> Step {
    guard connections.free > 0 else {
      connections.refuse()
      return fail(LINUX_TLS_NO_PLACE)
    }
    guard handshakes.free > 0 else {
      handshakes.refuse()
      enqueue(place)
      return .wantsPlace
    }
    guard let configuration = configurations[Int(listeners[place])],
      let session = TLSSession(configuration, socket: socket)
    else { return fail(LINUX_TLS_NO_MEMORY) }
    sessions[place] = session
    phases[place] = .handshakes
    stamps[place] = TLSStreams.now
    connections.claim()
    handshakes.claim()
    return goOn(place: place)
  }

  private mutating func enqueue(_ place: Int) {
    phases[place] = .waits
    guard !isQueued[place] else { return }
    isQueued[place] = true
    let hasRoom = queue.append(UInt32(place))
    precondition(hasRoom)  // each place stands there once
  }

  private mutating func goOn(place: Int) -> Step {
    guard let session = sessions[place] else { return fail(LINUX_TLS_NO_MEMORY) }
    let result = session.handshake()
    switch result {
    case LINUX_TLS_DONE:
      handshakes.release()
      phases[place] = .established
      return .received(.opened)
    case LINUX_TLS_WANTS_READ: return .nothing
    case LINUX_TLS_WANTS_WRITE: return .wantsWrite
    case LINUX_TLS_WANTS_TURN:
      stamps[place] = TLSStreams.now
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

  func send(_ pieces: UnsafePointer<linux_piece>, count: Int, place: Int) -> Int64 {
    guard phases[place] == .established, let session = sessions[place] else { return 0 }
    return unsafe session.send(pieces, count: count)
  }

  func identity(place: Int, into out: inout MutableSpan<UInt8>) -> Int {
    guard isUsed(place: place), let session = sessions[place] else { return 0 }
    return session.identity(into: &out)
  }

  /// Ends the session of a place; true when others' handshakes may go on.
  mutating func close(place: Int) -> Bool {
    guard isUsed(place: place) else { return false }
    let wasHandshake = phases[place] == .handshakes || phases[place] == .stalls
    if wasHandshake { handshakes.release() }
    if let session = sessions[place] {
      session.close()
      connections.release()
    }
    sessions[place] = nil
    phases[place] = .plain
    return wasHandshake
  }

  private static var now: UInt32 { UInt32(truncatingIfNeeded: linux_boottime_milliseconds()) }

  /// Whether somebody waits until a handshake is over.
  var isCrowded: Bool { !queue.isEmpty && handshakes.free == 0 }

  /// A handshake that has to make room for others, looked for ten times a second.
  mutating func nextStalled() -> Int? {
    let now = TLSStreams.now
    guard isCrowded && now &- lookedAt >= TLSStreams.lookInterval else { return nil }
    for place in 0..<phases.count where phases[place] == .handshakes {
      guard now &- stamps[place] > patience else { continue }
      phases[place] = .stalls
      return place
    }
    lookedAt = now
    return nil
  }

  /// Milliseconds.
  static var lookInterval: UInt32 { 100 }

  /// The connection that has waited longest for its handshake, if there is room for one.
  mutating func nextAdmitted() -> Int? {
    guard handshakes.free > 0 else { return nil }
    while let place = queue.removeFirst() {
      isQueued[Int(place)] = false
      if phases[Int(place)] == .waits { return Int(place) }
    }
    return nil
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
