import Support
import Testing

@testable import Memory

private func text(_ write: (inout Line) -> Void) -> String {
  var line = Line()
  write(&line)
  return String(copying: line.span)
}

@Test func aLineIsCutOffAt511Bytes() {
  let long = [UInt8](repeating: UInt8(ascii: "x"), count: 600)
  let cut = text { $0.append(long.span) }
  let foreign = text { $0.append(foreign: long.span) }
  #expect(cut.utf8.count == 511 && foreign.utf8.count == 511)
  let full = text {
    $0.append(long.span)
    $0.append("more")
    $0.append(1)
  }
  #expect(full == cut)
}

@Test func numbersAreDecimal() {
  #expect(text { $0.append(0) } == "0")
  #expect(text { $0.append(UInt64.max) } == "18446744073709551615")
  #expect(text { $0.append(Int.min) } == "-9223372036854775808")
  #expect(text { $0.append(-1) } == "-1")
  #expect(text { $0.append(42, width: 5) } == "   42")
  #expect(text { $0.append(42 as UInt64, width: 5, pad: UInt8(ascii: "0")) } == "00042")
  #expect(text { $0.append(123_456, width: 2) } == "123456")
}

@Test func uniqueIdentifiersHaveFiveGroups() {
  #expect(text { $0.append(uniqueIdentifier: 0, 0) } == "00000000-0000-0000-0000-000000000000")
  #expect(
    text { $0.append(uniqueIdentifier: 0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210) }
      == "01234567-89AB-CDEF-FEDC-BA9876543210")
}

@Test func hundredthsHaveTwoDecimals() {
  #expect(text { $0.append(hundredths: 0) } == "0.00")
  #expect(text { $0.append(hundredths: 7) } == "0.07")
  #expect(text { $0.append(hundredths: 12_345) } == "123.45")
}

@Test func aLineIsPaddedToAColumn() {
  #expect(
    text {
      $0.append("ab")
      $0.pad(to: 4)
      $0.append("c")
      $0.pad(to: 2)
    } == "ab  c")
}

@Test func anEmptiedLineBeginsAnew() {
  #expect(
    text {
      $0.append("ab")
      $0.removeAll()
      $0.append("c")
    } == "c")
}

@Test func aShortTextHasAtMost255Bytes() {
  let longest = [UInt8](repeating: UInt8(ascii: "x"), count: 255)
  let text = ShortText(longest.span)
  let isKept = text.map { Array(copying: $0.span) == longest && $0.count == 255 }
  let tooLong = longest + [0]
  let (more, none) = (ShortText(tooLong.span), ShortText(Span()))
  #expect(isKept == true && more == nil)
  #expect(none?.count == 0 && ShortText().isEmpty)
}
