import Access
import Broker
import Memory

/// What the Server wants of a clock: one that counts while the machine sleeps and never jumps.
package protocol Clock: ~Copyable {
  mutating func now() -> Instant
  /// Microseconds on the same clock, to measure turns with.
  mutating func microseconds() -> UInt64
}

/// What somebody outside asks of the program, by a signal.
package enum Request: BitwiseCopyable {
  case stop, reload, report
  /// To save what is held in memory.
  case save
  /// To open the log again: somebody has moved its file away.
  case reopenLog
}

/// What the Server wants of its operator's side: requests come in, log lines go out.
package protocol Console: ~Copyable {
  /// What a configuration says to the network alone.
  associatedtype NetworkSettings: BitwiseCopyable = NoSettings
  /// The next thing asked for; nil when there is none.
  mutating func nextRequest() -> Request?
  /// Reads the configuration again, and what it names into the spare set of `access`; nil, and why
  /// is told, when they are not wholly valid.
  mutating func reload(into access: inout Access) -> Reloaded?
  /// What the configuration that holds says to the network.
  var networkSettings: NetworkSettings { get }
  /// Writes one line of the log.
  mutating func write(_ line: borrowing Line, _ level: LogLevel)
  /// Closes the log and opens it again.
  mutating func reopenLog()
  /// Appends the time as it stands in front of log lines.
  func appendTime(to line: inout Line)
  /// Tells whoever supervises the program that it turns, when that is due.
  mutating func beat(at now: Instant)
  /// When `beat` is due again.
  var nextBeat: Instant { get }
}

/// Says nothing: for a network that has nothing to be told.
package struct NoSettings: BitwiseCopyable {
  package init() {}
}

extension Console where Self: ~Copyable, NetworkSettings == NoSettings {
  package var networkSettings: NoSettings { NoSettings() }
}

extension Console where Self: ~Copyable {
  package mutating func reopenLog() {}
  package func appendTime(to line: inout Line) {}
  // Nobody supervises it.
  package mutating func beat(at now: Instant) {}
  package var nextBeat: Instant { .never }
}
