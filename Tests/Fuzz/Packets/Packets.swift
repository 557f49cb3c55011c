import FuzzSupport

/// A live broker, its server, and eight clients that send what the input says, split anywhere.
///
/// The first bytes choose the server and its configuration, each following one the next event; see
/// `World.step`. Behind the last all connections end, all sessions expire, and every pool has to be empty.
@main struct Main {
  static func main() { unsafe fuzz(run) }
}

private func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = unsafe Input(start, count)
  let world = World(Profile(&input))
  while !input.isAtEnd { world.step(&input) }
  world.finish()
  return 0
}
