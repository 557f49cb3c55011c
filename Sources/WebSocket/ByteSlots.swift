import Memory

/// Slots of so many bytes each, for what has arrived or left in part, shared by address.
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
  private var holdings: Holdings
  private var buffer: Buffer
  private let slotBytes: Int
  /// How many slots are in use.
  package var occupancy: Occupancy { holdings.occupancy }
  /// Bytes of each slot.
  package var slotCapacity: Int { slotBytes }

  package init(
    _ names: Names, count: Int, slotBytes: Int, hash: SeededHash, in region: inout Region
  ) {
    precondition(slotBytes <= Int(UInt16.max))
    slots = Pool(names.slots, capacity: count, in: &region)
    holdings = Holdings(names.holdings, share: .byAddress(count), hash: hash, in: &region)
    buffer = Buffer(names.bytes, count: count, bytesEach: slotBytes, in: &region)
    self.slotBytes = slotBytes
  }

  /// What its tables are called in the plan.
  package struct Names {
    let slots: StaticString
    let holdings: StaticString
    let bytes: StaticString

    package init(slots: StaticString, holdings: StaticString, bytes: StaticString) {
      self.slots = slots
      self.holdings = holdings
      self.bytes = bytes
    }
  }

  /// Claims an empty slot for an address; what is refused is counted.
  package mutating func claim(_ handle: inout Handle<Slot>, by owner: UInt64) -> Claim {
    let claim = holdings.claim(by: owner)
    guard claim == .granted else { return claim }
    guard let slot = slots.claim(Slot()) else { preconditionFailure("there are as many slots") }
    handle = slot
    return .granted
  }

  /// Gives the slot back, if there is one, that an address has claimed.
  package mutating func release(_ handle: inout Handle<Slot>, by owner: UInt64) {
    guard !handle.isNull else { return }
    slots.release(handle)
    holdings.release(by: owner)
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

  /// Keeps what is there, and before anything else that may leave: a part of it is out of our hands.
  package mutating func hold(_ handle: Handle<Slot>) {
    slots[handle].firstEnd = slots[handle].count
    slots[handle].isFirstFixed = true
    slots[handle].isBegun = true
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
