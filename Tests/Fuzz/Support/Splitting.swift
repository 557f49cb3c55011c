/// The same bytes in pieces of sizes that a number chooses, some of them empty.
package func pieces(of bytes: [UInt8], cut seed: UInt8) -> [[UInt8]] {
  var pieces: [[UInt8]] = []
  var state = UInt32(seed)
  var start = 0
  while start < bytes.count {
    state = state &* 1_664_525 &+ 1_013_904_223
    let end = min(bytes.count, start + Int(state >> 24 & (seed & 1 == 0 ? 0x07 : 0x7F)))
    pieces.append(Array(bytes[start..<end]))
    start = end
  }
  return pieces
}
