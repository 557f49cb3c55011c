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
    guard let place = placeOfInbound(alias, on: connection), !aliasTexts[place].isEmpty else {
      refuse(connection, .topicAliasInvalid, .malformedPacket, "it used an unknown Topic Alias")
      return nil
    }
    let text = aliasTexts[place]
    var cursor = ChainCursor(startOf: text)
    var target = name.mutableBytes(0..<text.count)
    texts.read(&cursor, into: &target)
    return name.bytes(0..<text.count)
  }

  /// Gives an alias this Topic Name; false when the connection had to be closed.
  mutating func setAlias(
    _ alias: UInt16, to topic: Span<UInt8>, on connection: Handle<Connection>
  ) -> Bool {
    guard alias <= connections[connection].topicAliasAllowed else {
      // [MQTT-3.3.2-9] [MQTT-3.2.2-17] [MQTT-3.2.2-18]
      refuse(connection, .topicAliasInvalid, .malformedPacket, "it used too high a Topic Alias")
      return false
    }
    claimAliases(of: connection)
    guard let place = placeOfInbound(alias, on: connection) else {
      refuse(connection, .quotaExceeded, .aliasesFull, "there is no room for Topic Aliases")
      return false
    }
    if texts.equals(aliasTexts[place], topic) { return true }
    texts.release(&aliasTexts[place])
    guard texts.append(topic, to: &aliasTexts[place]) else {
      refuse(connection, .quotaExceeded, .aliasesFull, "there is no room for Topic Aliases")
      return false
    }
    return true
  }

  /// The alias that stands for a name towards the Client, or could stand for it from now on.
  /// [MQTT-3.1.2-29] [MQTT-3.1.2-30] [MQTT-3.3.2-11]
  mutating func alias(
    for topic: Span<UInt8>, on connection: Handle<Connection>
  ) -> OutgoingAlias {
    let maximum = min(Int(connections[connection].topicAliasMaximum), limits.topicAliases)
    guard maximum > 0 else { return .none }
    claimAliases(of: connection)
    let table = connections[connection].aliases
    guard !table.isNull else { return .none }
    let assigned = Int(aliasTables[table].assigned)
    for number in 0..<assigned where texts.equals(aliasTexts[outbound(table) + number], topic) {
      return OutgoingAlias(number: UInt16(number + 1), isKnown: true)
    }
    let needed = texts.blocksNeeded(toAppend: topic.count, to: Chain())
    guard assigned < maximum && needed <= texts.occupancy.free else { return .none }
    return OutgoingAlias(number: UInt16(assigned + 1), isKnown: false)
  }

  /// The same for a stored message; its name stands in the name buffer if the alias is new.
  mutating func alias(
    forStored message: Handle<Message>, from start: Int, on connection: Handle<Connection>
  ) -> OutgoingAlias {
    guard connections[connection].topicAliasMaximum > 0 else { return .none }
    let count = messages.copyTopic(of: message, to: &name)
    return alias(for: name.bytes(start..<count), on: connection)
  }

  /// Remembers a new alias, now that the packet that sets it is certain to be sent.
  mutating func keep(
    _ alias: OutgoingAlias, _ topic: Span<UInt8>, on connection: Handle<Connection>
  ) {
    guard alias.isNew else { return }
    let table = connections[connection].aliases
    let isKept = texts.append(topic, to: &aliasTexts[outbound(table) + Int(alias.number) - 1])
    precondition(isKept)  // `alias(for:on:)` saw that there is room
    aliasTables[table].assigned += 1
  }

  /// Forgets all aliases of a connection that ends.
  mutating func releaseAliases(of connection: Handle<Connection>) {
    let table = connections[connection].aliases
    guard !table.isNull else { return }
    for place in inbound(table)..<inbound(table) + 2 * limits.topicAliases {
      texts.release(&aliasTexts[place])
    }
    aliasTables.release(table)
    connections[connection].aliases = .null
  }

  private mutating func claimAliases(of connection: Handle<Connection>) {
    guard connections[connection].aliases.isNull else { return }
    connections[connection].aliases = aliasTables.claim(AliasTable()) ?? .null
  }

  private func placeOfInbound(_ alias: UInt16, on connection: Handle<Connection>) -> Int? {
    let table = connections[connection].aliases
    guard !table.isNull, alias > 0 && Int(alias) <= limits.topicAliases else { return nil }
    return inbound(table) + Int(alias) - 1
  }

  private func inbound(_ table: Handle<AliasTable>) -> Int {
    table.index * limits.topicAliases * 2
  }

  private func outbound(_ table: Handle<AliasTable>) -> Int {
    inbound(table) + limits.topicAliases
  }
}

/// The Topic Alias of a message on its way to a Client.
struct OutgoingAlias: BitwiseCopyable {
  /// Zero for none.
  let number: UInt16
  /// The Client knows what it stands for: the name is left out.
  let isKnown: Bool

  /// The packet sets it.
  var isNew: Bool { number != 0 && !isKnown }

  static var none: OutgoingAlias { OutgoingAlias(number: 0, isKnown: false) }
}
