/// The properties of 5.0, by identifier. [2.2.2.2]
enum Property: UInt8, BitwiseCopyable {
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
}

/// The value of a property: a number, or where its bytes lie.
struct PropertyValue: BitwiseCopyable {
  var number: UInt32 = 0
  var field = Field.none
}

/// Walks over the properties of a packet, in order.
struct PropertyReader: BitwiseCopyable {
  private let end: Int
  private let allowed: UInt64
  private var seen: UInt64 = 0
  /// All properties, without their length.
  let block: Field

  /// Reads the length of the properties. [2.2.2.1] [MQTT-2.2.2-1]
  ///
  /// - Parameter allowed: a bit for each property that may come in this packet.
  init(_ reader: inout PacketReader, allowed: UInt64) throws(MalformedPacket) {
    let count = try reader.variableByteInteger()
    guard count <= reader.remaining else { throw .truncated }
    block = Field(start: reader.offset, count: count)
    end = reader.offset + count
    self.allowed = allowed
  }

  /// The next property with its value; nil after the last.
  mutating func next(
    _ reader: inout PacketReader
  ) throws(MalformedPacket) -> (property: Property, value: PropertyValue)? {
    guard reader.offset < end else { return nil }
    guard let property = Property(rawValue: try reader.byte()) else { throw .unknownProperty }
    try note(property)
    let value = try PropertyReader.value(of: property, &reader)
    guard reader.offset <= end else { throw .truncated }
    return (property, value)
  }

  /// Passes over all that follow.
  mutating func skip(_ reader: inout PacketReader) throws(MalformedPacket) {
    while try next(&reader) != nil {}
  }

  /// Each property comes in certain packets, and most of them once.
  private mutating func note(_ property: Property) throws(MalformedPacket) {
    let bit = property.bit
    guard allowed & bit != 0 else { throw .misplacedProperty }
    guard seen & bit == 0 || property == .userProperty else { throw .repeatedProperty }
    seen |= bit
  }

  private static func value(
    of property: Property, _ reader: inout PacketReader
  ) throws(MalformedPacket) -> PropertyValue {
    switch property {
    case .payloadFormatIndicator, .requestProblemInformation, .requestResponseInformation,
      .maximumQoS, .retainAvailable, .wildcardSubscriptionAvailable,
      .subscriptionIdentifierAvailable, .sharedSubscriptionAvailable:
      let flag = try reader.byte()
      guard flag <= 1 else { throw .invalidPropertyValue }
      return PropertyValue(number: UInt32(flag))
    case .serverKeepAlive, .receiveMaximum, .topicAliasMaximum, .topicAlias:
      return PropertyValue(number: UInt32(try reader.twoBytes()))
    case .messageExpiryInterval, .sessionExpiryInterval, .willDelayInterval, .maximumPacketSize:
      return PropertyValue(number: try reader.fourBytes())
    case .subscriptionIdentifier:
      return PropertyValue(number: UInt32(try reader.variableByteInteger()))
    case .correlationData, .authenticationData:
      return PropertyValue(field: try reader.data())
    case .userProperty:
      // [MQTT-1.5.7-1]
      _ = try reader.text()
      return PropertyValue(field: try reader.text())
    case .contentType, .responseTopic, .assignedClientIdentifier, .authenticationMethod,
      .responseInformation, .serverReference, .reasonString:
      return PropertyValue(field: try reader.text())
    }
  }
}

extension Property {
  /// The bit that stands for it in a set.
  var bit: UInt64 { 1 << UInt64(rawValue) }

  /// What may stand in CONNECT.
  static var ofConnect: UInt64 {
    sessionExpiryInterval.bit | receiveMaximum.bit | maximumPacketSize.bit
      | topicAliasMaximum.bit | requestResponseInformation.bit | requestProblemInformation.bit
      | userProperty.bit | authenticationMethod.bit | authenticationData.bit
  }

  /// What may stand in PUBLISH from a Client. [MQTT-3.3.4-6]
  static var ofPublish: UInt64 {
    payloadFormatIndicator.bit | messageExpiryInterval.bit | topicAlias.bit | responseTopic.bit
      | correlationData.bit | userProperty.bit | contentType.bit
  }

  /// What may stand with a Will.
  static var ofWill: UInt64 { ofPublish & ~topicAlias.bit | willDelayInterval.bit }

  static var ofAcknowledgement: UInt64 { reasonString.bit | userProperty.bit }
  static var ofSubscribe: UInt64 { subscriptionIdentifier.bit | userProperty.bit }
  static var ofDisconnect: UInt64 {
    sessionExpiryInterval.bit | reasonString.bit | userProperty.bit
  }
  static var ofAuth: UInt64 {
    authenticationMethod.bit | authenticationData.bit | reasonString.bit | userProperty.bit
  }
}
