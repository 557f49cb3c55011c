/// How much of the frame that is being sent has still to leave.
///
/// A frame holds one MQTT packet, since many clients take no other from one: its header tells the whole
/// packet's length, also when the rest of it follows later, and that goes before anything else.
package struct FrameProgress: BitwiseCopyable {
  private var headerRest: UInt8 = 0
  private var payloadRest: UInt32 = 0

  package init() {}

  /// Whether a frame has begun and not ended: nothing may come between.
  package var isUnderWay: Bool { headerRest > 0 || payloadRest > 0 }

  /// How many bytes of payload the frame still wants.
  package var payloadCount: Int { Int(payloadRest) }

  /// How many bytes of header and payload have still to leave.
  package var count: Int { Int(headerRest) + Int(payloadRest) }

  /// Begins a binary frame; the one before must have ended.
  package mutating func begin(payloadCount: Int) {
    precondition(!isUnderWay && payloadCount > 0)
    payloadRest = UInt32(payloadCount)
    headerRest = UInt8(FrameHeader.byteCount(payloadCount: payloadCount))
  }

  /// The header; while a part of it is missing nothing of the payload has left.
  package var header: FrameHeader { FrameHeader(.binary, payloadCount: Int(payloadRest)) }

  /// How many bytes at its end have still to leave.
  package var headerCount: Int { Int(headerRest) }

  /// Counts what the network took of header and payload; how many bytes of payload they were.
  package mutating func advance(by count: Int) -> Int {
    let ofHeader = min(count, Int(headerRest))
    headerRest -= UInt8(ofHeader)
    payloadRest -= UInt32(count - ofHeader)
    return count - ofHeader
  }
}
