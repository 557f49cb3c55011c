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
  ("1883x", "it is not a decimal number"), ("127.0.0.1 1883", "it is not a decimal number"),
  ("0 # none", "port 0 needs the path of a socket"),
  ("1883 " + String(repeating: "a", count: 256), "it must have at most 255 bytes"),
])
func aListenerMayBeWrong(value: String, reason: String) {
  let error = Reading("listener \(value)").error ?? "no error"
  #expect(error.hasPrefix("Error: a.conf:1: Invalid \"listener\" value \""))
  #expect(error.hasSuffix("\": \(reason)."), "\(error)")
}

@Test func aStarIsAllAddresses() { #expect(Reading("listener 1883 *").listeners == [":1883/0"]) }

@Test func listenerKeysAreForTheLastListener() {
  let reading = Reading(
    """
    listener 1
    max_connections 5
    max_qos 1
    listener 2
    socket_domain ipv6
    """)
  let first = reading.settings.listener(at: 0)
  let second = reading.settings.listener(at: 1)
  #expect(reading.settings.listenerCount == 2)
  #expect(first.maximumConnections == 5 && first.maximumQoS == .atLeastOnce)
  #expect(second.maximumConnections == -1 && second.maximumQoS == .exactlyOnce)
  #expect(first.family == .any && second.family == .version6)
}

/// Those that make a listener in Mosquitto.
@Test(arguments: [
  "max_connections 3", "max_qos 1", "socket_domain ipv4", "protocol websockets", "port 1883",
  "bind_interface lo", "mount_point a/", "use_username_as_clientid true", "cafile /a",
  "use_identity_as_username true", "bind_address ::1",
])
func listenerKeysBeforeTheFirstListenerAreForPort1883(line: String) {
  for text in ["\(line)\nlistener 18830\nmax_qos 2\n", "\(line)\n"] {
    let reading = Reading(text)
    let last = reading.settings.listenerCount - 1
    #expect(reading.errors == [] && last == (text.contains("listener 18830") ? 1 : 0))
    #expect(reading.settings.listener(at: last).port == 1883 && !reading.settings.isLocalOnly)
    #expect(
      reading.settings.listener(at: 0).maximumConnections
        == (last == 0 && line.hasSuffix(" 3") ? 3 : -1))
    #expect(!reading.security.allowsAnonymous)
  }
}

/// Those that make none there, nor here.
@Test(arguments: [
  "max_topic_alias 3", "tls_version tlsv1.2", "protocol mqtt", "max_connections -1", "max_qos 2",
  "require_certificate false", "accept_protocol_versions 4,5",
])
func listenerKeysThatMakeNoneAreToldOf(line: String) {
  let reading = Reading("\(line)\nlistener 18830\n")
  #expect(reading.errors == [] && reading.listeners == [":18830/0"])
  #expect(
    reading.warnings == [
      "Warning: a.conf:1: The listener on port 1883: it is not opened: keys of a listener stand behind its "
        + "\"listener PORT\"."
    ])
  #expect(Reading("\(line)\n").settings.isLocalOnly)
}

@Test func theBoardLimitsTheListeners() {
  let most = Limits().listeners
  let lines = (1...most + 1).map { "listener \($0)" }
  #expect(Reading(lines.dropLast().joined(separator: "\n")).settings.listenerCount == most)
  #expect(
    Reading(lines.joined(separator: "\n")).error
      == "Error: a.conf:\(most + 1): Invalid \"listener\" value \"\(most + 1)\": there is room for "
      + "only \(most), the limit listeners of board \(Limits.board).")
}

@Test func theBoardLimitsTheTexts() {
  let path = String(repeating: "a", count: 255)
  let keys = ["cafile", "capath", "crlfile", "ciphers", "certfile", "keyfile"]
  let text = (1...Limits().listeners).map { listener in
    "listener \(listener)\n" + keys.map { "\($0) \(path)\n" }.joined()
  }.joined()
  let error = Reading(text).error ?? "no error"
  #expect(error.contains("there is room for only \(SettingsText.capacity), the limit "))
  #expect(error.contains("ConfigurationText of board "))
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
        + "\(Limits().listeners), the limit listeners of board ") == true)
}

@Test func aReadTextEndsWithAZeroByte() {
  let reading = Reading("pid_file /a\nlog_dest file /b\n")
  let reference = reading.settings.pidFile
  #expect(reading.settings.text.bytes[reference.range.upperBound] == 0)
  #expect(reading.text(reference) == "/a")
}
