/// Slots that wait, by turns of those to whom they belong: whoever has a thousand of them there keeps
/// nobody waiting who has one.
///
///     turns:   owner 7 → owner 3 → owner 9
///                │         │         │
///              slot 4    slot 1    slot 8
///              slot 5
///              slot 2
///
/// It has links for every slot and cannot be full.
@safe package struct FairQueue: ~Copyable {
  private struct Member: BitwiseCopyable {
    /// One more than the place of its owner; zero for a slot that is not there.
    var owner: UInt32 = 0
    /// One more than the slots behind and before it; zero for none.
    var next: UInt32 = 0
    var previous: UInt32 = 0
  }

  private struct Owner: BitwiseCopyable {
    var number: UInt64 = 0
    /// One more than the slot that is its next, and its last.
    var first: UInt32 = 0
    var last: UInt32 = 0
    /// One more than the owners whose turns come after and before; of those that are free, the next.
    var next: UInt32 = 0
    var previous: UInt32 = 0
  }

  private let members: UnsafeMutablePointer<Member>
  private let owners: UnsafeMutablePointer<Owner>
  private var index: HashIndex
  private let hash: SeededHash
  private let capacity: Int
  /// One more than the owner whose turn it is, the one whose turn comes last, and the one released last.
  private var first: UInt32 = 0
  private var last: UInt32 = 0
  private var free: UInt32 = 0
  private var untouched: UInt32 = 0
  package private(set) var count = 0
  /// How many owners have slots there.
  package private(set) var ownerCount = 0

  package init(
    _ name: StaticString, capacity: Int, hash: SeededHash, in region: inout Region
  ) {
    region.begin(name, count: capacity)
    unsafe members = region.carve(capacity, of: Member.self)
    unsafe owners = region.carve(capacity, of: Owner.self)
    index = HashIndex(capacity: capacity, in: &region)
    self.hash = hash
    self.capacity = capacity
  }

  package var isEmpty: Bool { count == 0 }

  /// Whether the slot stands in the queue.
  package func contains(_ slot: Int) -> Bool {
    precondition(slot >= 0 && slot < capacity)
    return unsafe members[slot].owner != 0
  }

  /// Whether an owner has a slot there.
  package func contains(owner number: UInt64) -> Bool { find(number) != nil }

  /// Puts a slot behind the others of its owner; one that stands there already keeps its turn.
  package mutating func append(_ slot: Int, of number: UInt64) {
    guard !contains(slot) else { return }
    let owner = find(number) ?? begin(number)
    let before = unsafe owners[owner].last
    unsafe members[slot] = Member(owner: UInt32(owner + 1), previous: before)
    if before == 0 {
      unsafe owners[owner].first = UInt32(slot + 1)
    } else {
      unsafe members[Int(before) - 1].next = UInt32(slot + 1)
    }
    unsafe owners[owner].last = UInt32(slot + 1)
    count += 1
  }

  /// Takes out the next slot of the owner whose turn it is, among those who are allowed one; then it is
  /// the others' turn.
  package mutating func removeFirst(where isAllowed: (UInt64) -> Bool = { _ in true }) -> Int? {
    var turn = first
    while turn != 0 {
      let owner = Int(turn) - 1
      if unsafe isAllowed(owners[owner].number) {
        let slot = unsafe Int(owners[owner].first) - 1
        unlink(owner)
        link(owner)
        remove(slot)
        return slot
      }
      turn = unsafe owners[owner].next
    }
    return nil
  }

  /// Takes out a slot, if it stands there.
  package mutating func remove(_ slot: Int) {
    guard contains(slot) else { return }
    let gone = unsafe members[slot]
    let owner = Int(gone.owner) - 1
    if gone.previous == 0 {
      unsafe owners[owner].first = gone.next
    } else {
      unsafe members[Int(gone.previous) - 1].next = gone.next
    }
    if gone.next == 0 {
      unsafe owners[owner].last = gone.previous
    } else {
      unsafe members[Int(gone.next) - 1].previous = gone.previous
    }
    unsafe members[slot] = Member()
    count -= 1
    if unsafe owners[owner].first == 0 { end(owner) }
  }

  // MARK: Owners

  private func find(_ number: UInt64) -> Int? {
    var owner = index.first(hash(number))
    while let candidate = owner {
      if unsafe owners[candidate].number == number { return candidate }
      owner = index.next(candidate)
    }
    return nil
  }

  private mutating func begin(_ number: UInt64) -> Int {
    var owner = Int(free) - 1
    if free == 0 {
      owner = Int(untouched)
      untouched += 1
    } else {
      free = unsafe owners[owner].next
    }
    unsafe owners[owner] = Owner(number: number)
    index.insert(owner, hash: hash(number))
    link(owner)
    ownerCount += 1
    return owner
  }

  private mutating func end(_ owner: Int) {
    unlink(owner)
    index.remove(owner, hash: unsafe hash(owners[owner].number))
    unsafe owners[owner] = Owner(next: free)
    free = UInt32(owner + 1)
    ownerCount -= 1
  }

  /// Gives an owner the last turn.
  private mutating func link(_ owner: Int) {
    unsafe owners[owner].next = 0
    unsafe owners[owner].previous = last
    if last == 0 {
      first = UInt32(owner + 1)
    } else {
      unsafe owners[Int(last) - 1].next = UInt32(owner + 1)
    }
    last = UInt32(owner + 1)
  }

  private mutating func unlink(_ owner: Int) {
    let (next, previous) = unsafe (owners[owner].next, owners[owner].previous)
    if previous == 0 {
      first = next
    } else {
      unsafe owners[Int(previous) - 1].next = next
    }
    if next == 0 {
      last = previous
    } else {
      unsafe owners[Int(next) - 1].previous = previous
    }
  }
}
