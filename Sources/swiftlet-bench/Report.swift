import Foundation

/// The figures of a comparison in Markdown.
struct Report {
  let comparison: Comparison
  let results: Comparison.Results

  var markdown: String {
    [
      heading, speed, cost, bystanders, connections, latency, problems,
    ].joined(separator: "\n")
  }

  private var names: [String] { comparison.contenders.map(\.name) }
  private var rows: [(row: Row, outcomes: [String: [Outcome]])] {
    zip(comparison.rows, results).map { ($0, $1) }
  }

  private var heading: String {
    """
    # Bench

    Each broker on one core, the load on another; MQTT \(comparison.version == 5 ? "5" : "3.1.1"), \
    64 bytes of payload unless said otherwise; \(comparison.repetitions) × \
    \(String(format: "%.1f", comparison.seconds)) s each, the brokers taking turns: median \
    (least–most) of the runs that other programs left alone, if any. "Under way" is sent and not yet delivered. Every message is checked. All brokers \
    get `set_tcp_nodelay true`, `max_inflight_messages 20` (unless said otherwise) and `max_queued_messages 0`; "mosquitto \
    as it comes" is without the first. "≥": the load was the limit. "~": other programs took more \
    than 3 % of a core (0.3 % for latency).

    """
  }

  // MARK: Tables

  private var speed: String {
    var table = Table(["messages delivered per second"] + names + ["ratio", "target", ""])
    for (row, outcomes) in rows where row.isAboutSpeed {
      let ratio = ratio(outcomes, \.perSecond)
      table.add(
        [row.name] + names.map { cell(outcomes[$0], { $0.perSecond }, Report.count) }
          + verdict(ratio, row.target.map { ("≥ \(Report.short($0))×", (ratio ?? 0) >= $0) }))
    }
    return "## Speed\n\n" + table.markdown
  }

  private var cost: String {
    var table = Table(
      ["broker's core, µs per message"] + names + ["mosquitto / Swiftlet", "load busy"])
    for (row, outcomes) in rows where row.isAboutSpeed {
      let load = median((outcomes["Swiftlet"] ?? []).map(\.loadBusy))
      table.add(
        [row.name]
          + names.map { cell(outcomes[$0], { $0.brokerMicroseconds }, Report.microseconds) }
          + [
            ratio(outcomes, \.brokerMicroseconds).map { Report.short(1 / $0) + "×" } ?? "–",
            load.map { "\(Int($0 * 100)) %" } ?? "–",
          ])
    }
    return """
      ## Cost

      This says more than the speed when other programs disturbed the runs: a message costs the \
      broker the same. "load busy" is the load's share of its core while it drove Swiftlet.

      \(table.markdown)
      """
  }

  /// What is left of the speed, and how much more a message costs, with idle connections.
  private var bystanders: String {
    var table = Table(
      ["with idle connections, as a part of that without"] + names + ["target", ""])
    for (row, outcomes) in rows {
      guard let without = rows.first(where: { $0.row.name == row.alone })?.outcomes else {
        continue
      }
      let figures: [(String, (Outcome) -> Double?)] =
        row.isAboutSpeed
        ? [("speed", \.perSecond), ("broker's core per message", \.brokerMicroseconds)]
        : [("broker's core per message", \.brokerMicroseconds)]
      for (title, value) in figures {
        let shares = names.map { share(outcomes[$0], without[$0], value) }
        let ours = zip(names, shares).first { $0.0 == "Swiftlet" }?.1 ?? 0
        let isJudged = title == "speed"
        table.add(
          ["\(row.name): \(title)"] + shares.map { $0.map(Report.short) ?? "–" }
            + (isJudged ? ["≥ 0.95", ours >= 0.95 ? "met" : "missed"] : ["", ""]))
      }
    }
    return "## Idle connections beside\n\n" + table.markdown
  }

  private func share(
    _ outcomes: [Outcome]?, _ without: [Outcome]?, _ value: (Outcome) -> Double?
  ) -> Double? {
    guard let with = median(best(outcomes ?? []).compactMap(value)),
      let alone = median(best(without ?? []).compactMap(value)), alone > 0
    else { return nil }
    return with / alone
  }

  private var connections: String {
    var table = Table(["connections and memory"] + names + ["ratio", "target", ""])
    for (row, outcomes) in rows where row.isAboutConnecting {
      let ratio = ratio(outcomes, \.brokerMicroseconds)
      table.add(
        ["broker's core, µs per connection (\(row.name))"]
          + names.map { cell(outcomes[$0], { $0.brokerMicroseconds }, Report.microseconds) }
          + verdict(ratio, row.target.map { ("≤ \(Report.short($0))×", (ratio ?? 9) <= $0) }))
    }
    for (row, outcomes) in rows where row.scenario == .idle {
      for figure in figures(of: outcomes) {
        table.add(
          ["\(row.name): \(figure)"]
            + names.map { cell(outcomes[$0], { $0.figures[figure] }, Report.short) }
            + verdict(ratio(outcomes, { $0.figures[figure] }), nil))
      }
      let start: (Outcome) -> Double? = { $0.residentKiBAtStart.map(Double.init) }
      table.add(
        ["\(row.name): resident KiB at start"]
          + names.map { cell(outcomes[$0], start, { String(format: "%.0f", $0) }) }
          + verdict(ratio(outcomes, start), nil))
    }
    for (row, outcomes) in rows where row.scenario == .retained || row.scenario == .queue {
      for figure in figures(of: outcomes) {
        table.add(
          ["\(row.name): \(figure)"]
            + names.map { cell(outcomes[$0], { $0.figures[figure] }, Report.count) }
            + verdict(ratio(outcomes, { $0.figures[figure] }), nil))
      }
    }
    return "## Connections and memory\n\n" + table.markdown
  }

