import FuzzSupport
import Memory
import WebSocket

/// A client's frames: the same comes out wherever they are cut, it is what the obvious code finds,
/// and never more than went in. [RFC 6455, 5]
@main struct Main {
  static func main() { unsafe fuzz(run) }
}

private func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = unsafe Input(start, count)
  let seed = input.byte()
  let limit = Int(input.byte()) << Int(seed & 0x0C)
  let bytes = input.rest()
  let whole = decode([bytes], limit, offset: 0)
  require(whole == obvious(bytes, limit), "not what the obvious code finds")
  require(whole == decode(bytes.map { [$0] }, limit, offset: 0), "byte by byte it is another")
  let offset = Int(seed >> 4)
  require(whole == decode(pieces(of: bytes, cut: seed), limit, offset: offset), "in pieces")
  let out = whole.payload.count + whole.controls.reduce(0) { $0 + $1.payload.count }
  require(out <= max(0, bytes.count - 6), "\(out) bytes out of \(bytes.count)")
  for control in whole.controls where control.opcode == 8 { checkClose(control.payload) }
  return 0
}

private struct Control: Equatable {
  var opcode: UInt8
  var payload: [UInt8]
  var isWhole = true
}

private struct Decoded: Equatable {
  var payload: [UInt8] = []
  var controls: [Control] = []
  var failure: UInt16?

  mutating func add(_ opcode: UInt8, _ bytes: [UInt8], isLast: Bool) {
    if controls.last?.isWhole ?? true {
      controls.append(Control(opcode: opcode, payload: [], isWhole: false))
    }
    controls[controls.count - 1].payload += bytes
    controls[controls.count - 1].isWhole = isLast
  }
}

/// - Parameter offset: how much of another's payload lies before the bytes, which stay as they are.
private func decode(_ pieces: [[UInt8]], _ limit: Int, offset: Int) -> Decoded {
  var decoder = FrameDecoder()
  var decoded = Decoded()
  var work = Work(.max)
  for piece in pieces {
    // Exactly as long as what was received, so that whoever goes beyond is seen.
    var bytes = [UInt8](repeating: 0x55, count: offset) + piece
    var span = bytes.mutableSpan
    var cursor = FrameCursor(from: offset, to: span.count)
    do throws(CloseCode) {
      while let found = try decoder.next(in: &span, &cursor, limit: limit, &work) {
        require(found.range.lowerBound >= cursor.written, "a control frame was written over")
        require(found.opcode.isControl && found.range.upperBound <= cursor.position, "a range")
        let part = found.range.map { span[$0] }
        decoded.add(found.opcode.rawValue, part, isLast: found.isLast)
      }
      require(cursor.position == cursor.end, "something was left")
    } catch {
      decoded.failure = error.rawValue
    }
    require(cursor.written <= cursor.position - offset, "more payload than bytes")
    decoded.payload += (0..<cursor.written).map { span[$0] }
    if decoded.failure != nil { break }
  }
  // Whatever the frames are, they are paid for: with six bytes a frame, four units each.
  let count = pieces.reduce(0) { $0 + $1.count }
  require(work.paid <= 20 * (count / 6) + count / 64, "\(work.paid) units for \(count) bytes")
  return decoded
}

/// Cuts frame by frame; a frame that goes on beyond the end gives what is there of it.
private func obvious(_ bytes: [UInt8], _ limit: Int) -> Decoded {
  var decoded = Decoded()
  var rest = bytes[...]
  var isFragmented = false
  while let first = rest.popFirst() {
    let opcode = first & 0x0F
    let isFinal = first & 0x80 != 0
    decoded.failure = refusal(first, isFragmented: isFragmented)
    guard decoded.failure == nil, let second = rest.popFirst() else { break }
    if opcode < 8 { isFragmented = !isFinal }
    let short = Int(second & 0x7F)
    guard second & 0x80 != 0, short <= 125 || opcode < 8 else {
      decoded.failure = 1002
      break
    }
    let size = short == 126 ? 2 : short == 127 ? 8 : 0
    let digits = rest.prefix(size)
    if size == 8, let highest = digits.first, highest & 0x80 != 0 { decoded.failure = 1002 }
    guard decoded.failure == nil, digits.count == size else { break }
    rest = rest.dropFirst(size)
    let length = size == 0 ? UInt64(short) : digits.reduce(0) { $0 << 8 | UInt64($1) }
    if size > 0 && length <= (size == 2 ? 125 : 65_535) { decoded.failure = 1002 }
    if decoded.failure == nil && length > UInt64(limit) { decoded.failure = 1009 }
    let key = Array(rest.prefix(4))
    guard decoded.failure == nil, key.count == 4 else { break }
    rest = rest.dropFirst(4)
    let masked = rest.prefix(Int(length))
    rest = rest.dropFirst(Int(length))
    let payload = masked.enumerated().map { $1 ^ key[$0 % 4] }
    let isLast = payload.count == Int(length)
    if opcode < 8 {
      decoded.payload += payload
    } else if isLast || !payload.isEmpty {
      decoded.add(opcode, payload, isLast: isLast)
    }
  }
  return decoded
}

private func refusal(_ first: UInt8, isFragmented: Bool) -> UInt16? {
  let opcode = first & 0x0F
  guard first & 0x70 == 0, [0, 1, 2, 8, 9, 10].contains(opcode) else { return 1002 }
  if opcode >= 8 { return first & 0x80 == 0 ? 1002 : nil }
  if (opcode == 0) != isFragmented { return 1002 }
  return opcode == 1 ? 1003 : nil
}

/// What a Close frame holds is a code that may be sent, and words in UTF-8. [RFC 6455, 5.5.1]
private func checkClose(_ payload: [UInt8]) {
  let code = payload.count > 1 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : 0
  let isText = String(validating: payload.dropFirst(2), as: UTF8.self) != nil
  do throws(CloseCode) {
    let found = try ClosePayload.read(payload.span)
    require(found?.rawValue ?? 0 == code && isText, "a wrong reason was taken")
    require(payload.isEmpty || found?.isAllowedOnTheWire == true, "a code nobody may send")
  } catch {
    require(error.rawValue == 1002 || (error.rawValue == 1007 && !isText), "refused: \(error)")
  }
}
