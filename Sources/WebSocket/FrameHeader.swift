/// The header of a frame that we send: final and never masked. [RFC 6455, 5.2]
package struct FrameHeader: BitwiseCopyable {
  private var bytes = InlineArray<10, UInt8>(repeating: 0)
  package let count: Int

  package init(_ opcode: Opcode, payloadCount: Int) {
    precondition(payloadCount >= 0)
    count = FrameHeader.byteCount(payloadCount: payloadCount)
    let lengthBytes = count - 2
    bytes[0] = 0x80 | opcode.rawValue
    switch lengthBytes {
    case 0: bytes[1] = UInt8(payloadCount)
    case 2: bytes[1] = 126
    default: bytes[1] = 127
    }
    for index in 0..<lengthBytes {
      bytes[2 + index] = UInt8(truncatingIfNeeded: payloadCount >> (8 * (lengthBytes - 1 - index)))
    }
  }

  /// The bytes of a header for so many of payload.
  package static func byteCount(payloadCount: Int) -> Int {
    payloadCount < 126 ? 2 : payloadCount <= 0xFFFF ? 4 : 10
  }

  package var span: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span.extracting(0..<count) }
  }

  /// The most bytes that the payload of a control frame has. [RFC 6455, 5.5]
  package static var controlPayloadMax: Int { 125 }
}
