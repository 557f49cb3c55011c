import Access
import Broker
import Memory
import Server

/// A clock that moves only when the world lets time pass.
package struct SimulatedClock: Clock, ~Copyable {
  private let world: World

  init(world: World) {
    self.world = world
  }

  package mutating func now() -> Instant { Instant(milliseconds: world.now) }
  package mutating func microseconds() -> UInt64 { world.now * 1000 }
}

/// An operator who asks for a report now and then, and reads the log into the trace.
package struct SimulatedConsole: Console, ~Copyable {
  private let world: World

  init(world: World) {
    self.world = world
  }

  package mutating func nextRequest() -> Request? {
    if !world.requests.isEmpty { return world.requests.removeFirst() }
    return world.chance.oneIn(world.faults.reports) ? .report : nil
  }

  package mutating func reload(into access: inout Access) -> Reloaded? {
    guard let (regime, reloaded) = world.administrator?.reload(into: &access) else { return nil }
    world.reloads += 1
    world.observer.adopted(regime)
    return reloaded
  }

  package mutating func write(_ line: borrowing Line, _ level: LogLevel) {
    var text: [UInt8] = []
    for index in line.span.indices { text.append(line.span[index]) }
    if text.starts(with: "Outgoing message".utf8) { world.observer.dropped() }
    world.marks.read(text)
    world.trace.note(world.now, "log: " + String(decoding: text, as: UTF8.self))
  }
}

/// A hash that is the password itself: the simulated broker has no secrets to keep.
package struct SimulatedHasher: PasswordHasher, ~Copyable {
  private var remaining = 0
  private var digest = InlineArray<64, UInt8>(repeating: 0)

  package mutating func begin(_ hash: PasswordHash, password: Span<UInt8>) {
    remaining = Int(hash.iterations)
    digest = InlineArray(repeating: 0)
    for index in 0..<min(64, password.count) { digest[index] = password[index] }
  }

  package mutating func advance(_ iterations: inout Int) -> Bool {
    let count = min(remaining, max(1, iterations))
    remaining -= count
    iterations -= count
    return remaining == 0
  }

  package mutating func finish() -> InlineArray<64, UInt8> { digest }
}
