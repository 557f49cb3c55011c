import CLinux
import FuzzSupport
import Memory

@testable import Access

/// A file of pre-shared keys: all of its lines are an identity, a colon and a key, or the error names
/// the first that is not; and TLS finds in it the keys that stand there.
@main struct Main {
  static func main() { unsafe fuzz(run) }
}

private func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  let all = lines(text)
  let wrong = all.firstIndex { !isValid(trimmed($0)) }
  var place = FilePlace()
  if let error = SharedKeyFile.check(text.span, from: &place) {
    require(error.line - 1 == wrong, "line \(error.line) was refused, not \((wrong ?? -1) + 1)")
    var line = Line()
    error.describe(file: bytes("FILE").span, in: &line)
    require(line.span[line.span.count - 1] == UInt8(ascii: "."), "the error does not end")
  } else {
    require(wrong == nil, "line \((wrong ?? 0) + 1) was taken")
    checkLookup(text)
  }
  return 0
}

/// Whether a line can stand in the file, as the obvious code sees it.
private func isValid(_ line: [UInt8]) -> Bool {
  if line.isEmpty || line[0] == UInt8(ascii: "#") { return true }
  guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return false }
  let name = line[..<colon]
  let key = line[(colon + 1)...]
  guard (1...128).contains(name.count), (1...32).contains(key.count / 2), key.count % 2 == 0,
    !name.contains(where: { $0 < 0x20 || $0 == 0x7F }),
    String(validating: name, as: UTF8.self) != nil
  else { return false }
  return key.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }
}

/// Each identity has the key of the first line that names it.
private func checkLookup(_ text: [UInt8]) {
  let entries = contentLines(text).map { line in
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? 0
    return (name: Array(line[..<colon]), key: Array(line[(colon + 1)...]))
  }
  for probe in entries.map(\.name) + entries.map({ $0.name.dropLast() }) + [[], bytes("# a")] {
    let wanted = entries.first { $0.name == probe }?.key
    let name = Array(probe)
    var key = [UInt8](repeating: 0, count: 32)
    let count = unsafe findIdentity(text, UInt64(text.count), name, UInt64(name.count), &key)
    let found = key.prefix(Int(count)).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
    }
    let words = wanted.map { String(decoding: $0, as: UTF8.self).lowercased() }
    require(found.joined() == words ?? "", "another key")
  }
}

/// What TLS calls within a handshake.
@_silgen_name("tls_find_identity")
private func findIdentity(
  _ file: UnsafePointer<UInt8>, _ fileCount: UInt64, _ name: UnsafePointer<UInt8>,
  _ count: UInt64, _ key: UnsafeMutablePointer<UInt8>
) -> UInt32
