import Access
import MQTT
import Memory
import Messages
import Sessions
import Topics

// Retained messages for a new subscription, by a cursor: as many as there are, as the connection
// drains. [3.3.1.3]
extension Broker {
  /// Slots that are looked at in one step.
  private static var stepLength: Int { 64 }

  /// Goes one step on with the replay of the session; false when it waits for room.
  mutating func replay(
    to session: Handle<Session>, on connection: Handle<Connection>, _ work: inout Work
  ) -> Bool {
    work.pay(Broker.stepLength)
    let subscription = subscriptions.replaying(session.index)
    let range = subscriptions.filter(of: subscription, texts: texts, in: &names.filter)
    let wanted = names.filter.bytes(range)
    guard !TopicName.isValid(wanted) else {
      return replayOne(wanted, subscription, to: session, on: connection, &work)
    }
    var position = Int(subscriptions[subscription].replayPosition)
    let end = min(retained.endPosition, position + Broker.stepLength)
    while position < end {
      if let message = retained.message(at: position, now: now),
        isMatch(message, wanted, at: position, for: session, &work),
        !sendRetained(message, subscription, to: session, on: connection)
      {
        subscriptions[subscription].replayPosition = UInt32(position)
        return false
      }
      position += 1
    }
    subscriptions[subscription].replayPosition = UInt32(position)
    guard position >= retained.endPosition else { return true }
    return replaySystemTopics(wanted, subscription, to: session, on: connection, &work)
  }

  /// A filter without wildcards has one retained message at most.
  private mutating func replayOne(
    _ topic: Span<UInt8>, _ subscription: Handle<Subscription>, to session: Handle<Session>,
    on connection: Handle<Connection>, _ work: inout Work
  ) -> Bool {
    if let message = retained.message(of: topic, now: now, messages: messages),
      mayReplay(topic, at: retainedPosition(of: topic), to: session, &work),
      !sendRetained(message, subscription, to: session, on: connection)
    {
      return false
    }
    return replaySystemTopics(topic, subscription, to: session, on: connection, &work)
  }

  private mutating func isMatch(
    _ message: Handle<Message>, _ wanted: Span<UInt8>, at position: Int,
    for session: Handle<Session>, _ work: inout Work
  ) -> Bool {
    let topic = names.topic.bytes(0..<messages.copyTopic(of: message, to: &names.topic))
    return TopicFilter.matches(filter: wanted, name: topic)
      && mayReplay(topic, at: position, to: session, &work)
  }

  private func retainedPosition(of topic: Span<UInt8>) -> Int? {
    sourceCount > 0 ? retained.position(of: topic, messages: messages) : nil
  }

  /// Sends a retained message, with RETAIN set; false when there is no room for it yet.
  /// [MQTT3-3.3.1-6] [MQTT3-3.3.1-8]
  mutating func sendRetained(
    _ message: Handle<Message>, _ subscription: Handle<Subscription>,
    to session: Handle<Session>, on connection: Handle<Connection>
  ) -> Bool {
    let match = Match(of: subscription, subscriptions[subscription])
    // Nothing is taken that would have to be given back: those who wait are asked after each release.
    let isAllowed = shares.deliveries.allows(
      1, holding: Int(sessions[session].deliveryCount), free: sessions.deliveryOccupancy.free)
    return isAllowed
      && enqueue(
        message, to: session, match, outgoingQoS(messages[message].qos, match), isRetained: true,
        in: .quick)
  }
}
