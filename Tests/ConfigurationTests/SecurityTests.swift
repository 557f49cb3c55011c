import Board
import Testing

@testable import Configuration

@Test func allListenersShareOneSetOfRules() {
  let reading = Reading(
    """
    listener 1
    allow_anonymous true
    password_file /users
    listener 2
    allow_zero_length_clientid false
    auto_id_prefix x-
    """)
  #expect(reading.error == nil && !reading.settings.usesListenerSettings)
  for index in 0..<2 {
    let security = reading.settings.listener(at: index).security
    #expect(security.allowsAnonymous && !security.allowsEmptyClientIdentifier)
    #expect(reading.text(security.passwordFile) == "/users")
    #expect(reading.text(security.assignedIdentifierPrefix) == "x-")
  }
}

@Test func eachListenerMayHaveItsOwnRules() {
  let reading = Reading(
    """
    per_listener_settings true
    listener 1
    allow_anonymous true
    acl_file /first
    listener 2
    password_file /users
    acl_file /second
    auto_id_prefix two-
    """)
  let first = reading.settings.listener(at: 0).security
  let second = reading.settings.listener(at: 1).security
  #expect(reading.error == nil && reading.settings.usesListenerSettings)
  #expect(first.allowsAnonymous && first.passwordFile.isEmpty)
  #expect(!second.allowsAnonymous && reading.text(second.passwordFile) == "/users")
  #expect(reading.text(first.aclFile) == "/first" && reading.text(second.aclFile) == "/second")
  #expect(reading.text(first.assignedIdentifierPrefix) == "auto-")
  #expect(reading.text(second.assignedIdentifierPrefix) == "two-")
}

@Test func oneListenerMayDifferWithoutListenerSettings() {
  let reading = Reading(
    """
    listener 1
    listener_allow_anonymous true
    listener_auto_id_prefix a-
    listener 2
    password_file /users
    """)
  let first = reading.settings.listener(at: 0).security
  let second = reading.settings.listener(at: 1).security
  #expect(first.allowsAnonymous && !second.allowsAnonymous)
  #expect(reading.text(first.passwordFile) == "/users")
  #expect(reading.text(first.assignedIdentifierPrefix) == "a-")
  #expect(reading.text(second.assignedIdentifierPrefix) == "auto-")
}

@Test func listenerSettingsStandBeforeWhatTheyAreAbout() {
  #expect(
    Reading("allow_anonymous true\nper_listener_settings true").error
      == "Error: a.conf:2: Invalid \"per_listener_settings\" value \"true\": it must stand before "
      + "all keys that it is about.")
  #expect(Reading("allow_anonymous true\nper_listener_settings false").error == nil)
}

@Test func ofEachListenerNothingIsForTheNext() {
  let reading = Reading("per_listener_settings true\nacl_file /none\nlistener 1\nacl_file /one")
  #expect(reading.error == nil && reading.text(reading.security.aclFile) == "/one")
  #expect(reading.warnings.first?.contains("on port 1883: it is not opened") == true)
  #expect(Reading("acl_file /all\nlistener 1\nacl_file /one").error?.contains("Dupl") == true)
}

@Test func aUnixSocketIsAListener() {
  let reading = Reading("listener 0 /run/a b.sock\nsocket_mode 600\nmount_point home/\n")
  let listener = reading.settings.listener(at: 0)
  #expect(reading.error == nil && listener.port == 0 && !reading.settings.isLocalOnly)
  #expect(reading.text(listener.unixPath) == "/run/a b.sock" && listener.unixMode == 0o600)
  #expect(reading.text(listener.mountPoint) == "home/")
  let long = Reading("listener 0 /" + String(repeating: "s", count: 107))
  #expect(long.error?.hasSuffix("it must have at most 107 bytes.") == true)
}

@Test func originsAreThoseOfTheirListener() {
  let reading = Reading(
    """
    listener 1
    websockets_origin https://all
    listener 2
    protocol websockets
    websockets_origin https://a
    websockets_origin https://b
    """)
  let names = (0..<2).map { index in
    reading.settings.listener(at: index).origins.map {
      reading.text(reading.settings.origin(at: $0))
    }
  }
  #expect(reading.error == nil && names == [["https://all"], ["https://a", "https://b"]])
}

@Test func theBoardLimitsTheOrigins() {
  let most = Settings.originCapacity
  let lines = (0...most).map { "websockets_origin o\($0)" }
  #expect(Reading(lines.dropLast().joined(separator: "\n")).error == nil)
  #expect(
    Reading(lines.joined(separator: "\n")).error?.contains(
      "there is room for only \(most), the limit Origins of board") == true)
}

@Test func oldKeysMakeAListener() {
  for text in ["port 1884\nbind_address ::1\n", "bind_address ::1\nport 1884\n"] {
    let reading = Reading(text + "max_connections 3\n")
    #expect(reading.error == nil && reading.listeners == ["::1:1884/0"])
    #expect(reading.settings.listener(at: 0).maximumConnections == 3)
    #expect(reading.warnings.count == 2 && !reading.security.allowsAnonymous)
  }
  #expect(Reading("bind_address ::1").listeners == ["::1:1883/0"])
  #expect(
    Reading("port 1884").warnings == [
      "Warning: a.conf:1: The option \"port\" is outdated; write \"listener PORT\" instead."
    ])
  #expect(Reading("port 0").error?.contains("between 1 and 65535") == true)
}

@Test func oldKeysAreForAListenerOfTheirOwn() {
  #expect(Reading("listener 1\nport 2").listeners == [":1/0", ":2/0"])
  #expect(Reading("listener 1\nmax_qos 1\nbind_address ::1").listeners == [":1/0", "::1:1883/0"])
  let twice = Reading("port 1\nport 2")
  #expect(
    twice.listeners == [":2/0"] && twice.warnings.last?.contains("the last one counts") == true)
  #expect(Reading("bind_address ::1\nbind_address ::1").error?.contains("Duplicate") == true)
}
