import Board

/// Where one text of the settings lies among all of them.
package struct TextReference: BitwiseCopyable, Equatable {
  let offset: UInt16
  /// The length in bytes; zero for a text that was not given.
  package let count: UInt16

  /// Where the bytes are.
  var range: Range<Int> { Int(offset)..<Int(offset) + Int(count) }

  /// The reference to no text.
  package static var none: TextReference { TextReference(offset: 0, count: 0) }

  /// Whether there is no text.
  package var isEmpty: Bool { count == 0 }
}

/// All texts of the settings, one behind the other, each followed by a zero byte as C expects.
struct SettingsText: BitwiseCopyable {
  /// The bytes of all texts.
  private(set) var bytes = Limits.ConfigurationText(repeating: 0)
  private(set) var used = 0

  /// The most bytes there is room for.
  static var capacity: Int { Limits.ConfigurationText.count }

  /// Keeps a copy of `text`; nil, and nothing changes, when there is no room for it.
  mutating func keep(_ text: Span<UInt8>) -> TextReference? {
    guard text.count < bytes.count - used else { return nil }
    let reference = TextReference(offset: UInt16(used), count: UInt16(text.count))
    for index in text.indices { bytes[used + index] = text[index] }
    used += text.count + 1
    return reference
  }
}
