/// CONNECT – connection request. [3.1]
package struct Connect: BitwiseCopyable {
  /// The version that the Client speaks.
  package let version: ProtocolVersion
  /// Whether the peer is a bridge, which Mosquitto marks by the highest bit of the level.
  package let isBridge: Bool
  /// Whether the Client wants no earlier Session. [3.1.2.4]
  package let isCleanStart: Bool
  /// The longest silence in seconds; 0 when there is no limit. [3.1.2.10]
  package let keepAlive: UInt16
  /// Who the Client says it is; may be empty. [3.1.3.1]
  package let clientIdentifier: Field
  /// What is to be published when the connection is lost. [3.1.2.5]
  package let will: Will?
  /// `nil` when the Client names no user. [3.1.3.5]
  package let userName: Field?
  /// `nil` when the Client gives no password. [3.1.3.6]
  package let password: Field?
  /// All other wishes of the Client, as properties or as MQTT 3.x means them.
  private let properties: ConnectProperties

  /// Parses the packet that `bytes` begin with.
  package init(parsing bytes: Span<UInt8>, header: FixedHeader) throws(MalformedPacket) {
    var reader = try PacketReader(bytes, header: header)
    let level = try ProtocolLevel(parsing: &reader)
    let flags = try ConnectFlags(parsing: &reader, version: level.version)
    version = level.version
    try header.validate(for: version)
    isBridge = level.isBridge
    isCleanStart = flags.isCleanStart
    keepAlive = try reader.readTwoBytes()
    properties =
      level.version == .v5
      ? try .init(parsing: &reader) : .init(isCleanSession: flags.isCleanStart)
    // [MQTT-3.1.3-1] [MQTT-3.1.3-3] [MQTT-3.1.3-4]
    // [MQTT3-3.1.3-1] [MQTT3-3.1.3-3] [MQTT3-3.1.3-4]
    clientIdentifier = try reader.readText()
    // [MQTT-3.1.2-9] [MQTT-3.1.2-11] [MQTT3-3.1.2-9] [MQTT3-3.1.2-11]
    will = flags.hasWill ? try Will(parsing: &reader, flags: flags, version: version) : nil
    // [MQTT-3.1.2-18] [MQTT-3.1.2-19] [MQTT-3.1.3-10]
    // [MQTT3-3.1.2-18] [MQTT3-3.1.2-19] [MQTT3-3.1.3-11]
    // In MQTT 3.1 the length of the packet counts for more than the flags.
    let mayBeMissing = version == .v3_1
    let hasUserName = flags.hasUserName && !(mayBeMissing && reader.isAtEnd)
    userName = hasUserName ? try Connect.readUserName(&reader, version) : nil
    // [MQTT-3.1.2-20] [MQTT-3.1.2-21] [MQTT3-3.1.2-20] [MQTT3-3.1.2-21]
    let hasPassword = flags.hasPassword && !(mayBeMissing && reader.isAtEnd)
    password = hasPassword ? try reader.readBinary() : nil
    try reader.finish()  // [MQTT-3.1.4-1] [MQTT3-3.1.4-1]
  }

  /// In MQTT 3.1, where texts may be of any code, a User Name that is not well-formed is none.
  private static func readUserName(
    _ reader: inout PacketReader, _ version: ProtocolVersion
  ) throws(MalformedPacket) -> Field? {
    guard version == .v3_1 else { return try reader.readText() }
    let field = try reader.readBinary()
    return Text.isWellFormed(field.in(reader.bytes)) ? field : nil
  }

  /// Makes the CONNECT of a Client that is in the same process, as one of 5.0; its fields lie in
  /// `bytes`.
  ///
  /// There is no password: whoever makes it vouches for the Client. Nor is there a Keep Alive.
  package init(
    clientIdentifier: Field, userName: Field? = nil, isCleanStart: Bool, sessionExpiry: UInt32,
    receiveMaximum: UInt16 = .max, will: Will? = nil, in bytes: Span<UInt8>
  ) throws(MalformedPacket) {
    _ = try Text.findWildcard(validating: clientIdentifier.in(bytes))
    if let userName { _ = try Text.findWildcard(validating: userName.in(bytes)) }
    guard receiveMaximum > 0 else { throw .propertyValueNotAllowed }
    version = .v5
    isBridge = false
    self.isCleanStart = isCleanStart
    keepAlive = 0
    self.clientIdentifier = clientIdentifier
    self.will = will
    self.userName = userName
    password = nil
    properties = ConnectProperties(sessionExpiry: sessionExpiry, receiveMaximum: receiveMaximum)
  }

  /// The version in which to answer a CONNECT even when it cannot be parsed.
  ///
  /// A level above 5 is answered as 5 is; `nil` when the peer does not seem to speak MQTT.
  package static func announcedVersion(
    in bytes: Span<UInt8>, header: FixedHeader
  ) -> ProtocolVersion? {
    do throws(MalformedPacket) {
      var reader = try PacketReader(bytes, header: header)
      guard let name = try ProtocolName(parsing: &reader) else { return nil }
      let level = try reader.readByte() & 0x7F
      return name == .mqIsdp ? .v3_1 : level < 5 ? .v3_1_1 : .v5
    } catch {
      return nil
    }
  }
}

extension Connect {
  /// How many seconds the Session outlives the connection; `UInt32.max` is forever. [3.1.2.11.2]
  package var sessionExpiry: UInt32 { properties.sessionExpiry }
  /// How many messages of QoS 1 and 2 may be unacknowledged at the Client. [3.1.2.11.3]
  package var receiveMaximum: UInt16 { properties.receiveMaximum }
  /// The longest packet that the Client takes; `UInt32.max` when it sets no limit. [3.1.2.11.4]
  package var maximumPacketSize: UInt32 { properties.maximumPacketSize }
  /// The highest Topic Alias that the Client takes; 0 when none. [3.1.2.11.5]
  package var topicAliasMaximum: UInt16 { properties.topicAliasMaximum }
  /// Whether the Client would like Response Information. [3.1.2.11.6]
  package var requestsResponseInformation: Bool { properties.requestsResponseInformation }
  /// Whether Reason Strings may be sent on any packet. [3.1.2.11.7]
  package var requestsProblemInformation: Bool { properties.requestsProblemInformation }
  /// How the Client wants to be authenticated beyond its password. [3.1.2.11.9]
  package var authenticationMethod: Field? { properties.authenticationMethod }
  /// The first step of that authentication. [3.1.2.11.10]
  package var authenticationData: Field? { properties.authenticationData }
}
