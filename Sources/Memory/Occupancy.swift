/// How full something bounded is, has been, and how often it had to refuse.
package struct Occupancy: BitwiseCopyable {
  /// Slots in use now.
  package private(set) var used = 0
  /// The most that were ever in use at once.
  package private(set) var peak = 0
  /// How often a claim found nothing free.
  package private(set) var refused: UInt64 = 0
  /// How often slots were given back.
  package private(set) var releases: UInt64 = 0
  /// How many there are.
  package let capacity: Int

  package init(capacity: Int) {
    self.capacity = capacity
  }

  /// What somebody else has counted.
  package init(used: Int, peak: Int, refused: UInt64, capacity: Int) {
    self.used = used
    self.peak = peak
    self.refused = refused
    self.capacity = capacity
  }

  /// Slots that are free now.
  package var free: Int { capacity - used }

  /// Counts slots that are taken.
  package mutating func claim(_ count: Int = 1) {
    used += count
    if used > peak { peak = used }
  }

  /// Counts slots that are given back.
  package mutating func release(_ count: Int = 1) {
    used -= count
    releases &+= 1
  }

  /// Counts a claim that was turned away, here or by a rule of the owner.
  package mutating func refuse() {
    refused += 1
  }
}
