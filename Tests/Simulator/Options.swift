import Board

/// What a run is made of: the same options make the same run.
package struct Options: Sendable {
  package var seed: UInt64
  /// Milliseconds between two actions of a client, on average.
  package var pace = Options.usualPace
  /// How long the faults last.
  package var seconds = Options.usualSeconds
  /// Faults and clients that are left out, by name.
  package var without: Set<String> = []

  package static let usualPace = 300
  package static let usualSeconds = 300

  package init(seed: UInt64) {
    self.seed = seed
  }

  /// The command that repeats the run.
  package var command: String {
    var words = ["make simulate SEED=\(seed) BOARD=\(Limits.board)"]
    if pace != Options.usualPace { words.append("PACE=\(pace)") }
    if seconds != Options.usualSeconds { words.append("SECONDS=\(seconds)") }
    if !without.isEmpty { words.append("WITHOUT=\(without.sorted().joined(separator: ","))") }
    return words.joined(separator: " ")
  }

  /// Runs and, when a promise is broken, leaves out what is not needed to break it.
  package func shrunk(from first: Simulation.Outcome) -> (Options, Simulation.Outcome) {
    var options = self
    var outcome = first
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for part in outcome.parts where !options.without.contains(part) {
        var smaller = options
        smaller.without.insert(part)
        let attempt = Simulation(smaller).run()
        guard attempt.failure != nil else { continue }
        (options, outcome, hasChanged) = (smaller, attempt, true)
      }
    }
    return (options, outcome)
  }
}
