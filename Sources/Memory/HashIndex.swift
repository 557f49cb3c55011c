/// Finds slots of a pool by the hash of a key that the slots themselves hold.
///
/// Eight bytes a slot. The index knows no keys: the caller walks `first(_:)` and `next(_:)` and
/// compares. With a seeded hash nobody outside can aim at one bucket.
@safe package struct HashIndex: ~Copyable {
  private let buckets: UnsafeMutablePointer<UInt32>
  private let links: UnsafeMutablePointer<UInt32>
  private let mask: UInt32

  /// Carves an index over slots 0 ..< `capacity` into the pool that was begun last.
  package init(capacity: Int, in region: inout Region) {
    var bucketCount = 1
    while bucketCount < capacity { bucketCount <<= 1 }
    unsafe buckets = region.carve(byteCount: bucketCount * 4, perSlot: 4)
      .bindMemory(to: UInt32.self, capacity: bucketCount)
    unsafe links = region.carve(capacity, of: UInt32.self)
    mask = UInt32(bucketCount - 1)
  }

  /// The first slot whose key may have this hash.
  @inline(__always) package func first(_ hash: UInt32) -> Int? {
    let entry = unsafe buckets[Int(hash & mask)]
    return entry == 0 ? nil : Int(entry) - 1
  }

  /// The next slot after `slot` in the same bucket.
  @inline(__always) package func next(_ slot: Int) -> Int? {
    let entry = unsafe links[slot]
    return entry == 0 ? nil : Int(entry) - 1
  }

  /// Adds a slot that is not in the index.
  package mutating func insert(_ slot: Int, hash: UInt32) {
    unsafe links[slot] = buckets[Int(hash & mask)]
    unsafe buckets[Int(hash & mask)] = UInt32(slot + 1)
  }

  /// Removes a slot that was inserted with this hash.
  package mutating func remove(_ slot: Int, hash: UInt32) {
    let sought = UInt32(slot + 1)
    var entry = unsafe buckets[Int(hash & mask)]
    if entry == sought {
      unsafe buckets[Int(hash & mask)] = links[slot]
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
}
