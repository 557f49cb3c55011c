/// Addresses as people write them, to numbers. [RFC 4291, 2.2]
enum AddressText {
  /// Four numbers up to 255 with points between them, none with a leading zero.
  static func version4(_ text: Span<UInt8>) -> UInt32? {
    var number: UInt32 = 0
    var start = 0
    for part in 0..<4 {
      let rest = start..<text.count
      let point = text.firstIndex(of: UInt8(ascii: "."), in: rest)
      guard part < 3 || point == nil else { return nil }
      guard let end = part < 3 ? point : text.count else { return nil }
      guard let value = decimal(text.extracting(start..<end), digits: 3), value < 256 else {
        return nil
      }
      number = number << 8 | value
      start = min(end + 1, text.count)
    }
    return number
  }

  /// Eight groups of hexadecimal digits with colons between them; `::` stands for groups of zero.
  static func version6(_ text: Span<UInt8>) -> (high: UInt64, low: UInt64)? {
    var groups = InlineArray<8, UInt16>(repeating: 0)
    var count = 0
    var gap: Int?
    var position = 0
    if text.hasPrefix("::") {
      gap = 0
      position = 2
    }
    while position < text.count {
      guard count < 8, let group = readGroup(text, &position) else { return nil }
      groups[count] = group
      count += 1
      guard position < text.count else { break }
      guard text[position] == UInt8(ascii: ":") else { return nil }
      position += 1
      guard position < text.count else { return nil }
      guard text[position] == UInt8(ascii: ":") else { continue }
      guard gap == nil else { return nil }
      gap = count
      position += 1
    }
    return whole(groups, count: count, gap: gap)
  }

  /// The number that so many groups make, with zeros where the gap is.
  private static func whole(
    _ groups: InlineArray<8, UInt16>, count: Int, gap: Int?
  ) -> (high: UInt64, low: UInt64)? {
    guard gap == nil ? count == 8 : count < 8 else { return nil }
    var high: UInt64 = 0
    var low: UInt64 = 0
    for index in 0..<8 {
      let isBefore = index < gap ?? 8
      let source = isBefore ? index : index - (8 - count)
      let group = isBefore || source >= gap ?? 8 ? UInt64(groups[source]) : 0
      if index < 4 { high = high << 16 | group } else { low = low << 16 | group }
    }
    return (high, low)
  }

  private static func readGroup(_ text: Span<UInt8>, _ position: inout Int) -> UInt16? {
    var value: UInt16 = 0
    let start = position
    while position < text.count, let digit = hexadecimalDigit(text[position]) {
      guard position - start < 4 else { return nil }
      value = value << 4 | digit
      position += 1
    }
    return position > start ? value : nil
  }

  private static func hexadecimalDigit(_ byte: UInt8) -> UInt16? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return UInt16(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): return UInt16(byte - UInt8(ascii: "a")) + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): return UInt16(byte - UInt8(ascii: "A")) + 10
    default: return nil
    }
  }

  /// A number of at most so many digits, without a leading zero.
  static func decimal(_ text: Span<UInt8>, digits: Int) -> UInt32? {
    guard text.count > 0 && text.count <= digits else { return nil }
    guard text.count == 1 || text[0] != UInt8(ascii: "0") else { return nil }
    var number: UInt32 = 0
    for index in text.indices {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index]) else { return nil }
      number = number * 10 + UInt32(text[index] - UInt8(ascii: "0"))
    }
    return number
  }
}
