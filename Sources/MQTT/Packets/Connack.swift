/// CONNACK – connect acknowledgement. [3.2]
package struct Connack: BitwiseCopyable {
  private let reason: ReasonCode
  private let version: ProtocolVersion
  package var isSessionPresent = false
  package var topicAliasMaximum: UInt16 = 0
  /// Zero for no limit but the protocol's.
  package var maximumPacketSize: UInt32 = 0
  package var receiveMaximum = UInt16.max
  package var maximumQoS = QoS.exactlyOnce
  package var isRetainAvailable = true
  package var serverKeepAlive: UInt16?
  /// Seconds, where the Server grants others than were asked for.
  package var sessionExpiry: UInt32?
  /// Why, in words; left out where the packet would become longer than the Client takes.
  package var reasonString: StaticString = ""

  package init(reason: ReasonCode, version: ProtocolVersion) {
    self.reason = reason
    self.version = version
  }

  /// Writes it, at most 300 bytes besides the identifier.
  ///
  /// - Parameter assigned: the client identifier that the Server has chosen, or none.
  ///   [MQTT-3.1.3-7]
  package func write(
    to sink: inout some ByteSink & ~Copyable, assigned: Span<UInt8>, maximumLength: Int
  ) {
    sink.append(byte: PacketType.connack.rawValue << 4)
    guard version == .v5 else { return writeOlder(to: &sink) }
    var copy = self
    if copy.length(assigned) > maximumLength { copy.reasonString = "" }  // [MQTT-3.2.2-19]
    var properties = ByteCounter()
    copy.writeProperties(to: &properties, assigned)
    let count = properties.count
    VariableByteInteger.write(2 + VariableByteInteger.length(of: count) + count, to: &sink)
    // [MQTT-3.2.2-1] [MQTT-3.2.2-6]
    sink.append(byte: isSessionPresent && reason == .success ? 1 : 0)
    sink.append(byte: reason.rawValue)
    VariableByteInteger.write(count, to: &sink)
    copy.writeProperties(to: &sink, assigned)
  }

  /// 3.1 has no Session Present. [MQTT3-3.2.2-4]
  private func writeOlder(to sink: inout some ByteSink & ~Copyable) {
    let flags: UInt8 = isSessionPresent && reason == .success && version == .v3_1_1 ? 1 : 0
    sink.append(byte: 2)
    sink.append(byte: flags)
    sink.append(byte: reason.connectReturnCode ?? 3)
  }

  private func length(_ assigned: Span<UInt8>) -> Int {
    var counter = ByteCounter()
    writeProperties(to: &counter, assigned)
    let count = counter.count
    let remaining = 2 + VariableByteInteger.length(of: count) + count
    return 1 + VariableByteInteger.length(of: remaining) + remaining
  }

  /// In the order of Mosquitto 2.1.
  private func writeProperties(
    to sink: inout some ByteSink & ~Copyable, _ assigned: Span<UInt8>
  ) {
    if topicAliasMaximum > 0 {
      sink.append(byte: Property.topicAliasMaximum.rawValue)
      sink.append(twoBytes: topicAliasMaximum)
    }
    if maximumPacketSize > 0 {
      sink.append(byte: Property.maximumPacketSize.rawValue)
      sink.append(fourBytes: maximumPacketSize)
    }
    if receiveMaximum < UInt16.max {
      sink.append(byte: Property.receiveMaximum.rawValue)
      sink.append(twoBytes: receiveMaximum)
    }
    writeRest(to: &sink, assigned)
  }

  private func writeRest(to sink: inout some ByteSink & ~Copyable, _ assigned: Span<UInt8>) {
    if let sessionExpiry {
      sink.append(byte: Property.sessionExpiryInterval.rawValue)
      sink.append(fourBytes: sessionExpiry)
    }
    if maximumQoS != .exactlyOnce {  // [MQTT-3.2.2-9]
      sink.append(byte: Property.maximumQoS.rawValue)
      sink.append(byte: maximumQoS.rawValue)
    }
    if !isRetainAvailable {
      sink.append(byte: Property.retainAvailable.rawValue)
      sink.append(byte: 0)
    }
    if !assigned.isEmpty {  // [MQTT-3.2.2-16]
      sink.append(byte: Property.assignedClientIdentifier.rawValue)
      sink.append(text: assigned)
    }
    if reasonString.utf8CodeUnitCount > 0 {
      sink.append(byte: Property.reasonString.rawValue)
      sink.append(text: reasonString)
    }
    if let serverKeepAlive {
      sink.append(byte: Property.serverKeepAlive.rawValue)
      sink.append(twoBytes: serverKeepAlive)
    }
  }
}
