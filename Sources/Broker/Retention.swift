import Board
import Memory
import Topics

/// The retained messages, who retained each, and who is being sent them.
struct Retention: ~Copyable {
  var index: RetainedIndex
  var sources: RetainedSources
  var replays: Replays
  /// What the message that is being published was preceded by.
  var preceding: Handle<RetainedMessage>?

  init(_ limits: Limits, hash: SeededHash, in region: inout Region) {
    index = RetainedIndex(limits, hash: hash, in: &region)
    sources = RetainedSources(limits, in: &region)
    replays = Replays(limits, in: &region)
  }
}

extension RetainedIndex {
  init(_ limits: Limits, hash: SeededHash, in region: inout Region) {
    self.init(
      count: limits.retained, levels: limits.retainedLevels, deepest: Replays.depth,
      walkers: limits.sessions, hash: hash, in: &region)
  }
}
