import Simulator

#if canImport(Glibc)
  import Glibc
#else
  import Musl
#endif

/// `swiftlet-simulate [seed=N] [runs=N] [pace=MS] [seconds=N] [without=NAME,…] [marks=FILE]`
@main struct Main {
  static func main() {
    let words = Words(CommandLine.arguments.dropFirst())
    catchTraps()
    var report = Report()
    let first = words.number("seed") ?? UInt64.random(in: 1...1_000_000_000)
    for seed in first..<first + (words.number("runs") ?? 1) {
      var options = Options(seed: seed)
      if let pace = words.number("pace") { options.pace = Int(pace) }
      if let seconds = words.number("seconds") { options.seconds = Int(seconds) }
      options.without = words.list("without")
      report.run(options, isShrinking: words.number("shrink") != 0, depth: words.number("depth"))
      if report.failures > 0 && words.number("first") == 1 { break }
    }
    report.close()
    let isComplete = report.compare(with: words["marks"], isWriting: words["write"] == "1")
    if report.failures > 0 || !isComplete { exit(1) }
  }
}

/// The words `name=value` of a command line.
struct Words {
  private var values: [String: String] = [:]

  init(_ arguments: ArraySlice<String>) {
    for argument in arguments {
      let parts = argument.split(separator: "=", maxSplits: 1)
      if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
    }
  }

  subscript(name: String) -> String? { values[name] }

  /// A number; with an `h` behind it so many hours, in seconds.
  func number(_ name: String) -> UInt64? {
    guard let text = values[name] else { return nil }
    return text.hasSuffix("h") ? UInt64(text.dropLast()).map { $0 * 3600 } : UInt64(text)
  }

  func list(_ name: String) -> Set<String> {
    Set((values[name] ?? "").split(separator: ",").map(String.init))
  }
}
