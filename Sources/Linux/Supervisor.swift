import CLinux
import Memory

/// Whoever started the program and wants to know how it is: systemd, or another by its protocol.
package struct Supervisor: BitwiseCopyable {
  private var socket: Int32 = -1
  /// Milliseconds between two signs of life; 0 when none is wanted.
  private var interval: UInt64 = 0
  /// When the next one is due.
  private(set) var nextBeat = Instant.never

  package init() {}

  /// Looks in the environment whether there is one.
  package mutating func find() {
    socket = linux_notify_open()
    guard socket >= 0 else { return }
    // Half the time that is allowed: one late turn does no harm.
    interval = linux_watchdog_microseconds() / 2000
  }

  /// Everything is open: clients may come.
  package mutating func tellReady(at now: Instant) {
    tell("READY=1\nSTATUS=Running\n")
    if socket >= 0 && interval > 0 { nextBeat = now }
  }

  func tellReloading() {
    guard socket >= 0 else { return }
    var line = Line()
    line.append("RELOADING=1\nMONOTONIC_USEC=")
    line.append(UInt64(max(0, linux_monotonic_microseconds())))
    line.append("\n")
    tell(line.span)
  }

  func tellReloaded(_ isValid: Bool) {
    tell(
      isValid
        ? "READY=1\nSTATUS=Running\n"
        : "READY=1\nSTATUS=Running with the old configuration: the new one is not valid\n")
  }

  /// Nothing more is taken.
  package func tellStopping() { tell("STOPPING=1\nSTATUS=Stopping\n") }

  /// Tells that the program turns, when that is due.
  mutating func beat(at now: Instant) {
    guard now >= nextBeat && nextBeat != .never else { return }
    tell("WATCHDOG=1\n")
    nextBeat = now.adding(milliseconds: interval)
  }

  private func tell(_ words: StaticString) {
    guard socket >= 0 else { return }
    unsafe _ = linux_notify(socket, words.utf8Start, UInt64(words.utf8CodeUnitCount))
  }

  private func tell(_ bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      _ = unsafe linux_notify(socket, base, UInt64(buffer.count))
    }
  }
}
