import Access
import Memory
import Support

@testable import Broker
@testable import Server

/// What the server has asked of the network, in order, and what the network has for it.
final class Wire {
  enum Call: Equatable {
    case wait(UInt64?)
    case accept(Int)
    case turnAway
    case receive(Int, Int)
    case send(Int, Int)
    case watch(Int, readable: Bool, writable: Bool)
    case close(Int)
  }

  var calls: [Call] = []
  /// Connections that wait to be accepted.
  var arriving = 0
  /// What each place's peer has sent and has got.
  var incoming: [Int: [UInt8]] = [:]
  var outgoing: [Int: [UInt8]] = [:]
  /// How many bytes a place takes before it is full; those not named take all.
  var room: [Int: Int] = [:]
  /// How many bytes are taken of a place at once, although it has room for more.
  var portions: [Int: Int] = [:]
  /// Peers that closed, and connections that are broken.
  var ended: Set<Int> = []
  var broken: Set<Int> = []
  var watched: [Int: (readable: Bool, writable: Bool)] = [:]
  var lines: [String] = []
  var kinds: [LogLevel] = []
  var reopened = 0
  /// What the configuration says to the network, whether it is valid, and what the network was told.
  var settings = 1
  var isValid = true
  var adopted: [Int] = []
  /// Pools of the network.
  var pools: [PoolStatus] = []
  /// When signs of life were given, and how often one is wanted.
  var beats: [UInt64] = []
  var beatInterval: UInt64?
  var requests: [Request] = []
  var now: UInt64 = 1_000_000
  /// Who is at the other end of those who are accepted: these, one after the other, and then this one.
  var peers: [Peer] = []
  var peer = Peer.none
  /// Whom a proxy names with the next bytes.
  var proxiedPeer: Peer?
  /// What a reload puts into the spare set of users and rules.
  var fill: (inout Access) -> Void = { _ in }
  /// Iterations that were done of each password, slice by slice.
  var slices: [Int] = []

  func calls(_ isWanted: (Call) -> Bool) -> [Call] { calls.filter(isWanted) }
}

struct FakeSettings: BitwiseCopyable {
  let number: Int
}

struct FakeNetwork: Network, ~Copyable {
  let wire: Wire
  private var ready: [Readiness] = []

  init(_ wire: Wire) { self.wire = wire }

  mutating func adopt(_ settings: FakeSettings) { wire.adopted.append(settings.number) }

  func pool(_ number: Int) -> PoolStatus? {
    number < wire.pools.count ? wire.pools[number] : nil
  }

  mutating func wait(milliseconds: UInt64?) {
    wire.calls.append(.wait(milliseconds))
    ready = wire.watched.keys.sorted().compactMap { place in
      guard let watch = wire.watched[place] else { return nil }
      let hasInput =
        wire.incoming[place]?.isEmpty == false || wire.ended.contains(place)
        || wire.broken.contains(place)
      let isReadable = watch.readable && hasInput
      let isWritable = watch.writable && wire.room[place] != 0
      guard isReadable || isWritable else { return nil }
      return Readiness(place: place, isReadable: isReadable, isWritable: isWritable)
    }
  }

  mutating func accept() -> Accepted? {
    guard wire.arriving > 0 else { return nil }
    wire.arriving -= 1
    let peer = wire.peers.isEmpty ? wire.peer : wire.peers.removeFirst()
    return Accepted(listener: 0, peer: peer)
  }

  mutating func adopt(place: Int) {
    wire.calls.append(.accept(place))
    wire.watched[place] = (true, false)
  }

  mutating func turnAway() { wire.calls.append(.turnAway) }

  mutating func nextReady() -> Readiness? { ready.isEmpty ? nil : ready.removeFirst() }

  mutating func receive(
    place: Int, into bytes: inout MutableSpan<UInt8>, _ work: inout Work
  ) -> Received {
    if wire.broken.contains(place) { return .failed }
    let available = wire.incoming[place] ?? []
    guard !available.isEmpty else { return wire.ended.contains(place) ? .ended : .nothing }
    let count = min(available.count, bytes.count)
    for index in 0..<count { bytes[index] = available[index] }
    wire.incoming[place]?.removeFirst(count)
    wire.calls.append(.receive(place, count))
    return .bytes(count)
  }

  mutating func takeProxiedPeer() -> Peer? {
    defer { wire.proxiedPeer = nil }
    return wire.proxiedPeer
  }

  mutating func send(
    _ chain: Chain, of chains: borrowing ByteChains, place: Int, _ work: inout Work
  ) -> Sent {
    if wire.broken.contains(place) { return .failed }
    let bytes = Array(copying: chain, of: chains)
    let count = min(bytes.count, wire.room[place] ?? bytes.count)
    let portion = min(count, wire.portions[place] ?? count)
    wire.room[place]? -= portion
    wire.outgoing[place, default: []] += bytes.prefix(portion)
    wire.calls.append(.send(place, portion))
    return portion < count ? .part(portion) : .bytes(portion)
  }

  mutating func watch(place: Int, readable: Bool, writable: Bool) {
    wire.calls.append(.watch(place, readable: readable, writable: writable))
    wire.watched[place] = (readable, writable)
  }

  mutating func close(place: Int, lingers: Bool) {
    wire.calls.append(.close(place))
    wire.watched[place] = nil
  }
}

struct FakeClock: Clock, ~Copyable {
  let wire: Wire

  mutating func now() -> Instant { Instant(milliseconds: wire.now) }
  mutating func microseconds() -> UInt64 { wire.now * 1000 }
}

struct FakeConsole: Console, ~Copyable {
  let wire: Wire
  let policy: Policy

  mutating func nextRequest() -> Request? {
    wire.requests.isEmpty ? nil : wire.requests.removeFirst()
  }
  mutating func reload(into access: inout Access) -> Reloaded? {
    guard wire.isValid else { return nil }
    wire.fill(&access)
    return Reloaded(policy: policy, logLevels: 4)
  }
  mutating func write(_ line: borrowing Line, _ level: LogLevel) {
    wire.lines.append(String(copying: line.span))
    wire.kinds.append(level)
  }
  var networkSettings: FakeSettings { FakeSettings(number: wire.settings) }
  mutating func reopenLog() { wire.reopened += 1 }
  func appendTime(to line: inout Line) { line.append("noon: ") }
  mutating func beat(at now: Instant) { if now >= nextBeat { wire.beats.append(wire.now) } }
  var nextBeat: Instant {
    guard let interval = wire.beatInterval else { return .never }
    return Instant(milliseconds: (wire.beats.last ?? 0) + interval)
  }
}

/// Hashes a password to its own bytes, in as many iterations as the file says.
struct FakeHasher: PasswordHasher, ~Copyable {
  let wire: Wire
  private var remaining = 0
  private var digest = InlineArray<64, UInt8>(repeating: 0)

  init(_ wire: Wire) { self.wire = wire }

  mutating func begin(_ hash: PasswordHash, password: Span<UInt8>) {
    remaining = Int(hash.iterations)
    digest = InlineArray(repeating: 0)
    for index in 0..<min(64, password.count) { digest[index] = password[index] }
  }

  mutating func advance(_ iterations: inout Int) -> Bool {
    let count = min(remaining, max(1, iterations))
    wire.slices.append(count)
    remaining -= count
    iterations -= count
    return remaining == 0
  }

  mutating func finish() -> InlineArray<64, UInt8> { digest }
}
