import Memory

/// A level above retained messages: one for all topics that have it and those above it in common.
///
/// It has no text. It is known by the hash of its own and all levels above; should two topics share it
/// by chance, what is found below it is more than what was sought, never less.
struct RetainedLevel: BitwiseCopyable {
  /// The level above; null for the root.
  let parent: Handle<RetainedLevel>
  /// Neighbours among those with the same parent.
  var next: Handle<RetainedLevel> = .null
  var previous: Handle<RetainedLevel> = .null
  var firstLevel: Handle<RetainedLevel> = .null
  /// The messages whose topics have no further level but their last one.
  var firstMessage: Handle<RetainedMessage> = .null
  /// How many levels, messages and walks hang on it; with the last it goes.
  var holders: UInt32 = 0
  /// Which it is of all levels that were made: of its neighbours, those behind it are older.
  var serial: UInt32 = 0

  init(below parent: Handle<RetainedLevel>) {
    self.parent = parent
  }
}

/// The levels of the topics of all retained messages, as a tree: what they begin with is held once.
///
/// Topics that begin with `$` have a root of their own, where no walk for a wildcard comes.
struct RetainedLevels: ~Copyable {
  private var levels: Pool<RetainedLevel>
  private var index: HashIndex
  private let hash: SeededHash
  /// How many levels have been made, as far as that can be counted.
  private var made: UInt32 = 0
  /// How many levels the tree goes down from a root.
  let deepest: Int

  init(count: Int, deepest: Int, hash: SeededHash, in region: inout Region) {
    levels = Pool("retained levels", capacity: count, in: &region)
    index = HashIndex(capacity: count, in: &region)
    self.hash = hash
    self.deepest = deepest
  }

  var occupancy: Occupancy { levels.occupancy }

  subscript(level: Handle<RetainedLevel>) -> RetainedLevel {
    _read { yield levels[level] }
    _modify { yield &levels[level] }
  }

  /// The root under which the topics are that `text`, a topic or a filter, is about.
  func root(of text: Span<UInt8>) -> Handle<RetainedLevel>? {
    find(RetainedPath(text, deepest: deepest).hash, below: .null)
  }

  /// The level with this text below another, if any message is below it.
  func level(_ text: Span<UInt8>, below parent: Handle<RetainedLevel>) -> Handle<RetainedLevel>? {
    find(hash(text, below: parent), below: parent)
  }

  /// The hash of a text below a level, as that of a whole topic.
  func hash(_ text: Span<UInt8>, below parent: Handle<RetainedLevel>) -> UInt32 {
    hash(text, after: index.hash(of: parent.index))
  }

  /// The hash of a whole topic.
  @inline(never)
  func hash(of topic: Span<UInt8>) -> UInt32 {
    var path = RetainedPath(topic, deepest: deepest)
    while path.descend(hash) {}
    return hash(path.rest, after: path.hash)
  }

  /// How many levels have to be made for a message on `topic`.
  func missing(for topic: Span<UInt8>) -> Int {
    var path = RetainedPath(topic, deepest: deepest)
    var level = find(path.hash, below: .null)
    var count = level == nil ? 1 : 0
    while path.descend(hash) {
      if let above = level { level = find(path.hash, below: above) }
      if level == nil { count += 1 }
    }
    return count
  }

  /// How many levels `topic` takes below the root.
  func count(of topic: Span<UInt8>) -> Int {
    var path = RetainedPath(topic, deepest: deepest)
    var count = 0
    while path.descend(hash) { count += 1 }
    return count
  }

  /// The level on which a message on `topic` hangs, made if need be and held once more for it; nil,
  /// and nothing made, when there are too few.
  mutating func hold(for topic: Span<UInt8>) -> Handle<RetainedLevel>? {
    guard missing(for: topic) <= levels.occupancy.free else {
      levels.refuse()
      return nil
    }
    var path = RetainedPath(topic, deepest: deepest)
    var level = find(path.hash, below: .null) ?? add(path.hash, below: .null)
    while path.descend(hash) {
      level = find(path.hash, below: level) ?? add(path.hash, below: level)
    }
    levels[level].holders += 1
    return level
  }

