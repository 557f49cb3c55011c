/// PINGREQ – the Client is still there. [3.12]
package struct PingRequest: BitwiseCopyable {
  /// Parses a packet from a Client that `bytes` begin with: there is nothing in it.
  package init(
    parsing bytes: Span<UInt8>, header: FixedHeader, version: ProtocolVersion
  ) throws(MalformedPacket) {
    try PacketReader(bytes, header: header).finish(version)
  }
}

/// PINGRESP – so is the Server. [3.13]
package struct PingResponse: BitwiseCopyable, OutgoingPacket {
  /// Makes the packet.
  package init() {}

  /// What the packet is for.
  package var type: PacketType { .pingresp }

  /// Writes nothing.
  package func writeBody(to sink: inout some ByteSink & ~Copyable) {}
}
