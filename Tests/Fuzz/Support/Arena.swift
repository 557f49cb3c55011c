import Memory

/// Memory that the values of one run are carved from, used again by the next run.
@safe package final class Arena: @unchecked Sendable {
  private let base: UnsafeMutableRawPointer
  private let capacity: Int

  package init(byteCount: Int) {
    unsafe base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
    capacity = byteCount
  }

  /// As at start, the same code runs twice: first on a region that only counts.
  package func carve<Value: ~Copyable>(_ make: (inout Region) -> Value) -> Value {
    var counting = Region()
    _ = make(&counting)
    require(counting.byteCount <= capacity, "an arena of \(counting.byteCount) bytes is needed")
    unsafe allowBytes(base, capacity)
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: counting.byteCount)
    var region = unsafe Region(base, byteCount: counting.byteCount)
    let value = make(&region)
    region.seal()
    return value
  }
}

@_silgen_name("__asan_unpoison_memory_region")
private func allowBytes(_ start: UnsafeMutableRawPointer, _ count: Int)
