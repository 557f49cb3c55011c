import Memory
import MQTT

extension SubscriptionIndex {
  /// Lets the retained messages that match the subscription be sent, after those of others that wait.
  package mutating func beginReplay(of handle: Handle<Subscription>) {
    replayCount += 1
    let isReplaying = subscriptions[handle].isReplaying
    subscriptions[handle].replayNumber = replayCount
    if isReplaying { return }
    let subscriber = Int(subscriptions[handle].subscriber)
    let last = subscribers[subscriber].lastReplay
    subscriptions[handle].nextReplay = .null
    subscriptions[handle].previousReplay = last
    if last.isNull {
      subscribers[subscriber].firstReplay = handle
    } else {
      subscriptions[last].nextReplay = handle
    }
    subscribers[subscriber].lastReplay = handle
  }

  /// Lets the numbers of those whose retained messages are to be sent begin anew.
  package mutating func restartReplayNumbers() { replayCount = 0 }

  /// The subscription of this session whose retained messages are being sent; null if none.
  package func replaying(_ subscriber: Int) -> Handle<Subscription> {
    subscribers[subscriber].firstReplay
  }

  /// Ends a replay, finished or not.
  package mutating func endReplay(of handle: Handle<Subscription>) {
    guard subscriptions[handle].isReplaying else { return }
    subscriptions[handle].replayNumber = 0
    let subscriber = Int(subscriptions[handle].subscriber)
    let next = subscriptions[handle].nextReplay
    let previous = subscriptions[handle].previousReplay
    if previous.isNull {
      subscribers[subscriber].firstReplay = next
    } else {
      subscriptions[previous].nextReplay = next
    }
    if next.isNull {
      subscribers[subscriber].lastReplay = previous
    } else {
      subscriptions[next].previousReplay = previous
    }
  }
}
