import Access
import Broker
import CLinux
import Configuration
import Memory
import Server

/// The operator's side of the program: its configuration file, its signals, its log.
package struct LinuxConsole: Console, ~Copyable {
  private let anchor = Anchor()
  package private(set) var settings = Settings()
  private let options: CommandLineOptions
  /// The file that is being read.
  var text: Buffer
  private var signals: Int32 = -1
  private var logFile: Int32 = -1

  package init(options: CommandLineOptions, configurationBytes: Int, in region: inout Region) {
    self.options = options
    text = Buffer("configuration", capacity: configurationBytes, in: &region)
  }

  /// The descriptor that is readable when a signal has come; a negative errno when there is none.
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
    case LINUX_SIGNAL_USER_2: return .report
    case _ where signal < 0: return nil
    default: return nextRequest()
    }
  }

  /// Reads the configuration into new settings and takes them over if they are wholly valid.
  package mutating func reload(into access: inout Access) -> Reloaded? {
    var line = Line()
    line.append("Reloading config.")
    write(line)
    guard load(into: &access) else {
      var complaint = Line()
      complaint.append("Error: the configuration was not reloaded; the old one stays.")
      write(complaint)
      return nil
    }
    openLog()
    return configuration
  }

  /// What the settings mean to the server.
  package var configuration: Reloaded {
    Reloaded(policy: Policy(settings), logLevels: settings.logTypes.rawValue)
  }

  /// Reads the configuration file, if there is one, into the settings; false, and the old
  /// settings stay, when it cannot be read or is not wholly valid. Why is told.
  package mutating func load(into access: inout Access) -> Bool {
    var fresh = Settings()
    guard let count = readFile() else { return false }
    let bytes = text.bytes(0..<count)
    do throws(ConfigurationError) {
      var parser = ConfigurationParser()
      while try parser.next(in: bytes, for: &fresh) != nil {}
      try fresh.finish(with: options)
    } catch {
      var line = Line()
      error.describe(file: options.configurationFile.span, text: bytes, in: &line)
      write(line)
      return false
    }
    if let missing = fresh.missing {
      var line = Line()
      line.append("Error: this program cannot do yet what the configuration asks for: ")
      line.append(missing)
      line.append(".")
      write(line)
      return false
    }
    guard loadAccess(of: fresh, into: &access) else { return false }
    settings = fresh
    return true
  }

  /// Opens the log file of the settings, if there is one; false, and why is told, when it cannot.
  @discardableResult
  package mutating func openLog() -> Bool {
    if logFile >= 0 { linux_close(logFile) }
    logFile = -1
    let path = settings.logDestinations.file
    guard !path.isEmpty else { return true }
    let opened = open(path)
    logFile = max(opened, -1)
    guard opened < 0 else { return true }
    complain("Error: Unable to open log file for writing", opened)
    return false
  }

  /// Writes one line of the log, with the time in front if the configuration says so.
  package mutating func write(_ line: borrowing Line) {
    var stamped = Line()
    if settings.isLogTimestamped { appendTime(to: &stamped) }
    stamped.append(line.span)
    stamped.append("\n")
    if settings.logDestinations.isStandardErrorUsed { write(stamped.span, to: 2) }
    if settings.logDestinations.isStandardOutputUsed { write(stamped.span, to: 1) }
    if logFile >= 0 { write(stamped.span, to: logFile) }
  }

  /// Tells what the system did not allow, and why.
  package mutating func complain(_ words: StaticString, _ error: Int32) {
    var line = Line()
    line.append(words)
    line.append(": ")
    line.append(systemError: error)
    line.append(".")
    write(line)
  }

  private mutating func readFile() -> Int? {
    let path = options.configurationFile
    guard !path.isEmpty else { return 0 }
    var target = text.mutableBytes(0..<text.capacity)
    let count = unsafe target.withUnsafeMutableBufferPointer { buffer in
      unsafe path.span.withUnsafeBufferPointer { name in
        guard let base = buffer.baseAddress, let start = name.baseAddress else { return Int64(-1) }
        return unsafe linux_read_file(start, base, UInt64(buffer.count))
      }
    }
    if count >= 0 { return Int(count) }
    var line = Line()
    line.append("Error: Unable to open config file ")
    line.append(foreign: path.span)
    line.append(": ")
    line.append(systemError: Int32(count))
    line.append(".")
    write(line)
    return nil
  }

  private func open(_ path: TextReference) -> Int32 {
    unsafe settings.span(of: path).withUnsafeBufferPointer { name in
      guard let start = name.baseAddress else { return Int32(-1) }
      return unsafe linux_open_append(start, 0o640)
    }
  }

  private func appendTime(to line: inout Line) {
    let now = linux_seconds_since_1970()
    let format = settings.logTimestampFormat
    if format.isEmpty {
      line.append(UInt64(max(0, now)))
    } else {
      var out = InlineArray<128, UInt8>(repeating: 0)
      var span = out.mutableSpan
      let count = unsafe span.withUnsafeMutableBufferPointer { buffer in
        unsafe settings.span(of: format).withUnsafeBufferPointer { text in
          guard let base = buffer.baseAddress, let start = text.baseAddress else {
            return UInt32(0)
          }
          return unsafe linux_local_time(now, start, base, UInt32(buffer.count))
        }
      }
      line.append(out.span.extracting(0..<Int(count)))
    }
    line.append(": ")
  }

  private func write(_ bytes: Span<UInt8>, to descriptor: Int32) {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      _ = unsafe linux_write(descriptor, base, UInt64(buffer.count))
    }
  }
}

extension Line {
  /// Appends what an errno means.
  package mutating func append(systemError error: Int32) {
    let words = unsafe linux_error_words(error)
    var index = 0
    while unsafe words[index] != 0 {
      unsafe append(byte: words[index])
      index += 1
    }
  }
}
