import Memory
import MQTT
import Messages

// What a session is owed: queued, sent, acknowledged. [4.3] [4.4] [4.9]
extension SessionDirectory {
  /// Adds a delivery behind all others, and holds its message; nil when deliveries are full.
  ///
  /// So all topics keep their order, for each QoS. [MQTT-4.6.0-5] [MQTT-4.6.0-6] [MQTT3-4.6.0-5]
  /// [MQTT3-4.6.0-6]
  package mutating func enqueue(
    _ delivery: Delivery, for session: Handle<Session>, messages: inout MessageStore,
    texts: borrowing ByteChains
  ) -> Handle<Delivery>? {
    guard let handle = deliveries.claim(delivery) else { return nil }
    messages.retain(delivery.message)
    sessions[session].deliveryCount += 1
    sessions[session].blocks += messages.blockCount(of: delivery.message)
    sessions[session].textBlocks += UInt32(texts.blockCount(of: delivery.identifiers))
    sessions[session].lastOrder &+= 1
    deliveries[handle].order = sessions[session].lastOrder
    if delivery.qos == .atMostOnce {
      linkQoS0(handle, of: session)
    } else {
      link(handle, of: session, behind: sessions[session].last)
      if sessions[session].firstUnsent.isNull { sessions[session].firstUnsent = handle }
    }
    if delivery.isShared { sessions[session].shared += 1 }
    countUnsent(handle, of: session, messages: messages)
    return handle
  }

  /// The delivery to be sent next; null when there is none that may be. A PUBLISH of QoS 1 or 2 is sent
  /// only while the send quota lasts and fewer bytes than so many are under way, everything else always:
  /// so one that has to wait holds up none of QoS 0. [MQTT-4.9.0-2] [MQTT-3.3.4-9] [MQTT-3.3.4-10]
  ///
  /// What comes in and its answers do not pass here: no quota holds them up. [MQTT-4.9.0-3]
  package func nextToSend(
    of session: Handle<Session>, maximumBytes: Int = .max
  ) -> Handle<Delivery> {
    let plain = sessions[session].firstQoS0
    let promised = sessions[session].firstUnsent
    guard !promised.isNull else { return plain }
    let isFree =
      deliveries[promised].stage == .awaitsPubcomp
      || sessions[session].inFlight < sessions[session].sendQuota
        && Int(sessions[session].inFlightBytes) < maximumBytes
    guard !plain.isNull else { return isFree ? promised : .null }
    if isOlder(plain, than: promised) { return plain }
    if isFree { return promised }
    return deliveries[plain].isBound ? .null : plain
  }

  /// Whether any delivery may be sent now.
  package func mayTransmit(_ session: Handle<Session>, maximumBytes: Int = .max) -> Bool {
    !nextToSend(of: session, maximumBytes: maximumBytes).isNull
  }

  private func isOlder(_ left: Handle<Delivery>, than right: Handle<Delivery>) -> Bool {
    Int32(bitPattern: deliveries[left].order &- deliveries[right].order) < 0
  }

  /// Says that the oldest unsent delivery of QoS 1 or 2 is being sent: it gets its Packet
  /// Identifier, if it has none from an earlier connection, and awaits its acknowledgement.
  package mutating func transmit(_ session: Handle<Session>, messages: borrowing MessageStore) {
    let handle = sessions[session].firstUnsent
    discountUnsent(handle, of: session, messages: messages)
    sessions[session].firstUnsent = deliveries[handle].next
    // A PUBREL counts too, or new messages could use up the Packet Identifiers beside it.
    sessions[session].inFlight += 1
    deliveries[handle].usesQuota = true
    sessions[session].inFlightBytes &+= payloadBytes(of: handle, messages: messages)
    if deliveries[handle].stage == .unsent { beginExchange(handle, of: session) }
  }

  /// Sees to it that the next Packet Identifier is free, as far as work goes: who acknowledges nothing
  /// may hold all but one of them; false when those next to be looked at are for a later turn.
  package mutating func seekPacketIdentifier(
    of session: Handle<Session>, _ work: inout Work
  ) -> Bool {
    let handle = sessions[session].firstUnsent
    guard !handle.isNull && deliveries[handle].stage == .unsent else { return true }
    while find(next(after: sessions[session].lastPacketIdentifier), of: session) != nil {
      guard !work.isSpent else { return false }
      work.pay()
      sessions[session].lastPacketIdentifier = next(
        after: sessions[session].lastPacketIdentifier)
    }
    return true
  }

  private func next(after identifier: UInt16) -> UInt16 {
    identifier == .max ? 1 : identifier + 1
  }

