import Memory

/// How far a walk over the retained messages that match one Topic Filter has come.
///
/// All zeros is a walk that has not begun. One that has stands somewhere, and what it stands on stays:
/// so it has to be brought to its end, or to be ended.
package struct RetainedWalk: BitwiseCopyable {
  /// What comes next.
  enum Stage: BitwiseCopyable {
    case start
    /// The one message of a filter without wildcards.
    case only
    /// The messages on `level`.
    case level
    /// `message`, and on its level no other.
    case alone
    /// `message`, and those behind it on its level.
    case among
    /// The levels below `level`.
    case below
    /// Those beside `level`, which is done with all that is below.
    case beside
    case end
  }

  /// Null before it has begun and after it has ended.
  var level: Handle<RetainedLevel> = .null
  /// The message it stands on, which keeps `level` too; null when it stands on that alone.
  var message: Handle<RetainedMessage> = .null
  /// Where the filter's level begins that is compared with what hangs on `level`.
  private var offset: UInt16 = 0
  /// How many of the filter's levels come before that.
  private(set) var depth: UInt16 = 0
  /// How many levels it has gone down below a `#`.
  private var depthOfRest: UInt16 = 0
  var stage = Stage.start
  /// Whether `message` is done with.
  private(set) var isPast = false

  package init() {}

  /// Whether it has begun.
  package var hasBegun: Bool { stage != .start }

  /// Goes past the message that was found last: it is not found again.
  package mutating func pass() { isPast = true }

  /// The level of the filter that is compared with what hangs on `level`.
  func wanted(in filter: Span<UInt8>) -> FilterLevel { FilterLevel(from: Int(offset), in: filter) }

  /// Stands before a message, that of a topic or the next on a level.
  mutating func stand(before message: Handle<RetainedMessage>, _ stage: Stage) {
    self.message = message
    self.stage = stage
    isPast = false
  }

  /// Has done with the messages on `level`.
  mutating func leaveMessages() {
    message = .null
    stage = .below
  }

  /// Has found all there is.
  mutating func finish() {
    self = RetainedWalk()
    stage = .end
  }

  /// Goes down to a level that fits the filter's.
  mutating func descend(to child: Handle<RetainedLevel>, by wanted: FilterLevel) {
    level = child
    stage = .level
    if wanted.isRest {
      depthOfRest += 1
    } else {
      depth += 1
      offset = UInt16(truncatingIfNeeded: wanted.end + 1)
    }
  }

  /// Whether the level on which it stands was found by a wildcard, so that those beside it fit too.
  func fitsNeighbours(in filter: Span<UInt8>) -> Bool {
    depthOfRest > 0 || offset >= 2 && filter[Int(offset) - 2] == UInt8(ascii: "+")
  }

  /// Goes up to the level below which the one was found on which it stands, and looks no further
  /// there than beside it.
  mutating func ascend(to parent: Handle<RetainedLevel>, in filter: Span<UInt8>) {
    level = parent
    stage = .beside
    guard depthOfRest == 0 else {
      depthOfRest -= 1
      return
    }
    depth -= 1
    offset -= 1
    while offset > 0 && filter[Int(offset) - 1] != UInt8(ascii: "/") { offset -= 1 }
  }
}

/// One level of a Topic Filter, and what may come behind it.
struct FilterLevel: BitwiseCopyable {
  let start: Int
  let end: Int
  /// `+`
  let isAny: Bool
  /// `#`
  let isRest: Bool
  let isLast: Bool
  /// Whether a topic may end with this level: nothing follows but `#`, which is also none. [4.7.1.2]
  let mayBeLast: Bool

  @inline(never)
  init(from start: Int, in filter: Span<UInt8>) {
    var end = start
    while end < filter.count && filter[end] != UInt8(ascii: "/") { end &+= 1 }
    let isShort = end == start + 1
    self.start = start
    self.end = end
    isAny = isShort && filter[start] == UInt8(ascii: "+")
    isRest = isShort && filter[start] == UInt8(ascii: "#")
    isLast = end == filter.count
    mayBeLast = isLast || end + 2 == filter.count && filter[end + 1] == UInt8(ascii: "#")
  }

  /// Bytes of it.
  var count: Int { end - start }

  /// Its text.
  @_lifetime(copy filter)
  func `in`(_ filter: Span<UInt8>) -> Span<UInt8> { filter.extracting(start..<end) }
}
