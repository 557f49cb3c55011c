import Board
import CLinux
import Memory

/// Who shakes hands, whose step is next, and who waits until there is a place for one more.
///
/// Handshakes are costly: so many go on at once, and a turn has only so much time for their steps. Places
/// are shared by address, and addresses take turns at steps and at places that become free: however many
/// come from one of them, who comes from another one is let in.
struct TLSHandshakes: ~Copyable {
  private let anchor = Anchor()
  private var places: Holdings
  /// Those that wait for a place.
  private var waiting: FairQueue
  /// Those that have a place and could go on.
  private var ready: FairQueue
  /// Those that have a place, in the order in which they went on last.
  private var order: SlotQueue
  /// When each went on last, in milliseconds of the boot-time clock.
  private var stamps: SlotTable<UInt32>
  /// How long one may rest while others wait for its place.
  private var patience: UInt32 = 5000
  /// How many are to give their place up, and have not yet.
  private var stalling = 0
  private var lookedAt: UInt32 = 0
  /// What steps took of this turn.
  private var microseconds: Int64 = 0
  /// Whether a step may be called up: one at a time, so that none is kept from others' time.
  private var mayStep = false
  /// Units of work for 1,024 microseconds: 40 each where a turn has 262,144, and fewer of the longer steps
  /// of a slower board. A division by a number that is no power of two is a function of the library where
  /// words have 32 bits.
  private let unitsOfMillisecond: Int64

  /// How many go on; those that have to wait count as refused.
  var occupancy: Occupancy { places.occupancy }

  /// - Parameter count: how many connections there may be.
  init(count: Int, limits: Limits, hash: SeededHash, in region: inout Region) {
    places = Holdings(
      "TLS handshakes by address", share: .byAddress(limits.tlsHandshakes), hash: hash, in: &region)
    waiting = FairQueue("TLS handshakes waiting", capacity: count, hash: hash, in: &region)
    ready = FairQueue("TLS handshakes ready", capacity: count, hash: hash, in: &region)
    order = SlotQueue("TLS handshakes", capacity: count, in: &region)
    stamps = SlotTable("TLS handshake times", count: count, in: &region)
    unitsOfMillisecond = Int64(limits.turnWork / 32 * 5)
  }

  /// A handshake that does not go on while others wait for its place keeps it for half of the time in
  /// which a connection must have connected, five seconds at most: a slow modem has answered by then.
  mutating func adopt(connectSeconds: Int) {
    patience = UInt32(clamping: min(connectSeconds * 500, 5000))
  }

  // MARK: Places

  /// Gives a connection a place, if it has none; false when it has to wait for one.
  mutating func enter(_ place: Int, of owner: UInt64) -> Bool {
    if order.contains(place) { return true }
    guard places.claim(by: owner) == .granted else {
      waiting.append(place, of: owner)
      return false
    }
    begin(place)
    return true
  }

  /// Gives a place to the next of those who wait and may have one.
  mutating func nextAdmitted(_ owners: borrowing SlotTable<UInt64>) -> Int? {
    guard let place = waiting.removeFirst(where: { places.claim(possibleBy: $0) == .granted })
    else { return nil }
    _ = places.claim(by: owners[place])
    begin(place)
    return place
  }

  private mutating func begin(_ place: Int) {
    order.append(place)
    stamps[place] = TLSHandshakes.now
  }

  /// Remembers that a handshake has gone on.
  mutating func goOn(_ place: Int) {
    order.remove(place)
    begin(place)
  }

  /// Forgets a connection; true when it gives a place back.
  mutating func leave(_ place: Int, of owner: UInt64, isStalling: Bool) -> Bool {
    waiting.remove(place)
    ready.remove(place)
    guard isStalling || order.contains(place) else { return false }
    if isStalling { stalling -= 1 }
    order.remove(place)
    places.release(by: owner)
    return true
  }

  // MARK: Steps

  mutating func beginTurn() {
    microseconds = 0
    mayStep = true
  }

  /// Lets one more step be called up, if there is time left in this turn.
  mutating func look() { mayStep = microseconds < TLSHandshakes.turnMicroseconds }

  /// Microseconds of a turn for steps; the one that goes beyond is the last.
  private static var turnMicroseconds: Int64 { 500 }

  /// Lets a handshake have its step when it is its turn.
  mutating func callUp(_ place: Int, of owner: UInt64) { ready.append(place, of: owner) }

  /// Whether somebody could go on.
  var hasReady: Bool { !ready.isEmpty }

  /// The handshake whose step it is; one for each look.
  mutating func nextStep() -> Int? {
    guard mayStep else { return nil }
    mayStep = false
    return ready.removeFirst()
  }

  /// Pays for a step by the time it has taken, since the beginning that is given.
  mutating func pay(since start: Int64, _ work: inout Work) {
    // The clock has gone on if the machine slept.
    let taken = min(max(0, linux_boottime_microseconds() - start), 1_000_000)
    microseconds += taken
    work.pay(Int(taken * unitsOfMillisecond >> 10))
  }

  // MARK: Those that do not go on

  private static var now: UInt32 { UInt32(truncatingIfNeeded: linux_boottime_milliseconds()) }

  /// Whether somebody waits for a place.
  var isCrowded: Bool { !waiting.isEmpty }

  /// A handshake that has to make room for one that waits, looked for ten times a second.
  mutating func nextStalled(_ owners: borrowing SlotTable<UInt64>) -> Int? {
    let now = TLSHandshakes.now
    guard isCrowded && now &- lookedAt >= TLSHandshakes.lookInterval else { return nil }
    var candidate = order.front
    while let place = candidate, now &- stamps[place] > patience, stalling < waiting.count {
      // As long as there are places its own is of use to those alone who come from the same address.
      if places.occupancy.free == 0 || waiting.contains(owner: owners[place]) {
        order.remove(place)
        stalling += 1
        return place
      }
      candidate = order.next(after: place)
    }
    lookedAt = now
    return nil
  }

  /// Milliseconds.
  static var lookInterval: UInt32 { 100 }
}
