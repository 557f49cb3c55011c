import Board
import MQTT
import Memory

// What there is to be said against a CONNECT, before anybody asks for its password. [3.1.4]
extension Broker {
  /// Why the Client may not connect, if it may not: the standard's own reasons, limits and access.
  /// Nothing that only extensions could answer is asked of it. [MQTT-7.0.0-2]
  mutating func objection(
    to connect: Connect, _ bytes: Span<UInt8>, on connection: Handle<Connection>
  ) -> ReasonCode? {
    let listener = listenerPolicy(of: connection)
    if isStopping || listener.isClosed { return .serverUnavailable }  // [MQTT-3.2.2-8]
    // No method of enhanced authentication is known. [MQTT-4.12.0-1]
    if connect.authenticationMethod != nil { return .badAuthenticationMethod }
    if !listener.acceptedVersions.contains(connect.version) { return .unsupportedProtocolVersion }
    let identifier = identifier(of: connect, bytes, on: connection)
    if let reason = objection(to: identifier, of: connect, listener) { return reason }
    // A 3.x Client cannot be told a shorter Keep Alive, so it is refused as by Mosquitto.
    if connect.version != .v5 && exceedsKeepAlive(connect) { return .clientIdentifierNotValid }
    guard let will = connect.will else { return nil }
    // Nobody would get it when it is published. 3.x has no code for that: the one of Mosquitto.
    if will.payload.length > policy.maximumPayloadSize {
      return connect.version == .v5 ? .packetTooLarge : .notAuthorized
    }
    return objection(to: will, bytes, on: connection)
  }

  /// The identifier of the Client, where its listener looks for it; empty when it is ours to choose.
  ///
  /// A User Name that TLS has proved lies in a buffer: it is good until the next one is looked at.
  @_lifetime(copy bytes)
  mutating func identifier(
    of connect: Connect, _ bytes: Span<UInt8>, on connection: Handle<Connection>
  ) -> Span<UInt8> {
    guard listenerPolicy(of: connection).usesUserNameAsClientIdentifier else {
      return connect.clientIdentifier.in(bytes)
    }
    guard let name = userName(of: connect, bytes, on: connection) else { return Span() }
    return name
  }

  /// Any text serves as an identifier, the short and plain ones that every Server must allow too.
  /// [MQTT-3.1.3-5] [MQTT3-3.1.3-5]
  private func objection(
    to identifier: Span<UInt8>, of connect: Connect, _ listener: ListenerPolicy
  ) -> ReasonCode? {
    let count = identifier.count
    if listener.usesUserNameAsClientIdentifier { return count > 0 ? nil : .notAuthorized }
    switch connect.version {
    case .v3_1:
      // Longer ones than the 23 bytes of 3.1 have been sent, and taken, ever since.
      return count >= 1 ? nil : .clientIdentifierNotValid
    case .v3_1_1:
      // Without a name there is nothing to resume by. [MQTT3-3.1.3-7] [MQTT3-3.1.3-8]
      if count == 0 && !connect.isCleanStart { return .clientIdentifierNotValid }
    case .v5: break
    }
    // [MQTT-3.1.3-6] [MQTT-3.1.3-8] [MQTT3-3.1.3-6] [MQTT3-3.1.3-9]
    let isRefused = count == 0 && !listener.allowsZeroLengthClientIdentifier
    return isRefused ? .clientIdentifierNotValid : nil
  }

  private mutating func objection(
    to will: Will, _ bytes: Span<UInt8>, on connection: Handle<Connection>
  ) -> ReasonCode? {
    // [MQTT-3.2.2-12]
    if will.qos > listenerPolicy(of: connection).maximumQoS { return .qosNotSupported }
    // [MQTT-3.2.2-13]
    if will.isRetained && !policy.isRetainAvailable { return .retainNotSupported }
    // Whether the Client may publish it is asked when it is published: the rules may change till then.
    let isGood =
      will.topic.length <= limits.topicBytes
      && mounted(topic: will.topic.in(bytes), on: connection) != nil
    return isGood ? nil : .topicNameInvalid
  }

  func exceedsKeepAlive(_ connect: Connect) -> Bool {
    policy.maximumKeepAlive > 0
      && (connect.keepAlive == 0 || connect.keepAlive > policy.maximumKeepAlive)
  }
}
