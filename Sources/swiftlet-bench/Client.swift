import Glibc

/// One connection of a load: its socket, what has come in part, and what waits to go out.
///
/// A Client lives in memory of its own and is used through a pointer; it is never copied.
struct Client {
  let index: Int
  let descriptor: Int32
  /// What a packet that has not come whole left behind.
  var rest: Bytes
  var restCount = 0
  /// Acknowledgements on their way out.
  var control = Outgoing()
  var outbox: Outbox?
  /// On the list of those that have something to send.
  var isDirty = false
  /// The socket was full: epoll says when it is not.
  var waitsForRoom = false
  /// How many of the messages under way are ours.
  var streams: Streams?

  init(index: Int, descriptor: Int32, restCapacity: Int) {
    self.index = index
    self.descriptor = descriptor
    rest = .allocate(capacity: restCapacity)
  }
}

/// Bytes in the order they go out.
struct Outgoing {
  private(set) var bytes: Bytes = .allocate(capacity: 4096)
  private(set) var sent = 0
  private(set) var count = 0
  private var capacity = 4096

  var isEmpty: Bool { count == 0 }
  var isPartlySent: Bool { sent > 0 }
  var pending: iovec { iovec(iov_base: bytes + sent, iov_len: count - sent) }

  /// Appends an acknowledgement: four bytes.
  @inline(__always)
  mutating func append(_ header: UInt8, _ high: UInt8, _ low: UInt8) {
    if count + 4 > capacity { grow() }
    let end = bytes + count
    end[0] = header
    end[1] = 2
    end[2] = high
    end[3] = low
    count += 4
  }

  mutating func markSent(_ step: Int) {
    sent += step
    if sent == count {
      sent = 0
      count = 0
    }
  }

  private mutating func grow() {
    let larger = Bytes.allocate(capacity: capacity * 2)
    larger.update(from: bytes, count: count)
    bytes.deallocate()
    bytes = larger
    capacity *= 2
  }
}

/// The messages of a publisher: as many packets as may be under way, made beforehand in a ring.
///
/// A slot is used again only when its message has come to everybody and been acknowledged, so its
/// bytes go straight from here to the socket.
struct Outbox {
  private let ring: Bytes
  private let packetBytes: Int
  private let payloadOffset: Int
  private let trailerOffset: Int
  private let slotMask: UInt64
  private let ringBytes: Int
  /// What each slot waits for: its receivers, and its acknowledgement.
  private let owed: UnsafeMutablePointer<Int32>
  private let owedPerMessage: Int32
  let window: UInt64
  /// The sequence of the next message.
  private(set) var next: UInt64 = 0
  /// The sequence after the last message there will be.
  var end = UInt64.max
  /// All before this one are done.
  private(set) var base: UInt64 = 0
  private var writtenOffset = 0
  private(set) var pendingBytes = 0

  init(
    publisher: Int, topic: String, size: Int, qos: UInt8, version: Packets.Version, window: Int,
    owedPerMessage: Int
  ) {
    var slots = 1
    while slots < window { slots *= 2 }
    let payload = Payload.template(publisher: publisher, size: size)
    let packets = (0..<slots).map {
      Packets.publish(
        topic: topic, payload: payload, qos: qos, identifier: UInt16($0 + 1), version: version)
    }
    packetBytes = packets[0].count
    payloadOffset = packetBytes - size
    trailerOffset = packetBytes - 4
    slotMask = UInt64(slots - 1)
    ringBytes = slots * packetBytes
    ring = .allocate(capacity: ringBytes)
    for (slot, packet) in packets.enumerated() {
      (ring + slot * packetBytes).update(from: packet, count: packetBytes)
    }
    owed = .allocate(capacity: slots)
    owed.initialize(repeating: 0, count: slots)
    self.owedPerMessage = Int32(owedPerMessage)
    self.window = UInt64(window)
  }

  var underWay: UInt64 { next - base }
  var isFull: Bool { underWay >= window }
  var isPartlySent: Bool { pendingBytes % packetBytes != 0 }

  /// Numbers the next message and puts it behind those that wait to be written.
  @inline(__always)
  mutating func append(at now: UInt64) {
    let slot = Int(next & slotMask)
    let packet = UnsafeMutableRawPointer(ring + slot * packetBytes)
    let payload = packet + payloadOffset
    payload.storeBytes(of: next, toByteOffset: Payload.sequence, as: UInt64.self)
    payload.storeBytes(of: now, toByteOffset: Payload.sentAt, as: UInt64.self)
    packet.storeBytes(
      of: UInt32(truncatingIfNeeded: next), toByteOffset: trailerOffset, as: UInt32.self)
    owed[slot] = owedPerMessage
    next &+= 1
    pendingBytes &+= packetBytes
  }

  mutating func fillUp(at now: UInt64) {
    while !isFull, next < end { append(at: now) }
  }

  /// One of those who wait for this message has it.
  @inline(__always)
  mutating func settle(_ sequence: UInt64) {
    let slot = Int(sequence & slotMask)
    owed[slot] &-= 1
    guard sequence == base else { return }
    while base < next, owed[Int(base & slotMask)] <= 0 { base &+= 1 }
  }

  /// The broker acknowledged the message with this packet identifier.
  @inline(__always)
  mutating func settle(identifier: UInt16) {
    let ahead = (UInt64(identifier) &- 1 &- base) & slotMask
    settle(base &+ ahead)
  }

  /// What is not written, in one piece or two.
  func fill(_ vectors: UnsafeMutablePointer<iovec>) -> Int {
    guard pendingBytes > 0 else { return 0 }
    let first = min(pendingBytes, ringBytes - writtenOffset)
    vectors[0] = iovec(iov_base: ring + writtenOffset, iov_len: first)
    guard pendingBytes > first else { return 1 }
    vectors[1] = iovec(iov_base: ring, iov_len: pendingBytes - first)
    return 2
  }

  mutating func markSent(_ count: Int) {
    pendingBytes -= count
    writtenOffset += count
    if writtenOffset >= ringBytes { writtenOffset -= ringBytes }
  }
}

/// What a subscriber expects: of each publisher it hears, the sequence of the next message.
struct Streams {
  let first: Int
  let count: Int
  private let expected: UnsafeMutablePointer<UInt64>
  /// Sequences that were passed over, of each publisher: the slow path.
  private var missing: [Int: Set<UInt64>] = [:]

  init(first: Int, count: Int) {
    self.first = first
    self.count = count
    expected = .allocate(capacity: count)
    expected.initialize(repeating: 0, count: count)
  }

  enum Finding {
    case notForUs
    case inOrder
    case afterGap(UInt64)
    case late
    case repeated
  }

  @inline(__always)
  mutating func take(_ sequence: UInt64, from publisher: Int) -> Finding {
    guard publisher >= first, publisher < first + count else { return .notForUs }
    let place = expected + (publisher - first)
    if place.pointee == sequence {
      place.pointee = sequence &+ 1
      return .inOrder
    }
    return takeUnexpected(sequence, place, publisher)
  }

  @inline(never)
  private mutating func takeUnexpected(
    _ sequence: UInt64, _ place: UnsafeMutablePointer<UInt64>, _ publisher: Int
  ) -> Finding {
    guard sequence > place.pointee else {
      return missing[publisher]?.remove(sequence) == nil ? .repeated : .late
    }
    let gap = sequence - place.pointee
    missing[publisher, default: []].formUnion(place.pointee..<min(sequence, place.pointee + 10_000))
    place.pointee = sequence + 1
    return .afterGap(gap)
  }
}