  /// The delivery that was sent with this Packet Identifier and is not yet acknowledged.
  package func find(
    _ packetIdentifier: UInt16, of session: Handle<Session>
  ) -> Handle<Delivery>? {
    // Acknowledgements come in order, so it is nearly always the oldest.
    let oldest = sessions[session].first
    if !oldest.isNull && deliveries[oldest].stage != .unsent
      && deliveries[oldest].packetIdentifier == packetIdentifier
    {
      return oldest
    }
    var slot = deliveryIndex.first(hash(UInt32(session.index), UInt32(packetIdentifier)))
    while let candidate = slot {
      if let handle = deliveries.handle(at: candidate),
        deliveries[handle].packetIdentifier == packetIdentifier,
        deliveries[handle].session == UInt32(session.index)
      {
        return handle
      }
      slot = deliveryIndex.next(candidate)
    }
    return nil
  }

  /// Says that PUBREC came: the message is not sent again, PUBREL is. [MQTT-4.3.3-6]
  package mutating func receivePubrec(
    for handle: Handle<Delivery>, of session: Handle<Session>, messages: inout MessageStore,
    texts: inout ByteChains
  ) {
    deliveries[handle].stage = .awaitsPubcomp
    guard !deliveries[handle].message.isNull else { return }
    if deliveries[handle].usesQuota {
      sessions[session].inFlightBytes &-= payloadBytes(of: handle, messages: messages)
    }
    if deliveries[handle].isCountedUnsent {
      sessions[session].unsentBytes -= bytes(of: handle, messages: messages)
    }
    releaseMessage(of: handle, session, messages: &messages, texts: &texts)
    deliveries[handle].message = .null
  }

  private mutating func releaseMessage(
    of handle: Handle<Delivery>, _ session: Handle<Session>, messages: inout MessageStore,
    texts: inout ByteChains
  ) {
    let message = deliveries[handle].message
    guard !message.isNull else { return }
    sessions[session].blocks -= messages.blockCount(of: message)
    messages.release(message)
    sessions[session].textBlocks -= UInt32(texts.blockCount(of: deliveries[handle].identifiers))
    texts.release(&deliveries[handle].identifiers)
  }

  /// Forgets a delivery, acknowledged or not.
  package mutating func remove(
    _ handle: Handle<Delivery>, of session: Handle<Session>, messages: inout MessageStore,
    texts: inout ByteChains
  ) {
    if deliveries[handle].isCountedUnsent {
      discountUnsent(handle, of: session, messages: messages)
      if sessions[session].firstUnsent == handle {
        sessions[session].firstUnsent = deliveries[handle].next
      }
    }
    if deliveries[handle].usesQuota {
      sessions[session].inFlight -= 1
      sessions[session].inFlightBytes &-= payloadBytes(of: handle, messages: messages)
    }
    if deliveries[handle].stage != .unsent {
      let key = hash(UInt32(session.index), UInt32(deliveries[handle].packetIdentifier))
      deliveryIndex.remove(handle.index, hash: key)
    }
    unlink(handle, of: session)
    if deliveries[handle].isShared { sessions[session].shared -= 1 }
    releaseMessage(of: handle, session, messages: &messages, texts: &texts)
    sessions[session].deliveryCount -= 1
    deliveries.release(handle)
  }

  /// Makes what was sent and not acknowledged unsent again for a new connection, in the order it was
  /// first sent, but each PUBREL before any PUBLISH, which the send quota may hold back.
  /// [MQTT-4.4.0-1] [MQTT3-4.4.0-1] [MQTT-3.3.4-10]
  ///
  /// What a group's turn gave to this session stays with it. [MQTT-4.8.2-4]
  package mutating func prepareResend(
    to session: Handle<Session>, messages: borrowing MessageStore, _ work: inout Work
  ) {
    sessions[session].inFlight = 0
    sessions[session].inFlightBytes = 0
    var lastRelease = Handle<Delivery>.null
    var handle = sessions[session].first
    // Behind the last that was sent come those that never were.
    while !handle.isNull && deliveries[handle].stage != .unsent {
      work.pay(2)
      let next = deliveries[handle].next
      deliveries[handle].usesQuota = false
      deliveries[handle].isDuplicate = true
      if !deliveries[handle].isCountedUnsent {
        countUnsent(handle, of: session, messages: messages)
      }
      if deliveries[handle].stage == .awaitsPubcomp {
        unlink(handle, of: session)
        link(handle, of: session, behind: lastRelease)
        lastRelease = handle
      }
      handle = next
    }
    sessions[session].firstUnsent = sessions[session].first
  }

  /// The oldest delivery that was never sent, which a full queue may drop; null if none.
  package func oldestDroppable(of session: Handle<Session>) -> Handle<Delivery> {
    var handle = sessions[session].firstUnsent
    while !handle.isNull && deliveries[handle].stage != .unsent {
      handle = deliveries[handle].next
    }
    let plain = sessions[session].firstQoS0
    if plain.isNull { return handle }
    return handle.isNull || isOlder(plain, than: handle) ? plain : handle
  }

