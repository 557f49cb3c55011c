import ArgumentParser
import CBench
import Foundation

/// `swiftlet-bench run`: one scenario against a broker that runs already.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs one scenario against a running broker.")

  @Option(help: "Where the broker listens.") var host = "127.0.0.1"
  @Option(help: "Its port.") var port: UInt16 = 1883
  @Option(help: "One of \(Scenario.allCases.map(\.rawValue).joined(separator: ", ")).")
  var scenario = Scenario.pairs
  @Option(help: "QoS of the messages and the subscriptions.") var qos: UInt8 = 0
  @Option(help: "Bytes of a payload, at least \(Payload.smallest).") var size = 64
  @Option(help: "Pairs, publishers, subscribers or connections, as the scenario has it.")
  var clients = 10
  @Option(help: "Messages sent and not yet delivered: of each publisher, fan-in: of all.")
  var underWay = 100
  @Option(help: "How long to measure.") var seconds = 2.0
  @Option(help: "4 is MQTT 3.1.1, 5 is MQTT 5.") var version: UInt8 = 4
  @Option(help: "Messages a second, for latency.") var rate = 5_000
  @Option(help: "Messages, for queue and retained.") var messages = 50_000
  @Option(help: "Connections that are open beside the load, and do nothing.") var idle = 0
  @Option(help: "The broker's process, if it is here: its time and memory are measured.")
  var pid: Int32?
  @Option(help: "The core to stay on.") var core: Int32?
  @Option(help: "One of \(Transport.allCases.map(\.rawValue).joined(separator: ", ")).")
  var transport = Transport.plain
  @Flag(help: "Never sleep: the broker then does not pay for waking the load.") var spin = false
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    guard qos <= 2, version == 4 || version == 5, clients > 0, underWay > 0, underWay <= 32_768,
      size >= Payload.smallest, seconds > 0, rate > 0
    else { throw ValidationError("A figure is out of its range.") }
  }

  func run() throws {
    raiseDescriptorLimit()
    if let core { _ = bench_pin(core) }
    var trial = Trial(scenario: scenario, endpoint: try Endpoint(host: host, port: port))
    trial.endpoint.transport = transport
    trial.qos = qos
    trial.size = size
    trial.clients = clients
    trial.underWay = underWay
    trial.seconds = seconds
    trial.version = version
    trial.rate = rate
    trial.messages = messages
    trial.spins = spin
    trial.bystanders = idle
    trial.broker = BrokerProcess(pid)
    let outcome = trial.run()
    print(json ? try outcome.json() : outcome.lines)
    if outcome.complaint != nil { throw ExitCode.failure }
  }
}

extension Outcome {
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// The outcome for people, a figure a line.
  var lines: String {
    var lines = [
      String(format: "%@: %.0f/s, %lu in %.2f s", scenario, perSecond, delivered, seconds)
    ]
    if let brokerBusy, let brokerMicroseconds {
      lines.append(
        String(
          format: "broker: %.0f %% busy, %.3f µs each, %.0f %% disturbed", brokerBusy * 100,
          brokerMicroseconds, (brokerDisturbed ?? 0) * 100))
    }
    lines.append(
      String(
        format: "load: %.0f %% busy, %.0f %% disturbed", loadBusy * 100, loadDisturbed * 100))
    if let latency {
      lines.append(
        String(
          format: "latency µs: p50 %.1f p90 %.1f p99 %.1f p99.9 %.1f most %.1f", latency.p50,
          latency.p90, latency.p99, latency.p999, latency.most))
    }
    if let from = residentKiBAtStart, let to = residentKiBAtEnd {
      lines.append("resident: \(from) KiB before, \(to) KiB after")
    }
    lines += figures.sorted { $0.key < $1.key }.map { String(format: "%@: %.2f", $0.key, $0.value) }
    if let invalid { lines.append("INVALID: \(invalid)") }
    lines.append(complaint.map { "BROKER: \($0)" } ?? "every message arrived once and in order")
    return lines.joined(separator: "\n")
  }
}
