import Access
import Broker
import CLinux
import Configuration
import Memory

// The files of passwords, rules and keys that the configuration names.
extension LinuxConsole {
  /// Reads them into the spare set; all that is wrong is told.
  mutating func loadAccess(of settings: Settings, into access: inout Access) {
    access.beginFilling()
    for index in 0..<settings.listenerCount {
      let security = settings.listener(at: index).security
      load(security.pskFile, .keys, index, settings, into: &access)
      guard index == 0 || settings.usesListenerSettings else { continue }
      load(security.passwordFile, .passwords, index, settings, into: &access)
      load(security.aclFile, .rules, index, settings, into: &access)
    }
  }

  private mutating func load(
    _ path: TextReference, _ kind: AccessFile, _ security: Int, _ settings: Settings,
    into access: inout Access
  ) {
    guard !path.isEmpty else { return }
    let file = settings.span(of: path)
    let count = readAccessFile(file)
    guard count >= 0 else { return complain(kind, file, Int32(count)) }
    let bytes = text.bytes(0..<Int(count))
    var place = FilePlace()
    let isReload = self.settings.listenerCount > 0
    while let told = kind.read(bytes, security, from: &place, into: &access) {
      let remark = isReload ? told.besideGoodFile : told
      var line = Line()
      remark.describe(file: file, in: &line)
      if remark.isWarning { writeWarning(line) } else { writeError(line) }
    }
  }

  private mutating func readAccessFile(_ path: Span<UInt8>) -> Int64 {
    var target = text.mutableBytes(0..<text.capacity)
    return unsafe target.withUnsafeMutableBufferPointer { buffer in
      unsafe path.withUnsafeBufferPointer { name in
        guard let base = buffer.baseAddress, let start = name.baseAddress else { return -1 }
        return unsafe linux_read_statements(start, base, UInt64(buffer.count))
      }
    }
  }

  private mutating func complain(_ kind: AccessFile, _ path: Span<UInt8>, _ error: Int32) {
    var line = Line()
    line.append("Error: Unable to open ")
    line.append(kind.name)
    line.append(" \"")
    line.append(foreign: path.extracting(first: 254))
    line.append("\": ")
    if error == -LINUX_ERROR_FILE_TOO_LARGE {
      line.append("it is larger than the limit configurationBytes of this board, ")
      line.append(text.capacity)
    } else {
      line.append(systemError: error)
    }
    line.append(".")
    writeError(line)
  }
}

/// A file that says who may come in, or what they may do.
private enum AccessFile {
  case passwords, rules, keys

  /// The key of the configuration that names it.
  var name: StaticString {
    switch self {
    case .passwords: "password_file"
    case .rules: "acl_file"
    case .keys: "psk_file"
    }
  }

  /// Reads on to the next line of which something is to be told.
  func read(
    _ bytes: Span<UInt8>, _ security: Int, from place: inout FilePlace, into access: inout Access
  ) -> AccessError? {
    switch self {
    case .passwords: access.readPasswords(bytes, security: security, from: &place)
    case .rules: access.readRules(bytes, security: security, from: &place)
    case .keys: SharedKeyFile.check(bytes, from: &place)
    }
  }
}
