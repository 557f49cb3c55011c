// Answers to SUBSCRIBE and UNSUBSCRIBE that the server has sent.
extension Oracle {
  func sendSuback(_ packet: Packet, on view: ConnectionView, _ session: ModelSession) {
    guard let asked = view.subacks.first, asked.identifier == packet.identifier,
      asked.requests.count == packet.codes.count
    else { return fail("\(packet.summary) is not awaited") }
    view.subacks.removeFirst()
    for (request, code) in zip(asked.requests, packet.codes) {
      if code < 0x80 && code != request.qos { fail("QoS \(code) granted for \(request.filter)") }
      settle(request, of: asked, code, on: view, session)
    }
  }

  /// The subscription is there, in place of those before with its filter, or it never was.
  private func settle(
    _ request: Packet.Request, of asked: Packet, _ code: UInt8, on view: ConnectionView,
    _ session: ModelSession
  ) {
    guard
      let index = session.subscriptions.lastIndex(where: {
        $0.filter == request.filter && $0.wire == view.wire.number
          && $0.packetIdentifier == asked.identifier && $0.acknowledged == nil
      })
    else { return }
    checkSubscription(
      request.filter, code, readAt: session.subscriptions[index].given, on: view, session)
    guard code < 0x80 else {
      session.subscriptions[index].endGiven = session.subscriptions[index].given
      session.subscriptions[index].endAcknowledged = session.subscriptions[index].given
      return
    }
    for earlier in session.subscriptions.indices[..<index]
    where session.subscriptions[earlier].filter == request.filter
      && session.subscriptions[earlier].endAcknowledged == nil
    {
      session.subscriptions[earlier].endAcknowledged = step
    }
    session.subscriptions[index].acknowledged = step
    oweReplay(of: session.subscriptions[index], to: session)
    session.condense(request.filter)
  }

  /// A new subscription brings the retained messages. [MQTT-3.3.1-9]
  private func oweReplay(of subscription: ModelSubscription, to session: ModelSession) {
    guard subscription.replays > 0, subscription.request.qos > 0, subscription.endGiven == nil,
      subscription.request.retainHandling == 0 || session.isFirst(subscription)
    else { return }
    for message in certainRetained.values
    where message.lastAnswered < subscription.given && message.qos > 0
      && subscription.mayReplay(message)
      && mustAllow(Regime.read, message, to: session, since: subscription.given)
      && sessions[message.publisher].map({
        mustAllow(Regime.write, message, to: $0, since: subscription.given)
      }) ?? false
      && message.size + 120 <= session.view?.maximumPacketSize ?? 0
    {
      countPromise()
      session.owedReplays[subscription.filter, default: [:]][message.number] = message
    }
  }

  func sendUnsuback(_ packet: Packet, on view: ConnectionView, _ session: ModelSession) {
    guard let (asked, readAt) = view.unsubacks.first, asked.identifier == packet.identifier,
      view.version < 5 || asked.requests.count == packet.codes.count
    else { return fail("\(packet.summary) is not awaited") }
    view.unsubacks.removeFirst()
    confirm(upTo: readAt, on: view)
    for request in asked.requests {
      for index in session.subscriptions.indices
      where session.subscriptions[index].filter == request.filter
        && session.subscriptions[index].given < readAt
        && session.subscriptions[index].endAcknowledged == nil
      {
        session.subscriptions[index].endAcknowledged = step
      }
    }
  }
}
