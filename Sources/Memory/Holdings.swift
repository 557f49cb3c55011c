/// How much of a table is held, and by whom: what it takes to share it by address.
///
/// Owners are known by numbers; those of number zero are nobody in particular, and have no share.
package struct Holdings: ~Copyable {
  private struct Holding: BitwiseCopyable {
    let owner: UInt64
    var count: UInt32 = 0
  }

  private let anchor = Anchor()
  private let share: Share
  private let hash: SeededHash
  private var holdings: Pool<Holding>
  private var index: HashIndex
  package private(set) var occupancy: Occupancy

  package init(_ name: StaticString, share: Share, hash: SeededHash, in region: inout Region) {
    self.share = share
    self.hash = hash
    // Whoever is here holds something.
    holdings = Pool(name, capacity: share.capacity, in: &region)
    index = HashIndex(capacity: share.capacity, in: &region)
    occupancy = Occupancy(capacity: share.capacity)
  }

  /// Counts one more for an owner, or a refusal.
  package mutating func claim(by owner: UInt64) -> Claim {
    let claim = self.claim(possibleBy: owner)
    if claim == .granted { add(to: owner) } else { occupancy.refuse() }
    return claim
  }

  /// What a claim would come to now.
  package func claim(possibleBy owner: UInt64) -> Claim {
    guard occupancy.free > 0 else { return .tableIsFull }
    guard owner != 0 else { return .granted }
    let held = find(owner).map { Int(holdings[$0].count) } ?? 0
    return share.allows(1, holding: held, free: occupancy.free) ? .granted : .shareIsSpent
  }

  /// Counts one less for an owner.
  package mutating func release(by owner: UInt64) {
    occupancy.release()
    guard owner != 0 else { return }
    guard let holding = find(owner) else { preconditionFailure("it holds nothing") }
    holdings[holding].count -= 1
    guard holdings[holding].count == 0 else { return }
    index.remove(holding.index, hash: hash(owner))
    holdings.release(holding)
  }

  private mutating func add(to owner: UInt64) {
    occupancy.claim()
    guard owner != 0 else { return }
    let holding = find(owner) ?? begin(owner)
    holdings[holding].count += 1
  }

  private mutating func begin(_ owner: UInt64) -> Handle<Holding> {
    guard let holding = holdings.claim(Holding(owner: owner)) else {
      preconditionFailure("there are more owners than there is to hold")
    }
    index.insert(holding.index, hash: hash(owner))
    return holding
  }

  private func find(_ owner: UInt64) -> Handle<Holding>? {
    var slot = index.first(hash(owner))
    while let candidate = slot {
      if let holding = holdings.handle(at: candidate), holdings[holding].owner == owner {
        return holding
      }
      slot = index.next(candidate)
    }
    return nil
  }
}

/// What came of wanting some of a table that is shared.
package enum Claim: UInt8, BitwiseCopyable {
  case granted
  /// There is nothing for anybody.
  case tableIsFull
  /// There is something, for others: who wanted it has his share.
  case shareIsSpent
}

extension Share {
  /// A table that anybody may fill up to a last part, at most 64, that is kept for addresses which
  /// have hardly any of it: an eighth of that for each.
  ///
  /// Many Clients may well come from one address. A table of less than four is not shared.
  package static func byAddress(_ capacity: Int) -> Share {
    let kept = min(64, capacity / 4)
    return Share(
      capacity: capacity, freely: capacity - kept, kept: kept, part: max(1, kept / 8))
  }
}

extension SeededHash {
  /// The hash of a number of 64 bits.
  @inline(__always) package func callAsFunction(_ number: UInt64) -> UInt32 {
    self(UInt32(truncatingIfNeeded: number >> 32), UInt32(truncatingIfNeeded: number))
  }
}
