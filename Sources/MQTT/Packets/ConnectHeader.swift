/// The two names that the protocol has had. [3.1.2.1]
enum ProtocolName: BitwiseCopyable {
  case mqIsdp, mqtt

  /// `nil` when the name is another.
  init?(parsing reader: inout PacketReader) throws(MalformedPacket) {
    let field = try reader.readBinary()
    let name = field.in(reader.bytes)
    if name.count == 4 && name[0] == 0x4D && name[1] == 0x51 && name[2] == 0x54 && name[3] == 0x54 {
      self = .mqtt
    } else if name.count == 6 && name[0] == 0x4D && name[1] == 0x51 && name[2] == 0x49
      && name[3] == 0x73 && name[4] == 0x64 && name[5] == 0x70
    {
      self = .mqIsdp
    } else {
      return nil
    }
  }
}

/// The version that a CONNECT names. [3.1.2.2]
struct ProtocolLevel: BitwiseCopyable {
  let version: ProtocolVersion
  let isBridge: Bool

  init(parsing reader: inout PacketReader) throws(MalformedPacket) {
    // [MQTT-3.1.2-1] [MQTT3-3.1.2-1]
    guard let name = try ProtocolName(parsing: &reader) else { throw .protocolNameUnknown }
    let level = try reader.readByte()
    // [MQTT-3.1.2-2] [MQTT3-3.1.2-2]
    switch (name, level) {
    case (.mqIsdp, 0x03), (.mqIsdp, 0x83): version = .v3_1
    case (.mqtt, 0x04), (.mqtt, 0x84): version = .v3_1_1
    case (.mqtt, 0x05): version = .v5
    default: throw .protocolLevelUnsupported
    }
    isBridge = level >= 0x80
  }
}

/// Which fields a CONNECT has. [3.1.2.3]
///
///     bit   7     6     5     4   3   2     1      0
///         ┌─────┬─────┬─────┬───────┬─────┬──────┬───┐
///         │user │pass-│will │ will  │will │clean │ 0 │
///         │name │word │keep │  QoS  │     │start │   │
///         └─────┴─────┴─────┴───────┴─────┴──────┴───┘
struct ConnectFlags: BitwiseCopyable {
  private let bits: UInt8
  let willQoS: QoS

  var isCleanStart: Bool { bits & 0x02 != 0 }
  var hasWill: Bool { bits & 0x04 != 0 }
  var isWillRetained: Bool { bits & 0x20 != 0 }
  var hasPassword: Bool { bits & 0x40 != 0 }
  var hasUserName: Bool { bits & 0x80 != 0 }

  init(parsing reader: inout PacketReader, version: ProtocolVersion) throws(MalformedPacket) {
    var bits = try reader.readByte()
    // MQTT 3.1 disregards what the Will would be when there is none.
    if version == .v3_1 && bits & 0x04 == 0 { bits &= ~0x38 }
    self.bits = bits
    // [MQTT-3.1.2-14] [MQTT3-3.1.2-14]
    guard let qos = QoS(rawValue: bits >> 3 & 0b11) else { throw .qualityOfServiceThree }
    willQoS = qos
    // [MQTT-3.1.2-3] [MQTT3-3.1.2-3]; MQTT 3.1 does not use the bit.
    guard bits & 0x01 == 0 || version == .v3_1 else { throw .connectReservedFlag }
    // [MQTT-3.1.2-11] [MQTT-3.1.2-13] [MQTT-3.1.2-15] [MQTT3-3.1.2-13] [MQTT3-3.1.2-15]
    guard hasWill || bits & 0x38 == 0 else { throw .willFlagsWithoutWill }
    // [MQTT3-3.1.2-22]
    guard hasUserName || !hasPassword || version == .v5 else { throw .passwordWithoutUserName }
  }
}

/// The properties of a CONNECT, with what their absence means. [3.1.2.11]
struct ConnectProperties: BitwiseCopyable {
  private(set) var sessionExpiry: UInt32 = 0
  private(set) var receiveMaximum = UInt16.max
  private(set) var maximumPacketSize = UInt32.max
  private(set) var topicAliasMaximum: UInt16 = 0
  private(set) var requestsResponseInformation = false
  private(set) var requestsProblemInformation = true
  private(set) var authenticationMethod: Field?
  private(set) var authenticationData: Field?

  /// What MQTT 3.x means by its Clean Session flag. [3.1.2.4]
  init(isCleanSession: Bool) {
    sessionExpiry = isCleanSession ? 0 : UInt32.max
  }

  init(sessionExpiry: UInt32, receiveMaximum: UInt16) {
    self.sessionExpiry = sessionExpiry
    self.receiveMaximum = receiveMaximum
  }

  init(parsing reader: inout PacketReader) throws(MalformedPacket) {
    let block = try reader.readPropertyBlock()
    var properties = PropertyReader(reader.bytes, block: block, of: .connect)
    while let property = try properties.next() { take(property) }
    guard authenticationData == nil || authenticationMethod != nil else {
      throw .authenticationMethodMissing
    }
  }

  private mutating func take(_ property: Property) {
    switch property.identifier {
    case .sessionExpiryInterval: sessionExpiry = property.number
    case .receiveMaximum: receiveMaximum = UInt16(truncatingIfNeeded: property.number)
    case .maximumPacketSize: maximumPacketSize = property.number
    case .topicAliasMaximum: topicAliasMaximum = UInt16(truncatingIfNeeded: property.number)
    case .requestResponseInformation: requestsResponseInformation = property.number == 1
    case .requestProblemInformation: requestsProblemInformation = property.number == 1
    case .authenticationMethod: authenticationMethod = property.field
    case .authenticationData: authenticationData = property.field
    default: return
    }
  }
}
