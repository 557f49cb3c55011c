import Histogram

/// The clocks of a run: of the wall, of the broker's process and of this one.
struct Meter {
  let broker: BrokerProcess?
  private let wall = monotonicNow()
  private let own = ownTime()
  private let ownWait = BrokerProcess.ownWait
  private let times: BrokerProcess.Times?

  private let spun: UInt64

  init(_ broker: BrokerProcess?, spun: UInt64 = 0) {
    self.broker = broker
    self.spun = spun
    times = broker?.times
  }

  /// Writes down what has passed since the meter was made, and judges the run by it.
  ///
  /// What the load spun away in vain it did not need.
  func read(
    into outcome: inout Outcome, count: UInt64, spun spunNow: UInt64 = 0, isJudged: Bool = true
  ) {
    let after = broker?.times
    let elapsed = Double(monotonicNow() - wall)
    outcome.seconds = elapsed / 1e9
    outcome.perSecond = Double(count) / outcome.seconds
    outcome.delivered = count
    outcome.loadBusy = max(0, Double(ownTime() - own) - Double(spunNow - spun)) / elapsed
    outcome.loadDisturbed = Double(BrokerProcess.ownWait - ownWait) / elapsed
    if let times, let after {
      let ran = Double(after.ran - times.ran)
      outcome.brokerBusy = ran / elapsed
      outcome.brokerDisturbed = Double(after.waited - times.waited) / elapsed
      outcome.brokerMicroseconds = count > 0 ? ran / 1000 / Double(count) : nil
    }
    outcome.residentKiBAtEnd = broker?.residentKiB
    judge(&outcome, isJudged)
  }

  private func judge(_ outcome: inout Outcome, _ isJudged: Bool) {
    if isJudged, outcome.loadBusy >= 0.95, let busy = outcome.brokerBusy, busy < 0.9 {
      outcome.invalid = "the load was the limit"
    }
    if let broker, !broker.isAlive { outcome.failure = "the broker's process ended" }
  }
}

extension Outcome {
  mutating func take(_ tally: Tally, published: UInt64) {
    self.published = published
    lost = tally.lost
    duplicated = tally.duplicated
    outOfOrder = tally.outOfOrder
    wrong = tally.wrong
    refused = tally.refused
  }

  mutating func take(_ histogram: Histogram<UInt64>) {
    guard histogram.totalCount > 0 else { return }
    func microseconds(_ percentile: Double) -> Double {
      Double(histogram.valueAtPercentile(percentile)) / 1000
    }
    latency = Latency(
      p50: microseconds(50), p90: microseconds(90), p99: microseconds(99),
      p999: microseconds(99.9), most: Double(histogram.max) / 1000)
  }
}
