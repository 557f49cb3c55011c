// A reload neither opens listeners nor closes them, as in Mosquitto.
extension Settings {
  /// Puts the listeners into the order of those that are open, so that a number means the same
  /// socket before and after. One that is gone lets nobody in until it is closed by a restart.
  package mutating func align(
    with open: Settings
  ) throws(ConfigurationError) -> ListenerChanges {
    let wanted = self
    var changes = ListenerChanges()
    var found = 0
    removeListeners()
    do throws(ConfigurationError.Reason) {
      for index in 0..<open.listenerCount {
        let old = open.listener(at: index)
        if let same = wanted.place(of: old, in: open) {
          found += 1
          try add(wanted.listener(at: same))
        } else {
          changes.isRemoved = true
          try add(try closed(old, of: open))
        }
      }
    } catch {
      throw ConfigurationError(line: 0, key: 0..<0, value: 0..<0, reason: error)
    }
    changes.isAdded = found < wanted.listenerCount
    return changes
  }

  /// Which of these listeners is the one of other settings.
  private func place(of listener: Listener, in other: Settings) -> Int? {
    for index in 0..<listenerCount {
      let ours = self.listener(at: index)
      if ours.port == listener.port && ours.family == listener.family
        && isSame(ours.address, listener.address, in: other)
        && isSame(ours.unixPath, listener.unixPath, in: other)
        && isSame(ours.interface, listener.interface, in: other)
        && ours.transport == listener.transport && ours.isProxied == listener.isProxied
      {
        return index
      }
    }
    return nil
  }

  private func isSame(_ ours: TextReference, _ theirs: TextReference, in other: Settings) -> Bool {
    span(of: ours).equals(other.span(of: theirs))
  }

  /// What stands for a listener that is gone: the same place, and nobody comes in.
  private mutating func closed(
    _ listener: Listener, of other: Settings
  ) throws(ConfigurationError.Reason) -> Listener {
    var closed = Listener()
    closed.isClosed = true
    closed.port = listener.port
    closed.family = listener.family
    closed.transport = listener.transport
    closed.proxyVersion = listener.proxyVersion
    closed.address = try keep(listener.address, of: other)
    closed.unixPath = try keep(listener.unixPath, of: other)
    closed.interface = try keep(listener.interface, of: other)
    return closed
  }

  private mutating func keep(
    _ reference: TextReference, of other: Settings
  ) throws(ConfigurationError.Reason) -> TextReference {
    reference.isEmpty ? .none : try keep(other.span(of: reference), most: 255)
  }
}

/// How the listeners of a reload differ from those that are open.
package struct ListenerChanges: BitwiseCopyable {
  /// One is configured that is not open.
  package internal(set) var isAdded = false
  /// One is open that is no longer configured.
  package internal(set) var isRemoved = false
}