  private var latency: String {
    var table = Table(["µs from time to send to arrival"] + names + ["ratio", "target", ""])
    for (row, outcomes) in rows where row.scenario == .latency {
      let columns: [(String, (Outcome.Latency) -> Double)] = [
        ("p50", \.p50), ("p99", \.p99), ("p99.9", \.p999),
      ]
      for (name, value) in columns {
        let ratio = ratio(outcomes, { $0.latency.map(value) })
        let target = name == "p99" ? row.target : nil
        table.add(
          ["\(row.name): \(name)"]
            + names.map { cell(outcomes[$0], { $0.latency.map(value) }, Report.short) }
            + verdict(ratio, target.map { ("≤ \(Report.short($0))×", (ratio ?? 9) <= $0) }))
      }
      table.add(
        ["\(row.name): broker's core, µs per message"]
          + names.map { cell(outcomes[$0], { $0.brokerMicroseconds }, Report.microseconds) }
          + verdict(ratio(outcomes, \.brokerMicroseconds), nil))
    }
    return "## Latency\n\n" + table.markdown
  }

  private var problems: String {
    var lines: [String] = []
    for (row, outcomes) in rows {
      for name in names {
        for (run, outcome) in (outcomes[name] ?? []).enumerated() {
          guard let complaint = outcome.complaint else { continue }
          lines.append("- \(row.name), \(name), run \(run + 1): \(complaint)")
        }
      }
    }
    if lines.isEmpty { lines = ["None: every message came once and in order."] }
    return "## Problems\n\n" + lines.joined(separator: "\n") + "\n"
  }

  // MARK: Cells

  private func figures(of outcomes: [String: [Outcome]]) -> [String] {
    Set(outcomes.values.joined().flatMap(\.figures.keys)).sorted()
  }

  private func cell(
    _ outcomes: [Outcome]?, _ value: (Outcome) -> Double?, _ format: (Double) -> String
  ) -> String {
    guard let outcomes = outcomes.map(best) else { return "–" }
    let values = outcomes.filter { $0.failure == nil }.compactMap(value).sorted()
    guard let middle = median(values), let least = values.first, let most = values.last else {
      return outcomes.contains { $0.failure != nil } ? "failed" : "–"
    }
    var text = outcomes.contains(where: \.isDisturbed) ? "~" : ""
    if outcomes.contains(where: { $0.invalid != nil }) { text += "≥" }
    text += format(middle)
    if values.count > 1 { text += " (\(format(least))–\(format(most)))" }
    return text
  }

  /// The runs that other programs left alone, or all if there is none.
  private func best(_ outcomes: [Outcome]) -> [Outcome] {
    let quiet = outcomes.filter { !$0.isDisturbed }
    return quiet.isEmpty ? outcomes : quiet
  }

  private func ratio(_ outcomes: [String: [Outcome]], _ value: (Outcome) -> Double?) -> Double? {
    guard let ours = median(best(outcomes["Swiftlet"] ?? []).compactMap(value)),
      let theirs = median(best(outcomes["mosquitto"] ?? []).compactMap(value)), theirs > 0
    else { return nil }
    return ours / theirs
  }

  private func verdict(_ ratio: Double?, _ target: (text: String, isMet: Bool)?) -> [String] {
    [
      ratio.map { Report.short($0) + "×" } ?? "–", target?.text ?? "",
      target.map { $0.isMet ? "met" : "missed" } ?? "",
    ]
  }

  // MARK: Numbers

  static func count(_ value: Double) -> String {
    switch value {
    case 10_000_000...: String(format: "%.1f M", value / 1e6)
    case 1_000_000...: String(format: "%.2f M", value / 1e6)
    case 10_000...: String(format: "%.0f k", value / 1e3)
    default: String(format: "%.0f", value)
    }
  }

  static func microseconds(_ value: Double) -> String {
    String(format: value < 1 ? "%.3f" : value < 10 ? "%.2f" : "%.1f", value)
  }

  static func short(_ value: Double) -> String {
    String(format: value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value)
  }
}

/// The one in the middle.
func median(_ values: [Double]) -> Double? {
  guard !values.isEmpty else { return nil }
  let sorted = values.sorted()
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/// A table of Markdown.
struct Table {
  private var lines: [String]

  init(_ titles: [String]) {
    lines = [Table.line(titles), Table.line(titles.indices.map { $0 == 0 ? "---" : "---:" })]
  }

  mutating func add(_ cells: [String]) { lines.append(Table.line(cells)) }

  var markdown: String { lines.joined(separator: "\n") + "\n" }

  private static func line(_ cells: [String]) -> String {
    "| " + cells.joined(separator: " | ") + " |"
  }
}
