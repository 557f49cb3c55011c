import Board
import Memory

/// Where one text of the policy lies among all of them.
package struct PolicyText: BitwiseCopyable, Equatable {
  let offset: UInt16
  let count: UInt16

  /// The reference to no text.
  package static var none: PolicyText { PolicyText(offset: 0, count: 0) }
  var isEmpty: Bool { count == 0 }
}

/// The texts of the policy: mount points and prefixes of client identifiers.
package struct PolicyTexts: BitwiseCopyable {
  private var bytes = Limits.PolicyTexts(repeating: 0)
  private var used = 0

  /// Bytes of all of them together. Full: an error in the configuration, before it comes here.
  package static var capacity: Int { Limits.PolicyTexts.count }

  /// Keeps a copy; nil when there is no room for it.
  package mutating func keep(_ text: Span<UInt8>) -> PolicyText? {
    guard text.count <= bytes.count - used else { return nil }
    for index in text.indices { bytes[used + index] = text[index] }
    used += text.count
    return PolicyText(offset: UInt16(used - text.count), count: UInt16(text.count))
  }

  /// Whether the bytes begin with the text.
  func begins(_ bytes: Span<UInt8>, with text: PolicyText) -> Bool {
    guard bytes.count >= Int(text.count) else { return false }
    for index in 0..<Int(text.count) where bytes[index] != byte(index, of: text) { return false }
    return true
  }

  /// Whether a text is to the byte one of other texts.
  func equals(_ text: PolicyText, _ other: PolicyText, of texts: PolicyTexts) -> Bool {
    guard text.count == other.count else { return false }
    for index in 0..<Int(text.count) where byte(index, of: text) != texts.byte(index, of: other) {
      return false
    }
    return true
  }

  /// Writes the text to the bytes from `start` on, where there must be room.
  func copy(_ text: PolicyText, to out: inout MutableSpan<UInt8>, at start: Int) {
    for index in 0..<Int(text.count) { out[start + index] = byte(index, of: text) }
  }

  func append(_ text: PolicyText, to line: inout Line) {
    for index in 0..<Int(text.count) { line.append(byte: byte(index, of: text)) }
  }

  private func byte(_ index: Int, of text: PolicyText) -> UInt8 {
    bytes[Int(text.offset) + index]
  }
}
