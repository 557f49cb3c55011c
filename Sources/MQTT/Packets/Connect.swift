/// CONNECT – connection request. [3.1]
package struct Connect: BitwiseCopyable {
  package let version: ProtocolVersion
  /// No session is resumed. [3.1.2.4]
  package let isCleanStart: Bool
  /// Seconds; zero for any. [3.1.2.10]
  package let keepAlive: UInt16
  package private(set) var clientIdentifier = Field.none
  package private(set) var will: Will?
  package private(set) var userName: Field?
  package private(set) var password: Field?

  /// Seconds that the session outlives the connection. [3.1.2.11.2]
  package private(set) var sessionExpiry: UInt32 = 0
  /// PUBLISH packets of QoS 1 and 2 that may be under way to the Client. [3.1.2.11.3]
  package private(set) var receiveMaximum = UInt16.max
  package private(set) var maximumPacketSize = UInt32.max
  package private(set) var topicAliasMaximum: UInt16 = 0
  package private(set) var requestsProblemInformation = true
  package private(set) var authenticationMethod: Field?

  package init(parsing bytes: Span<UInt8>, header: FixedHeader) throws(MalformedPacket) {
    var reader = PacketReader(bytes, header)
    version = try Connect.version(&reader)
    let flags = ConnectFlags(bits: try reader.byte())
    try flags.check(version)
    isCleanStart = flags.isCleanStart
    keepAlive = try reader.twoBytes()
    if version == .v5 { try readProperties(&reader) }
    // The order of the payload. [MQTT-3.1.3-1] [MQTT-3.1.3-3] [MQTT-3.1.3-4] [MQTT3-3.1.3-1]
    // [MQTT3-3.1.3-3] [MQTT3-3.1.3-4]
    clientIdentifier = try reader.text()
    // [MQTT-3.1.2-9] [MQTT-3.1.2-11] [MQTT3-3.1.2-9] [MQTT3-3.1.2-11]
    if flags.hasWill { will = try Will(&reader, flags, version) }
    // [MQTT-3.1.2-18] [MQTT-3.1.2-19] [MQTT-3.1.2-20] [MQTT-3.1.2-21] [MQTT-3.1.3-10]
    // [MQTT3-3.1.2-18] [MQTT3-3.1.2-19] [MQTT3-3.1.2-20] [MQTT3-3.1.2-21] [MQTT3-3.1.3-11]
    if flags.hasUserName { userName = try reader.text() }
    if flags.hasPassword { password = try reader.data() }
    try reader.expectEnd()
  }

  /// Name and number of the protocol. [MQTT-3.1.2-1] [MQTT-3.1.2-2] [MQTT3-3.1.2-1]
  /// [MQTT3-3.1.2-2]
  private static func version(
    _ reader: inout PacketReader
  ) throws(MalformedPacket) -> ProtocolVersion {
    let name = try reader.text()
    let number = try reader.byte()
    let isOlder = isName(name, "MQIsdp", reader.bytes)
    guard isOlder || isName(name, "MQTT", reader.bytes) else { throw .invalidProtocolName }
    switch (isOlder, ProtocolVersion(rawValue: number)) {
    case (true, .v3_1): return .v3_1
    case (false, .v3_1_1): return .v3_1_1
    case (false, .v5): return .v5
    default: throw number > 5 && number < 0x80 ? .unsupportedLaterVersion : .unsupportedVersion
    }
  }

  private static func isName(_ field: Field, _ name: StaticString, _ bytes: Span<UInt8>) -> Bool {
    let text = field.in(bytes)
    return name.withUTF8Buffer { buffer in
      guard buffer.count == text.count else { return false }
      for index in 0..<buffer.count where unsafe buffer[index] != text[index] { return false }
      return true
    }
  }

  private mutating func readProperties(_ reader: inout PacketReader) throws(MalformedPacket) {
    var properties = try PropertyReader(&reader, allowed: Property.ofConnect)
    var hasAuthenticationData = false
    while let (property, value) = try properties.next(&reader) {
      switch property {
      case .sessionExpiryInterval: sessionExpiry = value.number
      case .receiveMaximum:
        guard value.number > 0 else { throw .invalidPropertyValue }
        receiveMaximum = UInt16(truncatingIfNeeded: value.number)
      case .maximumPacketSize:
        guard value.number > 0 else { throw .invalidPropertyValue }
        maximumPacketSize = value.number
      case .topicAliasMaximum: topicAliasMaximum = UInt16(truncatingIfNeeded: value.number)
      case .requestProblemInformation: requestsProblemInformation = value.number == 1
      case .authenticationMethod: authenticationMethod = value.field
      case .authenticationData: hasAuthenticationData = true
      default: break
      }
    }
    if hasAuthenticationData && authenticationMethod == nil { throw .authenticationDataAlone }
  }
}

