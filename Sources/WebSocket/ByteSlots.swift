import Memory

/// Slots of so many bytes each, for what has arrived or left in part.
package struct ByteSlots: ~Copyable {
  /// How a slot is filled.
  package struct Slot: BitwiseCopyable {
    var count: UInt16 = 0
    /// Where the first of the frames in it ends; those behind may still be replaced.
    var firstEnd: UInt16 = 0
    /// The first must not be replaced: a part of it has left, or it is the answer to a request.
    var isFirstFixed = false
    /// A part of the first has left.
    var isBegun = false
  }

  private let anchor = Anchor()
  private var slots: Pool<Slot>
  private var buffer: Buffer
  private let slotBytes: Int
  /// How many slots are in use.
  package var occupancy: Occupancy { slots.occupancy }
  /// Bytes of each slot.
  package var slotCapacity: Int { slotBytes }

  package init(
    _ name: StaticString, bytesName: StaticString, count: Int, slotBytes: Int,
    in region: inout Region
  ) {
    precondition(slotBytes <= Int(UInt16.max))
    slots = Pool(name, capacity: count, in: &region)
    buffer = Buffer(bytesName, count: count, bytesEach: slotBytes, in: &region)
    self.slotBytes = slotBytes
  }

  /// An empty slot; nil, and counted, when there is none.
  package mutating func claim() -> Handle<Slot>? { slots.claim(Slot()) }

  /// Gives the slot back, if there is one.
  package mutating func release(_ handle: inout Handle<Slot>) {
    guard !handle.isNull else { return }
    slots.release(handle)
    handle = .null
  }

  package func count(of handle: Handle<Slot>) -> Int { Int(slots[handle].count) }

  /// Whether a part of a frame in it has left: nothing else may leave before the rest.
  package func isBegun(_ handle: Handle<Slot>) -> Bool { !handle.isNull && slots[handle].isBegun }

  /// What the slot holds, until it is changed or released.
  @_lifetime(immortal)
  package func bytes(of handle: Handle<Slot>) -> Span<UInt8> {
    let start = handle.index * slotBytes
    return buffer.bytes(start..<start + Int(slots[handle].count))
  }

  /// Appends bytes; false, and nothing changes, when they do not fit.
  package mutating func append(_ bytes: Span<UInt8>, to handle: Handle<Slot>) -> Bool {
    let count = Int(slots[handle].count)
    guard bytes.count <= slotBytes - count else { return false }
    let start = handle.index * slotBytes + count
    var target = buffer.mutableBytes(start..<start + bytes.count)
    for index in bytes.indices { target[index] = bytes[index] }
    slots[handle].count = UInt16(count + bytes.count)
    return true
  }

  /// Puts a frame behind the one that has begun to leave, in place of any that waits there: of
  /// several pings only the last must be answered. [RFC 6455, 5.5.3]
  package mutating func queue(_ frame: Span<UInt8>, isFixed: Bool, in handle: Handle<Slot>) -> Bool
  {
    let kept = slots[handle].isFirstFixed ? slots[handle].firstEnd : 0
    slots[handle].count = kept
    guard append(frame, to: handle) else { return false }
    guard kept == 0 else { return true }
    slots[handle].firstEnd = slots[handle].count
    slots[handle].isFirstFixed = isFixed
    return true
  }

  /// Drops bytes that have left, fewer than there are.
  package mutating func removeFirst(_ count: Int, from handle: Handle<Slot>) {
    let slot = slots[handle]
    precondition(count > 0 && count < Int(slot.count))
    let start = handle.index * slotBytes
    var bytes = buffer.mutableBytes(start..<start + Int(slot.count))
    for index in count..<Int(slot.count) { bytes[index - count] = bytes[index] }
    slots[handle].count = slot.count - UInt16(count)
    let firstLeft = Int(slot.firstEnd) - count
    slots[handle].firstEnd = firstLeft > 0 ? UInt16(firstLeft) : slots[handle].count
    slots[handle].isFirstFixed = firstLeft != 0
    slots[handle].isBegun = firstLeft != 0
  }
}
