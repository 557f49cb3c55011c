/// A fixed number of slots, claimed and released by handle.
///
/// The slot released last is claimed first, and a slot never claimed is never touched: resident
/// memory follows use and not capacity. A full pool returns nil and counts the refusal.
@safe package struct Pool<Element: BitwiseCopyable>: ~Copyable {
  private let anchor = Anchor()
  private let slots: UnsafeMutablePointer<Element>
  /// Odd while the slot is claimed; a handle is good while its generation is still the slot's.
  ///
  /// A handle holds the complement: so the null handle, all zeros, fits no slot, fresh ones
  /// included, and one comparison tells everything.
  private let generations: UnsafeMutablePointer<UInt8>
  /// One more than the index of the slot released last, or zero; the rest follows in the slots.
  private var firstFree: UInt32 = 0
  /// Slots from here on were never claimed.
  private var untouched = 0
  package private(set) var occupancy: Occupancy

  package init(_ name: StaticString, capacity: Int, in region: inout Region) {
    precondition(capacity < 1 << 24 && MemoryLayout<Element>.size >= MemoryLayout<UInt32>.size)
    region.begin(name, count: capacity)
    unsafe slots = region.carve(capacity, of: Element.self)
    unsafe generations = region.carve(capacity, of: UInt8.self)
    occupancy = Occupancy(capacity: capacity)
  }

  package var capacity: Int { occupancy.capacity }

  /// Puts `element` into a free slot; nil, and a refusal counted, when there is none.
  package mutating func claim(_ element: Element) -> Handle<Element>? {
    guard let index = takeFreeIndex() else {
      occupancy.refuse()
      return nil
    }
    // The complement of 255 is zero, as in the null handle: it is left out.
    let generation = unsafe generations[index] == 0xFE ? 1 : generations[index] &+ 1
    unsafe generations[index] = generation
    unsafe Sanitizer.allow(slots + index, MemoryLayout<Element>.stride)
    unsafe slots[index] = element
    occupancy.claim()
    return Handle(index: index, generation: ~generation)
  }

  /// Gives the slot back; every copy of the handle is stale from here on.
  package mutating func release(_ handle: Handle<Element>) {
    let index = checked(handle)
    unsafe generations[index] &+= 1
    unsafe UnsafeMutableRawPointer(slots + index).storeBytes(of: firstFree, as: UInt32.self)
    firstFree = UInt32(index + 1)
    unsafe Sanitizer.forbid(
      UnsafeMutableRawPointer(slots + index) + MemoryLayout<UInt32>.size,
      MemoryLayout<Element>.stride - MemoryLayout<UInt32>.size)
    occupancy.release()
  }

  /// The element of a claimed slot; a stale handle traps.
  package subscript(handle: Handle<Element>) -> Element {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(slots + checked(handle)) }
    @inline(__always) unsafeMutableAddress { unsafe slots + checked(handle) }
  }

  /// Whether the handle is good: its slot was not released since.
  package func contains(_ handle: Handle<Element>) -> Bool {
    let index = handle.index
    return unsafe index < untouched && generations[index] == ~handle.generation
  }

  /// The handle of slot `index` if it is claimed, for cursors that walk the whole pool.
  package func handle(at index: Int) -> Handle<Element>? {
    guard index < untouched else { return nil }
    let generation = unsafe generations[index]
    return generation & 1 == 1 ? Handle(index: index, generation: ~generation) : nil
  }

  /// No slot at or above this index has ever been claimed.
  package var endIndex: Int { untouched }

  /// Counts a claim that the owner of the pool turned away by a rule of its own.
  package mutating func refuse() { occupancy.refuse() }

  @inline(__always) private func checked(_ handle: Handle<Element>) -> Int {
    let index = handle.index
    unsafe precondition(generations[index] == ~handle.generation)
    return index
  }

  private mutating func takeFreeIndex() -> Int? {
    if firstFree != 0 {
      let index = Int(firstFree) - 1
      firstFree = unsafe UnsafeMutableRawPointer(slots + index).load(as: UInt32.self)
      return index
    }
    guard untouched < capacity else { return nil }
    untouched += 1
    return untouched - 1
  }
}
