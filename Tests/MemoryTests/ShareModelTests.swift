import Support
import Testing

@testable import Memory

private let shares = [
  Share(capacity: 64, owners: 8, need: 2), Share(capacity: 100, owners: 1000, need: 3),
  Share(capacity: 7, owners: 3, need: 1), Share(capacity: 3, owners: 3, need: 2),
  Share(capacity: 48, freely: 40, kept: 8, part: 2),
  Share(capacity: 30, freely: 0, kept: 10, part: 4),
  Share(capacity: 20, freely: 10, kept: 0, part: 1),
  Share(capacity: 60, freely: 45, owners: 12, need: 4), .byAddress(40), .byAddress(5),
]

/// What the drawing says, one by one.
private func mayClaim(_ wanted: Int, of share: Share, holding held: Int, free: Int) -> Bool {
  guard wanted <= free else { return false }
  let used = share.capacity - free
  let isFreely = used + wanted <= share.freely
  let isWithinOpen = held + wanted <= free - wanted - share.kept
  let isLittle = held + wanted <= share.part
  return isFreely || isWithinOpen || isLittle
}

@Suite struct ShareModelTests {
  @Test("A claim is allowed where the rule says so, whatever is held and free", arguments: shares)
  func rule(share: Share) {
    for free in 0...share.capacity {
      for held in 0...share.capacity - free {
        let room = share.room(holding: held, free: free)
        #expect(room >= 0 && room <= free)
        for wanted in 1...share.capacity {
          let isAllowed = share.allows(wanted, holding: held, free: free)
          #expect(isAllowed == mayClaim(wanted, of: share, holding: held, free: free))
          #expect(isAllowed == (wanted <= room), "\(wanted) holding \(held), \(free) free")
        }
      }
    }
  }

  @Test("Whatever a few do, a newcomer finds his part", arguments: shares, 0..<5)
  func newcomer(share: Share, seed: Int) {
    var random = Random(seed: UInt64(seed))
    for few in 1...4 {
      var held = [Int](repeating: 0, count: few)
      for _ in 0..<2000 {
        let owner = random.below(few)
        let free = share.capacity - held.reduce(0, +)
        let wanted = random.oneIn(3) ? 1 + random.below(share.capacity) : 1
        if random.oneIn(4) {
          held[owner] -= random.below(held[owner] + 1)
        } else if share.allows(wanted, holding: held[owner], free: free) {
          held[owner] += wanted
        }
        let left = share.capacity - held.reduce(0, +)
        // The others may have had the part of each of them from what is kept.
        let sure = max(0, min(share.part, share.kept - few * share.part))
        #expect(share.room(holding: 0, free: left) >= sure && left >= sure)
      }
    }
  }

  @Test("Who is greedy leaves others as much as he has, and what is kept", arguments: shares)
  func greedy(share: Share) {
    var held = 0
    while share.allows(1, holding: held, free: share.capacity - held) { held += 1 }
    let free = share.capacity - held
    #expect(held == max(share.freely, share.part) || free - share.kept >= held)
    // What he may have at once is no more than one by one.
    #expect(share.room(holding: 0, free: share.capacity) <= held)
  }

  @Test(
    "Half is for anybody, a quarter is kept, and a part is no more than that", arguments: 0..<200)
  func plain(capacity: Int) {
    for (owners, need) in [(1, 1), (10, 4), (1000, 4), (0, 100)] {
      let share = Share(capacity: capacity, owners: owners, need: need)
      #expect(share.capacity == capacity && share.freely == capacity / 2)
      #expect(share.kept == capacity / 4 && share.part >= 1)
      #expect(share.part <= max(1, share.kept))
      #expect(share.part >= min(need, max(1, share.kept)))
    }
  }
}
