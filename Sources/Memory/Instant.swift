/// A moment on the boot-time clock, which never jumps and counts while the machine sleeps.
package struct Instant: BitwiseCopyable, Comparable {
  /// Milliseconds since some fixed moment in the past.
  package let milliseconds: UInt64

  package init(milliseconds: UInt64) {
    self.milliseconds = milliseconds
  }

  /// A moment that never comes.
  package static var never: Instant { Instant(milliseconds: UInt64.max) }

  package static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }

  package static func == (left: Instant, right: Instant) -> Bool {
    left.milliseconds == right.milliseconds
  }

  /// This moment and so many seconds.
  package func adding(seconds: UInt64) -> Instant {
    let (span, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    return overflow ? .never : adding(milliseconds: span)
  }

  /// This moment and so many milliseconds; `never` stays `never`.
  package func adding(milliseconds span: UInt64) -> Instant {
    let (sum, overflow) = milliseconds.addingReportingOverflow(span)
    return overflow ? .never : Instant(milliseconds: sum)
  }

  /// Seconds since an earlier moment, and a second for what is more than whole ones; zero when it is
  /// not earlier.
  package func secondsBegun(since earlier: Instant) -> UInt64 {
    guard milliseconds > earlier.milliseconds else { return 0 }
    return (milliseconds - earlier.milliseconds - 1) / 1000 + 1
  }

  /// Whole seconds since an earlier moment; zero when it is not earlier.
  package func seconds(since earlier: Instant) -> UInt64 {
    milliseconds > earlier.milliseconds ? (milliseconds - earlier.milliseconds) / 1000 : 0
  }
}
