import Access
import Board
import Memory

/// The CONNECTs whose passwords are to be hashed, in turn, and the addresses wrong ones came from.
struct Logins: ~Copyable {
  private let anchor = Anchor()
  /// The places of the connections that wait.
  private var queue: Ring<UInt32>
  private var isQueued: SlotTable<Bool>
  /// The login whose password is being hashed.
  var underWay: Login?
  var failures: FailedLogins

  init(places: Int, limits: Limits, in region: inout Region) {
    queue = Ring("logins", capacity: places, in: &region)
    isQueued = SlotTable("logins queued", count: places, in: &region)
    failures = FailedLogins(count: limits.failedAddresses, in: &region)
  }

  /// Whether a login waits for its turn.
  var hasTurns: Bool { !queue.isEmpty }

  /// Puts the login of a place behind all others. A place stands there once: who has it next
  /// inherits its turn.
  mutating func enqueue(_ place: Int) {
    guard !isQueued[place] else { return }
    isQueued[place] = true
    let hasRoom = queue.append(UInt32(place))
    precondition(hasRoom)  // it has as many places as there are connections
  }

  /// Takes out the place that has waited longest.
  mutating func next() -> Int? {
    guard let place = queue.removeFirst() else { return nil }
    isQueued[Int(place)] = false
    return Int(place)
  }
}
