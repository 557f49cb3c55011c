import Support
import Testing

@testable import Access

@Test(arguments: [
  ("topic", "a Topic Filter is missing"),
  ("pattern  ", "a Topic Filter is missing"),
  ("user", "the name of the user is missing"),
  ("user  \t", "the name of the user is missing"),
  ("topics a", "topic, pattern or user is expected"),
  ("a/b", "topic, pattern or user is expected"),
  ("topic both a", "read, write, readwrite or deny is expected before the Topic Filter"),
  ("topic a b", "read, write, readwrite or deny is expected before the Topic Filter"),
  ("topic read a#", "this is no Topic Filter"),
  ("topic read a/#/b", "this is no Topic Filter"),
  ("pattern write +a", "this is no Topic Filter"),
  ("user \u{7F}", "it is not UTF-8, or holds a control character"),
])
func aMalformedRuleIsAnError(line: String, reason: String) {
  let files = Files()
  let error = files.take(rules: "topic read ok\n\(line)")
  #expect(words(error) == "Error: FILE:2: \(reason).")
  #expect(!files.hasRules)
}

@Test func wordsAreFiltersWhenNothingFollows() {
  let files = Files()
  #expect(files.take(rules: "topic read\n topic   write \ntopic read x y \r\n#topic #") == nil)
  #expect(files.allows(.write, "read") && files.allows(.read, "write"))
  #expect(files.allows(.read, "x y") && !files.allows(.write, "x y") && !files.allows(.read, "z"))
}

@Test func rightsAreWhatTheLineSays() {
  let files = Files()
  files.take(rules: "topic read r\ntopic write w\ntopic readwrite b\ntopic d\n")
  #expect(files.allows(.read, "r") && !files.allows(.write, "r"))
  #expect(!files.allows(.read, "w") && files.allows(.write, "w"))
  #expect(files.allows(.read, "b") && files.allows(.write, "b"))
  #expect(files.allows(.read, "d") && files.allows(.write, "d"))
}

/// CVE-2018-12550: an ACL file that says nothing lets nobody do anything.
@Test(arguments: ["", "\n\n", "# nothing\n", "user alice\n"])
func anEmptyFileDeniesAll(text: String) {
  let files = Files()
  #expect(files.take(rules: text) == nil)
  #expect(files.hasRules && files.hasRules(0))
  #expect(!files.allows(.read, "a") && !files.allows(.write, "a"))
  #expect(!files.allows(.read, "a", user: "alice") && !files.allowsSubscription("#", user: "alice"))
}

@Test func withoutAFileEverythingIsAllowed() {
  let files = Files()
  files.take(passwords: "")
  #expect(!files.hasRules)
  #expect(files.allows(.write, "a") && files.allowsSubscription("#"))
}

@Test func aUserHasItsOwnRulesAndNoOthers() {
  let files = Files()
  files.take(rules: "topic anonymous\nuser a\ntopic a/#\nuser b b\ntopic b\nuser a\ntopic also\n")
  #expect(files.allows(.read, "anonymous") && !files.allows(.read, "a/1"))
  #expect(files.allows(.read, "a/1", user: "a") && files.allows(.read, "also", user: "a"))
  #expect(!files.allows(.read, "anonymous", user: "a") && !files.allows(.read, "b", user: "a"))
  #expect(files.allows(.read, "b", user: "b b") && !files.allows(.read, "a/1", user: "b b"))
  #expect(!files.allows(.read, "anonymous", user: "c") && !files.allows(.read, "a/1", user: "A"))
  #expect(!files.allows(.read, "anonymous", user: ""))
}

@Test func oneRuleTooManyNamesTheLimit() {
  let files = Files()
  let rules = (0..<16).map { "topic t\($0)\n" }.joined()
  #expect(files.take(rules: rules) == nil)
  let told = words(files.take(rules: rules + "topic last"))
  #expect(told.hasPrefix("Error: FILE:17: there is room for only 16 access rules"))
  #expect(files.allows(.read, "t15"))
}

@Test func rulesOfOneListenerAreNotThoseOfAnother() {
  let files = Files()
  files.access.beginFilling()
  #expect(files.read(rules: "user a\ntopic x\n", security: 0) == nil)
  #expect(files.read(rules: "user a\ntopic y\n", security: 3) == nil)
  files.access.commit()
  #expect(files.allows(.read, "x", user: "a") && !files.allows(.read, "y", user: "a"))
  #expect(files.allows(.read, "y", user: "a", security: 3))
  #expect(!files.allows(.read, "x", user: "a", security: 3))
  // No file: no rules.
  #expect(files.allows(.read, "x", user: "a", security: 1))
}

/// CVE-2017-7652: what cannot be read changes nothing.
@Test func aFailedReloadKeepsTheOldRules() {
  let files = Files()
  files.take(passwords: "a:$6$\(salt)$\(digest)", rules: "user a\ntopic x\n")
  let generation = files.generation
  #expect(files.take(passwords: "b:$6$\(salt)$\(digest)", rules: "user b\ntopic y\nwrong") != nil)
  #expect(files.password(of: "a") != nil && files.password(of: "b") == nil)
  #expect(files.allows(.read, "x", user: "a") && !files.allows(.read, "y", user: "b"))
  #expect(files.generation == generation)
  #expect(files.take(passwords: "b:$6$\(salt)$\(digest)", rules: "user b\ntopic y\n") == nil)
  #expect(files.password(of: "a") == nil && files.password(of: "b") != nil)
  #expect(!files.allows(.read, "x", user: "a") && files.allows(.read, "y", user: "b"))
  #expect(files.generation == generation + 1)
}

@Test func theSetsChangePlacesAgainAndAgain() {
  let files = Files()
  for round in 0..<10 {
    #expect(files.take(rules: "topic t\(round)") == nil)
    #expect(files.allows(.read, "t\(round)") && !files.allows(.read, "t\(round - 1)"))
  }
}

@Test(arguments: [
  ("me:00ff", ""), ("me:" + String(repeating: "aB", count: 32), ""), ("# a\n\nme:01\r\n", ""),
  ("me", "a name and a colon are expected"), (":00", "the name is empty or too long"),
  ("me:", "the key must have 1 to 32 bytes, two hexadecimal digits each"),
  ("me:0", "the key must have 1 to 32 bytes, two hexadecimal digits each"),
  ("me:0g", "the key must have 1 to 32 bytes, two hexadecimal digits each"),
  (
    "me:" + String(repeating: "00", count: 33),
    "the key must have 1 to 32 bytes, two hexadecimal digits each"
  ),
  ("m\u{8}e:00", "it is not UTF-8, or holds a control character"),
])
func keysAreChecked(text: String, reason: String) {
  let bytes = text.bytes
  var place = FilePlace()
  let error = SharedKeyFile.check(bytes.span, from: &place)
  #expect(words(error) == (reason.isEmpty ? "" : "Error: FILE:1: \(reason)."))
}
