import Support
import Testing

@testable import Memory

/// How a text that a peer has chosen stands in a line.
private func shown(_ bytes: [UInt8]) -> [UInt8] {
  var line = Line()
  line.append(foreign: bytes.span)
  return Array(copying: line.span)
}

private func shown(_ text: String) -> String { String(decoding: shown(text.bytes), as: UTF8.self) }

/// What a peer may put into a name, kind by kind: each with what stands in the line instead, for
/// each draw of which one of the kind it is.
private enum Piece: CaseIterable {
  case plain, accented, far, c0, delete, c1, direction, separator, joiner, tag
  case loneContinuation, cutOff, overlong, surrogate, beyond, neverUsed

  func draw(_ random: inout Random) -> (bytes: [UInt8], shown: [UInt8]) {
    switch self {
    case .plain: seen(UInt32.random(in: 0x20...0x7E, using: &random))
    case .accented: seen(UInt32.random(in: 0xC0...0x17F, using: &random))
    case .far: seen(UInt32.random(in: 0x1F600...0x1F64F, using: &random))
    case .c0: hidden(UInt32.random(in: 0x00...0x1F, using: &random))
    case .delete: hidden(0x7F)
    case .c1: hidden(UInt32.random(in: 0x80...0x9F, using: &random))
    case .direction:
      hidden(
        [
          0x061C, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068,
          0x2069,
        ]
        .randomElement(using: &random) ?? 0x202E)
    case .separator: hidden(UInt32.random(in: 0x2028...0x2029, using: &random))
    case .joiner: hidden(UInt32.random(in: 0x200B...0x200D, using: &random))
    case .tag: hidden(UInt32.random(in: 0xE0020...0xE007F, using: &random))
    case .loneContinuation: broken([UInt8.random(in: 0x80...0xBF, using: &random)])
    // What follows it begins with no continuation: it never becomes whole.
    case .cutOff: ([0xF0, 0x9F, 0x98, 0x20], "??? ".bytes)
    case .overlong: broken([0xC0, UInt8.random(in: 0x80...0xBF, using: &random)])
    case .surrogate: broken([0xED, 0xA0, UInt8.random(in: 0x80...0xBF, using: &random)])
    case .beyond: broken([0xF4, 0x90, 0x80, UInt8.random(in: 0x80...0xBF, using: &random)])
    case .neverUsed: broken([UInt8.random(in: 0xF5...0xFF, using: &random)])
    }
  }

  private func seen(_ scalar: UInt32) -> (bytes: [UInt8], shown: [UInt8]) {
    let bytes = String(Unicode.Scalar(scalar).map(Character.init) ?? "!").bytes
    return (bytes, bytes)
  }

  private func hidden(_ scalar: UInt32) -> (bytes: [UInt8], shown: [UInt8]) {
    (seen(scalar).bytes, "?".bytes)
  }

  private func broken(_ bytes: [UInt8]) -> (bytes: [UInt8], shown: [UInt8]) {
    (bytes, [UInt8](repeating: UInt8(ascii: "?"), count: bytes.count))
  }
}

@Suite struct ForeignTextTests {
  @Test("Each kind of character stands as itself or as a question mark, whatever is beside it")
  func kinds() {
    var random = Random(seed: 8)
    for _ in 0..<2000 {
      var (bytes, expected): ([UInt8], [UInt8]) = ([], [])
      for _ in 0..<Int.random(in: 1...20, using: &random) {
        let piece = (Piece.allCases.randomElement(using: &random) ?? .plain).draw(&random)
        bytes += piece.bytes
        expected += piece.shown
      }
      #expect(shown(bytes) == expected, "\(bytes)")
    }
  }

  @Test("Of all characters, those that Unicode says are not seen are not written")
  func categories() {
    let wrong = (UInt32(0)...0x10FFFF).filter { number in
      guard let scalar = Unicode.Scalar(number) else { return false }
      guard let isSeen = Self.isSeen(scalar) else { return false }
      let bytes = String(Character(scalar)).bytes
      return shown(bytes) != (isSeen ? bytes : "?".bytes)
    }
    #expect(wrong == [])
  }

  /// What Unicode says; nil where it says nothing, or where nothing is written but what belongs to
  /// the character before it.
  private static func isSeen(_ scalar: Unicode.Scalar) -> Bool? {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: false
    case .format: seenFormats.contains(scalar.value)
    case .unassigned, .nonspacingMark: nil
    default: true
    }
  }

  /// Signs of the Arabic and Kaithi scripts for numbers and verses, and what joins Egyptian ones.
  private static let seenFormats = Set(
    [UInt32(0x06DD), 0x070F, 0x08E2, 0x110BD, 0x110CD] + Array(0x0600...0x0605)
      + Array(0x0890...0x0891) + Array(0x13430...0x1345F))

  @Test("Nobody writes a line, or turns one round")
  func forgery() {
    #expect(shown("a\nb\r\u{1B}[2J\u{7F}\u{0}é") == "a?b??[2J??é")
    #expect(shown("a\u{85}b\u{2028}c\u{2029}d") == "a?b?c?d")
    #expect(shown("root\u{202E}txt.\u{2066}x\u{2069}") == "root?txt.?x?")
  }

  @Test("A character for which a line has no room is left out whole")
  func room() {
    for spare in 0...4 {
      var line = Line()
      for _ in 0..<511 - spare { line.append("x") }
      line.append(foreign: "\u{1F600}".bytes.span)
      #expect(line.count == (spare == 4 ? 511 : 511 - spare))
    }
  }
}
