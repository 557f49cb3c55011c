import Board
import Testing

@testable import Configuration

@Test func withoutAListenerBothLoopbacksListen() {
  let reading = Reading("sys_interval 5\n")
  #expect(reading.listeners == ["127.0.0.1:1883/4", "::1:1883/6"])
  #expect(reading.settings.isLocalOnly)
  #expect(reading.security.allowsAnonymous)
}

@Test func withAListenerAnonymityMustBeGiven() {
  let closed = Reading("listener 1884\n")
  #expect(closed.listeners == [":1884/0"])
  #expect(!closed.settings.isLocalOnly)
  #expect(!closed.security.allowsAnonymous)
  #expect(Reading("listener 1884\nallow_anonymous true").security.allowsAnonymous)
  #expect(!Reading("allow_anonymous false\n").security.allowsAnonymous)
}

@Test func aListenerMayHaveAnAddress() {
  let reading = Reading("listener 1 127.0.0.1\nlistener 65535   ::1  # six\nlistener 5 # any\n")
  #expect(reading.error == nil)
  #expect(reading.listeners == ["127.0.0.1:1/0", "::1:65535/0", ":5/0"])
}

@Test(arguments: [
  ("0", "port 0 needs the path of a socket"), ("65536", "it must be between 0 and 65535"),
  ("-1", "it must be between 0 and 65535"), ("mqtt", "it is not a decimal number"),
  ("1883x", "it is not a decimal number"), ("1883 a b", "one word is expected"),
  ("0 # none", "port 0 needs the path of a socket"),
  ("1883 " + String(repeating: "a", count: 256), "it must have at most 255 bytes"),
])
func aListenerMayBeWrong(value: String, reason: String) {
  let error = Reading("listener \(value)").error ?? "no error"
  #expect(error.hasPrefix("Error: a.conf:1: Invalid \"listener\" value \""))
  #expect(error.hasSuffix("\": \(reason)."), "\(error)")
}

@Test func listenerKeysAreForTheLastListener() {
  let reading = Reading(
    """
    max_connections 3
    listener 1
    max_connections 5
    max_qos 1
    listener 2
    socket_domain ipv6
    """)
  let first = reading.settings.listener(at: 0)
  let second = reading.settings.listener(at: 1)
  #expect(first.maximumConnections == 5 && first.maximumQoS == .atLeastOnce)
  #expect(second.maximumConnections == 3 && second.maximumQoS == .exactlyOnce)
  #expect(first.family == .any && second.family == .version6)
}

@Test func listenerKeysWithoutAListenerAreForTheLoopbacks() {
  let reading = Reading("max_connections 3\nsocket_domain ipv4\n")
  #expect(reading.listeners == ["127.0.0.1:1883/4"])
  #expect(reading.settings.listener(at: 0).maximumConnections == 3)
  #expect(Reading("socket_domain ipv6\n").listeners == ["::1:1883/6"])
}

@Test func theBoardLimitsTheListeners() {
  let most = Limits().listeners
  let lines = (1...most + 1).map { "listener \($0)" }
  #expect(Reading(lines.dropLast().joined(separator: "\n")).settings.listenerCount == most)
  #expect(
    Reading(lines.joined(separator: "\n")).error
      == "Error: a.conf:\(most + 1): Invalid \"listener\" value \"\(most + 1)\": there is room for "
      + "only \(most), the limit listeners of this board, set in "
      + "Board/\(Limits.board)/Chosen.swift.")
}

@Test func theBoardLimitsTheTexts() {
  let path = String(repeating: "a", count: 255)
  let keys = ["cafile", "capath", "crlfile", "ciphers", "certfile", "keyfile"]
  let text = (1...Limits().listeners).map { listener in
    "listener \(listener)\n" + keys.map { "\($0) \(path)\n" }.joined()
  }.joined()
  let error = Reading(text).error ?? "no error"
  #expect(error.contains("there is room for only \(SettingsText.capacity), the limit "))
  #expect(error.contains("ConfigurationText of this board, set in Board/"))
}

@Test func portsOfTheCommandLineAreForTheLoopbacks() {
  let reading = Reading("", arguments: ["-p", "1", "-p", "2"])
  #expect(reading.listeners == ["127.0.0.1:1/4", "::1:1/6", "127.0.0.1:2/4", "::1:2/6"])
  #expect(!reading.settings.arePortsIgnored)
}

@Test func portsOfTheCommandLineAreIgnoredBesideAListener() {
  let reading = Reading("listener 1884\n", arguments: ["-p", "1"])
  #expect(reading.listeners == [":1884/0"])
  #expect(reading.settings.arePortsIgnored)
}

@Test func tooManyPortsForTheBoardNameTheLimit() {
  let ports = (1...10).flatMap { ["-p", "\($0)"] }
  let reading = Reading("", arguments: ports)
  guard Limits().listeners < 20 else { return #expect(reading.settings.listenerCount == 20) }
  #expect(
    reading.error?.hasPrefix(
      "Error: The configuration cannot be completed: there is room for only "
        + "\(Limits().listeners), the limit listeners of this board, set in Board/") == true)
}

@Test func aReadTextEndsWithAZeroByte() {
  let reading = Reading("pid_file /a\nlog_dest file /b\n")
  let reference = reading.settings.pidFile
  #expect(reading.settings.text.bytes[reference.range.upperBound] == 0)
  #expect(reading.text(reference) == "/a")
}
