/// A queue of at most so many elements: in at the back, out at the front.
///
/// When it has become empty it begins anew at its first slot: as in a pool, resident memory follows
/// the most that was ever held and not what has passed through.
@safe package struct Ring<Element: BitwiseCopyable>: ~Copyable {
  private let elements: UnsafeMutablePointer<Element>
  package let capacity: Int
  private var head = 0
  package private(set) var count = 0

  package init(_ name: StaticString, capacity: Int, in region: inout Region) {
    region.begin(name, count: capacity)
    unsafe elements = region.carve(capacity, of: Element.self)
    self.capacity = capacity
  }

  package var isEmpty: Bool { count == 0 }

  /// Returns `false`, and changes nothing, when the ring is full.
  package mutating func append(_ element: Element) -> Bool {
    guard count < capacity else { return false }
    let end = head + count
    unsafe elements[end < capacity ? end : end - capacity] = element
    count += 1
    return true
  }

  /// Takes the oldest element out; nil when there is none.
  package mutating func removeFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = unsafe elements[head]
    count -= 1
    head = count == 0 || head + 1 == capacity ? 0 : head + 1
    return element
  }
}
