/// What AddressSanitizer is told about memory of pools that nobody may touch.
///
/// Only the fuzzers' build (`make fuzz`) tells it anything: there `SANITIZED` is defined. In every
/// other one a gap has no bytes and the functions do nothing.
enum Sanitizer {
  #if SANITIZED
    /// Bytes behind each carving of a region that belong to nobody.
    static var gap: Int { 64 }
  #else
    static var gap: Int { 0 }
  #endif

  /// From here on it is a mistake to read or write these bytes.
  @inline(__always) static func forbid(_ start: UnsafeMutableRawPointer, _ count: Int) {
    #if SANITIZED
      unsafe forbidBytes(start, count)
    #endif
  }

  /// These bytes may be read and written again.
  @inline(__always) static func allow(_ start: UnsafeMutableRawPointer, _ count: Int) {
    #if SANITIZED
      unsafe allowBytes(start, count)
    #endif
  }
}

#if SANITIZED
  @_silgen_name("__asan_poison_memory_region")
  private func forbidBytes(_ start: UnsafeMutableRawPointer, _ count: Int)

  @_silgen_name("__asan_unpoison_memory_region")
  private func allowBytes(_ start: UnsafeMutableRawPointer, _ count: Int)
#endif
