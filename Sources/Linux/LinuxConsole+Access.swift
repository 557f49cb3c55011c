import Access
import CLinux
import Configuration
import Memory

// The files of passwords, rules and keys that the configuration names.
extension LinuxConsole {
  /// Reads them into the spare set; false, and why is told, when one of them is not wholly valid.
  mutating func loadAccess(of settings: Settings, into access: inout Access) -> Bool {
    access.beginFilling()
    for index in 0..<settings.listenerCount {
      let security = settings.listener(at: index).security
      guard load(security.pskFile, .keys, index, settings, into: &access) else { return false }
      guard index == 0 || settings.usesListenerSettings else { continue }
      guard load(security.passwordFile, .passwords, index, settings, into: &access),
        load(security.aclFile, .rules, index, settings, into: &access)
      else { return false }
    }
    return true
  }

  private mutating func load(
    _ path: TextReference, _ kind: AccessFile, _ security: Int, _ settings: Settings,
    into access: inout Access
  ) -> Bool {
    guard !path.isEmpty else { return true }
    let count = readAccessFile(settings.span(of: path))
    guard count >= 0 else {
      complain(kind, settings.span(of: path), Int32(count))
      return false
    }
    let bytes = text.bytes(0..<Int(count))
    do throws(AccessError) {
      switch kind {
      case .passwords: try access.readPasswords(bytes, security: security)
      case .rules: try access.readRules(bytes, security: security)
      case .keys: try SharedKeyFile.check(bytes)
      }
    } catch {
      var line = Line()
      error.describe(file: settings.span(of: path), in: &line)
      write(line)
      return false
    }
    if kind == .passwords { warn(ofDuplicate: access.duplicateLine, settings.span(of: path)) }
    return true
  }

  private mutating func readAccessFile(_ path: Span<UInt8>) -> Int64 {
    var target = text.mutableBytes(0..<text.capacity)
    return unsafe target.withUnsafeMutableBufferPointer { buffer in
      unsafe path.withUnsafeBufferPointer { name in
        guard let base = buffer.baseAddress, let start = name.baseAddress else { return -1 }
        return unsafe linux_read_file(start, base, UInt64(buffer.count))
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
    write(line)
  }

  private mutating func warn(ofDuplicate number: Int, _ path: Span<UInt8>) {
    guard number > 0 else { return }
    var line = Line()
    line.append("Warning: ")
    line.append(foreign: path.extracting(first: 254))
    line.append(":")
    line.append(number)
    line.append(": this user is named a second time: the first line counts.")
    write(line)
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
}
