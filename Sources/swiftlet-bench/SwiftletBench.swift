import ArgumentParser

/// Loads MQTT brokers and says how they bore it.
@main
struct SwiftletBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swiftlet-bench", abstract: "Measures MQTT brokers.",
    subcommands: [RunCommand.self, CompareCommand.self, RelayCommand.self])
}
