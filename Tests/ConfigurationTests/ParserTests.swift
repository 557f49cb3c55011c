import Foundation
import Testing

@testable import Configuration

/// The files of the corpus whose names end so.
private func corpus(_ suffix: String) -> [String] {
  let names = try? FileManager.default.contentsOfDirectory(atPath: directory)
  return (names ?? []).filter { $0.hasSuffix(suffix) }.sorted()
}

private let directory = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("Corpus/configuration").path

private func bytes(_ name: String) -> [UInt8] {
  FileManager.default.contents(atPath: directory + "/" + name).map { Array($0) } ?? []
}

@Test(arguments: corpus(".good.conf")) func goodFilesAreRead(name: String) {
  #expect(Reading(bytes: bytes(name)).error == nil)
}

/// The file beside a bad one, `.error`, holds the error.
@Test(arguments: corpus(".bad.conf")) func badFilesAreRefused(name: String) {
  let expected = String(decoding: bytes(name.replacing(".bad.conf", with: ".error")), as: UTF8.self)
  #expect(Reading(bytes: bytes(name)).error.map { $0 + "\n" } == expected)
}

@Test func theCorpusIsThere() {
  #expect(corpus(".good.conf").count >= 5)
  #expect(corpus(".bad.conf").count >= 5)
}

@Test(arguments: corpus(".conf")) func everyPrefixEndsInSettingsOrAnError(name: String) {
  let whole = bytes(name)
  guard whole.count < 10_000 else { return }
  for count in 0...whole.count { check(Array(whole[..<count])) }
}

@Test(arguments: corpus(".conf")) func everyMutationEndsInSettingsOrAnError(name: String) {
  var random = SplitMix(state: 1)
  let whole = bytes(name)
  for _ in 0..<2000 where !whole.isEmpty && whole.count < 10_000 {
    var mutated = whole
    for _ in 0...Int.random(in: 0...3, using: &random) { mutate(&mutated, using: &random) }
    check(mutated)
  }
}

@Test func randomKeysWithRandomValuesEndInSettingsOrAnError() {
  var random = SplitMix(state: 2)
  let values = ["true", "1", "-1", "65535", "9223372036854775807", "1y", "\u{0}", "#", "file", ""]
  for _ in 0..<5000 {
    let lines = (0..<6).map { _ in
      "\(Key.allNames.randomElement(using: &random) ?? "") \(values.randomElement(using: &random) ?? "")"
    }
    check(Array(lines.joined(separator: "\n").utf8))
  }
}

/// There is an error that fits, or there are listeners.
private func check(_ bytes: [UInt8]) {
  let reading = Reading(bytes: bytes)
  if let error = reading.error {
    #expect(error.hasPrefix("Error: ") && error.utf8.count < 511)
  } else {
    #expect(reading.settings.listenerCount > 0)
  }
}

private func mutate(_ bytes: inout [UInt8], using random: inout SplitMix) {
  let index = Int.random(in: 0..<bytes.count, using: &random)
  switch Int.random(in: 0..<4, using: &random) {
  case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
  case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
  case 2: bytes[index] = Array("\n\r\t #\u{0}-9".utf8).randomElement(using: &random) ?? 0
  default: if bytes.count > 1 { bytes.remove(at: index) }
  }
}

private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

@Test(arguments: [
  ("foo", "Unknown configuration variable \"foo\"."),
  (
    "Password_file /etc/p",
    "Unknown configuration variable \"Password_file\": keys have small letters."
  ),
  ("Listener 1883", "Unknown configuration variable \"Listener\": keys have small letters."),
  (
    "max-connections 5", "Unknown configuration variable \"max-connections\": keys have _ and no -."
  ),
  (
    "listener: 1883",
    "Unknown configuration variable \"listener:\": only a blank stands behind a key."
  ),
  (
    "listener=1883", "Unknown configuration variable \"listener=1883\": write a blank instead of =."
  ),
  (
    "listener= 1883",
    "Unknown configuration variable \"listener=\": only a blank stands behind a key."
  ),
  ("listener = 1883", "Invalid \"listener\" value \"= 1883\": write a blank instead of =."),
  ("acl_file = /a", "Invalid \"acl_file\" value \"= /a\": write a blank instead of =."),
  ("; late", "Unknown configuration variable \";\": comments begin with #."),
  ("// late", "Unknown configuration variable \"//\": comments begin with #."),
  ("listener1883", "Unknown configuration variable \"listener1883\"."),
  ("\u{0}listener 1883", "Unknown configuration variable \"?listener\"."),
  ("\u{FEFF}listener 1883", "Unknown configuration variable \"?listener\"."),
])
func aLineMayBeWrong(line: String, words: String) {
  #expect(Reading("# one\r\n\r\n  \t\n\(line)\nfoo").error == "Error: a.conf:4: \(words)")
}

@Test func blanksAndLineEndsDoNotMatter() {
  for text in [
    "sys_interval 7", "sys_interval 7\n", "sys_interval 7\r\n", "sys_interval\t7 \t\r\n",
    "   sys_interval    7", "#\n#\n\n\nsys_interval 7\n\n", "  # late\n\t#\nsys_interval 7",
    "\u{FEFF}sys_interval 7", "\u{FEFF}# marked\r\nsys_interval 7", "# \u{0}\u{7}\nsys_interval 7",
  ] {
    #expect(Reading(text).settings.sysIntervalSeconds == 7)
  }
}

@Test func aLongLineIsAnErrorThatFits() {
  let long = String(repeating: "x", count: 100_000)
  #expect(Reading("# \(long)\n").error == nil)
  #expect(
    Reading(long).error
      == "Error: a.conf:1: Unknown configuration variable \"\(long.prefix(64))...\".")
  #expect(Reading("pid_file \(long)").error?.hasSuffix("it must have at most 255 bytes.") == true)
  #expect(Reading("sys_interval \(long)").error?.hasSuffix("not a decimal number.") == true)
}

@Test func textThatIsNotUTF8IsRefused() {
  let error = Reading(bytes: Array("auto_id_prefix ".utf8) + [0xFF, 0xC0, 0x80]).error
  #expect(error?.hasSuffix("it is not UTF-8, or holds a control character.") == true)
}

@Test func allThatIsWrongIsToldAtOnce() {
  let reading = Reading(
    """
    per_listener_settings true
    listener 8883 a b c
    certfile /a
    allow_anonymous maybe
    auth_plugin /usr/lib/go-auth.so
    auth_opt_backends files
    auth_opt_log_level debug
    listener mqtt
    certfile /b
    max_qos 3
    listener 1883
    log_type info
    """)
  #expect(
    reading.errors.map { String($0.dropFirst("Error: a.conf:".count)) } == [
      "4: Invalid \"allow_anonymous\" value \"maybe\": it is neither true nor false.",
      "5: The option \"auth_plugin\" is not available: there are no plugins; use password_file and acl_file.",
      "6: The option \"auth_opt_backends\" is not available: there are no plugins; use password_file and "
        + "acl_file.",
      "7: The option \"auth_opt_log_level\" is not available: there are no plugins; use password_file and "
        + "acl_file.",
      "8: Invalid \"listener\" value \"mqtt\": it is not a decimal number.",
      "10: Invalid \"max_qos\" value \"3\": it must be between 0 and 2.",
      "12: Invalid \"log_type\" value \"info\": it is none of the types of log lines.",
      "2: Invalid \"certfile\" value \"/a\": The listener on port 8883: it needs keyfile.",
    ])
}
