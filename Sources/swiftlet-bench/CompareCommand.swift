import ArgumentParser
import CBench
import Foundation

/// `swiftlet-bench compare`: Swiftlet, Mosquitto and the relay under the same loads.
struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Starts brokers in turn and compares them.")

  @Option(help: "Swiftlet's program.") var swiftlet = ".build/bin/host/swiftlet"
  @Option(help: "Mosquitto's program.") var mosquitto = "/usr/sbin/mosquitto"
  @Option(help: "Where the report, the plot and the figures go.") var folder = ".build/bench"
  @Option(help: "Runs of each broker in each scenario.") var repetitions = 3
  @Option(help: "Seconds of a run.") var seconds = 2.0
  @Option(help: "Only scenarios whose name contains this; may be given several times.")
  var only: [String] = []
  @Option(help: "4 is MQTT 3.1.1, 5 is MQTT 5.") var version: UInt8 = 4
  @Option(help: "Seconds to wait in all for other programs to end.") var patience = 300
  @Option(help: "Nice value of the brokers and the load; below 0 needs the right to it.")
  var nice: Int32 = 0
  @Flag(help: "One short run each.") var quick = false

  func run() throws {
    raiseDescriptorLimit()
    ChildProcess.endWithUs()
    let own = __priority_which_t(PRIO_PROCESS.rawValue)
    if nice != 0, setpriority(own, 0, nice) != 0 { throw Failure.call("nice") }
    let hasTwoCores = ProcessInfo.processInfo.activeProcessorCount > 1
    var contenders = [
      Contender.mosquitto(mosquitto, waitsForMore: false), .swiftlet(swiftlet),
      .relay(ProcessInfo.processInfo.arguments[0]),
    ]
    if !quick { contenders.append(.mosquitto(mosquitto, waitsForMore: true)) }
    var comparison = Comparison(
      contenders: contenders,
      rows: Row.all.filter { row in only.isEmpty || only.contains { row.name.contains($0) } },
      repetitions: quick ? 1 : repetitions, seconds: quick ? 0.7 : seconds,
      brokerCore: hasTwoCores ? 0 : nil, loadCore: hasTwoCores ? 1 : nil, folder: folder,
      retries: quick ? 0 : 2, patience: Patience(seconds: quick ? 5 : patience), version: version)
    if hasTwoCores { _ = bench_pin(1) }
    let results = try comparison.run()
    try write(comparison, results)
  }

  private func write(_ comparison: Comparison, _ results: Comparison.Results) throws {
    let report = Report(comparison: comparison, results: results).markdown
    print(report)
    try report.write(toFile: "\(folder)/report.md", atomically: true, encoding: .utf8)
    let plot = Plot(comparison: comparison, results: results).svg
    try plot.write(toFile: "\(folder)/speed.svg", atomically: true, encoding: .utf8)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let named = zip(comparison.rows, results).map { NamedResult(row: $0.name, outcomes: $1) }
    try encoder.encode(named).write(to: URL(fileURLWithPath: "\(folder)/results.json"))
  }

  private struct NamedResult: Encodable {
    let row: String
    let outcomes: [String: [Outcome]]
  }
}