/// The flags of CONNECT. [3.1.2.3]
struct ConnectFlags: BitwiseCopyable {
  let bits: UInt8

  var isCleanStart: Bool { bits & 0x02 != 0 }
  var hasWill: Bool { bits & 0x04 != 0 }
  var willQoS: QoS? { QoS(rawValue: bits >> 3 & 0b11) }
  var isWillRetained: Bool { bits & 0x20 != 0 }
  var hasPassword: Bool { bits & 0x40 != 0 }
  var hasUserName: Bool { bits & 0x80 != 0 }

  func check(_ version: ProtocolVersion) throws(MalformedPacket) {
    // [MQTT-3.1.2-3] [MQTT3-3.1.2-3]
    guard bits & 0x01 == 0 else { throw .reservedConnectFlag }
    // [MQTT-3.1.2-13] [MQTT-3.1.2-14] [MQTT-3.1.2-15] [MQTT3-3.1.2-13] [MQTT3-3.1.2-14]
    // [MQTT3-3.1.2-15]
    guard willQoS != nil, hasWill || bits & 0x38 == 0 else { throw .invalidWillFlags }
    // [MQTT3-3.1.2-22]; 5.0 allows a password alone.
    guard version == .v5 || hasUserName || !hasPassword else { throw .passwordWithoutUserName }
  }
}

/// The message that a Client leaves behind. [3.1.2.5]
package struct Will: BitwiseCopyable {
  package let topic: Field
  package let payload: Field
  package let qos: QoS
  package let isRetained: Bool
  /// The encoded properties of 5.0.
  package private(set) var properties = Field.none
  /// Seconds between the end of the connection and the Will. [3.1.3.2.2]
  package private(set) var delay: UInt32 = 0
  package private(set) var messageExpiry: UInt32?

  init(
    _ reader: inout PacketReader, _ flags: ConnectFlags, _ version: ProtocolVersion
  ) throws(MalformedPacket) {
    qos = flags.willQoS ?? .atMostOnce
    isRetained = flags.isWillRetained
    var delay: UInt32 = 0
    var expiry: UInt32?
    if version == .v5 {
      var walk = try PropertyReader(&reader, allowed: Property.ofWill)
      properties = walk.block
      while let (property, value) = try walk.next(&reader) {
        switch property {
        case .willDelayInterval: delay = value.number
        case .messageExpiryInterval: expiry = value.number
        case .responseTopic: try value.checkResponseTopic(reader.bytes)
        default: break
        }
      }
    }
    self.delay = delay
    messageExpiry = expiry
    // [MQTT-3.1.3-9] [MQTT3-3.1.3-10]
    topic = try reader.text()
    guard TopicName.isValid(topic.in(reader.bytes)) else { throw .invalidWillTopic }
    payload = try reader.data()
  }
}

extension PropertyValue {
  /// [MQTT-3.3.2-13] [MQTT-3.3.2-14]
  func checkResponseTopic(_ bytes: Span<UInt8>) throws(MalformedPacket) {
    guard TopicName.isValid(field.in(bytes)) else { throw .invalidResponseTopic }
  }
}
