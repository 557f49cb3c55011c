/// What a property means: its first byte. [2.2.2.2]
///
/// All identifiers take one byte, though the standard would let them grow to four.
enum PropertyIdentifier: UInt8, BitwiseCopyable {
  case payloadFormatIndicator = 0x01
  case messageExpiryInterval = 0x02
  case contentType = 0x03
  case responseTopic = 0x08
  case correlationData = 0x09
  case subscriptionIdentifier = 0x0B
  case sessionExpiryInterval = 0x11
  case assignedClientIdentifier = 0x12
  case serverKeepAlive = 0x13
  case authenticationMethod = 0x15
  case authenticationData = 0x16
  case requestProblemInformation = 0x17
  case willDelayInterval = 0x18
  case requestResponseInformation = 0x19
  case responseInformation = 0x1A
  case serverReference = 0x1C
  case reasonString = 0x1F
  case receiveMaximum = 0x21
  case topicAliasMaximum = 0x22
  case topicAlias = 0x23
  case maximumQoS = 0x24
  case retainAvailable = 0x25
  case userProperty = 0x26
  case maximumPacketSize = 0x27
  case wildcardSubscriptionAvailable = 0x28
  case subscriptionIdentifierAvailable = 0x29
  case sharedSubscriptionAvailable = 0x2A

  /// How the value of a property is written. [Table 2-4]
  enum Shape: BitwiseCopyable {
    case byte, twoBytes, fourBytes, variableByteInteger, text, textPair, binary
  }

  var shape: Shape {
    switch self {
    case .payloadFormatIndicator, .requestProblemInformation, .requestResponseInformation,
      .maximumQoS, .retainAvailable, .wildcardSubscriptionAvailable,
      .subscriptionIdentifierAvailable, .sharedSubscriptionAvailable:
      .byte
    case .serverKeepAlive, .receiveMaximum, .topicAliasMaximum, .topicAlias: .twoBytes
    case .messageExpiryInterval, .sessionExpiryInterval, .willDelayInterval, .maximumPacketSize:
      .fourBytes
    case .subscriptionIdentifier: .variableByteInteger
    case .contentType, .responseTopic, .assignedClientIdentifier, .authenticationMethod,
      .responseInformation, .serverReference, .reasonString:
      .text
    case .userProperty: .textPair
    case .correlationData, .authenticationData: .binary
    }
  }

  /// The packets from a Client that may hold the property. [Table 2-4]
  var places: PropertyPlaces {
    switch self {
    case .payloadFormatIndicator, .messageExpiryInterval, .contentType, .responseTopic,
      .correlationData:
      .publish | .will
    case .subscriptionIdentifier: .publish | .subscribe
    case .sessionExpiryInterval: .connect | .disconnect
    case .authenticationMethod, .authenticationData: .connect | .auth
    case .requestProblemInformation, .requestResponseInformation, .receiveMaximum,
      .topicAliasMaximum, .maximumPacketSize:
      .connect
    case .willDelayInterval: .will
    case .topicAlias: .publish
    case .serverReference: .disconnect
    case .reasonString: .acknowledgement | .disconnect | .auth
    case .userProperty:
      .connect | .will | .publish | .acknowledgement | .subscribe | .unsubscribe | .disconnect
        | .auth
    case .assignedClientIdentifier, .serverKeepAlive, .responseInformation, .maximumQoS,
      .retainAvailable, .wildcardSubscriptionAvailable, .subscriptionIdentifierAvailable,
      .sharedSubscriptionAvailable:
      .none
    }
  }
}

/// A set of the packets, and of the parts of packets, that hold properties.
struct PropertyPlaces: BitwiseCopyable {
  let bits: UInt8

  static var none: PropertyPlaces { .init(bits: 0) }
  static var connect: PropertyPlaces { .init(bits: 1) }
  static var will: PropertyPlaces { .init(bits: 2) }
  static var publish: PropertyPlaces { .init(bits: 4) }
  static var acknowledgement: PropertyPlaces { .init(bits: 8) }
  static var subscribe: PropertyPlaces { .init(bits: 16) }
  static var unsubscribe: PropertyPlaces { .init(bits: 32) }
  static var disconnect: PropertyPlaces { .init(bits: 64) }
  static var auth: PropertyPlaces { .init(bits: 128) }

  static func | (left: PropertyPlaces, right: PropertyPlaces) -> PropertyPlaces {
    .init(bits: left.bits | right.bits)
  }

  func contains(_ place: PropertyPlaces) -> Bool { bits & place.bits != 0 }
}
