import CBench
import Glibc

/// Connections that come and go, or only stay.
extension Trial {
  /// Connect, CONNACK, DISCONNECT, closed by the broker: again and again, `clients` at once.
  func connections(_ outcome: inout Outcome) throws {
    let churn = try Churn(self)
    try churn.run(until: monotonicNow() + UInt64(warmUpSeconds * 1e9))
    let before = churn.completed
    let meter = Meter(broker)
    try churn.run(until: monotonicNow() + UInt64(seconds * 1e9))
    meter.read(into: &outcome, count: churn.completed - before, isJudged: false)
    outcome.published = churn.completed
    outcome.failure = outcome.failure ?? churn.failure
  }

  /// Handshake, CONNACK, DISCONNECT, closed by the broker: one after the other, since it is the
  /// time of the broker's core that is asked for.
  func handshakes(_ outcome: inout Outcome) throws {
    try handshakes(until: monotonicNow() + UInt64(warmUpSeconds * 1e9), &outcome)
    outcome.published = 0
    let meter = Meter(broker)
    try handshakes(until: monotonicNow() + UInt64(seconds * 1e9), &outcome)
    meter.read(into: &outcome, count: outcome.published, isJudged: false)
  }

  private func handshakes(until deadline: UInt64, _ outcome: inout Outcome) throws {
    while monotonicNow() < deadline {
      let descriptor = try handshake.connect(identifier: "bench-handshake")
      let isFirst = outcome.published == 0
      if endpoint.resumes, !isFirst, !bench_was_resumed(descriptor) {
        outcome.failure = "the broker did not resume a session"
      }
      try handshake.disconnect(descriptor)
      outcome.published += 1
    }
  }

  /// Connections with one subscription each that do nothing, and what the broker needs for them.
  func idle(_ outcome: inout Outcome) throws {
    guard let broker else { throw Failure("the broker's process is not known: --pid") }
    let start = broker.residentKiB
    let bystanders = try Bystanders(0, handshake)
    for count in [clients / 5, clients] {
      try bystanders.grow(to: count, handshake)
      outcome.figures["resident bytes per connection, \(count)"] =
        Double(broker.residentKiB - start) * 1024 / Double(count)
    }
    usleep(300_000)
    let wakeUps = broker.wakeUps
    let meter = Meter(broker)
    usleep(UInt32(seconds * 1e6))
    meter.read(into: &outcome, count: 0)
    outcome.figures["while idle: wake-ups per second"] =
      Double(broker.wakeUps - wakeUps) / outcome.seconds
    outcome.figures["while idle: microseconds of a core per second"] =
      (outcome.brokerBusy ?? 0) * 1e6
    outcome.published = UInt64(clients)
    outcome.failure = bystanders.complaint
  }
}

/// Connections with one subscription each that do nothing.
final class Bystanders {
  private var descriptors: [Int32] = []

  init(_ count: Int, _ handshake: Handshake) throws {
    try grow(to: count, handshake)
  }

  deinit { descriptors.forEach { bench_close($0) } }

  func grow(to count: Int, _ handshake: Handshake) throws {
    while descriptors.count < count {
      let index = descriptors.count
      let descriptor = try handshake.connect(identifier: "bench-idle-\(index)")
      descriptors.append(descriptor)
      try handshake.subscribe(descriptor, to: "bench/idle/\(index)", qos: 0)
    }
  }

  /// That the broker has closed one.
  var complaint: String? {
    for (index, descriptor) in descriptors.enumerated() {
      var byte: UInt8 = 0
      let count = recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT))
      if count == 0 { return "the broker closed idle connection \(index)" }
    }
    return nil
  }
}

/// Connections that end as soon as they are answered, some at once.
private final class Churn {
  private let endpoint: Endpoint
  private let packets: [[UInt8]]
  private let width: Int
  private let epoll = epoll_create1(0)
  private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: 512)
  private var slots: [Int32: (slot: Int, step: Step)] = [:]
  private(set) var completed: UInt64 = 0
  private(set) var failure: String?

  private enum Step { case connecting, connected, disconnecting }

  init(_ trial: Trial) throws {
    endpoint = trial.endpoint
    width = trial.clients
    packets = (0..<trial.clients).map {
      Packets.connect(identifier: "bench-churn-\($0)", version: trial.version)
    }
  }

  func run(until deadline: UInt64) throws {
    if slots.isEmpty { for slot in 0..<width { try begin(slot) } }
    var lastProgress = monotonicNow()
    while failure == nil, monotonicNow() < deadline {
      let before = completed
      let count = epoll_wait(epoll, events, 512, 20)
      for index in 0..<max(0, Int(count)) { try advance(Int32(events[index].data.u32)) }
      if completed != before { lastProgress = monotonicNow() }
      if monotonicNow() > lastProgress + 5_000_000_000 {
        failure = "no connection was answered for 5 seconds, after \(completed)"
      }
    }
  }

  private func begin(_ slot: Int) throws {
    let descriptor = try endpoint.startConnecting()
    slots[descriptor] = (slot, .connecting)
    _ = bench_epoll(epoll, EPOLL_CTL_ADD, descriptor, EPOLLOUT.rawValue, UInt32(descriptor))
  }

  private func advance(_ descriptor: Int32) throws {
    guard let (slot, step) = slots[descriptor] else { return }
    switch step {
    case .connecting:
      send(descriptor, packets[slot])
      slots[descriptor] = (slot, .connected)
      _ = bench_epoll(epoll, EPOLL_CTL_MOD, descriptor, EPOLLIN.rawValue, UInt32(descriptor))
    case .connected:
      guard receive(descriptor) >= 4 else {
        failure = "a CONNECT was not answered, after \(completed)"
        return
      }
      send(descriptor, Packets.disconnect)
      slots[descriptor] = (slot, .disconnecting)
    case .disconnecting:
      guard receive(descriptor) == 0 else { return }
      slots[descriptor] = nil
      // The broker closed first; so no port of ours has to wait.
      closeAtOnce(descriptor)
      completed += 1
      try begin(slot)
    }
  }

  private func send(_ descriptor: Int32, _ bytes: [UInt8]) {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count != bytes.count { failure = "\(Failure.call("write")), after \(completed) connections" }
  }

  private func receive(_ descriptor: Int32) -> Int {
    var bytes: (UInt64, UInt64) = (0, 0)
    return read(descriptor, &bytes, 16)
  }

  deinit {
    slots.keys.forEach { closeAtOnce($0) }
    close(epoll)
  }
}
