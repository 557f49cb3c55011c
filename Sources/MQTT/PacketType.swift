/// The types of MQTT Control Packets. [2.1.2]
package enum PacketType: UInt8, BitwiseCopyable {
  case connect = 1
  case connack, publish, puback, pubrec, pubrel, pubcomp, subscribe, suback, unsubscribe, unsuback
  case pingreq, pingresp, disconnect, auth

  /// What the four flag bits must be; nil for PUBLISH, where they have a meaning. [2.1.3]
  var reservedFlags: UInt8? {
    switch self {
    case .publish: nil
    case .pubrel, .subscribe, .unsubscribe: 0b0010
    default: 0
    }
  }
}
