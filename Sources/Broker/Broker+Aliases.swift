import Board
import MQTT
import Memory
import Messages

// Topic Aliases: a number in place of a name, for the length of a connection. [3.3.2.3.4]
// [MQTT-3.3.2-7]
extension Broker {
  /// The Topic Name that the Client has given this alias; nil when the connection had to be closed.
  @_lifetime(immortal)
  mutating func topicOfAlias(_ alias: UInt16, on connection: Handle<Connection>) -> Span<UInt8>? {
    guard allows(alias, on: connection) else { return nil }
    guard let place = aliases.placeOfInbound(alias, of: connections[connection]),
      !aliases[place].isEmpty
    else {
      // [3.3.2.3.4]
      refuse(connection, .protocolError, .malformedPacket, "it used an unknown Topic Alias")
      return nil
    }
    let text = aliases[place]
    var cursor = ChainCursor(startOf: text)
    var target = names.topic.mutableBytes(0..<text.count)
    texts.read(&cursor, into: &target)
    return names.topic.bytes(0..<text.count)
  }

  /// Whether the Client may use that number; false when the connection had to be closed.
  private mutating func allows(_ alias: UInt16, on connection: Handle<Connection>) -> Bool {
    if alias <= connections[connection].topicAliasAllowed { return true }
    // [MQTT-3.3.2-9] [MQTT-3.2.2-17] [MQTT-3.2.2-18]
    refuse(connection, .topicAliasInvalid, .malformedPacket, "it used too high a Topic Alias")
    return false
  }

  /// Gives an alias this Topic Name; false when the connection had to be closed.
  mutating func setAlias(
    _ alias: UInt16, to topic: Span<UInt8>, on connection: Handle<Connection>
  ) -> Bool {
    guard allows(alias, on: connection) else { return false }
    guard let place = aliases.placeOfInbound(alias, of: connections[connection]) else {
      preconditionFailure("who may set aliases has a table")
    }
    if texts.equals(aliases[place], topic) { return true }
    let held = textsHeld(by: connections[connection].session)
    if let shortage = textShortage(topic.count, holding: held) {
      refuse(connection, .quotaExceeded, .aliasesFull, shortage.words)
      return false
    }
    aliases.set(topic, at: place, of: connections[connection].aliases, in: &texts)
    return true
  }

  /// The alias that stands for a name towards the Client, or could stand for it from now on.
  /// [MQTT-3.1.2-29] [MQTT-3.1.2-30] [MQTT-3.3.2-11]
  mutating func alias(
    for topic: Span<UInt8>, on connection: Handle<Connection>
  ) -> OutgoingAlias {
    let maximum = min(Int(connections[connection].topicAliasMaximum), aliases.most)
    let table = connections[connection].aliases
    guard maximum > 0 && !table.isNull else { return .none }
    let assigned = aliases.assigned(of: table)
    for number in 0..<assigned {
      guard texts.equals(aliases[aliases.placeOfOutbound(number, of: table)], topic) else {
        continue
      }
      return OutgoingAlias(number: UInt16(number + 1), isKnown: true)
    }
    let held = textsHeld(by: connections[connection].session)
    guard assigned < maximum, mayClaimTexts(topic.count, holding: held) else { return .none }
    return OutgoingAlias(number: UInt16(assigned + 1), isKnown: false)
  }

  /// The same for a stored message; its name stands in the name buffer if the alias is new.
  mutating func alias(
    forStored message: Handle<Message>, from start: Int, on connection: Handle<Connection>
  ) -> OutgoingAlias {
    guard connections[connection].topicAliasMaximum > 0 else { return .none }
    let count = messages.copyTopic(of: message, to: &names.topic)
    return alias(for: names.topic.bytes(start..<count), on: connection)
  }

  /// Remembers a new alias, now that the packet that sets it is certain to be sent.
  mutating func keep(
    _ alias: OutgoingAlias, _ topic: Span<UInt8>, on connection: Handle<Connection>
  ) {
    guard alias.isNew else { return }
    let table = connections[connection].aliases
    let place = aliases.placeOfOutbound(Int(alias.number) - 1, of: table)
    aliases.set(topic, at: place, of: table, in: &texts)  // `alias(for:on:)` saw that there is room
    aliases.countAssigned(of: table)
  }
}
