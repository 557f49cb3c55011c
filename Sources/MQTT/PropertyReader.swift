/// One property of a packet. [2.2.2]
struct Property: BitwiseCopyable {
  let identifier: PropertyIdentifier
  /// The value of a property that is a number.
  let number: UInt32
  /// The value of a property that is text or Binary Data, without its length.
  let field: Field
}

/// A cursor over the properties of one packet that lets only good ones pass. [2.2.2]
struct PropertyReader: ~Escapable {
  private var reader: PacketReader
  private let place: PropertyPlaces
  /// A bit for each identifier that was there: all are below 64.
  private var seen: UInt64 = 0

  /// Starts at the first property of `block`, which lies within `bytes`.
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, block: Field, of place: PropertyPlaces) {
    reader = PacketReader(bytes, within: block)
    self.place = place
  }

  /// The next property; `nil` behind the last.
  @inline(never)
  mutating func next() throws(MalformedPacket) -> Property? {
    guard !reader.isAtEnd else { return nil }
    let identifier = try readIdentifier()
    let property = try readValue(of: identifier)
    try check(property)
    return property
  }

  /// Reads all that is left, when no property matters but each must be good.
  mutating func skipAll() throws(MalformedPacket) {
    while try next() != nil {}
  }

  private mutating func readIdentifier() throws(MalformedPacket) -> PropertyIdentifier {
    guard let identifier = PropertyIdentifier(rawValue: try reader.readByte()),
      identifier.places.contains(place)
    else { throw .propertyNotAllowed }
    let bit = UInt64(1) &<< UInt64(identifier.rawValue)
    guard seen & bit == 0 || identifier == .userProperty else { throw .propertyRepeated }
    seen |= bit
    return identifier
  }

  private mutating func readValue(
    of identifier: PropertyIdentifier
  ) throws(MalformedPacket) -> Property {
    var number: UInt32 = 0
    var field = Field.none
    switch identifier.shape {
    case .byte: number = UInt32(try reader.readByte())
    case .twoBytes: number = UInt32(try reader.readTwoBytes())
    case .fourBytes: number = try reader.readFourBytes()
    case .variableByteInteger: number = try reader.readVariableByteInteger()
    case .binary: field = try reader.readBinary()
    case .text: field = try reader.readText()  // [MQTT-3.3.2-13] [MQTT-3.3.2-19]
    case .textPair:
      _ = try reader.readText()  // [MQTT-1.5.7-1]
      _ = try reader.readText()
    }
    return Property(identifier: identifier, number: number, field: field)
  }

  private func check(_ property: Property) throws(MalformedPacket) {
    switch property.identifier {
    case .payloadFormatIndicator, .requestProblemInformation, .requestResponseInformation:
      guard property.number <= 1 else { throw .propertyValueNotAllowed }
    case .receiveMaximum, .maximumPacketSize, .subscriptionIdentifier:
      guard property.number != 0 else { throw .propertyValueNotAllowed }
    case .topicAlias:
      guard property.number != 0 else { throw .topicAliasZero }  // [MQTT-3.3.2-8]
    case .responseTopic: try checkResponseTopic(property.field)
    case .messageExpiryInterval, .contentType, .correlationData, .sessionExpiryInterval,
      .assignedClientIdentifier, .serverKeepAlive, .authenticationMethod, .authenticationData,
      .willDelayInterval, .responseInformation, .serverReference, .reasonString,
      .topicAliasMaximum, .maximumQoS, .retainAvailable, .userProperty,
      .wildcardSubscriptionAvailable, .subscriptionIdentifierAvailable,
      .sharedSubscriptionAvailable:
      return
    }
  }

  private func checkResponseTopic(_ topic: Field) throws(MalformedPacket) {
    // A Response Topic is a Topic Name. [3.3.2.3.5] [MQTT-4.7.3-1]
    guard !topic.isEmpty else { throw .responseTopicEmpty }
    // [MQTT-3.3.2-14]
    guard try !Text.findWildcard(validating: topic.in(reader.bytes)) else {
      throw .responseTopicWildcard
    }
  }
}
