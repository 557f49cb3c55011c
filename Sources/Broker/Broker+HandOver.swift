import MQTT
import Memory
import Messages
import Sessions
import Topics

// What a group gave to a session that has ended: another member gets it. [4.8.2]
extension Broker {
  /// Hands what came to an ended session by groups to other members, as far as work goes; true when
  /// nothing of it is left.
  ///
  /// It goes by the slow lane, one message after the other: whoever ends with a full queue costs the
  /// others no more than who publishes.
  mutating func handOver(_ session: Handle<Session>, _ work: inout Work) -> Bool {
    while sessions[session].shared > 0, let delivery = sessions.anyDelivery(of: session) {
      guard !work.isSpent, lane.hasOwnRoom else { return false }
      work.pay(4)
      if mayHandOver(sessions[delivery]) {
        handOver(sessions[delivery].message, to: groupsOfDeliveries[delivery.index], &work)
      }
      sessions.remove(delivery, of: session, messages: &messages, texts: &texts)
    }
    return true
  }

  /// Whether another member may get a message: with QoS 2 only if it was never sent. [MQTT-4.8.2-4]
  /// [MQTT-4.8.2-5]
  private func mayHandOver(_ delivery: Delivery) -> Bool {
    guard delivery.isShared else { return false }
    return delivery.stage == .unsent || delivery.stage == .awaitsPuback
  }

  private mutating func handOver(
    _ message: Handle<Message>, to group: GroupMark, _ work: inout Work
  ) {
    guard !messages[message].isExpired(at: now), subscriptions.contains(group) else { return }
    let topic = names.filter.bytes(0..<messages.copyTopic(of: message, to: &names.filter))
    work.pay(WorkPrice.reading(topic.count))
    var slow = SlowPublication(of: message, topicHash: hash.wide(topic), from: .null)
    slow.group = group.group
    messages.retain(message)
    let isIn = lane.enter(slow)
    precondition(isIn)  // `hasOwnRoom` saw to it
  }
}
