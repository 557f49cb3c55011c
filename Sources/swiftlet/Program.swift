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
  var server: Server<LinuxNetwork, LinuxClock, LinuxConsole, LinuxPasswordHasher>
  private let options: CommandLineOptions
  let limits: Limits

  /// Carves everything out of the region, and touches none of it.
  @inline(never)
  init(options: CommandLineOptions, seed: UInt64, at now: Instant, in region: inout Region) {
    let limits = Limits()
    self.options = options
    self.limits = limits
    let broker = Broker(limits: limits, policy: Policy(), seed: seed, at: now, in: &region)
    let network = LinuxNetwork(places: broker.places, limits: limits, seed: seed, in: &region)
    let console = LinuxConsole(
      options: options, configurationBytes: limits.configurationBytes, in: &region)
    server = Server(
      broker: broker, network: network, clock: LinuxClock(), console: console,
      hasher: LinuxPasswordHasher())
  }

  /// Reads the configuration, opens what it names, and turns until it is told to stop.
  ///
  /// Up to the first turn anything may fail, with a reason; from then on nothing may.
  @inline(never)
  mutating func run() -> Int32 {
    linux_read_time_zone()
    server.console.supervisor.find()
    guard server.load({ console, access in console.load(into: &access) }) else {
      return ExitStatus.usage
    }
    var rights = Rights()
    if options.testsConfiguration {
      guard canOpen(&rights) else { return ExitStatus.usage }
      rights.asUser { server.console.warnOfClosedFiles() }
      writePlan(of: options, to: .output)
      writeUse()
      Standard.output.write("Configuration file is OK.\n")
      return ExitStatus.success
    }
    guard open(&rights) else { return ExitStatus.failure }
    if options.isVerbose { writePlan(of: options, to: .error) }
    guard !options.isDaemon || daemonise() else { return ExitStatus.failure }
    guard giveUp(rights) && startWaiting() else { return ExitStatus.failure }
    writeProcessIdentifier()
    start()
    linux_forget_start()
    confine()
    tell(.information, Broker.version, " running")
    server.console.supervisor.tellReady(at: server.clock.now())
    while !server.isStopped { server.turn() }
    finish()
    return ExitStatus.success
  }

  // What happens once has a frame of its own, so that the loop stands on a small stack.

  @inline(never)
  private mutating func start() {
    server.start(server.console.configuration)
  }

  @inline(never)
  private mutating func finish() {
    server.console.supervisor.tellStopping()
    server.finish()
    tell(.information, Broker.version, " stopped")
    removeProcessIdentifier()
    removeSockets()
  }

  /// Writes how much of the board's limits the configuration takes.
  private func writeUse() {
    var line = Line()
    server.console.settings.describeUse(in: &line)
    line.append("\n")
    Standard.output.write(line.span)
  }

  /// Opens all that has a name: what only the user may have as the user, the rest as who we are.
  @inline(never)
  private mutating func open(_ rights: inout Rights) -> Bool {
    guard server.console.findUser(&rights) else { return false }
    rights.asUser { server.console.openLog() }
    tell(.information, Broker.version, " starting")
    rights.asUser {
      server.console.warnOfOpenSecrets()
      server.console.warnOfClosedFiles()
    }
    raiseDescriptorLimit()
    // Before anybody can connect: from then on a signal must not end us, as it does who has not asked.
    return openSignals() && openListeners(rights)
  }

  /// Whether all that has a name could be opened; what could not be is told, and nothing stays behind.
  @inline(never)
  private mutating func canOpen(_ rights: inout Rights) -> Bool {
    guard server.console.findUser(&rights) else { return false }
    let settings = server.console.settings
    let (log, identifier) = (settings.logDestinations.file, settings.pidFile)
    server.console.tellOfLog(
      rights.mayWrite(settings.span(of: log)), "; lines go to the standard error")
    server.console.complain(
      "Unable to open pid file", identifier, rights.mayWrite(settings.span(of: identifier)))
    rights.asUser { server.console.warnOfOpenSecrets() }
    return canListen(rights)
  }

  @inline(never)
  mutating func tell(
    _ level: LogLevel, _ words: StaticString, _ more: StaticString = ""
  ) {
    guard server.console.settings.logTypes.rawValue & level.rawValue != 0 else { return }
    var line = Line()
    line.append(words)
    line.append(more)
    server.console.write(line, level)
  }

  /// A socket for each connection, and some more for listeners, signals, files, and connections that have
  /// ended and linger.
  private mutating func raiseDescriptorLimit() {
    let wanted = limits.connections + limits.listeners + 48
    let allowed = linux_raise_descriptor_limit(UInt64(wanted))
    guard allowed < Int64(wanted) else { return }
    var line = Line()
    line.append("Warning: the system allows ")
    line.append(UInt64(max(0, allowed)))
    line.append(" descriptors and the limits of this board need ")
    line.append(UInt64(wanted))
    line.append(": not all connections can be open at once.")
    server.console.write(line, .warning)
  }

  @inline(never)
  private mutating func daemonise() -> Bool {
    let result = linux_daemonise()
    if result < 0 { server.console.complain("Error: Unable to go to the background", result) }
    return result >= 0
  }

  /// Locks memory while that is allowed, and becomes the user for good.
  @inline(never)
  private mutating func giveUp(_ rights: borrowing Rights) -> Bool {
    if server.console.settings.locksMemory {
      let result = linux_lock_memory()
      if result < 0 {
        server.console.complain("Error: Unable to lock the memory that --plan shows", result)
        return false
      }
    }
    let result = rights.giveUp()
    if result < 0 { server.console.complain("Error: Unable to become the user for good", result) }
    return result >= 0
  }

  /// From here on the system refuses what a broker never asks for.
  @inline(never)
  private mutating func confine() {
    guard server.console.settings.isSandboxed else { return }
    let result = linux_confine()
    guard result < 0 else { return }
    var line = Line()
    line.append("This kernel cannot confine the broker: ")
    line.append(systemError: result)
    line.append(".")
    server.console.write(line, .notice)
  }

  @inline(never)
  private mutating func openSignals() -> Bool {
    let result = server.console.openSignals()
    if result < 0 { server.console.complain("Error: Unable to wait for signals", result) }
    return result >= 0
  }

  @inline(never)
  private mutating func startWaiting() -> Bool {
    let result = server.network.start(signals: server.console.signals)
    if result < 0 { server.console.complain("Error: Unable to wait for connections", result) }
    return result >= 0
  }

  @inline(never)
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
    server.console.complain("Unable to open pid file", path, result)
  }

  @inline(never)
  private func removeProcessIdentifier() {
    let path = server.console.settings.pidFile
    guard !path.isEmpty else { return }
    unsafe server.console.settings.span(of: path).withUnsafeBufferPointer { name in
      if let start = name.baseAddress { _ = unsafe linux_remove_file(start) }
    }
  }
}
