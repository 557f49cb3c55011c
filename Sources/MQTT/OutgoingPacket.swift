/// A packet that the Server writes; `OutgoingPublish` is the one that is written in pieces.
package protocol OutgoingPacket: ~Copyable, ~Escapable {
  /// What the packet is for.
  var type: PacketType { get }
  /// Writes all that follows the fixed header.
  func writeBody(to sink: inout some ByteSink & ~Copyable)
}

extension OutgoingPacket where Self: ~Copyable & ~Escapable {
  /// How many bytes follow the fixed header. [2.1.4]
  package var remainingLength: Int {
    var counter = ByteCounter()
    writeBody(to: &counter)
    return counter.count
  }

  /// How many bytes the packet takes, fixed header and all.
  package var encodedLength: Int {
    let remaining = remainingLength
    return 1 + VariableByteInteger.length(of: UInt32(truncatingIfNeeded: remaining)) + remaining
  }

  /// Writes the whole packet.
  package func write(to sink: inout some ByteSink & ~Copyable) {
    sink.append(header: type, remainingLength: remainingLength)
    writeBody(to: &sink)
  }
}
