/// A peer's mistake in a packet: its Network Connection is closed. [4.13]
package enum MalformedPacket: UInt8, Error, BitwiseCopyable {
  case truncated
  case trailingBytes
  case reservedPacketType
  case reservedFlags
  case variableByteIntegerTooLong
  case variableByteIntegerNotMinimal
  case illFormedText
  case nullCharacter
  case controlCharacter
  case nonCharacter
  case packetIdentifierZero
  case reasonCodeNotAllowed

  case propertyNotAllowed
  case propertyRepeated
  case propertyValueNotAllowed

  case protocolNameUnknown
  case protocolLevelUnsupported
  case connectReservedFlag
  case willFlagsWithoutWill
  case passwordWithoutUserName
  case authenticationMethodMissing

  case qualityOfServiceThree
  case duplicateAtMostOnce
  case topicNameEmpty
  case topicNameMissing
  case topicNameWildcard
  case responseTopicWildcard
  case responseTopicEmpty
  case topicAliasZero
  case subscriptionIdentifierFromClient

  case noTopicFilters
  case topicFilterEmpty
  case topicFilterWildcard
  case shareNameInvalid
  case shareFilterMissing
  case reservedOptionBits
  case retainHandlingThree
  case noLocalOnSharedSubscription
}

extension MalformedPacket {
  /// What the peer is told, when it can be told. [2.4]
  package var reason: ReasonCode {
    switch self {
    case .truncated, .trailingBytes, .reservedPacketType, .reservedFlags,
      .variableByteIntegerTooLong, .variableByteIntegerNotMinimal, .illFormedText, .nullCharacter,
      .controlCharacter, .nonCharacter,
      .propertyNotAllowed, .connectReservedFlag, .willFlagsWithoutWill, .passwordWithoutUserName,
      .qualityOfServiceThree, .duplicateAtMostOnce, .reservedOptionBits:
      .malformedPacket
    case .packetIdentifierZero, .reasonCodeNotAllowed, .propertyRepeated,
      .propertyValueNotAllowed, .authenticationMethodMissing, .topicNameMissing,
      .responseTopicWildcard, .responseTopicEmpty, .subscriptionIdentifierFromClient,
      .noTopicFilters,
      .retainHandlingThree, .noLocalOnSharedSubscription:
      .protocolError
    case .protocolNameUnknown, .protocolLevelUnsupported: .unsupportedProtocolVersion
    case .topicNameEmpty, .topicNameWildcard: .topicNameInvalid
    case .topicFilterEmpty, .topicFilterWildcard, .shareNameInvalid, .shareFilterMissing:
      .topicFilterInvalid
    case .topicAliasZero: .topicAliasInvalid
    }
  }

  /// What was wrong, in words, for a log line and for a Reason String.
  package var words: StaticString {
    switch self {
    case .truncated: "a field runs past the end of the packet"
    case .trailingBytes: "bytes behind the last field"
    case .reservedPacketType: "packet type 0"
    case .reservedFlags: "reserved flags in the fixed header"
    case .variableByteIntegerTooLong: "a variable byte integer of more than four bytes"
    case .variableByteIntegerNotMinimal: "a variable byte integer longer than needed"
    case .illFormedText: "text that is not UTF-8"
    case .nullCharacter: "text with a null character"
    case .controlCharacter: "text with a control character"
    case .nonCharacter: "text with what is no character in Unicode"
    case .packetIdentifierZero: "Packet Identifier 0"
    case .reasonCodeNotAllowed: "a reason code that the packet may not hold"
    case .propertyNotAllowed: "a property that the packet may not hold"
    case .propertyRepeated: "a property more than once"
    case .propertyValueNotAllowed: "a property with a value that it may not have"
    case .protocolNameUnknown: "unknown protocol name"
    case .protocolLevelUnsupported: "unsupported protocol level"
    case .connectReservedFlag: "the reserved connect flag"
    case .willFlagsWithoutWill: "Will QoS or Will Retain without a Will"
    case .passwordWithoutUserName: "a password without a user name"
    case .authenticationMethodMissing: "no Authentication Method"
    case .qualityOfServiceThree: "QoS 3"
    case .duplicateAtMostOnce: "DUP at QoS 0"
    case .topicNameEmpty: "an empty Topic Name"
    case .topicNameMissing: "neither Topic Name nor Topic Alias"
    case .topicNameWildcard: "a Topic Name with a wildcard"
    case .responseTopicWildcard: "a Response Topic with a wildcard"
    case .responseTopicEmpty: "an empty Response Topic"
    case .topicAliasZero: "Topic Alias 0"
    case .subscriptionIdentifierFromClient: "a PUBLISH from a Client with a Subscription Identifier"
    case .noTopicFilters: "no Topic Filter"
    case .topicFilterEmpty: "an empty Topic Filter"
    case .topicFilterWildcard: "a Topic Filter with a misplaced wildcard"
    case .shareNameInvalid: "a Shared Subscription with an empty or wildcard ShareName"
    case .shareFilterMissing: "a Shared Subscription without a Topic Filter"
    case .reservedOptionBits: "reserved bits in the Subscription Options"
    case .retainHandlingThree: "Retain Handling 3"
    case .noLocalOnSharedSubscription: "No Local on a Shared Subscription"
    }
  }
}
