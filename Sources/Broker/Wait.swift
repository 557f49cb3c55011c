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

  /// A cause as it is kept: all zeros is none. So the table is not touched for those who never wait.
  private enum Kind: UInt8, BitwiseCopyable {
    case none = 0
    case answers, publication, receiveBlocks, sendBlocks, queue, messages, retained, texts
  }

  private var kind = Kind.none
  private var session: Handle<Session> = .null
  private var count: UInt32 = 0
  /// When waiting has been in vain; zero when it may go on.
  var until = Instant(milliseconds: 0)

  init(cause: Cause = .none) { self.cause = cause }

  var cause: Cause {
    get {
      switch kind {
      case .none: .none
      case .answers: .answers
      case .publication: .publication
      case .receiveBlocks: .receiveBlocks
      case .sendBlocks: .sendBlocks(count)
      case .queue: .queue(session, count)
      case .messages: .messages(count)
      case .retained: .retained
      case .texts: .texts(count)
      }
    }
    set {
      (session, count) = (.null, 0)
      switch newValue {
      case .none: kind = .none
      case .answers: kind = .answers
      case .publication: kind = .publication
      case .receiveBlocks: kind = .receiveBlocks
      case .sendBlocks(let blocks): (kind, count) = (.sendBlocks, blocks)
      case .queue(let full, let bytes): (kind, session, count) = (.queue, full, bytes)
      case .messages(let bytes): (kind, count) = (.messages, bytes)
      case .retained: kind = .retained
      case .texts(let bytes): (kind, count) = (.texts, bytes)
      }
    }
  }

  /// Whether there is an end to it.
  var hasEnd: Bool { until.milliseconds > 0 }

  /// Whether its own answers have to leave first.
  var isForAnswers: Bool { kind == .answers }

  /// Whether it is for the Server to go on.
  var isForPublication: Bool { kind == .publication }

  /// Whether others have too many of the blocks that its packet takes.
  var isForReceiveBlocks: Bool { kind == .receiveBlocks }

  /// Whether others have too many of the blocks that its answer takes.
  var isForSendBlocks: Bool { kind == .sendBlocks }

  /// Whether there is nothing to be said.
  var isBlank: Bool { kind == .none && !hasEnd }
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
