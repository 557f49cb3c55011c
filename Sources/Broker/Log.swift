import Memory

/// Counts what happens and gathers the lines that tell of it, until the Server writes them out.
///
/// Of each event at most ten lines a second are kept; how many were left out is told later.
package struct Log: ~Copyable {
  package private(set) var counts = InlineArray<64, UInt64>(repeating: 0)
  private var linesThisSecond = InlineArray<64, UInt8>(repeating: 0)
  private var leftOut: UInt64 = 0
  private var second: UInt64 = 0
  private var lines: FixedList<UInt8>
  /// The sum of the bits of the `LogLevel`s that are kept.
  package var levels: UInt16 = 0

  package init(byteCount: Int, in region: inout Region) {
    lines = FixedList("log lines", capacity: byteCount, in: &region)
  }

  /// How often an event happened.
  package func count(of event: Event) -> UInt64 { counts[Int(event.rawValue)] }

  /// Counts an event; true when a line about it is wanted.
  mutating func counts(_ event: Event) -> Bool {
    counts[Int(event.rawValue)] += 1
    guard levels & event.level.rawValue != 0 else { return false }
    guard linesThisSecond[Int(event.rawValue)] < 10 else {
      leftOut += 1
      return false
    }
    linesThisSecond[Int(event.rawValue)] += 1
    return true
  }

  /// Whether lines of this kind are wanted.
  package func wants(_ level: LogLevel) -> Bool { levels & level.rawValue != 0 }

  /// Keeps a line; one that does not fit before the next write-out is left out and counted.
  package mutating func append(_ line: borrowing Line) {
    guard lines.capacity - lines.count > line.count else {
      leftOut += 1
      return
    }
    let span = line.span
    for index in span.indices { _ = lines.append(span[index]) }
    _ = lines.append(UInt8(ascii: "\n"))
  }

  /// Begins a new second, in which each event may again be told ten times.
  mutating func advance(to now: Instant) {
    guard now.milliseconds / 1000 != second else { return }
    second = now.milliseconds / 1000
    linesThisSecond = InlineArray(repeating: 0)
    guard leftOut > 0 else { return }
    var line = Line()
    line.append(leftOut)
    line.append(" more log lines were left out.")
    leftOut = 0
    append(line)
  }

  package var isEmpty: Bool { lines.count == 0 }

  /// Calls `body` with each line that was kept, and forgets them.
  package mutating func drain(_ body: (borrowing Line) -> Void) {
    var line = Line()
    for index in 0..<lines.count {
      guard lines[index] == UInt8(ascii: "\n") else {
        line.append(byte: lines[index])
        continue
      }
      body(line)
      line.removeAll()
    }
    lines.removeAll()
  }
}
