/// The version of the protocol that a Client speaks, by the level it names in CONNECT. [3.1.2.2]
package enum ProtocolVersion: UInt8, BitwiseCopyable {
  case v3_1 = 3
  case v3_1_1 = 4
  case v5 = 5
}

// What devices of 3.1 and 3.1.1 send against the letter of their standard, and Mosquitto takes. It harms
// nobody, and many of them get no new program any more. A Client of 5.0 is told what is wrong.
extension ProtocolVersion {
  /// Whether bytes behind the last field of a packet, a Remaining Length that is longer than it needs to
  /// be, and DUP at QoS 0 pass.
  package var isTolerant: Bool { self != .v5 }

  /// Whether the flags of a packet that has none may be anything: in 3.1 they say nothing but in PUBLISH,
  /// and old Clients set DUP when they send a packet again.
  func disregardsFlags(of type: PacketType) -> Bool {
    switch self {
    case .v3_1: true
    case .v3_1_1:
      type == .pingreq || type == .puback || type == .pubrec || type == .pubcomp
    case .v5: false
    }
  }
}
