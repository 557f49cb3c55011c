import Simulator
import Testing

// `make simulation` runs many seeds in the optimised simulator; these few run with every check on.
@Suite("Simulation") struct SimulationTests {
  @Test("the same seed makes the same run") func isRepeatable() {
    let first = run(7)
    let second = run(7)
    #expect(first.hash == second.hash)
    #expect(first.hash != run(8).hash)
  }

  @Test("promises hold", arguments: 1...10) func holds(seed: UInt64) {
    let outcome = run(seed)
    guard let failure = outcome.failure else { return }
    let last = outcome.last.joined(separator: "\n")
    Issue.record("\(failure)\n\(options(seed).command)\n\(last)")
  }

  @Test("what a run leaves out is left out") func leavesOut() {
    var options = options(7)
    options.without = ["breaker", "honest-0", "resets", "stalls"]
    #expect(options.command.hasSuffix("WITHOUT=breaker,honest-0,resets,stalls"))
    let parts = Simulation(options).run().parts
    #expect(parts.allSatisfy { !options.without.contains($0) })
  }

  @Test("a broken promise is told with how to repeat it, and shrunk") func shrinks() {
    var options = options(7)
    options.breaksPromiseAt = 100
    let outcome = Simulation(options).run()
    #expect(outcome.failure == "promise 100 was broken on purpose")
    let (smaller, last) = options.shrunk(from: outcome)
    #expect(last.failure == outcome.failure)
    #expect(smaller.without.count > 5)
    #expect(last.parts.count < outcome.parts.count)
  }

  private func options(_ seed: UInt64) -> Options {
    var options = Options(seed: seed)
    options.seconds = 60
    return options
  }

  private func run(_ seed: UInt64) -> Simulation.Outcome { Simulation(options(seed)).run() }
}
