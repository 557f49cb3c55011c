import Memory

/// Addresses that wrong passwords have come from, and how long the next login from each has to wait.
///
/// The first three mistakes cost nothing; each more doubles the wait. An address is forgiven when no
/// wrong password has come from it for a minute. Full: the one that has been quiet longest is
/// forgotten; where that one was not forgiven yet, mistakes come from more addresses than can be
/// known, and it counts against all that are not.
package struct FailedLogins: ~Copyable {
  private struct Entry: BitwiseCopyable {
    var address: UInt64 = 0
    var count: UInt32 = 0
    var last = Instant(milliseconds: 0)

    /// Whether nothing counts any more.
    func isForgiven(at now: Instant) -> Bool { now.seconds(since: last) >= FailedLogins.memory }

    /// One mistake more.
    func counted(at now: Instant) -> Entry {
      let before = isForgiven(at: now) ? 0 : count
      return Entry(address: address, count: min(before + 1, 1 << 16), last: now)
    }
  }

  private let anchor = Anchor()
  private var entries: SlotTable<Entry>
  private var index: HashIndex
  /// The one in front has been quiet longest.
  private var order: SlotQueue
  private let hash: SeededHash
  /// What counts against all that are not known.
  private var crowd = Entry()

  package init(count: Int, hash: SeededHash, in region: inout Region) {
    entries = SlotTable("failed logins", count: count, in: &region)
    index = HashIndex(capacity: count, in: &region)
    order = SlotQueue("failed logins in order", capacity: count, in: &region)
    self.hash = hash
  }

  /// Seconds after which an address is forgiven.
  private static var memory: UInt64 { 60 }
  private static var freeMistakes: UInt32 { 3 }
  /// Milliseconds after the first mistake that costs something.
  private static var shortest: UInt64 { 250 }

  /// Counts a wrong password. Address zero stands for none, and is not counted.
  package mutating func record(_ address: UInt64, at now: Instant) {
    guard address != 0 else { return }
    let place = find(address) ?? add(address, at: now)
    entries[place] = entries[place].counted(at: now)
    order.remove(place)
    order.append(place)
  }

  /// From when on the next login from an address may go on: now, for most.
  ///
  /// - Parameter most: milliseconds that it has to wait at most.
  /// - Parameter isKnown: whether the Client has a session here.
  package func nextLogin(
    from address: UInt64, isKnown: Bool = true, at now: Instant, most: UInt64
  ) -> Instant {
    guard address != 0 else { return now }
    if let place = find(address) { return due(entries[place], at: now, most: most) }
    return isKnown ? now : due(crowd, at: now, most: min(most, FailedLogins.shortest))
  }

  private func due(_ entry: Entry, at now: Instant, most: UInt64) -> Instant {
    if entry.isForgiven(at: now) || entry.count < FailedLogins.freeMistakes { return now }
    let doublings = UInt64(min(entry.count - FailedLogins.freeMistakes, 16))
    return max(now, entry.last.adding(milliseconds: min(most, FailedLogins.shortest << doublings)))
  }

  private func find(_ address: UInt64) -> Int? {
    var slot = index.first(hash(address))
    while let candidate = slot {
      if entries[candidate].address == address { return candidate }
      slot = index.next(candidate)
    }
    return nil
  }

  private mutating func add(_ address: UInt64, at now: Instant) -> Int {
    var place = order.count
    if place == entries.count, let quietest = order.removeFirst() {
      if !entries[quietest].isForgiven(at: now) { crowd = crowd.counted(at: now) }
      index.remove(quietest, hash: hash(entries[quietest].address))
      place = quietest
    }
    entries[place] = Entry(address: address)
    index.insert(place, hash: hash(address))
    return place
  }
}
