import Memory
import Sessions

/// Why the input of a connection waits, and until when it may.
struct Wait: BitwiseCopyable {
  enum Cause: UInt8, BitwiseCopyable {
    case none
    /// Its own answers have to leave first.
    case answers
    /// Receive blocks for the packet that it sends.
    case receiveBlocks
    /// Send blocks for an answer.
    case sendBlocks
    /// Room in the queues and tables for a message.
    case room
  }

  var cause = Cause.none
  /// How much of it: blocks, or bytes of a message.
  var amount: UInt32 = 0
  /// Whose queue has no room; null for the tables that all share.
  var session: Handle<Session> = .null
  /// When waiting has been in vain; zero when it may go on.
  var until = Instant(milliseconds: 0)

  /// Whether there is an end to it.
  var hasEnd: Bool { until.milliseconds > 0 }
}
