/// One line of text being put together: a log line, a `$SYS` value, a line of `--plan`.
///
/// At most 511 bytes; what is more is cut off.
package struct Line: ~Copyable {
  private var bytes = InlineArray<512, UInt8>(repeating: 0)
  package private(set) var count = 0

  package init() {}

  package var span: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span.extracting(0..<count) }
  }

  /// How many bytes more it takes.
  var room: Int { bytes.count - 1 - count }

  package mutating func removeAll() { count = 0 }

  package mutating func append(byte: UInt8) {
    guard room > 0 else { return }
    bytes[count] = byte
    count += 1
  }

  package mutating func append(_ text: StaticString) {
    text.withUTF8Buffer { buffer in
      for index in 0..<buffer.count { unsafe append(byte: buffer[index]) }
    }
  }

  package mutating func append(_ text: Span<UInt8>) {
    for index in text.indices { append(byte: text[index]) }
  }

  /// Appends a number in decimal, padded on the left with `pad` to `width`.
  package mutating func append(
    _ number: UInt64, width: Int = 1, pad: UInt8 = UInt8(ascii: " ")
  ) {
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var length = 0
    var rest = number
    repeat {
      digits[length] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
      length += 1
    } while rest > 0
    for _ in 0..<max(0, width - length) { append(byte: pad) }
    while length > 0 {
      length -= 1
      append(byte: digits[length])
    }
  }

  package mutating func append(_ number: Int, width: Int = 1) {
    if number < 0 { append(byte: UInt8(ascii: "-")) }
    append(UInt64(number.magnitude), width: width)
  }

  /// Appends 32 digits in hexadecimal, in the groups of a UUID: `8-4-4-4-12`. [RFC 9562, 4]
  package mutating func append(uniqueIdentifier high: UInt64, _ low: UInt64) {
    for index in 0..<32 {
      if index == 8 || index == 12 || index == 16 || index == 20 { append("-") }
      let half = index < 16 ? high : low
      append(hexadecimalDigit: UInt8(truncatingIfNeeded: half >> UInt64(60 - index % 16 * 4)) & 0xF)
    }
  }

  private mutating func append(hexadecimalDigit digit: UInt8) {
    append(byte: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
  }

  /// Appends `hundredths` / 100 with two decimals, as the load averages of `$SYS` are shown.
  package mutating func append(hundredths: UInt64) {
    append(hundredths / 100)
    append(byte: UInt8(ascii: "."))
    append(hundredths % 100, width: 2, pad: UInt8(ascii: "0"))
  }

  /// Appends spaces until the line is `column` bytes long.
  package mutating func pad(to column: Int) {
    while count < column { append(byte: UInt8(ascii: " ")) }
  }
}