  /// Takes one from what hangs on the level, and removes it and those above that nothing needs.
  mutating func drop(_ level: Handle<RetainedLevel>) {
    levels[level].holders -= 1
    var current = level
    while !current.isNull && levels[current].holders == 0 {
      let gone = levels[current]
      unlink(current, gone)
      index.remove(current.index, hash: index.hash(of: current.index))
      levels.release(current)
      if !gone.parent.isNull { levels[gone.parent].holders -= 1 }
      current = gone.parent
    }
  }

  /// Whether a walk that stands on one level has still to come to another one, which is found by the same
  /// filter.
  ///
  /// - Parameter isDone: whether it is done with what is below the one on which it stands.
  func isAhead(
    _ level: Handle<RetainedLevel>, of stand: Handle<RetainedLevel>, isDone: Bool
  ) -> Bool {
    var (left, right) = (level, stand)
    var (leftDepth, rightDepth) = (depth(of: left), depth(of: right))
    let isBelow = leftDepth > rightDepth
    while leftDepth > rightDepth {
      left = levels[left].parent
      leftDepth -= 1
    }
    while rightDepth > leftDepth {
      right = levels[right].parent
      rightDepth -= 1
    }
    if left == right { return isBelow && !isDone }
    while levels[left].parent != levels[right].parent {
      left = levels[left].parent
      right = levels[right].parent
    }
    return isOlder(levels[left].serial, than: levels[right].serial)
  }

  private func depth(of level: Handle<RetainedLevel>) -> Int {
    var (count, current) = (0, levels[level].parent)
    while !current.isNull {
      count += 1
      current = levels[current].parent
    }
    return count
  }

  /// Counts a message that was turned away for want of levels.
  mutating func refuse() { levels.refuse() }

  @inline(never)
  private func find(_ hash: UInt32, below parent: Handle<RetainedLevel>) -> Handle<RetainedLevel>? {
    var slot = index.first(hash)
    while let candidate = slot {
      if let level = levels.handle(at: candidate), levels[level].parent == parent { return level }
      slot = index.next(candidate)
    }
    return nil
  }

  /// Makes a level for which there is room. It stands before its neighbours, where no walk comes that
  /// is among them.
  @inline(never)
  private mutating func add(
    _ hash: UInt32, below parent: Handle<RetainedLevel>
  ) -> Handle<RetainedLevel> {
    guard let level = levels.claim(RetainedLevel(below: parent)) else {
      preconditionFailure("`missing(for:)` saw to it")
    }
    index.insert(level.index, hash: hash)
    made &+= 1
    levels[level].serial = made
    guard !parent.isNull else { return level }
    let first = levels[parent].firstLevel
    levels[level].next = first
    if !first.isNull { levels[first].previous = level }
    levels[parent].firstLevel = level
    levels[parent].holders += 1
    return level
  }

  private mutating func unlink(_ level: Handle<RetainedLevel>, _ gone: RetainedLevel) {
    if !gone.next.isNull { levels[gone.next].previous = gone.previous }
    if !gone.previous.isNull {
      levels[gone.previous].next = gone.next
    } else if !gone.parent.isNull {
      levels[gone.parent].firstLevel = gone.next
    }
  }
}

/// Whether one serial number was given before another, both in the last two thousand million.
func isOlder(_ left: UInt32, than right: UInt32) -> Bool {
  Int32(bitPattern: left &- right) < 0
}

/// The way down to the level on which a message hangs, and the hash of each level on it.
struct RetainedPath: ~Escapable {
  private let topic: Span<UInt8>
  private var start = 0
  private var levelsLeft: Int
  /// The hash of the levels so far.
  private(set) var hash: UInt32

  /// Starts at the root.
  @_lifetime(copy topic)
  init(_ topic: Span<UInt8>, deepest: Int) {
    self.topic = topic
    levelsLeft = deepest
    hash = !topic.isEmpty && topic[0] == UInt8(ascii: "$") ? 1 : 0
  }

  /// What lies below the levels so far: at the end of the way what is the message's own.
  var rest: Span<UInt8> {
    @_lifetime(copy self) get { topic.extracting(start..<topic.count) }
  }

  /// Goes one level down; false at the end of the way.
  @inline(never)
  mutating func descend(_ hashOf: SeededHash) -> Bool {
    guard levelsLeft > 0 else { return false }
    var end = start
    while end < topic.count && topic[end] != UInt8(ascii: "/") { end &+= 1 }
    guard end < topic.count else { return false }
    hash = hashOf(topic.extracting(start..<end), after: hash)
    start = end &+ 1
    levelsLeft &-= 1
    return true
  }
}
