/// How a subscription is to be served. [3.8.3.1]
package struct SubscriptionOptions: BitwiseCopyable {
  /// When retained messages are sent.
  package enum RetainHandling: UInt8, BitwiseCopyable {
    case always = 0
    /// Only if the subscription is new.
    case ifNew = 1
    case never = 2
  }

  private let bits: UInt8

  /// Checks an options byte; nil when bits are set that mean nothing. [MQTT-3.8.3-5]
  /// [MQTT3-3.8.3-4]
  package init?(_ bits: UInt8, version: ProtocolVersion) {
    let allowed: UInt8 = version == .v5 ? 0b0011_1111 : 0b11
    guard bits & ~allowed == 0 && bits & 0b11 != 3 && bits >> 4 & 0b11 != 3 else { return nil }
    self.bits = bits
  }

  /// The highest QoS that is sent.
  package var qos: QoS { QoS(rawValue: bits & 0b11) ?? .atMostOnce }
  /// Whether the Client's own messages are left out. [MQTT-3.8.3-3]
  package var isNoLocal: Bool { bits & 0b100 != 0 }
  /// Whether RETAIN is sent as it was published. [MQTT-3.3.1-13]
  package var isRetainAsPublished: Bool { bits & 0b1000 != 0 }
  package var retainHandling: RetainHandling { RetainHandling(rawValue: bits >> 4) ?? .always }
}
