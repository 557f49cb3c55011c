import Configuration

// A key whose part of the program is not there must not be taken for done: a listener that was to
// be encrypted would be open. Whoever adds the part takes its line away.
extension Settings {
  /// What the configuration asks for and this program cannot do; nil when there is no such thing.
  var missing: StaticString? {
    for index in 0..<listenerCount {
      if let missing = listener(at: index).missing { return missing }
    }
    if logDestinations.isSystemLogUsed { return "log_dest syslog" }
    if logDestinations.isTopicUsed { return "log_dest topic" }
    if !user.isEmpty { return "user" }
    if locksMemory { return "memory_lock" }
    return nil
  }
}

extension Listener {
  fileprivate var missing: StaticString? {
    if !unixPath.isEmpty { return "listener 0 PATH" }
    if !interface.isEmpty { return "bind_interface" }
    if transport == .webSockets { return "protocol websockets" }
    if isProxied { return "enable_proxy_protocol" }
    return nil
  }
}
