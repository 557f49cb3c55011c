import Access
import MQTT
import Memory
import Messages
import Sessions
import Topics

/// How far a session's replay has come; all zeros while there is none.
struct Replay: BitwiseCopyable {
  /// Where it stands among the retained messages.
  var walk = RetainedWalk()
  /// The `$SYS` topic to look at next; they follow the retained messages.
  var systemTopic: UInt16 = 0
}

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
    let range = subscriptions.filter(of: subscription, texts: texts, in: &filter)
    let wanted = filter.bytes(range)
    work.pay(1 + wanted.count / 64)
    var progress = replays[session.index]
    defer { keep(progress, of: session.index) }
    for _ in 0..<Broker.stepLength {
      let step = retained.next(
        of: &progress.walk, along: wanted, now: now, messages: messages, name: &name, work: &work)
      switch step {
      case .paused: return true
      case .ended:
        return replaySystemTopics(
          wanted, subscription, to: session, on: connection, &progress, &work)
      case .message(let found):
        guard replay(found, subscription, to: session, on: connection) else { return false }
        progress.walk.pass()
      }
    }
    return true
  }

  /// Forgets how far the replay of a session has come: that of another subscription follows, that of
  /// the same from the first message on, or none.
  mutating func resetReplay(of session: Int) {
    var progress = replays[session]
    retained.end(&progress.walk)
    keep(Replay(), of: session)
  }

  /// Most replays come to their end at once: the table is not touched for them.
  private mutating func keep(_ progress: Replay, of session: Int) {
    guard progress.walk.hasBegun || replays[session].walk.hasBegun else { return }
    replays[session] = progress
  }

  /// Sends a message that was found, unless it is not for this session; false when there is no room
  /// for it yet.
  private mutating func replay(
    _ found: Handle<RetainedMessage>, _ subscription: Handle<Subscription>,
    to session: Handle<Session>, on connection: Handle<Connection>
  ) -> Bool {
    let message = retained[found].message
    let topic = name.bytes(0..<Int(messages[message].topicCount))
    guard mayReplay(topic, at: found.index, to: session) else { return true }
    return sendRetained(message, subscription, to: session, on: connection)
  }

  /// Sends a retained message, with RETAIN set; false when there is no room for it yet.
  /// [MQTT3-3.3.1-6] [MQTT3-3.3.1-8]
  mutating func sendRetained(
    _ message: Handle<Message>, _ subscription: Handle<Subscription>,
    to session: Handle<Session>, on connection: Handle<Connection>
  ) -> Bool {
    let match = Match(of: subscription, subscriptions[subscription])
    guard let identifiers = encodeIdentifiers(of: match) else { return false }
    let delivery = Delivery(
      of: message, to: session.index, qos: outgoingQoS(messages[message].qos, match),
      isRetained: true, identifiers: identifiers)
    if sessions.enqueue(delivery, for: session, messages: &messages) { return true }
    var unused = identifiers
    texts.release(&unused)
    return false
  }
}
