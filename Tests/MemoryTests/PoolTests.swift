import Support
import Testing

@testable import Memory

private func pool(_ capacity: Int) -> Pool<UInt64> {
  carved { Pool("test", capacity: capacity, in: &$0) }
}

private func claim(_ element: UInt64, in pool: inout Pool<UInt64>) -> Handle<UInt64> {
  guard let handle = pool.claim(element) else { preconditionFailure("the pool is full") }
  return handle
}

@Test(arguments: [1, 2, 3, 7, 64])
func aPoolAnswersAsADictionaryDoes(capacity: Int) {
  var random = Random(seed: UInt64(capacity))
  var pool = pool(capacity)
  var model: [UInt32: UInt64] = [:]
  var gone: [Handle<UInt64>] = []
  var refused: UInt64 = 0
  var peak = 0
  for step in 0..<4000 {
    if random.oneIn(2) {
      let handle = pool.claim(UInt64(step))
      #expect((handle == nil) == (model.count == capacity))
      if let handle { model[handle.raw] = UInt64(step) } else { refused += 1 }
    } else if let raw = model.keys.sorted().randomElement(using: &random) {
      let handle = unsafe unsafeBitCast(raw, to: Handle<UInt64>.self)
      pool.release(handle)
      model[raw] = nil
      gone.append(handle)
    }
    peak = max(peak, model.count)
    let occupancy = pool.occupancy
    #expect(occupancy.used == model.count && occupancy.free == capacity - model.count)
    #expect(occupancy.peak == peak && occupancy.refused == refused)
    let isSame = agrees(pool, with: model, gone: gone.suffix(3))
    #expect(isSame)
  }
}

private func agrees(
  _ pool: borrowing Pool<UInt64>, with model: [UInt32: UInt64], gone: ArraySlice<Handle<UInt64>>
) -> Bool {
  var found: [UInt32: UInt64] = [:]
  for index in 0..<pool.capacity + 1 {
    guard let handle = pool.handle(at: index) else { continue }
    guard pool.contains(handle), handle.index == index, index < pool.endIndex else { return false }
    found[handle.raw] = pool[handle]
  }
  return found == model && gone.allSatisfy { !pool.contains($0) || model[$0.raw] != nil }
}

@Test func theSlotReleasedLastIsClaimedFirst() {
  var pool = pool(4)
  let handles = (0..<4).compactMap { pool.claim(UInt64($0)) }
  for index in [1, 3, 0] { pool.release(handles[index]) }
  let order = (0..<3).compactMap { pool.claim(UInt64($0))?.index }
  #expect(order == [0, 3, 1])
}

@Test func aSlotNeverClaimedIsNotTouched() {
  var pool = pool(8)
  for _ in 0..<20 {
    guard let handle = pool.claim(1) else { continue }
    pool.release(handle)
  }
  let end = pool.endIndex
  #expect(end == 1)
}

@Test func aRefusalByTheOwnersOwnRuleIsCounted() {
  var pool = pool(1)
  pool.refuse()
  let refused = pool.occupancy.refused
  #expect(refused == 1)
}

@Test func anElementIsChangedInPlace() {
  var pool = pool(2)
  let handle = claim(1, in: &pool)
  pool[handle] += 41
  let element = pool[handle]
  #expect(element == 42)
}

@Test func thePoolHoldsNeitherTheNullHandleNorOneOfAnotherGeneration() {
  var pool = pool(2)
  let holdsNull = pool.contains(.null)
  let first = claim(1, in: &pool)
  pool.release(first)
  let second = claim(2, in: &pool)
  let (holdsFirst, holdsSecond) = (pool.contains(first), pool.contains(second))
  #expect(!holdsNull && !holdsFirst && holdsSecond && first.index == second.index)
}

@Test func aSlotIsGoodForMoreRoundsThanThereAreGenerations() {
  var pool = pool(1)
  for round in 0..<1000 {
    let handle = claim(UInt64(round), in: &pool)
    let element = pool[handle]
    #expect(element == UInt64(round))
    pool.release(handle)
    let isHeld = pool.contains(handle)
    #expect(!isHeld)
  }
}

@Test func aStaleHandleTraps() async {
  await #expect(processExitsWith: .failure) {
    var pool: Pool<UInt64> = carved { Pool("test", capacity: 2, in: &$0) }
    guard let handle = pool.claim(7) else { return }
    pool.release(handle)
    _ = pool.claim(8)
    print(pool[handle])
  }
}

@Test func aSlotIsNotReleasedTwice() async {
  await #expect(processExitsWith: .failure) {
    var pool: Pool<UInt64> = carved { Pool("test", capacity: 2, in: &$0) }
    guard let handle = pool.claim(7) else { return }
    pool.release(handle)
    pool.release(handle)
  }
}

@Test func theNullHandleTraps() async {
  await #expect(processExitsWith: .failure) {
    var pool: Pool<UInt64> = carved { Pool("test", capacity: 2, in: &$0) }
    _ = pool.claim(7)
    print(pool[.null])
  }
}
