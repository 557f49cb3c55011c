/// The broker's memory: carved in order at start, and never again after `seal()`.
///
/// The same start-up code runs twice, first on a region that only counts (`init()`), then on one
/// of exactly that many bytes. Hence the rule for everything that is carved: an initialiser
/// touches none of its bytes; it relies on their being zero. It also keeps pages that are never
/// used from ever being resident.
@safe package struct Region: ~Copyable {
  private let base: UnsafeMutableRawPointer
  private let capacity: Int
  private var used = 0
  private var isSealed = false
  private var entries = InlineArray<128, PlanEntry>(
    repeating: PlanEntry(name: "", count: 0))
  /// How many pools were carved.
  package private(set) var entryCount = 0

  /// Makes a region without memory, to learn how many bytes the start-up will take.
  package init() {
    unsafe base = UnsafeMutableRawPointer(bitPattern: Region.alignment(of: .max)).unsafelyUnwrapped
    capacity = Int.max
  }

  /// Makes a region of `byteCount` zeroed bytes that stay valid for the life of the program.
  package init(_ base: UnsafeMutableRawPointer, byteCount: Int) {
    unsafe self.base = unsafe base
    capacity = byteCount
  }

  /// Whether there are bytes behind what is carved: not while the start-up only counts.
  package var hasMemory: Bool { capacity < Int.max }

  /// The bytes carved so far, padding included.
  package var byteCount: Int { used }

  /// Ends the carving: a later one traps.
  package mutating func seal() {
    isSealed = true
  }

  /// The pool that was carved as number `index`.
  package func entry(_ index: Int) -> PlanEntry { entries[index] }

  /// Names the pool that the next carvings belong to; they add up to one line of the plan.
  package mutating func begin(_ name: StaticString, count: Int) {
    precondition(!isSealed && entryCount < entries.count)
    entries[entryCount] = PlanEntry(name: name, count: count)
    entryCount += 1
  }

  /// Carves `count` slots of `Element` for the pool that was begun last.
  mutating func carve<Element: BitwiseCopyable>(
    _ count: Int, of type: Element.Type
  ) -> UnsafeMutablePointer<Element> {
    unsafe carve(
      byteCount: count * MemoryLayout<Element>.stride, perSlot: MemoryLayout<Element>.stride
    )
    .bindMemory(to: Element.self, capacity: count)
  }

  /// Carves bytes that belong to no single slot, or `perSlot` of them to each.
  mutating func carve(byteCount: Int, perSlot: Int) -> UnsafeMutableRawPointer {
    precondition(!isSealed && entryCount > 0)
    let alignment = Region.alignment(of: byteCount)
    let start = (used + alignment - 1) & ~(alignment - 1)
    used = start + byteCount + Sanitizer.gap
    precondition(used <= capacity)
    entries[entryCount - 1].add(byteCount, each: perSlot)
    if capacity != Int.max { unsafe Sanitizer.forbid(base + start + byteCount, Sanitizer.gap) }
    return unsafe base + start
  }

  /// Tables begin on a line of the cache, but for small ones: on a small board that would be a page of
  /// gaps.
  private static func alignment(of byteCount: Int) -> Int { byteCount < 4096 ? 16 : 64 }
}

/// One line of the memory bill.
package struct PlanEntry: BitwiseCopyable {
  /// What the pool holds, as `$SYS/broker/limits/<name>` and `--plan` show it.
  package let name: StaticString
  /// How many of them there are.
  package var count: Int { Int(number) }
  /// The bytes that each of them takes.
  package var bytesEach: Int { Int(each) }
  /// The bytes of all of them, with the tables beside them.
  package var byteCount: Int { Int(all) }

  // The whole table is on the stack as long as the program runs: so these are narrow.
  private let number: UInt32
  private var each: UInt32 = 0
  private var all: UInt32 = 0

  fileprivate init(name: StaticString, count: Int) {
    self.name = name
    number = UInt32(count)
  }

  /// Counts bytes that were carved, so many of them for each.
  fileprivate mutating func add(_ byteCount: Int, each bytesEach: Int) {
    each += UInt32(bytesEach)
    all += UInt32(byteCount)
  }

  /// Whether this is the pool of that name.
  package func isNamed(_ other: StaticString) -> Bool {
    guard name.utf8CodeUnitCount == other.utf8CodeUnitCount else { return false }
    for index in 0..<name.utf8CodeUnitCount
    where unsafe name.utf8Start[index] != other.utf8Start[index] { return false }
    return true
  }
}
