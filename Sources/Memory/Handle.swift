/// The right to one slot of a `Pool`, in four bytes: 24 bits of index and 8 of generation.
///
/// A handle can be stored anywhere and is checked when it is used: one whose slot was released
/// traps. Zero is the null handle, so that memory fresh from the system holds only null handles.
package struct Handle<Element: ~Copyable>: BitwiseCopyable {
  package let raw: UInt32

  init(index: Int, generation: UInt8) {
    raw = UInt32(truncatingIfNeeded: index) | UInt32(generation) << 24
  }

  private init(raw: UInt32) {
    self.raw = raw
  }

  /// The handle of no slot.
  package static var null: Handle { Handle(raw: 0) }

  /// Whether this is the handle of no slot.
  package var isNull: Bool { raw == 0 }

  /// The number of the slot, from zero; for tables that run beside a pool.
  package var index: Int { Int(raw & Handle.indexMask) }

  var generation: UInt8 { UInt8(truncatingIfNeeded: raw >> 24) }

  private static var indexMask: UInt32 { 0xFF_FFFF }

  package static func == (left: Handle, right: Handle) -> Bool { left.raw == right.raw }
  package static func != (left: Handle, right: Handle) -> Bool { left.raw != right.raw }
}
