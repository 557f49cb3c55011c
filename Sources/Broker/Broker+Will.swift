import Access
import MQTT
import Memory
import Messages
import Sessions
import Topics

// The message a Client leaves behind. [3.1.2.5]
extension Broker {
  /// Keeps the Will of a CONNECT; nil when there is no room for it. [MQTT-3.1.2-7]
  mutating func keepWill(
    _ will: Will, _ bytes: Span<UInt8>, on connection: Handle<Connection>
  ) -> Handle<Message>? {
    let traits = MessageTraits(qos: will.qos, isRetained: will.isRetained, expiry: .never)
    guard let topic = mounted(topic: will.topic.in(bytes), on: connection) else { return nil }
    return messages.keep(
      topic: topic, properties: will.properties.block.in(bytes),
      payload: will.payload.in(bytes), traits: traits)
  }

  /// Forgets the session's Will, if it has one.
  mutating func discardWill(of session: Handle<Session>) {
    guard !sessions[session].will.isNull else { return }
    messages.release(sessions[session].will)
    sessions[session].will = .null
  }

  /// Publishes the session's Will, if it has one, as any message is. [MQTT-3.1.2-8]
  /// [MQTT-3.1.2-10] [MQTT-3.1.2-12] [MQTT3-3.1.2-12]
  mutating func publishWill(of session: Handle<Session>) {
    let will = sessions[session].will
    guard !will.isNull else { return }
    sessions[session].will = .null
    var work = courtesy
    publish(will, of: session, &work)
    courtesy = work
    messages.release(will)
  }

  private mutating func publish(
    _ will: Handle<Message>, of session: Handle<Session>, _ work: inout Work
  ) {
    if let expiry = sessions[remarkOf: session].willExpiry {
      messages.setExpiry(of: will, to: now.adding(seconds: UInt64(expiry)))
    }
    let topic = names.topic.bytes(0..<messages.copyTopic(of: will, to: &names.topic))
    guard mayPublish(topic, session, &work) else {
      return note(.publishDenied, session, "its Will")
    }
    note(.willPublished, session, "")
    distribute(will, topic, from: session, &work)
    // [MQTT-3.1.2-16] [MQTT-3.1.2-17] [MQTT3-3.1.2-16] [MQTT3-3.1.2-17]
    if messages[will].isRetained { retain(will, topic, from: session) }
  }
}
