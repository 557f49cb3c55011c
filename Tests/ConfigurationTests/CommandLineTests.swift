import Memory
import Testing

@testable import Configuration

/// The first error of a command line, in words.
private func error(_ arguments: [String]) -> String? {
  var options = CommandLineOptions()
  var last = ""
  do throws(CommandLineError) {
    for argument in arguments {
      last = argument
      try options.consume(Array(argument.utf8).span)
    }
    try options.finish()
  } catch {
    var line = Line()
    error.describe(argument: Array(last.utf8).span, in: &line)
    return string(line.span)
  }
  return nil
}

@Test func anEmptyCommandLineAsksForNothing() {
  let options = options([])
  #expect(options.configurationFile.isEmpty && options.portCount == 0)
  #expect(!options.isDaemon && !options.isVerbose && !options.isQuiet && !options.showsHelp)
  #expect(!options.showsVersion && !options.showsPlan && !options.testsConfiguration)
}

@Test(arguments: ["-c", "--config-file"]) func aFileIsTaken(option: String) {
  #expect(string(options([option, "/etc/a.conf"]).configurationFile.span) == "/etc/a.conf")
  #expect(string(options([option, "-d"]).configurationFile.span) == "-d")
}

@Test func everyFlagIsTaken() {
  #expect(options(["-d"]).isDaemon && options(["--daemon"]).isDaemon)
  #expect(options(["-v"]).isVerbose && options(["--verbose"]).isVerbose)
  #expect(options(["-q"]).isQuiet && options(["--quiet"]).isQuiet)
  #expect(options(["-h"]).showsHelp && options(["--help"]).showsHelp)
  #expect(options(["--version"]).showsVersion)
  #expect(options(["--plan"]).showsPlan)
  #expect(options(["--test-config"]).testsConfiguration)
}

@Test func tenPortsAreTaken() {
  let options = options((1...10).flatMap { ["-p", "\($0)"] })
  #expect((0..<options.portCount).map { options.port(at: $0) } == Array(1...10))
}

private let elevenPorts: [String] = (1...11).flatMap { ["-p", "\($0)"] }

private let wrong: [([String], String)] = [
  (["-x"], "Unknown option \"-x\"."), ([""], "Unknown option \"\"."),
  (["a.conf"], "Unknown option \"a.conf\"."), (["-vv"], "Unknown option \"-vv\"."),
  (["-c"], "-c argument given, but no config file specified."),
  (["-c", ""], "-c argument given, but no config file specified."),
  (["-c", "a", "-c", "b"], "-c was already given, before \"b\"."),
  (
    ["-c", String(repeating: "a", count: 255)],
    "The path of the config file has more than 254 bytes."
  ),
  (["-p"], "-p argument given, but no port specified."),
  (["-p", "0"], "Invalid port specified \"0\"."), (["-p", "-v"], "Invalid port specified \"-v\"."),
  (["-p", "65536"], "Invalid port specified \"65536\"."),
  (["-p", "\u{1B}[0m"], "Invalid port specified \"?[0m\"."),
  (
    elevenPorts, "Only 10 ports can be specified on the command line."
  ),
]

@Test(arguments: wrong)
func aCommandLineMayBeWrong(arguments: [String], words: String) {
  #expect(error(arguments) == "Error: " + words)
}

@Test func aRightCommandLineHasNoError() {
  #expect(error(["-c", "a.conf", "-p", "1883", "-v"]) == nil)
  #expect(error(["-c", String(repeating: "a", count: 254)]) == nil)
}

@Test func theUsageNamesEveryOption() {
  let usage = CommandLineOptions.usage.description
  for option in ["-c", "-d", "-h", "-p", "-q", "-v", "--plan", "--test-config", "--version"] {
    #expect(usage.contains(option))
  }
}
