extension ReasonCode {
  /// The code in words, for a log line and for a Reason String.
  package var words: StaticString { isError ? errorWords : successWords }

  private var successWords: StaticString {
    switch self {
    case .success: "success"
    case .grantedQoS1: "granted QoS 1"
    case .grantedQoS2: "granted QoS 2"
    case .disconnectWithWillMessage: "disconnect with Will Message"
    case .noMatchingSubscribers: "no matching subscribers"
    case .noSubscriptionExisted: "no subscription existed"
    case .continueAuthentication: "continue authentication"
    case .reauthenticate: "re-authenticate"
    default: "unknown reason"
    }
  }

  private var errorWords: StaticString {
    rawValue <= 0x8E ? connectionWords : rawValue <= 0x99 ? packetWords : serviceWords
  }

  private var connectionWords: StaticString {
    switch self {
    case .unspecifiedError: "unspecified error"
    case .malformedPacket: "malformed packet"
    case .protocolError: "protocol error"
    case .implementationSpecificError: "implementation specific error"
    case .unsupportedProtocolVersion: "unsupported protocol version"
    case .clientIdentifierNotValid: "Client Identifier not valid"
    case .badUserNameOrPassword: "bad user name or password"
    case .notAuthorized: "not authorized"
    case .serverUnavailable: "server unavailable"
    case .serverBusy: "server busy"
    case .banned: "banned"
    case .serverShuttingDown: "server shutting down"
    case .badAuthenticationMethod: "bad authentication method"
    case .keepAliveTimeout: "keep alive timeout"
    default: "session taken over"
    }
  }

  private var packetWords: StaticString {
    switch self {
    case .topicFilterInvalid: "Topic Filter invalid"
    case .topicNameInvalid: "Topic Name invalid"
    case .packetIdentifierInUse: "Packet Identifier in use"
    case .packetIdentifierNotFound: "Packet Identifier not found"
    case .receiveMaximumExceeded: "Receive Maximum exceeded"
    case .topicAliasInvalid: "Topic Alias invalid"
    case .packetTooLarge: "packet too large"
    case .messageRateTooHigh: "message rate too high"
    case .quotaExceeded: "quota exceeded"
    case .administrativeAction: "administrative action"
    default: "payload format invalid"
    }
  }

  private var serviceWords: StaticString {
    switch self {
    case .retainNotSupported: "retain not supported"
    case .qosNotSupported: "QoS not supported"
    case .useAnotherServer: "use another server"
    case .serverMoved: "server moved"
    case .sharedSubscriptionsNotSupported: "shared subscriptions not supported"
    case .connectionRateExceeded: "connection rate exceeded"
    case .maximumConnectTime: "maximum connect time"
    case .subscriptionIdentifiersNotSupported: "subscription identifiers not supported"
    case .wildcardSubscriptionsNotSupported: "wildcard subscriptions not supported"
    default: "unknown reason"
    }
  }
}
