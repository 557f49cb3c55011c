// Text that somebody else has chosen, in a line of ours.
extension Line {
  /// Appends text from outside in such a way that whoever has chosen it can neither write lines of
  /// his own nor change how others look.
  ///
  /// Each character that is not seen as itself, and each byte that is no UTF-8, becomes one `?`.
  @inline(never)
  package mutating func append(foreign text: Span<UInt8>) {
    var index = 0
    while index < text.count {
      let (scalar, length) = Line.scalar(at: index, of: text)
      if let scalar, Line.isSeen(scalar) {
        append(whole: text.extracting(index..<index + length))
      } else {
        append(byte: UInt8(ascii: "?"))
      }
      index += length
    }
  }

  /// Appends the bytes of one character, if there is room for all of them.
  private mutating func append(whole character: Span<UInt8>) {
    guard character.count <= room else { return }
    append(character)
  }

  /// The character that begins at a place of a text, and its bytes; nil and one where none does: what
  /// is cut off, written in too many bytes, or half of a pair is none. [RFC 3629, 3]
  private static func scalar(
    at index: Int, of text: Span<UInt8>
  ) -> (scalar: UInt32?, length: Int) {
    let first = UInt32(text[index])
    guard first >= 0x80 else { return (first, 1) }
    let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
    guard first >= 0xC2, first <= 0xF4, index + length <= text.count else { return (nil, 1) }
    var value = first & (0x7F >> UInt32(length))
    for place in index + 1..<index + length {
      guard text[place] & 0xC0 == 0x80 else { return (nil, 1) }
      value = value << 6 | UInt32(text[place] & 0x3F)
    }
    let least: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x1_0000
    guard value >= least, Unicode.Scalar(value) != nil else { return (nil, 1) }
    return (value, length)
  }

  /// Whether a character is seen where it stands, and as nothing else: those that control a terminal
  /// or the direction of writing, that begin a line, or that take no room, are not.
  private static func isSeen(_ scalar: UInt32) -> Bool {
    switch scalar {
    // The two sets of control characters, with DELETE between them.
    case 0x00...0x1F, 0x7F...0x9F: false
    // A hyphen and joiners that are not seen, and the mark of the order of bytes.
    case 0xAD, 0x180E, 0x200B...0x200D, 0x2060...0x2065, 0xFEFF: false
    // The direction of writing: marks, embeddings, overrides, isolates and shapes.
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x206F: false
    // Separators of lines and of paragraphs.
    case 0x2028, 0x2029: false
    // Annotations, steps of shorthand and of music, and tags that write a second text behind the one that is seen.
    case 0xFFF9...0xFFFB, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0xE0000...0xE0FFF: false
    default: true
    }
  }
}
