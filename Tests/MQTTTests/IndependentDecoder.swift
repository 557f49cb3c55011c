/// What a Client makes of a packet from the Server, written without a look at the codec.
struct ReceivedPacket {
  var type = 0
  var flags = 0
  var body: [UInt8] = []

  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 2 else { return nil }
    type = Int(bytes[0]) / 16
    flags = Int(bytes[0]) % 16
    var index = 1
    guard let length = takeVariableByteInteger(bytes, &index) else { return nil }
    guard bytes.count == index + length else { return nil }
    body = Array(bytes[index...])
  }
}

/// Reads a Variable Byte Integer as [1.5.5] tells it: with a multiplier.
func takeVariableByteInteger(_ bytes: [UInt8], _ index: inout Int) -> Int? {
  var multiplier = 1
  var value = 0
  while index < bytes.count {
    let byte = Int(bytes[index])
    index += 1
    value += (byte % 128) * multiplier
    multiplier *= 128
    if byte < 128 { return value }
    if multiplier > 128 * 128 * 128 { return nil }
  }
  return nil
}

/// Reads bytes with their number before them.
func takeCounted(_ bytes: [UInt8], _ index: inout Int) -> [UInt8] {
  let count = Int(bytes[index]) * 256 + Int(bytes[index + 1])
  defer { index += 2 + count }
  return Array(bytes[(index + 2)..<(index + 2 + count)])
}

/// Reads a property block to pairs of identifier and value, in order.
func takeProperties(_ bytes: [UInt8], _ index: inout Int) -> [(identifier: Int, value: [UInt8])] {
  let count = takeVariableByteInteger(bytes, &index) ?? 0
  let end = index + count
  var properties: [(identifier: Int, value: [UInt8])] = []
  while index < end {
    let identifier = Int(bytes[index])
    let start = index + 1
    index = start
    skipValue(of: identifier, bytes, &index)
    properties.append((identifier, Array(bytes[start..<index])))
  }
  precondition(index == end)
  return properties
}

private func skipValue(of identifier: Int, _ bytes: [UInt8], _ index: inout Int) {
  switch identifier {
  case 1, 23, 25, 36, 37, 40, 41, 42: index += 1
  case 19, 33, 34, 35: index += 2
  case 2, 17, 24, 39: index += 4
  case 11: _ = takeVariableByteInteger(bytes, &index)
  case 3, 8, 9, 18, 21, 22, 26, 28, 31: _ = takeCounted(bytes, &index)
  case 38:
    _ = takeCounted(bytes, &index)
    _ = takeCounted(bytes, &index)
  default: preconditionFailure("unknown property \(identifier)")
  }
}

/// A number of one, two or four bytes.
func number(_ bytes: [UInt8]) -> Int {
  bytes.reduce(0) { $0 * 256 + Int($1) }
}
