/// CONNACK – connect acknowledgement. [3.2]
///
/// A property is sent only when it says something other than its absence would; a User Property
/// and Response Information never, whether they were asked for or not. [MQTT-3.2.2-20]
/// [MQTT-3.1.2-31]
package struct Connack: ~Escapable, OutgoingPacket {
  private let version: ProtocolVersion
  /// Whether the Client may come in, and why not.
  package let reason: ReasonCode
  /// Whether its session goes on. [3.2.2.1.1]
  package let isSessionPresent: Bool
  /// What the reason was, or what the Client ought to know, in words. [3.2.2.3.9]
  private let reasonString: Span<UInt8>
  /// What stands between `writeHead` and `writeTail`; earlier versions cannot be told of it.
  package let assignedClientIdentifier: Span<UInt8>
  private let authenticationMethod: Span<UInt8>
  private let authenticationData: Span<UInt8>

  /// The highest Topic Alias that the Server takes. [3.2.2.3.8]
  package var topicAliasMaximum: UInt16 = 0
  /// The longest packet that the Server takes. [3.2.2.3.6]
  package var maximumPacketSize: UInt32?
  /// How many messages of QoS 1 and 2 may be unacknowledged at the Server. [3.2.2.3.3]
  package var receiveMaximum: UInt16?
  /// The Session Expiry Interval, when it is not the one that was asked for. [3.2.2.3.2]
  package var sessionExpiry: UInt32?
  /// The highest QoS at which the Server takes messages. [3.2.2.3.4]
  package var maximumQoS = QoS.exactlyOnce
  /// Whether the Server keeps retained messages. [3.2.2.3.5]
  package var isRetainAvailable = true
  /// The Keep Alive that takes the place of the Client's. [3.2.2.3.14]
  package var serverKeepAlive: UInt16?
  /// Whether filters may have wildcards. [3.2.2.3.11]
  package var isWildcardSubscriptionAvailable = true
  /// Whether subscriptions may have identifiers. [3.2.2.3.12]
  package var isSubscriptionIdentifierAvailable = true
  /// Whether subscriptions may be shared. [3.2.2.3.13]
  package var isSharedSubscriptionAvailable = true
  /// The Client's Maximum Packet Size: the Reason String is left out when it would pass it.
  package var maximumLength = UInt32.max

  /// Makes a packet to send; empty texts are left out.
  @_lifetime(
    copy reasonString, copy assignedClientIdentifier, copy authenticationMethod,
    copy authenticationData)
  package init(
    version: ProtocolVersion, reason: ReasonCode, isSessionPresent: Bool = false,
    reasonString: Span<UInt8> = Span(), assignedClientIdentifier: Span<UInt8> = Span(),
    authenticationMethod: Span<UInt8> = Span(), authenticationData: Span<UInt8> = Span()
  ) {
    self.version = version
    self.reason = reason
    // [MQTT-3.2.2-6] [MQTT3-3.2.2-4]; MQTT 3.1 does not use the bit.
    self.isSessionPresent = isSessionPresent && reason == .success && version != .v3_1
    self.reasonString = reasonString
    self.assignedClientIdentifier = version == .v5 ? assignedClientIdentifier : Span()
    self.authenticationMethod = authenticationMethod
    self.authenticationData = authenticationData
  }

  /// What the packet is for.
  package var type: PacketType { .connack }

  /// Whether the version has a code for the reason: if not, the connection is closed without a
  /// CONNACK. [MQTT3-3.2.2-6]
  package var canBeSent: Bool { version == .v5 || reason.connectReturnCode != nil }

  /// Writes flags, code and properties.
  package func writeBody(to sink: inout some ByteSink & ~Copyable) {
    writeBodyHead(to: &sink)
    sink.append(assignedClientIdentifier)
    writeTail(to: &sink)
  }

  /// Writes the whole packet up to the text of the Assigned Client Identifier, which may be as long as
  /// any.
  package func writeHead(to sink: inout some ByteSink & ~Copyable) {
    sink.append(header: type, remainingLength: remainingLength)
    writeBodyHead(to: &sink)
  }

  /// Writes what follows that text.
  package func writeTail(to sink: inout some ByteSink & ~Copyable) {
    guard version == .v5 else { return }
    writeLastProperties(to: &sink, includesReasonString: fitsReasonString)
  }

  private func writeBodyHead(to sink: inout some ByteSink & ~Copyable) {
    sink.append(byte: isSessionPresent ? 1 : 0)  // [MQTT-3.2.2-1]
    guard version == .v5 else {
      return sink.append(byte: reason.connectReturnCode ?? 3)
    }
    sink.append(byte: reason.rawValue)
    let length = propertyLength(includesReasonString: fitsReasonString)
    sink.append(variableByteInteger: UInt32(truncatingIfNeeded: length))
    writeFirstProperties(to: &sink)
  }

  /// Whether the Client takes the packet with its Reason String. [MQTT-3.2.2-19]
  private var fitsReasonString: Bool {
    let properties = propertyLength(includesReasonString: true)
    let remaining = 2 + VariableByteInteger.length(of: UInt32(properties)) + properties
    let total = 1 + VariableByteInteger.length(of: UInt32(remaining)) + remaining
    return total <= Int(clamping: maximumLength)
  }

  private func propertyLength(includesReasonString: Bool) -> Int {
    var counter = ByteCounter()
    writeFirstProperties(to: &counter)
    writeLastProperties(to: &counter, includesReasonString: includesReasonString)
    return counter.count + assignedClientIdentifier.count
  }
}

