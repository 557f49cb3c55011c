/// The result of an operation, in one byte. [2.4]
package struct ReasonCode: RawRepresentable, BitwiseCopyable, Equatable {
  /// The byte that stands in the packet.
  package let rawValue: UInt8

  /// Takes any byte; each packet has its own list of those it may hold.
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Whether the operation failed. [2.4]
  package var isError: Bool { rawValue >= 0x80 }
}

/// The standard's names. [Table 2-6]
extension ReasonCode {
  package static var success: ReasonCode { .init(rawValue: 0x00) }
  package static var normalDisconnection: ReasonCode { .init(rawValue: 0x00) }
  package static var grantedQoS0: ReasonCode { .init(rawValue: 0x00) }
  package static var grantedQoS1: ReasonCode { .init(rawValue: 0x01) }
  package static var grantedQoS2: ReasonCode { .init(rawValue: 0x02) }
  package static var disconnectWithWillMessage: ReasonCode { .init(rawValue: 0x04) }
  package static var noMatchingSubscribers: ReasonCode { .init(rawValue: 0x10) }
  package static var noSubscriptionExisted: ReasonCode { .init(rawValue: 0x11) }
  package static var continueAuthentication: ReasonCode { .init(rawValue: 0x18) }
  package static var reauthenticate: ReasonCode { .init(rawValue: 0x19) }
  package static var unspecifiedError: ReasonCode { .init(rawValue: 0x80) }
  package static var malformedPacket: ReasonCode { .init(rawValue: 0x81) }
  package static var protocolError: ReasonCode { .init(rawValue: 0x82) }
  package static var implementationSpecificError: ReasonCode { .init(rawValue: 0x83) }
  package static var unsupportedProtocolVersion: ReasonCode { .init(rawValue: 0x84) }
  package static var clientIdentifierNotValid: ReasonCode { .init(rawValue: 0x85) }
  package static var badUserNameOrPassword: ReasonCode { .init(rawValue: 0x86) }
  package static var notAuthorized: ReasonCode { .init(rawValue: 0x87) }
  package static var serverUnavailable: ReasonCode { .init(rawValue: 0x88) }
  package static var serverBusy: ReasonCode { .init(rawValue: 0x89) }
  package static var banned: ReasonCode { .init(rawValue: 0x8A) }
  package static var serverShuttingDown: ReasonCode { .init(rawValue: 0x8B) }
  package static var badAuthenticationMethod: ReasonCode { .init(rawValue: 0x8C) }
  package static var keepAliveTimeout: ReasonCode { .init(rawValue: 0x8D) }
  package static var sessionTakenOver: ReasonCode { .init(rawValue: 0x8E) }
  package static var topicFilterInvalid: ReasonCode { .init(rawValue: 0x8F) }
  package static var topicNameInvalid: ReasonCode { .init(rawValue: 0x90) }
  package static var packetIdentifierInUse: ReasonCode { .init(rawValue: 0x91) }
  package static var packetIdentifierNotFound: ReasonCode { .init(rawValue: 0x92) }
  package static var receiveMaximumExceeded: ReasonCode { .init(rawValue: 0x93) }
  package static var topicAliasInvalid: ReasonCode { .init(rawValue: 0x94) }
  package static var packetTooLarge: ReasonCode { .init(rawValue: 0x95) }
  package static var messageRateTooHigh: ReasonCode { .init(rawValue: 0x96) }
  package static var quotaExceeded: ReasonCode { .init(rawValue: 0x97) }
  package static var administrativeAction: ReasonCode { .init(rawValue: 0x98) }
  package static var payloadFormatInvalid: ReasonCode { .init(rawValue: 0x99) }
  package static var retainNotSupported: ReasonCode { .init(rawValue: 0x9A) }
  package static var qosNotSupported: ReasonCode { .init(rawValue: 0x9B) }
  package static var useAnotherServer: ReasonCode { .init(rawValue: 0x9C) }
  package static var serverMoved: ReasonCode { .init(rawValue: 0x9D) }
  package static var sharedSubscriptionsNotSupported: ReasonCode { .init(rawValue: 0x9E) }
  package static var connectionRateExceeded: ReasonCode { .init(rawValue: 0x9F) }
  package static var maximumConnectTime: ReasonCode { .init(rawValue: 0xA0) }
  package static var subscriptionIdentifiersNotSupported: ReasonCode { .init(rawValue: 0xA1) }
  package static var wildcardSubscriptionsNotSupported: ReasonCode { .init(rawValue: 0xA2) }
}

extension ReasonCode {
  /// The code in a CONNACK of MQTT 3.x; `nil` when none applies and nothing is sent. [3.2.2.3]
  package var connectReturnCode: UInt8? {
    switch self {
    case .success: 0
    case .unsupportedProtocolVersion: 1
    case .clientIdentifierNotValid: 2
    case .serverUnavailable, .quotaExceeded, .useAnotherServer, .serverMoved,
      .connectionRateExceeded:
      3
    case .badUserNameOrPassword: 4
    case .notAuthorized, .banned: 5
    default: nil
    }
  }

  /// Whether a PUBACK or PUBREC may hold it. [3.4.2.1] [3.5.2.1]
  var isAllowedInReceipt: Bool {
    switch self {
    case .success, .noMatchingSubscribers, .unspecifiedError, .implementationSpecificError,
      .notAuthorized, .topicNameInvalid, .packetIdentifierInUse, .quotaExceeded,
      .payloadFormatInvalid:
      true
    default: false
    }
  }

  /// Whether a PUBREL or PUBCOMP may hold it. [3.6.2.1] [3.7.2.1]
  var isAllowedInRelease: Bool { self == .success || self == .packetIdentifierNotFound }

  /// Whether a DISCONNECT from a Client may hold it. [3.14.2.1]
  var isAllowedInDisconnectFromClient: Bool {
    switch self {
    case .normalDisconnection, .disconnectWithWillMessage, .unspecifiedError, .malformedPacket,
      .protocolError, .implementationSpecificError, .badAuthenticationMethod, .topicNameInvalid,
      .receiveMaximumExceeded, .topicAliasInvalid, .packetTooLarge, .messageRateTooHigh,
      .quotaExceeded, .administrativeAction, .payloadFormatInvalid:
      true
    default: false
    }
  }

  /// Whether an AUTH from a Client may hold it. [3.15.2.1]
  var isAllowedInAuthFromClient: Bool {
    self == .continueAuthentication || self == .reauthenticate
  }
}
