/// The version of the protocol that a Client speaks, by the level it names in CONNECT. [3.1.2.2]
package enum ProtocolVersion: UInt8, BitwiseCopyable {
  case v3_1 = 3
  case v3_1_1 = 4
  case v5 = 5
}
