import Support
import Testing

@testable import Memory

@Test(arguments: [1, 2, 5])
func aRingAnswersAsAQueueDoes(capacity: Int) {
  var ring: Ring<Int> = carved { Ring("test", capacity: capacity, in: &$0) }
  var model: [Int] = []
  var random = Random(seed: UInt64(capacity))
  for step in 0..<1000 {
    if random.oneIn(2) {
      let isAppended = ring.append(step)
      #expect(isAppended == (model.count < capacity))
      if isAppended { model.append(step) }
    } else {
      let first = ring.removeFirst()
      #expect(first == model.first)
      model = Array(model.dropFirst())
    }
    let (count, isEmpty) = (ring.count, ring.isEmpty)
    #expect(count == model.count && isEmpty == model.isEmpty)
  }
}

/// In the soak, queues of Network Connections walked through all of their pages.
@Test func aRingTouchesNoMoreThanItHeld() {
  let capacity = 100
  let base = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
  unsafe base.initialize(repeating: 0, count: capacity)
  defer { unsafe base.deallocate() }
  var region = unsafe Region(base, byteCount: capacity * MemoryLayout<UInt32>.stride)
  var ring = Ring<UInt32>("test", capacity: capacity, in: &region)
  for element in 1...1000 as ClosedRange<UInt32> {
    for place in 0..<3 as Range<UInt32> {
      let isAppended = ring.append(element + place)
      #expect(isAppended)
    }
    for place in 0..<3 as Range<UInt32> {
      let first = ring.removeFirst()
      #expect(first == element + place)
    }
  }
  let touched = unsafe (0..<capacity).filter { unsafe base[$0] != 0 }
  #expect(touched == [0, 1, 2])
}

@Test(arguments: [1, 4])
func aListAnswersAsAnArrayDoes(capacity: Int) {
  var list: FixedList<Int> = carved { FixedList("test", capacity: capacity, in: &$0) }
  var model: [Int] = []
  var random = Random(seed: UInt64(capacity))
  for step in 0..<1000 {
    switch random.below(5) {
    case 0, 1, 2:
      let isAppended = list.append(step)
      #expect(isAppended == (model.count < capacity))
      if isAppended { model.append(step) }
    case 3 where !model.isEmpty:
      let last = list.removeLast()
      #expect(last == model.removeLast())
    case 4 where random.oneIn(5):
      list.removeAll()
      model = []
    default:
      guard !model.isEmpty else { break }
      list[model.count - 1] += 1
      model[model.count - 1] += 1
    }
    let isFull = list.isFull
    let elements = (0..<list.count).map { list[$0] }
    #expect(elements == model && isFull == (model.count == capacity))
  }
}

@Test func aListHasNothingBehindItsLastElement() async {
  await #expect(processExitsWith: .failure) {
    var list: FixedList<Int> = carved { FixedList("test", capacity: 4, in: &$0) }
    _ = list.append(1)
    print(list[1])
  }
}

@Test func aSlotTableBeginsWithZerosAndHasAnEnd() async {
  var table: SlotTable<UInt32> = carved { SlotTable("test", count: 3, in: &$0) }
  let before = (0..<3).map { table[$0] }
  table[1] = 7
  let after = (0..<3).map { table[$0] }
  #expect(before == [0, 0, 0] && after == [0, 7, 0])
  await #expect(processExitsWith: .failure) {
    let table: SlotTable<UInt32> = carved { SlotTable("test", count: 3, in: &$0) }
    print(table[3])
  }
}

/// Carves an index, which belongs to a pool that was begun before it.
private func index(_ capacity: Int) -> HashIndex {
  carved { region in
    region.begin("test", count: capacity)
    return HashIndex(capacity: capacity, in: &region)
  }
}

