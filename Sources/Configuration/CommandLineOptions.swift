import Memory

/// What the command line says, taken up argument by argument.
package struct CommandLineOptions: BitwiseCopyable {
  /// The path of the configuration file (`-c`); empty when there is none.
  package private(set) var configurationFile = ShortText()
  /// Whether to go on in the background (`-d`).
  package private(set) var isDaemon = false
  /// Whether every kind of line is logged, whatever the file says (`-v`).
  package private(set) var isVerbose = false
  /// Whether nothing is logged, whatever the file and `-v` say (`-q`).
  package private(set) var isQuiet = false
  /// Whether to show the usage and end (`-h`).
  package private(set) var showsHelp = false
  /// Whether to show the version and end (`--version`).
  package private(set) var showsVersion = false
  /// Whether to show the plan of the memory and end (`--plan`).
  package private(set) var showsPlan = false
  /// Whether to check the configuration and end (`--test-config`).
  package private(set) var testsConfiguration = false
  /// How many ports were given (`-p`), at most 10.
  package private(set) var portCount = 0
  private var ports = InlineArray<10, UInt16>(repeating: 0)
  /// The option whose value is the next argument.
  private var pending: Option?

  /// What holds for an empty command line.
  package init() {}

  /// One of the ports that were given; the index must be below their count.
  package func port(at index: Int) -> UInt16 {
    precondition(index >= 0 && index < portCount)
    return ports[index]
  }

  /// Takes up the next argument; the name of the program is none.
  package mutating func consume(_ argument: Span<UInt8>) throws(CommandLineError) {
    if let option = pending {
      pending = nil
      return try set(option, to: argument)
    }
    guard let option = Option.named(argument) else { throw .quoting("Unknown option") }
    option.takesValue ? pending = option : set(option)
  }

  /// Checks that the last option has its value; to be called after the last argument.
  package func finish() throws(CommandLineError) {
    switch pending {
    case .configurationFile: throw .missingFile
    case .port: throw .missingPort
    default: return
    }
  }

  private mutating func set(_ option: Option) {
    switch option {
    case .daemon: isDaemon = true
    case .verbose: isVerbose = true
    case .quiet: isQuiet = true
    case .help: showsHelp = true
    case .version: showsVersion = true
    case .plan: showsPlan = true
    case .testConfiguration: testsConfiguration = true
    case .configurationFile, .port: break
    }
  }

  private mutating func set(
    _ option: Option, to value: Span<UInt8>
  ) throws(CommandLineError) {
    guard option == .configurationFile else { return try addPort(value) }
    guard configurationFile.isEmpty else { throw .quoting("-c was already given, before") }
    guard !value.isEmpty else { throw .missingFile }
    guard let path = ShortText(value), value.count < 255 else {
      throw .plain("The path of the config file has more than 254 bytes")
    }
    configurationFile = path
  }

  private mutating func addPort(_ value: Span<UInt8>) throws(CommandLineError) {
    guard let port = value.number, port >= 1, port <= 65_535 else {
      throw .quoting("Invalid port specified")
    }
    guard portCount < ports.count else {
      throw .plain("Only 10 ports can be specified on the command line")
    }
    ports[portCount] = UInt16(port)
    portCount += 1
  }
}
