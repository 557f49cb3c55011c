import Memory

/// Decisions that were made, so that the same one costs a look into a table and not a walk through
/// all rules: a message to a topic, again and again, from and to the same Clients.
///
/// A decision is known by 63 bits of a seeded hash of who, what and when. There are four places for
/// each, side by side; the newest takes the first of them and pushes the oldest out.
package struct Decisions: ~Copyable {
  private var entries: SlotTable<UInt64>
  private let hash: SeededHash
  /// How often a decision was asked for, and how often it was not there.
  package private(set) var asked: UInt64 = 0
  package private(set) var missed: UInt64 = 0

  init(count: Int, hash: SeededHash, in region: inout Region) {
    entries = SlotTable("access decisions", count: (count + 3) & ~3, in: &region)
    self.hash = hash
  }

  /// What a decision is known by.
  package func key(
    _ right: Right, topic: UInt64, client: UInt64, generation: UInt32
  ) -> UInt64 {
    let occasion = UInt64(generation) << 8 | UInt64(right.rawValue)
    // Never zero, as an empty place is; the lowest bit is for the decision.
    return (hash.wide(hash.wide(client, occasion), topic) | 2) & ~1
  }

  /// What was decided; nil when that is not known any more.
  package mutating func decision(_ key: UInt64) -> Bool? {
    asked &+= 1
    let place = place(of: key)
    for index in place..<place + 4 where entries[index] & ~1 == key {
      return entries[index] & 1 == 1
    }
    missed &+= 1
    return nil
  }

  /// Remembers what was decided.
  package mutating func remember(_ key: UInt64, _ isAllowed: Bool) {
    let place = place(of: key)
    var last = place
    while last < place + 3 && entries[last] & ~1 != key { last += 1 }
    while last > place {
      entries[last] = entries[last - 1]
      last -= 1
    }
    entries[place] = key | (isAllowed ? 1 : 0)
  }

  /// The first of the four places of a decision.
  private func place(of key: UInt64) -> Int {
    Int((key >> 32 &* UInt64(entries.count / 4)) >> 32) * 4
  }
}
