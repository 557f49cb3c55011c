/// How a request ended, in one byte. [2.4]
package struct ReasonCode: RawRepresentable, BitwiseCopyable, Equatable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Whether the request failed.
  package var isError: Bool { rawValue >= 0x80 }

  /// Success.
  package static var success: ReasonCode { ReasonCode(rawValue: 0x00) }
  /// Granted QoS 1.
  package static var grantedQoS1: ReasonCode { ReasonCode(rawValue: 0x01) }
  /// Granted QoS 2.
  package static var grantedQoS2: ReasonCode { ReasonCode(rawValue: 0x02) }
  /// Disconnect with Will Message.
  package static var disconnectWithWill: ReasonCode { ReasonCode(rawValue: 0x04) }
  /// No matching subscribers.
  package static var noMatchingSubscribers: ReasonCode { ReasonCode(rawValue: 0x10) }
  /// No subscription existed.
  package static var noSubscriptionExisted: ReasonCode { ReasonCode(rawValue: 0x11) }
  /// Continue authentication.
  package static var continueAuthentication: ReasonCode { ReasonCode(rawValue: 0x18) }
  /// Re-authenticate.
  package static var reauthenticate: ReasonCode { ReasonCode(rawValue: 0x19) }
  /// Unspecified error.
  package static var unspecifiedError: ReasonCode { ReasonCode(rawValue: 0x80) }
  /// Malformed Packet.
  package static var malformedPacket: ReasonCode { ReasonCode(rawValue: 0x81) }
  /// Protocol Error.
  package static var protocolError: ReasonCode { ReasonCode(rawValue: 0x82) }
  /// Implementation specific error.
  package static var implementationSpecificError: ReasonCode { ReasonCode(rawValue: 0x83) }
  /// Unsupported Protocol Version.
  package static var unsupportedProtocolVersion: ReasonCode { ReasonCode(rawValue: 0x84) }
  /// Client Identifier not valid.
  package static var clientIdentifierNotValid: ReasonCode { ReasonCode(rawValue: 0x85) }
  /// Bad User Name or Password.
  package static var badUserNameOrPassword: ReasonCode { ReasonCode(rawValue: 0x86) }
  /// Not authorized.
  package static var notAuthorized: ReasonCode { ReasonCode(rawValue: 0x87) }
  /// Server unavailable.
  package static var serverUnavailable: ReasonCode { ReasonCode(rawValue: 0x88) }
  /// Server busy.
  package static var serverBusy: ReasonCode { ReasonCode(rawValue: 0x89) }
  /// Banned.
  package static var banned: ReasonCode { ReasonCode(rawValue: 0x8A) }
  /// Server shutting down.
  package static var serverShuttingDown: ReasonCode { ReasonCode(rawValue: 0x8B) }
  /// Bad authentication method.
  package static var badAuthenticationMethod: ReasonCode { ReasonCode(rawValue: 0x8C) }
  /// Keep Alive timeout.
  package static var keepAliveTimeout: ReasonCode { ReasonCode(rawValue: 0x8D) }
  /// Session taken over.
  package static var sessionTakenOver: ReasonCode { ReasonCode(rawValue: 0x8E) }
  /// Topic Filter invalid.
  package static var topicFilterInvalid: ReasonCode { ReasonCode(rawValue: 0x8F) }
  /// Topic Name invalid.
  package static var topicNameInvalid: ReasonCode { ReasonCode(rawValue: 0x90) }
  /// Packet Identifier in use.
  package static var packetIdentifierInUse: ReasonCode { ReasonCode(rawValue: 0x91) }
  /// Packet Identifier not found.
  package static var packetIdentifierNotFound: ReasonCode { ReasonCode(rawValue: 0x92) }
  /// Receive Maximum exceeded.
  package static var receiveMaximumExceeded: ReasonCode { ReasonCode(rawValue: 0x93) }
  /// Topic Alias invalid.
  package static var topicAliasInvalid: ReasonCode { ReasonCode(rawValue: 0x94) }
  /// Packet too large.
  package static var packetTooLarge: ReasonCode { ReasonCode(rawValue: 0x95) }
  /// Message rate too high.
  package static var messageRateTooHigh: ReasonCode { ReasonCode(rawValue: 0x96) }
  /// Quota exceeded.
  package static var quotaExceeded: ReasonCode { ReasonCode(rawValue: 0x97) }
  /// Administrative action.
  package static var administrativeAction: ReasonCode { ReasonCode(rawValue: 0x98) }
  /// Payload format invalid.
  package static var payloadFormatInvalid: ReasonCode { ReasonCode(rawValue: 0x99) }
  /// Retain not supported.
  package static var retainNotSupported: ReasonCode { ReasonCode(rawValue: 0x9A) }
  /// QoS not supported.
  package static var qosNotSupported: ReasonCode { ReasonCode(rawValue: 0x9B) }
  /// Use another server.
  package static var useAnotherServer: ReasonCode { ReasonCode(rawValue: 0x9C) }
  /// Server moved.
  package static var serverMoved: ReasonCode { ReasonCode(rawValue: 0x9D) }
  /// Shared Subscriptions not supported.
  package static var sharedSubscriptionsNotSupported: ReasonCode { ReasonCode(rawValue: 0x9E) }
  /// Connection rate exceeded.
  package static var connectionRateExceeded: ReasonCode { ReasonCode(rawValue: 0x9F) }
  /// Maximum connect time.
  package static var maximumConnectTime: ReasonCode { ReasonCode(rawValue: 0xA0) }
  /// Subscription Identifiers not supported.
  package static var subscriptionIdentifiersNotSupported: ReasonCode { ReasonCode(rawValue: 0xA1) }
  /// Wildcard Subscriptions not supported.
  package static var wildcardSubscriptionsNotSupported: ReasonCode { ReasonCode(rawValue: 0xA2) }

  /// The return code of a 3.x CONNACK for it; nil where 3.x has none. [3.2.2.3]
  package var connectReturnCode: UInt8? {
    switch self {
    case .success: 0
    case .unsupportedProtocolVersion: 1
    case .clientIdentifierNotValid: 2
    case .serverUnavailable, .serverBusy, .serverShuttingDown, .quotaExceeded: 3
    case .badUserNameOrPassword: 4
    case .notAuthorized, .banned, .badAuthenticationMethod: 5
    default: nil
    }
  }
}

