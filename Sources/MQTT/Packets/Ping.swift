/// PINGREQ – is the Server there? [3.12]
package enum PingRequest {
  /// It has no other bytes than its header.
  package static func check(_ header: FixedHeader) throws(MalformedPacket) {
    guard header.remainingLength == 0 else { throw .trailingBytes }
  }
}

/// PINGRESP – it is. [3.13]
package struct PingResponse: BitwiseCopyable {
  package init() {}

  package func write(to sink: inout some ByteSink & ~Copyable) {
    sink.append(byte: PacketType.pingresp.rawValue << 4)
    sink.append(byte: 0)
  }
}
