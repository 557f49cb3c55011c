/// A queue of slots of a pool in which each stands at most once: in at the back, out at the front, or
/// out of the middle when the slot is given back.
///
/// It has links for every slot and cannot be full.
@safe package struct SlotQueue: ~Copyable {
  private struct Links: BitwiseCopyable {
    /// One more than the slot behind this one; `end` for the last, zero for one that is not there.
    var next: UInt32 = 0
    /// One more than the slot before this one; zero for the first.
    var previous: UInt32 = 0
  }

  private let links: UnsafeMutablePointer<Links>
  private let capacity: Int
  private var first: UInt32 = 0
  private var last: UInt32 = 0
  package private(set) var count = 0

  package init(_ name: StaticString, capacity: Int, in region: inout Region) {
    region.begin(name, count: capacity)
    unsafe links = region.carve(capacity, of: Links.self)
    self.capacity = capacity
  }

  package var isEmpty: Bool { count == 0 }

  /// The slot that stands there longest; nil when there is none.
  package var front: Int? { count == 0 ? nil : Int(first) - 1 }

  /// Whether the slot stands in the queue.
  package func contains(_ slot: Int) -> Bool {
    precondition(slot >= 0 && slot < capacity)
    return unsafe links[slot].next != 0
  }

  /// Puts a slot behind all others; one that stands there already keeps its turn.
  package mutating func append(_ slot: Int) {
    guard !contains(slot) else { return }
    unsafe links[slot] = Links(next: SlotQueue.end, previous: last)
    if last == 0 {
      first = UInt32(slot + 1)
    } else {
      unsafe links[Int(last) - 1].next = UInt32(slot + 1)
    }
    last = UInt32(slot + 1)
    count += 1
  }

  /// The slot that stands behind another one; nil behind the last.
  package func next(after slot: Int) -> Int? {
    precondition(contains(slot))
    let next = unsafe links[slot].next
    return next == SlotQueue.end ? nil : Int(next) - 1
  }

  /// Takes out the slot that stands there longest; nil when there is none.
  package mutating func removeFirst() -> Int? {
    guard count > 0 else { return nil }
    let slot = Int(first) - 1
    remove(slot)
    return slot
  }

  /// Takes out a slot, if it stands there.
  package mutating func remove(_ slot: Int) {
    guard contains(slot) else { return }
    let gone = unsafe links[slot]
    let next = gone.next == SlotQueue.end ? 0 : gone.next
    if gone.previous == 0 {
      first = next
    } else {
      unsafe links[Int(gone.previous) - 1].next = gone.next
    }
    if next == 0 {
      last = gone.previous
    } else {
      unsafe links[Int(next) - 1].previous = gone.previous
    }
    unsafe links[slot] = Links()
    count -= 1
  }

  private static var end: UInt32 { .max }
}
