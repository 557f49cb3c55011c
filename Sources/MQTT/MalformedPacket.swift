/// Why a packet cannot be answered, only closed on. [4.13]
package enum MalformedPacket: Error, BitwiseCopyable {
  case reservedType
  case reservedFlags
  case lengthTooLong
  case lengthNotMinimal
  case truncated
  case trailingBytes
  case invalidText
  case invalidProtocolName
  case unsupportedVersion
  case reservedConnectFlag
  case invalidWillFlags
  case passwordWithoutUserName
  case invalidWillTopic
  case qualityOfServiceThree
  case duplicateWithoutQoS
  case zeroPacketIdentifier
  case emptyTopic
  case invalidTopicName
  case invalidTopicFilter
  case invalidResponseTopic
  case noLocalOnShared
  case invalidSubscriptionOptions
  case noTopicFilters
  case unknownProperty
  case misplacedProperty
  case repeatedProperty
  case invalidPropertyValue
  case zeroTopicAlias
  case invalidReasonCode
  case authenticationDataAlone
  case packetFromServer
  case notIn3x
  /// The same as `unsupportedVersion`, from a Client of a version that 5.0 can be spoken with.
  case unsupportedLaterVersion

  /// What a 5.0 Client is told.
  package var reason: ReasonCode {
    switch self {
    case .reservedType, .reservedFlags, .lengthTooLong, .lengthNotMinimal, .truncated,
      .trailingBytes, .invalidText, .reservedConnectFlag, .invalidWillFlags,
      .passwordWithoutUserName, .qualityOfServiceThree, .duplicateWithoutQoS,
      .invalidTopicFilter, .invalidSubscriptionOptions, .unknownProperty, .invalidReasonCode,
      .notIn3x:
      .malformedPacket
    case .invalidProtocolName, .unsupportedVersion, .unsupportedLaterVersion:
      .unsupportedProtocolVersion
    case .invalidWillTopic, .invalidTopicName:
      .topicNameInvalid
    case .zeroPacketIdentifier, .emptyTopic, .invalidResponseTopic, .noLocalOnShared,
      .noTopicFilters, .misplacedProperty, .repeatedProperty, .invalidPropertyValue,
      .authenticationDataAlone, .packetFromServer:
      .protocolError
    case .zeroTopicAlias:
      .topicAliasInvalid
    }
  }

  /// The version in which CONNACK answers a CONNECT with this mistake; nil when nothing does.
  package var answerVersion: ProtocolVersion? {
    switch self {
    case .unsupportedVersion: .v3_1_1
    case .unsupportedLaterVersion: .v5
    default: nil
    }
  }
}

extension MalformedPacket {
  /// What was wrong, to follow "because" in a log line.
  package var words: StaticString {
    switch self {
    case .reservedType: "the packet type is reserved"
    case .reservedFlags: "the flags of the fixed header are not those of its type"
    case .lengthTooLong: "the remaining length has more than four bytes"
    case .lengthNotMinimal: "a variable byte integer is longer than needed"
    case .truncated: "a field reaches beyond the end of the packet"
    case .trailingBytes: "there are bytes behind the last field"
    case .invalidText: "a string is not well-formed UTF-8 or contains U+0000"
    case .invalidProtocolName: "the protocol name is not MQTT or MQIsdp"
    case .unsupportedVersion, .unsupportedLaterVersion: "the protocol version is not supported"
    case .reservedConnectFlag: "the reserved flag of CONNECT is set"
    case .invalidWillFlags: "the flags of the Will contradict each other"
    case .passwordWithoutUserName: "there is a password and no user name"
    case .invalidWillTopic: "the topic of the Will is empty or contains wildcards"
    case .qualityOfServiceThree: "the QoS is 3"
    case .duplicateWithoutQoS: "DUP is set with QoS 0"
    case .zeroPacketIdentifier: "the Packet Identifier is 0"
    case .emptyTopic: "the Topic Name is empty"
    case .invalidTopicName: "the Topic Name contains wildcards"
    case .invalidTopicFilter: "the Topic Filter is not valid"
    case .invalidResponseTopic: "the Response Topic is empty or contains wildcards"
    case .noLocalOnShared: "No Local is set on a Shared Subscription"
    case .invalidSubscriptionOptions: "the subscription options are not valid"
    case .noTopicFilters: "there is no Topic Filter"
    case .unknownProperty: "a property is not known"
    case .misplacedProperty: "a property does not belong into this packet"
    case .repeatedProperty: "a property comes twice"
    case .invalidPropertyValue: "the value of a property is not allowed"
    case .zeroTopicAlias: "the Topic Alias is 0"
    case .invalidReasonCode: "the reason code does not belong into this packet"
    case .authenticationDataAlone: "there is authentication data and no method"
    case .packetFromServer: "only a Server sends this packet"
    case .notIn3x: "the packet does not exist in this version"
    }
  }
}
