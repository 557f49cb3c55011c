import Access
import Broker
import Foundation
import FuzzSupport
import Memory
import Server

/// What the broker's network, clock and operator are made of.
final class Wire {
  var now: UInt64 = 1_000_000
  var peers: [Int: Peer] = [:]
  /// Peers whose connection waits to be accepted.
  var arriving: [Peer] = []
  var accepted: Peer?
  var requests: [Request] = []
  var policy = Policy()
  var hasRules = false
  /// Whether anything moved in this turn, and how long the server wanted to wait before it.
  var hasMoved = false
  var isPatient = false
}

struct FakeNetwork: Network, ~Copyable {
  let wire: Wire
  private var ready: [Readiness] = []

  init(_ wire: Wire) { self.wire = wire }

  mutating func wait(milliseconds: UInt64?) {
    ready = []
    for (place, peer) in wire.peers {
      peer.beginTurn()
      let isReadable = peer.isReadable && peer.hasInput
      let isWritable = peer.isWritable && peer.room > 0
      guard isReadable || isWritable || peer.isBroken else { continue }
      // As poll() does, it tells of a broken connection whoever asks.
      ready.append(
        Readiness(place: place, isReadable: isReadable || peer.isBroken, isWritable: isWritable))
    }
    wire.isPatient = milliseconds != 0 && ready.isEmpty && wire.arriving.isEmpty
  }

  mutating func accept() -> Accepted? {
    guard !wire.arriving.isEmpty else { return nil }
    wire.accepted = wire.arriving.removeFirst()
    wire.hasMoved = true
    return Accepted(listener: 0, peer: .none)
  }

  mutating func adopt(place: Int) {
    require(wire.peers[place] == nil, "place \(place) is taken")
    wire.peers[place] = wire.accepted
  }

  mutating func turnAway() { wire.accepted?.isEnded = true }

  mutating func nextReady() -> Readiness? { ready.popLast() }

  mutating func receive(
    place: Int, into bytes: inout MutableSpan<UInt8>, _ work: inout Work
  ) -> Received {
    let peer = peer(place)
    if peer.isBroken { return .failed }
    guard !peer.inbound.isEmpty else { return peer.isEnded ? .ended : .nothing }
    require(!bytes.isEmpty, "no room to read into")
    let count = min(peer.inbound.count, bytes.count, peer.piece)
    for index in 0..<count { bytes[index] = peer.inbound[index] }
    peer.inbound.removeFirst(count)
    wire.hasMoved = true
    return .bytes(count)
  }

  mutating func send(
    _ chain: Chain, of chains: borrowing ByteChains, place: Int, _ work: inout Work
  ) -> Sent {
    let peer = peer(place)
    if peer.isBroken { return .failed }
    var bytes: [UInt8] = []
    let room = peer.room
    chains.forEachPiece(of: chain, atMost: 16) { piece in
      for index in piece.indices where bytes.count < room { bytes.append(piece[index]) }
      return bytes.count < room
    }
    peer.take(bytes)
    wire.hasMoved = wire.hasMoved || !bytes.isEmpty
    return .bytes(bytes.count)
  }

  mutating func watch(place: Int, readable: Bool, writable: Bool) {
    peer(place).isReadable = readable
    peer(place).isWritable = writable
  }

  mutating func close(place: Int, lingers: Bool) {
    peer(place).isEnded = true
    wire.peers[place] = nil
    wire.hasMoved = true
  }

  private func peer(_ place: Int) -> Peer {
    guard let peer = wire.peers[place] else { fatalError("nobody is at place \(place)") }
    return peer
  }
}

struct FakeClock: Clock, ~Copyable {
  let wire: Wire

  mutating func now() -> Instant { Instant(milliseconds: wire.now) }
  mutating func microseconds() -> UInt64 { wire.now * 1000 }
}

struct FakeConsole: Console, ~Copyable {
  let wire: Wire

  mutating func nextRequest() -> Request? { wire.requests.popLast() }

  /// Every other time there are rules, which take something from those who have it.
  mutating func reload(into access: inout Access) -> Reloaded? {
    wire.hasRules.toggle()
    access.beginFilling()
    let rules = Array("topic #\ntopic read $SYS/#\ntopic deny a/b\npattern deny b/%c\n".utf8)
    var place = FilePlace()
    while wire.hasRules, let remark = access.readRules(rules.span, security: 0, from: &place) {
      guard remark.isWarning else { return nil }
    }
    return Reloaded(policy: wire.policy, logLevels: 127)
  }

  /// Shows the log when there is `TRACE` in the environment, to follow a single input.
  private static let isTraced = unsafe getenv("TRACE") != nil

  mutating func write(_ line: borrowing Line, _ level: LogLevel) {
    if FakeConsole.isTraced { trace(line) }
    for index in line.span.indices {
      require(line.span[index] >= 0x20 && line.span[index] != 0x7F, "a log line is no line")
    }
  }

  private func trace(_ line: borrowing Line) {
    let text = line.span.indices.map { line.span[$0] }
    FileHandle.standardError.write(Data("\(wire.now) ".utf8 + text + "\n".utf8))
  }
}

/// Nobody here has a password.
struct FakeHasher: PasswordHasher, ~Copyable {
  mutating func begin(_ hash: PasswordHash, password: Span<UInt8>) {
    fatalError("a hash of nothing")
  }
  mutating func advance(_ iterations: inout Int) -> Bool { true }
  mutating func finish() -> InlineArray<64, UInt8> { InlineArray(repeating: 0) }
}
