import Board
import MQTT
import Memory

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
    guard alias <= listenerPolicy(of: connection).maximumTopicAlias else {
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

  /// Puts an alias into the header of a message to the Client where that is shorter: in place of
  /// the name if the Client knows it, beside it if it is new. [MQTT-3.1.2-29] [MQTT-3.1.2-30]
  mutating func applyAlias(
    to header: inout OutgoingPublish, _ topic: Span<UInt8>, on connection: Handle<Connection>
  ) {
    let maximum = Int(connections[connection].topicAliasMaximum)
    guard maximum > 0 else { return }
    claimAliases(of: connection)
    let table = connections[connection].aliases
    guard !table.isNull else { return }
    let assigned = Int(aliasTables[table].assigned)
    for number in 0..<assigned where texts.equals(aliasTexts[outbound(table) + number], topic) {
      header.topicAlias = UInt16(number + 1)
      header.topicCount = 0
      return
    }
    guard assigned < min(maximum, limits.topicAliases) else { return }
    guard texts.blocksNeeded(toAppend: topic.count, to: Chain()) <= texts.occupancy.free else {
      return
    }
    header.topicAlias = UInt16(assigned + 1)
  }

  /// Remembers the alias that a header sets, now that it is certain to be sent.
  mutating func commitAlias(
    of header: OutgoingPublish, _ topic: Span<UInt8>, on connection: Handle<Connection>
  ) {
    guard header.topicAlias != 0 && header.topicCount > 0 else { return }
    let table = connections[connection].aliases
    let place = outbound(table) + Int(header.topicAlias) - 1
    let isKept = texts.append(topic, to: &aliasTexts[place])
    precondition(isKept)  // `applyAlias` saw that there is room
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
