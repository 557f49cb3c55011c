/// What a packet is for: the upper four bits of its first byte. [2.1.2]
package enum PacketType: UInt8, BitwiseCopyable {
  case connect = 1
  case connack = 2
  case publish = 3
  case puback = 4
  case pubrec = 5
  case pubrel = 6
  case pubcomp = 7
  case subscribe = 8
  case suback = 9
  case unsubscribe = 10
  case unsuback = 11
  case pingreq = 12
  case pingresp = 13
  case disconnect = 14
  case auth = 15

  /// The lower four bits of the first byte, for every type but PUBLISH. [2.1.3]
  var reservedFlags: UInt8 {
    switch self {
    case .pubrel, .subscribe, .unsubscribe: 0b0010
    case .connect, .connack, .publish, .puback, .pubrec, .pubcomp, .suback, .unsuback, .pingreq,
      .pingresp, .disconnect, .auth:
      0
    }
  }
}
