import Foundation

/// Several brokers under the same loads, taking turns.
struct Comparison {
  var contenders: [Contender]
  var rows: [Row]
  var repetitions: Int
  var seconds: Double
  var brokerCore: Int32?
  var loadCore: Int32?
  var folder: String
  /// A run is made again, so many times, when other programs took too much of a core.
  var retries: Int
  var patience: Patience
  var version: Packets.Version = 4

  typealias Results = [[String: [Outcome]]]

  /// The outcomes, row by row, of each contender.
  mutating func run() throws -> Results {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    if rows.contains(where: \.transport.hasTLS) { try makeCertificates() }
    var results: Results = []
    for row in rows {
      note(row.name)
      var outcomes: [String: [Outcome]] = [:]
      for _ in 0..<repetitions {
        for contender in contenders where contender.suits(row) {
          let outcome = runQuietly(row, contender)
          note("  \(contender.name): \(outcome.headline)")
          outcomes[contender.name, default: []].append(outcome)
        }
      }
      results.append(outcomes)
    }
    return results
  }

  private func makeCertificates() throws {
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["Board/certificates.sh", "\(folder)/certificates", "localhost 127.0.0.1"]
    shell.standardOutput = FileHandle.nullDevice
    try shell.run()
    shell.waitUntilExit()
    guard shell.terminationStatus == 0 else { throw Failure("there are no certificates") }
    // A broker that gives up root's rights must read them all the same.
    for file in ["certificates", "certificates/server.key"] {
      chmod("\(folder)/\(file)", 0o755)
    }
  }

  private mutating func runQuietly(_ row: Row, _ contender: Contender) -> Outcome {
    var best: Outcome?
    for _ in 0...retries {
      patience.waitForQuiet()
      let outcome = runOnce(row, contender)
      if best.map({ outcome.disturbance < $0.disturbance }) ?? true { best = outcome }
      if !outcome.isDisturbed || outcome.complaint != nil { return outcome }
      guard patience.milliseconds > 0 else { break }
    }
    return best ?? Outcome()
  }

  private func runOnce(_ row: Row, _ contender: Contender) -> Outcome {
    var outcome = Outcome()
    do {
      let port = try Endpoint.freePort()
      let configuration = "\(folder)/broker.conf"
      try contender.configuration(
        port: port, inflight: row.inflight, transport: row.transport, folder: folder
      ).write(
        toFile: configuration, atomically: true, encoding: .utf8)
      let process = try ChildProcess(
        contender.command(port, configuration), core: brokerCore, thisCore: loadCore,
        log: "\(folder)/brokers.log")
      defer { process.stop() }
      var endpoint = try Endpoint(host: "127.0.0.1", port: port)
      try process.waitUntilItListens(endpoint)
      endpoint.transport = row.transport
      endpoint.resumes = row.resumes
      outcome = trial(row, endpoint, process.identifier).run()
      if let ending = process.ending { outcome.failure = "the broker \(ending)" }
    } catch {
      outcome.failure = "\(error)"
    }
    return outcome
  }

  private func trial(_ row: Row, _ endpoint: Endpoint, _ process: Int32) -> Trial {
    var trial = Trial(scenario: row.scenario, endpoint: endpoint)
    trial.qos = row.qos
    trial.size = row.size
    trial.clients = row.clients
    trial.underWay = row.underWay
    trial.messages = row.messages
    trial.rate = row.rate
    trial.bystanders = row.bystanders
    trial.seconds = seconds
    trial.version = version
    trial.broker = BrokerProcess(process)
    return trial
  }

  private func note(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }
}

extension Outcome {
  /// Other programs took so much of a core that the run is marked; it takes less to spoil the
  /// highest percentiles.
  var isDisturbed: Bool { disturbance >= (latency != nil && loadSpins ? 0.003 : 0.03) }

  private var loadSpins: Bool { scenario == Scenario.latency.rawValue }

  /// The larger share that other programs took of either core.
  var disturbance: Double { max(brokerDisturbed ?? 0, loadDisturbed) }

  fileprivate var headline: String {
    var words = ["\(Int(perSecond))/s"]
    if let brokerMicroseconds { words.append(String(format: "%.3f µs", brokerMicroseconds)) }
    if let latency {
      words.append(String(format: "p50 %.0f p99 %.0f µs", latency.p50, latency.p99))
    }
    if isDisturbed { words.append("disturbed \((disturbance * 1000).rounded() / 10) %") }
    if let invalid { words.append("invalid: \(invalid)") }
    if let complaint { words.append("WRONG: \(complaint)") }
    return words.joined(separator: ", ")
  }
}
