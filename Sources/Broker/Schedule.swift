import Board
import Memory
import Sessions

/// What is due when: at most one deadline for each connection, each session and each task of the
/// broker itself.
struct Schedule: ~Copyable {
  private let anchor = Anchor()
  private var deadlines: Deadlines
  private let connections: Int
  private let sessions: Int

  /// Whose deadline has come.
  enum Due {
    case connection(place: Int)
    case session(slot: Int)
    case task(BrokerTask)
  }

  init(connections: Int, sessions: Int, in region: inout Region) {
    self.connections = connections
    self.sessions = sessions
    deadlines = Deadlines(
      "deadlines", capacity: connections + sessions + BrokerTask.count, in: &region)
  }

  /// When the next deadline is due; `never` when there is none.
  var next: Instant { deadlines.next }

  /// Takes out the deadline that is due first, if it is due by `now`.
  mutating func popDue(at now: Instant) -> Due? {
    guard let slot = deadlines.popDue(at: now) else { return nil }
    if slot < connections { return .connection(place: slot) }
    if slot < connections + sessions { return .session(slot: slot - connections) }
    return BrokerTask(rawValue: UInt8(slot - connections - sessions)).map { .task($0) }
  }

  /// Gives a connection this deadline in place of any it had.
  mutating func set(_ connection: Handle<Connection>, to instant: Instant) {
    deadlines.set(connection.index, to: instant)
  }

  /// The deadline of a connection; `never` when it has none.
  func due(_ connection: Handle<Connection>) -> Instant { deadlines.instant(of: connection.index) }

  /// Gives a connection this deadline unless it has an earlier one.
  mutating func advance(_ connection: Handle<Connection>, to instant: Instant) {
    if instant < due(connection) { set(connection, to: instant) }
  }

  mutating func cancel(_ connection: Handle<Connection>) { deadlines.cancel(connection.index) }

  /// Gives a session this deadline in place of any it had; `never` takes it away.
  mutating func set(_ session: Handle<Session>, to instant: Instant) {
    guard instant != .never else { return cancel(session) }
    deadlines.set(connections + session.index, to: instant)
  }

  mutating func cancel(_ session: Handle<Session>) {
    deadlines.cancel(connections + session.index)
  }

  /// Gives a task of the broker this deadline in place of any it had.
  mutating func set(_ task: BrokerTask, to instant: Instant) {
    deadlines.set(slot(of: task), to: instant)
  }

  /// Whether a task of the broker has a deadline.
  func isSet(_ task: BrokerTask) -> Bool { deadlines.isSet(slot(of: task)) }

  private func slot(of task: BrokerTask) -> Int { connections + sessions + Int(task.rawValue) }
}

/// What the broker does for nobody in particular, now and then.
enum BrokerTask: UInt8 {
  case systemTopics
  case sweep
  case shortage

  static var count: Int { 3 }
}
