import Memory

/// What is wrong with the command line.
package enum CommandLineError: Error {
  case unknownOption
  case missingFile
  case secondFile
  case longPath
  case missingPort
  case invalidPort
  case tooManyPorts

  /// Appends the error, as in `Error: …`; `argument` is the one that it was found in.
  package func describe(argument: Span<UInt8>, in line: inout Line) {
    line.append("Error: ")
    switch self {
    case .unknownOption: line.append("Unknown option", quoting: argument)
    case .missingFile: line.append("-c argument given, but no config file specified")
    case .secondFile: line.append("-c may be given once, and then again", quoting: argument)
    case .longPath: line.append("The path of the config file has more than 254 bytes")
    case .missingPort: line.append("-p argument given, but no port specified")
    case .invalidPort: line.append("Invalid port specified", quoting: argument)
    case .tooManyPorts: line.append("Only 10 ports can be specified on the command line")
    }
    line.append(".")
  }
}

extension CommandLineOptions {
  /// What `-h` shows.
  package static var usage: StaticString {
    """
    Usage: swiftlet [-c FILE] [-d] [-p PORT] [-v] [-q] [-h]
                    [--version] [--plan] [--test-config]

     -c FILE : read the configuration from this file.
     -d : go on in the background after starting.
     -h : show this help.
     -p PORT : listen on this port of the local machine; may be given 10 times.
          Ignored when the configuration file has a listener.
     -q : log nothing, whatever the configuration and -v say.
     -v : log everything, whatever the configuration says.
     --plan : show the plan of the memory and end.
     --test-config : check the configuration and end.
     --version : show the version and end.

    """
  }
}
