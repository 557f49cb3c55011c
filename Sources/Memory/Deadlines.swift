/// What is due next: at most one deadline for each of a fixed number of slots.
///
/// A binary heap with its positions beside it: setting, moving and cancelling cost O(log n).
@safe package struct Deadlines: ~Copyable {
  private struct Entry: BitwiseCopyable {
    var instant: Instant
    var slot: UInt32
  }

  private let heap: UnsafeMutablePointer<Entry>
  /// One more than the slot's place in the heap, or zero.
  private let places: UnsafeMutablePointer<UInt32>
  private let capacity: Int
  package private(set) var count = 0

  package init(_ name: StaticString, capacity: Int, in region: inout Region) {
    region.begin(name, count: capacity)
    unsafe heap = region.carve(capacity, of: Entry.self)
    unsafe places = region.carve(capacity, of: UInt32.self)
    self.capacity = capacity
  }

  /// When the next deadline is due; `never` when there is none.
  package var next: Instant { count == 0 ? .never : unsafe heap[0].instant }

  /// Whether the slot has a deadline.
  package func isSet(_ slot: Int) -> Bool { unsafe places[slot] != 0 }

  /// The slot's deadline; `never` when it has none.
  package func instant(of slot: Int) -> Instant {
    let place = unsafe places[slot]
    return place == 0 ? .never : unsafe heap[Int(place) - 1].instant
  }

  /// Gives `slot` this deadline in place of any it had.
  package mutating func set(_ slot: Int, to instant: Instant) {
    precondition(slot < capacity)
    let place = unsafe places[slot]
    guard place == 0 else {
      let entry = Entry(instant: instant, slot: UInt32(slot))
      settle(entry, at: Int(place) - 1)
      return
    }
    count += 1
    settle(Entry(instant: instant, slot: UInt32(slot)), at: count - 1)
  }

  /// Takes the slot's deadline away, if it has one.
  package mutating func cancel(_ slot: Int) {
    precondition(slot < capacity)
    let place = unsafe places[slot]
    guard place != 0 else { return }
    unsafe places[slot] = 0
    count -= 1
    let hole = Int(place) - 1
    if hole < count { unsafe settle(heap[count], at: hole) }
  }

  /// Takes out and returns the slot that is due first, if it is due by `now`.
  package mutating func popDue(at now: Instant) -> Int? {
    guard count > 0, unsafe heap[0].instant <= now else { return nil }
    let slot = unsafe Int(heap[0].slot)
    cancel(slot)
    return slot
  }

  /// Puts `entry` where it belongs, beginning from the free place `start`.
  private mutating func settle(_ entry: Entry, at start: Int) {
    var place = start
    while place > 0, unsafe entry.instant < heap[(place - 1) / 2].instant {
      unsafe put(heap[(place - 1) / 2], at: place)
      place = (place - 1) / 2
    }
    while let child = earlierChild(of: place), unsafe heap[child].instant < entry.instant {
      unsafe put(heap[child], at: place)
      place = child
    }
    put(entry, at: place)
  }

  private func earlierChild(of place: Int) -> Int? {
    let left = 2 * place + 1
    guard left < count else { return nil }
    guard left + 1 < count else { return left }
    return unsafe heap[left + 1].instant < heap[left].instant ? left + 1 : left
  }

  private mutating func put(_ entry: Entry, at place: Int) {
    unsafe heap[place] = entry
    unsafe places[Int(entry.slot)] = UInt32(place + 1)
  }
}
