import MQTT
import Memory
import Messages
import Sessions
import Topics

// What was dropped, told to whom it was meant for and to the operator.
extension Broker {
  /// Messages that were dropped instead of being queued for a client, since its session began.
  package func losses(of clientIdentifier: Span<UInt8>) -> Int {
    sessions.find(clientIdentifier, texts: texts).map { Int(sessions[remarkOf: $0].dropped) } ?? 0
  }

  /// Counts a copy that its session does not get.
  mutating func countDropped(_ session: Handle<Session>?, _ words: StaticString) {
    statistics.publishesDropped += 1
    if let session { sessions[remarkOf: session].dropped &+= 1 }
    note(.messageDropped, session, words)
  }

  /// Says how many messages were dropped instead of being queued for a session since its Client was told
  /// last; nothing when there were none.
  mutating func describeLosses(of session: Handle<Session>, in line: inout Line) {
    let count = sessions[remarkOf: session].dropped &- sessions[remarkOf: session].droppedTold
    guard count > 0 else { return }
    sessions[remarkOf: session].droppedTold = sessions[remarkOf: session].dropped
    line.append(UInt64(count))
    line.append(count == 1 ? " message was dropped" : " messages were dropped")
    line.append(": the queue of this session was full")
  }

  /// Begins to tell which Clients have lost messages, if any have since that was told last.
  mutating func beginLosses() {
    guard system.lossesTold != statistics.publishesDropped else { return }
    system.lossesTold = statistics.publishesDropped
    system.nextLoser = 0
  }

  /// Whether there are sessions to be looked at for that, and room for what is published.
  var hasLosses: Bool { system.nextLoser < sessions.endSlot && lane.hasOwnRoom }

  /// Tells of them in the log and under `$SYS`, as far as work goes.
  mutating func publishLosses(_ work: inout Work) {
    while hasLosses && !work.isSpent {
      work.pay()
      if let session = sessions.session(at: system.nextLoser),
        sessions[remarkOf: session].dropped != sessions[remarkOf: session].droppedPublished
      {
        publishLosses(of: session, &work)
      }
      system.nextLoser += 1
    }
  }

  private mutating func publishLosses(of session: Handle<Session>, _ work: inout Work) {
    work.pay(WorkPrice.systemTopic)
    sessions[remarkOf: session].droppedPublished = sessions[remarkOf: session].dropped
    note(.messagesLost, session, "see $SYS/broker/clients/dropped")
    guard hasSystemSubscribers else { return }
    var name = Line()
    var value = Line()
    name.append("$SYS/broker/clients/dropped/")
    let identifier = Broker.copy(
      sessions[session].clientIdentifier, of: texts, to: &names.client)
    name.append(identifier)
    value.append(UInt64(sessions[remarkOf: session].dropped))
    // A name with a wildcard in it is no Topic Name, nor is one that is cut off that of the Client.
    guard name.count == 28 + identifier.count, TopicName.isValid(name.span) else { return }
    publish(name, value, &work)
  }

  private mutating func publish(
    _ name: borrowing Line, _ value: borrowing Line, _ work: inout Work
  ) {
    let traits = MessageTraits(qos: .exactlyOnce, isRetained: false, expiry: .never)
    guard
      let message = messages.keep(
        topic: name.span, properties: Span(), payload: value.span, traits: traits)
    else { return }
    distribute(message, name.span, from: .null, &work)
    messages.release(message)
  }
}