// The properties stand in the order in which Mosquitto sends them: there are Clients that count on it.
extension Connack {
  /// Those before the text of the Assigned Client Identifier.
  private func writeFirstProperties(to sink: inout some ByteSink & ~Copyable) {
    if topicAliasMaximum != 0 { sink.append(.topicAliasMaximum, twoBytes: topicAliasMaximum) }
    if let serverKeepAlive { sink.append(.serverKeepAlive, twoBytes: serverKeepAlive) }
    // [MQTT-3.1.3-7] [MQTT-3.2.2-16]
    if !assignedClientIdentifier.isEmpty {
      sink.append(byte: PropertyIdentifier.assignedClientIdentifier.rawValue)
      sink.append(twoBytes: UInt16(truncatingIfNeeded: assignedClientIdentifier.count))
    }
  }

  /// Those behind it.
  private func writeLastProperties(
    to sink: inout some ByteSink & ~Copyable, includesReasonString: Bool
  ) {
    // [MQTT-4.12.0-5] [MQTT-4.12.0-6]
    if !authenticationMethod.isEmpty { sink.append(.authenticationMethod, authenticationMethod) }
    if !authenticationData.isEmpty { sink.append(.authenticationData, authenticationData) }
    if !isRetainAvailable { sink.append(.retainAvailable, byte: 0) }
    if let maximumPacketSize { sink.append(.maximumPacketSize, fourBytes: maximumPacketSize) }
    if let receiveMaximum { sink.append(.receiveMaximum, twoBytes: receiveMaximum) }
    // [MQTT-3.2.2-9]
    if maximumQoS != .exactlyOnce { sink.append(.maximumQoS, byte: maximumQoS.rawValue) }
    if let sessionExpiry { sink.append(.sessionExpiryInterval, fourBytes: sessionExpiry) }
    writeAvailability(to: &sink)
    if includesReasonString && !reasonString.isEmpty {
      sink.append(.reasonString, reasonString)
    }
  }

  private func writeAvailability(to sink: inout some ByteSink & ~Copyable) {
    if !isWildcardSubscriptionAvailable { sink.append(.wildcardSubscriptionAvailable, byte: 0) }
    if !isSubscriptionIdentifierAvailable { sink.append(.subscriptionIdentifierAvailable, byte: 0) }
    if !isSharedSubscriptionAvailable { sink.append(.sharedSubscriptionAvailable, byte: 0) }
  }
}
