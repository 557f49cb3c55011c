/// An option of the command line.
enum Option {
  case configurationFile
  case daemon
  case port
  case verbose
  case quiet
  case help
  case version
  case plan
  case testConfiguration

  var takesValue: Bool { self == .configurationFile || self == .port }

  /// The table of options: each way to write one.
  private static var table: InlineArray<15, (name: StaticString, option: Option)> {
    [
      ("-c", .configurationFile), ("--config-file", .configurationFile),
      ("-d", .daemon), ("--daemon", .daemon),
      ("-p", .port), ("--port", .port),
      ("-v", .verbose), ("--verbose", .verbose),
      ("-q", .quiet), ("--quiet", .quiet),
      ("-h", .help), ("--help", .help),
      ("--version", .version),
      ("--plan", .plan),
      ("--test-config", .testConfiguration),
    ]
  }

  /// The option that is written so.
  static func named(_ argument: Span<UInt8>) -> Option? {
    let table = table
    for index in table.indices where argument.equals(table[index].name) {
      return table[index].option
    }
    return nil
  }
}

extension CommandLineOptions {
  /// What `-h` shows.
  package static var usage: StaticString {
    """
    Usage: swiftlet [-c FILE] [-d] [-p PORT] [-v] [-q] [-h]
                    [--version] [--plan] [--test-config]
           swiftlet passwd: keep password files; alone it shows how.

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
