import Broker
import CLinux
import Configuration
import Memory

/// Where lines of the log go: streams, a file, the system's log. None of them may stop the broker.
///
/// A destination that takes no line loses it, counts it, and is told so once it takes lines again.
/// Nothing is written to storage unless `log_dest file` names a file there.
struct LinuxLog: ~Copyable {
  private let anchor = Anchor()
  private var isErrorUsed = true
  private var isOutputUsed = false
  private var isSystemUsed = false
  private var isTimestamped = true
  private var format = ShortText()
  private var path = ShortText()
  private var facility = SystemLog.daemon
  private var file = Stream(descriptor: -1)
  private var error = Stream(descriptor: 2)
  private var output = Stream(descriptor: 1)
  private var system: Int32 = -1

  /// Takes over what the settings say; zero, or a negative errno when the file cannot be opened: then
  /// lines go to the standard error too, and to the file that was open before.
  mutating func open(_ settings: Settings) -> Int32 {
    let destinations = settings.logDestinations
    path = ShortText(settings.span(of: destinations.file)) ?? ShortText()
    let opened = openAgain()
    isErrorUsed = destinations.isStandardErrorUsed || opened < 0
    isOutputUsed = destinations.isStandardOutputUsed
    isSystemUsed = destinations.isSystemLogUsed
    isTimestamped = settings.isLogTimestamped
    format = ShortText(settings.span(of: settings.logTimestampFormat)) ?? ShortText()
    facility = settings.logFacility.map(SystemLog.local) ?? SystemLog.daemon
    return opened
  }

  /// Closes the file and opens the one that has its name now.
  ///
  /// The old one stays when there is none to be had: better the wrong file than no log.
  mutating func openAgain() -> Int32 {
    if system >= 0 { linux_close(system) }
    system = -1
    guard !path.isEmpty else {
      close()
      return 0
    }
    let opened = unsafe path.span.withUnsafeBufferPointer { name in
      guard let start = name.baseAddress else { return Int32(-1) }
      return unsafe linux_open_append(start, 0o640)
    }
    guard opened >= 0 else { return opened }
    close()
    file = Stream(descriptor: opened)
    return 0
  }

  private mutating func close() {
    if file.descriptor >= 0 { linux_close(file.descriptor) }
    file = Stream(descriptor: -1)
  }

  /// Writes one line to each destination.
  mutating func write(_ line: borrowing Line, _ level: LogLevel) {
    if isSystemUsed { sendToSystem(line.span, level) }
    var stamped = Line()
    appendTime(to: &stamped)
    stamped.append(line.span)
    stamped.append("\n")
    if isErrorUsed { _ = error.write(stamped.span) }
    if isOutputUsed { _ = output.write(stamped.span) }
    guard file.descriptor >= 0 else { return }
    let failure = file.write(stamped.span)
    if failure < 0 { complainOfFile(failure) }
  }

  /// Appends the time in front of a line, if the configuration wants it there.
  func appendTime(to line: inout Line) {
    guard isTimestamped else { return }
    let now = linux_seconds_since_1970()
    if format.isEmpty { line.append(UInt64(max(0, now))) } else { appendLocalTime(now, to: &line) }
    line.append(": ")
  }

  private func appendLocalTime(_ now: Int64, to line: inout Line) {
    var out = InlineArray<128, UInt8>(repeating: 0)
    var span = out.mutableSpan
    let count = unsafe span.withUnsafeMutableBufferPointer { buffer in
      unsafe format.span.withUnsafeBufferPointer { text in
        guard let base = buffer.baseAddress, let start = text.baseAddress else { return UInt32(0) }
        return unsafe linux_local_time(now, start, base, UInt32(buffer.count))
      }
    }
    line.append(out.span.extracting(0..<Int(count)))
  }

  private mutating func sendToSystem(_ text: Span<UInt8>, _ level: LogLevel) {
    unsafe text.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      let severity = SystemLog.severity(of: level)
      _ = unsafe linux_syslog(&system, facility, severity, base, UInt64(buffer.count))
    }
  }

  /// Tells the streams and the system's log, once, that the file takes no lines.
  private mutating func complainOfFile(_ failure: Int32) {
    guard file.lost == 1 else { return }
    var line = Line()
    line.append("Error: Unable to write to log file ")
    line.append(foreign: path.span)
    line.append(": ")
    line.append(systemError: failure)
    line.append("; lines are left out until there is room.\n")
    _ = error.write(line.span)
    sendToSystem(line.span.extracting(0..<line.count - 1), .error)
  }
}

/// A descriptor that lines are written to, and how many it has not taken.
private struct Stream: BitwiseCopyable {
  let descriptor: Int32
  private(set) var lost: UInt64 = 0

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Writes a whole line or counts it as lost; a negative errno then.
  mutating func write(_ line: Span<UInt8>) -> Int32 {
    if lost > 0 && !tellLost() {
      lost += 1
      return -LINUX_ERROR_AGAIN
    }
    let failure = put(line)
    if failure < 0 { lost += 1 }
    return failure
  }

  /// Says how many lines are missing here; false when this is not taken either.
  private mutating func tellLost() -> Bool {
    var line = Line()
    line.append(lost)
    line.append(" lines of the log could not be written here.\n")
    guard put(line.span) == 0 else { return false }
    lost = 0
    return true
  }

  private func put(_ line: Span<UInt8>) -> Int32 {
    unsafe line.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      return Int32(
        clamping: min(0, unsafe linux_write_line(descriptor, base, UInt64(buffer.count))))
    }
  }
}

/// The numbers of the system's log. [RFC 3164 4.1.1]
private enum SystemLog {
  static var daemon: UInt32 { 3 }
  static func local(_ number: UInt8) -> UInt32 { 16 + UInt32(number & 7) }

  static func severity(of level: LogLevel) -> UInt32 {
    switch level {
    case .error: 3
    case .warning: 4
    case .notice, .subscribe, .unsubscribe: 5
    case .information: 6
    case .debug: 7
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
