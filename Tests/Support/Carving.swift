import Memory

/// Makes something that is carved from a region, on memory of its own that is never given back.
///
/// As at start, the same code runs twice: first on a region that only counts.
package func carved<Value: ~Copyable>(_ make: (inout Region) -> Value) -> Value {
  var counting = Region()
  _ = make(&counting)
  let byteCount = max(64, counting.byteCount)
  let base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
  unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  var region = unsafe Region(base, byteCount: byteCount)
  let value = make(&region)
  region.seal()
  return value
}
