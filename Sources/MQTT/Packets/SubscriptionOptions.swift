/// How a Client wants the messages of one subscription. [3.8.3.1]
///
///     bit   7   6     5   4       3         2       1   0
///         ┌───────┬─────────┬───────────┬─────────┬───────┐
///         │   0   │ retain  │ retain as │   no    │  QoS  │
///         │       │handling │ published │  local  │       │
///         └───────┴─────────┴───────────┴─────────┴───────┘
package struct SubscriptionOptions: BitwiseCopyable, Equatable {
  /// When retained messages are sent at the time of the subscription. [3.8.3.1]
  package enum RetainHandling: UInt8, BitwiseCopyable {
    case send = 0
    case sendIfNew = 1
    case doNotSend = 2
  }

  /// The byte as it stands in the packet.
  package let rawValue: UInt8

  /// Takes a byte that was parsed before; `nil` when no packet can have held it.
  package init?(rawValue: UInt8) {
    do throws(MalformedPacket) {
      try self.init(parsing: rawValue, version: .v5)
    } catch {
      return nil
    }
  }

  init(parsing byte: UInt8, version: ProtocolVersion) throws(MalformedPacket) {
    // [MQTT-3.8.3-5] [MQTT3-3.8.3-4]
    guard byte & (version == .v5 ? 0xC0 : 0xFC) == 0 else { throw .reservedOptionBits }
    guard byte & 0b11 != 3 else { throw .qualityOfServiceThree }  // [MQTT3-3.8.3-4]
    guard byte >> 4 != 3 else { throw .retainHandlingThree }
    rawValue = byte
  }

  /// The highest QoS at which messages are wanted.
  package var qos: QoS { QoS(rawValue: rawValue & 0b11) ?? .exactlyOnce }
  /// Whether the Client's own messages are unwanted.
  package var isNoLocal: Bool { rawValue & 0b100 != 0 }
  /// Whether messages keep the RETAIN flag that they were published with.
  package var isRetainAsPublished: Bool { rawValue & 0b1000 != 0 }
  /// When retained messages are wanted.
  package var retainHandling: RetainHandling {
    RetainHandling(rawValue: rawValue >> 4) ?? .doNotSend
  }
}
