// A reload neither opens listeners nor closes them, as in Mosquitto.
extension Settings {
  /// Puts the listeners into the order of those that are open, so that a number means the same
  /// socket before and after. One that is gone keeps its keys, and who may come in by it is
  /// settled anew.
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
          try add(try keep(old, of: open))
        }
      }
      try checkPolicyTexts()
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

  /// Copies a listener of other settings, its texts included.
  private mutating func keep(
    _ listener: Listener, of other: Settings
  ) throws(ConfigurationError.Reason) -> Listener {
    var copy = listener
    copy.address = try keep(listener.address, of: other)
    copy.unixPath = try keep(listener.unixPath, of: other)
    for place in 0..<ListenerTextSetting.count {
      guard let setting = ListenerTextSetting(rawValue: place) else { continue }
      copy[setting] = try keep(listener[setting], of: other)
    }
    copy.origins = try keepOrigins(listener.origins, of: other)
    copy.security = try keepSecurity(listener.security, of: other)
    return copy
  }

  private mutating func keepSecurity(
    _ security: SecuritySettings, of other: Settings
  ) throws(ConfigurationError.Reason) -> SecuritySettings {
    var copy = security
    for place in 0..<SecurityTextSetting.count {
      guard let setting = SecurityTextSetting(rawValue: place) else { continue }
      copy[setting] = try keep(security[setting], of: other)
    }
    // What all listeners share is as it is now. What is said of this one alone is said no more.
    copy.assignedIdentifierPrefixHere = .none
    copy.givenAnonymityHere = nil
    copy.finish(
      with: usesListenerSettings ? nil : self.security, isLocalOnly: isLocalOnly,
      prefix: copy.assignedIdentifierPrefix)
    return copy
  }

  private mutating func keepOrigins(
    _ origins: Range<Int>, of other: Settings
  ) throws(ConfigurationError.Reason) -> Range<Int> {
    let first = originCount
    for index in origins {
      guard append(origin: try keep(other.origin(at: index), of: other)) != nil else {
        throw .noRoom("Origins", Int64(Settings.originCapacity))
      }
    }
    return first..<originCount
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
