import Simulator

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// `swiftlet-simulate [seed=N] [runs=N] [pace=MS] [seconds=N]`: runs the simulator.
@main struct Main {
  static func main() {
    var values: [String: UInt64] = ["pace": 300, "seconds": 600, "runs": 1]
    for argument in CommandLine.arguments.dropFirst() {
      let parts = argument.split(separator: "=")
      guard parts.count == 2 else { continue }
      let isHours = parts[1].hasSuffix("h")
      guard let value = UInt64(isHours ? parts[1].dropLast() : parts[1]) else { continue }
      values[String(parts[0])] = isHours ? 3600 * value : value
    }
    let first = values["seed"] ?? UInt64.random(in: 1...1_000_000)
    let clock = ContinuousClock()
    var milliseconds: UInt64 = 0
    var packets = 0
    var failures = 0
    let began = clock.now
    for seed in first..<first + (values["runs"] ?? 1) {
      let simulation = Simulation(
        seed: seed, pace: Int(values["pace"] ?? 300), isHostile: values["hostile"] != 0)
      if let depth = values["depth"] { simulation.world.trace.depth = Int(depth) }
      let outcome = simulation.run(seconds: Int(values["seconds"] ?? 600))
      milliseconds += outcome.milliseconds
      packets += outcome.counts.clientPackets
      if let failure = outcome.failure {
        failures += 1
        if values["first"] == 1 {
          print("seed \(seed): \(failure)")
          exit(1)
        }
        print("seed \(seed): \(failure)")
        if values["runs"] == 1 || values["trace"] == 1 {
          print(outcome.last.joined(separator: "\n"))
        }
      } else if values["runs"] == 1 {
        print("seed \(seed): \(outcome.counts), hash \(outcome.hash), events \(outcome.events)")
      }
    }
    let spent = clock.now - began
    print(
      "\(values["runs"] ?? 1) runs from seed \(first), \(failures) failed:",
      "\(milliseconds / 3_600_000) simulated hours, \(packets) client packets in \(spent)")
    if failures > 0 { exit(1) }
  }
}
