import Memory
import Support
import WebSocket

/// A client's frame, put together by hand: nothing of what the decoder does is used.
func frame(
  _ opcode: UInt8, _ payload: [UInt8] = [], isFinal: Bool = true, reserved: UInt8 = 0,
  key: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D], lengthBytes: Int? = nil
) -> [UInt8] {
  let length = payload.count
  let extended = lengthBytes ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8)
  let mark = key == nil ? 0 : UInt8(0x80)
  var bytes = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
  bytes.append(mark | (extended == 0 ? UInt8(length) : extended == 2 ? 126 : 127))
  for index in 0..<extended {
    bytes.append(UInt8(truncatingIfNeeded: length >> (8 * (extended - 1 - index))))
  }
  guard let key else { return bytes + payload }
  return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
}

/// A control frame as it came out.
struct Control: Equatable {
  var opcode: Opcode
  var payload: [UInt8]
}

/// What came of a stream of frames.
struct Decoded: Equatable {
  var payload: [UInt8] = []
  var controls: [Control] = []
  var failure: CloseCode?
  /// Units of work that it cost; not a part of what came of it.
  var paid = 0

  static func == (left: Decoded, right: Decoded) -> Bool {
    left.payload == right.payload && left.controls == right.controls
      && left.failure == right.failure
  }
}

/// Decodes a stream that arrives in these pieces.
func decode(_ pieces: [[UInt8]], limit: Int = 1 << 26) -> Decoded {
  var decoder = FrameDecoder()
  var decoded = Decoded()
  var partial: [UInt8] = []
  var work = Work(.max)
  for piece in pieces {
    var bytes = piece
    var span = bytes.mutableSpan
    var cursor = FrameCursor(to: piece.count)
    do throws(CloseCode) {
      while let found = try decoder.next(in: &span, &cursor, limit: limit, &work) {
        partial += Array(copying: span.span.extracting(found.range))
        guard found.isLast else { continue }
        decoded.controls.append(Control(opcode: found.opcode, payload: partial))
        partial = []
      }
    } catch {
      decoded.failure = error
    }
    decoded.payload += Array(copying: span.span.extracting(0..<cursor.written))
    if decoded.failure != nil { break }
  }
  decoded.paid = work.paid
  return decoded
}

/// The bytes cut at these places.
func cut(_ bytes: [UInt8], at places: [Int]) -> [[UInt8]] {
  zip([0] + places, places + [bytes.count]).map { Array(bytes[$0..<$1]) }
}
