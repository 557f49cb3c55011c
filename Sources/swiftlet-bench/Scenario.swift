import ArgumentParser

/// What a load does to a broker.
enum Scenario: String, CaseIterable, ExpressibleByArgument, Codable {
  case pairs
  case fanIn = "fan-in"
  case fanOut = "fan-out"
  case latency
  case queue
  case connect
  case handshake
  case idle
  case retained
}

/// A scenario with its figures.
struct Trial {
  var scenario: Scenario
  var endpoint: Endpoint
  var qos: UInt8 = 0
  var size = 64
  var clients = 10
  var underWay = 100
  var seconds = 2.0
  var warmUpSeconds = 0.3
  var version: Packets.Version = 4
  var rate = 5_000
  var messages = 50_000
  var spins = false
  /// Connections that are open beside the load, and do nothing.
  var bystanders = 0
  var broker: BrokerProcess?

  var handshake: Handshake { Handshake(endpoint: endpoint, version: version) }
  var common: LoadPlan.Common { LoadPlan.Common(qos: qos, size: size, version: version) }

  /// What a publisher may have under way; brokers take 20 exchanges at once from one client.
  private var window: Int {
    let isLimited = scenario != .fanIn && (qos == 2 || qos == 1 && version == 5)
    return isLimited ? min(underWay, 20) : underWay
  }

  /// Makes the run; what the broker does wrong is in the outcome.
  func run() -> Outcome {
    var outcome = Outcome()
    outcome.residentKiBAtStart = broker?.residentKiB
    do {
      let bystanders = try Bystanders(bystanders, handshake)
      defer { outcome.failure = outcome.failure ?? bystanders.complaint }
      switch scenario {
      case .pairs: try flow(.pairs(clients, window: window, common), &outcome)
      case .fanIn: try flow(.fanIn(clients, window: max(1, window / clients), common), &outcome)
      case .fanOut: try flow(.fanOut(clients, window: window, common), &outcome)
      case .latency: try latency(&outcome)
      case .queue: try queue(&outcome)
      case .connect: try connections(&outcome)
      case .handshake: try handshakes(&outcome)
      case .idle: try idle(&outcome)
      case .retained: try retained(&outcome)
      }
    } catch {
      outcome.failure = "\(error)"
      if let broker, !broker.isAlive { outcome.failure = "the broker's process ended (\(error))" }
    }
    outcome.scenario = scenario.rawValue
    return outcome
  }

  /// Messages as fast as they go.
  func flow(_ plan: LoadPlan, _ outcome: inout Outcome) throws {
    let load = Load(plan)
    load.spins = spins
    try load.connect(handshake, tag: "bench")
    measure(load, &outcome)
  }

  /// Messages at a fixed rate, and how long each takes.
  private func latency(_ outcome: inout Outcome) throws {
    var plan = LoadPlan.pairs(clients, window: 16_384, common)
    plan.rate = rate
    let load = Load(plan)
    load.spins = spins
    try load.connect(handshake, tag: "bench")
    load.schedule = Schedule(start: monotonicNow(), rate: Double(rate))
    measure(load, &outcome)
    outcome.figures["rate"] = Double(rate)
  }

  private func measure(_ load: Load, _ outcome: inout Outcome) {
    load.run(until: monotonicNow() + UInt64(warmUpSeconds * 1e9))
    load.latency.reset()
    let before = load.tally.delivered
    let meter = Meter(broker, spun: load.spun)
    load.run(until: monotonicNow() + UInt64(seconds * 1e9))
    meter.read(into: &outcome, count: load.tally.delivered - before, spun: load.spun)
    outcome.take(load.latency)
    load.isPublishing = false
    load.run(until: monotonicNow() + 10_000_000_000) { load.underWay == 0 }
    outcome.take(load.tally, published: load.published)
    if outcome.failure == nil { outcome.failure = load.failure }
    if outcome.failure == nil, load.underWay > 0 {
      outcome.failure = "\(load.underWay) messages never came"
    }
  }
}
