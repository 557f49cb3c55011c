/// Finds slots of a pool by the hash of a key that the slots themselves hold.
///
/// Ten bytes a slot: a bucket for two. The index knows no keys: the caller walks `first(_:)` and `next(_:)` and
/// compares. With a seeded hash nobody outside can aim at one bucket.
///
/// Buckets come into use one by one as slots are inserted (linear hashing): so that resident memory
/// follows use, and no insertion ever has to move more than one bucket.
@safe package struct HashIndex: ~Copyable {
  private let buckets: UnsafeMutablePointer<UInt32>
  private let links: UnsafeMutablePointer<UInt32>
  private let hashes: UnsafeMutablePointer<UInt32>
  private let mostBuckets: UInt32
  /// Buckets below `split` have been split this round, and those from `round` on are their halves.
  private var round: UInt32 = 1
  private var split: UInt32 = 0
  private var count: UInt32 = 0

  /// Carves an index over slots 0 ..< `capacity` into the pool that was begun last.
  package init(capacity: Int, in region: inout Region) {
    let most = max(1, capacity / 2)
    unsafe buckets = region.carve(byteCount: most * 4, perSlot: 2)
      .bindMemory(to: UInt32.self, capacity: most)
    unsafe links = region.carve(capacity, of: UInt32.self)
    unsafe hashes = region.carve(capacity, of: UInt32.self)
    mostBuckets = UInt32(most)
  }

  /// The first slot whose key may have this hash.
  @inline(__always) package func first(_ hash: UInt32) -> Int? {
    matching(unsafe buckets[bucket(of: hash)], hash)
  }

  /// The next slot after `slot` whose key may have the same hash.
  @inline(__always) package func next(_ slot: Int) -> Int? {
    unsafe matching(links[slot], hashes[slot])
  }

  /// The hash that a slot was inserted with.
  @inline(__always) package func hash(of slot: Int) -> UInt32 { unsafe hashes[slot] }

  /// Adds a slot that is not in the index.
  package mutating func insert(_ slot: Int, hash: UInt32) {
    count += 1
    if count > round + split && round + split < mostBuckets { splitBucket() }
    unsafe hashes[slot] = hash
    put(slot, into: bucket(of: hash))
  }

  /// Removes a slot that was inserted with this hash.
  package mutating func remove(_ slot: Int, hash: UInt32) {
    count -= 1
    let sought = UInt32(slot + 1)
    let home = bucket(of: hash)
    var entry = unsafe buckets[home]
    if entry == sought {
      unsafe buckets[home] = links[slot]
      return
    }
    while entry != 0 {
      let link = unsafe links[Int(entry) - 1]
      if link == sought {
        unsafe links[Int(entry) - 1] = links[slot]
        return
      }
      entry = link
    }
    preconditionFailure("the slot is not in the index")
  }

  /// The first of a chain of entries that has this hash.
  @inline(__always) private func matching(_ start: UInt32, _ hash: UInt32) -> Int? {
    var entry = start
    while entry != 0 {
      if unsafe hashes[Int(entry) - 1] == hash { return Int(entry) - 1 }
      entry = unsafe links[Int(entry) - 1]
    }
    return nil
  }

  @inline(__always) private func bucket(of hash: UInt32) -> Int {
    let wide = hash & (round * 2 - 1)
    return Int(wide < round + split ? wide : hash & (round - 1))
  }

  /// Gives half of one bucket to a new one.
  private mutating func splitBucket() {
    var entry = unsafe buckets[Int(split)]
    unsafe buckets[Int(split)] = 0
    split += 1
    while entry != 0 {
      let slot = Int(entry) - 1
      entry = unsafe links[slot]
      put(slot, into: bucket(of: unsafe hashes[slot]))
    }
    guard split == round else { return }
    round *= 2
    split = 0
  }

  private mutating func put(_ slot: Int, into bucket: Int) {
    unsafe links[slot] = buckets[bucket]
    unsafe buckets[bucket] = UInt32(slot + 1)
  }
}
