import Memory
import Support
import Testing

@testable import Access

@Test func bothSchemesAreRead() {
  let files = Files()
  let error = files.take(
    passwords: """
      old:$6$\(salt)$\(digest)
      usual:$7$101$\(salt)$\(digest)
      new:$7$1000$\(salt)$\(digest)
      once:$7$1$\(salt)$\(digest)
      # a comment

        spaced : $7$2147483647$\(salt)$\(digest) \t\r
      """)
  #expect(error == nil, "\(words(error))")
  #expect(files.password(of: "old")?.scheme == .sha512)
  #expect(files.password(of: "old")?.iterations == 1)
  #expect(files.password(of: "usual")?.scheme == .pbkdf2)
  #expect(files.password(of: "usual")?.iterations == 101)
  #expect(files.password(of: "once")?.iterations == 1)
  #expect(files.password(of: "spaced")?.iterations == 2_147_483_647)
  let hash = files.password(of: "new")
  #expect(hash?.saltCount == 12 && hash?.salt[11] == 11 && hash?.digest[63] == 0)
  #expect(files.password(of: "nobody") == nil && files.password(of: "usua") == nil)
}

@Test func aSaltOfMosquitto21Has64Bytes() {
  let long = String(repeating: "/", count: 84) + "/w=="
  let files = Files()
  #expect(files.take(passwords: "x:$7$1000$\(long)$\(digest)") == nil)
  #expect(files.password(of: "x")?.saltCount == 64)
  #expect(files.password(of: "x")?.salt[63] == 0xFF)
}

/// CVE-2018-12551: what is no user with a hash makes no user.
@Test(arguments: [
  ("alice", "a name and a colon are expected"),
  (":$6$\(salt)$\(digest)", "the name is empty or too long"),
  ("  :x", "the name is empty or too long"),
  ("alice:", "the password is not hashed, nobody comes in with it: use swiftlet passwd -U"),
  ("alice:secret", "the password is not hashed, nobody comes in with it: use swiftlet passwd -U"),
  ("alice:$", "the password is not hashed, nobody comes in with it: use swiftlet passwd -U"),
  (
    "alice:$5$\(salt)$\(digest)",
    "the password is not hashed, nobody comes in with it: use swiftlet passwd -U"
  ),
  ("al\u{1}ice:$6$\(salt)$\(digest)", "it is not UTF-8, or holds a control character"),
  ("alice:$6$", "the hash of the password is malformed, nobody comes in with it"),
  ("alice:$6$\(salt)", "the hash of the password is malformed, nobody comes in with it"),
  ("alice:$6$\(salt)$", "the hash of the password is malformed, nobody comes in with it"),
  ("alice:$6$$\(digest)", "the hash of the password is malformed, nobody comes in with it"),
  ("alice:$6$AAAA$\(digest)", "the hash of the password is malformed, nobody comes in with it"),
  (
    "alice:$6$\(salt)$\(digest)AAAA",
    "the hash of the password is malformed, nobody comes in with it"
  ),
  ("alice:$6$\(salt)$\(digest)$", "the hash of the password is malformed, nobody comes in with it"),
  (
    "alice:$6$\(salt)$\(digest.dropLast())",
    "the hash of the password is malformed, nobody comes in with it"
  ),
  (
    "alice:$6$A=ECAwQFBgcICQoL$\(digest)",
    "the hash of the password is malformed, nobody comes in with it"
  ),
  (
    "alice:$6$AAECAwQFBgcICQ*L$\(digest)",
    "the hash of the password is malformed, nobody comes in with it"
  ),
  ("alice:$7$\(salt)$\(digest)", "the hash of the password is malformed, nobody comes in with it"),
  (
    "alice:$7$0$\(salt)$\(digest)", "the hash of the password is malformed, nobody comes in with it"
  ),
  (
    "alice:$7$-1$\(salt)$\(digest)",
    "the hash of the password is malformed, nobody comes in with it"
  ),
  (
    "alice:$7$2147483648$\(salt)$\(digest)",
    "the hash of the password is malformed, nobody comes in with it"
  ),
  (
    "alice:$7$99999999999999999999$\(salt)$\(digest)",
    "the hash of the password is malformed, nobody comes in with it"
  ),
  ("alice:$7$", "the hash of the password is malformed, nobody comes in with it"),
  ("alice:$7$101", "the hash of the password is malformed, nobody comes in with it"),
])
func aMalformedLineIsToldAndNoUser(line: String, reason: String) {
  let files = Files()
  files.take(
    passwords: "good:$6$\(salt)$\(digest)\n\(line)\nbetter:$6$\(salt)$\(digest)\n\(line)\n")
  #expect(files.errors == [])
  #expect(
    files.warnings == ["Warning: FILE:2: \(reason).", "Warning: FILE:4: \(reason)."])
  #expect(files.password(of: "alice") == nil && files.hasPasswords(0))
  #expect(files.password(of: "good") != nil && files.password(of: "better") != nil)
}

@Test func argon2IsToldWithAWayOut() {
  let files = Files()
  files.take(passwords: "\n\nalice:$argon2id$v=19$m=47104,t=1,p=1$c2FsdA$aGFzaA", rules: "")
  let told = files.warnings.first ?? ""
  #expect(told.hasPrefix("Warning: FILE:3: the password is hashed with argon2id"))
  #expect(told.contains("swiftlet passwd") && files.password(of: "alice") == nil)
}

