import Board
import FuzzSupport
import Memory

@testable import Access

/// A password file: each of its users is found with the hash that stands there, of the last line that
/// names him, and each line that is wrong is named; or there is no room, and the users from before stay.
@main struct Main {
  static func main() { unsafe fuzz(run) }
}

private let arena = Arena(byteCount: 1 << 20)
private let before = bytes("before:$6$AAECAwQFBgcICQoL$" + String(repeating: "A", count: 86) + "==")

private func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  var access = makeAccess()
  var none: Set<Int> = []
  require(read(before, &access, &none) == nil && none.isEmpty, "the users from before")
  let credential = access.credential(of: bytes("before").span, security: 1)
  var wrong: Set<Int> = []
  if let error = read(text, &access, &wrong) {
    require(access.hasPasswords(1), "nobody needs a password any more")
    require(
      access.credential(of: bytes("before").span, security: 1) == credential, "a user was lost")
    checkWords(error)
    guard case .full = error.reason else { fatalError("refused for a line") }
  } else {
    checkUsers(text, wrong, access)
    checkWrong(wrong, text)
  }
  return 0
}

private func makeAccess() -> Access {
  var limits = Limits()
  limits.users = 6
  limits.accessTextBytes = 1000
  limits.accessRules = 4
  limits.accessDecisions = 4
  limits.listeners = 2
  limits.topicBytes = 100
  let chosen = limits
  return arena.carve { Access(limits: chosen, hash: SeededHash(seed: 7), in: &$0) }
}

/// Why it cannot be used; which lines are no users, by their number.
private func read(
  _ text: [UInt8], _ access: inout Access, _ wrong: inout Set<Int>
) -> AccessError? {
  access.beginFilling()
  var place = FilePlace()
  while let remark = access.readPasswords(text.span, security: 1, from: &place) {
    checkWords(remark)
    guard remark.isWarning else { return remark }
    if case .duplicate = remark.reason { continue }
    wrong.insert(remark.line)
  }
  access.commit()
  return nil
}

private func checkUsers(_ text: [UInt8], _ wrong: Set<Int>, _ access: borrowing Access) {
  var hashes: [[UInt8]: [UInt8]] = [:]
  for (index, line) in lines(text).enumerated() where !wrong.contains(index + 1) {
    let line = trimmed(
      index == 0 && line.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(line.dropFirst(3)) : line)
    guard !line.isEmpty, line[0] != UInt8(ascii: "#") else { continue }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { fatalError("no colon") }
    let name = trimmed(line[..<colon])
    require(!name.isEmpty && !name.contains { $0 < 0x20 || $0 == 0x7F }, "a name is no name")
    hashes[name] = trimmed(line[(colon + 1)...])
  }
  for (name, wanted) in hashes {
    guard let hash = access.password(of: name.span, security: 1) else { fatalError("not there") }
    require(access.credential(of: name.span, security: 1) != 0, "a user without credential")
    require(written(hash) == wanted, "another hash than stands there")
  }
  checkStrangers(Set(hashes.keys), access)
}

/// Who is not there has no password; a hash is made for nothing, the same one each time.
private func checkStrangers(_ names: Set<[UInt8]>, _ access: borrowing Access) {
  for name in ["", "before", "nobody"].map({ bytes($0) }) where !names.contains(name) {
    require(access.password(of: name.span, security: 1) == nil, "a user from nowhere")
    require(access.credential(of: name.span, security: 1) == 0, "a credential from nowhere")
    let decoy = access.decoy(for: name.span, security: 1).map(written)
    require((decoy == nil) == names.isEmpty, "a decoy without users")
    require(decoy == access.decoy(for: name.span, security: 1).map(written), "another decoy")
  }
}

private func written(_ hash: PasswordHash) -> [UInt8] {
  var line = Line()
  hash.write(to: &line)
  return line.span.indices.map { line.span[$0] }
}

/// A line that is wrong is wrong alone.
///
/// The tables for that take the memory of those before.
private func checkWrong(_ wrong: Set<Int>, _ text: [UInt8]) {
  let all = lines(text)
  for number in wrong.sorted().prefix(8) {
    require((1...all.count).contains(number), "line \(number) of \(all.count)")
    let line = all[number - 1]
    // Alone it would be the mark that a file begins with.
    guard !line.starts(with: [0xEF, 0xBB, 0xBF]) else { continue }
    var access = makeAccess()
    var alone: Set<Int> = []
    require(read(line, &access, &alone) == nil && alone == [1], "line \(number) is not wrong")
  }
}

private func checkWords(_ error: AccessError) {
  var line = Line()
  error.describe(file: bytes("FILE").span, in: &line)
  let words = line.span.indices.map { line.span[$0] }
  require(words.last == UInt8(ascii: "."), "the error does not end")
}
