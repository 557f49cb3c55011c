import Access
import MQTT
import Memory
import Messages
import Sessions
import Topics

// Retained messages for a new subscription, by a walk: as many as there are, as the connection
// drains. [3.3.1.3]
extension Broker {
  /// Messages that are queued in one step, and that may wait for their acknowledgements in front of
  /// others that need none.
  private static var stepLength: Int { 64 }

  /// Whether the replay of a session is to go on before anything else is sent: what it has found has
  /// left, or what else there is has to wait. So neither holds the other up. [MQTT-3.3.1-9]
  func isReplayDue(for session: Handle<Session>) -> Bool {
    guard !subscriptions.replaying(session.index).isNull else { return false }
    return sessions[session].unsentReplayed == 0
      || Int(sessions[session].unsentReplayed) < Broker.stepLength
        && !mayTransmit(session)
  }

  /// Goes one step on with the replay of the session; false when it waits for room.
  mutating func replay(to session: Handle<Session>, _ work: inout Work) -> Bool {
    let subscription = subscriptions.replaying(session.index)
    let range = subscriptions.filter(of: subscription, texts: texts, in: &names.filter)
    let wanted = names.filter.bytes(range)
    work.pay(1 + wanted.count / 64)
    var progress = retention.replays[session]
    defer { retention.replays[session] = progress }
    for _ in 0..<Broker.stepLength {
      let step = retention.index.next(
        of: &progress.walk, along: wanted, now: now, messages: messages, name: &names.topic,
        work: &work)
      switch step {
      case .paused: return true
      case .ended:
        return replaySystemTopics(wanted, subscription, to: session, &progress, &work)
      case .message(let found):
        work.pay(WorkPrice.copy)
        let isSent = retention.index.isOvertaken(
          found, by: subscriptions[subscription].replayNumber)
        guard isSent || replay(found, subscription, to: session, &work) else { return false }
        progress.walk.pass()
      }
    }
    return true
  }

  /// Sends a message that was found, unless it is not for this session; false when there is no room
  /// for it yet.
  private mutating func replay(
    _ found: Handle<RetainedMessage>, _ subscription: Handle<Subscription>,
    to session: Handle<Session>, _ work: inout Work
  ) -> Bool {
    let message = retention.index[found].message
    let topic = names.topic.bytes(0..<Int(messages[message].topicCount))
    guard mayReplay(topic, at: found.index, to: session, &work) else { return true }
    return sendRetained(message, subscription, to: session)
  }

  /// Sends a retained message, with RETAIN set; false when there is no room for it yet.
  /// [MQTT3-3.3.1-6] [MQTT3-3.3.1-8]
  mutating func sendRetained(
    _ message: Handle<Message>, _ subscription: Handle<Subscription>, to session: Handle<Session>
  ) -> Bool {
    let match = Match(of: subscription, subscriptions[subscription])
    let qos = outgoingQoS(messages[message].qos, match)
    let isLimited =
      qos > .atMostOnce
      && Int(sessions[session].unsentPromisedReplayed) >= Broker.stepLength
    return !isLimited && queueRetained(message, match, qos, for: session)
  }

  private mutating func queueRetained(
    _ message: Handle<Message>, _ match: Match, _ qos: QoS, for session: Handle<Session>
  ) -> Bool {
    canQueue(match, for: session)
      && enqueue(
        message, to: session, match, qos, isRetained: true, as: .replayed, in: .quick)
  }

  /// Whether a copy could be queued for a session now.
  ///
  /// Nothing is to be taken for it before that would have to be given back: those who wait are asked
  /// after each release, and would be without end.
  func canQueue(_ match: Match, for session: Handle<Session>) -> Bool {
    let isAllowed = shares.deliveries.allows(
      1, holding: Int(sessions[session].deliveryCount), free: sessions.deliveryOccupancy.free)
    guard isAllowed && match.hasIdentifiers else { return isAllowed }
    return mayClaimTexts(identifierBytes(of: match, in: .quick), holding: textsHeld(by: session))
  }

  // MARK: What is published meanwhile

  /// Lets the retained message of a topic go before a new one of it, where it has still to be sent for a
  /// subscription; whether one with QoS 0 has to stay behind those of QoS 1 and 2 therefore.
  /// [MQTT-4.6.0-5]
  @inline(__always)
  mutating func isPreceded(
    _ topic: Span<UInt8>, _ match: Match, _ qos: QoS, to session: Handle<Session>,
    _ work: inout Work
  ) -> Bool {
    guard match.replayNumber != 0 || sessions[session].unsentPromisedReplayed > 0 else {
      return false
    }
    return precede(topic, match, qos, to: session, &work)
  }

  @inline(never)
  private mutating func precede(
    _ topic: Span<UInt8>, _ match: Match, _ qos: QoS, to session: Handle<Session>,
    _ work: inout Work
  ) -> Bool {
    work.pay(WorkPrice.copy)
    guard qos > .atMostOnce || sessions[session].isConnected || policy.queuesQoS0,
      let found = retention.index.find(topic, messages)
    else { return false }
    let message = retention.index[found].message
    let retainedQoS = outgoingQoS(messages[message].qos, match)
    if isOwed(found, by: match, session),
      mayReplay(topic, at: found.index, to: session, &work)
    {
      // Without room for it, it must not come later either.
      retention.preceding = found
      let connection = presence[session]
      if queueRetained(message, match, retainedQoS, for: session), !connection.isNull {
        owe(connection)
      }
    }
    return retainedQoS > .atMostOnce && sessions[session].unsentPromisedReplayed > 0
  }

  /// Whether a retained message has still to be sent to a session, which has a subscription that matches.
  private func isOwed(
    _ found: Handle<RetainedMessage>, by match: Match, _ session: Handle<Session>
  ) -> Bool {
    guard match.replayNumber != 0, !retention.index.isExpired(at: found.index, now: now),
      !retention.index.isOvertaken(found, by: match.replayNumber)
    else { return false }
    let current = subscriptions.replaying(session.index)
    guard !current.isNull else { return false }
    // Those behind the one whose messages are being sent have been sent none.
    return subscriptions[current].replayNumber != match.replayNumber
      || retention.index.isAhead(found, of: retention.replays[session].walk)
  }

  /// Says that a message has gone to all: what preceded it is not sent again for the subscriptions that
  /// there are.
  mutating func endPreceding() {
    guard let found = retention.preceding else { return }
    retention.index.overtake(found, by: subscriptions.replayCount)
    retention.preceding = nil
  }

  /// Says that a message of this topic goes to many, over several turns: an older one is not sent after
  /// it to those who have still to be sent what is retained.
  mutating func passOverRetained(_ topic: Span<UInt8>) {
    guard let found = retention.index.find(topic, messages) else { return }
    retention.index.overtake(found, by: subscriptions.replayCount)
  }
}