@Test func everyPrefixOfAGoodLineIsNoUser() {
  let line = "a:$7$101$\(salt)$\(digest)"
  for count in 1...line.utf8.count {
    let files = Files()
    files.take(passwords: String(line.prefix(count)))
    let isWhole = count == line.utf8.count
    #expect(
      (files.password(of: "a") != nil) == isWhole && files.warnings.isEmpty == isWhole, "\(count)")
  }
}

@Test func aMarkOfTheOrderOfBytesIsNoPartOfAName() {
  let files = Files()
  #expect(
    files.take(passwords: "\u{FEFF}a:$6$\(salt)$\(digest)\n", rules: "\u{FEFF}user a\ntopic t\n")
      == nil)
  #expect(files.password(of: "a") != nil && files.allows(.read, "t", user: "a"))
}

@Test func ofTwoLinesTheLastCounts() {
  let files = Files()
  #expect(
    files.take(
      passwords: "a:$7$1$\(salt)$\(digest)\nb:$6$\(salt)$\(digest)\na:$7$2$\(salt)$\(digest)")
      == nil)
  #expect(
    files.warnings == ["Warning: FILE:3: this user is named a second time: the last line counts."])
  #expect(files.password(of: "a")?.iterations == 2 && files.password(of: "b") != nil)
  files.take(passwords: "a:$7$2$\(salt)$\(digest)")
  #expect(files.warnings == [])
}

@Test func oneUserTooManyNamesTheLimit() {
  let lines = (0..<9).map { "u\($0):$6$\(salt)$\(digest)" }
  let files = Files()
  #expect(files.take(passwords: lines.prefix(8).joined(separator: "\n")) == nil)
  let told = words(files.take(passwords: lines.joined(separator: "\n")))
  #expect(told.hasPrefix("Error: FILE:9: there is room for only 8 users, a limit of board"))
  // What was there stays.
  #expect(files.password(of: "u7") != nil)
}

@Test func oneByteTooManyNamesTheLimit() {
  let files = Files { $0.accessTextBytes = 80 }
  #expect(files.take(passwords: "four:$6$\(salt)$\(digest)") == nil)
  #expect(
    words(files.take(passwords: "five5:$6$\(salt)$\(digest)"))
      .contains("only 80 bytes of access texts"))
}

@Test func usersOfOneListenerAreNotThoseOfAnother() {
  let files = Files()
  files.access.beginFilling()
  #expect(files.read(passwords: "a:$7$1$\(salt)$\(digest)\n", security: 0) == nil)
  #expect(
    files.read(
      passwords: "a:$7$2$\(salt)$\(digest)\nb:$7$3$\(salt)$\(digest)\n", security: 2) == nil)
  files.access.commit()
  #expect(files.password(of: "a", security: 0)?.iterations == 1)
  #expect(files.password(of: "a", security: 2)?.iterations == 2)
  #expect(files.password(of: "b", security: 0) == nil)
  #expect(files.password(of: "b", security: 2)?.iterations == 3)
  #expect(!files.hasPasswords(1))
}

@Test func aDecoyIsAlwaysThereAndAlwaysTheSame() {
  let files = Files()
  files.take(passwords: "a:$7$5$\(salt)$\(digest)\nb:$7$6$\(salt)$\(digest)")
  var chosen: Set<UInt32> = []
  for number in 0..<40 {
    let first = files.decoy(for: "nobody\(number)")
    #expect(first != nil && first == files.decoy(for: "nobody\(number)"))
    chosen.insert(first ?? 0)
  }
  #expect(chosen == [5, 6])
  files.take(passwords: "")
  #expect(files.decoy(for: "a") == nil)
  #expect(files.hasPasswords(0))
}

@Test func aCredentialChangesWithThePasswordAlone() {
  let files = Files()
  let name = "a".bytes
  func credential() -> UInt32 { files.access.credential(of: name.span, security: 0) }
  files.take(passwords: "a:$7$5$\(salt)$\(digest)")
  let first = credential()
  files.take(passwords: "b:$6$\(salt)$\(digest)\na:$7$5$\(salt)$\(digest)", rules: "topic #")
  #expect(first != 0 && credential() == first)
  files.take(passwords: "a:$7$6$\(salt)$\(digest)")
  #expect(credential() != first)
  files.take(passwords: "a:$7$5$\(salt)$B\(digest.dropFirst())")
  #expect(credential() != first)
  files.take(passwords: "b:$7$5$\(salt)$\(digest)")
  #expect(credential() == 0)
}

@Test func digestsAreComparedToTheLastByte() {
  let files = Files()
  files.take(passwords: "a:$6$\(salt)$\(digest)")
  let hash = files.password(of: "a")
  var other = InlineArray<64, UInt8>(repeating: 0)
  #expect(hash?.hasDigest(other) == true)
  for place in 0..<64 {
    other[place] = 1
    #expect(hash?.hasDigest(other) == false, "\(place)")
    other[place] = 0
  }
}

@Test func aHashIsWrittenAsItWasRead() throws {
  for text in ["$6$\(salt)$\(digest)", "$7$101$\(salt)$\(digest)"] {
    let bytes = text.bytes
    let hash = try PasswordHash(parsing: bytes.span)
    var line = Line()
    hash.write(to: &line)
    #expect(String(copying: line.span) == text)
  }
}
