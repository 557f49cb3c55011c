import CLinux
import Memory
import Server

/// What the machine waits for: signals, listeners, and the clients' sockets in one of two forms.
struct Waiting: ~Copyable {
  private let anchor = Anchor()
  /// First the signals, then the listeners, then either epoll or a place for each client.
  private var entries: SlotTable<linux_poll_entry>
  private var ready: SlotTable<linux_ready>
  private let listenerCapacity: Int
  private let places: Int
  private let more: Int
  private(set) var listenerCount = 0
  /// The epoll descriptor; none on boards of few connections.
  private var epoll: Int32 = -1
  private var readyCount = 0
  private var nextIndex = 0
  /// How many turns in a row asked epoll alone.
  private var turnsWithoutPoll = 0

  /// Boards with more connections than this wait for them in an epoll descriptor.
  private static var mostInPoll: Int { 64 }

  /// - Parameter more: places beside those of connections.
  init(places: Int, more: Int, listeners: Int, in region: inout Region) {
    let direct = places <= Waiting.mostInPoll
    entries = SlotTable(
      "poll entries", count: 1 + listeners + (direct ? places + more : 1), in: &region)
    ready = SlotTable(
      "ready events", count: direct ? 1 : Int(LINUX_READY_MAX), in: &region)
    listenerCapacity = listeners
    self.places = places
    self.more = more
  }

  /// Opens the descriptors, once all listeners are there; zero, or a negative errno.
  mutating func start(signals: Int32) -> Int32 {
    entries[0] = entry(signals)
    for index in 1 + listenerCount..<entries.count { entries[index].descriptor = -1 }
    guard places > Waiting.mostInPoll else { return 0 }
    epoll = linux_epoll_open()
    // Directly behind the listeners: poll() refuses more entries than there may be descriptors.
    entries[1 + listenerCount] = entry(epoll)
    return min(epoll, 0)
  }

  mutating func add(listener: Int32) {
    precondition(listenerCount < listenerCapacity)
    entries[1 + listenerCount] = entry(listener)
    listenerCount += 1
  }

  func listener(_ number: Int) -> Int32 { entries[1 + number].descriptor }
  func isListenerReady(_ number: Int) -> Bool { entries[1 + number].returned != 0 }
  mutating func setListenerIdle(_ number: Int) { entries[1 + number].returned = 0 }

  /// Waits, and learns which clients are ready; not while some are left that it found before.
  mutating func wait(milliseconds: UInt64?, listens: Bool) {
    guard nextIndex >= readyCount else {
      entries[0].returned = 0
      return
    }
    if isBusy && collect() {
      turnsWithoutPoll += 1
      entries[0].returned = 0
      return
    }
    turnsWithoutPoll = 0
    let limit = milliseconds.map { Int32(clamping: $0) } ?? -1
    for number in 0..<listenerCount {
      entries[1 + number].events = listens ? Int16(LINUX_READABLE) : 0
    }
    let used = epoll >= 0 ? listenerCount + 2 : entries.count
    unsafe entries.withUnsafePointer { base in
      _ = unsafe linux_poll(base, UInt32(used), limit)
    }
    nextIndex = 0
    readyCount = epoll >= 0 ? 0 : places + more
    if epoll >= 0 && entries[1 + listenerCount].returned != 0 { _ = collect() }
  }

  /// Learns which clients have become ready, without waiting, if that can be asked of them alone.
  mutating func look() {
    if epoll >= 0 && nextIndex >= readyCount { _ = collect() }
  }

  /// Whether more is likely to be ready than one call of epoll has just told: then poll, which
  /// would say no more than that, is left out, but not for long. Others wait there.
  private var isBusy: Bool { epoll >= 0 && readyCount > 1 && turnsWithoutPoll < 16 }

  /// Whether a signal has come.
  var hasSignal: Bool { entries[0].returned != 0 }

  /// The next client that is ready.
  mutating func nextReady() -> Readiness? {
    while nextIndex < readyCount {
      let index = nextIndex
      nextIndex += 1
      if epoll >= 0 { return readiness(Int(ready[index].token), ready[index].events) }
      let entry = entries[1 + listenerCapacity + index]
      guard entry.descriptor >= 0 && entry.returned != 0 else { continue }
      entries[1 + listenerCapacity + index].returned = 0
      return readiness(index, UInt32(UInt16(bitPattern: entry.returned)))
    }
    return nil
  }

  mutating func add(_ socket: Int32, place: Int) {
    guard epoll >= 0 else {
      entries[1 + listenerCapacity + place] = entry(socket)
      return
    }
    _ = linux_epoll_set(epoll, LINUX_EPOLL_ADD, socket, LINUX_READABLE, UInt32(place))
  }

  mutating func watch(_ socket: Int32, place: Int, readable: Bool, writable: Bool) {
    let events = (readable ? LINUX_READABLE : 0) | (writable ? LINUX_WRITABLE : 0)
    guard epoll >= 0 else {
      entries[1 + listenerCapacity + place].events = Int16(events)
      return
    }
    _ = linux_epoll_set(epoll, LINUX_EPOLL_MODIFY, socket, events, UInt32(place))
  }

  mutating func remove(_ socket: Int32, place: Int) {
    guard epoll >= 0 else {
      entries[1 + listenerCapacity + place] = linux_poll_entry(
        descriptor: -1, events: 0, returned: 0)
      return
    }
    _ = linux_epoll_set(epoll, LINUX_EPOLL_REMOVE, socket, 0, 0)
  }

  /// Asks epoll which clients are ready, without waiting; false when there are none.
  private mutating func collect() -> Bool {
    nextIndex = 0
    readyCount = unsafe ready.withUnsafePointer { base in
      unsafe Int(max(0, linux_epoll_wait(epoll, base, LINUX_READY_MAX, 0)))
    }
    return readyCount > 0
  }

  private func readiness(_ place: Int, _ events: UInt32) -> Readiness {
    // A hang-up is told by reading.
    Readiness(
      place: place, isReadable: events & (LINUX_READABLE | LINUX_CLOSED) != 0,
      isWritable: events & LINUX_WRITABLE != 0)
  }

  private func entry(_ descriptor: Int32) -> linux_poll_entry {
    linux_poll_entry(descriptor: descriptor, events: Int16(LINUX_READABLE), returned: 0)
  }
}
