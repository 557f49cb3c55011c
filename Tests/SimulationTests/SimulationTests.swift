import Simulator
import Testing

@Suite("Simulation") struct SimulationTests {
  @Test("the same seed makes the same run") func isRepeatable() {
    let first = Simulation(seed: 7, pace: 400, isHostile: true).run(seconds: 300)
    let second = Simulation(seed: 7, pace: 400, isHostile: true).run(seconds: 300)
    let other = Simulation(seed: 8, pace: 400, isHostile: true).run(seconds: 300)
    #expect(first.hash == second.hash)
    #expect(first.hash != other.hash)
  }

  @Test("promises hold", arguments: 1...30) func holds(seed: Int) {
    expectSuccess(seed: UInt64(seed), pace: 300, seconds: 180)
  }
}

/// Runs a seed and says how to repeat it when it fails.
func expectSuccess(seed: UInt64, pace: Int, seconds: Int) {
  let outcome = Simulation(seed: seed, pace: pace, isHostile: true).run(seconds: seconds)
  guard let failure = outcome.failure else { return }
  let command = "make simulate SEED=\(seed) PACE=\(pace) SECONDS=\(seconds)"
  Issue.record("\(failure)\n\(command)\n\(outcome.last.joined(separator: "\n"))")
}
