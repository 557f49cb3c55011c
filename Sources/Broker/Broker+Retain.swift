import Access
import MQTT
import Memory
import Messages
import Sessions
import Topics

// Retained messages: what takes their place, what removes them, and for whom they count. [3.3.1.3]
extension Broker {
  /// Makes the message the retained one of its topic, or removes that if the Payload is empty.
  /// [MQTT-3.3.1-6] [MQTT-3.3.1-7] [MQTT3-3.3.1-10] [MQTT3-3.3.1-11]
  mutating func retain(
    _ publication: inout Publication, _ bytes: Span<UInt8>, _ topic: Span<UInt8>,
    from session: Handle<Session>
  ) {
    guard !publication.publish.payload.isEmpty, keep(&publication, bytes, topic) else {
      // What came before is outdated, even when the new message found no room. [MQTT3-3.3.1-7]
      return removeRetained(topic)
    }
    retain(publication.message, topic, from: session)
  }

  /// Makes a stored message the retained one, or removes that if its Payload is empty.
  mutating func retain(
    _ message: Handle<Message>, _ topic: Span<UInt8>, from session: Handle<Session>
  ) {
    guard messages[message].payloadCount > 0 else { return removeRetained(topic) }
    let expiry = retainedExpiry(of: message)
    if expiry != .never { armSweep() }
    let owner = sessions.contains(session) ? owners.owner(of: session) : .null
    if let shortage = retainedShortage(messages[message].byteCount, topic, by: owner) {
      return refuseRetained(topic, session, shortage)
    }
    guard let names = source(of: session, owner) else {
      return refuseRetained(topic, session, sourceShortage(of: session, owner))
    }
    if let before = retention.index.position(of: topic, messages: messages) {
      retention.sources.forget(at: before, texts: &texts, &owners)
    }
    let blocks = messages.blockCount(of: message)
    guard
      let position = retention.index.replace(
        topic, by: message, expiring: expiry, messages: &messages)
    else { preconditionFailure("`retainedShortage` saw to it") }
    if !names.isEmpty { retention.sources.keep(names, at: position) }
    retention.sources.charge(
      owner, blocks: blocks, levels: retention.index.levelCount(of: topic),
      texts: texts.blockCount(of: names), at: position, &owners)
  }

  /// What came before is outdated, even when the new message found no room. [MQTT3-3.3.1-7]
  private mutating func refuseRetained(
    _ topic: Span<UInt8>, _ session: Handle<Session>, _ shortage: Shortage?
  ) {
    retention.index.refuse()
    removeRetained(topic)
    note(.retainedFull, session, shortage?.words ?? "")
  }

  /// Removes the retained message of a topic, if there is one.
  mutating func removeRetained(_ topic: Span<UInt8>) {
    guard let position = retention.index.position(of: topic, messages: messages) else { return }
    removeRetained(at: position)
  }

  /// Removes the retained message at a position.
  mutating func removeRetained(at position: Int) {
    retention.sources.forget(at: position, texts: &texts, &owners)
    retention.index.remove(at: position, messages: &messages)
  }

  /// Why somebody may not retain a message of so many bytes: there is no room, or he has his share of
  /// retained messages, of the levels of their topics or of the blocks that they take. Nil when he may.
  func retainedShortage(
    _ byteCount: Int, _ topic: Span<UInt8>, by owner: Handle<Owner>
  ) -> Shortage? {
    guard retention.index.hasRoom(for: topic, messages: messages) else {
      return .of(retention.index.occupancy.free == 0 ? .retainedMessages : .retainedLevels)
    }
    guard !owner.isNull else { return nil }
    let isNew = retention.index.position(of: topic, messages: messages) == nil
    let held = owners[owner]
    return shares.retained.shortage(
      of: .retainedMessages, for: isNew ? 1 : 0, holding: Int(held.retained),
      free: retention.index.occupancy.free)
      ?? shares.retainedLevels.shortage(
        of: .retainedLevels, for: isNew ? retention.index.missingLevels(for: topic) : 0,
        holding: Int(held.retainedLevels), free: retention.index.levelOccupancy.free)
      ?? shares.messageBlocks.shortage(
        of: .messageBlocks, for: messages.blocksNeeded(for: byteCount),
        holding: Int(held.retainedBlocks), free: messages.blockOccupancy.free)
  }

  /// When a retained message goes: by its own expiry, or by the configuration's.
  private func retainedExpiry(of message: Handle<Message>) -> Instant {
    let own = messages[message].expiry
    guard policy.retainExpiryInterval > 0 else { return own }
    return min(own, now.adding(seconds: UInt64(policy.retainExpiryInterval)))
  }
}
