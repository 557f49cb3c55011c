import CLinux
import Memory
import Server

/// The sockets of the machine, behind `poll()`.
///
/// `poll()` holds the listeners and the signals, and with them either each client's socket (on
/// boards of few connections, where a kernel without epoll is enough) or one epoll descriptor in
/// which they wait: so that a turn costs what is ready, not what is open.
package struct LinuxNetwork: Network, ~Copyable {
  /// The socket of each place, one more than its descriptor; zero where there is none.
  private var sockets: SlotTable<Int32>
  private var waiting: Waiting
  /// The number of the listener that each listening socket is of.
  private var numbers: SlotTable<UInt8>
  private var accepted: Int32 = -1
  /// The listener to ask first, so that one flooded listener starves no other.
  private var turn = 0
  /// Until the next turn without a free descriptor the listeners are not asked.
  private var isShortOfDescriptors = false

  /// - Parameter places: how many connections there may be.
  package init(places: Int, listeners: Int, in region: inout Region) {
    sockets = SlotTable("sockets", count: places, in: &region)
    // With `bind_interface` a listener has a socket for either version of IP.
    waiting = Waiting(places: places, listeners: 2 * listeners, in: &region)
    numbers = SlotTable("listening sockets", count: 2 * listeners, in: &region)
  }

  /// Opens what is needed to wait; false with an errno when the system refuses.
  package mutating func start(signals: Int32) -> Int32 { waiting.start(signals: signals) }

  /// Waits for connections on a listening socket of the listener `number` too.
  package mutating func add(listener: Int32, number: Int) {
    numbers[waiting.listenerCount] = UInt8(truncatingIfNeeded: number)
    waiting.add(listener: listener)
  }

  package mutating func wait(milliseconds: UInt64?) {
    let pause = isShortOfDescriptors ? min(milliseconds ?? 100, 100) : milliseconds
    waiting.wait(milliseconds: pause, listens: !isShortOfDescriptors)
    isShortOfDescriptors = false
  }

  package mutating func accept() -> Accepted? {
    for _ in 0..<waiting.listenerCount {
      let number = turn
      turn = turn + 1 == waiting.listenerCount ? 0 : turn + 1
      guard waiting.isListenerReady(number) else { continue }
      if let accepted = accept(from: number) { return accepted }
      waiting.setListenerIdle(number)
    }
    return nil
  }

  private mutating func accept(from number: Int) -> Accepted? {
    var peer = linux_peer()
    let socket = unsafe linux_accept(waiting.listener(number), &peer)
    guard socket < 0 else {
      accepted = socket
      return Accepted(listener: Int(numbers[number]))
    }
    // The listener stays readable while descriptors are short: it rests instead of spinning.
    isShortOfDescriptors =
      socket == -LINUX_ERROR_PROCESS_DESCRIPTORS || socket == -LINUX_ERROR_SYSTEM_DESCRIPTORS
    return nil
  }

  package mutating func adopt(place: Int) {
    sockets[place] = accepted + 1
    waiting.add(accepted, place: place)
  }

  package mutating func turnAway() { linux_close(accepted) }

  package var hasRequest: Bool { waiting.hasSignal }

  package mutating func nextReady() -> Readiness? { waiting.nextReady() }

  package mutating func receive(place: Int, into bytes: inout MutableSpan<UInt8>) -> Received {
    let socket = sockets[place] - 1
    let count = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return Int64(0) }
      return unsafe linux_receive(socket, base, UInt64(buffer.count))
    }
    if count > 0 { return .bytes(Int(count)) }
    if count == 0 { return .ended }
    return count == -Int64(LINUX_ERROR_AGAIN) ? .nothing : .failed
  }

  package mutating func send(
    _ chain: Chain, of chains: borrowing ByteChains, place: Int
  ) -> Sent {
    var pieces = unsafe InlineArray<64, linux_piece>(repeating: linux_piece(base: nil, count: 0))
    var count = 0
    chains.forEachPiece(of: chain, atMost: 64) { piece in
      unsafe piece.withUnsafeBufferPointer { buffer in
        unsafe pieces[count] = linux_piece(base: buffer.baseAddress, count: UInt64(buffer.count))
      }
      count += 1
      return true
    }
    let sent = unsafe pieces.span.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return Int64(0) }
      return unsafe linux_send(sockets[place] - 1, base, UInt32(count))
    }
    if sent >= 0 { return .bytes(Int(sent)) }
    return sent == -Int64(LINUX_ERROR_AGAIN) ? .bytes(0) : .failed
  }

  package mutating func watch(place: Int, readable: Bool, writable: Bool) {
    waiting.watch(sockets[place] - 1, place: place, readable: readable, writable: writable)
  }

  /// What the peer has sent and nobody will read is read first: closing over it would take the
  /// last answer back.
  package mutating func close(place: Int) {
    let socket = sockets[place] - 1
    _ = linux_shutdown_write(socket)
    discardInput(of: socket)
    waiting.remove(socket, place: place)
    linux_close(socket)
    sockets[place] = 0
  }

  private func discardInput(of socket: Int32) {
    var scrap = InlineArray<512, UInt8>(repeating: 0)
    for _ in 0..<16 {
      var span = scrap.mutableSpan
      let count = unsafe span.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return Int64(0) }
        return unsafe linux_receive(socket, base, UInt64(buffer.count))
      }
      guard count > 0 else { return }
    }
  }
}
