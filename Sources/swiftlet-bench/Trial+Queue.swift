/// Messages that wait in the broker.
extension Trial {
  /// Messages for a Client that is away, and how fast it gets them when it is back.
  func queue(_ outcome: inout Outcome) throws {
    var trial = self
    trial.qos = max(1, qos)
    var plan = LoadPlan.pairs(
      1, window: min(underWay, trial.qos == 2 || version == 5 ? 20 : 100), trial.common)
    plan.receiversPerMessage = 0
    let name = "bench-away"
    // What an earlier run left is discarded.
    try handshake.disconnect(try handshake.connect(identifier: name))
    let away = try handshake.connect(identifier: name, keepsSession: true)
    try handshake.subscribe(away, to: plan.filter(0), qos: trial.qos)
    try handshake.disconnect(away)

    let load = Load(plan)
    load.timedMask = .max
    load.spins = spins
    load.addPublisher(0, try handshake.connect(identifier: "bench-publisher"))
    load.clients[0].outbox?.end = UInt64(messages)
    let started = monotonicNow()
    let isFilled = load.run(until: started + 60_000_000_000) {
      load.published == messages && load.underWay == 0
    }
    outcome.figures["filled per second"] = Double(messages) / Double(monotonicNow() - started) * 1e9
    outcome.figures["resident KiB while queued"] = broker.map { Double($0.residentKiB) }
    if isFilled {
      drain(load, name, &outcome)
    } else {
      outcome.failure = load.failure ?? "the queue was not filled in time"
    }
    outcome.take(load.tally, published: load.published)
    if outcome.failure == nil {
      try handshake.disconnect(try handshake.connect(identifier: name))
    }
  }

  private func drain(_ load: Load, _ name: String, _ outcome: inout Outcome) {
    let meter = Meter(broker, spun: load.spun)
    do {
      load.addSubscriber(0, try handshake.connect(identifier: name, keepsSession: true))
    } catch {
      outcome.failure = "the Client could not come back: \(error)"
      return
    }
    var delivered: UInt64 = 0
    var lastProgress = monotonicNow()
    let isDrained = load.run(until: .max) {
      if load.tally.delivered != delivered {
        delivered = load.tally.delivered
        lastProgress = load.now
      }
      return delivered >= messages || load.now > lastProgress + 5_000_000_000
    }
    meter.read(into: &outcome, count: delivered, spun: load.spun)
    // The last acknowledgements are still to be sent, and nothing may follow.
    load.run(until: monotonicNow() + 200_000_000)
    outcome.failure = outcome.failure ?? load.failure
    if outcome.failure == nil, !isDrained || delivered < messages {
      outcome.failure = "only \(delivered) of \(messages) messages came"
    }
  }

  /// Retained messages, each under a topic of its own, and how fast a new subscriber gets them.
  func retained(_ outcome: inout Outcome) throws {
    let publisher = try handshake.connect(identifier: "bench-retains")
    let before = broker?.residentKiB
    try retain(on: publisher, payload: Payload.template(publisher: 0, size: size))
    if let before, let broker {
      outcome.figures["resident bytes per retained message"] =
        Double(broker.residentKiB - before) * 1024 / Double(messages)
    }
    var plan = LoadPlan.fanIn(1, window: 1, common)
    plan.filter = { _ in "bench/retained/+" }
    plan.qos = 0
    let load = Load(plan)
    load.timedMask = .max
    load.takesAnySequence = true
    let descriptor = try handshake.connect(identifier: "bench-hears")
    let meter = Meter(broker)
    try handshake.subscribe(descriptor, to: plan.filter(0), qos: 0)
    load.addSubscriber(0, descriptor)
    let all = load.run(until: monotonicNow() + 20_000_000_000) {
      load.tally.delivered >= messages
    }
    meter.read(into: &outcome, count: load.tally.delivered)
    outcome.take(load.tally, published: UInt64(messages))
    outcome.failure = outcome.failure ?? load.failure
    if outcome.failure == nil, !all {
      outcome.failure = "only \(load.tally.delivered) of \(messages) retained messages came"
    }
    try retain(on: publisher, payload: [])
    try handshake.disconnect(publisher)
  }

  /// Publishes under all topics, with QoS 1 so that the last answer says that all are kept.
  private func retain(on descriptor: Int32, payload: [UInt8]) throws {
    for first in stride(from: 0, to: messages, by: 100) {
      let last = min(first + 100, messages)
      var packets: [UInt8] = []
      for message in first..<last {
        packets += Packets.publish(
          topic: "bench/retained/\(100_000 + message)", payload: payload, qos: 1,
          identifier: UInt16(message % 65_535 + 1), version: version, retained: true)
      }
      try sendAll(descriptor, packets)
      for _ in first..<last {
        let answer = try handshake.packet(descriptor)
        guard answer.header == 0x40, answer.body.count < 3 || answer.body[2] < 0x80 else {
          throw Failure("a retained message was answered with \(answer.header) \(answer.body)")
        }
      }
    }
  }
}
