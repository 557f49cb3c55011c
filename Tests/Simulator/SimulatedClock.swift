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

/// An operator who asks for nothing and reads the log into the trace.
package struct SimulatedConsole: Console, ~Copyable {
  private let world: World

  init(world: World) {
    self.world = world
  }

  package mutating func nextRequest() -> Request? { nil }
  package mutating func reload() -> Reloaded? { nil }

  package mutating func write(_ line: borrowing Line, _ level: LogLevel) {
    var text: [UInt8] = []
    for index in line.span.indices { text.append(line.span[index]) }
    if text.starts(with: "Outgoing message".utf8) { world.observer.dropped() }
    world.trace.note(world.now, "log: " + String(decoding: text, as: UTF8.self))
  }
}
