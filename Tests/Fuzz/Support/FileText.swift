/// The lines of a file with their number, as the obvious code cuts them.
package func lines(_ text: [UInt8]) -> [[UInt8]] {
  text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
}

/// The bytes without spaces, tabs and carriage returns at either end.
package func trimmed(_ bytes: some Collection<UInt8>) -> [UInt8] {
  let blanks: [UInt8] = [0x20, 0x09, 0x0D]
  let front = bytes.drop { blanks.contains($0) }
  return front.reversed().drop { blanks.contains($0) }.reversed()
}

/// The lines that say something, without blanks around them.
package func contentLines(_ text: [UInt8]) -> [[UInt8]] {
  lines(text).map { trimmed($0) }.filter { !$0.isEmpty && $0[0] != UInt8(ascii: "#") }
}

/// The bytes of a text.
package func bytes(_ text: some StringProtocol) -> [UInt8] { Array(text.utf8) }
