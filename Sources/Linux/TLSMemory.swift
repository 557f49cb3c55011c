import Board
import CLinux
import Memory

/// The memory of the TLS library: two record buffers for each connection, and a heap for the rest.
enum TLSMemory {
  /// Carves it, and lends it to the library, which has none besides.
  static func carve(_ limits: Limits, in region: inout Region) {
    let count = limits.tlsConnections * 2
    guard count > 0 else { return }
    let slot = Int(LINUX_TLS_BUFFER_BYTES)
    // The buffers begin with a page, so that each can be given back to the system.
    var buffers = Buffer("TLS buffers", capacity: count * slot + pageBytes, in: &region)
    var free = SlotTable<UInt32>("TLS buffers free", count: count, in: &region)
    var heap = Buffer("TLS heap", capacity: limits.tlsHeapBytes, in: &region)
    guard region.hasMemory else { return }
    unsafe buffers.withUnsafePointer { buffers in
      unsafe free.withUnsafePointer { free in
        unsafe heap.withUnsafePointer { heap in
          unsafe linux_tls_set_memory(
            linux_tls_memory(
              heap: heap, buffers: firstPage(in: buffers), free_slots: free,
              heap_bytes: UInt32(limits.tlsHeapBytes), buffer_count: UInt32(count)))
        }
      }
    }
  }

  private static var pageBytes: Int { 4096 }

  private static func firstPage(
    in bytes: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    let past = Int(bitPattern: bytes) & (pageBytes - 1)
    return unsafe bytes + (past == 0 ? 0 : pageBytes - past)
  }
}
