import Memory

/// Addresses that wrong passwords have come from, and how long the next login from each has to wait.
///
/// The first three mistakes cost nothing; each more doubles the wait. An address is forgiven when no
/// wrong password has come from it for a minute. Full: the one that has been quiet longest is
/// forgotten.
package struct FailedLogins: ~Copyable {
  private struct Entry: BitwiseCopyable {
    var address: UInt64 = 0
    var count: UInt32 = 0
    var last = Instant(milliseconds: 0)
  }

  private var entries: SlotTable<Entry>

  package init(count: Int, in region: inout Region) {
    entries = SlotTable("failed logins", count: count, in: &region)
  }

  /// Seconds after which an address is forgiven.
  private static var memory: UInt64 { 60 }
  private static var freeMistakes: UInt32 { 3 }

  /// Counts a wrong password. Address zero stands for none, and is not counted.
  package mutating func record(_ address: UInt64, at now: Instant) {
    guard address != 0 else { return }
    var chosen = 0
    for place in 0..<entries.count {
      if entries[place].address == address {
        chosen = place
        break
      }
      if entries[place].last < entries[chosen].last { chosen = place }
    }
    if entries[chosen].address != address || isForgiven(entries[chosen], at: now) {
      entries[chosen] = Entry(address: address)
    }
    entries[chosen].count += 1
    entries[chosen].last = now
  }

  /// From when on the next login from an address may go on: now, for most.
  ///
  /// - Parameter most: milliseconds that it has to wait at most.
  package func nextLogin(from address: UInt64, at now: Instant, most: UInt64) -> Instant {
    guard address != 0 else { return now }
    for place in 0..<entries.count where entries[place].address == address {
      let entry = entries[place]
      if isForgiven(entry, at: now) || entry.count < FailedLogins.freeMistakes { return now }
      let doublings = UInt64(min(entry.count - FailedLogins.freeMistakes, 16))
      return max(now, entry.last.adding(milliseconds: min(most, 250 << doublings)))
    }
    return now
  }

  private func isForgiven(_ entry: Entry, at now: Instant) -> Bool {
    now.seconds(since: entry.last) >= FailedLogins.memory
  }
}
