import Support
import Testing

@testable import Memory

private let hash = SeededHash(seed: 1)

private func holdings(_ share: Share) -> Holdings {
  carved { region in Holdings("holdings", share: share, hash: hash, in: &region) }
}

private func fairQueue(_ capacity: Int) -> FairQueue {
  carved { region in FairQueue("queue", capacity: capacity, hash: hash, in: &region) }
}

@Suite struct ShareTests {
  @Test(
    "Whatever one address holds, eight more find room, and eight times so much together",
    arguments: [4, 5, 8, 16, 100, 256, 512, 1000, 12_000])
  func byAddress(capacity: Int) {
    let share = Share.byAddress(capacity)
    var held = holdings(share)
    while held.claim(by: 1) == .granted {}
    let kept = min(64, capacity / 4)
    #expect(held.occupancy.used == capacity - kept && held.occupancy.refused == 1)
    for owner in 2..<UInt64(2 + min(8, kept)) {
      var count = 0
      while held.claim(by: owner) == .granted { count += 1 }
      #expect(count == max(1, kept / 8))
    }
    #expect(held.claim(possibleBy: 1) != .granted)
  }

  @Test("A table of less than four is not shared", arguments: 0..<4)
  func tiny(capacity: Int) {
    var held = holdings(.byAddress(capacity))
    for _ in 0..<capacity {
      let claim = held.claim(by: 1)
      #expect(claim == .granted)
    }
    let claim = held.claim(by: 2)
    #expect(claim == .tableIsFull)
  }

  @Test("Who is nobody in particular has no share") func nobody() {
    var held = holdings(.byAddress(8))
    for _ in 0..<8 {
      let claim = held.claim(by: 0)
      #expect(claim == .granted)
    }
    let claim = held.claim(by: 0)
    #expect(claim == .tableIsFull)
    held.release(by: 0)
    #expect(held.occupancy.used == 7)
  }

  @Test("Holdings are what a dictionary says") func model() {
    let share = Share(capacity: 40, owners: 8, need: 2)
    var held = holdings(share)
    var model: [UInt64: Int] = [:]
    var random = Random(seed: 3)
    for step in 0..<20_000 {
      // Seasons of many and of few owners, of coming and of going.
      let owner = UInt64(random.below(step / 1000 % 2 == 0 ? 60 : 4)) << 32
      let used = model.values.reduce(0, +)
      if random.below(10) < (step / 500 % 2 == 0 ? 7 : 3) {
        let isOver =
          owner != 0 && !share.allows(1, holding: model[owner, default: 0], free: 40 - used)
        let claim = held.claim(by: owner)
        #expect(claim == (used == 40 ? .tableIsFull : isOver ? .shareIsSpent : .granted))
        if claim == .granted { model[owner, default: 0] += 1 }
      } else if let count = model[owner] {
        held.release(by: owner)
        model[owner] = count > 1 ? count - 1 : nil
      }
      #expect(held.occupancy.used == model.values.reduce(0, +))
    }
  }
}

@Suite struct FairQueueTests {
  @Test("Owners take turns, each in its own order") func turns() {
    var queue = fairQueue(10)
    for (slot, owner) in [7, 7, 7, 7, 3, 3, 9].enumerated() {
      queue.append(slot, of: UInt64(owner))
    }
    queue.append(0, of: 7)  // it stands there already
    var order: [Int] = []
    while let slot = queue.removeFirst() { order.append(slot) }
    #expect(order == [0, 4, 6, 1, 5, 2, 3])
    #expect(queue.isEmpty && queue.ownerCount == 0)
  }

  @Test("Who may not have one is passed over and keeps its turn") func passedOver() {
    var queue = fairQueue(10)
    for (slot, owner) in [7, 7, 3, 9].enumerated() { queue.append(slot, of: UInt64(owner)) }
    #expect(queue.removeFirst { $0 == 9 } == 3)
    #expect(queue.removeFirst { $0 != 7 } == 2)
    #expect(queue.removeFirst { $0 != 7 } == nil)
    #expect(queue.removeFirst() == 0 && queue.removeFirst() == 1)
  }

  @Test("It does what lists of an array do") func model() {
    var queue = fairQueue(50)
    var model: [(owner: UInt64, slots: [Int])] = []
    var random = Random(seed: 9)
    for step in 0..<30_000 {
      let slot = random.below(50)
      let isThere = model.contains { $0.slots.contains(slot) }
      #expect(queue.contains(slot) == isThere)
      switch random.below(step / 2000 % 2 == 0 ? 4 : 6) {
      case 0, 1:
        let owner = UInt64(random.below(step / 3000 % 2 == 0 ? 5 : 40))
        queue.append(slot, of: owner)
        guard !isThere else { break }
        if let place = model.firstIndex(where: { $0.owner == owner }) {
          model[place].slots.append(slot)
        } else {
          model.append((owner, [slot]))
        }
      case 2:
        queue.remove(slot)
        for place in model.indices { model[place].slots.removeAll { $0 == slot } }
        model.removeAll { $0.slots.isEmpty }
      default:
        let odd = UInt64(random.below(3))
        let place = model.firstIndex { $0.owner % 3 != odd }
        #expect(queue.removeFirst { $0 % 3 != odd } == place.map { model[$0].slots[0] })
        guard let place else { break }
        var turn = model.remove(at: place)
        turn.slots.removeFirst()
        if !turn.slots.isEmpty { model.append(turn) }
      }
      #expect(queue.count == model.reduce(0) { $0 + $1.slots.count })
      #expect(queue.ownerCount == model.count)
    }
  }
}