@Test(arguments: [1, 2, 3, 8, 33])
func anIndexFindsAllThatWasInsertedAndNothingElse(capacity: Int) {
  var index = index(capacity)
  var random = Random(seed: UInt64(capacity))
  var model: [Int: UInt32] = [:]
  for _ in 0..<2000 {
    let slot = random.below(capacity)
    if let hash = model[slot] {
      index.remove(slot, hash: hash)
      model[slot] = nil
    } else {
      // Few hashes, so that most of them collide.
      let hash = UInt32(random.below(4)) * 0x1000_0001
      index.insert(slot, hash: hash)
      model[slot] = hash
    }
    for hash in [0, 0x1000_0001, 0x2000_0002, 0x3000_0003] as [UInt32] {
      let found = slots(of: hash, in: index)
      let expected = Set(model.filter { $0.value == hash }.keys)
      #expect(expected.isSubset(of: found) && found.isSubset(of: Set(model.keys)))
    }
  }
}

private func slots(of hash: UInt32, in index: borrowing HashIndex) -> Set<Int> {
  var found: Set<Int> = []
  var slot = index.first(hash)
  while let candidate = slot {
    found.insert(candidate)
    slot = index.next(candidate)
  }
  return found
}

@Test func whatIsNotInTheIndexIsNotRemoved() async {
  await #expect(processExitsWith: .failure) {
    var index: HashIndex = carved { region in
      region.begin("test", count: 4)
      return HashIndex(capacity: 4, in: &region)
    }
    index.insert(1, hash: 0)
    index.remove(2, hash: 0)
  }
}

@Test(arguments: [1, 2, 3, 10, 40])
func deadlinesComeInTheOrderOfASortedArray(capacity: Int) {
  var deadlines: Deadlines = carved { Deadlines("test", capacity: capacity, in: &$0) }
  var random = Random(seed: UInt64(capacity))
  var model: [Int: UInt64] = [:]
  var now: UInt64 = 0
  for _ in 0..<3000 {
    let slot = random.below(capacity)
    switch random.below(4) {
    case 0, 1:
      let due = now + UInt64(random.below(20))
      deadlines.set(slot, to: Instant(milliseconds: due))
      model[slot] = due
    case 2:
      deadlines.cancel(slot)
      model[slot] = nil
    default:
      now += UInt64(random.below(8))
      popAll(&deadlines, &model, now)
    }
    let next = deadlines.next
    #expect(next == model.values.min().map { Instant(milliseconds: $0) } ?? .never)
    let (count, isSet) = (deadlines.count, deadlines.isSet(slot))
    #expect(count == model.count && isSet == (model[slot] != nil))
  }
}

private func popAll(_ deadlines: inout Deadlines, _ model: inout [Int: UInt64], _ now: UInt64) {
  while let slot = deadlines.popDue(at: Instant(milliseconds: now)) {
    // Of two that are due at once either may be first.
    let due = model.removeValue(forKey: slot) ?? UInt64.max
    #expect(due <= now && model.values.allSatisfy { $0 >= due })
  }
  #expect(model.values.allSatisfy { $0 > now })
}

@Test func theEarliestDeadlineThereIsIsDueAtOnceAndNeverIsNot() {
  var deadlines: Deadlines = carved { Deadlines("test", capacity: 2, in: &$0) }
  deadlines.set(1, to: Instant(milliseconds: 0))
  let first = deadlines.popDue(at: Instant(milliseconds: 0))
  deadlines.set(1, to: .never)
  let second = deadlines.popDue(at: Instant(milliseconds: UInt64.max - 1))
  #expect(first == 1 && second == nil)
}

@Test func aBufferLendsWhatItWasGiven() async {
  var buffer: Buffer = carved { Buffer("test", capacity: 8, in: &$0) }
  let copy = String(copying: buffer.fill("abcdef".bytes.span))
  var middle = buffer.mutableBytes(2..<4)
  middle[0] = UInt8(ascii: "X")
  let changed = String(copying: buffer.bytes(1..<5))
  #expect(copy == "abcdef" && changed == "bXde")
  await #expect(processExitsWith: .failure) {
    let buffer: Buffer = carved { Buffer("test", capacity: 8, in: &$0) }
    print(buffer.bytes(4..<9).count)
  }
}
