import ArgumentParser
import CBench

/// `swiftlet-bench relay`: what copying alone costs.
struct RelayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relay", abstract: "Copies bytes from publishers to subscribers, unread.")

  @Option(help: "The port to listen on.") var port: UInt16 = 1884

  func run() throws {
    raiseDescriptorLimit()
    try Relay(port: port).run()
  }
}
