/// Everything around the server: time, the wires, and what is going to happen.
package final class World {
  /// Milliseconds; they pass only in `pass(atMost:)`.
  private(set) var now: UInt64 = 1_000_000
  var chance: Chance
  var faults: Faults
  package let trace = Trace()
  private var agenda = Agenda()
  /// Connections by their place in the server.
  var wires: [Wire?]
  /// Connections that the server has not yet accepted.
  var incoming: [Wire] = []
  /// Until when the network has no descriptor for a new connection.
  var acceptsAgainAt: UInt64 = 0
  /// A moment at which the server's wait ends whatever happens.
  var horizon: UInt64 = 0
  private(set) var nextWireNumber = 0
  let observer: Observer
  private(set) var failure: String?
  private var idleTurns = 0
  private var quickTurns = 0
  private var lastTurn: UInt64 = 0
  private var lastHash: UInt64 = 0

  init(seed: UInt64, faults: Faults, observer: Observer) {
    chance = Chance(seed: seed)
    self.faults = faults
    self.observer = observer
    wires = []
    observer.world = self
  }

  /// Says that a promise was broken; the first one counts.
  func fail(_ what: String) {
    trace.note(now, "FAILURE: \(what)")
    if failure == nil { failure = what }
  }

  /// Sets an action for so many milliseconds from now.
  func after(_ milliseconds: Int, _ action: @escaping () -> Void) {
    agenda.add(at: now + UInt64(max(0, milliseconds)), action)
  }

  /// Sets an action for a moment.
  func at(_ time: UInt64, _ action: @escaping () -> Void) {
    agenda.add(at: max(time, now), action)
  }

  /// Opens a connection to the server.
  func connect(_ peer: any Peer) -> Wire {
    nextWireNumber += 1
    let wire = Wire(number: nextWireNumber, world: self, peer: peer)
    incoming.append(wire)
    return wire
  }

  /// Lets time pass until the server has something to do.
  func pass(atMost milliseconds: UInt64?) {
    observer.turned()
    let beginning = now
    defer { noticeSpinning(since: beginning) }
    if chance.oneIn(faults.slowTurns) { now += UInt64(chance.within(1...50)) }
    let limit = min(milliseconds.map { now + $0 } ?? UInt64.max, max(now, horizon))
    while true {
      runDue()
      guard failure == nil, !isAnythingReady, now < limit else { return }
      now = min(limit, agenda.next ?? limit)
    }
  }

  /// Turns take time, if little; and one that has nothing to do is a waste of it.
  private func noticeSpinning(since beginning: UInt64) {
    idleTurns = trace.hash == lastHash && now - lastTurn < 2 ? idleTurns + 1 : 0
    lastTurn = now
    lastHash = trace.hash
    quickTurns = now == beginning ? quickTurns + 1 : 0
    if idleTurns > 1000 { fail("the server spins") }
    if quickTurns > 0 && quickTurns % 16 == 0 { now += 1 }
  }

  private func runDue() {
    while let next = agenda.next, next <= now { agenda.removeFirst()() }
  }

  private var isAnythingReady: Bool {
    if !incoming.isEmpty && now >= acceptsAgainAt { return true }
    for wire in wires { if let wire, wire.isReady { return true } }
    return false
  }
}

/// Who is at the other end of a wire.
protocol Peer: AnyObject {
  func receive(_ bytes: ArraySlice<UInt8>, on wire: Wire)
  /// The server has closed the connection, or it broke.
  func ended(_ wire: Wire)
}

/// Who looks at what crosses between the server and the network.
protocol Observer: AnyObject {
  var world: World? { get set }
  /// The server has read these bytes.
  func read(_ bytes: ArraySlice<UInt8>, on wire: Wire)
  /// The server has sent these bytes.
  func sent(_ bytes: ArraySlice<UInt8>, on wire: Wire)
  /// The server was told that the connection is no more.
  func lost(_ wire: Wire)
  /// The server has closed the connection.
  func closed(_ wire: Wire)
  /// The server has logged that it dropped a message.
  func dropped()
  /// The server has done all it does in a turn.
  func turned()
}

/// How likely what is; each is one in so many cases, and zero is never.
struct Faults {
  var slowTurns = 0
  var shortReads = 0
  var shortWrites = 0
  var spuriousReadiness = 0
  var wouldBlock = 0
  var acceptFailures = 0
  var resets = 0
  var halfCloses = 0
  var stalls = 0
  /// Milliseconds that bytes are under way at most.
  var latency = 0
  /// Bytes that the network holds for a client at most.
  var window = 65_536

  /// A random subset of all faults.
  init(from chance: inout Chance) {
    func some(_ chance: inout Chance, _ low: Int, _ high: Int) -> Int {
      chance.oneIn(2) ? chance.within(low...high) : 0
    }
    slowTurns = some(&chance, 2, 40)
    shortReads = some(&chance, 1, 10)
    shortWrites = some(&chance, 1, 10)
    spuriousReadiness = some(&chance, 5, 50)
    wouldBlock = some(&chance, 4, 20)
    acceptFailures = some(&chance, 3, 20)
    resets = some(&chance, 20, 200)
    halfCloses = some(&chance, 50, 200)
    stalls = some(&chance, 20, 200)
    latency = chance.pick([0, 0, 1, 20, 300, 3000])
    window = chance.pick([16, 100, 700, 4096, 65_536])
  }

  /// A network without faults.
  init() {}
}
