import Broker
import CLinux
import Configuration
import Memory

// Files that hold secrets: who else may read them.
extension LinuxConsole {
  /// Warns of each key and each file of passwords or rules that everybody may read, as Mosquitto
  /// does; they are used all the same.
  @inline(never)
  package mutating func warnOfOpenSecrets() {
    for index in 0..<settings.listenerCount {
      warnOfOpenSecrets(of: settings.listener(at: index), isFirst: index == 0)
    }
  }

  /// Rules that are the same for all listeners are looked at once.
  private mutating func warnOfOpenSecrets(of listener: Listener, isFirst: Bool) {
    warnIfOpen(listener.tls.keyFile)
    guard isFirst || settings.usesListenerSettings else { return }
    warnIfOpen(listener.security.passwordFile)
    warnIfOpen(listener.security.aclFile)
    warnIfOpen(listener.security.pskFile)
  }

  /// Warns of each file that the user may not read: what root has read at start, SIGHUP would read as the
  /// user, after a certificate was renewed say.
  @inline(never)
  package mutating func warnOfClosedFiles() {
    for index in 0..<settings.listenerCount {
      let listener = settings.listener(at: index)
      let (tls, security) = (listener.tls, listener.security)
      warnIfClosed(tls.certificateFile)
      warnIfClosed(tls.keyFile)
      warnIfClosed(tls.authorityFile)
      warnIfClosed(tls.authorityPath)
      warnIfClosed(tls.revocationFile)
      guard index == 0 || settings.usesListenerSettings else { continue }
      warnIfClosed(security.passwordFile)
      warnIfClosed(security.aclFile)
      warnIfClosed(security.pskFile)
    }
  }

  private mutating func warnIfClosed(_ path: TextReference) {
    guard !path.isEmpty else { return }
    let isReadable = unsafe settings.span(of: path).withUnsafeBufferPointer { name in
      guard let start = name.baseAddress else { return true }
      return unsafe linux_may_read(start)
    }
    if !isReadable {
      warn(
        of: path, "cannot be read by the user that the broker becomes: SIGHUP will fail")
    }
  }

  private mutating func warnIfOpen(_ path: TextReference) {
    guard !path.isEmpty else { return }
    var isOwn = false
    let mode = unsafe settings.span(of: path).withUnsafeBufferPointer { name in
      guard let start = name.baseAddress else { return Int32(0) }
      return unsafe linux_file_mode(start, &isOwn)
    }
    // Whoever reads it next complains if it cannot be read.
    guard mode >= 0 else { return }
    if mode & 0o007 != 0 { warn(of: path, "can be read by everybody: chmod 0640 makes it safer") }
    if !isOwn { warn(of: path, "belongs to neither the broker's user nor root") }
  }

  private mutating func warn(of path: TextReference, _ words: StaticString) {
    var line = Line()
    line.append("Warning: File ")
    line.append(foreign: settings.span(of: path))
    line.append(" ")
    line.append(words)
    line.append(".")
    write(line, .warning)
  }
}
