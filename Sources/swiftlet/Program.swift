import Access
import Board
import Broker
import CLinux
import Configuration
import Linux
import Memory
import Server

/// All parts put together, and the way from the start to the last turn.
struct Program: ~Copyable {
  private var server: Server<LinuxNetwork, LinuxClock, LinuxConsole, LinuxPasswordHasher>
  private let options: CommandLineOptions
  private let limits: Limits

  /// Carves everything out of the region, and touches none of it.
  @inline(never)
  init(options: CommandLineOptions, seed: UInt64, at now: Instant, in region: inout Region) {
    let limits = Limits()
    self.options = options
    self.limits = limits
    let broker = Broker(limits: limits, policy: Policy(), seed: seed, at: now, in: &region)
    let network = LinuxNetwork(places: broker.places, limits: limits, in: &region)
    let console = LinuxConsole(
      options: options, configurationBytes: limits.configurationBytes, in: &region)
    server = Server(broker: broker, network: network, clock: LinuxClock(), console: console,
      hasher: LinuxPasswordHasher())
  }

  /// Reads the configuration, opens what it names, and turns until it is told to stop.
  ///
  /// Up to the first turn anything may fail, with a reason; from then on nothing may.
  @inline(never)
  mutating func run(plan: borrowing Region) -> Int32 {
    linux_read_time_zone()
    guard server.load({ console, access in console.load(into: &access) }),
      let tls = server.console.loadTLS(of: server.console.settings)
    else { return ExitStatus.usage }
    server.network.adopt(tls)
    if options.testsConfiguration {
      plan.writePlan(to: .output)
      Standard.output.write("Configuration file is OK.\n")
      return ExitStatus.success
    }
    guard server.console.openLog() else { return ExitStatus.failure }
    tell(.information, Broker.version, " starting")
    if options.isVerbose { plan.writePlan(to: .error) }
    raiseDescriptorLimit()
    guard openListeners() else { return ExitStatus.failure }
    guard !options.isDaemon || daemonise() else { return ExitStatus.failure }
    guard startWaiting() else { return ExitStatus.failure }
    writeProcessIdentifier()
    server.start(server.console.configuration)
    tell(.information, Broker.version, " running")
    while !server.isStopped { server.turn() }
    server.finish()
    tell(.information, Broker.version, " stopped")
    removeProcessIdentifier()
    return ExitStatus.success
  }

  private mutating func tell(
    _ level: LogLevel, _ words: StaticString, _ more: StaticString = ""
  ) {
    guard server.console.settings.logTypes.rawValue & level.rawValue != 0 else { return }
    var line = Line()
    line.append(words)
    line.append(more)
    server.console.write(line)
  }

  /// A socket for each connection, and some more for listeners, signals and files.
  private mutating func raiseDescriptorLimit() {
    let wanted = limits.connections + limits.listeners + 32
    let allowed = linux_raise_descriptor_limit(UInt64(wanted))
    guard allowed < Int64(wanted) else { return }
    var line = Line()
    line.append("Warning: the system allows ")
    line.append(UInt64(max(0, allowed)))
    line.append(" descriptors and the limits of this board need ")
    line.append(UInt64(wanted))
    line.append(": not all connections can be open at once.")
    server.console.write(line)
  }

  private mutating func openListeners() -> Bool {
    let settings = server.console.settings
    var opened = 0
    for index in 0..<settings.listenerCount {
      let result = open(settings.listener(at: index), settings)
      if result >= 0 {
        server.network.add(listener: result)
        opened += 1
      } else if !settings.isLocalOnly || result == -LINUX_ERROR_IN_USE {
        return false
      }
    }
    return opened > 0
  }

  private mutating func open(_ listener: Listener, _ settings: Settings) -> Int32 {
    let socket = unsafe settings.span(of: listener.address).withUnsafeBufferPointer { address in
      let text = listener.address.isEmpty ? nil : address.baseAddress
      return unsafe linux_listen_tcp(
        text, listener.port, Int32(listener.family.rawValue), 1024, nil)
    }
    var line = Line()
    line.append(socket < 0 ? "Error: Unable to open " : "Opening ")
    line.append(listener.family == .version6 ? "ipv6" : "ipv4")
    line.append(" listen socket on port ")
    line.append(UInt64(listener.port))
    if socket < 0 {
      line.append(": ")
      line.append(systemError: socket)
    }
    line.append(".")
    let level = socket < 0 ? LogLevel.error : .information
    if server.console.settings.logTypes.rawValue & level.rawValue != 0 {
      server.console.write(line)
    }
    return socket
  }

  private mutating func daemonise() -> Bool {
    let result = linux_daemonise()
    if result < 0 { server.console.complain("Error: Unable to go to the background", result) }
    return result >= 0
  }

  private mutating func startWaiting() -> Bool {
    let signals = server.console.openSignals()
    let result = signals < 0 ? signals : server.network.start(signals: signals)
    if result < 0 { server.console.complain("Error: Unable to wait for connections", result) }
    return result >= 0
  }

  private mutating func writeProcessIdentifier() {
    let path = server.console.settings.pidFile
    guard !path.isEmpty else { return }
    var line = Line()
    line.append(UInt64(linux_process_identifier()))
    line.append("\n")
    let result = unsafe server.console.settings.span(of: path).withUnsafeBufferPointer { name in
      unsafe line.span.withUnsafeBufferPointer { bytes in
        guard let start = name.baseAddress, let base = bytes.baseAddress else { return Int32(-1) }
        return unsafe linux_write_file(start, base, UInt64(bytes.count), 0o644)
      }
    }
    if result < 0 { server.console.complain("Error: Unable to write pid file", result) }
  }

  private func removeProcessIdentifier() {
    let path = server.console.settings.pidFile
    guard !path.isEmpty else { return }
    unsafe server.console.settings.span(of: path).withUnsafeBufferPointer { name in
      if let start = name.baseAddress { _ = unsafe linux_remove_file(start) }
    }
  }
}
