import Board
import Memory
import Sessions
import Topics

/// How far a session's replay has come; all zeros while there is none.
struct Replay: BitwiseCopyable {
  /// Where it stands among the retained messages.
  var walk = RetainedWalk()
  /// The `$SYS` topic to look at next; they follow the retained messages.
  var systemTopic: UInt16 = 0
  /// Its Client is away, and it goes on where it stands when that comes back.
  var isKept = false
}

/// How far the replay of each session has come.
///
/// A replay keeps what it stands on, though that may have been removed. So while their Clients are away
/// only so many go on where they stand: the others begin anew.
struct Replays: ~Copyable {
  private let anchor = Anchor()
  private var replays: SlotTable<Replay>
  private var keptCount = 0
  private let mostKept: Int

  init(_ limits: Limits, in region: inout Region) {
    replays = SlotTable("replays", count: limits.sessions, in: &region)
    mostKept = limits.retainedLevels / 4 / (Replays.depth + 1)
  }

  /// The most levels that the topic of one retained message may take, however many it has.
  static var depth: Int { 16 }

  /// The replay of a session. Most come to their end at once: the table is not touched for them.
  subscript(session: Handle<Session>) -> Replay {
    get { replays[session.index] }
    set {
      guard newValue.walk.hasBegun || replays[session.index].walk.hasBegun else { return }
      replays[session.index] = newValue
    }
  }

  /// Forgets how far the replay of a session has come.
  mutating func reset(_ session: Handle<Session>, _ retained: inout RetainedIndex) {
    guard replays[session.index].walk.hasBegun else { return }
    comeBack(session)
    retained.end(&replays[session.index].walk)
    replays[session.index] = Replay()
  }

  /// Says that the Client of a session goes away.
  mutating func leave(_ session: Handle<Session>, _ retained: inout RetainedIndex) {
    guard replays[session.index].walk.hasBegun else { return }
    guard keptCount < mostKept else { return reset(session, &retained) }
    replays[session.index].isKept = true
    keptCount += 1
  }

  /// Says that the Client of a session is back, or that nothing is replayed to it any more.
  mutating func comeBack(_ session: Handle<Session>) {
    guard replays[session.index].isKept else { return }
    replays[session.index].isKept = false
    keptCount -= 1
  }
}
