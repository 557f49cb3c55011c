import Access
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
}

/// What the Server wants of its operator's side: requests come in, log lines go out.
package protocol Console: ~Copyable {
  /// The next thing asked for; nil when there is none.
  mutating func nextRequest() -> Request?
  /// Reads the configuration again, and what it names into the spare set of `access`; nil, and why
  /// is told, when they are not wholly valid.
  mutating func reload(into access: inout Access) -> Reloaded?
  /// Writes one line of the log.
  mutating func write(_ line: borrowing Line)
}
