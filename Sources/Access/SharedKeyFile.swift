/// Files of pre-shared keys for TLS: each line an identity, a colon and a key in hexadecimal.
package enum SharedKeyFile {
  /// The most bytes that a key may have: what mbedTLS takes.
  static var mostKeyBytes: Int { 32 }

  /// Looks for a line with which something is wrong; TLS reads the lines when it needs them.
  package static func check(
    _ text: Span<UInt8>, from place: inout FilePlace
  ) -> AccessError? {
    var lines = FileLines(text, from: place)
    defer { place = lines.place }
    while let line = lines.next() {
      do throws(AccessError.Reason) { try checkLine(line) } catch {
        return AccessError(line: lines.place.number, error)
      }
    }
    return nil
  }

  private static func checkLine(_ line: Span<UInt8>) throws(AccessError.Reason) {
    let colon = line.firstIndex(of: UInt8(ascii: ":"))
    guard colon < line.count else { throw .noColon }
    let name = line.extracting(0..<colon)
    guard !name.isEmpty, name.count <= 128 else { throw .badName }
    guard name.isPlainText else { throw .notText }
    let key = line.extracting(colon + 1..<line.count)
    guard !key.isEmpty, key.count % 2 == 0, key.count <= 2 * mostKeyBytes else { throw .badKey }
    for index in key.indices where !key[index].isHexadecimal { throw .badKey }
  }
}

extension UInt8 {
  fileprivate var isHexadecimal: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }
}
