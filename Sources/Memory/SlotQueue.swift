/// A queue of slots of a pool in which each stands at most once: in at the back, out at the front.
///
/// It has a link for every slot and cannot be full. Whoever claims a slot that stands there inherits
/// its turn.
@safe package struct SlotQueue: ~Copyable {
  /// The slot behind this one and one, `end` for the last, zero for a slot that does not stand here.
  private let links: UnsafeMutablePointer<UInt32>
  private let capacity: Int
  private var first = SlotQueue.end
  private var last = SlotQueue.end
  package private(set) var count = 0

  package init(_ name: StaticString, capacity: Int, in region: inout Region) {
    region.begin(name, count: capacity)
    unsafe links = region.carve(capacity, of: UInt32.self)
    self.capacity = capacity
  }

  package var isEmpty: Bool { count == 0 }

  /// Whether the slot stands in the queue.
  package func contains(_ slot: Int) -> Bool {
    precondition(slot >= 0 && slot < capacity)
    return unsafe links[slot] != 0
  }

  /// Puts a slot behind all others; one that stands there already keeps its turn.
  package mutating func append(_ slot: Int) {
    guard !contains(slot) else { return }
    unsafe links[slot] = SlotQueue.end
    if count == 0 {
      first = UInt32(slot + 1)
    } else {
      unsafe links[Int(last) - 1] = UInt32(slot + 1)
    }
    last = UInt32(slot + 1)
    count += 1
  }

  /// Takes out the slot that stands there longest; nil when there is none.
  package mutating func removeFirst() -> Int? {
    guard count > 0 else { return nil }
    let slot = Int(first) - 1
    first = unsafe links[slot]
    unsafe links[slot] = 0
    count -= 1
    return slot
  }

  private static var end: UInt32 { .max }
}
