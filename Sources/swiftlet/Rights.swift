import Broker
import CLinux
import Configuration
import Linux
import Memory

/// Whose rights the program has: root's, until all is open, and then a user's for good.
struct Rights: ~Copyable {
  fileprivate(set) var name = ShortText()
  fileprivate(set) var user = linux_user()
  /// Whether there are rights to give up; who is not root has none.
  fileprivate(set) var areTooMany = false

  /// Does something with the rights of the user, so that what it opens can be opened again.
  func asUser<Result>(_ body: () -> Result) -> Result {
    guard areTooMany else { return body() }
    _ = act()
    defer { _ = linux_act_as_root() }
    return body()
  }

  /// Whether the user may write to a file, or make it, when one is named: zero or a negative errno.
  func mayWrite(_ path: Span<UInt8>) -> Int32 {
    guard !path.isEmpty else { return 0 }
    return asUser {
      unsafe path.withUnsafeBufferPointer { name in
        guard let start = name.baseAddress else { return -LINUX_ERROR_INVALID }
        return unsafe linux_may_write(start)
      }
    }
  }

  /// Takes the rights of the user; zero or a negative errno.
  fileprivate func act() -> Int32 {
    unsafe name.span.withUnsafeBufferPointer { name in
      guard let start = name.baseAddress else { return -LINUX_ERROR_INVALID }
      return unsafe withUnsafePointer(to: user) { unsafe linux_act_as_user(start, $0) }
    }
  }

  /// Gives root's rights up for good; zero or a negative errno.
  func giveUp() -> Int32 {
    guard areTooMany else { return 0 }
    let result = act()
    guard result >= 0 else { return result }
    _ = linux_act_as_root()
    return unsafe withUnsafePointer(to: user) { unsafe linux_become_user($0) }
  }

  /// Looks a user up; false when there is none.
  fileprivate mutating func find(_ text: Span<UInt8>) -> Bool {
    guard let short = ShortText(text) else { return false }
    name = short
    return unsafe name.span.withUnsafeBufferPointer { name in
      guard let start = name.baseAddress else { return false }
      return unsafe linux_find_user(start, &user) == 0
    }
  }

  fileprivate mutating func find(_ words: StaticString) -> Bool {
    var line = Line()
    line.append(words)
    return find(line.span)
  }
}

extension LinuxConsole {
  /// Finds out who the program is to become: the user of the configuration, or else the first that
  /// exists of swiftlet, mosquitto and nobody. Only root can become another.
  mutating func findUser(_ rights: inout Rights) -> Bool {
    guard linux_is_root() else { return true }
    let wanted = settings.user
    let isFound =
      wanted.isEmpty
      ? rights.find("swiftlet") || rights.find("mosquitto") || rights.find("nobody")
      : rights.find(settings.span(of: wanted))
    guard isFound else {
      complainOfUser(wanted)
      return wanted.isEmpty
    }
    if rights.user.user == 0 { return warnOfRoot() }
    rights.areTooMany = true
    let result = rights.act()
    _ = linux_act_as_root()
    if result < 0 { complain("Error: Unable to become the user (set `user root` to stay)", result) }
    return result >= 0
  }

  private mutating func warnOfRoot() -> Bool {
    var line = Line()
    line.append("Warning: the broker runs as root; name another user with `user`.")
    write(line, .warning)
    return true
  }

  private mutating func complainOfUser(_ wanted: TextReference) {
    guard !wanted.isEmpty else { return _ = warnOfRoot() }
    var line = Line()
    line.append("Error: There is no user \"")
    line.append(foreign: settings.span(of: wanted))
    line.append("\" on this machine.")
    write(line, .error)
  }
}
