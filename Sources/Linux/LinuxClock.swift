import CLinux
import Memory
import Server

/// The boot-time clock of the machine.
package struct LinuxClock: Clock, BitwiseCopyable {
  package init() {}

  package mutating func now() -> Instant {
    Instant(milliseconds: UInt64(linux_boottime_milliseconds()))
  }

  package mutating func microseconds() -> UInt64 { UInt64(linux_boottime_microseconds()) }
}
