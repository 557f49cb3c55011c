import Server

/// Everything around the server: time, the wires, and what is going to happen.
package final class World {
  /// Milliseconds; they pass only in `pass(atMost:)`.
  private(set) var now: UInt64 = 1_000_000
  var chance: Chance
  var faults: Faults
  package let trace = Trace()
  var marks = Marks()
  /// What the operator asks for next.
  var requests: [Request] = []
  /// Who writes the files of users and rules; nil when there are none.
  var administrator: Administrator?
  /// How often they were read again.
  var reloads = 0
  private var agenda = Agenda()
  /// Connections by their place in the server.
  var wires: [Wire?]
  /// The places that are taken.
  private(set) var places: [Int] = []
  /// Connections that the server has not yet accepted.
  var incoming: [Wire] = []
  /// Until when the network has no descriptor for a new connection.
  var acceptsAgainAt: UInt64 = 0
  /// A moment at which the server's wait ends whatever happens.
  var horizon: UInt64 = 0
  private(set) var nextWireNumber = 0
  let observer: Observer
  private(set) var failure: String?
  /// How often the clock has jumped.
  private(set) var jumps = 0
  /// When it jumped last.
  private(set) var jumpedFrom: UInt64 = 0
  /// How many turns there were that ended with nothing left to do.
  private(set) var turn = 0
  /// How many there were, those included that follow another one at once.
  private(set) var turns = 0
  /// The most turns that a newcomer has waited for an answer.
  var longestWait = 0
  /// What the turn has asked of the network.
  var calls = NetworkCalls()
  /// Somebody whose first bytes are there, and who was read since.
  var queue = FairnessCheck()
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
  ///
  /// - Parameter seed: of what befalls it, drawn by its client.
  /// - Parameter isSteady: nothing befalls it but latency.
  func connect(_ peer: any Peer, seed: UInt64, isSteady: Bool = false) -> Wire {
    nextWireNumber += 1
    let wire = Wire(
      number: nextWireNumber, world: self, peer: peer, seed: seed, isSteady: isSteady)
    incoming.append(wire)
    return wire
  }

  /// Gives a connection its place in the server.
  func adopt(_ wire: Wire, at place: Int) {
    if wires[place] != nil { fail("place \(place) is given twice") }
    wire.place = place
    wire.acceptedAt = now
    wire.beginWaiting(at: place)
    wires[place] = wire
    places.append(place)
  }

  /// Takes a connection off its place.
  func release(_ place: Int) {
    wires[place] = nil
    places.removeAll { $0 == place }
  }

  /// Lets time pass until the server has something to do.
  func pass(atMost milliseconds: UInt64?) {
    turns += 1
    calls = NetworkCalls()
    // What a turn has no work left for follows in the next, at once: only when the server is about to
    // rest is it judged by what it has done.
    if milliseconds != 0 {
      observer.turned()
      turn += 1
    }
    let beginning = now
    defer { noticeSpinning(since: beginning) }
    if chance.oneIn(faults.slowTurns) { now += UInt64(chance.within(1...50)) }
    // The machine sleeps while the server rests: in between nobody knows what was done before.
    if chance.oneIn(faults.clockJumps) && milliseconds != 0 { jump() }
    if chance.oneIn(faults.interruptions) { return runDue() }
    let limit = min(milliseconds.map { now + $0 } ?? UInt64.max, max(now, horizon))
    while true {
      runDue()
      guard failure == nil, !isAnythingReady, now < limit else { return }
      now = min(limit, agenda.next ?? limit)
    }
  }

  /// The machine sleeps; what the clients do takes place afterwards.
  private func jump() {
    let hours = UInt64(chance.pick([1, 1, 24, 72, 120]))
    let milliseconds =
      hours * 3_600_000 / UInt64(chance.pick([1, 60])) + UInt64(chance.below(1000))
    jumps += 1
    jumpedFrom = now
    // Who had still to connect may be late now, and is closed instead of read.
    queue = FairnessCheck()
    now += milliseconds
    horizon += milliseconds
    trace.note(now, "the clock jumps by \(milliseconds) ms")
  }

  /// Turns take time, if little; and one that has nothing to do is a waste of it.
  private func noticeSpinning(since beginning: UInt64) {
    idleTurns = trace.hash == lastHash && now - lastTurn < 2 ? idleTurns + 1 : 0
    lastTurn = now
    lastHash = trace.hash
    quickTurns = now == beginning ? quickTurns + 1 : 0
    // What a session of thousands of messages held is released over as many of the smallest turns.
    if idleTurns > 20_000 { fail("the server spins") }
    if quickTurns > 0 && quickTurns % 16 == 0 { now += 1 }
  }

  private func runDue() {
    while let next = agenda.next, next <= now { agenda.removeFirst()() }
  }

  private var isAnythingReady: Bool {
    if !requests.isEmpty { return true }
    if !incoming.isEmpty && now >= acceptsAgainAt { return true }
    return places.contains { wires[$0]?.isReady ?? false }
  }
}

/// Who is at the other end of a wire.
protocol Peer: AnyObject {
  /// The number of its address; zero for none that is known.
  var address: UInt64 { get }
  func receive(_ bytes: ArraySlice<UInt8>, on wire: Wire)
  /// The server has closed the connection, or it broke.
  func ended(_ wire: Wire)
  /// The server has given the connection a place.
  func adopted(at place: Int)
}

extension Peer {
  func adopted(at place: Int) {}
  var address: UInt64 { 0 }
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
  /// The server takes over what the files of users and rules say now.
  func adopted(_ regime: Regime)
  /// The server has logged that it dropped a message.
  func dropped()
  /// The server has done all there was to do.
  func turned()
}
