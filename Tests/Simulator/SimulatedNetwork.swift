import Memory
import Server

/// The server's network, made of wires.
package struct SimulatedNetwork: Network, ~Copyable {
  private let world: World
  private var ready: [Readiness] = []
  private var accepted: Wire?

  init(world: World, places: Int) {
    self.world = world
    world.wires = Array(repeating: nil, count: places)
  }

  package mutating func wait(milliseconds: UInt64?) {
    world.pass(atMost: milliseconds)
    ready.removeAll(keepingCapacity: true)
    let first = world.chance.below(world.places.count)
    // One at a time: a server whose turns have work for few is not kept busy by nothing for ever.
    var mayBeSpurious = world.chance.oneIn(world.faults.spuriousReadiness)
    for offset in world.places.indices {
      let place = world.places[(first + offset) % world.places.count]
      guard let wire = world.wires[place] else { continue }
      let isSpurious = mayBeSpurious && wire.watchesReadable && !wire.isReady
      guard wire.isReady || isSpurious else { continue }
      if isSpurious { mayBeSpurious = false }
      ready.append(
        Readiness(
          place: place, isReadable: wire.isReadable || isSpurious, isWritable: wire.isWritable))
    }
    ready.reverse()
    world.queue.begin(with: ready)
  }

  package mutating func accept() -> Accepted? {
    guard !world.incoming.isEmpty && world.now >= world.acceptsAgainAt else { return nil }
    if world.chance.oneIn(world.faults.acceptFailures) {
      world.acceptsAgainAt = world.now + 100
      return nil
    }
    let wire = world.incoming.removeFirst()
    world.calls.accepts += 1
    accepted = wire
    return Accepted(listener: 0, peer: wire.address)
  }

  package mutating func adopt(place: Int) {
    guard let accepted else { return world.fail("a connection is adopted that was not accepted") }
    world.adopt(accepted, at: place)
    world.trace.mix(UInt64(place))
  }

  package mutating func turnAway() {
    accepted?.isTurnedAway = true
    accepted?.closeByServer()
  }

  package mutating func nextReady() -> Readiness? { ready.popLast() }

  package mutating func receive(
    place: Int, into bytes: inout MutableSpan<UInt8>, _ work: inout Work
  ) -> Received {
    guard let wire = world.wires[place] else {
      world.fail("the server reads place \(place), where no connection is")
      return .failed
    }
    world.calls.transfers += 1
    if world.queue.isOvertaken(byReading: place) {
      world.fail("place \(place) is read out of turn")
    }
    if wire.isRefused {
      world.observer.lost(wire)
      return .refused("the handshake failed")
    }
    switch wire.read(atMost: bytes.count) {
    case .bytes(let slice):
      for (offset, byte) in slice.enumerated() { bytes[offset] = byte }
      world.trace.mix(slice)
      world.observer.read(slice, on: wire)
      if slice.count == bytes.count { world.queue.note(moreOf: place) }
      return .bytes(slice.count)
    case .nothing: return .nothing
    case .end:
      world.observer.lost(wire)
      return .ended
    case .broken:
      world.observer.lost(wire)
      return .failed
    }
  }

  package mutating func peek(place: Int, into bytes: inout MutableSpan<UInt8>) -> Peeked {
    guard let wire = world.wires[place] else {
      world.fail("the server looks at place \(place), where no connection is")
      return .hidden
    }
    guard !wire.isHidden else { return .hidden }
    world.calls.transfers += 1
    guard let slice = wire.peek(bytes.count) else { return .notYet }
    for (offset, byte) in slice.enumerated() { bytes[offset] = byte }
    return .whole
  }

  package mutating func skip(_ count: Int, place: Int) {
    guard let wire = world.wires[place], let slice = wire.peek(count) else {
      return world.fail("the server skips what is not there at place \(place)")
    }
    world.calls.transfers += 1
    wire.skip(count)
    world.trace.mix(slice)
    world.observer.read(slice, on: wire)
  }

  package mutating func send(
    _ chain: Chain, of chains: borrowing ByteChains, place: Int, _ work: inout Work
  ) -> Sent {
    guard let wire = world.wires[place] else {
      world.fail("the server sends to place \(place), where no connection is")
      return .failed
    }
    world.calls.transfers += 1
    var bytes: [UInt8] = []
    chains.forEachPiece(of: chain, atMost: 64) { piece in
      unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
      return true
    }
    guard let room = wire.room(for: bytes.count) else {
      world.observer.lost(wire)
      return .failed
    }
    wire.isBlocked = room < bytes.count
    let taken = Array(bytes[..<room])
    world.trace.mix(taken[...])
    if room > 0 {
      world.observer.sent(taken[...], on: wire)
      wire.take(taken)
    }
    return .bytes(room)
  }

  package mutating func watch(place: Int, readable: Bool, writable: Bool) {
    world.wires[place]?.watchesReadable = readable
    world.wires[place]?.watchesWritable = writable
  }

  package mutating func close(place: Int, lingers: Bool) {
    guard let wire = world.wires[place] else {
      return world.fail("the server closes place \(place), where no connection is")
    }
    world.trace.mix(UInt64(place) | 1 << 32)
    world.calls.closes += 1
    world.queue.forget(place)
    world.release(place)
    world.observer.closed(wire)
    wire.closeByServer()
  }
}
