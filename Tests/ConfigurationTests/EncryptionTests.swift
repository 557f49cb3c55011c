import Testing

@testable import Configuration

/// A listener with all that TLS with certificates can have.
private let certificates = """
  listener 8883
  cafile /ca.pem
  capath /ca
  certfile /server.pem
  keyfile /server.key
  crlfile /revoked.pem
  ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256
  tls_version tlsv1.3
  require_certificate true
  disable_client_cert_date_checks true
  use_identity_as_username true
  use_subject_as_username true

  """

@Test func aListenerMayHaveCertificates() {
  let reading = Reading(certificates)
  let tls = reading.tls
  #expect(reading.error == nil && reading.warnings.isEmpty && tls.isUsed)
  #expect(reading.text(tls.authorityFile) == "/ca.pem")
  #expect(reading.text(tls.authorityPath) == "/ca")
  #expect(reading.text(tls.certificateFile) == "/server.pem")
  #expect(reading.text(tls.keyFile) == "/server.key")
  #expect(reading.text(tls.revocationFile) == "/revoked.pem")
  #expect(reading.text(tls.ciphers).hasPrefix("ECDHE-ECDSA"))
  #expect(tls.version == .version13 && tls.requiresCertificate)
  #expect(tls.ignoresClientDates)
  #expect(tls.usesIdentityAsUserName && tls.usesSubjectAsUserName)
}

@Test func aListenerMayHavePreSharedKeys() {
  let reading = Reading(
    "psk_file /keys\nlistener 8883\npsk_hint home\nuse_identity_as_username true")
  #expect(reading.error == nil && reading.tls.isUsed)
  #expect(reading.text(reading.tls.pskHint) == "home")
  #expect(reading.text(reading.security.pskFile) == "/keys")
}

@Test func nothingIsEncryptedUnlessItIsSaid() {
  let tls = Reading("").tls
  #expect(!tls.isUsed && !tls.requiresCertificate && tls.version == .version12)
  #expect(!tls.usesIdentityAsUserName && !tls.usesSubjectAsUserName)
}

@Test(arguments: [
  ("certfile /a", "certfile\" value \"/a\"", "it needs keyfile"),
  ("keyfile /a", "keyfile\" value \"/a\"", "it needs certfile"),
  ("certfile /a\nkeyfile /b\npsk_hint x", "psk_hint\" value \"x\"", "it excludes certfile"),
  ("psk_hint x", "psk_hint\" value \"x\"", "it needs psk_file"),
  (
    "certfile /a\nkeyfile /b\nrequire_certificate true",
    "require_certificate\" value", "true needs cafile or capath"
  ),
  (
    "cafile /a\nrequire_certificate true", "require_certificate\" value",
    "true needs certfile and keyfile"
  ),
])
func keysThatDoNotGoTogetherAreAnError(lines: String, key: String, words: String) {
  #expect(
    Reading("listener 1\nlistener 8883\n\(lines)\nlistener 2").errors
      == ["Error: a.conf:2: Invalid \"\(key): The listener on port 8883: \(words)."])
}

/// Mosquitto starts with them.
@Test(arguments: [
  ("cafile /a", "it is not encrypted: that takes certfile and keyfile, or psk_hint"),
  ("capath /a", "it is not encrypted: that takes certfile and keyfile, or psk_hint"),
  ("crlfile /a", "it is not encrypted: that takes certfile and keyfile, or psk_hint"),
  (
    "use_identity_as_username true",
    "it is not encrypted: that takes certfile and keyfile, or psk_hint"
  ),
  (
    "certfile /a\nkeyfile /b\ncafile /c\nuse_identity_as_username true",
    "nobody can come in: names of certificates need require_certificate"
  ),
  (
    "use_subject_as_username true",
    "it is not encrypted: that takes certfile and keyfile, or psk_hint"
  ),
])
func keysWithoutEffectAreToldOf(lines: String, words: String) {
  let reading = Reading("listener 1\nlistener 8883\n\(lines)\n")
  #expect(
    reading.errors == []
      && reading.warnings == ["Warning: a.conf:2: The listener on port 8883: \(words)."])
}

@Test(arguments: [
  ("tls_version sslv3", "it is neither tlsv1.2 nor tlsv1.3"),
  ("require_certificate yes", "write true"),
  ("psk_hint " + String(repeating: "h", count: 128), "it must have at most 127 bytes"),
  ("cafile " + String(repeating: "c", count: 256), "it must have at most 255 bytes"),
])
func anEncryptionKeyMayBeWrong(line: String, words: String) {
  let error = Reading("listener 1\n\(line)").error ?? "no error"
  #expect(error.hasPrefix("Error: a.conf:2: Invalid \"") && error.hasSuffix(": \(words)."))
}

@Test(arguments: [
  "cafile", "capath", "certfile", "keyfile", "crlfile", "ciphers", "psk_hint",
])
func anEncryptionTextIsGivenOnceForAListener(key: String) {
  #expect(
    Reading("listener 1\n\(key) a\n\(key) a").error
      == "Error: a.conf:3: Duplicate \"\(key)\" value in configuration: a.")
  let twice = Reading("listener 1\n\(key) a\nlistener 2\n\(key) b")
  #expect(!twice.errors.contains { $0.contains("Duplicate") } && twice.settings.listenerCount == 2)
}
