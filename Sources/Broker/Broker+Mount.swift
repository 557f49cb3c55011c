import Board
import MQTT
import Memory
import Messages

// The mount point of a listener: what stands before each Topic Name and Topic Filter of its
// Clients, unseen by them.
extension Broker {
  /// The Topic Name under which everybody else knows what the Client calls so; nil when that is too
  /// long for any table.
  @_lifetime(copy topic)
  mutating func mounted(topic: Span<UInt8>, on connection: Handle<Connection>) -> Span<UInt8>? {
    let mount = listenerPolicy(of: connection).mountPoint
    guard !mount.isEmpty else { return topic }
    return put(mount, into: topic, at: 0)
  }

  /// The same for a Topic Filter: that of a Shared Subscription keeps its group in front. Nil also
  /// when what comes of it is no filter, as `home#`. [4.8.2]
  @_lifetime(copy filter)
  mutating func mounted(filter: Span<UInt8>, on connection: Handle<Connection>) -> Span<UInt8>? {
    let mount = listenerPolicy(of: connection).mountPoint
    guard !mount.isEmpty else { return filter }
    let start = SharedFilter(parsing: filter)?.filter.range.lowerBound ?? 0
    guard let mounted = put(mount, into: filter, at: start), TopicFilter.isValid(mounted)
    else { return nil }
    return mounted
  }

  /// Bytes of a Topic Name that the Client is not shown; nil when it is not the Client's to see,
  /// since it does not lie under its mount point.
  func hiddenCount(of topic: Span<UInt8>, on connection: Handle<Connection>) -> Int? {
    let mount = listenerPolicy(of: connection).mountPoint
    guard !mount.isEmpty else { return 0 }
    // A Topic Name has at least one byte. [MQTT-4.7.3-1]
    guard topic.count > Int(mount.count), policy.texts.begins(topic, with: mount) else {
      return nil
    }
    return Int(mount.count)
  }

  /// The same for a stored message.
  mutating func hiddenCount(
    ofStored message: Handle<Message>, on connection: Handle<Connection>
  ) -> Int? {
    guard !listenerPolicy(of: connection).mountPoint.isEmpty else { return 0 }
    let count = messages.copyTopic(of: message, to: &names.topic)
    return hiddenCount(of: names.topic.bytes(0..<count), on: connection)
  }

  @_lifetime(immortal)
  private mutating func put(
    _ mount: PolicyText, into text: Span<UInt8>, at start: Int
  ) -> Span<UInt8>? {
    let end = start + Int(mount.count)
    let count = text.count + Int(mount.count)
    guard count <= limits.topicBytes else { return nil }
    var target = names.mounted.mutableBytes(0..<count)
    for index in 0..<start { target[index] = text[index] }
    policy.texts.copy(mount, to: &target, at: start)
    for index in end..<count { target[index] = text[index - end + start] }
    return names.mounted.bytes(0..<count)
  }
}
