import Access
import Broker
import CLinux
import Configuration
import Memory

// The configuration: its file, and those of the folder that it includes.
extension LinuxConsole {
  /// Reads the configuration, if there is one, into the settings, and the users and rules that it
  /// names into the spare set; false, and the old settings stay, when it cannot be read or is not
  /// wholly valid, certificates included. Why is told.
  package mutating func load(into access: inout Access) -> Bool {
    var fresh = Settings()
    guard readSettings(into: &fresh), loadAccess(of: fresh, into: &access) else { return false }
    // The last step that may fail: what it has made would have to be given back.
    guard let made = loadTLS(of: fresh) else { return false }
    settings = fresh
    tls.release()
    tls = made
    return true
  }

  /// Reads what is configured into settings of their own, for the listeners that are open.
  private mutating func readSettings(into fresh: inout Settings) -> Bool {
    let file = options.configurationFile
    if !file.isEmpty, !readFile(file.span, isIncluded: false, behind: 0, into: &fresh) {
      return false
    }
    do throws(ConfigurationError) {
      try fresh.finish(with: options)
      if settings.listenerCount > 0 { try align(&fresh) }
    } catch {
      tell(error, file.span, Span())
      return false
    }
    return !isAnythingMissing(in: fresh)
  }

  /// Reads one file behind what the text buffer holds already.
  @inline(never)
  private mutating func readFile(
    _ file: Span<UInt8>, isIncluded: Bool, behind start: Int, into fresh: inout Settings
  ) -> Bool {
    guard let end = read(file, behind: start) else { return false }
    let bytes = text.bytes(start..<end)
    var parser = ConfigurationParser(isIncluded: isIncluded)
    do throws(ConfigurationError) {
      while let demand = try parser.next(in: bytes, for: &fresh) {
        switch demand {
        case .warning(let warning): tell(warning, file, bytes, isWarning: true)
        case .inclusion(let folder):
          guard include(bytes.extracting(folder), behind: end, into: &fresh) else { return false }
        }
      }
    } catch {
      tell(error, file, bytes)
      return false
    }
    return true
  }

  /// Reads each file of a folder whose name ends with `.conf`, in the order of the names' bytes.
  @inline(never)
  private mutating func include(
    _ folder: Span<UInt8>, behind start: Int, into fresh: inout Settings
  ) -> Bool {
    var path = InlineArray<448, UInt8>(repeating: 0)
    while true {
      let length = nextPath(in: folder, endingWith: ".conf", &path)
      guard length > 0 else {
        if length < 0 { complainAboutFile("Error: Unable to open include_dir", folder, length) }
        return length == 0
      }
      let file = path.span.extracting(0..<Int(length))
      guard readFile(file, isIncluded: true, behind: start, into: &fresh) else { return false }
    }
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
        return unsafe linux_read_file(path, base, UInt64(buffer.count))
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
    write(line)
  }

  @inline(never)
  private mutating func tell(
    _ error: ConfigurationError, _ file: Span<UInt8>, _ bytes: Span<UInt8>,
    isWarning: Bool = false
  ) {
    guard !(isWarning && options.isQuiet) else { return }
    var line = Line()
    error.describe(file: file, text: bytes, isWarning: isWarning, in: &line)
    write(line, isWarning ? .warning : .error)
  }

  /// Brings new settings into line with the listeners that are open.
  @inline(never)
  private mutating func align(_ fresh: inout Settings) throws(ConfigurationError) {
    tell(try fresh.align(with: settings))
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

  private mutating func isAnythingMissing(in fresh: Settings) -> Bool {
    guard let missing = fresh.missing else { return false }
    var line = Line()
    line.append("Error: this program cannot do yet what the configuration asks for: ")
    line.append(missing)
    line.append(".")
    write(line)
    return true
  }
}
