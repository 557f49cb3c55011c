import Access
import MQTT
import Memory
import Messages
import Sessions
import Topics

// Retained messages for a new subscription, by a walk: as many as there are, as the connection
// drains. [3.3.1.3]
extension Broker {
  /// Messages that are queued in one step.
  private static var stepLength: Int { 64 }

  /// Goes one step on with the replay of the session; false when it waits for room.
  mutating func replay(
    to session: Handle<Session>, on connection: Handle<Connection>, _ work: inout Work
  ) -> Bool {
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
        return replaySystemTopics(
          wanted, subscription, to: session, on: connection, &progress, &work)
      case .message(let found):
        work.pay(WorkPrice.copy)
        guard replay(found, subscription, to: session, on: connection, &work) else { return false }
        progress.walk.pass()
      }
    }
    return true
  }

  /// Sends a message that was found, unless it is not for this session; false when there is no room
  /// for it yet.
  private mutating func replay(
    _ found: Handle<RetainedMessage>, _ subscription: Handle<Subscription>,
    to session: Handle<Session>, on connection: Handle<Connection>, _ work: inout Work
  ) -> Bool {
    let message = retention.index[found].message
    let topic = names.topic.bytes(0..<Int(messages[message].topicCount))
    guard mayReplay(topic, at: found.index, to: session, &work) else { return true }
    return sendRetained(message, subscription, to: session, on: connection)
  }

  /// Sends a retained message, with RETAIN set; false when there is no room for it yet.
  /// [MQTT3-3.3.1-6] [MQTT3-3.3.1-8]
  mutating func sendRetained(
    _ message: Handle<Message>, _ subscription: Handle<Subscription>,
    to session: Handle<Session>, on connection: Handle<Connection>
  ) -> Bool {
    let match = Match(of: subscription, subscriptions[subscription])
    return canQueue(match, for: session)
      && enqueue(
        message, to: session, match, outgoingQoS(messages[message].qos, match), isRetained: true,
        in: .quick)
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
}
