import Access
import Broker
import CLinux
import Configuration
import Memory

// The configuration: its file, and those of the folder that it includes.
extension LinuxConsole {
  /// Reads the configuration, if there is one, into the settings, and the users and rules that it
  /// names into the spare set; false, and the old settings stay, when it cannot be read or is not
  /// wholly valid, certificates included. All that is wrong is told.
  package mutating func load(into access: inout Access) -> Bool {
    var fresh = Settings()
    errorCount = 0
    warningCount = 0
    readSettings(into: &fresh)
    loadAccess(of: fresh, into: &access)
    var made = loadTLS(of: fresh)
    tellRest()
    guard errorCount == 0, let made else {
      made?.release()
      return false
    }
    settings = fresh
    tls.release()
    tls = made
    return true
  }

  /// Reads what is configured into settings of their own, for the listeners that are open.
  private mutating func readSettings(into fresh: inout Settings) {
    let file = options.configurationFile
    if !file.isEmpty { readFile(file.span, isIncluded: false, behind: 0, into: &fresh) }
    do throws(ConfigurationError) { try fresh.finish(with: options) } catch {
      tell(error, file.span, Span())
    }
    for number in 0...fresh.listenerCount {
      guard let remark = fresh.remark(ofListener: number) else { continue }
      if remark.file.isEmpty {
        tell(remark, file.span, fresh.texts)
      } else {
        tell(remark, fresh.span(of: remark.file), fresh.texts)
      }
    }
    if settings.listenerCount > 0 { align(&fresh) }
    tellWhatIsMissing(in: fresh)
  }

  /// Reads one file behind what the text buffer holds already.
  @inline(never)
  private mutating func readFile(
    _ file: Span<UInt8>, isIncluded: Bool, behind start: Int, into fresh: inout Settings
  ) {
    guard let end = read(file, behind: start) else { return }
    let bytes = text.bytes(start..<end)
    var parser = ConfigurationParser(isIncluded: isIncluded)
    while let demand = parser.next(in: bytes, for: &fresh) {
      switch demand {
      case .remark(let error): tell(error, file, bytes)
      case .inclusion(let folder): include(bytes.extracting(folder), behind: end, into: &fresh)
      }
    }
  }

  /// Reads each file of a folder whose name ends with `.conf`, in the order of the names' bytes.
  @inline(never)
  private mutating func include(
    _ folder: Span<UInt8>, behind start: Int, into fresh: inout Settings
  ) {
    var path = InlineArray<448, UInt8>(repeating: 0)
    while true {
      let length = nextPath(in: folder, endingWith: ".conf", &path)
      if length < 0 { complainAboutFile("Error: Unable to open include_dir", folder, length) }
      guard length > 0 else { break }
      let file = path.span.extracting(0..<Int(length))
      fresh.enter(file)
      readFile(file, isIncluded: true, behind: start, into: &fresh)
    }
    fresh.enter(nil)
  }

  /// Writes the path of the folder's file that comes next, and a zero; its length, 0 for none more.
  func nextPath(
    in folder: Span<UInt8>, endingWith suffix: StaticString, _ path: inout InlineArray<448, UInt8>
  ) -> Int32 {
    var target = path.mutableSpan
    return unsafe target.withUnsafeMutableBufferPointer { out in
      unsafe folder.withUnsafeBufferPointer { name in
        guard let base = out.baseAddress, let start = name.baseAddress else { return -1 }
        return unsafe linux_next_path(start, UInt32(name.count), suffix.utf8Start, base)
      }
    }
  }

  /// Reads a file, whose name a zero byte follows, into the text buffer; where it ends there, or nil
  /// when it cannot be read. Why is told.
  @inline(never)
  private mutating func read(_ file: Span<UInt8>, behind start: Int) -> Int? {
    var target = text.mutableBytes(start..<text.capacity)
    let count = unsafe target.withUnsafeMutableBufferPointer { buffer in
      unsafe file.withUnsafeBufferPointer { name in
        guard let base = buffer.baseAddress, let path = name.baseAddress else { return Int64(-1) }
        return unsafe linux_read_statements(path, base, UInt64(buffer.count))
      }
    }
    if count >= 0 { return start + Int(count) }
    complainAboutFile("Error: Unable to open config file", file, Int32(count))
    return nil
  }

  @inline(never)
  private mutating func complainAboutFile(
    _ words: StaticString, _ file: Span<UInt8>, _ error: Int32
  ) {
    var line = Line()
    line.append(words)
    line.append(" ")
    line.append(foreign: file.extracting(first: 254))
    line.append(": ")
    if error == -LINUX_ERROR_FILE_TOO_LARGE {
      line.append("all files together have more than ")
      line.append(UInt64(text.capacity))
      ConfigurationError.describe(limit: "configurationBytes", in: &line)
    } else {
      line.append(systemError: error)
    }
    line.append(".")
    writeError(line)
  }

  @inline(never)
  private mutating func tell(
    _ error: ConfigurationError, _ file: Span<UInt8>, _ bytes: Span<UInt8>
  ) {
    var line = Line()
    error.describe(file: file, text: bytes, in: &line)
    if error.isWarning { writeWarning(line) } else { writeError(line) }
  }

  /// Writes what is to be said of a valid configuration, unless nothing is.
  mutating func writeWarning(_ line: borrowing Line) {
    guard !options.isQuiet else { return }
    warningCount += 1
    if warningCount <= LinuxConsole.mostErrors { write(line, .warning) }
  }

  /// Writes what makes the configuration invalid; of very much, how much it is.
  mutating func writeError(_ line: borrowing Line) {
    errorCount += 1
    if errorCount <= LinuxConsole.mostErrors { write(line) }
  }

  private mutating func tellRest() {
    tellRest(errorCount, "Error: and ", " more mistakes.", .error)
    tellRest(warningCount, "Warning: and ", " more of the kind.", .warning)
  }

  private mutating func tellRest(
    _ count: Int, _ before: StaticString, _ after: StaticString, _ level: LogLevel
  ) {
    guard count > LinuxConsole.mostErrors else { return }
    var line = Line()
    line.append(before)
    line.append(count - LinuxConsole.mostErrors)
    line.append(after)
    write(line, level)
  }

  /// So many are told of: a file that is something else has as many as lines.
  private static var mostErrors: Int { 100 }

  /// Brings new settings into line with the listeners that are open.
  @inline(never)
  private mutating func align(_ fresh: inout Settings) {
    do throws(ConfigurationError) {
      tell(try fresh.align(with: settings))
    } catch {
      tell(error, Span(), Span())
    }
  }

  /// Tells which listeners a reload does not open or close.
  private mutating func tell(_ changes: ListenerChanges) {
    if changes.isAdded { warn("a new listener is opened at the next start") }
    if changes.isRemoved {
      warn("a listener that is gone lets nobody in, and is closed at the next start")
    }
  }

  private mutating func warn(_ words: StaticString) {
    var line = Line()
    line.append("Warning: ")
    line.append(words)
    line.append(".")
    write(line, .warning)
  }

  private mutating func tellWhatIsMissing(in fresh: Settings) {
    guard let missing = fresh.missing else { return }
    var line = Line()
    line.append("Error: this program cannot do yet what the configuration asks for: ")
    line.append(missing)
    line.append(".")
    writeError(line)
  }
}
