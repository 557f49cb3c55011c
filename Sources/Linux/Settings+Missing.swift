import Configuration

// A key whose part of the program is not there must not be taken for done: a listener that was to
// be encrypted would be open. Whoever adds the part takes its line away.
extension Settings {
  /// What the configuration asks for and this program cannot do; nil when there is no such thing.
  var missing: StaticString? {
    for index in 0..<listenerCount {
      if let missing = listener(at: index).missing { return missing }
    }
    return nil
  }
}

extension Listener {
  fileprivate var missing: StaticString? {
    if transport == .webSockets && !WebSocketLayer.isHere { return "protocol websockets" }
    if isProxied && !WebSocketLayer.isHere { return "enable_proxy_protocol" }
    // The header would come before the encryption that it is to be trusted in.
    if isProxied && tls.isUsed { return "enable_proxy_protocol with certfile" }
    return nil
  }
}
