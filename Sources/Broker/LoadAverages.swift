/// Rates per minute over the last 1, 5 and 15 minutes, as an exponential moving average.
struct LoadAverages: BitwiseCopyable {
  /// What is averaged, in the order of `names`.
  static var kinds: Int { 9 }

  private var lastCounts = InlineArray<9, UInt64>(repeating: 0)
  private var averages = InlineArray<27, Double>(repeating: 0)
  private var lastUpdate: UInt64 = 0

  /// Takes the counts as they are at a moment, in milliseconds.
  mutating func update(_ counts: InlineArray<9, UInt64>, at milliseconds: UInt64) {
    let elapsed = Double(milliseconds - lastUpdate) / 60_000
    guard elapsed > 0 else { return }
    for kind in 0..<LoadAverages.kinds {
      let rate = Double(counts[kind] &- lastCounts[kind]) / elapsed
      average(rate, kind, elapsed)
    }
    lastCounts = counts
    lastUpdate = milliseconds
  }

  /// The average in hundredths: `span` 0 is 1 minute, 1 is 5, 2 is 15.
  func hundredths(_ kind: Int, span: Int) -> UInt64 {
    UInt64(max(0, min(averages[kind * 3 + span] * 100, 1e18)))
  }

  private mutating func average(_ rate: Double, _ kind: Int, _ elapsed: Double) {
    let minutes: InlineArray<3, Double> = [1, 5, 15]
    for span in 0..<3 {
      let keep = LoadAverages.exponential(ofNegative: elapsed / minutes[span])
      let old = averages[kind * 3 + span]
      averages[kind * 3 + span] = rate + keep * (old - rate)
    }
  }

  /// e to the power of -x, for x >= 0: by its series where that is quick, after halving x.
  private static func exponential(ofNegative x: Double) -> Double {
    guard x < 40 else { return 0 }
    var halvings = 0
    var small = x
    while small > 0.5 {
      small /= 2
      halvings += 1
    }
    var term = 1.0
    var sum = 1.0
    for power in 1..<14 {
      term *= -small / Double(power)
      sum += term
    }
    for _ in 0..<halvings { sum *= sum }
    return sum
  }
}
