import Memory

/// Counts what happens and gathers the lines that tell of it, until the Server writes them out.
///
/// Of each address, and of each event, so many lines a second are kept; how many were left out, and
/// whose most of them were, is told later.
package struct Log: ~Copyable {
  package private(set) var counts = InlineArray<64, UInt64>(repeating: 0)
  private var limit: LineLimit
  private var second: UInt64 = 0
  private var lines: FixedList<UInt8>
  /// The sum of the bits of the `LogLevel`s that are kept.
  package var levels: UInt16 = 0
  /// Lines that are kept meanwhile tell of messages that carry lines: they become none themselves.
  var isOfLogTopic = false

  package init(byteCount: Int, addresses: Int, in region: inout Region) {
    limit = LineLimit(addresses: addresses, in: &region)
    lines = FixedList("log lines", capacity: byteCount, in: &region)
  }

  /// How often an event happened.
  package func count(of event: Event) -> UInt64 { counts[Int(event.rawValue)] }

  /// Counts an event.
  mutating func count(_ event: Event) { counts[Int(event.rawValue)] += 1 }

  /// Whether one more line about an event is wanted that somebody at an address has brought about.
  mutating func allows(_ event: Event, of peer: Peer) -> Bool { limit.allows(event, of: peer) }

  /// Whether lines of this kind are wanted.
  package func wants(_ level: LogLevel) -> Bool { levels & level.rawValue != 0 }

  /// Keeps a line; one that does not fit before the next write-out is left out and counted.
  package mutating func append(_ line: borrowing Line, _ level: LogLevel) {
    guard lines.capacity - lines.count > line.count + 1 else {
      return limit.leaveOut()
    }
    let span = line.span
    _ = lines.append(level.number | (isOfLogTopic ? Log.topicMark : 0))
    for index in span.indices { _ = lines.append(span[index]) }
    _ = lines.append(UInt8(ascii: "\n"))
  }

  /// Begins a new second, in which there may again be as many lines.
  mutating func advance(to now: Instant) {
    guard now.milliseconds / 1000 != second else { return }
    second = now.milliseconds / 1000
    var line = Line()
    describeLeftOut(in: &line)
    limit.beginSecond()
    if line.count > 0 { append(line, .warning) }
  }

  private func describeLeftOut(in line: inout Line) {
    guard limit.leftOut > 0 else { return }
    line.append(limit.leftOut)
    line.append(" more log lines were left out")
    if let (peer, count) = limit.noisiest, peer.kind != .none {
      line.append(", ")
      line.append(count)
      line.append(" of them from ")
      line.append(addressOf: peer)
    }
    line.append(".")
  }

  package var isEmpty: Bool { lines.count == 0 }

  /// How many bytes are kept: where the next line will begin.
  var end: Int { lines.count }

  /// Reads the line that begins at `position`, which moves on to the next; its kind, and nil for
  /// one that tells of messages which carry lines.
  mutating func next(from position: inout Int, into line: inout Line) -> LogLevel? {
    let first = lines[position]
    position += 1
    while lines[position] != UInt8(ascii: "\n") {
      line.append(byte: lines[position])
      position += 1
    }
    position += 1
    return first & Log.topicMark == 0 ? LogLevel(number: first) : nil
  }

  /// Calls `body` with each line that was kept and its kind, and forgets them.
  package mutating func drain(_ body: (borrowing Line, LogLevel) -> Void) {
    var position = 0
    while position < lines.count {
      var line = Line()
      let level = LogLevel(number: lines[position] & ~Log.topicMark)
      _ = next(from: &position, into: &line)
      body(line, level)
    }
    lines.removeAll()
  }

  private static var topicMark: UInt8 { 0x80 }
}
