import Testing

@testable import Configuration

private func types(_ lines: String, _ arguments: String...) -> UInt16 {
  Reading(lines, arguments: arguments).settings.logTypes.rawValue
}

/// The destinations as letters: e, o, s, t, and the path of the file.
private func destinations(_ lines: String) -> String {
  let reading = Reading(lines)
  let destinations = reading.settings.logDestinations
  return reading.error
    ?? (destinations.isStandardErrorUsed ? "e" : "")
    + (destinations.isStandardOutputUsed ? "o" : "")
    + (destinations.isSystemLogUsed ? "s" : "") + (destinations.isTopicUsed ? "t" : "")
    + reading.text(destinations.file)
}

@Test func typesAddUp() {
  #expect(types("log_type error\nlog_type debug\n") == 17)
  #expect(types("log_type error\nlog_type none\n") == 0)
  #expect(types("log_type none\nlog_type error\n") == 1)
  #expect(types("log_type all\nlog_type error\n") == 511)
}

@Test func theCommandLineOverridesTypes() {
  #expect(types("log_type error", "-v") == 511)
  #expect(types("log_type all", "-q") == 0)
  #expect(types("", "-q", "-v") == 0)
}

@Test func aSetOfTypesContainsItsTypes() {
  #expect(LogTypes.usual.contains(.notice))
  #expect(!LogTypes.usual.contains(.debug))
  #expect(LogTypes.all.contains(.usual))
}

@Test func destinationsAddUp() {
  #expect(destinations("") == "e")
  #expect(destinations("log_dest stdout\n") == "o")
  #expect(destinations("log_dest stdout unbuffered\n") == "o")
  #expect(destinations("log_dest stdout\nlog_dest stderr\n") == "eo")
  #expect(destinations("log_dest none\n") == "")
  #expect(destinations("log_dest syslog\nlog_dest topic\n") == "st")
  #expect(destinations("log_dest file  /var/log/my log.txt \r\n") == "/var/log/my log.txt")
  #expect(destinations("log_dest file /a\nlog_dest stderr # too\n") == "e/a")
}

@Test(arguments: [
  ("file", "the path of a file is expected"), ("console", "it is none of stderr, stdout, "),
])
func aDestinationMayBeWrong(value: String, reason: String) {
  let error = destinations("log_dest \(value)")
  #expect(error.hasPrefix("Error: a.conf:1: Invalid \"log_dest\" value \"\(value)\": \(reason)"))
}

@Test func thereIsOneLogFile() {
  let error = destinations("log_dest file /a\nlog_dest file /a\n")
  #expect(error == "Error: a.conf:2: Duplicate \"log_dest\" value in configuration: file /a.")
}

@Test(arguments: ["dlt", "android"]) func destinationsOfOthersAreToldOf(name: String) {
  let reading = Reading("log_dest \(name)\nlog_dest stdout\n")
  #expect(reading.errors == [] && reading.settings.logDestinations.isStandardOutputUsed)
  #expect(
    reading.warnings == [
      "Warning: a.conf:1: The option \"log_dest\" has no effect: lines do not go there."
    ])
}
