// Packets that the server has read.
extension Oracle {
  func receive(_ packet: Packet, on view: ConnectionView) {
    world?.trace.note(now, "wire \(view.wire.number) -> \(packet.summary)")
    view.lastHeardAt = now
    guard packet.kind != .connect else { return receiveConnect(packet, on: view) }
    guard let session = view.session else { return }
    switch packet.kind {
    case .publish: receivePublish(packet, on: view)
    case .pubrel: view.pubcomps.append(packet.identifier)
    case .puback, .pubcomp: complete(packet.identifier, of: session, on: view)
    case .pubrec:
      guard packet.reason < 0x80 else { return complete(packet.identifier, of: session, on: view) }
      for index in session.outstanding.indices
      where session.outstanding[index].identifier == packet.identifier {
        session.outstanding[index].isReleased = true
      }
    case .subscribe:
      for request in packet.requests where TopicMatching.isShared(request.filter) {
        groups.insert(request.filter)
      }
      receiveSubscribe(packet, on: view, session)
    case .unsubscribe:
      view.unsubacks.append((packet, step))
      for request in packet.requests { end(request.filter, of: session) }
    case .pingreq: view.pings.append(step)
    case .disconnect: receiveDisconnect(packet, on: view, session)
    default: break
    }
  }

  private func receiveConnect(_ packet: Packet, on view: ConnectionView) {
    let session = session(packet.clientIdentifier)
    view.connect = packet
    view.connectReadAt = now
    view.connectStep = step
    view.cleanStep = step
    view.session = session
    session.connectCount += 1
    view.connectNumber = session.connectCount
    view.followsDoubt = session.isInDoubt
    session.isInDoubt = true
    if packet.userName != nil { world?.administrator?.tempt(world) }
    guard let will = packet.will, let number = ModelMessage.number(in: will.payload),
      let message = messages[number]
    else { return }
    message.firstGiven = step
    message.firstGivenAt = now
    message.givenCount = 1
    // Nobody knows when it takes its place.
    if message.isRetained { retainedWills.insert(message.topic) }
    supersede(message.topic)
    message.willOf = view
    view.will = message
  }

  private func receivePublish(_ packet: Packet, on view: ConnectionView) {
    let message = message(of: packet, on: view)
    if let message {
      if message.firstGiven == nil {
        message.firstGiven = step
        message.firstGivenAt = now
      }
      message.givenCount += 1
      if message.isRetained { supersede(message.topic) }
    }
    switch packet.qos {
    case 1:
      view.pubacks.append(Awaited(identifier: packet.identifier, message: message, step: step))
    case 2:
      view.pubrecs.append(Awaited(identifier: packet.identifier, message: message, step: step))
    default: break
    }
  }

  /// Another message may take the place of the retained one: that need not come any more.
  func supersede(_ topic: String) {
    certainRetained[topic] = nil
    for session in sessions.values {
      for (filter, owed) in session.owedReplays {
        for message in owed.values where message.topic == topic {
          session.owedReplays[filter]?[message.number] = nil
        }
      }
    }
  }

  /// Empty payloads name no message: of those the client keeps one per Packet Identifier.
  private func message(of packet: Packet, on view: ConnectionView) -> ModelMessage? {
    if let number = ModelMessage.number(in: packet.payload) { return messages[number] }
    guard let session = view.session else { return nil }
    return emptyMessages["\(session.clientIdentifier) \(packet.identifier)"]
  }

  private func complete(
    _ identifier: UInt16, of session: ModelSession, on view: ConnectionView
  ) {
    view.releases.remove(identifier)
    // What was read may still wait behind something, and never be looked at.
    for before in session.outstanding where before.identifier == identifier {
      session.acknowledged[identifier] = before.message
      if let message = before.message {
        view.completions.append((identifier, message, step))
      }
    }
    session.outstanding.removeAll { $0.identifier == identifier }
  }

  private func receiveSubscribe(
    _ packet: Packet, on view: ConnectionView, _ session: ModelSession
  ) {
    view.subacks.append(packet)
    for request in packet.requests {
      var new = ModelSubscription(
        request, of: packet, on: view.wire.number, session: session.clientIdentifier, at: step)
      for index in session.subscriptions.indices
      where session.subscriptions[index].filter == request.filter
        && session.subscriptions[index].endGiven == nil
      {
        session.subscriptions[index].endGiven = step
        // [MQTT-3.3.1-10]
        let isThere = session.subscriptions[index].acknowledged != nil
        if isThere && request.retainHandling == 1 { new.replays = 0 }
      }
      session.subscriptions.append(new)
      session.owedReplays[request.filter] = nil
    }
  }

  private func end(_ filter: String, of session: ModelSession) {
    session.owedReplays[filter] = nil
    for index in session.subscriptions.indices
    where session.subscriptions[index].filter == filter
      && session.subscriptions[index].endGiven == nil
    {
      session.subscriptions[index].endGiven = step
    }
  }

  private func receiveDisconnect(
    _ packet: Packet, on view: ConnectionView, _ session: ModelSession
  ) {
    view.isDisconnectRead = true
    view.disconnect = packet
    view.disconnectTurn = world?.turn ?? 0
    if view.signedAt == nil { view.signedAt = now }
    guard let expiry = packet.number(PropertyName.sessionExpiry) else { return }
    let milliseconds = min(UInt64(expiry) * 1000, expiryLimit)
    if let shortest = session.shortestExpiry {
      session.shortestExpiry = min(shortest, milliseconds)
    }
    if let longest = session.longestExpiry { session.longestExpiry = max(longest, milliseconds) }
  }
}
