/// Quality of Service: how often a message may arrive. [4.3]
package enum QoS: UInt8, BitwiseCopyable, Comparable {
  case atMostOnce = 0
  case atLeastOnce = 1
  case exactlyOnce = 2

  package static func < (left: QoS, right: QoS) -> Bool { left.rawValue < right.rawValue }
}
