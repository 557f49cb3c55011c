/// A set of kinds of log lines.
package struct LogTypes: BitwiseCopyable {
  /// One bit a kind.
  package let rawValue: UInt16

  /// A set with these bits.
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// No line at all.
  package static var none: LogTypes { LogTypes(rawValue: 0) }
  /// What the program cannot do, and why.
  package static var error: LogTypes { LogTypes(rawValue: 1 << 0) }
  /// What may be a mistake.
  package static var warning: LogTypes { LogTypes(rawValue: 1 << 1) }
  /// What a person should know.
  package static var notice: LogTypes { LogTypes(rawValue: 1 << 2) }
  /// What goes on.
  package static var information: LogTypes { LogTypes(rawValue: 1 << 3) }
  /// Every control packet.
  package static var debug: LogTypes { LogTypes(rawValue: 1 << 4) }
  /// Every subscription made.
  package static var subscribe: LogTypes { LogTypes(rawValue: 1 << 5) }
  /// Every subscription ended.
  package static var unsubscribe: LogTypes { LogTypes(rawValue: 1 << 6) }
  /// What goes on in WebSocket connections.
  package static var webSockets: LogTypes { LogTypes(rawValue: 1 << 7) }
  /// What only matters to who works on the program.
  package static var `internal`: LogTypes { LogTypes(rawValue: 1 << 8) }
  /// Every line.
  package static var all: LogTypes { LogTypes(rawValue: 0x1FF) }
  /// What is logged unless the configuration says otherwise.
  package static var usual: LogTypes { error.union(warning).union(notice).union(information) }

  /// The kinds of both sets.
  package func union(_ other: LogTypes) -> LogTypes {
    LogTypes(rawValue: rawValue | other.rawValue)
  }

  /// Whether every kind of the other set is in this one.
  package func contains(_ other: LogTypes) -> Bool { rawValue & other.rawValue == other.rawValue }
}

/// Where log lines go.
package struct LogDestinations: BitwiseCopyable {
  /// To the standard error.
  package internal(set) var isStandardErrorUsed = true
  /// To the standard output.
  package internal(set) var isStandardOutputUsed = false
  /// To the system's log.
  package internal(set) var isSystemLogUsed = false
  /// To `$SYS/broker/log/#`.
  package internal(set) var isTopicUsed = false
  /// To the end of this file, when there is one.
  package internal(set) var file = TextReference.none

  /// To nowhere.
  static var none: LogDestinations { LogDestinations(isStandardErrorUsed: false) }
}
