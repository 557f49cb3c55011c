import Memory
import Sessions

/// Why the input of a connection waits, and until when it may.
struct Wait: BitwiseCopyable {
  enum Cause: BitwiseCopyable {
    case none
    /// Its own answers have to leave first.
    case answers
    /// Its message goes to so many that it takes several turns.
    case publication
    /// Receive blocks for the packet that it sends.
    case receiveBlocks
    /// So many send blocks for an answer.
    case sendBlocks(UInt32)
    /// Room in the queue of a session, for a message of so many bytes.
    case queue(Handle<Session>, UInt32)
    /// Room in the store, for a message of so many bytes.
    case messages(UInt32)
    case retained
    /// Text blocks for so many bytes.
    case texts(UInt32)
  }

  var cause = Cause.none
  /// When waiting has been in vain; zero when it may go on.
  var until = Instant(milliseconds: 0)

  /// Whether there is an end to it.
  var hasEnd: Bool { until.milliseconds > 0 }

  /// Whether its own answers have to leave first.
  var isForAnswers: Bool { if case .answers = cause { true } else { false } }

  /// Whether it is for the Server to go on.
  var isForPublication: Bool { if case .publication = cause { true } else { false } }

  /// Whether others have too many of the blocks that its packet takes.
  var isForReceiveBlocks: Bool { if case .receiveBlocks = cause { true } else { false } }

  /// Whether others have too many of the blocks that its answer takes.
  var isForSendBlocks: Bool { if case .sendBlocks = cause { true } else { false } }

  /// Whether there is nothing to be said.
  var isBlank: Bool { if case .none = cause { !hasEnd } else { false } }
}

extension Wait.Cause {
  /// What the log says of it.
  var event: Event {
    switch self {
    case .none, .answers, .sendBlocks: .sendBlocksShort
    case .receiveBlocks: .receiveBlocksShort
    case .publication, .queue, .messages, .retained, .texts: .publisherStalled
    }
  }
}
