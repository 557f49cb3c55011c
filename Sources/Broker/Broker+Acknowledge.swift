import MQTT
import Memory
import Messages
import Sessions

// The exchanges that QoS 1 and 2 ask for, beyond their PUBLISH. [4.3]
extension Broker {
  /// Takes PUBACK, PUBREC, PUBREL or PUBCOMP.
  mutating func receive(_ packet: Acknowledgement, on connection: Handle<Connection>) {
    switch packet.type {
    case .puback: complete(packet, awaiting: .awaitsPuback, on: connection)
    case .pubrec: receivePubrec(packet, on: connection)
    case .pubrel: receivePubrel(packet, on: connection)
    default: complete(packet, awaiting: .awaitsPubcomp, on: connection)
    }
    guard connections[connection].isLive else { return }
    countProgress(of: connections[connection].session)
    owe(connection)
  }

  /// The message has arrived, or the Client does not want it: either way it is not sent again, nor
  /// to another member of its group. [MQTT-4.4.0-2] [MQTT-4.3.2-3] [MQTT-4.3.3-5] [MQTT-4.8.2-6]
  private mutating func complete(
    _ packet: Acknowledgement, awaiting stage: Delivery.Stage, on connection: Handle<Connection>
  ) {
    let session = connections[connection].session
    guard let delivery = sessions.find(packet.packetIdentifier, of: session) else { return }
    guard sessions[delivery].stage == stage else { return refuseOutOfTurn(connection) }
    sessions.remove(delivery, of: session, messages: &messages, texts: &texts)
  }

  /// It is not the packet that the exchange asks for next: taken for nothing, the message would stay
  /// under way for ever. [4.3]
  private mutating func refuseOutOfTurn(_ connection: Handle<Connection>) {
    refuse(connection, .protocolError, .malformedPacket, "it acknowledged what was not asked for")
  }

  /// PUBREC: PUBREL follows, unless the Client refuses the message. [MQTT-4.3.3-4]
  private mutating func receivePubrec(
    _ packet: Acknowledgement, on connection: Handle<Connection>
  ) {
    let session = connections[connection].session
    guard let delivery = sessions.find(packet.packetIdentifier, of: session) else {
      if packet.reason.isError { return }
      // A 3.x Client that is not answered would wait for ever.
      return acknowledge(
        .pubrel, packet.packetIdentifier, .packetIdentifierNotFound, on: connection)
    }
    let stage = sessions[delivery].stage
    guard stage == .awaitsPubrec || stage == .awaitsPubcomp else {
      return refuseOutOfTurn(connection)
    }
    if packet.reason.isError { return complete(packet, awaiting: stage, on: connection) }
    sessions.receivePubrec(for: delivery, of: session, messages: &messages, texts: &texts)
    acknowledge(.pubrel, packet.packetIdentifier, .success, on: connection)
  }

  /// PUBREL: the identifier is free again. [MQTT-4.3.3-11] [MQTT-4.3.3-12] [MQTT-2.2.1-5]
  ///
  /// It is kept apart from the message, which may have expired meanwhile. [MQTT-4.3.3-13]
  private mutating func receivePubrel(
    _ packet: Acknowledgement, on connection: Handle<Connection>
  ) {
    let session = connections[connection].session
    let isKnown = sessions.release(packet.packetIdentifier, of: session)
    let reason = isKnown ? ReasonCode.success : .packetIdentifierNotFound
    acknowledge(.pubcomp, packet.packetIdentifier, reason, on: connection)
  }
}
