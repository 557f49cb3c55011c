import Memory

/// What is wrong with the command line.
package enum CommandLineError: Error {
  /// These words say it.
  case plain(StaticString)
  /// These words and the argument say it.
  case quoting(StaticString)

  static var missingFile: CommandLineError {
    .plain("-c argument given, but no config file specified")
  }

  static var missingPort: CommandLineError {
    .plain("-p argument given, but no port specified")
  }

  /// Appends the error, as in `Error: …`; `argument` is the one that it was found in.
  package func describe(argument: Span<UInt8>, in line: inout Line) {
    line.append("Error: ")
    switch self {
    case .plain(let words): line.append(words)
    case .quoting(let words): line.append(words, quoting: argument)
    }
    line.append(".")
  }
}