extension ReasonCode {
  /// The standard's name for it.
  package var words: StaticString {
    switch self {
    case .success: "Success"
    case .grantedQoS1: "Granted QoS 1"
    case .grantedQoS2: "Granted QoS 2"
    case .disconnectWithWill: "Disconnect with Will Message"
    case .noMatchingSubscribers: "No matching subscribers"
    case .noSubscriptionExisted: "No subscription existed"
    case .continueAuthentication: "Continue authentication"
    case .reauthenticate: "Re-authenticate"
    case .unspecifiedError: "Unspecified error"
    case .malformedPacket: "Malformed Packet"
    case .protocolError: "Protocol Error"
    case .implementationSpecificError: "Implementation specific error"
    case .unsupportedProtocolVersion: "Unsupported Protocol Version"
    case .clientIdentifierNotValid: "Client Identifier not valid"
    case .badUserNameOrPassword: "Bad User Name or Password"
    case .notAuthorized: "Not authorized"
    case .serverUnavailable: "Server unavailable"
    case .serverBusy: "Server busy"
    case .banned: "Banned"
    case .serverShuttingDown: "Server shutting down"
    case .badAuthenticationMethod: "Bad authentication method"
    case .keepAliveTimeout: "Keep Alive timeout"
    case .sessionTakenOver: "Session taken over"
    case .topicFilterInvalid: "Topic Filter invalid"
    case .topicNameInvalid: "Topic Name invalid"
    case .packetIdentifierInUse: "Packet Identifier in use"
    case .packetIdentifierNotFound: "Packet Identifier not found"
    case .receiveMaximumExceeded: "Receive Maximum exceeded"
    case .topicAliasInvalid: "Topic Alias invalid"
    case .packetTooLarge: "Packet too large"
    case .messageRateTooHigh: "Message rate too high"
    case .quotaExceeded: "Quota exceeded"
    case .administrativeAction: "Administrative action"
    case .payloadFormatInvalid: "Payload format invalid"
    case .retainNotSupported: "Retain not supported"
    case .qosNotSupported: "QoS not supported"
    case .useAnotherServer: "Use another server"
    case .serverMoved: "Server moved"
    case .sharedSubscriptionsNotSupported: "Shared Subscriptions not supported"
    case .connectionRateExceeded: "Connection rate exceeded"
    case .maximumConnectTime: "Maximum connect time"
    case .subscriptionIdentifiersNotSupported: "Subscription Identifiers not supported"
    case .wildcardSubscriptionsNotSupported: "Wildcard Subscriptions not supported"
    default: "an unknown reason code"
    }
  }
}