  /// The delivery in a slot whose message has expired before it was ever sent. [MQTT-3.3.2-5]
  package func expired(at slot: Int, now: Instant, messages: borrowing MessageStore)
    -> Handle<Delivery>?
  {
    guard let handle = deliveries.handle(at: slot), deliveries[handle].stage == .unsent,
      messages[deliveries[handle].message].isExpired(at: now)
    else { return nil }
    return handle
  }

  /// No delivery's slot is at or above this one.
  package var endDeliverySlot: Int { deliveries.endIndex }

  private mutating func countUnsent(
    _ handle: Handle<Delivery>, of session: Handle<Session>, messages: borrowing MessageStore
  ) {
    deliveries[handle].isCountedUnsent = true
    sessions[session].unsent += 1
    sessions[session].unsentBytes += bytes(of: handle, messages: messages)
    guard deliveries[handle].isReplayed else { return }
    sessions[session].unsentReplayed += 1
    if deliveries[handle].qos > .atMostOnce { sessions[session].unsentPromisedReplayed += 1 }
  }

  private mutating func discountUnsent(
    _ handle: Handle<Delivery>, of session: Handle<Session>, messages: borrowing MessageStore
  ) {
    deliveries[handle].isCountedUnsent = false
    sessions[session].unsent -= 1
    sessions[session].unsentBytes -= bytes(of: handle, messages: messages)
    guard deliveries[handle].isReplayed else { return }
    sessions[session].unsentReplayed -= 1
    if deliveries[handle].qos > .atMostOnce { sessions[session].unsentPromisedReplayed -= 1 }
  }

  private func bytes(of handle: Handle<Delivery>, messages: borrowing MessageStore) -> Int {
    let message = deliveries[handle].message
    return message.isNull ? 0 : messages[message].byteCount
  }

  private func payloadBytes(of handle: Handle<Delivery>, messages: borrowing MessageStore) -> UInt32
  {
    let message = deliveries[handle].message
    return message.isNull ? 0 : UInt32(messages[message].payloadCount)
  }

  private mutating func beginExchange(_ handle: Handle<Delivery>, of session: Handle<Session>) {
    let identifier = freePacketIdentifier(of: session)
    deliveries[handle].packetIdentifier = identifier
    deliveries[handle].stage =
      deliveries[handle].qos == .atLeastOnce ? .awaitsPuback : .awaitsPubrec
    deliveryIndex.insert(handle.index, hash: hash(UInt32(session.index), UInt32(identifier)))
  }

  /// Puts a delivery behind another one, or before all when that is null.
  private mutating func link(
    _ handle: Handle<Delivery>, of session: Handle<Session>, behind previous: Handle<Delivery>
  ) {
    let next = previous.isNull ? sessions[session].first : deliveries[previous].next
    deliveries[handle].previous = previous
    deliveries[handle].next = next
    if previous.isNull {
      sessions[session].first = handle
    } else {
      deliveries[previous].next = handle
    }
    if next.isNull { sessions[session].last = handle } else { deliveries[next].previous = handle }
  }

  private mutating func linkQoS0(_ handle: Handle<Delivery>, of session: Handle<Session>) {
    let last = sessions[session].lastQoS0
    deliveries[handle].previous = last
    if last.isNull {
      sessions[session].firstQoS0 = handle
    } else {
      deliveries[last].next = handle
    }
    sessions[session].lastQoS0 = handle
  }

  private mutating func unlinkQoS0(_ handle: Handle<Delivery>, of session: Handle<Session>) {
    let (previous, next) = (deliveries[handle].previous, deliveries[handle].next)
    if previous.isNull {
      sessions[session].firstQoS0 = next
    } else {
      deliveries[previous].next = next
    }
    if next.isNull {
      sessions[session].lastQoS0 = previous
    } else {
      deliveries[next].previous = previous
    }
  }

  private mutating func unlink(_ handle: Handle<Delivery>, of session: Handle<Session>) {
    if deliveries[handle].qos == .atMostOnce { return unlinkQoS0(handle, of: session) }
    let (previous, next) = (deliveries[handle].previous, deliveries[handle].next)
    if previous.isNull {
      sessions[session].first = next
    } else {
      deliveries[previous].next = next
    }
    if next.isNull {
      sessions[session].last = previous
    } else {
      deliveries[next].previous = previous
    }
  }

  /// The next identifier after the last one used that is neither zero nor in use.
  /// [MQTT-2.2.1-4] [MQTT-4.3.2-1] [MQTT-4.3.3-1] [MQTT3-2.3.1-4]
  private mutating func freePacketIdentifier(of session: Handle<Session>) -> UInt16 {
    var identifier = sessions[session].lastPacketIdentifier
    repeat {
      identifier = next(after: identifier)
    } while find(identifier, of: session) != nil
    sessions[session].lastPacketIdentifier = identifier
    return identifier
  }
}
