import Access
import Broker
import CLinux
import Configuration
import Memory
import Server

/// The operator's side of the program: its configuration file, its signals, its log.
package struct LinuxConsole: Console, ~Copyable {
  private let anchor = Anchor()
  package internal(set) var settings = Settings()
  /// What the listeners of these settings show to those who come by TLS.
  var tls = TLSConfigurations()
  let options: CommandLineOptions
  /// The file that is being read.
  var text: Buffer
  /// How much is wrong with the configuration that is being read, and is to be said of it besides.
  var errorCount = 0
  var warningCount = 0
  /// The descriptor that is readable when a signal has come.
  package private(set) var signals: Int32 = -1
  private var log = LinuxLog()
  package var supervisor = Supervisor()

  package init(options: CommandLineOptions, configurationBytes: Int, in region: inout Region) {
    self.options = options
    text = Buffer("configuration", capacity: configurationBytes, in: &region)
  }

  /// Lets signals wait until they are read; a negative errno when that cannot be.
  package mutating func openSignals() -> Int32 {
    signals = linux_signals_open()
    return signals
  }

  package mutating func nextRequest() -> Request? {
    guard signals >= 0 else { return nil }
    let signal = linux_signals_read(signals)
    switch signal {
    case LINUX_SIGNAL_INTERRUPT, LINUX_SIGNAL_TERMINATE: return .stop
    case LINUX_SIGNAL_HANG_UP: return .reload
    case LINUX_SIGNAL_USER_1: return .save
    case LINUX_SIGNAL_REAL_TIME: return .reopenLog
    case LINUX_SIGNAL_USER_2: return .report
    case _ where signal < 0: return nil
    default: return nextRequest()
    }
  }

  /// Reads the configuration into new settings and takes them over if they are wholly valid.
  package mutating func reload(into access: inout Access) -> Reloaded? {
    var line = Line()
    line.append("Reloading config.")
    write(line, .information)
    supervisor.tellReloading()
    let isValid = load(into: &access)
    supervisor.tellReloaded(isValid)
    guard isValid else {
      var complaint = Line()
      complaint.append("Error: the configuration was not reloaded; the old one stays.")
      write(complaint)
      return nil
    }
    openLog()
    warnOfOpenSecrets()
    return configuration
  }

  /// What the settings mean to the server.
  package var configuration: Reloaded {
    Reloaded(policy: Policy(settings), logLevels: settings.logTypes.rawValue)
  }

  package var networkSettings: NetworkSettings { NetworkSettings(settings: settings, tls: tls) }

  /// Opens the log that the settings name; when its file cannot be opened, that is told, and lines go to
  /// the standard error: no destination may stop the broker.
  package mutating func openLog() {
    tellOfLog(log.open(settings), "; lines go to the standard error")
  }

  /// Closes the log and opens it again: somebody has moved its file away.
  package mutating func reopenLog() { tellOfLog(log.openAgain(), "; lines go where they went") }

  /// Tells that the log's file cannot be opened, if that is so, and what becomes of lines.
  package mutating func tellOfLog(_ result: Int32, _ words: StaticString) {
    complain("Unable to open log file", settings.logDestinations.file, result, words)
  }

  /// Tells that a file of the settings cannot be written, if that is so.
  package mutating func complain(
    _ words: StaticString, _ file: TextReference, _ error: Int32, _ more: StaticString = ""
  ) {
    guard error < 0 else { return }
    var line = Line()
    line.append("Error: ")
    line.append(words)
    line.append(" ")
    line.append(foreign: settings.span(of: file))
    line.append(" for writing: ")
    line.append(systemError: error)
    line.append(more)
    line.append(".")
    write(line)
  }

  /// Writes one line of the log, with the time in front if the configuration says so.
  package mutating func write(_ line: borrowing Line, _ level: LogLevel = .error) {
    log.write(line, level)
  }

  package func appendTime(to line: inout Line) { log.appendTime(to: &line) }

  package mutating func beat(at now: Instant) { supervisor.beat(at: now) }

  package var nextBeat: Instant { supervisor.nextBeat }

  /// Tells what the system did not allow, and why.
  package mutating func complain(_ words: StaticString, _ error: Int32) {
    var line = Line()
    line.append(words)
    line.append(": ")
    line.append(systemError: error)
    line.append(".")
    write(line)
  }
}
