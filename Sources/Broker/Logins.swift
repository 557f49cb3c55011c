import Access
import Board
import Memory

/// The CONNECTs whose passwords are to be hashed, addresses in turn, and the addresses that wrong ones
/// came from.
struct Logins: ~Copyable {
  private let anchor = Anchor()
  /// The places of the connections that wait.
  private var queue: FairQueue
  /// The login whose password is being hashed.
  var underWay: Login?
  var failures: FailedLogins

  init(places: Int, limits: Limits, hash: SeededHash, in region: inout Region) {
    queue = FairQueue("logins", capacity: places, hash: hash, in: &region)
    failures = FailedLogins(count: limits.failedAddresses, hash: hash, in: &region)
  }

  /// Whether a login waits for its turn.
  var hasTurns: Bool { !queue.isEmpty }

  /// Puts the login of a connection behind all others from its address.
  mutating func enqueue(_ connection: Handle<Connection>, from address: UInt64) {
    queue.append(connection.index, of: address)
  }

  /// Takes out the place whose turn it is.
  mutating func next() -> Int? { queue.removeFirst() }

  /// Forgets a connection that ends.
  mutating func forget(_ connection: Handle<Connection>) { queue.remove(connection.index) }
}
